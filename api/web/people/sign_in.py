"""Signing in and out, and the picker of the basis that all pages share."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.http.limits.fair import Asker, FairPlaces
from api.http.limits.rates import address_of
from api.http.oidc import is_offered
from api.http.query_params import Address, LooseText
from api.http.request import COOKIE
from api.web.frame.basis_picker import rebased
from api.web.frame.page_acts import NOT_SENT, STAY, unpack
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_table import is_page
from api.web.frame.render import page
from api.web.frame.visitors import Visitor, csrf_of, remember
from domain.errors import Busy
from domain.ledger.ledger import Ledger
from domain.store.access.access_audit import By
from domain.store.access.accounts import Account, account_of, begin_session, end_session
from domain.store.access.passwords import password_fits
from domain.store.access.second_factor import EVERYWHERE, account_of_ticket, take_code, ticket_for
from domain.store.access.sign_in_failures import (
    forget_failures,
    known_browser,
    note_failure,
    seconds_to_wait,
    source_of_browser,
)
from domain.store.db.engine import writing
from domain.values import Bilingual, Role

router = APIRouter(route_class=PageRoute)
DIFFERENT: Bilingual = ("两次输入的密码不一样。", "The two passwords are not the same.")
"""What is said where a password is typed twice."""
AT_ONCE, MOST_WAITING, WAITING_OF_ONE = 2, 512, 256
"""Passwords checked at once (each takes 64 MiB and a core for 0.1 s), and how many may wait, without a thread: a whole
office that signs in at nine o'clock has room."""
KNOWN_BROWSER, KNOWN_DAYS = "steward_known", 180
"""The cookie of a browser in which somebody has signed in before: it has tries and a turn in the queue of its own."""
BY_PROVIDER, LEAVING = "steward_by_provider", "/sign-in/oidc/leaving"
"""The cookie of a browser that signed in by an identity provider, and where it goes on from signing out."""
_START = {Role.AGENCY: "/agencies/{uscc}", Role.CLIENT: "/matters", Role.ADMIN: "/admin"}


@router.get("/sign-in")
def sign_in_form(request: Request, next: Address = "") -> Response:  # noqa: A002  # the name in the address
    """The form."""
    return page(request, "sign-in.html", name="sign-in", onward=own_page(next), login="", problem=None, carried="")


