"""Late facts and published results: an impact stands exactly where the replay's sheet of that year and day changes."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.events import Event, EventAnnulled, ResultPublished, ResultRevised
from domain.folding import category_fold
from domain.law import Law
from domain.measures.chapter2_filing import profile_on
from domain.measures.chapter4_appeals import result_day
from domain.measures.chapter4_late_facts import impact_id
from domain.trail.trail import Trail
from domain.values import shanghai_date
from projections.replay.known_at import Basis
from projections.replay.sheet import Sheet
from projections.rows.write.projector import rows_in_memory
from projections.rows.write.worklist_rows import MATTERS
from tests.rows.histories import LADDERS, LongHistory
from tests.test_properties import CODE


@pytest.mark.shows("R36")
@pytest.mark.parametrize("ladder", ["one_year", "amended"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**9), length=st.integers(3, 70))
@example(seed=27, length=53)  # a 16.8 by hand, in whose place a derived one stands before the publication (R12b)
def test_an_impact_stands_where_the_sheet_changes(ladder: str, seed: int, length: int) -> None:
    """Fact by fact: what each changes of the sheets that were published before it, by replay, is what is listed."""
    history = LongHistory(seed, length, LADDERS[ladder])
    events, law = history.district.agencies[CODE].trail.events, history.district.law
    live, _ = rows_in_memory(events, [("", law)])
    listed = {
        row.place.key.removeprefix("impact:")
        for row in live.opened
        if row.place.table == MATTERS and row.step.value.kind == "impact" and row.step.value.is_open
    }
    assert listed == {impact_id(result.id, event.id) for event, result in _touched(events, law)}


def _touched(events: list[Event], law: Law) -> list[tuple[Event, ResultPublished | ResultRevised]]:
    found = []
    for place, event in enumerate(events):
        if isinstance(event, (ResultPublished, ResultRevised)):
            continue
        before, after = Trail(events[:place]), Trail(events[: place + 1])
        for result in _standing(events[:place]):
            target = after.by_id.get(event.event_id) if isinstance(event, EventAnnulled) else None
            if target is not None and target.version > _first(events, result.year).version:
                continue  # of a fact that no result of the year knew: void, no impact of its own
            if law.rulebooks.span_of(result.year)[1] >= shanghai_date(event.recorded_at):
                continue
            day = result_day(result)
            if _essence(before, law, result.year, day) != _essence(after, law, result.year, day):
                found.append((event, result))
    return found


def _first(events: list[Event], year: int) -> ResultPublished:
    return next(one for one in events if isinstance(one, ResultPublished) and one.year == year)


def _standing(events: list[Event]) -> list[ResultPublished | ResultRevised]:
    last = {one.year: one for one in events if isinstance(one, (ResultPublished, ResultRevised))}
    return list(last.values())


def _essence(trail: Trail, law: Law, year: int, day: date) -> Any:
    """What of a sheet makes its result: which deductions, the points of the other parts, overrides, being assessed."""
    sheet = Sheet(Basis(trail, law, day, "2025-01-01T00:00:00.000000Z"), year)
    conduct, *others = sheet.categories
    deductions = Counter((line.item, line.nominal) for line in conduct.lines)
    shown = [(one.points, one.missing) for one in others]
    category = category_fold(profile_on(trail, law.rulebooks.span_of(year)[1]).category or "")
    return deductions, shown, sheet.override, sheet.assessed, category
