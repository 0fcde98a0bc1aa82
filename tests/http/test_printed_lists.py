"""A list printed whole: all rows, however many parts they are read in, with its title block and its last line."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from api.web.printing import whole_lists
from domain.store.access.association import name_association
from domain.store.db.engine import writing
from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import APPEALED, World, body_of, new_uscc, today

AGENCIES, PART = 8, 3
NAME = "大亚湾区安全生产技术服务协会"


@pytest.fixture(scope="module")
def world(module_world: World) -> World:
    """Eight agencies, one of them blacklisted, one not assessed in a published year; something on every worklist."""
    made = []
    for number in range(AGENCIES):
        uscc = new_uscc()
        name = f"惠州市打印第{number}安全技术有限公司"
        module_world.must(
            module_world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": name})
        )
        module_world.done("DecideFiling", uscc)
        if number:
            module_world.assessed(uscc, APPEALED)
        made.append(uscc)
    module_world.publish(APPEALED)
    module_world.upheld(made[1], *[today()] * 3)
    for uscc in made:
        module_world.done("ReportBehaviour", uscc)
        module_world.done("FileObjection", uscc, event_id=module_world.id_of("RecordLapse", uscc))
        module_world.done("RequestSubmission", uscc, due_on="2099-12-31")
    service = module_world.client.app.state.service  # type: ignore[attr-defined]
    with writing(service.ledger.engine) as connection:
        name_association(connection, NAME, None, "system")
    service.housekeeper.read_association()
    return module_world


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows a part, so that every list here has several."""
    monkeypatch.setattr(whole_lists, "PART", PART)
    monkeypatch.setattr("api.web.portal.whole_public_lists.PART", PART)


def rows_of(text: str) -> list[str]:
    """The rows of a printed list, as one reads them; their running numbers have no gap."""
    rows = re.findall(r'<tr><td class="no">(\d+)</td>(.*?)</tr>', text, re.S)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    return [unescape(re.sub(r"<[^>]+>", " ", row)) for _, row in rows]


