"""`what-if` over HTTP on both databases: what would be, what is refused and where, who may ask; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.store.db.schema import events, vault, vault_secrets
from domain.values import Role
from tests.http.world import Person, World, body_of, new_uscc, today

AT = {"as_of": "2024-12-31"}


def ask(who: Person, uscc: str, body: dict[str, Any], **query: str) -> Any:
    parameters = "&".join(f"{name}={value}" for name, value in {**AT, **query}.items())
    return who.post(f"/v1/agencies/{uscc}/what-if?{parameters}", body)


def command(uscc: str, tail: str, body: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"post": f"/v1/agencies/{uscc}/{tail}", "body": body, **more}


def lapse(uscc: str, day: str = "2024-05-20") -> dict[str, Any]:
    return command(uscc, "lapses", {"item": 4, "occurred_on": day})


def in_business(world: World, records: int = 0, category: str | None = None) -> str:
    """An agency with a project running in 2024 and some bad records, in a category of its own if one is named."""
    uscc = new_uscc()
    body = {**body_of("FileAgency"), "uscc": uscc}
    World.must(world.association.post("/v1/agencies", {**body, "category": category or body["category"]}))
    world.done("DecideFiling", uscc)
    world.id_of("StartProject", uscc)
    for _ in range(records):
        world.done("EnterBadRecord", uscc)
    return uscc


@contextmanager
def nothing_written(world: World) -> Iterator[None]:
    """No event, no key, no secret more afterwards."""

    def counts() -> list[Any]:
        with world.service.ledger.reading() as reader:
            tables = (events, vault, vault_secrets)
            return [reader.connection.scalar(select(func.count()).select_from(table)) for table in tables]

    before = counts()
    yield
    assert counts() == before


def test_it_tells_what_would_be_and_writes_nothing(world: World) -> None:
    """Annulling a record and adding a lapse: both standings and sheets, what differs by which events, the ranks."""
    uscc = in_business(world, records=1)
    record = world.trail(uscc)[-1]["id"]
    add = [
        command(
            uscc,
            "complaints",
            {"received_on": "2024-03-01", "grounds": "poor_quality", "complainant": "王先生"},
            ref="c",
        ),
        command(
            uscc,
            "complaints/$c/decision",
            {"outcome": "upheld", "decided_on": "2024-04-01", "findings": "属实", "verified_grounds": "poor_quality"},
        ),
    ]
    with nothing_written(world):
        response = ask(world.association, uscc, {"annul": [record], "add": add})
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert (answer["agency"]["uscc"], answer["year"], answer["as_of"]) == (uscc, 2024, "2024-12-31")
    assert [(one["id"], one["type"]) for one in answer["supposed"]] == [
        ("what-if-annulment-1", "EventAnnulled"),
        ("what-if-1", "ComplaintReceived"),
        ("what-if-2", "ComplaintUpheld"),
    ]
    real = {name: answer["before"]["standing"][name] for name in ("sanction", "bad_records", "assessment", "version")}
    standing = world.association.get(f"/v1/agencies/{uscc}/standing", **AT).json()
    assert real == {name: standing[name] for name in real}
    assert (
        answer["before"]["sheet"]["lines"]
        == world.association.get(f"/v1/agencies/{uscc}/sheets/2024", **AT).json()["lines"]
    )
    after = answer["after"]["standing"]
    assert after["sanction"]["events"] == ["what-if-2"]
    assert (after["sanction"]["tier"], after["bad_records"]) == ("recorded", {"year": 1, "total": 1})
    told = {one["field"]: one for one in answer["difference"]}
    assert told["sanction.tier"]["events"] == ["what-if-2"]
    assert set(told["sheet.conduct.lines"]["events"]) == {record, "what-if-annulment-1", "what-if-2"}
    assert told["sheet.considered"]["events"] == [record]
    assert "assessment.total" not in told


def test_supposing_nothing_changes_nothing(world: World) -> None:
    """An empty body: two equal sides, no difference, the own rank as in the ranking."""
    uscc = in_business(world)
    answer = ask(world.association, uscc, {}).json()
    assert answer["before"] == answer["after"]
    assert (answer["difference"], answer["supposed"], answer["ranks"]["moved"]) == ([], [], 0)
    own = world.person(Role.AGENCY, uscc).get("/v1/rankings/2024", **AT).json()["items"][0]
    assert (
        answer["ranks"]["before"]
        == answer["ranks"]["after"]
        == {name: own[name] for name in ("category", "rank", "total", "grade")}
    )


def test_the_year_of_the_sheets_can_be_named(world: World) -> None:
    """Another year's sheet on the same day; a year before the Measures or malformed is refused at /year."""
    uscc = in_business(world, records=1)
    record = world.trail(uscc)[-1]["id"]
    answer = ask(world.association, uscc, {"annul": [record], "year": 2024}, as_of="2025-03-01").json()
    assert (answer["year"], answer["before"]["standing"]["assessment"]["year"]) == (2024, 2025)
    told = {one["field"] for one in answer["difference"]}
    assert {"bad_records.total", "sheet.conduct", "sheet.total"} <= told
    assert not {field for field in told if field.startswith("assessment.")}
    for year in (2020, 1999, "2024", 2024.0):
        refused = ask(world.association, uscc, {"year": year})
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == "/year"


