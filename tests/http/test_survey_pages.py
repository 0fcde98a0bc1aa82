"""The survey as a page behind its one-time link: filled in, refused, sent once, and every way a link can be over."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from domain.measures.text.annex_texts import survey_form
from domain.values import Role
from tests.http.desk import Desk, fields_of
from tests.http.test_pages import HOSTILE
from tests.http.world import World, body_of, new_uscc, today

ANSWERS = {f"q{number}": "B" for number in range(1, 11)}


def fresh(world: World) -> TestClient:
    return TestClient(world.client.app, follow_redirects=False)


def invited(world: World, uscc: str | None = None, **changes: Any) -> str:
    """The address of a survey's page."""
    return str(world.done("InviteSurvey", uscc or world.filed(), **changes)["page"])


def followed(client: Any, address: str, given: dict[str, str]) -> Any:
    """The receipt to which a form that is taken leads."""
    sent = client.post(address, data=given)
    assert sent.status_code == 303, sent.text
    shown = client.get(sent.headers["location"])
    assert shown.status_code == 200, shown.text
    return shown


@pytest.mark.shows("annex2", "R22")
def test_the_form_has_the_official_wording_and_is_sent_once(world: World) -> None:
    """Ten questions in the words of annex 2; what is sent is recorded today; the receipt names it; then it is over."""
    uscc = world.filed()
    project = world.id_of("StartProject", uscc)
    address, client = invited(world, uscc, project_id=project), fresh(world)
    text = client.get(address).text
    for one in survey_form().questions:
        assert one.asks[0] in text
        assert all(said in text for said, _ in one.choices.values())
    assert "隐患排查" in text
    key = fields_of(text)["key"]
    given = {**ANSWERS, "q4": "C", "comments": "多来现场", "key": key}
    sent = followed(client, address, given)
    last = world.trail(uscc)[-1]
    assert last["fact"]["answers"] == list("BBBCBBBBBB")
    assert last["fact"]["comments"] == "多来现场"
    assert last["occurred_on"] == today()
    assert last["id"] in sent.text
    assert "多来现场" in sent.text
    again = followed(client, address, given)
    assert "没有重复记录" in again.text
    there = client.post(address, data=given).headers["location"]
    assert all("多来现场" in one.get(there).text for one in (client, fresh(world)))
    stranger = client.get(address, params={"sent": world.trail(uscc)[0]["id"]})
    assert (stranger.status_code, "多来现场" in stranger.text) == (404, False)
    other = client.post(address, data={**ANSWERS, "key": "another"})
    assert other.status_code == 409
    assert "这个链接已经用过" in other.text
    changed = client.post(address, data={**ANSWERS, "key": key})
    assert "这个链接已经用过" in changed.text
    assert client.get(address, params={"lang": "en"}).status_code == 409
    assert [one["type"] for one in world.trail(uscc)].count("SurveySubmitted") == 1


@pytest.mark.shows("annex2", "R22")
def test_the_receipt_names_the_agency_and_the_total(world: World) -> None:
    """Name beside the code, and 总得分 with what each letter is worth; the same when a double click sends it again."""
    uscc = new_uscc()
    filing = {**body_of("FileAgency"), "uscc": uscc, "name": "惠州市甲有限公司"}
    world.must(world.association.post("/v1/agencies", filing))
    world.done("DecideFiling", uscc)
    address, client = invited(world, uscc), fresh(world)
    given = {**ANSWERS, "q1": "A", "q4": "C", "key": "twice"}
    for _ in range(2):
        text = " ".join(re.sub(r"<[^>]+>", " ", followed(client, address, given).text).split())
        assert f"惠州市甲有限公司 {uscc}" in text
        assert "总得分 69 分 A：10分，B：7分，C：3分" in text
    english = followed(client, f"{address}?lang=en", given).text
    assert "<strong>69 points</strong>" in english


