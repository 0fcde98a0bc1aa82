"""Whose voice counts: clients with a project of the year; and a year is published after its surveys are closed."""

from __future__ import annotations

from typing import Any

import pytest

from api.http.documentation.examples import CLIENT_USCC
from domain.values import Role
from tests.http.world import DATED_BACK, World, body_of, new_uscc, today


def form(**changes: Any) -> dict[str, Any]:
    """The client's form of today."""
    return {**body_of("SubmitSurvey"), "submitted_on": today(), **changes}


@pytest.mark.shows("art.13", "art.23", "R22")
def test_a_client_without_a_project_of_the_year_is_refused(world: World) -> None:
    """403 by name, nothing recorded: never served, or in another year. What the association enters is shown."""
    uscc = world.filed()
    path, before = f"/v1/agencies/{uscc}/surveys", len(world.trail(uscc))
    client = world.person(Role.CLIENT, CLIENT_USCC)
    for _ in range(2):
        refused = client.post(path, form())
        assert refused.status_code == 403, refused.text
        assert "R22" in refused.text
        assert "art.13" in refused.text
        if before == len(world.trail(uscc)):
            project = world.id_of("StartProject", uscc, started_on="2022-02-01", due_on="2022-12-20")
            world.done("CompleteProject", uscc, project, completed_on="2022-12-01", report_filed_on="2022-12-02")
    assert len(world.trail(uscc)) == before + 2
    world.done("SubmitSurvey", uscc)
    sheet = world.association.get(f"/v1/agencies/{uscc}/sheets/2024").json()
    assert sheet["quality"] == "50.00"
    assert sheet["missing"] == ["quality", "effect"]
    assert [one["reason"] for one in sheet["considered"]] == ["该企业在 2024 年度没有由本机构服务的项目"]
    assert sheet["survey"] == {"served": 0, "asked": 0, "answered": 0, "forms": 0, "closed_on": None}


@pytest.mark.shows("art.13", "R22")
def test_a_client_with_several_projects_names_the_one_it_rates(world: World) -> None:
    """422 at /project_id without one, or with one that did not run in the year; with it the form counts."""
    uscc = world.filed()
    first, _ = (world.id_of("StartProject", uscc) for _ in range(2))
    old = world.id_of("StartProject", uscc, started_on="2022-02-01", due_on="2022-12-20")
    world.done("CompleteProject", uscc, old, completed_on="2022-12-01", report_filed_on="2022-12-02")
    client, path = world.person(Role.CLIENT, CLIENT_USCC), f"/v1/agencies/{uscc}/surveys"
    for wrong in ({}, {"project_id": old}):
        refused = client.post(path, form(**wrong))
        assert refused.status_code == 422, refused.text
        assert [one["pointer"] for one in refused.json()["errors"]] == ["/project_id"]
    world.must(client.post(path, form(project_id=first)))
    survey = world.association.get(f"/v1/agencies/{uscc}/sheets/2024").json()["survey"]
    assert survey == {"served": 1, "asked": 1, "answered": 1, "forms": 1, "closed_on": None}


@pytest.mark.shows("art.13", "R22")
def test_the_sheet_says_how_many_clients_were_asked_and_answered(world: World) -> None:
    """Three served, two invited, one of them heard: 全部或部分 is on the sheet."""
    uscc = world.filed()
    clients = [{"uscc": new_uscc(), "name": f"企业{number}"} for number in range(3)]
    for client in clients:
        world.done("StartProject", uscc, client=client)
    for client in clients[:2]:
        world.done("InviteSurvey", uscc, client=client)
    world.done("SubmitSurvey", uscc, client=clients[0])
    world.done("CloseSurvey", uscc)
    survey = world.association.get(f"/v1/agencies/{uscc}/sheets/2024").json()["survey"]
    closed = body_of("CloseSurvey")["closed_on"]
    assert survey == {"served": 3, "asked": 2, "answered": 1, "forms": 1, "closed_on": closed}


@pytest.mark.shows("art.16(8)", "art.22", "R23")
def test_effect_scores_of_strangers_are_shown_and_do_not_count(world: World) -> None:
    """A score of an enterprise that was not served is on record, with the reason why it does not count."""
    uscc = world.assessed()
    before = world.association.get(f"/v1/agencies/{uscc}/sheets/2024").json()
    stranger = {"uscc": new_uscc(), "name": "某企业"}
    score = world.id_of("ScoreEffect", uscc, client=stranger, value=0)
    after = world.association.get(f"/v1/agencies/{uscc}/sheets/2024").json()
    assert (after["effect"], after["total"]) == (before["effect"], before["total"])
    assert [one["events"] for one in after["considered"]] == [[score]]


@pytest.mark.shows("art.16(8)", "art.19", "R12", "R32")
def test_a_year_is_not_published_while_a_survey_with_forms_stands_unclosed(own_world: World) -> None:
    """409 with the list, not to be waived, nothing recorded; after the closing the low mean costs its two points."""
    world, year = own_world, 2024
    closed, open_ = world.assessed(), world.filed()
    world.done("StartProject", open_, started_on="2024-02-01", due_on="2024-12-20")
    world.done("SubmitSurvey", open_, year=year, submitted_on="2024-12-10", answers=["C"] * 10)
    world.done("ScoreEffect", open_, year=year, scored_on="2024-12-28")
    committee, path = world.people[Role.COMMITTEE], f"/v1/assessments/{year}/publication"
    waiver = {"uscc": open_, "part": "quality", "reason": "免"}
    body = {"published_on": "2025-03-10", "meeting_on": "2025-03-07", "waivers": [waiver], **DATED_BACK}
    refused = committee.post(path, body)
    assert refused.status_code == 409, refused.text
    assert "R12" in refused.text
    assert open_ in refused.text
    assert closed not in refused.text
    assert world.association.get(f"/v1/assessments/{year}").json()["status"] != "published"
    world.done("CloseSurvey", open_, year=year, closed_on="2025-01-10")
    world.publish()
    sheet = world.association.get(f"/v1/agencies/{open_}/sheets/{year}").json()
    assert [(one["item"], one["points"]) for one in sheet["lines"] if one["article"] == "art.16"] == [(8, "-2.00")]
    assert sheet["quality"] == "15.00"