def test_the_ranks_of_others_move_too(world: World) -> None:
    """Three agencies of one category: what one would lose, another gains; equal ones share their rank."""
    category = f"类型{new_uscc()}"
    best, middle, last = (in_business(world, records, category) for records in (0, 1, 2))
    equal = ask(world.association, best, {"add": [lapse(best), lapse(best, "2024-05-21")]}).json()["ranks"]
    assert (equal["after"]["rank"], [(one["uscc"], one["after"]) for one in equal["others"]]) == (1, [(middle, 1)])
    add = [lapse(best, f"2024-05-2{day}") for day in range(3)]
    answer = ask(world.association, best, {"add": add}).json()
    ranks = answer["ranks"]
    assert (ranks["before"]["rank"], ranks["after"]["rank"], ranks["moved"]) == (1, 2, 1)
    assert ranks["others"] == [
        {"uscc": middle, "name": body_of("FileAgency")["name"], "category": category, "before": 2, "after": 1}
    ]
    assert (ranks["after"]["total"], ranks["after"]["grade"]) == ("97.00", "excellent")
    gone = ask(world.association, best, {"annul": [world.trail(best)[2]["id"]]}).json()["ranks"]
    assert (gone["after"]["rank"], gone["after"]["total"]) == (None, None)
    assert [(one["uscc"], one["before"], one["after"]) for one in gone["others"]] == [(middle, 2, 1), (last, 3, 2)]
    moved = {"changed_on": "2024-06-01", "reported_on": "2024-06-03", "fields": {"category": f"{category}乙"}}
    elsewhere = ask(world.association, best, {"add": [command(best, "changes", moved)]}).json()["ranks"]
    assert (elsewhere["before"]["category"], elsewhere["after"]["category"]) == (category, f"{category}乙")
    assert (elsewhere["after"]["rank"], elsewhere["moved"]) == (1, 2)
    for one in add:
        World.must(world.association.post(one["post"], one["body"]))
    items = world.association.get("/v1/rankings/2024", limit=500, **AT).json()["items"]
    real = {item["agency"]["uscc"]: item["rank"] for item in items if item["category"] == category}
    assert real == {best: ranks["after"]["rank"], middle: 1, last: 3}


def test_an_agency_asks_about_itself_and_is_not_told_of_others(world: World) -> None:
    """Its own standing, sheet and rank, and how many others would move; another agency is as if it did not exist."""
    category = f"类型{new_uscc()}"
    own, other = in_business(world, 1, category), in_business(world, 0, category)
    person = world.person(Role.AGENCY, own)
    record = world.trail(own)[-1]["id"]
    honour = {"level": "district", "reason": "先进", "authority_kind": "emergency_management"}
    body = {"annul": [record], "add": [command(own, "honours", {**honour, "awarded_on": "2024-02-01"})]}
    with nothing_written(world):
        response = ask(person, own, body)
    assert response.status_code == 200, response.text
    ranks = response.json()["ranks"]
    assert (ranks["before"]["rank"], ranks["after"]["rank"], ranks["moved"], ranks["others"]) == (2, 1, 1, None)
    assert other not in response.text
    for uscc in (other, new_uscc(), "x"):
        refused = ask(person, uscc, {})
        assert refused.status_code == 404
        assert refused.json()["detail"] == f"没有统一社会信用代码为 {uscc} 的机构"


def test_who_may_ask(world: World) -> None:
    """Those who read everything, and the agency; nobody else."""
    uscc = in_business(world)
    allowed = {Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR, Role.AGENCY}
    for role in Role:
        assert ask(world.speaker(role, uscc), uscc, {}).status_code == (200 if role in allowed else 403), role
    assert ask(world.stranger, uscc, {}).status_code == 401


def test_what_cannot_be_annulled_is_refused_at_its_place(world: World) -> None:
    """A final fact and an annulled one are 409, an unknown id 422: with field, rule and remedy, and nothing written."""
    uscc = in_business(world, records=1)
    trail = world.trail(uscc)
    record = trail[-1]["id"]
    with nothing_written(world):
        final = ask(world.association, uscc, {"annul": [record, trail[0]["id"]]})
        unknown = ask(world.association, uscc, {"annul": ["nowhere"]})
    assert (final.status_code, final.json()["errors"][0]["pointer"]) == (409, "/annul/1")
    assert final.json()["remedy"]
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/annul/0")
    world.done("AnnulEvent", uscc, event_id=record)
    twice = ask(world.association, uscc, {"annul": [record]})
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (409, "/annul/0")
    before = ask(world.association, uscc, {"annul": [record]}, known_at=f"version:{len(trail)}")
    assert before.status_code == 200
    later = ask(world.association, uscc, {"annul": [record]}, known_at=f"version:{len(trail) - 1}")
    assert later.status_code == 422


