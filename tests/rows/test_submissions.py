"""Rows of what was asked for (R8): on every basis those are open that the replay finds neither met nor ended."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.events import PledgeSigned, SubmissionReceived, SubmissionRequested
from domain.measures.chapter2_filing import duty_ended
from domain.trail.keys import PLEDGE_ITEM
from domain.trail.trail import Facts
from projections.rows.write.current_rows import CurrentRows
from projections.rows.write.projector import rows_in_memory
from projections.rows.write.worklist_rows import MATTERS, SUBMISSION
from tests.rows.histories import LADDERS, LongHistory
from tests.test_properties import CODE


@pytest.mark.shows("R8", "R8a")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**9), length=st.integers(3, 90))
def test_rows_know_what_is_still_to_come_in(seed: int, length: int) -> None:
    """At random days and versions: received, met by a pledge in time, ended with the business, or open."""
    history = LongHistory(seed, length, LADDERS["one_year"])
    events = history.district.agencies[CODE].trail.events
    live, _ = rows_in_memory(events, [("", history.district.law)])
    chance = random.Random(seed)
    for _ in range(12):
        known = chance.choice(events).recorded_at
        day = chance.choice(events).occurred_on + timedelta(days=chance.choice((-400, -1, 0, 1, 8, 40, 366)))
        assert in_rows(live, day, known) == by_replay(history.district.basis(CODE, day, known).facts)


def in_rows(live: CurrentRows, day: date, known_at: str) -> dict[str, str]:
    found = [
        row
        for row in live.opened
        if row.place.table == MATTERS
        and row.step.value.kind == SUBMISSION
        and row.known_from <= known_at < row.known_to
        and row.step.valid_from <= day < row.step.valid_to
    ]
    assert all(row.step.value.is_open == (row.step.value.status == "open") for row in found)
    return {row.place.key.removeprefix("submission:"): row.step.value.status for row in found}


def by_replay(facts: Facts) -> dict[str, str]:
    found = {}
    for request in facts.of(SubmissionRequested):
        pledged = request.item == PLEDGE_ITEM and any(
            request.occurred_on <= one.occurred_on <= request.due_on for one in facts.of(PledgeSigned)
        )
        received = any(one.request_id == request.id for one in facts.of(SubmissionReceived))
        ended = duty_ended(facts, request.occurred_on, request.due_on)
        found[request.id] = "received" if received or pledged else "ended" if ended else "open"
    return found
