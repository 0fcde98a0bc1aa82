"""Invitations: who is invited, one by one or many at once, and the page on which the invited sets a password."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.application.access_acts import NewAccount
from api.application.answers.access import AccountShown
from api.application.idempotency import Answered
from api.application.inviting import RowsRefused, invite_many
from api.application.pasted_accounts import read_accounts
from api.application.privacy.authorisation import rights_of
from api.application.questions.inquiry import require_right
from api.http.limits.fair import Asker
from api.http.limits.rates import address_of
from api.http.public_address import base_of
from api.http.query_params import LooseText
from api.web.forms.form_filling import Refused, refused
from api.web.frame.form_leads import Keep, done_once, name_of_form, see_other, shown_once
from api.web.frame.page_acts import STAY, carried_out
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_problems import PageAnswer
from api.web.frame.render import page
from api.web.frame.visitors import remember
from api.web.people.sign_in import DIFFERENT, KNOWN_BROWSER, KNOWN_DAYS, passwords_of, start_of
from domain.errors import Contradiction, Invalid, NotFound
from domain.store.access.accounts import begin_session
from domain.store.access.admin import BOUND
from domain.store.access.invitations import accept, invited_by
from domain.store.access.passwords import hash_password
from domain.store.access.sign_in_failures import known_browser
from domain.store.db.engine import writing
from domain.values import Bilingual, Role, new_id
from projections.answers.scalars import plain

router = APIRouter(route_class=PageRoute)
_API = "/v1/invitations"
_NOBODY: Bilingual = ("有的行不对，一个邀请也没有发出。", "Some rows are wrong; nobody was invited.")


@router.get("/invitations")
async def invitations(request: Request, once: LooseText = "") -> Response:
    """The form: one row a person, typed or pasted from a spreadsheet; `once`: the links that a form has just made."""
    made = await shown_once(request, once)
    if made is None:
        return _form(request, 200, "", None)
    return page(request, "invitations-made.html", name="invitations", made=made, base=base_of(request))


@router.post("/invitations")
async def send_invitations(request: Request) -> Response:
    """First what would be made, then the links; all rows or none."""
    form = request.state.form
    text, act = text_of(form, "rows"), text_of(form, "act")
    if act == STAY:
        return _form(request, 200, text, None)
    read = read_accounts(text)
    if read.wrong:
        return _form(request, 422, text, _at_rows(read.wrong))
    try:
        made = await (_invited_once if act == "invite" else _told)(request, read.bodies)
    except RowsRefused as error:
        rows = [(read.bodies[place].login, one) for place, one in error.rows[:20]]
        said = "；".join(f"{login}：{one.text}" for login, one in rows)
        wrong = (said, "; ".join(f"{login}: {one.text_en}" for login, one in rows))
        return _form(request, 422, text, Refused(_NOBODY, ("", ""), {"rows": wrong}))
    if made.refused:
        return _form(request, made.status, text, refused(made.problem, {}))
    if act == "invite":
        return see_other(request, made.content["location"])
    key, shown = text_of(form, "key") or new_id(), made.content["items"]
    return page(request, "invitations-preview.html", name="invitations", items=shown, rows=text, key=key)


def _at_rows(wrong: list[tuple[int, Bilingual]]) -> Refused:
    zh = "；".join(f"第 {number} 行：{said[0]}" for number, said in wrong[:20])
    en = "; ".join(f"row {number}: {said[1]}" for number, said in wrong[:20])
    return Refused(_NOBODY, ("", ""), {"rows": (zh, en)})


async def _told(request: Request, bodies: list[NewAccount]) -> PageAnswer:
    """Who would be invited. Raises: RowsRefused."""
    service, caller = request.app.state.service, request.state.visitor.caller

    def do() -> Answered:
        require_right(rights_of("POST", _API), caller, None)
        made = invite_many(service, caller, bodies, preview=True)
        return Answered({"items": [plain(one) for one in made]}, replayed=False)

    return await carried_out(request, _API, do)


async def _invited_once(request: Request, bodies: list[NewAccount]) -> PageAnswer:
    """Invite them all; their links wait behind the address that is the answer's `location`. Raises: RowsRefused."""
    service, caller = request.app.state.service, request.state.visitor.caller

    def do(keep: Keep) -> None:
        require_right(rights_of("POST", _API), caller, None)
        there = f"/invitations?once={name_of_form(request)}"
        invite_many(service, caller, bodies, beside=lambda connection, made: keep(connection, there, links_of(made)))

    def once() -> Answered:
        return Answered({"location": done_once(request, do, RowsRefused)}, replayed=False)

    return await carried_out(request, _API, once)


