"""A notice behind its one-time link (R41): its letter before it is signed for, the link for programs, a service that is
busy, and a link that a later one has ended for good.
"""

from __future__ import annotations

from typing import Any

import pytest

from api.application.background.checkpoint_signer import sealed_up
from api.application.delivering import signing_by_link
from api.application.questions.service import survey_questions
from domain.errors import Busy
from projections.rebuild.rebuild import rebuild
from tests.http.test_notice_links import linked, opened, signed
from tests.http.test_service_of_notices import path_of, warned_today
from tests.http.test_waivers_shown import pdf_text
from tests.http.world import World, today


def given(world: World, uscc: str, sent: str) -> tuple[str, str]:
    """Page and link of a new one-time link."""
    body = {"given_on": today(), "expires_on": "2099-12-31"}
    made = world.must(world.association.post(path_of(uscc, sent, "links"), body))
    return str(made["page"]), str(made["link"])


@pytest.mark.shows("art.17(2)", "R18", "R39", "R41")
def test_the_letter_is_read_before_it_is_signed_for_without_an_account(world: World) -> None:
    """As it was when it was sent, whatever came since; no longer once the link has been used."""
    uscc, sent = warned_today(world)
    page, link = given(world, uscc, sent)
    sealed_up(world.service.ledger)
    told = world.stranger.get(link)
    assert told.status_code == 200, told.text
    assert (told.json()["uscc"], told.json()["sent"], told.json()["kind"]) == (uscc, sent, "warned")
    shown = opened(world, page)
    assert f'href="{told.json()["letter"]}"' in shown.text
    letter = world.stranger.get(told.json()["letter"])
    assert (letter.status_code, letter.headers["content-type"]) == (200, "application/pdf")
    assert "private" in letter.headers["cache-control"]
    text = pdf_text(letter.content)
    assert "警示提醒通知书" in text
    assert uscc in text
    assert "上门检查后三天" not in text, "no words of the complaint"
    upheld = next(one["id"] for one in world.trail(uscc) if one["type"] == "ComplaintUpheld")
    world.done("AnnulEvent", uscc, event_id=upheld)
    again = world.stranger.get(told.json()["letter"])
    assert (again.status_code, again.content == letter.content) == (200, True)
    assert signed(world, page).status_code == 303
    for used in (world.stranger.get(link), world.stranger.get(told.json()["letter"])):
        assert (used.status_code, used.json()["type"]) == (409, "/problems/contradiction")


@pytest.mark.shows("art.17", "art.20", "R41")
def test_a_program_acknowledges_by_the_link_once(world: World) -> None:
    """With a name, without an account; sent again with its key it is answered as before, with another too late."""
    uscc, sent = warned_today(world)
    _, link = given(world, uscc, sent)
    for wrong in ({}, {"signer": "  "}, {"signer": "林晓工", "acknowledged_on": "2020-01-01"}):
        assert world.stranger.post(link, wrong).status_code == 422
    done = world.stranger.post(link, {"signer": "林晓工"}, Idempotency_Key="k")
    assert done.status_code == 201, done.text
    last = world.trail(uscc)[-1]
    assert (last["type"], last["occurred_on"], last["via"]) == ("NoticeAcknowledged", today(), "api")
    assert (last["fact"]["way"], last["fact"]["signer"]) == ("link", "林晓工")
    assert world.stranger.post(link, {"signer": "林晓工"}, Idempotency_Key="k").content == done.content
    assert world.stranger.post(link, {"signer": "林晓工"}, Idempotency_Key="other").status_code == 409
    assert world.stranger.post(f"{link}x", {"signer": "林晓工"}).status_code == 404
    assert len([one for one in world.trail(uscc) if one["type"] == "NoticeAcknowledged"]) == 1


@pytest.mark.shows("R41")
def test_of_a_link_that_a_busy_service_cannot_look_up_nothing_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither that it cannot be used nor, of a survey, that the form is in the ledger: it has not ended by this."""

    def away(*_: Any) -> None:
        raise Busy("数据库暂时忙", "the database is busy at the moment")

    uscc, sent = warned_today(world)
    page, _ = given(world, uscc, sent)
    survey = world.done("InviteSurvey", uscc, invited_on=today())["page"]
    with monkeypatch.context() as patch:
        patch.setattr(signing_by_link, "_shown", away)
        patch.setattr(survey_questions, "find_link", away)
        for one in (page, survey):
            shown = opened(world, one)
            assert shown.status_code == 503
            assert "没有因此失效" in shown.text
            assert "nothing is wrong with the link" in opened(world, one, lang="en").text
            for untrue in ("不能使用", "已经用过", "已经在台账里", "没有这个"):
                assert untrue not in shown.text, untrue
    assert opened(world, page).status_code == opened(world, survey).status_code == 200


@pytest.mark.shows("R41")
def test_a_link_that_a_later_one_ended_stays_ended_when_the_rows_are_made_anew(own_world: World) -> None:
    """The log alone says which link can be used: taking the later one back revives none, nor does a rebuild."""
    world = own_world
    uscc, sent = warned_today(world)
    first, _ = linked(world, uscc, sent)
    _, later = linked(world, uscc, sent)
    world.done("AnnulEvent", uscc, event_id=later)
    assert opened(world, first).status_code == 409
    url = world.service.ledger.engine.url.render_as_string(hide_password=False)
    rebuild(url, jobs=1, progress=lambda *_: None, report=lambda found: pytest.fail(str(found)))
    assert opened(world, first).status_code == signed(world, first).status_code == 409
    assert "NoticeAcknowledged" not in [one["type"] for one in world.trail(uscc)]
