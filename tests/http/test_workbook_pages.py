"""Workbooks on pages: who may bring which, whose they are, how a file goes from sent to recorded."""

from __future__ import annotations

import io
import threading
import time
from typing import Any

import pytest
from openpyxl import load_workbook

from api.application.bringing.book_runs import own_runs
from api.application.workbooks.book_import import OpenBook
from api.web.frame.render import page
from domain.values import Role, new_id
from tests.http.desk import Desk
from tests.http.world import World, body_of
from tests.workbooks.made import filled


def sent(desk: Desk, kind: str, content: bytes, name: str = "表格.xlsx") -> Any:
    """A file comes in from a browser."""
    form = {"csrf": desk.csrf(), "key": new_id(), "kind": kind}
    return desk.client.post("/workbooks", data=form, files={"file": (name, content)})


def test_another_file_in_the_same_form_is_another_workbook(world: World) -> None:
    """Back in the browser, the corrected file chosen, sent again: it is checked, not the one before shown again."""
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    form = {"csrf": desk.csrf(), "key": new_id(), "kind": "attendance"}
    wrong, right = (filled("attendance", {"agency": uscc, "occurred_on": day}) for day in ("3/4/2025", "2025-03-04"))
    there = [
        desk.client.post("/workbooks", data=form, files={"file": ("表格.xlsx", one)}).headers["location"]
        for one in (wrong, right, right)
    ]
    assert there[0] != there[1] == there[2]
    shown(desk, there[0], "分不清月和日")
    shown(desk, there[1], "登记全部 1 行")


def shown(desk: Desk, address: str, words: str) -> str:
    """The page of a file, once it says these words."""
    text = ""
    for _ in range(400):
        text = desk.shown(address)
        if words in text:
            return text
        time.sleep(0.05)
    raise AssertionError(f"{words} is not said: {text}")


def test_a_page_of_work_in_progress_always_asks_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the check ends while the page is being written: what it says and whether it asks again agree."""
    desk, stopped = Desk(world, Role.ASSOCIATION), threading.Event()
    check = OpenBook.check

    def check_later(*given: Any) -> Any:
        assert stopped.wait(30)
        return check(*given)

    def page_slowly(request: Any, *given: Any, **more: Any) -> Any:
        written = page(request, *given, **more)
        stopped.set()
        service, caller = request.app.state.service, request.state.visitor.caller
        until = time.monotonic() + 30
        while any(one.busy for one in own_runs(service, caller)) and time.monotonic() < until:
            time.sleep(0.01)
        return written

    monkeypatch.setattr(OpenBook, "check", check_later)
    there = sent(desk, "attendance", filled("attendance")).headers["location"]
    monkeypatch.setattr("api.web.books.book_pages.page", page_slowly)
    during = desk.get(there)
    assert "正在检查，已查 0／1 行" in during.text  # of the template's one row, which is its example
    assert during.headers["refresh"] == "2"
    assert "没有需要登记的行" in desk.get(there).text


@pytest.mark.shows("annex1.item4")
def test_a_file_is_checked_and_recorded_on_a_word(world: World) -> None:
    """Nothing before the word; then the good rows; the answer marks the wrong ones; a second word does nothing."""
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    before = len(world.trail(uscc))
    rows = {"agency": uscc, "occurred_on": "2025-03-04"}, {"agency": uscc, "occurred_on": "3/4/2025"}
    there = sent(desk, "attendance", filled("attendance", *rows)).headers["location"]
    text = shown(desk, there, "只登记正确的 1 行")
    assert "分不清月和日" in text
    assert len(world.trail(uscc)) == before
    answer = load_workbook(io.BytesIO(desk.get(there, file="marked").content)).active
    assert answer["E4"].comment is not None
    for _ in range(2):
        assert desk.send(there, {"act": "record", "key": new_id()}).status_code == 303
        shown(desk, there, "已登记 1 件")
    assert len(world.trail(uscc)) == before + 1
    assert world.trail(uscc)[-1]["via"] == "import"
    again = sent(desk, "attendance", filled("attendance", rows[0])).headers["location"]
    assert "此前已登记" in shown(desk, again, "没有需要登记的行")


def test_a_file_is_its_bringers_own(world: World) -> None:
    """Another officer's is not there, nor in their list."""
    desk, other = Desk(world, Role.ASSOCIATION), Desk(world, Role.ASSOCIATION)
    first = sent(desk, "attendance", filled("attendance")).headers["location"]
    shown(desk, first, "没有需要登记的行")
    assert other.get(first).status_code == 404
    assert other.send(first, {"act": "record"}).status_code == 404
    assert first.partition("?")[0] in desk.shown("/workbooks")
    assert first.partition("?")[0] not in other.shown("/workbooks")


def test_who_may_bring_what(world: World) -> None:
    """Each role has the kinds that it may record; others are refused; readers have no such page."""
    regulator, association = Desk(world, Role.REGULATOR), Desk(world, Role.ASSOCIATION)
    assert "template=penalties" in regulator.shown("/workbooks")
    assert "template=penalties" not in association.shown("/workbooks")
    assert sent(association, "penalties", filled("penalties")).status_code == 422
    assert Desk(world, Role.AUDITOR).get("/workbooks").status_code == 403
    book = load_workbook(io.BytesIO(regulator.get("/workbooks", template="penalties").content))
    assert "行政处罚决定书文号" in [cell.value for cell in book.worksheets[0][1]]
    assert regulator.get("/workbooks", template="nothing").status_code == 404


def test_a_file_that_cannot_be_read_says_why(world: World) -> None:
    """Beside its field, with what to do; nothing is kept."""
    desk = Desk(world, Role.ASSOCIATION)
    for content in (b"", b"no headings at all", b"\xd0\xcf\x11\xe0 old"):
        response = sent(desk, "attendance", content)
        assert response.status_code == 422
        assert 'id="file-problem"' in response.text
    assert desk.send("/workbooks", {"kind": "attendance"}).status_code == 422


@pytest.mark.shows("art.25", "R39")
def test_a_penalty_says_facts_basis_content_and_until_when(world: World) -> None:
    """Facts and content are sealed and read as the table of readers says; a day before the decision is refused."""
    uscc = world.filed()
    body = body_of("ImposePenalty")
    world.done("ImposePenalty", uscc)
    fact = world.trail(uscc)[-1]["fact"]
    assert {name: fact[name] for name in ("facts", "basis", "content", "public_until")} == {
        name: body[name] for name in ("facts", "basis", "content", "public_until")
    }
    assert world.person(Role.AGENCY, uscc).get(f"/v1/agencies/{uscc}/events").json()["items"][-1]["fact"] == fact
    wrong = {**body, "public_until": "2020-01-01"}
    assert world.regulator.post(f"/v1/agencies/{uscc}/penalties", wrong).status_code == 422
    short = {name: body[name] for name in ("authority", "authority_kind", "decision_no", "decided_on")}
    world.must(world.regulator.post(f"/v1/agencies/{uscc}/penalties", short))
    assert world.trail(uscc)[-1]["fact"]["facts"] is None