def links_of(made: list[AccountShown]) -> list[dict[str, str | None]]:
    """Who was invited, each with the link: what is shown once."""
    told = ("login", "person", "role", "uscc", "link")
    return [{name: one[name] for name in told} for one in map(plain, made)]


def _form(request: Request, status: int, text: str, problem: Refused | None) -> Response:
    roles = list(Role) if request.state.visitor.role is Role.ADMIN else list(BOUND)
    return page(request, "invitations.html", name="invitations", status=status, rows=text, refused=problem, roles=roles)


@router.get("/invitation/{secret}")
def invitation(request: Request, secret: str) -> Response:
    """Who is invited, and the form for a password; or why the link cannot be used."""
    return _invited(request, secret, 200, None)


@router.post("/invitation/{secret}")
async def accept_invitation(request: Request, secret: str) -> Response:
    """The password is set, and the browser signed in; who comes second or late is told so, and nothing is changed."""
    async with passwords_of(request).place(Asker("unknown", address_of(request.scope))):
        return await run_in_threadpool(_accept, request, secret)


def _accept(request: Request, secret: str) -> Response:
    form, engine = request.state.form, request.app.state.service.ledger.engine
    new, again = text_of(form, "new"), text_of(form, "again")
    problem: dict[str, Bilingual] = {}
    hashed = ""
    try:
        with request.app.state.service.ledger.reading() as reader:
            account = invited_by(reader.connection, secret).account
        try:
            hashed = hash_password(new, account.login, account.person_name)
        except Invalid as weak:
            problem["new"] = (weak.text, weak.text_en)
        if not problem and new != again:
            problem["again"] = DIFFERENT
        if problem:
            said = ("密码没有设好。", "The password was not set.")
            return _invited(request, secret, 422, Refused(said, ("", ""), problem))
        with writing(engine) as connection:
            account = accept(connection, secret, hashed)
            session = begin_session(connection, account, address_of(request.scope))
            known = known_browser(connection, account.id)
    except (NotFound, Contradiction) as refusal:
        return _over(request, refusal)
    response = RedirectResponse(start_of(account), 303, {"Cache-Control": "no-store"})
    remember(response, request, session)
    remember(response, request, known, name=KNOWN_BROWSER, seconds=KNOWN_DAYS * 86_400)
    return response


def _invited(request: Request, secret: str, status: int, problem: Refused | None) -> Response:
    try:
        with request.app.state.service.ledger.reading() as reader:
            invited = invited_by(reader.connection, secret)
    except (NotFound, Contradiction) as refusal:
        return _over(request, refusal)
    if request.query_params.get("lang") is None and invited.language == "en" and "lang" not in request.cookies:
        return RedirectResponse(f"/invitation/{secret}?lang=en", 303, {"Cache-Control": "no-store"})
    return _kept_from_others(
        page(
            request,
            "invitation.html",
            name="invitation",
            status=status,
            storable=False,
            invited=invited,
            refused=problem,
            secret=secret,
        )
    )


def _over(request: Request, refusal: NotFound | Contradiction) -> Response:
    status = 404 if isinstance(refusal, NotFound) else 410
    return _kept_from_others(
        page(request, "invitation-over.html", name="invitation", status=status, storable=False, said=refusal)
    )


def _kept_from_others(response: Any) -> Response:
    """The address is a secret: no page that is opened from here is told it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    done: Response = response
    return done
