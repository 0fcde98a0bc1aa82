"""What is given out is brought in again: to the same facts in another ledger, to none in the same; kind by kind."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from api.app import create_app
from api.application.workbooks.kinds.book_registry import BOOKS
from api.application.workbooks.kinds.facts_as_cells import FACTS
from api.settings import Settings
from domain.values import Role
from tests.databases import BOTH, Databases
from tests.http.world import World, body_of, new_uscc
from tests.workbooks.made import filled
from tests.workbooks.sent import ended, recorded, sent_workbook

OF_ITS_LEDGER = ("filing_id", "project_id", "complaint_id", "old", "evidence")
COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    "personnel": (
        "ReportChange",
        {"fields": {"personnel": [{"name": "李静"}, {"name": "王海涛", "certificate_no": "A-1"}]}},
    ),
    "projects": ("StartProject", {"contract_no": "AH-2025-099", "quality_lead": None, "technicians": []}),
    "surveys": ("SubmitSurvey", {}),
    "effect-scores": ("ScoreEffect", {"value": "77.5"}),
    "complaints": ("ReceiveComplaint", {"content": "=1+1 两处漏查", "contact": "013800138000"}),
    "honours": ("AwardHonour", {"reason": "救援 “先进”；二等"}),
    "penalties": ("ImposePenalty", {"public_until": "2028-03-04"}),
}
"""How a form records a fact of a kind; a filing is recorded by the world, an absence by workbooks alone."""


@pytest.fixture(scope="module")
def world(module_world: World) -> World:
    """A ledger of this file's own: all that is recorded of a kind is given out and brought in, some forty times."""
    return module_world


@pytest.fixture(scope="module", params=BOTH)
def other_world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    """A ledger in which nothing is recorded of the agency that a test makes."""
    with TestClient(create_app(Settings(database_url=databases.migrated(request.param)))) as client:
        yield World(client)


def bringer(world: World, kind: str) -> Any:
    """Who may bring such facts."""
    return world.association if Role.ASSOCIATION in BOOKS[kind].route.roles else world.regulator


def given_out(world: World, kind: str, form: str = "xlsx") -> bytes:
    """All facts of a kind, in the columns of its workbook."""
    answer = bringer(world, kind).get(f"/v1/workbooks/{kind}/facts", format=form)
    assert answer.status_code == 200, answer.text
    content: bytes = answer.content
    return content


def facts_of(world: World, kind: str, uscc: str) -> list[dict[str, Any]]:
    """The facts of a kind on an agency's trail, without what names things of its ledger alone."""
    event = FACTS[kind].event.__name__
    found = []
    for one in world.trail(uscc):
        if one["type"] == event:
            fact = {name: value for name, value in one["fact"].items() if name not in OF_ITS_LEDGER}
            fact = {
                name: inner for name, inner in fact.items() if not (name == "profile" and inner.pop("personnel", 0))
            }
            found.append({"on": one["occurred_on"], "note": one["note"], **fact})
    return sorted(found, key=str)


def fill(world: World, kind: str) -> str:
    """An agency with two facts of a kind: one by a form, as far as there is one, one by a workbook."""
    uscc = new_uscc()
    recorded(world.association, "filing", filled("filing", {"uscc": uscc, "name": "惠州市往返安全技术有限公司"}))
    if kind == "surveys":
        recorded(world.association, "projects", filled("projects", {"agency": uscc}))
    if kind in COMMANDS:
        name, changes = COMMANDS[kind]
        world.done(name, uscc, evidence=[], **changes)
    if kind != "filing":
        done = recorded(bringer(world, kind), kind, filled(kind, {"agency": uscc, "note": "第一行\n第二行"}))
        assert done["recorded"] == 1, done
    return uscc


