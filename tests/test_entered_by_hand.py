"""Bad records of 16.8 and 16.12 that were entered by hand when that was still taken: the same ground counts once."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from domain.events import BadRecordEntered, Behaviour, Sealed, TeamMember
from domain.values import next_instant
from projections.answers.scalars import plain
from projections.replay.sheet import Sheet
from projections.rows.read.row_answers import standing_answer
from projections.rows.write.projector import rows_in_memory
from tests.plain_answers import explained, standing, summary
from tests.rows.in_memory import found_in
from tests.specification import District
from tests.test_measures import CLIENT, PATH, A, filed, uphold


def by_hand(world: District, behaviour: Behaviour, day: str) -> BadRecordEntered:
    """As it stands in older ledgers, without a word of what happened: the command refuses it by now (R12)."""
    agency = world.agencies[A]
    id_ = f"hand{agency.version}"
    event = BadRecordEntered(
        stream=agency.stream,
        version=agency.version + 1,
        id=id_,
        occurred_on=date.fromisoformat(day),
        recorded_at=next_instant(world.clock, agency.trail.events[-1].recorded_at),
        actor="p",
        via="api",
        bad_record_id=id_,
        behaviour=behaviour,
        behaviour_on=None,
        report_id=None,
        unlawful=False,
    )
    agency.apply(event)
    return event


def low_survey(world: District, closed_on: str) -> None:
    """A survey of 2024 with a mean of 30, closed."""
    form = {"client": CLIENT, "year": 2024, "submitted_on": "2024-11-05", "answers": ["C"] * 10}
    world.send(f"{PATH}/surveys", form)
    world.send(f"{PATH}/survey-closings", {"year": 2024, "closed_on": closed_on})


def counted(world: District, day: str) -> tuple[int, str, str]:
    """Bad records in all, and conduct of 2024 and 2025, by the replay, which the rows answer too."""
    as_of, law = date.fromisoformat(day), world.law
    basis = world.basis(A, as_of)
    events = world.agencies[A].trail.events
    live, _ = rows_in_memory(events, [("", law)])
    for known in events:
        found, year = found_in(live, law, as_of, known.recorded_at)
        answer = standing_answer(A, found, law, as_of, known.recorded_at, known.version, year)
        assert plain(answer) == standing(world.basis(A, as_of, known.recorded_at))
    first, second = (str(summary(Sheet(basis, year))["conduct"]) for year in (2024, 2025))
    return (standing(basis)["bad_records"]["total"], first, second)


@pytest.mark.shows("art.16(12)", "R12", "R12b")
def test_a_complaint_entered_by_hand_beside_its_decision_costs_once() -> None:
    """Entered on 10 June, upheld on 20 June: one record all along, and the sheet says why the other does not count."""
    world = filed()
    entered = by_hand(world, "16.12", "2024-06-10")
    decision = uphold(world, "2024-06-20")
    assert counted(world, "2024-06-09") == (0, "10.00", "10.00")
    assert counted(world, "2024-06-10") == (1, "8.00", "10.00")
    assert counted(world, "2024-06-19") == (1, "8.00", "10.00")
    assert counted(world, "2024-06-20") == (1, "8.00", "10.00")
    sheet = explained(Sheet(world.basis(A, date(2024, 12, 31)), 2024))
    assert [one["events"] for one in sheet["lines"]] == [[decision.id]]
    (considered,) = sheet["considered"]
    assert considered["events"] == [entered.id]
    assert decision.id in considered["reason"]
    second = by_hand(world, "16.12", "2024-07-01")
    assert counted(world, "2024-07-01") == (2, "6.00", "10.00")
    world.send(f"{PATH}/annulments", {"event_id": decision.id, "reason": "有误", "annulled_on": "2024-08-01"})
    assert counted(world, "2024-07-01") == (2, "6.00", "10.00")
    world.send(f"{PATH}/annulments", {"event_id": second.id, "reason": "有误", "annulled_on": "2024-08-01"})
    assert counted(world, "2024-07-01") == (1, "8.00", "10.00")


@pytest.mark.shows("art.16(8)", "R12", "R12b")
@pytest.mark.parametrize("entered_on", ["2024-12-01", "2025-01-10", "2025-02-03"])
def test_a_low_mean_entered_by_hand_costs_once_and_in_the_surveyed_year(entered_on: str) -> None:
    """Before, on and after the day of closing, also in the year after the surveyed one: 2024 bears it, once."""
    world = filed()
    by_hand(world, "16.8", entered_on)
    low_survey(world, "2025-01-10")
    assert counted(world, "2025-12-31") == (1, "8.00", "10.00")
    if entered_on < "2025-01-10":
        assert counted(world, "2025-01-09") == (1, "8.00", "10.00")


@pytest.mark.shows("R12", "R12b")
def test_what_nothing_derives_stays_as_it_was_entered() -> None:
    """No survey was closed, no complaint of that year upheld: a record of before goes on counting."""
    world = filed()
    by_hand(world, "16.8", "2024-03-04")
    by_hand(world, "16.12", "2024-03-05")
    uphold(world, "2025-03-05", "other")
    assert counted(world, "2024-12-31") == (2, "6.00", "10.00")
    assert counted(world, "2025-12-31") == (3, "6.00", "8.00")


def test_what_was_stored_without_the_newer_fields_is_read() -> None:
    """Older bytes have neither content nor practitioner of a bad record, nor the hash of a team member's name."""
    world = filed()
    event = by_hand(world, "16.12", "2024-03-05")
    stored = msgspec.to_builtins(event)
    del stored["content"], stored["practitioner"]
    assert msgspec.convert(stored, BadRecordEntered) == event
    member = TeamMember(name=Sealed(subject="s", sealed=""), years="5")
    assert msgspec.json.decode(b'{"name":{"subject":"s","sealed":""},"years":"5"}', type=TeamMember) == member
