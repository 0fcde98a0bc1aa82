"""A new ledger is set up on pages: the first administrator by the console's link, then one step after the other.

Steps can be left out and come back to: what is done is read from what is there, so nothing has to be remembered.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.application.idempotency import Answered
from api.application.inviting import RowsRefused, invite_many
from api.application.pasted_accounts import MOST_ROWS, PastedAccounts, read_accounts
from api.application.privacy.authorisation import rights_of
from api.application.questions.inquiry import require_right
from api.application.questions.service.law_questions import adopted_law
from api.application.questions.service.reading_questions import readings_to_confirm
from api.application.setting_up import (
    AssociationNamed,
    FirstAdministrator,
    make_first_administrator,
    require_link,
    say_association,
)
from api.http.limits.fair import Asker
from api.http.limits.rates import address_of
from api.http.public_address import base_of
from api.http.query_params import LooseText
from api.web.forms.form_filling import Refused, refused
from api.web.frame.form_leads import Keep, ShownOnce, done_once, name_of_form, see_other, shown_once
from api.web.frame.page_acts import STAY, carried_out, valid
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_problems import PageAnswer, or_problem
from api.web.frame.render import page, today
from api.web.frame.visitors import remember
from api.web.people.invitation_pages import links_of
from api.web.people.sign_in import DIFFERENT, passwords_of
from domain.measures.calendar import FIRST_YEAR
from domain.store.access.admin import accounts_by_role
from domain.store.access.association import association_of, logo_of
from domain.values import Bilingual, Role, new_id

router = APIRouter(route_class=PageRoute)
LINK = "/setup/{secret}"
HERE = "/setup"
API = "/v1/accounts"
"""Whose problems are shown: what the interface would answer."""
_OWN = ("login", "person", "password")
STEPS: dict[str, Bilingual] = {
    "association": ("协会名称和标志", "The association’s name and logo"),
    "calendar": ("节假日历", "Holidays"),
    "accounts": ("工作人员账户", "Accounts of the staff"),
    "readings": ("对办法的理解", "Readings to confirm"),
    "agencies": ("邀请服务机构", "Agencies to invite"),
}
"""After the first administrator, in the order in which they are offered."""
_ROWS = {"accounts": None, "agencies": Role.AGENCY}
"""Steps that make accounts, and of which role they all are."""


# ---- the first administrator ----


@router.get(LINK)
async def first(request: Request, secret: str) -> Response:
    """The form for the first administrator, or why the link cannot be used."""
    found = await or_problem(request, API, _judged(request, secret))
    return _over(request, found) if found.refused else _first(request, secret, {})


@router.post(LINK)
async def make_first(request: Request, secret: str) -> Response:
    """Make the administrator and sign them in; what is refused records nothing and keeps what was typed."""
    given = {name: text_of(request.state.form, name) for name in (*_OWN, "again")}
    found = await or_problem(request, API, _judged(request, secret))
    if found.refused:
        return _over(request, found)
    if text_of(request.state.form, "act") == STAY:
        return _first(request, secret, given)
    if given["password"] != given["again"]:
        return _first(request, secret, given, Refused(DIFFERENT, ("", ""), {"again": DIFFERENT}), 422)
    service, session = request.app.state.service, list[str]()

    def do() -> Answered:
        body = valid(FirstAdministrator, {name: given[name] for name in _OWN})
        session.append(make_first_administrator(service, secret, body))
        return Answered({}, replayed=False)

    async with passwords_of(request).place(Asker("unknown", address_of(request.scope))):
        made = await carried_out(request, API, do)
    if made.refused:
        if made.status in (404, 410):
            return _over(request, made)
        return _first(request, secret, given, refused(made.problem, {f"/{name}": name for name in _OWN}), made.status)
    response = see_other(request, HERE)
    remember(response, request, session[0])
    return response


async def _judged(request: Request, secret: str) -> PageAnswer:
    await run_in_threadpool(require_link, request.app.state.service.ledger, secret)
    return PageAnswer(200, {})


def _first(
    request: Request, secret: str, given: dict[str, str], problem: Refused | None = None, status: int = 200
) -> Response:
    shown = {"login": "", "person": "", **given}
    return page(
        request,
        "setup-first.html",
        name="setup",
        status=status,
        storable=False,
        given=shown,
        refused=problem,
        path=f"{HERE}/{secret}",
    )


def _over(request: Request, found: PageAnswer) -> Response:
    return page(request, "setup-over.html", name="setup", status=found.status, storable=False, said=found.content)


# ---- the steps ----


@router.get(HERE)
async def steps(request: Request, step: LooseText = "", done: LooseText = "", once: LooseText = "") -> Response:
    """All steps, and the form of one: the named or the first open; `once`: the form whose links are shown this once."""
    return await _shown(request, step, done=done, made=await shown_once(request, once))


@router.post(HERE)
async def take(request: Request) -> Response:
    """Take the step that the form is of."""
    act = text_of(request.state.form, "act")
    step = text_of(request.state.form, "step")
    if act == STAY or step not in ("association", *_ROWS):
        return await _shown(request, step, given=_given(request))
    return await (_name(request) if step == "association" else _accounts(request, step))


async def _name(request: Request) -> Response:
    sent = request.state.form.get("logo")
    logo = await sent.read() if isinstance(sent, UploadFile) and sent.filename else None
    service, caller = request.app.state.service, request.state.visitor.caller

    def do() -> Answered:
        require_right(rights_of("POST", "/v1/accounts"), caller, None)
        body = valid(AssociationNamed, {"name": text_of(request.state.form, "name")})
        say_association(service, caller, body, logo, without_logo=bool(text_of(request.state.form, "without_logo")))
        service.housekeeper.read_association()  # the header says so at once here, elsewhere in a moment
        return Answered({}, replayed=False)

    made = await carried_out(request, API, do)
    if made.refused:
        problem = refused(made.problem, {"/name": "name", "/logo": "logo"})
        return await _shown(request, "association", given=_given(request), problem=problem, status=made.status)
    return _next(request, "association")


async def _accounts(request: Request, step: str) -> Response:
    """Invite all who were pasted, or none; their links are shown once, behind the address that this leads to."""
    given, service, caller = _given(request), request.app.state.service, request.state.visitor.caller
    read = read_accounts(given["rows"], only=_ROWS[step])
    if read.wrong:
        return await _shown(request, step, given=given, problem=_wrong_rows(read), status=422)

    def do(keep: Keep) -> None:
        require_right(rights_of("POST", "/v1/accounts"), caller, None)
        there = f"{HERE}?step={step}&once={name_of_form(request)}"
        invite_many(
            service, caller, read.bodies, beside=lambda connection, made: keep(connection, there, links_of(made))
        )

    def once() -> Answered:
        return Answered({"location": done_once(request, do, RowsRefused)}, replayed=False)

    try:
        made = await carried_out(request, API, once)
    except RowsRefused as error:
        problem = _refused_rows(read, error)
        return await _shown(request, step, given=given, problem=problem, status=409)
    if made.refused:
        problem = refused(made.problem, {})
        return await _shown(request, step, given=given, problem=problem, status=made.status)
    return see_other(request, made.content["location"])


def _wrong_rows(read: PastedAccounts) -> Refused:
    said = "；".join(f"第 {number} 行：{text}" for number, (text, _) in read.wrong[:10])
    said_en = "; ".join(f"line {number}: {text}" for number, (_, text) in read.wrong[:10])
    more = max(0, len(read.wrong) - 10)
    told = (
        f"{said}{f'；另有 {more} 行有误' if more else ''}。没有新建任何账户。",
        f"{said_en}{f'; {more} more lines are wrong' if more else ''}. No account was made.",
    )
    return Refused(told, ("", ""), {"rows": told})


def _refused_rows(read: PastedAccounts, error: RowsRefused) -> Refused:
    rows = [(read.bodies[place].login, one) for place, one in error.rows[:10]]
    said = "；".join(f"{login}：{one.text}" for login, one in rows)
    said_en = "; ".join(f"{login}: {one.text_en}" for login, one in rows)
    told = (f"{said}。没有新建任何账户。", f"{said_en}. No account was made.")
    first = error.rows[0][1]
    return Refused(told, (first.remedy, first.remedy_en), {"rows": told})


def _given(request: Request) -> dict[str, str]:
    return {name: text_of(request.state.form, name) for name in ("name", "rows")}


def _next(request: Request, step: str) -> Response:
    """On to the step after this one."""
    names = list(STEPS)
    there = names[min(names.index(step) + 1, len(names) - 1)]
    return see_other(request, f"{HERE}?step={there}&done={step}")


async def _shown(
    request: Request,
    step: str,
    *,
    done: str = "",
    given: dict[str, str] | None = None,
    problem: Refused | None = None,
    made: ShownOnce | None = None,
    status: int = 200,
) -> Response:
    state = await run_in_threadpool(partial(_state, request))
    if step not in STEPS:
        step = next((name for name in STEPS if not state["finished"][name]), "agencies")
    names = list(STEPS)
    after = names[names.index(step) + 1] if step != names[-1] else None
    filled = {"name": state["association"].name if state["association"] else "", "rows": "", **(given or {})}
    return page(
        request,
        "setup.html",
        name="setup",
        status=status,
        steps=STEPS,
        step=step,
        after=after,
        done=done if done in STEPS else "",
        given=filled,
        refused=problem,
        made=made,
        base=base_of(request),
        key=text_of(request.state.form, "key") if given is not None else new_id(),
        most=MOST_ROWS,
        **state,
    )


def _state(request: Request) -> dict[str, Any]:
    """How far each step has come, read from what is there."""
    service = request.app.state.service
    law = adopted_law(service)
    with service.ledger.reading() as reader:
        known = association_of(reader.connection)
        counts = accounts_by_role(reader.connection)
    year = today().year
    years = [(one, law.calendar.covers(one)) for one in range(FIRST_YEAR, year + 2)]
    waiting = readings_to_confirm(law, today())
    by_role = {role: counts.get(role, 0) for role in Role}
    return {
        "association": known,
        "years": years,
        "unknown": next((one for one, there in years if not there), None),
        "waiting": waiting,
        "by_role": by_role,
        "finished": {
            "association": known is not None,
            "calendar": all(there for one, there in years if one <= year),
            "accounts": by_role[Role.ASSOCIATION] > 0,
            "readings": not waiting,
            "agencies": by_role[Role.AGENCY] > 0,
        },
    }


# ---- the logo, for everybody ----


@router.get("/association/logo")
def logo(request: Request, v: LooseText = "") -> Response:
    """The association's logo; `v`: its digest, so that a browser may keep it for ever."""
    with request.app.state.service.ledger.reading() as reader:
        picture = logo_of(reader.connection)
    if picture is None:
        return Response(status_code=404)
    keep = "public, max-age=31536000, immutable" if v else "no-cache"
    return Response(picture, 200, {"Cache-Control": keep, "X-Content-Type-Options": "nosniff"}, "image/png")