@pytest.mark.parametrize("kind", BOOKS)
def test_what_is_given_out_comes_in_again_as_the_same_facts(world: World, other_world: World, kind: str) -> None:
    """In a fresh ledger the same facts, once however often; in the same ledger nothing, whoever recorded them."""
    uscc = fill(world, kind)
    before = len(world.trail(uscc))
    for form in ("xlsx", "csv"):
        content = given_out(world, kind, form)
        sent = sent_workbook(bringer(world, kind), kind, content)
        assert sent.status_code == 202, sent.text
        again = ended(bringer(world, kind), sent.json()["id"])
        assert not again["errors"], again["errors"][:3]
        assert again["good"] == 0, again
        assert again["recorded_before"] == again["rows"] > 0
    assert len(world.trail(uscc)) == before
    needed = [*(["filing"] if kind != "filing" else []), *(["projects"] if kind == "surveys" else []), kind]
    for one in needed:
        for form in ("xlsx", "csv"):  # the second brings nothing new
            mine = only(given_out(world, one, form), uscc, one, form)
            done = recorded(bringer(other_world, one), one, mine)
            assert done["wrong"] == 0, done["errors"]
    assert facts_of(other_world, kind, uscc) == facts_of(world, kind, uscc) != []


def only(content: bytes, uscc: str, kind: str, form: str) -> bytes:
    """The rows of one agency: the world of a test module has those of other tests as well."""
    if form == "csv":
        text = content.decode("utf-8-sig")
        head, *lines = text.split("\r\n")
        return "\r\n".join([head, *(one for one in lines if uscc in one)]).encode("utf-8-sig")
    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[1]
    for row in range(sheet.max_row, 1, -1):
        if uscc not in {cell.value for cell in sheet[row]}:
            sheet.delete_rows(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_a_row_that_was_changed_is_no_new_fact_unasked(world: World) -> None:
    """It bears the number of a record that says something else: refused with the way to correct it."""
    uscc = fill(world, "honours")
    book = load_workbook(io.BytesIO(given_out(world, "honours")))
    sheet = book.worksheets[1]
    heads = [cell.value for cell in sheet[1]]
    mine = next(row for row in sheet.iter_rows(min_row=2) if row[heads.index("统一社会信用代码")].value == uscc)
    mine[heads.index("荣誉名称")].value = "另一个名称"
    made = io.BytesIO()
    book.save(made)
    checked = ended(world.association, sent_workbook(world.association, "honours", made.getvalue()).json()["id"])
    (error,) = checked["errors"]
    assert (error["field"], checked["wrong"]) == ("record", 1)
    assert "更正" in error["detail"]


def test_what_the_columns_cannot_say_is_named(world: World) -> None:
    """Evidence and staff of a filing stand in a column of their own, which nobody reads."""
    uscc = world.filed()
    lines = [one for one in given_out(world, "filing", "csv").decode("utf-8-sig").split("\r\n") if uscc in one]
    assert lines[0].endswith(",从业人员（另用人员表登记）")
    run = sent_workbook(world.association, "filing", given_out(world, "filing", "csv")).json()["id"]
    assert "本表未含" in ended(world.association, run)["unread_columns"]


def test_who_may_be_given_what(world: World) -> None:
    """Who supervises: agencies and the auditor of access have no such list; another kind is unknown."""
    assert world.person(Role.AGENCY, world.filed()).get("/v1/workbooks/honours/facts").status_code == 403
    assert world.association.get("/v1/workbooks/nothing/facts").status_code == 404
    assert world.association.get("/v1/workbooks/honours/facts", format="pdf").status_code == 422


ODD = [
    *(
        "甲  乙",
        "ＡＢ（甲）",
        "(甲)",
        "甲\u200b乙",
        "⼤亚湾",
        "<script>",
        "=1+1",
        "'甲",
        "甲\ufeff乙",
        "甲\ufffe\uffff",
    ),
    *(
        "_x0041_",
        "𠮷",
        "😀",
        "-甲",
        "@甲",
        "甲\u00a0乙",
        "１２３",
        "2024-01-01",
        "0123",
        "甲、乙；丙",
        '"甲"',
        "e\u0301",
    ),
]


def test_a_firm_comes_back_as_it_is_called(world: World) -> None:
    """Nothing that may stand in a name, an address or a note is changed by the way through a spreadsheet."""
    for name in ODD:
        body = {**body_of("FileAgency"), "uscc": new_uscc(), "name": name, "address": name, "note": name}
        world.must(world.association.post("/v1/agencies", body))
    for form in ("xlsx", "csv"):
        sent = sent_workbook(world.association, "filing", given_out(world, "filing", form))
        assert sent.status_code == 202, sent.text
        run = ended(world.association, sent.json()["id"])
        assert (run["errors"], run["recorded_before"]) == ([], run["rows"]), form
