"""Workbooks over HTTP: template, upload, errors by cell, the marked file, confirmed once; also over a restart."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from html import unescape
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import update
from starlette.testclient import TestClient

from api.app import create_app
from api.application.bringing import book_runs
from api.application.bringing.book_worker import BookWorker
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.admin import revoke_by_id
from domain.store.db.engine import Connection, reading, writing
from domain.store.db.schema import workbook_runs
from domain.store.files.run_rows import RunRow, forget_runs, run_of, step, take
from domain.values import Role, new_id
from tests.http.desk import Desk
from tests.http.test_workbook_pages import shown
from tests.http.world import Person, World, body_of, new_uscc
from tests.workbooks.made import filled, saved, sheet_of
from tests.workbooks.sent import ended, recorded, sent_workbook
from tests.workbooks.ugly import UGLY, UGLY_GOOD, ugly_penalties

DAY, WRONG_DAY = "2025-03-04", "3/4/2025"


def test_a_template_is_fetched_filled_in_and_sent(world: World) -> None:
    """Nothing is recorded before the word; errors name cell and remedy; the good part is recorded, once."""
    uscc, who = world.filed(), world.association
    template = who.get("/v1/workbooks/attendance/template")
    assert template.status_code == 200
    assert load_workbook(io.BytesIO(template.content)).worksheets[0]["B1"].value == "统一社会信用代码"
    before = len(world.trail(uscc))
    content = filled("attendance", {"agency": uscc, "occurred_on": DAY}, {"agency": uscc, "occurred_on": WRONG_DAY})
    sent = sent_workbook(who, "attendance", content, "三月例会.xlsx")
    assert sent.status_code == 202, sent.text
    where = sent.headers["location"]
    checked = ended(who, sent.json()["id"])
    assert who.get(where).json() == checked
    assert (checked["state"], checked["file"]) == ("checked", "三月例会.xlsx")
    assert (checked["rows"], checked["good"], checked["wrong"]) == (2, 1, 1)
    (error,) = checked["errors"]
    assert (error["row"], error["column"], error["field"]) == (4, "日期", "occurred_on")
    assert "2025-03-04" in error["detail"]
    marked = who.get(f"{where}/marked")
    assert load_workbook(io.BytesIO(marked.content)).active["E4"].comment is not None
    assert who.post(f"{where}/recording", {"part": "all"}).status_code == 409
    assert len(world.trail(uscc)) == before
    for _ in range(2):
        assert who.post(f"{where}/recording", {"part": "good"}).status_code == 202
        done = ended(who, checked["id"])
        assert (done["state"], done["part"], done["recorded"], done["facts"]) == ("recorded", "good", 1, 1)
    assert len(world.trail(uscc)) == before + 1
    again = ended(who, sent_workbook(who, "attendance", content).json()["id"])
    assert (again["good"], again["recorded_before"], again["wrong"]) == (0, 1, 1)
    listed = who.get("/v1/workbook-runs").json()["items"]
    assert [one["id"] for one in listed][:2] == [again["id"], checked["id"]], "the latest first"


def test_errors_are_asked_for_from_a_row_on(world: World) -> None:
    """However many there are, an answer has no more than was asked for, and says how many are left."""
    who, uscc = world.association, world.filed()
    rows = [{"agency": uscc, "occurred_on": WRONG_DAY} for _ in range(5)]
    run = sent_workbook(who, "attendance", filled("attendance", *rows)).json()["id"]
    first = ended(who, run, limit=2)
    assert ([one["row"] for one in first["errors"]], first["errors_left"]) == ([3, 4], 3)
    rest = ended(who, run, after_row=4)
    assert ([one["row"] for one in rest["errors"]], rest["errors_left"]) == ([5, 6, 7], 0)
    assert who.get(f"/v1/workbook-runs/{run}", after_row="-1").status_code == 422


@pytest.mark.shows("R46")
def test_rows_that_say_what_stands_already_are_named(world: World) -> None:
    """The same agency, kind, day and content: recorded before by a form, and twice inside the file."""
    uscc, who = world.filed(), world.association
    said = {
        "content": "灭火器过期未指出",
        "complainant": "张先生",
        "grounds": "missed_hazard",
        "contact": "13800138000",
    }
    body = {**body_of("ReceiveComplaint"), **said, "client_uscc": None, "note": None, "received_on": DAY}
    world.must(who.post(f"/v1/agencies/{uscc}/complaints", {**body, "evidence": []}))
    stands = world.trail(uscc)[-1]["id"]
    row = {"agency": uscc, "client_uscc": None, **said, "grounds": "应发现而未发现的隐患", "note": None}
    rows = [{**row, "received_on": DAY}, {**row, "received_on": "2025-03-05"}, {**row, "received_on": "2025-03-05"}]
    rows.append({**row, "received_on": DAY, "content": "另一件事"})
    checked = ended(who, sent_workbook(who, "complaints", filled("complaints", *rows)).json()["id"])
    assert (checked["good"], checked["wrong"]) == (4, 0), checked["errors"]
    equal = [(one["row"], one["earlier"], [each["event"] for each in one["events"]]) for one in checked["similar"]]
    assert equal == [(3, None, [stands]), (5, 4, [])]


def test_a_retry_under_its_key_is_the_same_run(world: World) -> None:
    """A connection that dropped after the file had arrived: sent again, it is not checked twice."""
    who, content = world.association, filled("attendance")
    key = {"Idempotency-Key": new_id()}
    first, second = (sent_workbook(who, "attendance", content, **key).json()["id"] for _ in range(2))
    assert first == second
    assert sent_workbook(who, "attendance", content).json()["id"] != first


def test_a_key_stands_for_one_file(world: World) -> None:
    """Another file under the key of an earlier one is refused, not passed over in silence (api.md, Writing)."""
    uscc, who = world.filed(), world.association
    key = {"Idempotency-Key": new_id()}
    first = sent_workbook(who, "attendance", filled("attendance", {"agency": uscc}), **key)
    assert ended(who, first.json()["id"])["state"] == "checked"
    other = filled("attendance", {"agency": uscc, "occurred_on": "2025-03-06"})
    refused = sent_workbook(who, "attendance", other, **key)
    assert refused.status_code == 422, refused.text
    assert refused.json()["type"].endswith("idempotency-key-reused")


def test_two_that_arrive_at_once_under_one_key_are_one_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that gave up waiting sends it again while the first is still being kept: both get the same answer."""
    who, together = world.association, threading.Barrier(2)

    def looked_up(connection: Connection, run_id: str) -> RunRow | None:
        found = run_of(connection, run_id)
        with suppress(threading.BrokenBarrierError):  # SQLite lets one write after the other
            together.wait(1.0)
        return found

    monkeypatch.setattr(book_runs, "run_of", looked_up)
    content, key = filled("attendance"), {"Idempotency-Key": new_id()}
    with ThreadPoolExecutor(2) as both:
        sent = list(both.map(lambda _: sent_workbook(who, "attendance", content, **key), range(2)))
    assert [one.status_code for one in sent] == [202, 202], [one.text for one in sent]
    assert len({one.json()["id"] for one in sent}) == 1


