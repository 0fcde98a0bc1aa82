"""Of a survey form the rated agency is told the month (R39): of one of the first day no more, and in no other shape."""

from __future__ import annotations

from typing import Any

import pytest

from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import Person, World


def rated(world: World, day: str) -> tuple[str, Person, Desk]:
    """An agency with one form of that day; somebody of it, with a program and in a browser."""
    uscc = world.filed()
    world.done("StartProject", uscc, started_on="2024-02-03", due_on="2024-12-20")
    world.done("SubmitSurvey", uscc, year=2024, submitted_on=day)
    return uscc, world.person(Role.AGENCY, uscc), Desk(world, Role.AGENCY, uscc)


def told(who: Person, uscc: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The mark of the form on the timeline, and how a replay tells it, without what differs from form to form."""
    course = who.get(f"/v1/agencies/{uscc}/course", from_="2024-04-01", to="2024-06-30").json()
    mark = next(one for one in course["marks"] if one.get("type") == "SurveySubmitted")
    steps = who.get(f"/v1/agencies/{uscc}/stops", as_of="2024-05-01").json()
    (step,) = steps["on_day"]
    return {**mark, "event": None}, {**step, "event": None}


@pytest.mark.shows("R39")
def test_a_form_of_the_first_day_is_told_as_any_other_of_its_month(world: World) -> None:
    """Its page opens, its day is a day, and nothing tells that it was the first."""
    found = []
    for day in ("2024-05-01", "2024-05-17"):
        uscc, who, desk = rated(world, day)
        found.append(told(who, uscc))
        for page in (f"/agencies/{uscc}?from=2024-04-01&to=2024-06-30", f"/agencies/{uscc}/replay?day=2024-05-01"):
            assert desk.get(page).status_code == 200, page
    assert found[0] == found[1]
    assert found[0][0]["from"] == found[0][1]["occurred_on"] == "2024-05-01"
