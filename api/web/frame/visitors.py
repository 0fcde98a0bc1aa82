"""Who sits before the browser: the session behind the cookie, and whether a form was sent from one of our pages."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.application.privacy.authorisation import Caller
from api.http.public_address import is_foreign
from api.http.request import COOKIE
from domain.store.access.accounts import LONGEST, Account, Session, find_session, is_stale, touch_session
from domain.store.db.engine import reading, writing
from domain.store.db.write_guard import guard_of
from domain.values import Role

FIELD = "csrf"
"""The hidden field that every form of a signed-in page carries."""


@dataclass(frozen=True)
class Visitor:
    """A signed-in person."""

    session: Session
    csrf: str

    @property
    def account(self) -> Account:
        """Whose session it is."""
        return self.session.account

    @property
    def role(self) -> Role:
        """In which role they work."""
        return self.account.role

    @property
    def caller(self) -> Caller:
        """The visitor as the caller that the API knows."""
        one = self.account
        return Caller(one.person_id, one.role, one.uscc, self.session.session_sha256, via="page")


def visitor_of(request: Request) -> Visitor | None:
    """Who is signed in; None for the public. Notes the use of the session, at most once a minute."""
    secret = request.cookies.get(COOKIE)
    if not secret or len(secret) > 128:
        return None
    engine = request.app.state.service.ledger.engine
    with reading(engine) as connection:  # of no rows of an agency's
        session = find_session(connection, secret)
    if session is None:
        return None
    if is_stale(session) and not guard_of(engine).stops():  # pages are shown while nothing can be written
        with writing(engine, beside=True) as connection:
            touch_session(connection, session)
    return Visitor(session, csrf_of(secret))


def csrf_of(secret: str) -> str:
    """What a page of this session writes into its forms: it follows from the secret and does not tell it."""
    return hmac.new(secret.encode(), b"steward form", hashlib.sha256).hexdigest()


def remember(
    response: Response,
    request: Request,
    secret: str,
    *,
    name: str = COOKIE,
    seconds: int = int(LONGEST.total_seconds()),
) -> None:
    """Set a cookie, the session's: not for scripts, not for other sites' forms, over TLS only where there is TLS."""
    response.set_cookie(
        name,
        secret,
        seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https" or request.app.state.service.settings.by_https,
    )


def comes_from_elsewhere(request: Request) -> bool:
    """Whether the browser says that another site's page sent this (CSRF): by `Origin`, or by `Sec-Fetch-Site`."""
    return is_foreign(request)


def comes_from_here(request: Request) -> bool:
    """Whether the browser itself says that one of our own pages sent this; not where it says nothing."""
    said = request.headers.get("origin") is not None or request.headers.get("sec-fetch-site") == "same-origin"
    return said and not comes_from_elsewhere(request)


def is_of_session(visitor: Visitor, form: FormData) -> bool:
    """Whether a form carries this session's own field: the second sign beside the browser's (CSRF)."""
    given = form.get(FIELD)
    return isinstance(given, str) and hmac.compare_digest(given.encode(), visitor.csrf.encode())