def test_who_lost_the_right_meanwhile_records_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirmed, and then the access is taken away before the recording goes on: nothing more is recorded."""
    uscc, who = world.filed(), world.person(Role.ASSOCIATION)
    run = sent_workbook(who, "attendance", filled("attendance", {"agency": uscc, "occurred_on": DAY})).json()["id"]
    ended(who, run)
    with monkeypatch.context() as patch:
        patch.setattr(BookWorker, "begin", lambda worker, run_id: None)
        assert who.post(f"/v1/workbook-runs/{run}/recording", {"part": "all"}).json()["state"] == "recording"
        with writing(world.service.ledger.engine) as connection:
            revoke_by_id(connection, str(who.token), by=COMMAND_LINE)
    until = time.monotonic() + 60
    while (row := _row(world, run)).state == "recording" and time.monotonic() < until:
        time.sleep(0.05)
    assert (row.state, row.recorded) == ("failed", 0)
    assert [one["occurred_on"] for one in world.trail(uscc)].count(DAY) == 0


def test_who_was_taken_for_gone_says_no_more_how_it_ended(world: World) -> None:
    """A process that was frozen while another went on with its file: the word of the one that holds it stands."""
    who = world.association
    run = sent_workbook(who, "attendance", filled("attendance")).json()["id"]
    ended(who, run)
    with writing(world.service.ledger.engine) as connection:
        connection.execute(update(workbook_runs).where(workbook_runs.c.id == run).values(state="recording"))
        assert take(connection, run, "frozen") is not None
        connection.execute(
            update(workbook_runs).where(workbook_runs.c.id == run).values(beat_at="2026-01-01T00:00:00.000000Z")
        )
        assert take(connection, run, "awake") is not None
        assert not step(connection, run, ["recording"], "failed", holder="frozen")
        assert step(connection, run, ["recording"], "recorded", holder="awake")


def _row(world: World, run: str) -> RunRow:
    with reading(world.service.ledger.engine) as connection:
        row = run_of(connection, run)
    assert row is not None
    return row


def test_a_csv_comes_as_it_is(world: World) -> None:
    """The body itself is the file, its name in Content-Disposition; GB18030 as an old spreadsheet saves it."""
    uscc, who = world.filed(), world.association
    text = f"序号,统一社会信用代码,会议或活动,日期,出席情况\r\n1,{uscc},例会,２０２５年３月４日,未到\r\n"
    headers = {**who.headers, "Content-Type": "application/octet-stream"}
    headers["Content-Disposition"] = 'attachment; filename="a.csv"'
    sent = who.client.post("/v1/workbooks/attendance", content=text.encode("gb18030"), headers=headers)
    checked = ended(who, sent.json()["id"])
    assert (checked["file"], checked["good"], checked["errors"]) == ("a.csv", 1, [])
    assert recorded(who, "attendance", text.encode("gb18030"))["recorded"] == 1
    assert world.trail(uscc)[-1]["occurred_on"] == DAY


def test_a_cell_may_say_what_a_browser_would_run(world: World) -> None:
    """A firm is called what it is called: a table is only ever read as one again, so its words are no danger."""
    who, uscc = world.association, world.filed()
    text = f"统一社会信用代码,会议或活动,日期,出席情况\n{uscc},<script>alert(1)</script> <?xml,2025-07-02,未到\n"
    done = recorded(who, "attendance", text.encode())
    assert (done["recorded"], done["errors"]) == (1, [])
    assert who.get(f"/v1/agencies/{uscc}/events?type=LapseRecorded").json()["count"] == 1


def test_what_cannot_be_a_workbook_is_refused_and_not_kept(world: World) -> None:
    """With the reason and the remedy, at once; too large as well; another kind's file names what is missing."""
    who, before = world.association, len(world.association.get("/v1/workbook-runs").json()["items"])
    for content in (b"", b"no headings at all", b"\xd0\xcf\x11\xe0 old", filled("penalties")):
        refused = sent_workbook(who, "attendance", content)
        assert refused.status_code == 422, refused.text
        assert refused.json()["remedy"]
    assert sent_workbook(who, "attendance", b"x" * (21 * 1024 * 1024)).status_code == 413
    assert sent_workbook(who, "nothing", b"x").status_code == 404
    assert who.get("/v1/workbooks/nothing/template").status_code == 404
    assert len(who.get("/v1/workbook-runs").json()["items"]) == before


