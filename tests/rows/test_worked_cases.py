"""The worked cases asked of the rows: they answer as the replay does, at every basis of a case and after every fact."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.values import shanghai_date
from projections.replay.standing import standing
from projections.rows.read.row_answers import standing_answer
from projections.rows.write.projector import rows_in_memory
from tests.rows.in_memory import found_in
from tests.test_cases import CASES, Story


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_rows_answer_a_worked_case_as_the_replay_does(case: dict[str, Any]) -> None:
    """On the days asked and the days of all facts, as known then and after each fact was recorded."""
    story = Story(case)
    law = story.district.law
    asked = {ask["as_of"] for ask in case.get("ask", ()) if isinstance(ask.get("as_of"), date)}
    for code, agency in story.district.agencies.items():
        events = agency.trail.events
        live, _ = rows_in_memory(events, [("", law)])
        days = asked | {event.occurred_on for event in events} | {shanghai_date(events[-1].recorded_at)}
        for known in events:
            for day in sorted(days):
                found, year = found_in(live, law, day, known.recorded_at)
                answer = standing_answer(code, found, law, day, known.recorded_at, known.version, year)
                assert answer == standing(story.district.basis(code, day, known.recorded_at)), (known, day)
