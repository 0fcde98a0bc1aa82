"""Who may ask and who may write: the table of rights walked through over HTTP, and tokens that are none."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from api.app import create_app
from api.application.assessing.appeal import appeal_of
from api.application.privacy.authorisation import (
    BATCH,
    EVIDENCE_FILE,
    MARKED_WORKBOOK,
    PERMISSIONS,
    PUBLIC,
    THUMBNAIL,
    WORKBOOK_RUN,
    Reach,
)
from api.http.guard import GuardedRoute
from api.settings import Settings
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.admin import revoke_by_id
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import writing
from domain.store.db.schema import persons, tokens
from domain.values import Role
from tests.http.files import paper, photo, uploaded
from tests.http.test_commands import unknown_agency
from tests.http.world import APPEALED, CLIENT_PARTY, Person, World, body_of, certificate_of, new_uscc, today
from tests.workbooks.made import filled
from tests.workbooks.sent import ended, sent_workbook

GETS = [(path, rights) for (method, path), rights in PERMISSIONS.items() if method == "GET" and rights is not PUBLIC]
EACH = pytest.mark.parametrize(("path", "rights"), GETS, ids=[path for path, _ in GETS])
VALUES = {"year": "2024", "id": "dayawan-2021", "article:path": "art.17(2)"}


def concrete(path: str, uscc: str) -> str:
    for name, value in {**VALUES, "uscc": uscc}.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def of_batch(world: World, path: str) -> tuple[str, str]:
    """The agency and path of a batch that the association has recorded: of invitations where these are wanted."""
    uscc = world.filed()
    body: dict[str, Any] = {"signed_on": today()}
    if path != BATCH:
        body = {**body_of("InviteSurvey"), "client": CLIENT_PARTY}
    command = {"post": f"/v1/agencies/{uscc}/{'pledge' if path == BATCH else 'survey-invitations'}", "body": body}
    done = World.must(world.association.post("/v1/batches", {"commands": [command]}))
    return uscc, path.replace("{batch}", done["batch"])


def of_workbook(world: World, path: str) -> tuple[str, str]:
    """An agency and the path of a kind of workbook, or of one that the association has brought."""
    uscc, run = world.filed(), ""
    if "{run}" in path:
        content = filled("attendance", {"agency": uscc})
        run = str(sent_workbook(world.association, "attendance", content).json()["id"])
        ended(world.association, run)
    return uscc, path.replace("{kind}", "penalties").replace("{run}", run)


def of_letter(world: World, path: str) -> tuple[str, str]:
    """The agency and path of a letter: of an appeal, once it is decided, or of a notice that is due."""
    if "{notice}" in path:
        uscc = world.filed()
        world.done("TerminateAgency", uscc)
        rows = world.association.get("/v1/notices", limit=500).json()["items"]
        return uscc, path.replace("{notice}", next(one["id"] for one in rows if one["agency"]["uscc"] == uscc))
    appeal = world.appeal()
    with world.service.ledger.reading() as reader:
        uscc, _ = appeal_of(reader, appeal, None)
    if path.endswith("/decision-letter"):
        body = {"outcome": "dismissed", "decided_on": today(), "reasons": "维持"}
        World.must(world.people[Role.COMMITTEE].post(f"/v1/appeals/{appeal}/decision", body))
    return uscc, path.replace("{appeal}", appeal)


def subject(world: World, path: str) -> tuple[str, str]:
    """An agency that the path can be asked about, and the path with what else it names."""
    if path.startswith("/v1/appeals/{id}"):
        uscc = world.appealable()
        return uscc, path.replace("{id}", world.appeal())
    if "{appeal}" in path or "{notice}" in path:
        return of_letter(world, path)
    if path == "/v1/impacts/{id}":
        return world.appealable(), path.replace("{id}", world.impact())
    if "/results/" in path or path.startswith("/v1/assessments/"):
        return world.appealable(), path.replace("{year}", str(APPEALED))
    if path == "/v1/agencies/{uscc}/events/{id}":
        uscc = world.filed()  # a complaint is what a client may see too
        return uscc, path.replace("{id}", world.id_of("ReceiveComplaint", uscc))
    if path in ("/v1/log/inclusion", "/v1/log/receipt"):
        uscc, body = world.filed(), {"received_on": today(), "complainant": "李女士", "grounds": "other"}
        done = World.must(world.client_person.post(f"/v1/agencies/{uscc}/complaints", body))
        return uscc, f"{path}?event_id={done['ids']['complaint']}"
    if "{sha256}" in path:
        uscc, body = world.filed(), {"received_on": today(), "complainant": "李女士", "grounds": "other"}
        kept = uploaded(world.client_person, photo())
        complaint = {**body, "evidence": [paper(kept)]}
        World.must(world.client_person.post(f"/v1/agencies/{uscc}/complaints", complaint))
        return uscc, path.replace("{sha256}", kept["sha256"])
    if "{batch}" in path:
        return of_batch(world, path)
    if "{kind}" in path or "{run}" in path:
        return of_workbook(world, path)
    if path in ("/v1/search", "/v1/people"):
        return world.filed(), f"{path}?q=安恒"
    if path == "/v1/log/consistency":
        return world.filed(), f"{path}?from=1"
    return world.filed(), path


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    """The table of rights and the application's routes name exactly the same methods and paths."""
    app = create_app(Settings(database_url="sqlite:///unused.db"))
    routes = {(next(iter(one.methods or ())), one.path) for one in app.routes if isinstance(one, GuardedRoute)}
    assert routes == set(PERMISSIONS)


