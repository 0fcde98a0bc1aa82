"""Hints of the district on their page: grouped, filtered by year, and many dismissed for one reason (R37, R40)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from api.web.district.hint_pages import RULES
from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World, today

THIS_YEAR = int(today()[:4])


def with_hints(world: World) -> tuple[str, dict[str, dict[str, Any]]]:
    """An agency with two late changes of 2024 and one of this year; its hints by day."""
    uscc = world.filed()
    for changed, reported, address in (
        ("2024-03-04", "2024-05-06", "澳头 1 号"),
        ("2024-06-03", "2024-07-08", "澳头 2 号"),
        (f"{THIS_YEAR}-01-05", f"{THIS_YEAR}-02-10", "澳头 3 号"),
    ):
        world.done("ReportChange", uscc, changed_on=changed, reported_on=reported, fields={"address": address})
    return uscc, {one["day"]: one for one in world.hints(uscc) if one["rule"] == "late_change"}


def sent(desk: Desk, page: str, **fields: Any) -> Any:
    """A form of the page with its own hidden fields, and these."""
    hidden = dict(re.findall(r'<input type="hidden" name="(csrf|key|status)" value="([^"]*)"', page))
    return desk.client.post("/todo/hints", data={**hidden, **fields})


@pytest.mark.shows("R37")
def test_hints_are_grouped_by_cause_and_agency_this_years_first(world: World) -> None:
    """By HTTP and on the page; the year narrows both."""
    uscc, found = with_hints(world)
    assert len(found) == 3
    groups = world.association.get("/v1/hints/groups", uscc=uscc, behaviour="16.7").json()["items"]
    assert [(one["year"], one["rule"], one["count"]) for one in groups] == [
        (THIS_YEAR, "late_change", 1),
        (2024, "late_change", 2),
    ]
    assert (groups[1]["first_day"], groups[1]["last_day"]) == tuple(sorted(found)[:2])
    listed = world.association.get("/v1/hints", uscc=uscc, year=2024, rule="late_change").json()["items"]
    assert sorted(one["id"] for one in listed) == sorted(found[day]["id"] for day in sorted(found)[:2])
    every = world.association.get("/v1/hints/groups", limit=500).json()["items"]
    assert [one["year"] for one in every] == sorted((one["year"] for one in every), reverse=True)
    page = Desk(world, Role.ASSOCIATION).shown("/todo/hints", uscc=uscc)
    assert "变更报送逾期" in page
    assert f"uscc={uscc}&amp;rule=late_change&amp;year=2024" in page
    assert world.person(Role.AGENCY, uscc).get("/v1/hints/groups").status_code == 403


@pytest.mark.shows("R37")
def test_a_narrowed_list_of_hints_prints_with_the_words_of_its_cause(world: World) -> None:
    """By cause, agency and year: the print says what it was narrowed by, and holds exactly those."""
    uscc, found = with_hints(world)
    printed = Desk(world, Role.ASSOCIATION).shown(
        "/todo/hints", status="open", uscc=uscc, rule="late_change", year="2024", print="all"
    )
    assert RULES["late_change"][0] in printed
    assert "共 2 条" in printed
    assert len(found) == 3


@pytest.mark.shows("R37")
def test_many_hints_are_dismissed_for_one_reason_or_none_is(world: World) -> None:
    """Ticked, asked once more, recorded together and once only; the result has an address. Without a reason nothing."""
    uscc, found = with_hints(world)
    ids = [found[day]["id"] for day in sorted(found)[:2]]
    desk = Desk(world, Role.ASSOCIATION)
    page = desk.shown("/todo/hints", uscc=uscc, year=2024)
    lacking = sent(desk, page, uscc=uscc, year="2024", chosen=ids, reason="")
    assert lacking.status_code == 422
    assert "请写明排除的理由" in lacking.text
    assert lacking.text.count("checked") == 2, "what was ticked stays ticked"
    none = sent(desk, page, uscc=uscc, reason="邮件送达有凭证")
    assert (none.status_code, "请至少勾选一条待处理的线索" in none.text) == (422, True)
    asked = sent(desk, page, uscc=uscc, chosen=ids, reason="邮件送达有凭证", act="check")
    assert "排除 2 条线索？" in asked.text
    assert len(world.hints(uscc, behaviour="16.7")) == 3, "nothing is recorded yet"
    done = sent(desk, asked.text, uscc=uscc, chosen=ids, reason="邮件送达有凭证", act="record")
    assert done.status_code == 303
    shown = desk.client.get(done.headers["location"]).text
    assert shown.count("排除线索") >= 2, "the batch's own page, row by row"
    assert [one["day"] for one in world.hints(uscc, behaviour="16.7")] == [max(found)]
    again = sent(desk, asked.text, uscc=uscc, chosen=ids, reason="邮件送达有凭证", act="record")
    assert again.headers["location"] == done.headers["location"], "pressed twice: the same answer"
    dismissals = [one for one in world.trail(uscc) if one["type"] == "HintDismissed"]
    assert [one["fact"]["reason"] for one in dismissals] == ["邮件送达有凭证"] * 2


@pytest.mark.shows("R37")
def test_all_that_fits_a_filter_is_dismissed_together(world: World) -> None:
    """Not only what is ticked on the page; who may not dismiss is offered nothing and refused."""
    uscc, _ = with_hints(world)
    desk = Desk(world, Role.ASSOCIATION)
    page = desk.shown("/todo/hints", uscc=uscc, rule="late_change")
    asked = sent(desk, page, uscc=uscc, rule="late_change", every="1", reason="系统迁移")
    assert "排除 3 条线索？" in asked.text
    ids = re.findall(r'name="chosen" value="([^"]*)"', asked.text)
    done = sent(desk, asked.text, uscc=uscc, chosen=ids, reason="系统迁移", act="record")
    assert done.status_code == 303
    assert world.hints(uscc, behaviour="16.7") == []
    auditor = Desk(world, Role.AUDITOR)
    shown = auditor.shown("/todo/hints", uscc=uscc, status="dismissed")
    assert 'id="dismissing"' not in shown
    csrf = re.search(r'name="csrf" value="([^"]*)"', shown)
    assert csrf is not None
    refused = auditor.client.post(
        "/todo/hints", data={"csrf": csrf[1], "chosen": ids, "reason": "无", "act": "record", "key": "k"}
    )
    assert refused.status_code in (403, 422)
    assert [one["type"] for one in world.trail(uscc)].count("HintDismissed") == 3


@pytest.mark.shows("R37", "R40")
def test_the_board_tells_hints_by_cause(own_world: World) -> None:
    """One row for a cause at an agency in a year, this year's first, which leads to them; the file's rows too."""
    uscc, year = own_world.filed(), THIS_YEAR
    for changed, count in ((f"{year - 1}-01-04", 3), (f"{year}-01-04", 2)):
        for number in range(count):
            fields = {"address": f"澳头 {changed} {number} 号"}
            reported = changed.replace("-01-04", "-02-08")
            own_world.done("ReportChange", uscc, changed_on=changed, reported_on=reported, fields=fields)
    desk = Desk(own_world, Role.ASSOCIATION)
    board = unescape(desk.shown("/board"))
    (now, before) = re.findall(r'<li><a href="(/todo/hints\?[^"]*rule=late_change[^"]*)".*?</li>', board, re.S)
    assert f"year={year}" in now
    assert f"year={year - 1}" in before
    assert f"变更报送逾期：{year} 年度 2 条" in board
    assert uscc in desk.shown_at(now)
    assert 'href="/todo/hints"' in desk.shown("/matters"), "to the list by cause, not to each by itself"


@pytest.mark.shows("R37")
def test_hints_that_read_alike_stand_once_on_the_agencys_file(world: World) -> None:
    """Two late changes of one day: one row that says how many they are; another day's stands alone."""
    uscc = world.filed()
    for changed, address in (("2024-03-04", "澳头 1 号"), ("2024-03-04", "澳头 2 号"), ("2024-05-06", "澳头 3 号")):
        world.done("ReportChange", uscc, changed_on=changed, reported_on="2024-07-08", fields={"address": address})
    assert len([one for one in world.hints(uscc) if one["rule"] == "late_change"]) == 3
    page = Desk(world, Role.ASSOCIATION).shown(f"/agencies/{uscc}/file")
    waiting = page[page.index('id="waiting"') :]
    rows = re.findall(r'<a href="/matters\?kind=hint">.*?</tr>', waiting, re.S)
    assert len(rows) == 2, waiting[:3000]
    assert [row.count("共 2 条") for row in rows] == [1, 0]