def test_whose_it_is_and_who_may_bring_what(world: World) -> None:
    """Each kind under the right of its command; another's run is not there; readers and agencies bring none."""
    uscc, who = world.filed(), world.association
    run = sent_workbook(who, "attendance", filled("attendance", {"agency": uscc})).json()["id"]
    ended(who, run)
    other = world.person(Role.ASSOCIATION)
    for path in ("", "/marked"):
        assert other.get(f"/v1/workbook-runs/{run}{path}").status_code == 404
    assert other.post(f"/v1/workbook-runs/{run}/recording", {"part": "good"}).status_code == 404
    assert sent_workbook(who, "penalties", filled("penalties")).status_code == 403
    assert sent_workbook(world.regulator, "penalties", filled("penalties")).status_code == 202
    assert sent_workbook(world.person(Role.AGENCY, uscc), "projects", filled("projects")).status_code == 403
    assert world.person(Role.AUDITOR).get("/v1/workbook-runs").status_code == 403


def test_a_restart_asks_for_no_file_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checked before, confirmed after; and what was confirmed before is recorded by who comes after."""
    uscc, who = world.filed(), world.association
    content = filled("attendance", {"agency": uscc, "occurred_on": DAY})
    run = sent_workbook(who, "attendance", content).json()["id"]
    ended(who, run)
    settings = world.service.settings
    with TestClient(create_app(settings)) as client:
        later = Person(client, who.token)
        assert ended(later, run)["good"] == 1
        with monkeypatch.context() as patch:  # confirmed, and then the process ends before it begins
            patch.setattr(BookWorker, "begin", lambda worker, run_id: None)
            confirmed = later.post(f"/v1/workbook-runs/{run}/recording", {"part": "all"}).json()
        assert confirmed["state"] == "recording"
        done = ended(later, run)
    assert (done["state"], done["recorded"]) == ("recorded", 1)
    assert [one["occurred_on"] for one in world.trail(uscc)].count(DAY) == 1


def test_all_is_asked_again_where_something_is_wrong_by_now(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirmed as a whole, taken up after a restart when the ledger refuses a row: nothing more without a new word."""
    who, code = world.association, new_uscc()
    content = filled("filing", {"uscc": code, "name": "惠州市后来安全技术有限公司"})
    run = sent_workbook(who, "filing", content).json()["id"]
    ended(who, run)
    with monkeypatch.context() as patch:
        patch.setattr(BookWorker, "begin", lambda worker, run_id: None)
        assert who.post(f"/v1/workbook-runs/{run}/recording", {"part": "all"}).json()["state"] == "recording"
        world.must(who.post("/v1/agencies", {**body_of("FileAgency"), "uscc": code}))
        worker: Any = world.client.app.state.books  # type: ignore[attr-defined]
        worker._held.pop(run).close()  # as in another process
    done = ended(who, run)
    assert (done["state"], done["recorded"], done["wrong"]) == ("checked", 0, 1)
    assert len(world.trail(code)) == 1


