"""One matter, many agencies, on a page: typed, found or pasted, previewed once, recorded once, shown at an address."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from api.application.batches.batch_lines import MOST_ROWS
from api.web.grid.grid_matters import GRID, columns_of, heading_of, shared_of
from api.web.grid.grid_paste import pasted_rows
from domain.values import Role
from tests.http.desk import Desk, fields_of
from tests.http.world import World, new_uscc

DAY = "2025-03-04"


@pytest.fixture(scope="module")
def desk(module_world: World) -> Desk:
    """An officer of the association."""
    return Desk(module_world, Role.ASSOCIATION)


def typed(matter: str = "record-lapse", **more: str) -> dict[str, str]:
    """The form as it begins, with the item of an absence."""
    return {"matter": matter, "/item": "4", "/occurred_on": DAY, **more}


def lapses(world: World, uscc: str) -> list[dict[str, Any]]:
    return [one for one in world.trail(uscc) if one["type"] == "LapseRecorded"]


def problems(text: str) -> str:
    """What the page says is wrong, as plain text."""
    found = re.search(r'id="problems">(.*?)</div>', text, re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", found[1])) if found else ""


def test_pasted_absences_are_recorded_in_three_steps(module_world: World, desk: Desk) -> None:
    """Paste and preview, confirm, receipt: an address that can be loaded again; the same form twice records once."""
    world, usccs = module_world, [module_world.filed() for _ in range(4)]
    paste = "备注\t信用代码\t发生日期\n" + "\n".join(
        (
            "\t".join(("", usccs[0], "２０２５年３月５日")),
            "\t".join(("请假未准", usccs[1], "2025/3/6")),
            f"\t{usccs[2]}\t2025.3.7",
            f"\t{usccs[3]}\t",
        )
    )
    before = desk.send("/grid", typed(paste=paste, do="preview"))
    assert before.status_code == 200, before.text
    assert "服务规范：10.00 → 9.00" in before.text or "2025 年度服务规范" in before.text
    assert before.text.count('role="row"') == 5
    assert [lapses(world, one) for one in usccs] == [[]] * 4
    form = fields_of(before.text) | {"do": "record"}
    done, again = desk.send("/grid", form), desk.send("/grid", form)
    assert (done.status_code, again.status_code) == (303, 303)
    assert done.headers["location"] == again.headers["location"]
    assert [[one["occurred_on"] for one in lapses(world, uscc)] for uscc in usccs] == [
        ["2025-03-05"],
        ["2025-03-06"],
        ["2025-03-07"],
        [DAY],
    ]
    assert [lapses(world, uscc)[0]["note"] for uscc in usccs] == [None, "请假未准", None, None]
    receipt = desk.shown_at(done.headers["location"])
    assert all(lapses(world, uscc)[0]["id"] in receipt for uscc in usccs)
    assert "已记录 4 行" in receipt


def test_what_is_wrong_is_marked_at_its_cell_and_kept(module_world: World, desk: Desk) -> None:
    """A wrong code, an unknown one, a row twice, a formula, a day to be read two ways: nothing is recorded or lost."""
    good = module_world.filed()
    wrong = good[:-1] + ("A" if good[-1] != "A" else "B")
    rows = [
        (good, "2025-03-05"),
        (wrong, ""),
        (new_uscc(), ""),
        (good, "2025-03-05"),
        (good, "=A1+1"),
        (good, "3/4/2025"),
        (good, "4.3.25"),
    ]
    paste = "机构\t发生日期\n" + "\n".join("\t".join(one) for one in rows)
    refused = desk.send("/grid", typed(paste=paste, do="preview"))
    assert refused.status_code == 422
    said = problems(refused.text)
    for words in (
        "第 2 行",
        "校验位",
        "第 3 行",
        "台账里没有这家机构",
        "第 5 行",
        "公式",
        "第 6 行",
        "第 7 行",
        "分不清月和日",
    ):
        assert words in said, (words, said)
    for place, (_, day) in enumerate(rows):
        assert f'name="r/{place}/occurred_on" value="{day}"' in refused.text
    assert f'value="{wrong}"' in refused.text
    twice = desk.send("/grid", typed(paste="\n".join(f"{one}\t2025-03-05" for one in (good, good)), do="preview"))
    assert twice.status_code == 422
    assert "第 2 行" in problems(twice.text)
    assert "与第 1 行相同" in problems(twice.text)
    assert lapses(module_world, good) == []


def test_too_many_rows_stay_where_they_were_pasted(module_world: World, desk: Desk) -> None:
    """1,001 rows: said on the whole, the text is still in its field; 1,000 are taken."""
    uscc = module_world.filed()
    paste = "\n".join(f"{uscc}\t2024-01-01" for _ in range(MOST_ROWS + 1))
    refused = desk.send("/grid", typed(paste=paste, do="preview"))
    assert refused.status_code == 422
    assert str(MOST_ROWS) in problems(refused.text)
    assert refused.text.count(f"{uscc}\t2024-01-01") == MOST_ROWS + 1
    taken = desk.send("/grid", typed(paste=paste.partition("\n")[2], do="stay"))
    assert taken.status_code == 200
    sent_back = {"matter": "record-lapse", **{f"r/{one}/agency": uscc for one in range(MOST_ROWS + 1)}, "do": "preview"}
    assert desk.send("/grid", sent_back).status_code == 422
    assert lapses(module_world, uscc) == []


def test_a_refusal_of_the_measures_stands_at_its_row(module_world: World, desk: Desk) -> None:
    """What contradicts one agency's trail: all is kept, the row says why, the others wait with it."""
    first, second = module_world.filed(), module_world.filed()
    module_world.done("CloseSurvey", second, year=2024, closed_on="2024-12-31")
    form = {"matter": "close-survey", "/year": "2024", "/closed_on": "2025-01-02", "do": "preview"}
    rows = {f"r/{place}/agency": uscc for place, uscc in enumerate((first, second))}
    refused = desk.send("/grid", form | rows)
    assert refused.status_code == 422
    assert "第 2 行" in problems(refused.text)
    assert "第 1 行" not in problems(refused.text)


