"""The rows of notices and hints say what the replay gives, whatever is recorded in between."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from api.application.commands import find_command
from domain.ledger.ledger import Ledger
from domain.store.db.engine import writing
from domain.store.db.schema import hint
from domain.store.log.stream_heads import last_recorded_at
from domain.values import Role, agency_stream, instant, shanghai_date, stream_id
from projections.answers.districts import DueNotice
from projections.answers.standings import Standing
from projections.rebuild.orphans import Orphan
from projections.replay.known_at import Basis
from projections.replay.queries import Hints, ReplayQueries
from projections.rows.read.due_notices import due_notices
from projections.rows.read.open_hints import HintFilter, hints_now
from projections.rows.read.row_queries import RowQueries
from projections.rows.write.hint_rows import Little, behind, bring_up, lag
from tests.databases import Databases
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.rows.test_looked_up import send, staff
from tests.rows.test_rebuild import checked, owner
from tests.specification import uscc

STAFFED = [uscc(3300 + number) for number in range(3)]


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """Four agencies of long histories, and three with a staff."""
    with new_ledger(request.param, databases) as made:
        for number in range(4):
            record(made, Recordable(number, 70).sent, uscc(3200 + number))
        for code in STAFFED:
            send(made, code, "/v1/agencies", uscc=code, name="甲", category="安全管家", submitted_on="2022-01-04")
        yield made


def test_the_rows_say_what_the_replay_gives(ledger: Ledger) -> None:
    """Worked out between facts: a shared certificate touches the other agency too, and so does its end.

    Before it is, the rows say how far they go: to the first fact that is not in them.
    """
    chance = random.Random(5)
    steps: list[Callable[[], None]] = [
        lambda: None,
        lambda: staff(ledger, STAFFED[0], "2023-01-02", "AQ-1", "AQ-2"),
        lambda: staff(ledger, STAFFED[1], "2023-02-01", "AQ-2"),
        lambda: staff(ledger, STAFFED[2], "2023-03-01", "AQ-1"),
        lambda: staff(ledger, STAFFED[2], "2023-04-03", "AQ-9"),
        lambda: decide(ledger, STAFFED[1]),
    ]
    sizes = set()
    for step in steps:
        before, at = asked(ledger)["hints"], latest(ledger)
        step()
        with ledger.reading() as reader:
            late = lag(reader)
            assert (late is None) == (behind(reader) is None)
        if late is not None and late.known_until is not None and before:
            assert (late.agencies, asked(ledger)["hints"]) == (1, before), "what has moved is not in the rows yet"
            assert at is not None
            assert late.known_until > at
        assert bring_up(ledger)
        assert asked(ledger) == replayed(ledger)
        with ledger.reading() as reader:
            assert (behind(reader), lag(reader)) == (None, None)
        sizes.add(len(asked(ledger)["hints"]))
    assert len(sizes) > 2, "the steps have to change the hints"
    later = datetime.now(UTC) + timedelta(days=chance.randrange(300, 800))
    assert asked(ledger, later) == replayed(ledger, later)


def decide(ledger: Ledger, code: str) -> None:
    path = f"/v1/agencies/{code}/filing-decision"
    send(ledger, code, path, outcome="returned", decided_on="2022-02-01", reasons="材料不全")


@pytest.mark.shows("R18", "R41")
def test_the_service_of_notices_is_the_same_in_rows_and_by_replay(ledger: Ledger) -> None:
    """Sent, come back, served, signed for, each annulled: of every day, as known at every time; rows made anew too."""
    code, path = STAFFED[0], f"/v1/agencies/{STAFFED[0]}"
    for day in ("2024-03-01", "2024-03-11"):
        complaint = sent_in(ledger, code, f"{path}/complaints", received_on=day, grounds="poor_quality", content="扣押")
        decision = {"outcome": "upheld", "findings": "属实", "verified_grounds": "poor_quality", "decided_on": day}
        sent_in(ledger, code, f"{path}/complaints/{complaint}/decision", **decision)
    (notice,) = (one for one in of_agency(ledger, code, date(2024, 3, 31), None) if one.recipient == "agency")
    sent = sent_in(ledger, code, f"{path}/notices/{notice.id}/sent", sent_on="2024-03-12", channel="函")
    on = f"{path}/sent-notices/{sent}"
    times, states = [latest(ledger)], set()
    steps: list[Callable[[], str]] = [
        lambda: sent_in(ledger, code, f"{on}/service", served_on="2024-03-15", outcome="undeliverable", way="post"),
        lambda: sent_in(ledger, code, f"{on}/service", served_on="2024-03-20", outcome="delivered", way="courier"),
        lambda: sent_in(
            ledger, code, f"{on}/acknowledgement", acknowledged_on="2024-03-18", evidence=[{"title": "送达回证"}]
        ),
    ]
    made_by = []
    for step in steps:
        made_by.append(step())
        times.append(latest(ledger))
    for one in made_by[1:]:
        sent_in(ledger, code, f"{path}/annulments", annulled_on="2024-04-01", event_id=one, reason="误记")
        times.append(latest(ledger))
    for at in times:
        for number in (11, 12, 14, 15, 17, 18, 19, 20, 31):
            basis = date(2024, 3, number), at
            assert of_agency(ledger, code, *basis) == of_agency_by_replay(ledger, code, *basis)
            rows, replay = standings(ledger, code, *basis)
            assert rows == replay
            states |= {(one.state, one.served_on) for one in rows.service}
    served, signed = ("served", date(2024, 3, 20)), ("acknowledged", date(2024, 3, 18))
    assert states == {("sent", None), ("undeliverable", None), served, signed}
    assert checked(ledger) == (0, [])


def sent_in(ledger: Ledger, code: str, path: str, **body: Any) -> str:
    """Record a command; the id of its event."""
    found = find_command(path)
    assert found is not None
    with ledger.writing() as unit:
        command = found[0].body.model_validate(body)
        unit.record(code, command, actor="p", role=Role.ASSOCIATION, via="api", path_id=found[2])
    with ledger.reading() as reader:
        return reader.agency_events(code)[-1].id


def of_agency(ledger: Ledger, code: str, day: date, at: str | None) -> list[DueNotice]:
    with ledger.reading() as reader:
        return list(due_notices(reader.connection, day, at, "all", uscc=code, limit=9999))


def of_agency_by_replay(ledger: Ledger, code: str, day: date, at: str | None) -> list[DueNotice]:
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(datetime.now(UTC)))
        found = questions.notices(questions.basis(code, day, at))
        return sorted(found, key=lambda one: (one.due_on, one.id))


def standings(ledger: Ledger, code: str, day: date, at: str | None) -> tuple[Standing, Standing]:
    """From rows, and by replay."""
    with ledger.reading() as reader:
        now = instant(datetime.now(UTC))
        questions = ReplayQueries(reader, now)
        return RowQueries(reader, now).standing(code, day, at), questions.standing(questions.basis(code, day, at))


@pytest.mark.shows("R37")
def test_while_somebody_waits_only_a_little_is_worked_out(ledger: Ledger) -> None:
    """The shortest histories first; a long one is left, and said to be."""
    assert not bring_up(ledger, little=Little(seconds=60, events=20))
    with ledger.reading() as reader:
        left = lag(reader)
        long = {event.recorded_at for number in range(4) for event in reader.agency_events(uscc(3200 + number))}
    assert left is not None
    assert (left.agencies, left.known_until) == (4, min(long))
    assert not bring_up(ledger, little=Little(seconds=0, events=10**6)), "no time, nothing begun"
    assert bring_up(ledger, little=Little(seconds=60, events=10**6))
    assert asked(ledger) == replayed(ledger)


def latest(ledger: Ledger) -> str | None:
    with ledger.reading() as reader:
        return last_recorded_at(reader.connection)


def asked(ledger: Ledger, now: datetime | None = None) -> dict[str, Any]:
    today = shanghai_date(instant(now or datetime.now(UTC)))
    with ledger.reading() as reader:
        return {
            "notices": list(due_notices(reader.connection, today, None, "all", limit=9999)),
            "hints": hints_now(reader.connection, HintFilter(today, None), limit=9999),
        }


def replayed(ledger: Ledger, now: datetime | None = None) -> dict[str, Any]:
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(now or datetime.now(UTC)))
        found = Hints(reader, None)

        def every(work: Callable[[Basis], list[Any]]) -> list[Any]:
            return [row for basis in questions.district() for row in work(basis)]

        return {
            "notices": sorted(every(questions.notices), key=lambda one: (one.due_on, one.agency.uscc, one.id)),
            "hints": sorted(every(found.of), key=lambda one: (one.day, one.id)),
        }


@pytest.mark.shows("R37")
def test_the_check_finds_kept_hints_that_do_not_follow(ledger: Ledger) -> None:
    """One taken away and one that nothing gives, each at its agency; what is yet to be worked out is no mistake."""
    staff(ledger, STAFFED[0], "2023-01-02", "AQ-1")
    staff(ledger, STAFFED[1], "2023-02-01", "AQ-1")
    assert checked(ledger) == (0, [])
    assert bring_up(ledger)
    assert checked(ledger) == (0, [])
    first, second = (stream_id(agency_stream(code)) for code in STAFFED[:2])
    with writing(owner(ledger)) as connection:
        assert connection.execute(delete(hint).where(hint.c.originator_id == first)).rowcount == 1
        connection.execute(update(hint).where(hint.c.originator_id == second).values(status="dismissed"))
    count, listed = checked(ledger)
    assert count == 3, "missing; and one with another status, as it is kept and as it follows"
    found = {(one.stream, one.table) for one in listed if isinstance(one, Orphan)}
    assert found == {(agency_stream(code), "hint") for code in STAFFED[:2]}
    staff(ledger, STAFFED[0], "2023-06-01", "AQ-1", "AQ-3")
    assert checked(ledger) == (0, []), "both are to be worked out again"
    assert bring_up(ledger)
    assert checked(ledger) == (0, [])
