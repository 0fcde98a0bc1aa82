"""The one-time link of a survey invitation: shown, answered once, expired, withdrawn; its secret kept nowhere."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from api.http.documentation.examples import CLIENT_NAME, CLIENT_USCC
from domain.store.db.engine import writing
from domain.store.db.schema import survey_links
from tests.http.world import World, body_of, today

ANSWERS = list("AABAAABAAC")


def invited(world: World, uscc: str, **changes: Any) -> dict[str, Any]:
    return world.done("InviteSurvey", uscc, **changes)


def form(**changes: Any) -> dict[str, Any]:
    return {"submitted_on": today(), "answers": ANSWERS, **changes}


def test_the_link_shows_what_is_asked_and_takes_one_answer(world: World) -> None:
    """Without a token: who is assessed, for which year, until when; then the form, once; then 409 for both."""
    uscc = world.filed()
    invitation = invited(world, uscc)
    link = invitation["link"]
    shown = world.stranger.get(link)
    assert shown.status_code == 200
    assert shown.json() == {
        "agency": "惠州市安恒安全技术服务有限公司",
        "client": CLIENT_NAME,
        "service_type": None,
        "year": 2024,
        "expires_on": "2099-12-31",
        "disclosure": "anonymous",
    }
    answered = world.stranger.post(link, form(comments="很好"))
    assert answered.status_code == 201, answered.text
    assert answered.json()["events"][0]["type"] == "SurveySubmitted"
    last = world.trail(uscc)[-1]
    assert last["fact"]["client"] == {"uscc": CLIENT_USCC, "name": CLIENT_NAME}
    assert last["fact"]["invitation_id"] == invitation["ids"]["survey_invitation"]
    assert last["fact"]["comments"] == "很好"
    assert last["actor_name"].startswith("满意度调查的一次性链接")
    for again in (world.stranger.get(link), world.stranger.post(link, form())):
        assert again.status_code == 409
        assert again.json()["type"] == "/problems/contradiction"
    with world.service.ledger.reading() as reader:
        query = survey_links.select().where(survey_links.c.secret_sha256 == hashed(link))
        assert reader.connection.execute(query).one().used_at is not None


def hashed(link: str) -> bytes:
    return hashlib.sha256(link.rpartition("/")[2].encode()).digest()


def test_a_retry_of_the_invitation_gives_the_same_link(own_world: World) -> None:
    """The secret can be made again, so it is stored nowhere: no row of any table of the database holds it."""
    uscc = own_world.filed()
    path, body = f"/v1/agencies/{uscc}/survey-invitations", body_of("InviteSurvey")
    first = own_world.association.post(path, body, Idempotency_Key="k")
    again = own_world.association.post(path, body, Idempotency_Key="k")
    assert first.content == again.content
    secret = first.json()["link"].rpartition("/")[2]
    assert len(secret) == 43
    with own_world.service.ledger.reading() as reader:
        for table in survey_links.metadata.sorted_tables:
            for row in reader.connection.execute(table.select()):
                assert secret not in str([bytes(one) if isinstance(one, memoryview) else one for one in row])
    other = own_world.association.post(path, body).json()["link"]
    assert other != first.json()["link"]


def test_an_unknown_link_is_404(world: World) -> None:
    """Whatever is wrong with the secret, the answer is the same."""
    bodies = set()
    for secret in ("x", "a" * 43, "键", "a" * 5000):
        for response in (
            world.stranger.get(f"/v1/survey-links/{secret}"),
            world.stranger.post(f"/v1/survey-links/{secret}", form()),
        ):
            assert response.status_code == 404
            bodies.add(response.text)
    assert len(bodies) == 1


def test_an_expired_link_is_410(world: World) -> None:
    """On its last day it can be answered, the day after it is gone; nothing is recorded."""
    uscc = world.filed()
    last_day = invited(world, uscc, expires_on=today())["link"]
    assert world.stranger.post(last_day, form()).status_code == 201
    over = invited(world, uscc, expires_on="2024-12-31")["link"]
    before = len(world.trail(uscc))
    for response in (world.stranger.get(over), world.stranger.post(over, form())):
        assert response.status_code == 410
        assert response.json()["detail"] == "这个链接已于 2024-12-31 过期"
        assert response.json()["type"] == "/problems/gone"
    assert len(world.trail(uscc)) == before


def test_a_withdrawn_invitation_is_410(world: World) -> None:
    """An annulled invitation cannot be answered."""
    uscc = world.filed()
    invitation = invited(world, uscc)
    world.done("AnnulEvent", uscc, event_id=invitation["ids"]["survey_invitation"])
    for response in (world.stranger.get(invitation["link"]), world.stranger.post(invitation["link"], form())):
        assert response.status_code == 410


def day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


@pytest.mark.shows("R22")
def test_a_link_of_a_closed_survey_is_410_and_says_so(world: World) -> None:
    """Opened before and sent after the closing, or opened after it: closed, with the day, R22 and what to do."""
    uscc = world.filed()
    link = invited(world, uscc)["link"]
    assert world.stranger.get(link).status_code == 200
    closing = world.done("CloseSurvey", uscc, closed_on=day_before(today()))
    for response in (world.stranger.post(link, form()), world.stranger.get(link)):
        assert response.status_code == 410
        problem = response.json()
        assert problem["rule"] == "R22"
        assert f"已于 {day_before(today())} 截止" in problem["detail"]
        assert "投诉" in problem["remedy"]
    assert world.trail(uscc)[-1]["type"] == "SurveyClosed"
    world.done("AnnulEvent", uscc, event_id=closing["events"][0]["id"])
    assert world.stranger.post(link, form()).status_code == 201


def test_on_the_day_of_the_closing_a_form_still_counts(world: World) -> None:
    """R22: none submitted after it; the same day is not after."""
    uscc = world.filed()
    link = invited(world, uscc)["link"]
    world.done("CloseSurvey", uscc, closed_on=today())
    assert world.stranger.post(link, form()).status_code == 201


@pytest.mark.shows("R22")
def test_nobody_is_invited_to_a_closed_survey(world: World) -> None:
    """409 that names R22, whatever day the invitation bears; another year is another survey."""
    uscc = world.filed()
    world.done("CloseSurvey", uscc)
    path = f"/v1/agencies/{uscc}/survey-invitations"
    for day in (today(), body_of("InviteSurvey")["invited_on"]):
        response = world.association.post(path, {**body_of("InviteSurvey"), "invited_on": day})
        assert response.status_code == 409
        assert response.json()["rule"] == "R22"
        assert "截止" in response.json()["detail"]
    assert world.trail(uscc)[-1]["type"] == "SurveyClosed"
    invited(world, uscc, year=2025, invited_on=today())


@pytest.mark.shows("R22")
def test_a_client_is_not_thanked_for_what_does_not_count(world: World) -> None:
    """Its own form after the closing is 409; the association still files what came in on paper before."""
    uscc = world.filed()
    world.done("StartProject", uscc)
    world.done("CloseSurvey", uscc)
    path = f"/v1/agencies/{uscc}/surveys"
    refused = world.client_person.post(path, {**body_of("SubmitSurvey"), "submitted_on": today()})
    assert refused.status_code == 409
    assert refused.json()["rule"] == "R22"
    world.done("SubmitSurvey", uscc)


def test_a_wrong_form_does_not_use_the_link_up(world: World) -> None:
    """Nine answers, another letter, or an earlier date (R8b) are 422; the right form is accepted afterwards."""
    link = invited(world, world.filed())["link"]
    for wrong in (form(answers=ANSWERS[:9]), form(answers=[*ANSWERS[:9], "D"]), form(submitted_on="2024-12-10"), {}):
        assert world.stranger.post(link, wrong).status_code == 422
    assert world.stranger.post(link, form()).status_code == 201


def test_a_lost_answer_can_be_asked_for_again(world: World) -> None:
    """With an idempotency key the retry of the form gives the first answer instead of 409."""
    link = invited(world, world.filed())["link"]
    first, again = (world.stranger.post(link, form(), Idempotency_Key="k") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert world.stranger.post(link, form(comments="x"), Idempotency_Key="k").status_code == 422


def test_two_answers_at_once_record_one(world: World) -> None:
    """The agency's lock decides: one form is recorded, the other is told that the link has been used."""
    uscc = world.filed()
    link = invited(world, uscc)["link"]
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda _: world.stranger.post(link, form()).status_code, range(4)))
    assert statuses == [201, 409, 409, 409]
    assert [one["type"] for one in world.trail(uscc)].count("SurveySubmitted") == 1


def test_who_reads_the_tables_cannot_make_the_link(own_world: World) -> None:
    """Another database's key gives another secret: the link does not follow from the invitation's id alone."""
    invitation = invited(own_world, own_world.filed())
    with writing(own_world.service.ledger.engine) as connection:
        names = set(connection.scalars(text("SELECT name FROM vault_secrets")))
        assert "survey_link" in names
        connection.execute(update(survey_links).values(used_at=None))
    bare = hashlib.sha256(invitation["ids"]["survey_invitation"].encode()).hexdigest()
    assert bare not in invitation["link"]


@pytest.mark.parametrize("parameter", ["token", "as_of"])
def test_a_link_knows_no_parameters(world: World, parameter: str) -> None:
    """What is not offered is not ignored silently."""
    response = world.stranger.get(invited(world, world.filed())["link"], **{parameter: "x"})
    assert response.status_code == 422
