"""Rows and replay are two implementations of one answer (design.md, 4): on every basis they agree, number by number."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.replay.standing import standing
from projections.rows.read.row_answers import standing_answer
from projections.rows.write.projector import rows_in_memory
from tests.rows.histories import LADDERS, LongHistory
from tests.rows.in_memory import found_in
from tests.test_properties import CODE


@pytest.mark.parametrize("ladder", LADDERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**9), length=st.integers(3, 90))
def test_rows_answer_as_the_replay_does(ladder: str, seed: int, length: int) -> None:
    """At random days and versions, far past and future ones and the days around every fact among them."""
    history = LongHistory(seed, length, LADDERS[ladder])
    events = history.district.agencies[CODE].trail.events
    law = history.district.law
    live, _ = rows_in_memory(events, [("", law)])
    chance = random.Random(seed)
    for _ in range(12):
        known = events[chance.randrange(len(events))]
        day = chance.choice(events).occurred_on + timedelta(days=chance.choice((-400, -1, 0, 1, 8, 365, 366, 731)))
        if chance.random() < 0.2:
            day = chance.choice((date(1990, 1, 1), date(2021, 10, 31), date(2021, 11, 1), date(2031, 7, 1)))
        found, year = found_in(live, law, day, known.recorded_at)
        answer = standing_answer(CODE, found, law, day, known.recorded_at, known.version, year)
        assert answer == standing(history.district.basis(CODE, day, known.recorded_at))
