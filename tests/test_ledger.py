"""The ledger on both databases: one transaction per command, two clocks, sealed personal data, two writers at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from api.application.commands import find_command
from domain.errors import Contradiction, Invalid, NotFound, Refusal, Unreadable, VersionConflict
from domain.events import ComplaintReceived, Event, FilingSubmitted
from domain.ledger.ledger import Ledger
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import Rulebook, shipped_rulebook
from domain.store.db.engine import open_engine, open_migration_engine
from domain.store.db.migrate import migrate
from domain.store.db.schema import events, vault
from domain.store.log.sequencer import seal
from domain.values import Role, instant
from projections.answers.scalars import plain
from projections.replay.queries import ReplayQueries
from projections.rows.read.district import NO_FILTERS
from projections.rows.read.row_queries import RowQueries
from projections.rows.write.projector import open_ledger
from tests.databases import BOTH, Databases
from tests.processes import FORK, process
from tests.specification import noon, uscc

A = uscc(65)
PATH = f"/v1/agencies/{A}"
SECRETS = ["张三丰", "AQGC-2020-117", "匿名举报人王", "李四光", "查实情况涉及赵六", "孙七的备注", "周八的意见"]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """A migrated, still empty database of either kind."""
    return databases.migrated(request.param, tmp_path)


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An opened ledger with one filed agency."""
    found = open_ledger(open_engine(url))
    assert found.open(shipped_rulebook(), build_calendar(), actor="system")
    send(found, "/v1/agencies", {**FILING, "uscc": A})
    send(found, f"{PATH}/filing-decision", {"outcome": "filed", "decided_on": "2024-01-03"})
    yield found
    found.engine.dispose()


FILING: dict[str, Any] = {
    "name": "甲安全技术有限公司",
    "category": "安全管家",
    "legal_representative": "张三丰",
    "technical_lead": "李四光",
    "personnel": [{"name": "张三丰", "certificate_no": "AQGC-2020-117"}],
    "submitted_on": "2024-01-01",
}


def send(ledger: Ledger, post: str, body: dict[str, Any], **more: Any) -> Event:
    """Record one command in a transaction of its own."""
    found = find_command(post)
    assert found is not None
    route, code, path_id = found
    command = route.body.model_validate(body)
    with ledger.writing(more.pop("clock", None)) as unit:
        return unit.record(
            code or body["uscc"],
            command,
            actor="p",
            role=Role.ASSOCIATION,
            via="api",
            path_id=path_id,
            new=code is None,
            **more,
        )


def count(ledger: Ledger, table: Any) -> int:
    """Rows of a table."""
    with ledger.reading() as reader:
        return reader.connection.scalar(select(func.count()).select_from(table)) or 0


def questions(reader: Any) -> ReplayQueries:
    """Questions at this moment."""
    return ReplayQueries(reader, instant(datetime.now(UTC)))


def test_a_new_ledger_adopts_its_law_by_events_and_only_once(ledger: Ledger) -> None:
    """Opened, rulebook adopted, calendar adopted: three events; opening again changes nothing (R4)."""
    with ledger.reading() as reader:
        own = reader.events("ledger")
    assert [type(event).__name__ for event in own] == ["LedgerOpened", "RulebookAdopted", "CalendarAdopted"]
    assert not ledger.open(shipped_rulebook(), build_calendar(), actor="system")


def test_a_refused_command_appends_nothing_and_keeps_no_key(ledger: Ledger) -> None:
    """Neither the event nor the key of the person in it is there after a refusal."""
    before = count(ledger, events), count(ledger, vault)
    body = {"outcome": "upheld", "decided_on": "2024-02-01", "verified_grounds": "other", "findings": "查实"}
    with pytest.raises(NotFound):
        send(ledger, f"{PATH}/complaints/nowhere/decision", body)
    with pytest.raises(Contradiction):
        send(ledger, "/v1/agencies", {**FILING, "uscc": A})
    with pytest.raises(NotFound):
        send(ledger, f"/v1/agencies/{uscc(66)}/pledge", {"signed_on": "2024-01-01", "note": "张三丰"})
    assert (count(ledger, events), count(ledger, vault)) == before