@EACH
def test_each_role_reads_what_its_row_says(world: World, path: str, rights: dict[Role, Reach]) -> None:
    """200 for the roles of the row, 403 for all others, 401 without a token. A batch is its sender's and officers',
    a workbook that was brought its sender's alone, a complaint's file not the agency's."""
    unread = {BATCH: {Role.AGENCY, Role.CLIENT}, EVIDENCE_FILE: {Role.AGENCY}, THUMBNAIL: {Role.AGENCY}}
    unread |= {one: {Role.REGULATOR} for one in (WORKBOOK_RUN, MARKED_WORKBOOK)}
    not_own = unread.get(path, set[Role]())
    uscc, path = subject(world, path)
    for role in Role:
        response = world.speaker(role, uscc).get(concrete(path, uscc))
        expected = 404 if role in not_own else 200 if role in rights else 403
        assert response.status_code == expected, (role, response.text)
        if role not in rights:
            assert response.json()["type"] == "/problems/forbidden"
    refused = world.stranger.get(concrete(path, uscc))
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="steward"'


@EACH
def test_another_agency_reads_as_if_it_did_not_exist(world: World, path: str, rights: dict[Role, Reach]) -> None:
    """For an agency's token, another agency and an unknown code have the same problem body."""
    if rights.get(Role.AGENCY) is not Reach.OWN:
        return
    somebody, other, nowhere = world.person(Role.AGENCY, world.filed()), world.filed(), new_uscc()
    for uscc in (other, nowhere, "no-such-code"):
        response = somebody.get(concrete(path, uscc))
        assert response.status_code == 404
        assert response.json() == unknown_agency(uscc)


def test_an_agency_sees_only_its_own_row_of_a_list(world: World) -> None:
    """Lists are narrowed to the agency; before its first filing they are empty."""
    uscc = world.filed()
    world.filed()
    world.done("StartProject", uscc)
    world.done("EnterBadRecord", uscc)
    own, nobody = world.person(Role.AGENCY, uscc), world.person(Role.AGENCY, new_uscc())
    for path in ("/v1/agencies", "/v1/rankings/2024", "/v1/notices"):
        items = own.get(path).json()["items"]
        assert [one["agency"]["uscc"] for one in items] == [uscc], path
        assert nobody.get(path).json()["items"] == []


def test_a_client_reads_its_own_surveys_and_complaints(world: World) -> None:
    """Of the trail a client sees its surveys, its complaints and their decisions, and in clear only what it wrote."""
    uscc = world.filed()
    by_officer = world.id_of("ReceiveComplaint", uscc)
    decision = world.done("DecideComplaint", uscc, by_officer)["events"][0]["id"]
    world.id_of("RecordLapse", uscc)
    other = world.id_of("ReceiveComplaint", uscc, client_uscc="91441300MA51C1EN7F")
    body = {"received_on": today(), "complainant": "李女士", "grounds": "other", "note": "请尽快处理"}
    mine = World.must(world.client_person.post(f"/v1/agencies/{uscc}/complaints", body))["ids"]["complaint"]
    items = {one["id"]: one for one in world.client_person.get(f"/v1/agencies/{uscc}/events").json()["items"]}
    assert set(items) == {by_officer, decision, mine}
    assert other not in items
    assert items[mine]["fact"]["complainant"] == "李女士"
    assert items[mine]["note"] == "请尽快处理"
    assert items[by_officer]["fact"]["complainant"] == {"withheld": True}
    assert items[decision]["fact"]["findings"] == {"withheld": True}
    assert "actor_name" not in items[decision]
    unknown = new_uscc()
    assert world.client_person.get(f"/v1/agencies/{unknown}/events").json() == unknown_agency(unknown)


