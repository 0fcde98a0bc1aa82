"""An enterprise finds its own projects, to name one in its survey, and nothing of anybody else's (art.13, R22)."""

from __future__ import annotations

from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_form_pages import hidden, main_of
from tests.http.world import CLIENT_PARTY, World, new_uscc, today

WITHHELD = {"withheld": True}


def test_a_client_reads_its_own_projects_alone(world: World) -> None:
    """Contract, service and dates of its own; of the team, of what became of it and of others' projects nothing."""
    uscc, neighbour = world.filed(), new_uscc()
    mine = world.id_of("StartProject", uscc, technicians=[])
    other = world.id_of("StartProject", uscc, client={"uscc": neighbour, "name": "邻厂"}, contract_no="AH-邻厂")
    plan = world.id_of("FilePlan", uscc, id_=mine)
    reader = world.client_person
    answer = reader.get(f"/v1/agencies/{uscc}/events").json()
    assert [one["id"] for one in answer["items"]] == [mine]
    item = answer["items"][0]
    assert item["fact"] == {
        "project_id": mine,
        "client": CLIENT_PARTY,
        "contract_no": "AH-2024-017",
        "service_type": "隐患排查",
        "due_on": "2024-12-31",
        "quality_lead": WITHHELD,
        "technicians": WITHHELD,
    }
    assert item["flags"] == []
    detail = reader.get(f"/v1/agencies/{uscc}/events/{mine}").json()
    assert (detail["event"], detail["named_by"], detail["effects"]) == (item, [], None)
    for hidden_one in (other, plan):
        assert reader.get(f"/v1/agencies/{uscc}/events/{hidden_one}").status_code == 404
        assert reader.get(f"/v1/agencies/{uscc}/events", ids=hidden_one).json()["count"] == 0
    assert reader.get(f"/v1/agencies/{uscc}/events", type="ProjectStarted").json()["count"] == 1
    elsewhere = world.person(Role.CLIENT, neighbour).get(f"/v1/agencies/{uscc}/events").json()["items"]
    assert [one["id"] for one in elsewhere] == [other]
    team = next(one for one in world.trail(uscc) if one["id"] == mine)
    assert team["fact"]["quality_lead"]["name"] == "林晓梅"
    assert team["flags"]


def test_an_enterprises_survey_names_its_project(world: World) -> None:
    """Its form lists its projects, and what it sends takes the place of its earlier one instead of standing beside."""
    uscc, year = world.filed(), int(today()[:4])
    mine = world.id_of("StartProject", uscc, started_on=f"{year}-01-01", due_on="2099-12-31")
    other = world.id_of("StartProject", uscc, client={"uscc": new_uscc(), "name": "邻厂"})
    world.done("SubmitSurvey", uscc, year=year, project_id=mine, answers=["C"] * 10, submitted_on=today())
    desk = Desk(world, Role.CLIENT, CLIENT_PARTY["uscc"])
    form = desk.shown("/record/submit-survey", uscc=uscc)
    assert f'<option value="{mine}"' in form
    assert other not in form
    fields = {
        "agency": uscc,
        "/year": str(year),
        "/project_id": mine,
        "/submitted_on": today(),
        "/client/uscc": CLIENT_PARTY["uscc"],
        **{f"/answers/{place}": "A" for place in range(10)},
    }
    preview = desk.send("/record/submit-survey", fields)
    assert preview.status_code == 200, main_of(preview.text)
    assert "已记录" in desk.followed("/record/submit-survey", {**hidden(preview.text), "do": "record"}).text
    assert world.trail(uscc)[-1]["fact"]["project_id"] == mine
    assert world.association.get(f"/v1/agencies/{uscc}/sheets/{year}").json()["quality"] == "50.00"
