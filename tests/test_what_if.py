"""What-if is what would be: the same answers as really annulling and recording; every difference has its events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.application.commands import find_command
from domain.commands.base import Command
from domain.errors import Busy, Contradiction, Invalid, Refusal
from domain.events import EventAnnulled
from domain.values import moment
from projections.answers.scalars import plain
from projections.compare.basis_difference import BasisDifference
from projections.compare.standing_difference import SUMMARY, Side
from projections.compare.what_if import added_by, hypothetical, overridden
from projections.replay.known_at import Basis
from projections.replay.sheet_lines import CATEGORY_LABELS
from tests.plain_answers import sheet_answer, sheet_differences, standing, standing_differences
from tests.rows.histories import LADDERS, LongHistory
from tests.specification import District
from tests.test_properties import CODE, PATH, TODAY, YEARS

generated = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
days = st.dates(date(2021, 9, 1), date(2027, 12, 31))
histories = st.builds(LongHistory, seed=st.integers(0, 10**9), length=st.integers(5, 70))
PARTS = ("agency", "sanction", "bad_records", "assessment", "warning_notice", "advisories", "service", "rulebook")


@dataclass(frozen=True)
class Supposed:
    """A command as the edge hands it over."""

    command: Command
    path_id: str | None
    event_id: str

    def refused(self, refusal: Refusal) -> Refusal:
        refusal.pointer = f"/add{refusal.pointer or ''}"
        return refusal


def supposed(post: str, body: dict[str, Any], event_id: str) -> Supposed:
    found = find_command(post)
    assert found is not None
    return Supposed(found[0].body.model_validate(body), found[2], event_id)


def answers(basis: Basis, known_at: str, ids: dict[str, str]) -> dict[str, Any]:
    """Standing and all sheets, told at one instant, with the ids of events that only one side gave exchanged."""
    there = replace(basis, known_at=known_at)
    told = {"standing": standing(there), **{str(year): sheet_answer(there, year) for year in YEARS}}
    renamed: dict[str, Any] = _renamed(told, ids)
    return renamed


def _renamed(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, ids) for inner in value]
    if isinstance(value, str):
        for one, other in ids.items():
            value = value.replace(one, other)
    return value


def picked(history: LongHistory, place: int) -> str | None:
    """The id of a fact that can be annulled."""
    trail = history.district.agencies[CODE].trail
    found = [event.id for event in trail.events if not event.FINAL and trail.counts(event)]
    return found[place % len(found)] if found else None


@generated
@given(histories, days, st.integers(0, 10**6))
def test_what_if_annulled_is_what_annulling_brings(history: LongHistory, as_of: date, place: int) -> None:
    """Standing and sheets of a hypothetical annulment equal those after the real one, at any day."""
    event_id = picked(history, place)
    if event_id is None:
        return
    before = history.district.basis(CODE, as_of)
    thought = hypothetical(before, [event_id])
    (annulment,) = added_by(before, thought)
    body = {"event_id": event_id, "reason": "更正", "annulled_on": TODAY.isoformat()}
    real = history.district.send(f"{PATH}/annulments", body, "real-annulment")
    after = history.district.basis(CODE, as_of)
    at = after.known_at
    assert answers(thought, at, {annulment.id: real.id}) == answers(after, at, {})


@generated
@given(histories, days, st.integers(0, 10**9))
def test_what_if_added_is_what_recording_brings(history: LongHistory, as_of: date, seed: int) -> None:
    """Standing and sheets with hypothetical facts equal those after really recording them, in any mix of commands."""
    before = history.district.basis(CODE, as_of)
    known = len(history.sent)
    history.random.seed(seed)
    for _ in range(8):
        history.step()
    later = [sent for sent in history.sent[known:] if sent.post != "/v1/agencies"]
    if len(later) != len(history.sent) - known:
        return  # a new filing cannot stand inside another command
    results = len(history.district.agencies[CODE].trail.events) - len(before.trail.events)
    if results != len(later):
        return  # a result was published meanwhile: no command does that
    thought = hypothetical(before, (), [supposed(sent.post, sent.body, sent.id) for sent in later])
    after = history.district.basis(CODE, as_of)
    assert answers(thought, after.known_at, {}) == answers(after, after.known_at, {})
    assert [event.id for event in added_by(before, thought)] == [sent.id for sent in later]


@generated
@given(histories, st.lists(st.integers(0, 10**6), max_size=6))
def test_what_is_annulled_is_a_set(history: LongHistory, places: list[int]) -> None:
    """In any order, twice, and together with what stops counting with them anyway."""
    found = [one for place in places if (one := picked(history, place)) is not None]
    basis = history.district.basis(CODE, TODAY)
    thought = hypothetical(basis, found)
    gone = [id_ for id_ in thought.trail.annulled_by if id_ not in basis.trail.annulled_by]
    again = hypothetical(basis, [*reversed(found), *gone, *found])
    assert _without_ids(standing(thought)) == _without_ids(standing(again))
    for year in YEARS:
        assert sheet_answer(thought, year)["exact"] == sheet_answer(again, year)["exact"]


def _without_ids(answer: dict[str, Any]) -> dict[str, Any]:
    return {part: answer[part] for part in PARTS}


# ---- differences ----


def values(answer: dict[str, Any]) -> dict[str, Any]:
    """Everything that a standing says, by the name of its field."""
    found: dict[str, Any] = {}
    for part in ("agency", "sanction", "bad_records", "assessment"):
        labels = ("label", "filing_label", "uscc")
        found |= {f"{part}.{name}": value for name, value in answer[part].items() if name not in labels}
    found |= {part: answer[part] for part in ("warning_notice", "advisories", "service", "rulebook")}
    found["calendar"] = {name: answer["calendar"][name] for name in ("id", "sha256")}
    return found


def check(before: Side, after: Side) -> list[dict[str, Any]]:
    """All that differs is told, nothing else, each with a reason in both languages and events that exist."""
    told = standing_differences(before, after)
    first, then = values(plain(before.standing)), values(plain(after.standing))
    assert {one["field"]: (one["before"], one["after"]) for one in told} == {
        field: (first[field], then[field]) for field in first if first[field] != then[field]
    }
    assert len({one["field"] for one in told}) == len(told)
    ids = {*before.basis.trail.by_id, *after.basis.trail.by_id}
    for one in told:
        assert one["why"], one
        assert one["why_en"], one
        assert set(one["events"]) <= ids, one
    return told


@generated
@given(st.sampled_from(sorted(LADDERS)), st.integers(0, 10**9), days, days, st.integers(0, 10**6))
def test_every_difference_of_two_standings_is_told_with_a_reason(
    ladder: str, seed: int, as_of: date, other: date, place: int
) -> None:
    """At any two days and instants, under every way in which a tag can end, forwards and backwards."""
    history = LongHistory(seed, 50, LADDERS[ladder])
    events = history.district.agencies[CODE].trail.events
    sides = [
        Side(history.district.basis(CODE, day, events[number % len(events)].recorded_at))
        for day, number in ((as_of, place), (other, place // len(events)))
    ]
    check(*sides)
    check(*reversed(sides))
    assert check(sides[0], Side(sides[0].basis)) == []


@generated
@example(LongHistory(103, 44), date(2024, 1, 1), 25)  # a lapse by hand whose project's extension is annulled
@given(histories, days, st.integers(0, 10**6))
def test_on_one_day_under_one_law_every_difference_names_facts_that_moved(
    history: LongHistory, as_of: date, place: int
) -> None:
    """Nothing but facts can be behind it: each difference names one that counts on one side only, or its annulment."""
    event_id = picked(history, place)
    if event_id is None:
        return
    before = history.district.basis(CODE, as_of)
    after = hypothetical(before, [event_id])
    moved = BasisDifference.between(before, after)
    possible = {*moved.moves, *(move.annulment for move in moved.moves.values())}
    assert not moved.moves or moved.only_facts()
    for one in check(Side(before), Side(after)):
        assert not possible.isdisjoint(one["events"]), one
    for year in YEARS:
        for one in sheet_differences(sheet_answer(before, year), sheet_answer(after, year), moved):
            assert not possible.isdisjoint(one["events"]), one


@generated
@given(histories, days, days)
def test_where_no_fact_moved_time_alone_or_the_law_is_named(history: LongHistory, as_of: date, other: date) -> None:
    """A standing asked on two days between which no fact takes effect differs by time alone, and says so."""
    basis = history.district.basis(CODE, as_of)
    first, then = Side(basis), Side(replace(basis, as_of=other))
    if BasisDifference.between(first.basis, then.basis).moves:
        return
    for one in check(first, then):
        assert any(word in one["why"] for word in ("日子由", "期满", "考评年度由", "合计", "据此")), one
    for book in (history.district.law, overridden(history.district.law, {"conduct.bad_record_points": 3})):
        other_law = Side(replace(basis, law=book))
        for one in check(first, other_law):
            assert "规则由" in one["why"], one


@generated
@given(histories, days, st.integers(0, 10**6))
def test_sheets_alone_tell_their_difference(history: LongHistory, as_of: date, place: int) -> None:
    """Two answers without their trails, as a frozen sheet is: all that differs is told with a reason."""
    event_id = picked(history, place)
    basis = history.district.basis(CODE, as_of)
    if event_id is None:
        return
    for year in YEARS:
        before, after = (sheet_answer(one, year) for one in (basis, hypothetical(basis, [event_id])))
        told = {one["field"]: one for one in sheet_differences(before, after)}
        differing = {name for name in SUMMARY if before[name] != after[name]}
        assert differing == {field for field in told if field in SUMMARY}
        assert ("considered" in told) == (before["considered"] != after["considered"])
        for name in CATEGORY_LABELS:
            lines = [[line for line in one["lines"] if line["category"] == name] for one in (before, after)]
            assert (name in told or f"{name}.lines" in told) or _counted(lines[0]) == _counted(lines[1])
        for one in told.values():
            assert one["why"], one
            assert one["why_en"], one


def _counted(lines: list[dict[str, Any]]) -> list[Any]:
    return sorted((str(line["item"]), line["exact"], line["events"]) for line in lines)


# ---- refusals ----


@pytest.fixture
def district() -> District:
    """An agency with a filing, a complaint that was upheld, and a lapse."""
    made = LongHistory(1, 0)
    made.add("complaints", {"received_on": "2024-01-05", "grounds": "poor_quality"}, "complaint")
    (complaint,) = made.made["complaint"]
    body = {"outcome": "upheld", "findings": "属实", "decided_on": "2024-02-01", "verified_grounds": "poor_quality"}
    made.add(f"complaints/{complaint}/decision", body, "decision", complaint)
    made.add("lapses", {"item": 4, "occurred_on": "2024-03-01"}, "lapse")
    return made.district


def test_what_cannot_be_annulled_is_refused_with_its_place(district: District) -> None:
    """A final fact and one that is annulled already contradict the trail; an unknown id is wrong content."""
    basis = district.basis(CODE, date(2024, 6, 30))
    filing, lapse = basis.trail.events[0].id, basis.trail.events[-1].id
    with pytest.raises(Contradiction) as final:
        hypothetical(basis, [lapse, filing])
    assert (final.value.pointer, final.value.cites[0]) == ("/annul/1", "events.md")
    gone = hypothetical(basis, [lapse])
    with pytest.raises(Contradiction) as twice:
        hypothetical(gone, [lapse])
    assert twice.value.pointer == "/annul/0"
    with pytest.raises(Invalid) as unknown:
        hypothetical(basis, ["nowhere"])
    assert unknown.value.pointer == "/annul/0"
    assert len(basis.trail.events) == len(district.agencies[CODE].trail.events)


def test_it_goes_on_only_while_there_is_time(district: District) -> None:
    """Asked before each step, and stopped in the middle: nothing after that is worked out."""
    basis = district.basis(CODE, date(2024, 6, 30))
    asked: list[int] = []

    def still_time() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise Busy("超时", "out of time")

    body = {"item": 4, "occurred_on": "2024-04-01"}
    add = [supposed(f"{PATH}/lapses", body, f"new-{number}") for number in range(50)]
    with pytest.raises(Busy):
        hypothetical(basis, (), add, still_time=still_time)
    assert len(asked) == 3


def test_what_contradicts_the_trail_cannot_be_added(district: District) -> None:
    """The commands themselves decide, on the trail with the annulments before them."""
    basis = district.basis(CODE, date(2024, 6, 30))
    complaint, decision = (event.id for event in basis.trail.events[3:5])
    body = {"outcome": "dismissed", "findings": "核查记录", "decided_on": "2024-02-02"}
    again = supposed(f"{PATH}/complaints/{complaint}/decision", body, "again")
    with pytest.raises(Contradiction):
        hypothetical(basis, (), [again])
    thought = hypothetical(basis, [decision], [again])
    assert [type(event).__name__ for event in added_by(basis, thought)] == ["EventAnnulled", "ComplaintDismissed"]
    assert standing(thought)["sanction"]["tier"] == "none"
    late = supposed(f"{PATH}/lapses", {"item": 4, "occurred_on": (TODAY + timedelta(days=1)).isoformat()}, "late")
    with pytest.raises(Invalid) as future:
        hypothetical(basis, (), [late])
    assert future.value.pointer == "/add/occurred_on"


def test_hypothetical_events_come_right_after_the_basis(district: District) -> None:
    """A microsecond each, by the caller, with nothing sealed: and the answer is still that of the basis' instant."""
    basis = district.basis(CODE, date(2024, 6, 30))
    lapse = basis.trail.events[-1].id
    body = {"item": 9, "occurred_on": "2024-04-01", "note": "张三没有归档"}
    thought = hypothetical(basis, [lapse], [supposed(f"{PATH}/lapses", body, "new")], actor="caller")
    annulment, added = added_by(basis, thought)
    assert isinstance(annulment, EventAnnulled)
    assert annulment.reason.sealed == ""
    assert added.note is not None
    assert added.note.sealed == ""
    assert {annulment.actor, added.actor} == {"caller"}
    steps = [moment(event.recorded_at) - moment(basis.known_at) for event in (annulment, added)]
    assert steps == [timedelta(microseconds=1), timedelta(microseconds=2)]
    assert (thought.known_at, thought.version) == (basis.known_at, basis.version + 2)


def test_overrides_judge_the_whole_history_or_are_refused_by_name(district: District) -> None:
    """Three points a bad record instead of two; a value that is none is refused at /rulebook in its own words."""
    basis = district.basis(CODE, date(2024, 6, 30))
    law = overridden(basis.law, {"conduct.bad_record_points": 3})
    before, after = Side(basis), Side(hypothetical(basis, law=law))
    assert (before.standing.assessment.conduct, after.standing.assessment.conduct) == ("7.00", "6.00")
    (conduct,) = (one for one in check(before, after) if one["field"] == "assessment.conduct")
    assert "dayawan-2021+override" in conduct["why"]
    assert overridden(basis.law, {}) is basis.law
    with pytest.raises(Invalid) as wrong:
        overridden(basis.law, {"grades.excellent": "x"})
    assert (wrong.value.pointer, "grades.excellent" in wrong.value.text) == ("/rulebook", True)