def test_readers_see_personal_data_in_clear_and_the_agency_its_own(world: World) -> None:
    """Officers read names and who recorded; the agency reads its own people, though not who complained about it."""
    uscc = world.filed()
    world.done("ReceiveComplaint", uscc)
    for role in (Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR):
        items = world.people[role].get(f"/v1/agencies/{uscc}/events").json()["items"]
        assert items[0]["fact"]["profile"]["legal_representative"] == "陈国栋"
        assert items[0]["actor_name"] == "association 人员"
        assert items[-1]["fact"]["complainant"] == "张先生"
    items = world.person(Role.AGENCY, uscc).get(f"/v1/agencies/{uscc}/events").json()["items"]
    person = items[0]["fact"]["profile"]["personnel"][0]
    assert (person["name"], person["certificate_no"]) == ("林晓梅", certificate_of(uscc))
    assert "certificate_hash" not in person
    assert '"sealed"' not in world.association.get(f"/v1/agencies/{uscc}/events").text
    assert items[-1]["fact"]["complainant"] == {"withheld": True}
    assert "actor_name" not in items[0]


def bad_headers(world: World) -> list[dict[str, str]]:
    engine = world.service.ledger.engine
    with writing(engine) as connection:
        person = create_person(connection, "某人")
        expired = create_token(
            connection, person, Role.AUDITOR, expires_at="2024-01-01T00:00:00.000000Z", by=COMMAND_LINE
        )
        revoked = create_token(connection, person, Role.AUDITOR, by=COMMAND_LINE)
        revoke_by_id(connection, revoked, by=COMMAND_LINE)
    tokens_ = [expired, revoked, "stw_nobody", "", "a b", "x" * 600]
    return [{"Authorization": f"Bearer {one}"} for one in tokens_] + [{"Authorization": "Basic eDp5"}]


def test_a_token_that_is_none_is_401(world: World) -> None:
    """Expired, revoked, unknown, empty, over-long and of another scheme: 401 with a challenge, and no hint which."""
    seen = set()
    for headers in bad_headers(world):
        response = world.stranger.get("/v1/agencies", headers)
        assert response.status_code == 401, headers
        assert response.headers["www-authenticate"] == 'Bearer realm="steward", error="invalid_token"'
        seen.add(response.json()["detail"])
    assert seen == {"令牌不存在、已过期或已撤销", "Authorization 头须写作 Bearer 加一个令牌"}


def test_a_tokens_use_is_noted_at_most_once_a_minute(own_world: World) -> None:
    """`last_used_at` is written behind the request, and again only when it is a minute old."""

    def last_used(person: Person) -> Any:
        with own_world.service.ledger.reading() as reader:
            query = tokens.select().where(tokens.c.person_id == person.person_id)
            return reader.connection.execute(query).one().last_used_at

    auditor = own_world.people[Role.AUDITOR]
    assert last_used(auditor) is None
    auditor.get("/v1/rulebooks")
    own_world.service.housekeeper.tidy()
    first = last_used(auditor)
    assert first is not None
    auditor.get("/v1/rulebooks")
    own_world.service.housekeeper.tidy()
    assert last_used(auditor) == first
    with writing(own_world.service.ledger.engine) as connection:
        of_auditor = tokens.c.person_id == auditor.person_id
        connection.execute(update(tokens).where(of_auditor).values(last_used_at="2024-01-01T00:00:00.000000Z"))
    auditor.get("/v1/rulebooks")
    own_world.service.housekeeper.tidy()
    assert last_used(auditor) > first


def test_the_actors_that_are_no_people_are_there(world: World) -> None:
    """The software itself and the survey links stand among the persons, so that every actor has a name."""
    with world.service.ledger.reading() as reader:
        ids = set(reader.connection.scalars(persons.select().with_only_columns(persons.c.id)))
    assert {"system", "survey-link"} <= ids
