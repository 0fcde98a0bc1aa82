"""Honours, and what makes a year unqualified, judged from the day of a fact on are what all facts say (R24, R28)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.measures import annex1_score as annex1
from domain.trail.trail import Facts
from projections.rows.score_values import SCORES, Score
from projections.rows.write import score_rows
from projections.rows.write.current_rows import ONE_DAY, RowKey, value_on
from projections.rows.write.projector import rows_in_memory
from tests.rows.histories import LADDERS, LongHistory
from tests.rows.test_one_fact_more import rows_of
from tests.test_properties import CODE

SEEDS = 24
JUDGED = ("honour", "penalty", "complaint", "decision", "decision", "delisting", "inheritance", "annulment")


class Judged(LongHistory):
    """Nearly nothing but what bears on honours and overrides, in no order of days, and annulments of it."""

    def step(self) -> None:
        getattr(self, f"do_{self.random.choice(JUDGED)}")()


@pytest.mark.parametrize("ladder", LADDERS)
@pytest.mark.shows("R24", "R28", "R43")
def test_the_days_before_a_fact_stay_as_they_were(ladder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged from the first changed day on, or on every day of the year anew: the same rows, closed ones too."""
    judge, later = score_rows._judge_anew, 0

    def every_day(context: Any, years: Any, both: Any, days: Any, since: date, judged: Any, field: str) -> None:
        nonlocal later
        later += any(day < since for day in days)
        judge(context, years, both, days, date.min, judged, field)

    for seed in range(SEEDS):
        history = Judged(seed, 60, LADDERS[ladder])
        events, law = history.district.agencies[CODE].trail.events, history.district.law
        monkeypatch.setattr(score_rows, "_judge_anew", judge)
        short = rows_of(rows_in_memory(events, [("", law)])[0])
        monkeypatch.setattr(score_rows, "_judge_anew", every_day)
        assert short == rows_of(rows_in_memory(events, [("", law)])[0]), seed
    assert later > 10 * SEEDS


@pytest.mark.parametrize("ladder", LADDERS)
@pytest.mark.shows("art.24", "art.25", "R24", "R28")
def test_what_stands_is_what_the_measures_say(ladder: str) -> None:
    """On the days of all facts and the days before them, of every year: the Measures asked of all facts that count."""
    said: dict[str, set[str]] = {"honours": set(), "override": set()}
    for seed in range(SEEDS // 4):
        history = Judged(seed, 60, LADDERS[ladder])
        trail, law = history.district.agencies[CODE].trail, history.district.law
        live, _ = rows_in_memory(trail.events, [("", law)])
        books = law.rulebooks
        days = {day for one in trail.events for day in (one.occurred_on, one.occurred_on - ONE_DAY)}
        for year in range(2021, 2026):
            first, last = books.span_of(year)
            steps = live.steps(RowKey(SCORES, year))
            for day in sorted(day for day in days if first <= day <= last):
                score = value_on(steps, day) or Score()
                facts, book = Facts(trail, day), books.for_sheet(year, day)
                points = annex1.honours(facts, year, first, min(last, day), book, books).points
                assert score.honours == str(points), (seed, year, day)
                assert score.override == score_rows._override_on(facts, books, year), (seed, year, day)
                said["honours"].add(score.honours)
                said["override"].add(score.override)
    assert len(said["honours"]) > 3, said
    assert len(said["override"]) > 5, said
