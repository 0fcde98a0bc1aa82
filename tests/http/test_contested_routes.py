"""What a decision would change, asked before it is taken: and that it then does just that (R34, R36)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.values import Role
from tests.http.dated import DatedWorld
from tests.http.test_what_if import nothing_written
from tests.http.world import World

YEAR = 2024


class Contested:
    """A published year with an agency of three upheld complaints, another one, and an appeal."""

    def __init__(self, world: World) -> None:
        self.world, self.committee = world, world.people[Role.COMMITTEE]
        self.hit, self.other = world.assessed(), world.assessed()
        self.upheld = world.upheld(self.hit, "2024-03-04", "2024-05-06", "2024-07-08")
        self.beyond = world.id_of("RecordLapse", self.hit, item=4, occurred_on="2024-08-08")
        world.upheld(self.other, "2024-04-01")
        world.publish()
        filed = world.done("FileAppeal", self.hit, year=YEAR, filed_on="2025-03-12", disputed_event_ids=self.upheld)
        self.appeal = str(filed["ids"]["appeal"])

    def what_if(self, who: Any = None, **body: Any) -> Any:
        return (who or self.committee).post(f"/v1/appeals/{self.appeal}/what-if", body)

    def supposed(self, *annul: str, **body: Any) -> dict[str, Any]:
        response = self.what_if(annul=list(annul), **body)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture
def contested(own_world: World) -> Contested:
    """A world of its own: a year is published once."""
    return Contested(own_world)


@pytest.mark.shows("R34")
def test_what_is_supposed_is_what_the_decision_then_does(contested: Contested) -> None:
    """Total, grade, rank, the ranks of others and the points of each annulment; the decision records just that."""
    world, first = contested.world, contested.upheld[0]
    with nothing_written(world):
        found = contested.supposed(first)
    assert (found["before"]["grade"], found["after"]["grade"]) == ("unqualified", "qualified")
    assert (found["kept"], found["ranks"]["before"], found["ranks"]["after"]) == (False, 2, 2)
    assert found["each"] == [{"event": first, "total": found["after"]["total"], "points": "2.00"}]
    assert all("what-if" not in row["why"] + row["why_en"] for row in found["difference"])
    both = contested.supposed(*contested.upheld[:2])
    assert [one["points"] for one in both["each"]] == ["2.00", "2.00"]
    body = {"outcome": "upheld", "decided_on": "2025-03-20", "reasons": "经复核", "annul": [first]}
    decided = world.must(contested.committee.post(f"/v1/appeals/{contested.appeal}/decision", body))
    assert decided["result"]["total"] == found["after"]["total"]
    assert (decided["result"]["grade"], decided["result"]["rank"]) == ("qualified", 2)
    moved = [(row["uscc"], row["before"], row["after"]) for row in decided["ranks"]]
    assert moved == [(row["uscc"], row["before"], row["after"]) for row in found["ranks"]["others"]]


def test_facts_can_be_put_in_and_others_tried(contested: Contested) -> None:
    """A lapse in place of a complaint costs its points; a fact that is not disputed can be tried, and is named."""
    post = f"/v1/agencies/{contested.hit}/lapses"
    lapse = {"post": post, "body": {"item": 4, "occurred_on": "2024-05-20"}}
    only, with_lapse = (
        contested.supposed(contested.upheld[0], replace=replace)["after"]["total"] for replace in ([], [lapse])
    )
    assert float(only) - float(with_lapse) == 1
    found = contested.supposed(contested.beyond)
    assert found["not_disputed"] == [contested.beyond]
    assert found["each"][0]["points"] == "1.00"


def test_nothing_supposed_keeps_the_result(contested: Contested) -> None:
    """Without any change, and where it would be worse, what was published stands and no rank moves."""
    lapse = {"post": f"/v1/agencies/{contested.hit}/lapses", "body": {"item": 4, "occurred_on": "2024-05-20"}}
    for body in ({}, {"replace": [lapse]}):
        found = contested.what_if(**body).json()
        assert (found["kept"], found["ranks"]["moved"]) == (True, 0)


def test_wrong_ids_and_bodies_are_named(contested: Contested) -> None:
    """An unknown fact, another agency's command, a misspelt field: 422 at its place."""
    foreign = {"post": f"/v1/agencies/{contested.other}/lapses", "body": {"item": 4, "occurred_on": "2024-05-20"}}
    for body, pointer in (
        ({"annul": [contested.upheld[0], "nothing"]}, "/annul/1"),
        ({"replace": [foreign]}, "/replace/0/post"),
        ({"anul": []}, "/anul"),
    ):
        response = contested.what_if(**body)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer


