"""A notice acknowledged by its one-time link, without signing in (签收, R41): what it is, who signs, the receipt."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.background.readiness import Service
from api.application.delivering.signing_by_link import about_notice, acknowledge_by_link, letter_path, signed_by_link
from api.application.idempotency import Answered
from api.application.questions.inquiry import now
from api.application.record import NOTICE_PAGE, action_context
from api.http.query_params import LooseText
from api.web.forms.form_filling import Refused, refused
from api.web.frame.form_leads import see_other
from api.web.frame.page_acts import STAY, carried_out, valid
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_problems import PageAnswer, or_problem, over_or_busy
from api.web.frame.render import page
from domain.commands.delivering import AcknowledgeByLink
from domain.errors import NotFound
from domain.measures.text.implements import implements
from domain.values import shanghai_date

router = APIRouter(route_class=PageRoute)
_OVER = frozenset({404, 409})
_REUSED = "/problems/idempotency-key-reused"
_SIGNER = {"/signer": "signer"}
_AS = "/v1/agencies/{uscc}/sent-notices/{id}/acknowledgement"
"""As which command of the API it is refused."""


@router.get("/acknowledge/{secret}")
async def acknowledging(request: Request, secret: str, signed: LooseText = "") -> Response:
    """What is acknowledged and by whom, or why the link cannot be used; `signed`: its receipt, for who has the link."""
    if signed:
        return await _receipt(request, secret)
    found = await _about(request, secret)
    return _over(request, found) if found.refused else _form(request, found, {"key": str(uuid4()), "signer": ""}, None)


@implements("art.17", "art.20", "R41")
@router.post("/acknowledge/{secret}")
async def acknowledge(request: Request, secret: str) -> Response:
    """Acknowledge it, once: the receipt, or the form again with what was typed."""
    given = {name: text_of(request.state.form, name) for name in ("key", "signer")}
    sent: PageAnswer | None = None
    if text_of(request.state.form, "act") != STAY:
        act = partial(_signed, request.app.state.service, secret, given["signer"], given["key"])
        sent = await carried_out(request, _AS, act)
        if not sent.refused:
            return _kept_from_others(see_other(request, f"/acknowledge/{secret}", signed="yes"))
    given["key"] = given["key"] or str(uuid4())
    about = await _about(request, secret)
    if about.refused:
        return _over(request, about)
    if sent is None:
        return _form(request, about, given, None)
    if sent.status in _OVER or sent.content["type"] == _REUSED:
        return _over(request, sent)
    return _form(request, about, given, refused(sent.problem, _SIGNER), sent.status)


def _signed(service: Service, secret: str, signer: str, key: str) -> Answered:
    """Raises: a Refusal, RequestValidationError; then nothing was recorded."""
    body = {"signer": signer, "acknowledged_on": shanghai_date(now()).isoformat()}
    valid(AcknowledgeByLink, body)

    def action(caller: Any) -> Any:
        return action_context(service, caller, NOTICE_PAGE, {"signer": signer}, key or None, None)

    return acknowledge_by_link(service, secret, signer, action, "page")


async def _about(request: Request, secret: str) -> PageAnswer:
    """What the link is about, or why it cannot be used."""

    async def answering() -> PageAnswer:
        return PageAnswer(200, {"about": await run_in_threadpool(about_notice, request.app.state.service, secret)})

    return await or_problem(request, _AS, answering())


async def _receipt(request: Request, secret: str) -> Response:
    """What was acknowledged by this link, read from the ledger; without that, what a link says."""
    try:
        found = await run_in_threadpool(signed_by_link, request.app.state.service, secret)
    except NotFound:
        found = None
    if found is None:
        about = await _about(request, secret)
        return _over(request, about) if about.refused else see_other(request, f"/acknowledge/{secret}")
    return _shown(request, "acknowledged.html", 200, found=found)


def _form(
    request: Request, found: PageAnswer, given: dict[str, str], problem: Refused | None, status: int = 200
) -> Response:
    about, letter = found.content["about"], letter_path(request.path_params["secret"])
    return _shown(request, "acknowledge.html", status, about=about, letter=letter, given=given, refused=problem)


def _over(request: Request, found: PageAnswer) -> Response:
    return _shown(request, over_or_busy(found, "acknowledge-over.html"), found.status, why=found.content)


def _shown(request: Request, template: str, status: int, **content: Any) -> Response:
    """Nobody keeps the page, and nobody is told its address, which is a secret."""
    return _kept_from_others(page(request, template, name="acknowledge", status=status, storable=False, **content))


def _kept_from_others(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