def items(world: World, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items of a list of the API."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        part = world.association.get(path, limit=500, **query, **({"cursor": cursor} if cursor else {})).json()
        found += part["items"]
        cursor = part["next_cursor"]
        if cursor is None:
            return found


LISTS = {
    "/agencies": "/v1/agencies",
    f"/rankings/{APPEALED}": f"/v1/rankings/{APPEALED}",
    "/todo/reports": "/v1/reports",
    "/todo/objections": "/v1/objections",
    "/todo/submissions": "/v1/submissions",
    "/todo/notices": "/v1/notices",
    "/todo/hints": "/v1/hints",
    f"/years/{APPEALED}": f"/v1/assessments/{APPEALED}",
}


@pytest.mark.parametrize("path", LISTS)
def test_a_printed_list_has_every_row_of_the_list(world: World, path: str) -> None:
    """As many as the API has, in its order, each naming its agency; the last line says how many, and that it ends."""
    desk = Desk(world, Role.ASSOCIATION)
    text, expected = desk.shown(path, print="all"), items(world, LISTS[path])
    rows = rows_of(text)
    assert len(rows) == len(expected) > PART
    for row, one in zip(rows, expected, strict=True):
        assert one["agency"]["uscc"] in row
    assert f"清单到此为止，共 {len(expected)} 条。" in text
    assert f'href="{path}?print=all' in desk.shown(path) or f'href="{path}?status=' in desk.shown(path)
    assert all(words in text for words in ("编制：", "审核：", "盖章："))


def test_the_title_block_says_what_the_list_is_of(world: World) -> None:
    """Association, list, basis, filters in words, rulebook, log index, who printed it; only rows that fit."""
    desk = Desk(world, Role.ASSOCIATION)
    text = desk.shown("/agencies", print="all", tier="blacklisted", as_of=today())
    head = unescape(re.sub(r"<[^>]+>", "", text.partition("<table")[0]))
    for words in (NAME, "机构清单", "截至", "所知", "惩戒等级：黑名单", "规则库", "SHA-256", "日志序号", "协会"):
        assert words in head, words
    assert len(rows_of(text)) == 1
    assert "blacklisted" not in head
    before = desk.shown("/agencies", print="all", known_at="log:5")
    assert re.search(r"日志序号</dt><dd>5</dd>", before)
    assert "共 0 条" in before or len(rows_of(before)) < AGENCIES
    assert desk.get("/agencies", print="all", tier="red").status_code == 422


def test_public_lists_print_whole_for_everybody(world: World) -> None:
    """Register, blacklist and results, with who was not assessed and why; no signed-in name on them."""
    register = rows_of(world.client.get("/register?print=all").text)
    assert len(register) == AGENCIES
    assert len(rows_of(world.client.get("/blacklist?print=all").text)) == 1
    results = world.client.get(f"/results/{APPEALED}?print=all").text
    assert len(rows_of(results)) == AGENCIES
    assert results.count("未参与考评的机构") == 1
    assert "并列" not in results or "名次" in results
    assert len(rows_of(world.client.get("/search?q=打印&print=all").text)) == AGENCIES
    assert world.client.get("/results/1999?print=all").status_code == 404
    assert world.client.get("/register?print=all&lang=en").text.count("Only") == 0


def test_a_trail_prints_whole_and_names_who_recorded(world: World) -> None:
    """Every record; who prints stands by name where the screen says “you”."""
    uscc = items(world, "/v1/agencies")[1]["agency"]["uscc"]
    desk = Desk(world, Role.ASSOCIATION)
    text = desk.shown(f"/agencies/{uscc}/trail", print="all")
    assert len(rows_of(text)) == len(items(world, f"/v1/agencies/{uscc}/events"))
    assert "您本人" not in text
    lapses = desk.shown(f"/agencies/{uscc}/trail", print="all", type="LapseRecorded")
    assert "事实类型：" in unescape(lapses)
    assert 0 < len(rows_of(lapses)) < len(rows_of(text))


def test_accounts_tokens_and_what_was_read_print_whole(world: World) -> None:
    """Lists of access follow from no rulebook and name none."""
    admin, auditor, officer = (Desk(world, one) for one in (Role.ADMIN, Role.AUDITOR, Role.ASSOCIATION))
    Desk(world, Role.REGULATOR)
    for one in items(world, "/v1/agencies"):
        officer.shown(f"/agencies/{one['agency']['uscc']}/sheets/{APPEALED}")
    for desk, path in (
        (admin, "/admin/accounts"),
        (admin, "/admin/tokens"),
        (auditor, "/consultations"),
        (auditor, "/access-changes"),
    ):
        text = desk.shown(path, print="all")
        assert "清单到此为止" in text
        assert len(rows_of(text)) > PART, path
        assert "规则库" not in text
    assert Desk(world, Role.ASSOCIATION).get("/admin/accounts", print="all").status_code == 403


def test_what_waits_for_a_role_prints_whole(world: World) -> None:
    """The matters of the association as the API lists them."""
    text = Desk(world, Role.ASSOCIATION).shown("/matters", print="all")
    assert len(rows_of(text)) == len(items(world, "/v1/matters", state="open")) > PART
    subjects = Desk(world, Role.ASSOCIATION).shown(
        f"/agencies/{items(world, '/v1/agencies')[1]['agency']['uscc']}/subjects", print="all"
    )
    assert "清单到此为止" in subjects


def test_a_list_that_broke_off_says_so_and_is_not_signed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database goes away after the first part: the document says that it is not whole, and has no line to sign."""
    read, parts = whole_lists._read, []

    async def broken(*given: Any) -> Any:
        parts.append(given)
        if len(parts) > 1:
            raise OSError("the database is away")
        return await read(*given)

    monkeypatch.setattr(whole_lists, "_read", broken)
    text = Desk(world, Role.ASSOCIATION).shown("/agencies", print="all")
    assert f"清单在第 {PART} 条之后中断" in text or "清单在第 0 条之后中断" in text
    assert "编制：" not in text
    assert "清单到此为止" not in text


def test_a_page_of_a_list_says_on_paper_that_it_is_a_part(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more rows than a page has, how many there are and where all of them print."""
    monkeypatch.setattr("api.web.district.list_pages.ROWS", PART)
    monkeypatch.setattr("api.web.agency.trail_pages.ROWS", PART)
    uscc = items(world, "/v1/agencies")[1]["agency"]["uscc"]
    trail = Desk(world, Role.ASSOCIATION).shown(f"/agencies/{uscc}/trail")
    count = len(items(world, f"/v1/agencies/{uscc}/events"))
    assert f"本页只印出 {PART} 条，整份清单共 {count} 条，不完整。" in trail
    agencies = Desk(world, Role.ASSOCIATION).shown("/agencies")
    assert f"本页只印出 {PART} 条，整份清单共 {AGENCIES} 条，不完整。" in agencies
    assert f"Only {PART} of {AGENCIES} rows stand here" in Desk(world, Role.ASSOCIATION).shown("/agencies", lang="en")
