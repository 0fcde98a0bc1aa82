"""What clients say of a year, counted in one pass, is what the Measures count for each day (R22, R23)."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from domain.events import (
    Client,
    EffectScored,
    Event,
    ProjectCancelled,
    ProjectCompleted,
    ProjectStarted,
    SurveyClosed,
    SurveySubmitted,
)
from domain.measures.annex1_score import counted_scores
from domain.measures.annex2_survey import counted_forms
from domain.measures.rulebook.rulebook import Rulebooks, shipped_rulebook
from domain.trail.trail import Facts, Trail
from projections.rows.client_years import NO_COUNTS, ClientYear, Counts

CLIENTS = [Client(uscc=f"91441300MA5CLIENT{n}", name=f"企业{n}") for n in range(2)]
BOOKS = Rulebooks((shipped_rulebook(),))
YEARS = (2021, 2022, 2023)


def history(chance: Random) -> list[Event]:
    """Some facts in any order of their days, close to the turns of years; forms with and without a project."""
    made: list[Event] = []
    projects: list[str] = []
    turn = date(chance.choice((2021, 2022)), 12, 20)
    for version in range(1, chance.randrange(2, 22)):
        day = turn + timedelta(days=chance.randrange(-40, 40) if chance.random() < 0.9 else chance.randrange(-400, 400))
        envelope: dict[str, Any] = {
            "stream": "agency/91440300MA5EXAMPLE",
            "version": version,
            "id": f"event-{version}",
            "occurred_on": day,
            "recorded_at": f"2024-01-01T00:00:00.{version:06}Z",
            "actor": "somebody",
            "via": "api",
        }
        client, year = chance.choice(CLIENTS), chance.choice((day.year, *YEARS))
        kind = chance.choice(("project", "project", "end", "form", "form", "form", "score", "closing"))
        if kind == "project":
            projects.append(f"event-{version}")
            parts: dict[str, Any] = {"contract_no": None, "service_type": None, "quality_lead": None, "technicians": ()}
            own: dict[str, Any] = {"project_id": projects[-1], "client": client, "due_on": day}
            made.append(ProjectStarted(**envelope, **parts, **own))
        elif kind == "end" and projects and chance.random() < 0.7:
            ended: dict[str, Any] = {"project_id": chance.choice(projects)}
            made.append(
                ProjectCompleted(**envelope, **ended, report_filed_on=None)
                if chance.random() < 0.5
                else ProjectCancelled(**envelope, **ended, reason=None)
            )
        elif kind == "form":
            named = chance.choice(projects) if projects and chance.random() < 0.4 else None
            answers: Any = tuple(chance.choices("ABC", k=10))
            made.append(
                SurveySubmitted(**envelope, client=client, project_id=named, year=year, answers=answers, comments=None)
            )
        elif kind == "score":
            value = chance.choice(("70", "88.5", "92.25"))
            made.append(EffectScored(**envelope, client=client, year=year, value=value))
        elif kind == "closing" and chance.random() < 0.3:
            made.append(SurveyClosed(**envelope, year=year))
    return made


def by_the_measures(events: list[Event], year: int, day: date) -> Counts:
    """From all facts up to the day, as the replay counts them."""
    facts = Facts(Trail(events), day)
    forms, scores = counted_forms(facts, year, BOOKS)[0], counted_scores(facts, year, BOOKS)[0]
    letters: list[str] = [letter for form in forms for letter in form.answers]
    hundredths = sum(int(Fraction(score.value) * 100) for score in scores)
    return len(forms), *(letters.count(one) for one in "ABC"), len(scores), hundredths


@pytest.mark.shows("R22", "R23")
def test_each_day_counts_what_the_measures_count() -> None:
    """2,000 histories, three years each, on every day of an event and its neighbours; also from the middle on."""
    counted = 0
    for seed in range(2_000):
        chance = Random(seed)
        events = history(chance)
        around = {one.occurred_on + timedelta(days=by) for one in events for by in (-1, 0, 1)}
        around |= {date(year, 1, 1) for year in YEARS}
        days = sorted(around)[chance.randrange(4) :]
        for year in YEARS:
            found = ClientYear(year, events, BOOKS).counts(days)
            expected = {day: by_the_measures(events, year, day) for day in days}
            assert found == expected, (seed, year)
            counted += sum(map(any, expected.values()))
    assert counted > 10_000


@pytest.mark.shows("R20", "R22", "R23")
def test_its_days_are_all_on_which_something_changes() -> None:
    """Also the first of a year for what was said before it: another rulebook may begin the year later (R4)."""
    for seed in range(600):
        events = history(Random(seed))
        around = {one.occurred_on + timedelta(days=by) for one in events for by in (-1, 0, 1)}
        for year in (2019, *YEARS):
            days = sorted(around | {date(year, 1, 1), date(year, 1, 2), date(2021, 11, 1)})
            counted = ClientYear(year, events, BOOKS)
            steps = counted.counts(sorted(counted.days))
            for day in days:
                last = max((one for one in steps if one <= day), default=None)
                assert by_the_measures(events, year, day) == (NO_COUNTS if last is None else steps[last]), (seed, year)