@pytest.mark.parametrize(
    ("tail", "body", "status", "pointer"),
    [
        ("filing-decision", {"outcome": "filed", "decided_on": "2024-02-01"}, 409, "/add/0/body"),
        (
            "complaints/nowhere/decision",
            {"outcome": "dismissed", "findings": "核查记录", "decided_on": "2024-02-01"},
            422,
            "/add/0/post",
        ),
        ("lapses", {"item": 4, "occurred_on": "2024-05-20", "concerns": "nowhere"}, 422, "/add/0/body/concerns"),
        ("lapses", {"item": 8, "occurred_on": "2024-05-20"}, 422, "/add/0/body/item"),
        ("lapses", {"item": 4, "occurred_on": "2199-05-20"}, 422, "/add/0/body/occurred_on"),
        ("nothing", {}, 422, "/add/0/post"),
    ],
)
def test_what_contradicts_the_trail_is_refused_at_its_place(
    world: World, tail: str, body: dict[str, Any], status: int, pointer: str
) -> None:
    """The commands themselves decide; the refusal points into the one that is wrong."""
    uscc = in_business(world)
    with nothing_written(world):
        refused = ask(world.association, uscc, {"add": [command(uscc, tail, body)]})
    assert refused.status_code == status, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_other_agencies_and_wrong_bodies_are_refused(world: World) -> None:
    """A command about another agency, an unknown member, too much of anything."""
    uscc, other = in_business(world), in_business(world)
    for body, pointer in (
        ({"add": [lapse(other)]}, "/add/0/post"),
        ({"annull": []}, "/annull"),
        ({"annul": "x"}, "/annul"),
        ({"annul": ["x"] * 501}, "/annul"),
        ({"add": [lapse(uscc)] * 51}, "/add"),
        ({"rulebook": []}, "/rulebook"),
        ({"rulebook": {str(number): 1 for number in range(101)}}, "/rulebook"),
    ):
        refused = ask(world.association, uscc, body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert world.association.post(f"/v1/agencies/{uscc}/what-if?as_off=1", {}).status_code == 422


def test_values_of_the_rulebook_can_be_supposed(world: World) -> None:
    """Three points a record, by name or parameter; ranks are then for replay-under; what is no value is refused."""
    uscc = in_business(world, records=1)
    with nothing_written(world):
        answer = ask(
            world.association, uscc, {"rulebook": {"conduct.bad_record_points": 3, "tag_term": "window"}}
        ).json()
    assert answer["rulebook"]["id"] == "dayawan-2021"
    assert answer["after"]["standing"]["rulebook"]["id"] == "dayawan-2021+override"
    told = {one["field"]: one for one in answer["difference"]}
    assert (told["assessment.conduct"]["before"], told["assessment.conduct"]["after"]) == ("8.00", "7.00")
    assert "dayawan-2021+override" in told["assessment.total"]["why"]
    ranks = answer["ranks"]
    assert (ranks["before"], ranks["after"], ranks["moved"], ranks["others"]) == (None, None, None, None)
    assert "replay-under" in ranks["text"]
    assert "replay-under" in ranks["text_en"]
    for wrong in (
        {"nothing": 1},
        {"conduct.bad_record_points": "x"},
        {"tag_term": "one_year", "ladder.tag_term": "window"},
    ):
        refused = ask(world.association, uscc, {"rulebook": wrong})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/rulebook")
        assert refused.json()["remedy"]


def test_it_is_asked_at_any_basis(world: World) -> None:
    """`known_at` as everywhere, `version:N` and `log:N` among it; a fact cannot be supposed later than the basis."""
    uscc = in_business(world, records=1)
    for _ in range(20):
        world.service.housekeeper.tidy()
    with world.service.ledger.reading() as reader:
        sealed, _ = reader.sealed()
    for known_at in ("version:3", "version:4", f"log:{sealed}"):
        answer = ask(world.association, uscc, {"add": [lapse(uscc)]}, known_at=known_at)
        assert answer.status_code == 200, answer.text
        assert answer.json()["ranks"]["after"]["rank"] is not None
    old = {"known_at": "2020-01-01T00:00:00Z"}
    assert ask(world.association, uscc, {}, **old).status_code == 404
    assert ask(world.association, uscc, {"add": [lapse(uscc, today())]}).status_code == 200