def test_who_may_ask_and_what_an_agency_is_told(contested: Contested) -> None:
    """Readers and the agency itself, which is not told whose ranks move; others read that there is no such appeal."""
    own = contested.world.person(Role.AGENCY, contested.hit)
    found = contested.what_if(own, annul=contested.upheld[:1]).json()
    assert found["ranks"]["others"] is None
    assert found["after"]["grade"] == "qualified"
    assert contested.what_if(contested.world.person(Role.AGENCY, contested.other)).status_code == 404
    assert contested.what_if(contested.world.client_person).status_code == 403
    assert contested.what_if(contested.world.stranger).status_code == 401


@pytest.mark.shows("R35")
def test_the_appeal_tells_who_may_not_decide(contested: Contested) -> None:
    """Whoever recorded what is disputed reads which facts those are; for the others there are none."""
    path = f"/v1/appeals/{contested.appeal}"
    mine = contested.world.association.get(path).json()["conflict"]
    assert set(contested.upheld) < set(mine)
    assert contested.committee.get(path).json()["conflict"] == []


@pytest.mark.shows("R36")
def test_an_impact_tells_what_reopening_would_publish(contested: Contested) -> None:
    """A late lapse costs a point, to the agency's disadvantage; reopening publishes just that; then it is told so."""
    world = contested.world
    late = world.done("RecordLapse", contested.other, item=4, occurred_on="2024-09-09")
    (touched,) = late["touched"]
    path = f"/v1/impacts/{touched['impact']}"
    found = contested.committee.get(path).json()
    assert (found["status"], found["recorded"]["type"], found["disposal"]) == ("open", "LapseRecorded", None)
    before, after = found["reopened"]["before"], found["reopened"]["after"]
    assert float(before["total"]) - float(after["total"]) == 1
    own = world.person(Role.AGENCY, contested.other).get(path).json()
    assert own["reopened"]["ranks"]["others"] is None
    assert world.person(Role.AGENCY, contested.hit).get(path).status_code == 404
    body = {"outcome": "reopened", "disposed_on": "2025-05-08", "reason": "漏记"}
    done = world.must(contested.committee.post(f"{path}/disposal", body))
    assert done["result"]["total"] == after["total"]
    found = contested.committee.get(path).json()
    assert (found["status"], found["reopened"], found["revised"]["total"]) == ("reopened", None, after["total"])
    assert found["disposal"]["fact"]["reason"] == "漏记"


def test_the_year_tells_what_stands_in_the_way_of_closing(dated_world: DatedWorld) -> None:
    """Open appeals and impacts, the last window, and how the grades fall; before the publication how many to expect."""
    contested = Contested(dated_world)
    contested.world.done("RecordLapse", contested.other, item=4, occurred_on="2024-09-09")
    found = contested.committee.get(f"/v1/assessments/{YEAR}").json()
    assert (found["open_appeals"], found["open_impacts"]) == (1, 1)
    assert found["last_deadline"]["day"] == "2025-03-17"
    assert found["grades"] == {"qualified": 1, "unqualified": 1}
    before = contested.committee.get("/v1/assessments/2025").json()
    assert before["expected"] == sum(before["grades"].values())