def test_agencies_are_found_ticked_and_added_by_category(module_world: World, desk: Desk) -> None:
    """By a search, by all on file; none twice; a row taken out again; nothing of it is recorded."""
    first, second = module_world.filed(), module_world.filed()
    found = desk.send("/grid", typed(**{"r/0/agency": first}, q=second, do="find"))
    assert f'name="pick" value="{second}"' in found.text
    picked = desk.send("/grid", typed(**{"r/0/agency": first}, pick=second, do="pick"))
    assert f'name="r/1/agency" value="{second}"' in picked.text
    every = desk.send("/grid", typed(**{"r/0/agency": first}, do="category", category="综合安全服务"))
    assert every.text.count(f'value="{first}"') == 1
    assert f'value="{second}"' in every.text
    less = desk.send("/grid", typed(**{"r/0/agency": first, "r/1/agency": second}, do="remove:0"))
    assert f'name="r/0/agency" value="{second}"' in less.text
    assert f'value="{first}"' not in less.text
    by_address = desk.shown_at(f"/grid?matter=record-lapse&agency={first}&agency={second}")
    assert f'name="r/1/agency" value="{second}"' in by_address


def test_a_row_can_be_about_a_record_of_its_agency(module_world: World, desk: Desk) -> None:
    """Materials asked of two agencies come in: each row is about its request."""
    usccs = [module_world.filed() for _ in range(2)]
    asked = [module_world.id_of("RequestSubmission", one) for one in usccs]
    shown = desk.shown_at("/grid?matter=receive-submission&" + "&".join(f"agency={one}" for one in usccs))
    assert all(f'value="{one}" selected' in shown for one in asked)
    form = {"matter": "receive-submission", "/received_on": "2024-07-12"}
    for place, (uscc, id_) in enumerate(zip(usccs, asked, strict=True)):
        form |= {f"r/{place}/agency": uscc, f"r/{place}/id": id_}
    previewed = desk.send("/grid", form | {"do": "preview"})
    assert previewed.status_code == 200, problems(previewed.text)
    done = desk.send("/grid", fields_of(previewed.text) | {"do": "record"})
    assert done.status_code == 303, done.text
    assert [module_world.trail(one)[-1]["type"] for one in usccs] == ["SubmissionReceived"] * 2