def test_a_unit_that_fails_leaves_nothing_of_its_earlier_commands(ledger: Ledger) -> None:
    """Two commands in one transaction: when the second is refused, the first is not there either, nor in a cache."""
    route = find_command(f"{PATH}/pledge")
    assert route is not None
    pledge = route[0].body.model_validate({"signed_on": "2024-02-01"})

    def record_twice() -> None:
        with ledger.writing() as unit:
            unit.record(A, pledge, actor="p", role=Role.ASSOCIATION, via="api")
            unit.record(A, pledge, actor="p", role=Role.ASSOCIATION, via="api")
            unit.agency(A).must_be_at(3)  # it is at 4 by now

    with pytest.raises(VersionConflict):
        record_twice()
    with ledger.reading() as reader:
        assert len(reader.agency_events(A)) == 2
    assert send(ledger, f"{PATH}/pledge", {"signed_on": "2024-02-01"}).version == 3


def test_personal_data_lies_in_the_database_only_sealed(ledger: Ledger, url: str) -> None:
    """No name, certificate number, finding, note or comment in clear in any row; who may read them can open them."""
    body = {"received_on": "2024-02-01", "complainant": "匿名举报人王", "grounds": "other", "note": "孙七的备注"}
    complaint = send(ledger, f"{PATH}/complaints", body)
    send(
        ledger,
        f"{PATH}/complaints/{complaint.id}/decision",
        {"outcome": "dismissed", "decided_on": "2024-02-02", "findings": "查实情况涉及赵六"},
    )
    send(
        ledger,
        f"{PATH}/surveys",
        {
            "client": {"uscc": uscc(500), "name": "乙化工"},
            "year": 2024,
            "submitted_on": "2024-02-03",
            "answers": ["A"] * 10,
            "comments": "周八的意见",
        },
    )
    send(
        ledger,
        f"{PATH}/changes",
        {"changed_on": "2024-02-01", "reported_on": "2024-02-02", "fields": {"technical_lead": "张三丰"}},
    )
    with ledger.reading() as reader:
        tables = ("events", "vault", "stream_heads", "idempotency", "persons")
        rows = [row for table in tables for row in reader.connection.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608
        dump = b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
        for secret in SECRETS:
            assert secret.encode() not in dump, secret
        filing = reader.agency_events(A)[0]
        received = reader.agency_events(A)[2]
        assert isinstance(filing, FilingSubmitted)
        assert isinstance(received, ComplaintReceived)
        person = filing.profile.personnel[0]  # type: ignore[index]
        assert reader.vault.open(person.name) == "张三丰"
        assert received.complainant is not None
        assert received.note is not None
        assert reader.vault.open(received.complainant) == "匿名举报人王"
        assert reader.vault.open(received.note) == "孙七的备注"


def test_the_same_certificate_is_the_same_subject_in_every_agency(ledger: Ledger) -> None:
    """A person is found again by the keyed hash of the certificate number, however it is written (R37)."""
    body = {**FILING, "uscc": uscc(66), "personnel": [{"name": "张三丰", "certificate_no": "ａqgc-2020-117 "}]}
    again = send(ledger, "/v1/agencies", body)
    with ledger.reading() as reader:
        first = reader.agency_events(A)[0]
    assert isinstance(first, FilingSubmitted)
    assert isinstance(again, FilingSubmitted)
    people = [event.profile.personnel[0] for event in (first, again)]  # type: ignore[index]
    assert people[0].name.subject == people[1].name.subject
    assert people[0].certificate_hash == people[1].certificate_hash


def test_what_was_known_is_named_by_instant_version_or_log_index(ledger: Ledger) -> None:
    """The same three events are known at an instant, at version:3 and at their log index, and answer alike."""
    send(ledger, f"{PATH}/bad-records", {"behaviour": "16.2", "content": "核查情况", "entered_on": "2024-05-06"})
    while seal(ledger.engine):
        pass
    third = send(
        ledger, f"{PATH}/bad-records", {"behaviour": "16.2", "content": "核查情况", "entered_on": "2024-05-06"}
    )
    with ledger.reading() as reader:
        ask = questions(reader)
        sealed, _ = reader.sealed()
        before = reader.agency_events(A)[2].recorded_at
        answers = [
            plain(ask.standing(ask.basis(A, date(2024, 6, 1), known)))["bad_records"]
            for known in (before, "version:3", f"log:{sealed}")
        ]
        assert answers == [{"year": 1, "total": 1}] * 3
        assert ask.standing(ask.basis(A, date(2024, 6, 1), third.recorded_at)).bad_records.total == 2
        with pytest.raises(NotFound):
            ask.basis(A, date(2024, 6, 1), "2020-01-01T00:00:00.000000Z")
        for beyond in ("version:99", "log:99999", "2999-01-01T00:00:00.000000Z"):
            with pytest.raises(Invalid, match="known_at"):
                ask.basis(A, date(2024, 6, 1), beyond)


def test_only_a_demonstration_can_be_given_a_clock(ledger: Ledger, tmp_path: Path) -> None:
    """A real ledger refuses an injected clock; one opened as a demonstration says so in every answer, for ever."""
    with pytest.raises(Contradiction, match="demonstration"):
        send(ledger, f"{PATH}/pledge", {"signed_on": "2024-01-01"}, clock=lambda: noon(date(2024, 1, 1)))
    demo_url = f"sqlite:///{tmp_path / 'demo.db'}"
    migrate(demo_url)
    demo = open_ledger(open_engine(demo_url))
    demo.open(shipped_rulebook(), build_calendar(), actor="s", demonstration=True, clock=lambda: noon(date(2024, 1, 1)))
    filed = send(demo, "/v1/agencies", {**FILING, "uscc": A}, clock=lambda: noon(date(2024, 1, 2)))
    assert filed.recorded_at.startswith("2024-01-02T04:00:00")
    send(demo, f"{PATH}/filing-decision", {"outcome": "filed", "decided_on": "2024-01-03"})
    with demo.reading() as reader:
        ask = questions(reader)
        assert ask.standing(ask.basis(A)).demonstration is True
        assert RowQueries(reader, ask.now).district().echo()["demonstration"] is True
    with ledger.reading() as reader:
        assert "demonstration" not in plain(questions(reader).standing(questions(reader).basis(A)))
    demo.engine.dispose()


def record_many(url: str, times: int, barrier: Any) -> None:
    """What each of two processes does: bad records one a transaction, all on one agency."""
    ledger = open_ledger(open_engine(url))
    barrier.wait(60)
    for _ in range(times):
        send(
            ledger,
            f"{PATH}/bad-records",
            {"behaviour": "16.2", "content": "核查情况", "entered_on": "2024-05-06", "note": "x"},
        )
    ledger.engine.dispose()


def test_two_processes_record_at_one_agency_at_once(ledger: Ledger, url: str) -> None:
    """No lost, doubled or reordered fact, `recorded_at` strictly increasing, and every one of them counts."""
    times, barrier = 40, FORK.Barrier(2)
    processes = [process(record_many, url, times, barrier) for _ in range(2)]
    for one in processes:
        one.start()
    for one in processes:
        one.join(120)
    assert [one.exitcode for one in processes] == [0, 0]
    with ledger.reading() as reader:
        trail = reader.agency_events(A)
        assert [event.version for event in trail] == list(range(1, 2 + 2 * times + 1))
        instants = [event.recorded_at for event in trail]
        assert instants == sorted(set(instants))
        assert len({event.id for event in trail}) == len(trail)
        ask = questions(reader)
        assert ask.standing(ask.basis(A, date(2024, 6, 1))).bad_records.total == 2 * times


def test_every_agency_is_judged_by_the_law_known_at_a_place_of_the_log(ledger: Ledger) -> None:
    """`log:N` is one basis for the district: what was adopted among the first N entries, for every agency (R4)."""
    other = uscc(66)
    send(ledger, "/v1/agencies", {**FILING, "uscc": other})
    uphold(ledger, A)
    first = shipped_rulebook()
    every = first.override({"ladder.counted_complaints": "all"}).content
    with ledger.writing() as unit:
        unit.adopt_rulebook(Rulebook.from_content({**every, "id": "all", "effective_from": "2022-01-01"}), "p")
    uphold(ledger, other)
    while seal(ledger.engine):
        pass
    with ledger.reading() as reader:
        ask = questions(reader)
        sealed, _ = reader.sealed()
        rows = RowQueries(reader, ask.now)
        listed = rows.agencies(rows.district(known_at=f"log:{sealed}"), NO_FILTERS)
        tiers = {row.agency.uscc: row.sanction.tier for row in listed}
        assert tiers == {A: "recorded", other: "recorded"}
        assert ask.basis(A, known_at=f"log:{sealed}").known_at == ask.basis(other, known_at=f"log:{sealed}").known_at


def uphold(ledger: Ledger, code: str) -> None:
    """A complaint upheld on other grounds: it counts for the ladder only where all do."""
    path = f"/v1/agencies/{code}/complaints"
    complaint = send(ledger, path, {"received_on": "2026-02-01", "grounds": "other"})
    body = {"outcome": "upheld", "findings": "属实", "decided_on": "2026-02-01", "verified_grounds": "other"}
    send(ledger, f"{path}/{complaint.id}/decision", body)


def test_an_adoption_that_contradicts_the_law_is_refused_and_leaves_the_ledger_usable(ledger: Ledger) -> None:
    """Adoptions cannot be annulled: one that would make answers fail, or reach before the Measures, never gets in."""
    content = shipped_rulebook().content
    content["value"] = [{**value, "in_force": "2020-01-01"} for value in content["value"]]
    shifted = shipped_rulebook().override({"assessment.cycle_start": "07-01"}).content
    wrong = [
        Rulebook.from_content({**shifted, "id": "bad", "effective_from": "2024-03-01"}),
        Rulebook.from_content({**content, "id": "early", "effective_from": "2020-01-01"}),
    ]
    for rulebook in wrong:
        with pytest.raises(Refusal), ledger.writing() as unit:
            unit.adopt_rulebook(rulebook, "p")
    with ledger.reading() as reader:
        assert questions(reader).standing(questions(reader).basis(A)).rulebook.id == "dayawan-2021"


def test_a_missing_event_stops_every_answer_about_its_agency(ledger: Ledger, url: str) -> None:
    """Somebody with the database in hand removes an event: a new process stops with a named error, it never skips."""
    send(ledger, f"{PATH}/pledge", {"signed_on": "2024-02-01"})
    ledger.engine.dispose()
    owner = open_migration_engine(url)
    with owner.begin() as connection:
        if connection.dialect.name == "sqlite":
            for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))
        assert connection.execute(text("DELETE FROM events WHERE topic = 'steward.AgencyFiled'")).rowcount == 1
    owner.dispose()
    again = open_ledger(open_engine(url))
    for _ in range(2):
        with again.reading() as reader, pytest.raises(Unreadable, match=A):
            reader.agency_events(A)
    again.engine.dispose()


