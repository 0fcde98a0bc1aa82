"""What a `what-if` tells of published results, and hints about several agencies in it; on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.test_what_if import ask, command, lapse
from tests.http.world import APPEALED, World, body_of, new_uscc, today


@pytest.fixture(scope="module")
def world(module_world: World) -> World:
    """Of this file alone: its pages and years are the whole district's."""
    return module_world


def test_it_tells_which_published_results_would_be_others(world: World) -> None:
    """A late lapse and the annulment of what was counted touch the published year; a fact of another year does not."""
    uscc = world.appealable()
    started = next(one["id"] for one in world.trail(uscc) if one["type"] == "ProjectStarted")
    late = ask(world.association, uscc, {"add": [lapse(uscc, f"{APPEALED}-08-08")]}, as_of=f"{APPEALED}-12-31").json()
    assert [one["year"] for one in late["touched"]] == [APPEALED]
    published = next(one for one in world.trail(uscc) if one["type"] == "ResultPublished")
    assert late["touched"][0] == {"result": published["id"], "year": APPEALED, "published_on": published["occurred_on"]}
    assert ask(world.association, uscc, {"annul": [started]}).json()["touched"] == late["touched"]
    other = ask(world.association, uscc, {"add": [lapse(uscc, f"{APPEALED + 1}-06-08")]}, as_of=today()).json()
    assert other["touched"] == []
    recorded = world.done("RecordLapse", uscc, occurred_on=f"{APPEALED}-08-08")
    assert [one["result"] for one in recorded["touched"]] == [published["id"]]


@pytest.mark.shows("R36")
def test_it_tells_what_recording_would_do_and_nothing_else(own_world: World) -> None:
    """Touched by the what-if and by recording alike: neither a law, nor what the result never rested on, touches it."""
    world, uscc, year = own_world, own_world.assessed(), 2024
    early = world.id_of("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    world.publish(year)
    boss, at = world.association, {"as_of": "2024-12-31"}

    def supposed(**body: Any) -> list[int]:
        return [one["year"] for one in ask(boss, uscc, body, **at).json()["touched"]]

    def recorded(name: str, **changes: Any) -> list[int]:
        return [one["year"] for one in world.done(name, uscc, **changes).get("touched", ())]

    assert supposed(rulebook={"quality.divisor": "4"}) == []
    form: dict[str, Any] = {"year": year, "submitted_on": "2024-12-12"}
    again = command(uscc, "surveys", {**body_of("SubmitSurvey"), **form})
    assert supposed(add=[again]) == recorded("SubmitSurvey", **form) == []
    late: dict[str, Any] = {"item": 4, "occurred_on": "2024-09-01"}
    assert supposed(add=[command(uscc, "lapses", late)]) == [year]
    answer = world.done("RecordLapse", uscc, **late)
    assert [one["year"] for one in answer["touched"]] == [year]
    late_id = answer["events"][0]["id"]
    assert supposed(annul=[late_id]) == recorded("AnnulEvent", event_id=late_id, annulled_on="2025-04-01") == []
    assert supposed(annul=[early]) == recorded("AnnulEvent", event_id=early, annulled_on="2025-04-01") == [year]


def test_a_bad_record_from_a_hint_about_several_agencies_can_be_supposed(world: World) -> None:
    """A certificate on the staff of two agencies of a kind (R37): the hint is there in a what-if as in recording."""
    category, certificate = f"类型{new_uscc()}", f"ZA{new_uscc()}"
    for uscc in (first := new_uscc(), new_uscc()):
        staff = [{"name": "林晓梅", "certificate_no": certificate}]
        body = {**body_of("FileAgency"), "uscc": uscc, "category": category, "personnel": staff}
        World.must(world.association.post("/v1/agencies", body))
        world.done("DecideFiling", uscc)
    hint = world.hints(first, behaviour="16.9")[0]["id"]
    add = [
        command(
            first, "bad-records", {"behaviour": "16.9", "content": "核查情况", "entered_on": today(), "hint_id": hint}
        )
    ]
    answer = ask(world.association, first, {"add": add}, as_of=today())
    assert answer.status_code == 200, answer.text
    assert answer.json()["after"]["standing"]["bad_records"]["total"] == 1