def test_an_equal_fact_is_told_and_who_moved_is_shown_again(module_world: World, desk: Desk) -> None:
    """R46 in the preview; something recorded in between is previewed anew before it counts."""
    uscc = module_world.filed()
    before = module_world.id_of("RecordLapse", uscc, item=4, occurred_on=DAY)
    previewed = desk.send("/grid", typed(**{"r/0/agency": uscc}, do="preview")).text
    assert f"/agencies/{uscc}/events/{before}" in previewed
    module_world.done("RecordLapse", uscc, item=5, occurred_on=DAY)
    moved = desk.send("/grid", fields_of(previewed) | {"do": "record"})
    assert moved.status_code == 200
    assert "又有了新的记录" in moved.text
    assert len(lapses(module_world, uscc)) == 2
    assert desk.send("/grid", fields_of(moved.text) | {"do": "record"}).status_code == 303


def test_the_same_again_begins_with_the_recorded_fact(module_world: World, desk: Desk) -> None:
    """Item, day, words and evidence of a record, for other agencies: from its receipt and from a batch's."""
    uscc = module_world.filed()
    evidence = {"title": "会议签到表", "uri": "协会档案 2025-3", "sha256": "a" * 64}
    done = module_world.done("RecordLapse", uscc, item=3, occurred_on=DAY, note="季度例会", evidence=[evidence])
    again = desk.shown_at(f"/grid?like={uscc}:{done['events'][0]['id']}")
    assert '<option value="3" selected>' in again
    for text in (DAY, "季度例会", "会议签到表", "协会档案 2025-3"):
        assert text in again, text
    single = desk.send("/record/record-lapse", {"agency": uscc, "/item": "2", "/occurred_on": DAY, "do": "preview"})
    receipt = desk.send("/record/record-lapse", fields_of(single.text) | {"do": "record"})
    if receipt.status_code == 303:
        receipt = desk.get(receipt.headers["location"])
    assert f"/grid?like={uscc}:" in receipt.text


def test_who_may_open_the_grid(module_world: World) -> None:
    """The association and the regulator, each with its own matters; nobody else."""
    assert "/grid?matter=record-lapse" in Desk(module_world, Role.ASSOCIATION).shown("/grid")
    regulator = Desk(module_world, Role.REGULATOR)
    shown = regulator.shown("/grid")
    assert "/grid?matter=score-effect" in shown
    assert "/grid?matter=record-lapse" not in shown
    assert regulator.shown_at("/grid?matter=score-effect")
    assert regulator.client.get("/grid?matter=record-lapse").status_code == 403
    assert regulator.client.get("/grid?matter=file-agency").status_code == 404
    agency = Desk(module_world, Role.AGENCY, module_world.filed())
    assert agency.client.get("/grid").status_code == 403


@pytest.mark.parametrize("matter", GRID)
def test_every_matter_has_its_headings_in_both_languages(matter: str) -> None:
    """Columns are pasted by the labels of the form, in any order, or without headings in the order shown."""
    columns = columns_of(matter)
    assert {one.path for one in columns} <= {one.path for one in shared_of(matter)} | {"client/uscc", "client/name"}
    for language in (0, 1):
        labels = [heading_of(matter, one.path)[language] for one in columns]
        text = (
            "\t".join([*labels[::-1], ("机构名称", "agency")[language]]) + "\n" + "\t".join("x" for _ in (*labels, 0))
        )
        assert pasted_rows(matter, text).unknown == []
        (row,) = pasted_rows(matter, text).rows
        assert set(row.cells) == {one.path for one in columns}
    bare = pasted_rows(matter, "甲公司\t" + "\t".join("x" for _ in columns))
    assert bare.rows[0].agency == "甲公司"
    assert set(bare.rows[0].cells) == {one.path for one in columns}