def test_what_is_missing_is_said_at_its_question_and_the_rest_is_kept(world: World) -> None:
    """Two open, one wrong: each says so, the summary leads there, other answers and the remarks are still there."""
    address, client = invited(world), fresh(world)
    given = {name: value for name, value in ANSWERS.items() if name not in ("q3", "q7")}
    sent = client.post(address, data={**given, "q9": "Z", "comments": "<b>很好</b>", "key": "k"})
    assert sent.status_code == 422
    assert re.findall(r'<li><a href="#(q\d+)">', sent.text) == ["q3", "q7", "q9"]
    assert sent.text.count('<p class="field-problem"') == 3
    assert sent.text.count("题还没有回答") == 4
    assert sent.text.count(" checked") == 7
    assert "&lt;b&gt;很好&lt;/b&gt;" in sent.text
    assert fields_of(sent.text)["key"] == "k"
    long = client.post(address, data={**ANSWERS, "comments": "长" * 4001, "key": "k"})
    assert re.findall(r'<li><a href="#(\w+)">', long.text) == ["comments"]
    assert client.post(address, data={**ANSWERS, "key": "k"}).status_code == 303


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_link_that_is_over_says_why_and_what_to_do(world: World, language: str) -> None:
    """Unknown, expired, withdrawn: 404, 410, 410, each as a page with what to do next."""
    uscc = world.filed()
    expired = invited(world, uscc, expires_on="2024-12-31")
    invitation = world.done("InviteSurvey", uscc)
    world.done("AnnulEvent", uscc, event_id=invitation["ids"]["survey_invitation"])
    client = fresh(world)
    for address, status in (("/survey/nothing", 404), (expired, 410), (invitation["page"], 410)):
        for response in (client.get(address, params={"lang": language}), client.post(address, data=ANSWERS)):
            assert response.status_code == status
            assert ("您可以这样做" if language == "zh" else "What you can do") in response.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_closed_survey_says_so_instead_of_thank_you(world: World, language: str) -> None:
    """Filled in before, sent after the closing: closed, what to do, what was written to copy; nothing recorded."""
    uscc = world.filed()
    address, client = invited(world, uscc), fresh(world)
    key = fields_of(client.get(address).text)["key"]
    yesterday = (date.fromisoformat(today()) - timedelta(days=1)).isoformat()
    world.done("CloseSurvey", uscc, closed_on=yesterday)
    sent = client.post(address, params={"lang": language}, data={**ANSWERS, "comments": "多来<b>现场</b>", "key": key})
    assert sent.status_code == 410
    assert ("调查已经截止" if language == "zh" else "The survey is closed") in sent.text
    assert yesterday in sent.text
    assert ("谢谢" if language == "zh" else "thank you") not in sent.text
    assert ("重新发出邀请" if language == "zh" else "another link") not in sent.text
    assert "多来&lt;b&gt;现场&lt;/b&gt;" in sent.text
    assert client.get(address, params={"lang": language}).status_code == 410
    assert world.trail(uscc)[-1]["type"] == "SurveyClosed"


def test_the_secret_of_the_address_stays_here(world: World) -> None:
    """No cache keeps the page, no other site (nor ours) is told its address; foreign forms are refused."""
    address, client = invited(world), fresh(world)
    shown = client.get(address)
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "strict-origin"
    foreign = client.post(address, data=ANSWERS, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    own = client.post(address, data=ANSWERS, headers={"Origin": "http://testserver"})
    assert own.status_code == 303
    for answer in (own, client.get(own.headers["location"])):
        assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "strict-origin")


def test_hostile_names_are_escaped_and_somebody_signed_in_can_answer_too(world: World) -> None:
    """The agency's name tries to break the page; a session of another role changes nothing about the link."""
    uscc = new_uscc()
    world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": HOSTILE}))
    world.done("DecideFiling", uscc)
    desk = Desk(world, Role.AUDITOR)
    address = invited(world, uscc)
    text = desk.shown(address)
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>" not in text
    assert desk.send(address, {**ANSWERS, "key": "k"}).status_code == 303
    assert world.trail(uscc)[-1]["actor_name"].startswith("满意度调查的一次性链接")
