"""Signing in and out, one's own account, and the picker of the basis that all pages share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.auth import COOKIE
from api.queries import Address, LooseText
from api.rates import address_of
from api.web.basis import rebased
from api.web.carried import NOT_SENT, STAY, unpack
from api.web.refused import Said
from api.web.render import page
from api.web.routes import PageRoute, text_of
from api.web.table import is_page
from api.web.visitors import Visitor, csrf_of, remember
from domain.errors import Busy
from domain.store.accounts import (
    WINDOW,
    account_of,
    begin_session,
    end_session,
    is_slowed_down,
    note_failure,
    password_fits,
)
from domain.store.engine import writing
from domain.values import Role

router = APIRouter(route_class=PageRoute)
MOST_WAITING = 16
"""How many passwords may wait for being checked: who sends many at once must not take all threads of the service."""
_at_once, _let_in = Semaphore(2), Semaphore(2 + MOST_WAITING)
_MINUTES = int(WINDOW.total_seconds() // 60)
TOO_OFTEN = (
    f"从这台电脑尝试的次数太多：请 {_MINUTES} 分钟后再试，或请管理员重设密码。",
    f"Too many attempts from this computer: try again in {_MINUTES} minutes, or ask the administrator.",
)
_START = {Role.AGENCY: "/agencies/{uscc}", Role.CLIENT: "/record", Role.ADMIN: "/admin"}


@router.get("/sign-in")
def sign_in_form(request: Request, next: Address = "") -> Response:  # noqa: A002  # the name in the address
    """The form."""
    return page(request, "sign-in.html", name="sign-in", onward=own_page(next), login="", problem=None, carried="")


@router.post("/sign-in")
def sign_in(request: Request) -> Response:
    """Begin a session; on failure the form again, which never says whether the login exists."""
    form = request.state.form
    login, password, onward, carried = (text_of(form, name) for name in ("login", "password", "next", "carried"))
    if text_of(form, "act") == STAY:
        return _again(request, 200, login, onward, NOT_SENT if unpack(carried) else None, carried)
    before: Visitor | None = request.state.visitor
    source, ledger = address_of(request.scope), request.app.state.service.ledger
    with hashing():
        with ledger.reading() as reader:  # when it is one's turn: who guesses many at once is not looked at too early
            slowed = is_slowed_down(reader.connection, login, source)
            found = account_of(reader.connection, login)
        fits = not slowed and password_fits(None if found is None else found[1], password)
    if slowed:
        return _again(request, 429, login, onward, TOO_OFTEN, carried)
    with writing(ledger.engine, beside=True) as connection:
        if found is None or not fits:
            note_failure(connection, login, source)
            secret = None
        else:
            secret = begin_session(connection, found[0], source)
            if before is not None:
                end_session(connection, before.session.session_sha256)  # its cookie is overwritten
    if found is None or secret is None:
        return _again(request, 403, login, onward, ("登录名或密码不对。", "Login or password is wrong."), carried)
    fields, there = unpack(carried), own_page(onward)
    if fields and there:
        response: Response = page(
            request, "send-again.html", name="sign-in", storable=False, there=there, fields=fields, csrf=csrf_of(secret)
        )
    else:
        response = RedirectResponse(there or start_of(found[0]), 303, {"Cache-Control": "no-store"})
    remember(response, request, secret)
    return response


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End this session."""
    visitor: Visitor | None = request.state.visitor
    if visitor is not None:
        with writing(request.app.state.service.ledger.engine, beside=True) as connection:
            end_session(connection, visitor.session.session_sha256)
    response = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE)
    return response


@router.get("/basis")
def basis(
    request: Request,
    to: Address = "",
    as_of: LooseText = "",
    known_local: LooseText = "",
    known_exact: LooseText = "",
) -> Response:
    """From the picker back to the page it was on, on the basis that was picked."""
    return RedirectResponse(
        rebased(own_page(to) or "/", as_of, known_local, known_exact), 303, {"Cache-Control": "no-store"}
    )


@contextmanager
def hashing() -> Iterator[None]:
    """Check passwords in the block, two at once: each takes 64 MiB and a core. Raises: Busy when too many wait."""
    if not _let_in.acquire(blocking=False):
        raise Busy(
            "同时登录的人太多", "too many people are signing in at this moment",
            remedy="请稍后重试", remedy_en="Try again in a moment.",
        )  # fmt: skip
    try:
        with _at_once:
            yield
    finally:
        _let_in.release()


def own_page(address: str) -> str:
    """The address if it is one of our pages, else nothing: nobody is led elsewhere."""
    parts = urlsplit(address) if address.isprintable() and "\\" not in address else None
    own = parts is not None and not parts.scheme and not parts.netloc and address[:2] != "//"
    return address if own and parts is not None and is_page(parts.path) else ""


def start_of(account_: Any) -> str:
    """Where somebody begins."""
    return _START.get(account_.role, "/board").format(uscc=account_.uscc)


def _again(request: Request, status: int, login: str, onward: str, said: Said | None, carried: str) -> Response:
    """The form again. What an unsent form carried stays in it."""
    return page(
        request, "sign-in.html", name="sign-in", status=status, onward=own_page(onward), login=login, problem=said,
        carried=carried if unpack(carried) else "",
    )  # fmt: skip