class _Try(NamedTuple):
    """How a sign-in ended: with a session's secret for the account, or after how many seconds one may try again."""

    account: Account | None = None
    secret: str | None = None
    wait: int = 0
    browser: str | None = None
    """What the browser shall keep to be known."""
    ticket: str = ""
    """The password was right, and a code is still to be given."""


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Begin a session; on failure the form again, which never says whether the login exists."""
    form = request.state.form
    login, password, onward, carried = (text_of(form, name) for name in ("login", "password", "next", "carried"))
    if text_of(form, "act") == STAY:
        if ticket := text_of(form, "ticket"):
            return code_form(request, 200, ticket, onward, carried, None)
        return _again(request, 200, login, onward, NOT_SENT if unpack(carried) else None, carried)
    before: Visitor | None = request.state.visitor
    ledger: Ledger = request.app.state.service.ledger
    if ticket := text_of(form, "ticket"):
        return await _second_step(request, ledger, ticket, onward, carried)
    asker = await run_in_threadpool(_asker, request, ledger, login)
    async with passwords_of(request).place(asker):
        tried = await run_in_threadpool(_try, ledger, login, password, str(asker.one), before)
    if tried.wait:
        return _again(request, 429, login, onward, too_often(tried.wait), carried, wait=tried.wait)
    if tried.ticket:
        return code_form(request, 200, tried.ticket, onward, carried, None)
    if tried.account is None or tried.secret is None:
        return _again(request, 403, login, onward, ("登录名或密码不对。", "Login or password is wrong."), carried)
    return _signed_in(request, tried, tried.account, tried.secret, onward, carried)


async def _second_step(request: Request, ledger: Ledger, ticket: str, onward: str, carried: str) -> Response:
    """The code after the password: with the right one the session begins; wrong ones are counted wherever they come
    from, as who tries them has the password."""
    code = text_of(request.state.form, "code")[:100]
    tried = await run_in_threadpool(_try_code, request, ledger, ticket, code)
    if tried is None:
        said = ("登录超过时限或密码已改：请重新输入密码。", "It took too long, or the password changed: give it again.")
        return _again(request, 403, "", onward, said, carried)
    if tried.wait:
        return code_form(request, 429, ticket, onward, carried, too_often(tried.wait), wait=tried.wait)
    if tried.account is None or tried.secret is None:
        said = (
            "验证码不对，或已经用过：请等手机显示下一个；备用码每个只能用一次。",
            "The code is wrong or was used: wait for the next one. A recovery code works once.",
        )
        return code_form(request, 403, ticket, onward, carried, said)
    return _signed_in(request, tried, tried.account, tried.secret, onward, carried)


def _try_code(request: Request, ledger: Ledger, ticket: str, code: str) -> _Try | None:
    with ledger.reading() as reader:
        account = account_of_ticket(reader.connection, ticket)
        wait = 0 if account is None else seconds_to_wait(reader.connection, account.id, EVERYWHERE)
    if account is None:
        return None
    if wait:
        return _Try(wait=wait)
    before: Visitor | None = request.state.visitor
    with writing(ledger.engine, beside=True) as connection:
        if not take_code(connection, account.id, code, by=By(account.person_id, "page")):
            note_failure(connection, account.id, EVERYWHERE)
            return _Try()
        forget_failures(connection, account.id, EVERYWHERE)
        secret = begin_session(connection, account, address_of(request.scope))
        if before is not None:
            end_session(connection, before.session.session_sha256)
        kept = request.cookies.get(KNOWN_BROWSER, "")
        known = bool(kept) and source_of_browser(connection, account.id, kept) is not None
        return _Try(account, secret, browser=None if known else known_browser(connection, account.id))


def code_form(
    request: Request, status: int, ticket: str, onward: str, carried: str, said: Bilingual | None, *, wait: int = 0
) -> Response:
    """The form for the code. What an unsent form carried stays in it."""
    response = page(
        request,
        "sign-in-code.html",
        name="sign-in",
        status=status,
        storable=False,
        ticket=ticket,
        onward=own_page(onward),
        problem=said,
        carried=carried if unpack(carried) else "",
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _signed_in(request: Request, tried: _Try, account: Account, secret: str, onward: str, carried: str) -> Response:
    """To where one wanted to go, or the form that was not sent when a session was over."""
    fields, there = unpack(carried), own_page(onward)
    if fields and there:
        csrf = csrf_of(secret)
        response: Response = page(
            request, "send-again.html", name="sign-in", storable=False, there=there, fields=fields, csrf=csrf
        )
    else:
        response = RedirectResponse(there or start_of(account), 303, {"Cache-Control": "no-store"})
    remember(response, request, secret)
    if tried.browser is not None:
        remember(response, request, tried.browser, name=KNOWN_BROWSER, seconds=KNOWN_DAYS * 86_400)
    return response


def _asker(request: Request, ledger: Ledger, login: str) -> Asker:
    """Whose tries are counted: the known browser's, where this is one of the account, else the address's."""
    kept = request.cookies.get(KNOWN_BROWSER, "")
    if kept:
        with ledger.reading() as reader:
            found = account_of(reader.connection, login)
            own = None if found is None else source_of_browser(reader.connection, found[0].id, kept)
        if own is not None:
            return Asker("known", own)
    return Asker("unknown", address_of(request.scope))


def _try(ledger: Ledger, login: str, password: str, source: str, before: Visitor | None) -> _Try:
    """One try, when it is its turn: whoever sends many at once is not looked at too early."""
    with ledger.reading() as reader:
        wait = seconds_to_wait(reader.connection, login, source)
        found = account_of(reader.connection, login)
    if wait:
        return _Try(wait=wait)
    fits = password_fits(None if found is None else found[1], password)
    with writing(ledger.engine, beside=True) as connection:
        if found is None or not fits:
            note_failure(connection, login, source)
            return _Try()
        if found[0].factor_at is not None:
            return _Try(ticket=ticket_for(connection, found[0].id, found[1]))
        secret = begin_session(connection, found[0], source)
        if before is not None:
            end_session(connection, before.session.session_sha256)  # its cookie is overwritten
        known = source.startswith("browser:")
        return _Try(found[0], secret, browser=None if known else known_browser(connection, found[0].id))


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End this session."""
    visitor: Visitor | None = request.state.visitor
    if visitor is not None:
        with writing(request.app.state.service.ledger.engine, beside=True) as connection:
            end_session(connection, visitor.session.session_sha256)
    by_provider = BY_PROVIDER in request.cookies and is_offered(request.app.state.service.settings)
    response = RedirectResponse(LEAVING if by_provider else "/", 303, {"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE)
    return response


@router.get("/basis")
def basis(
    request: Request, to: Address = "", as_of: LooseText = "", known_local: LooseText = "", known_exact: LooseText = ""
) -> Response:
    """From the picker back to the page it was on, on the basis that was picked."""
    return RedirectResponse(
        rebased(own_page(to) or "/", as_of, known_local, known_exact), 303, {"Cache-Control": "no-store"}
    )


def password_places() -> FairPlaces:
    """The places at which passwords are checked, of one process."""
    return FairPlaces(AT_ONCE, MOST_WAITING, _too_many, waiting_of_one=WAITING_OF_ONE)


def passwords_of(request: Request) -> FairPlaces:
    """The places in which passwords are checked, so many at a time, of the service that was asked."""
    places: FairPlaces = request.app.state.passwords
    return places


def _too_many() -> Busy:
    return Busy(
        "同时登录的人太多",
        "too many people are signing in at this moment",
        remedy="请稍后重试",
        remedy_en="Try again in a moment.",
    )


def too_often(seconds: int) -> Bilingual:
    """What who has guessed too often is told."""
    return (
        f"尝试的次数太多：请 {seconds} 秒后再试，或在以前登录过的浏览器里登录，或请管理员重设密码。",
        f"Too many attempts: try again in {seconds} seconds, use a browser in which you have signed in before, or ask "
        "the administrator for another password.",
    )


def own_page(address: str) -> str:
    """The address if it is one of our pages, else nothing: nobody is led elsewhere."""
    parts = urlsplit(address) if address.isprintable() and "\\" not in address else None
    own = parts is not None and not parts.scheme and not parts.netloc and address[:2] != "//"
    return address if own and parts is not None and is_page(parts.path) else ""


def start_of(account_: Any) -> str:
    """Where somebody begins: with another password where this one was handed out."""
    if account_.handed_out_at is not None:
        return "/account"
    return _START.get(account_.role, "/board").format(uscc=account_.uscc)


def _again(
    request: Request, status: int, login: str, onward: str, said: Bilingual | None, carried: str, *, wait: int = 0
) -> Response:
    """The form again. What an unsent form carried stays in it."""
    response = page(
        request,
        "sign-in.html",
        name="sign-in",
        status=status,
        onward=own_page(onward),
        login=login,
        problem=said,
        carried=carried if unpack(carried) else "",
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