def test_what_was_rolled_back_is_never_answered_from_memory(ledger: Ledger) -> None:
    """A transaction that wrote, read its own writing and failed leaves nothing in the cache of the process."""
    found = find_command(f"{PATH}/pledge")
    assert found is not None
    pledge = found[0].body.model_validate({"signed_on": "2024-02-01"})

    def write_read_and_fail() -> None:
        with ledger.writing() as unit:
            unit.record(A, pledge, actor="p", role=Role.ASSOCIATION, via="api")
            unit.flush()
            assert len(unit.reader.agency_events(A)) == 3
            raise Contradiction("测试", "made to fail")

    with pytest.raises(Contradiction):
        write_read_and_fail()
    recorded = send(
        ledger, f"{PATH}/bad-records", {"behaviour": "16.2", "content": "核查情况", "entered_on": "2024-05-06"}
    )
    with ledger.reading() as reader:
        assert reader.agency_events(A)[2] == recorded


def test_a_real_ledger_cannot_be_opened_with_a_clock(tmp_path: Path) -> None:
    """Not even for its first event."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    migrate(url)
    found = open_ledger(open_engine(url))
    with pytest.raises(Contradiction, match="demonstration"):
        found.open(shipped_rulebook(), build_calendar(), actor="s", clock=lambda: noon(date(2035, 1, 1)))
    found.engine.dispose()


def test_events_asked_for_by_id_come_in_the_order_asked(ledger: Ledger) -> None:
    """Whatever order the database reads in: a list that is made of them is the same each time (design.md, replay)."""
    with ledger.reading() as reader:
        ids = [event.id for event in reader.events(f"agency/{A}")]
        asked = [*reversed(ids), "nobody", ids[0]]
        assert list(reader.named(asked)) == list(reversed(ids))
