"""The pledge of annex 3 (art.26): to read, to sign as the agency's own, and to print."""

from __future__ import annotations

from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.trail_questions import events_of
from api.http.query_params import LooseText, LooseUscc
from api.web.forms.form_filling import Refused, refused
from api.web.forms.form_lists import Fact, trail
from api.web.frame.form_leads import see_other
from api.web.frame.page_acts import STAY, tell
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_questions import look
from api.web.frame.render import page, today
from api.web.frame.visitors import Visitor
from domain.commands.filing import SignPledge
from domain.events import PledgeSigned
from domain.measures.text.annex_texts import pledge_text
from domain.measures.text.implements import implements
from domain.values import Role

router = APIRouter(route_class=PageRoute)
_NOT_AGREED = ("请先阅读承诺书并勾选", "Please read the pledge and tick the box first")


@router.get("/pledge")
async def pledge(request: Request, uscc: LooseUscc = "", signed: LooseText = "") -> Response:
    """The text with what the agency has signed so far. Without an agency it is the blank text, for print.

    `signed`: the pledge that has just been signed.
    """
    return await _shown(request, _whose(request, uscc), 200, signed=signed)


@implements("annex3")
@router.post("/pledge")
async def sign_pledge(request: Request) -> Response:
    """Sign it for the visitor's agency, today (R8b). Others sign through it or on paper."""
    visitor: Visitor = request.state.visitor
    form = request.state.form
    given = {name: text_of(form, name) for name in ("key", "signed_on", "agreed")}
    uscc = _whose(request, "") or text_of(form, "uscc")
    if text_of(form, "act") == STAY:
        return await _shown(request, uscc, 200, given)
    if not given["agreed"]:
        problem = Refused(_NOT_AGREED, ("", ""), {"agreed": _NOT_AGREED})
        return await _shown(request, uscc, 422, given, problem)
    sent = await tell(request, SignPledge, {"signed_on": given["signed_on"]}, uscc=uscc, key=given["key"])
    if sent.refused:
        return await _shown(request, uscc, sent.status, given, refused(sent.problem, {"/signed_on": "signed_on"}))
    receipt = sent.content["events"][0]["id"]
    whose = "" if visitor.role is Role.AGENCY else f"&uscc={uscc}"
    return see_other(request, f"/pledge?signed={receipt}{whose}")


def _whose(request: Request, asked: str) -> str:
    """An agency's own code; for others the one that they ask about."""
    visitor: Visitor = request.state.visitor
    return visitor.account.uscc or "" if visitor.role is Role.AGENCY else asked.strip()


async def _shown(
    request: Request,
    uscc: str,
    status: int,
    given: dict[str, str] | None = None,
    problem: Refused | None = None,
    signed: str = "",
) -> Response:
    agency: dict[str, object] | None = None
    pledges: list[Fact] = []
    if uscc:
        found = await look(request, events_of, uscc=uscc, limit=1)
        if not found.refused:
            agency, pledges = found.content["agency"], await trail(request, uscc, PledgeSigned.__name__)
    return page(
        request,
        "pledge.html",
        name="pledge",
        status=status,
        text=pledge_text(),
        uscc=uscc,
        agency=agency,
        pledges=pledges[::-1],
        given=given or {"key": str(uuid4()), "signed_on": today().isoformat(), "agreed": ""},
        refused=problem,
        receipt=next((one for one in pledges if one["id"] == signed), None),
    )