def test_nothing_of_a_file_is_kept_in_clear(world: World) -> None:
    """Neither its name nor what was wrong in it; with its day the row goes, and the file with it."""
    who = world.association
    content = filled("personnel", {"person.name": "王海涛", "agency": "91441399MA0000001X"})
    run = sent_workbook(who, "personnel", content, "王海涛.xlsx").json()["id"]
    assert ended(who, run)["file"] == "王海涛.xlsx"
    service = world.service
    with reading(service.ledger.engine) as connection:
        row = run_of(connection, run)
        assert row is not None
        assert "王海涛".encode() not in row.name + (row.found or b"")
    with writing(service.ledger.engine) as connection:
        forget_runs(connection, row.created_at)
    assert who.get(f"/v1/workbook-runs/{run}").status_code == 404


def test_every_ugliness_gets_the_same_word_over_http_and_on_the_page(world: World) -> None:
    """The column list of public penalties maps as it is; each wrong cell is named, and marked in the file."""
    who, desk, codes = world.regulator, Desk(world, Role.REGULATOR), [world.filed() for _ in range(6)]
    content = ugly_penalties(codes)
    checked = ended(who, sent_workbook(who, "penalties", content).json()["id"])
    found: dict[int, set[str]] = {}
    for one in checked["errors"]:
        found.setdefault(one["row"], set()).add(one["field"])
    assert found == UGLY
    assert (checked["good"], checked["unread_columns"]) == (UGLY_GOOD, ["行政相对人类别"])
    form = {"csrf": desk.csrf(), "key": new_id(), "kind": "penalties"}
    there = desk.client.post("/workbooks", data=form, files={"file": ("处罚.xlsx", content)}).headers["location"]
    text = unescape(shown(desk, there, f"只登记正确的 {UGLY_GOOD} 行"))
    for one in checked["errors"]:
        assert one["detail"] in text, one
        assert f"第 {one['row']} 行" in text
    marked = load_workbook(io.BytesIO(who.get(f"/v1/workbook-runs/{checked['id']}/marked").content)).active
    assert "四舍五入" in marked["C9"].comment.text
    done = who.post(f"/v1/workbook-runs/{checked['id']}/recording", {"part": "good"})
    assert done.status_code == 202
    assert ended(who, checked["id"])["recorded"] == UGLY_GOOD


def test_exactly_the_public_columns_of_penalties_are_enough(world: World) -> None:
    """行政处罚决定书文号 to 处罚机关 and whose it is, nothing retyped; facts, basis, content, 公示截止期 are taken."""
    uscc, who = world.filed(), world.regulator
    heads = ["行政相对人名称", "统一社会信用代码", "行政处罚决定书文号", "违法事实", "处罚依据", "处罚内容"]
    heads += ["处罚决定日期", "公示截止期", "处罚机关"]
    row = ["某公司", uscc, "（惠湾）应急罚〔2025〕7号", "报告与现场不符", "《安全生产法》第九十二条", "罚款三万元"]
    row += ["2025/03/04", "2028年3月4日", "大亚湾区应急管理局"]
    assert recorded(who, "penalties", saved(sheet_of([heads, row])))["recorded"] == 1
    last = world.trail(uscc)[-1]
    assert (last["occurred_on"], last["fact"]) == (
        DAY,
        {
            "authority": "大亚湾区应急管理局",
            "authority_kind": "emergency_management",
            "decision_no": "（惠湾）应急罚〔2025〕7号",
            "facts": "报告与现场不符",
            "basis": "《安全生产法》第九十二条",
            "content": "罚款三万元",
            "public_until": "2028-03-04",
        },
    )
