"""Who is asking: the person, role and enterprise that a Bearer token stands for (RFC 6750)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from starlette.requests import Request

from api.application.problem_types import Unauthenticated
from domain.events import Via
from domain.ledger.ledger import Ledger
from domain.store.access.tokens import Token, find_token
from domain.values import Role

MOST_CHARACTERS = 512
COOKIE = "steward_session"
"""The cookie that carries the session of who is signed in to the pages."""
CALLER = "steward.caller"
"""Where in the scope of a request from inside (`web/frame/inside.py`) its caller stands. None from outside has it."""


@dataclass(frozen=True)
class Caller:
    """The person behind a request. `scope`: what their idempotency keys belong to, the hash of token or session."""

    person_id: str
    role: Role
    uscc: str | None
    scope: bytes
    via: Via = "api"
    """By which way what they record comes in."""


def authenticate(ledger: Ledger, request: Request) -> tuple[Caller, Token]:
    """The caller of a request and the token used. Raises: Unauthenticated."""
    secret = secret_of(request)
    with ledger.reading() as reader:
        token = find_token(reader.connection, secret)
    if token is None:
        _refuse("令牌不存在、已过期或已撤销", "the token is unknown, expired or revoked")
    return Caller(token.person_id, Role(token.role), token.uscc, token.token_sha256), token


def secret_of(request: Request) -> str:
    """The token that a request carries. Raises: Unauthenticated."""
    given = request.headers.getlist("authorization")
    if not given:
        _refuse("需要令牌", "a token is needed")
    scheme, _, secret = given[0].partition(" ")
    secret = secret.strip()
    if len(given) > 1 or scheme.lower() != "bearer" or not 0 < len(secret) <= MOST_CHARACTERS:
        _refuse("Authorization 头须写作 Bearer 加一个令牌", "the Authorization header has to be Bearer and one token")
    return secret


def still_valid(ledger: Ledger, secret: str) -> bool:
    """Whether a token that was good a while ago is neither revoked nor expired by now."""
    with ledger.reading() as reader:
        return find_token(reader.connection, secret) is not None


def _refuse(text: str, text_en: str) -> NoReturn:
    raise Unauthenticated(
        text,
        text_en,
        remedy="请在 Authorization 头里写：Bearer 令牌；令牌由管理员用 steward token create 发给",
        remedy_en="Send Authorization: Bearer TOKEN; the administrator makes tokens with steward token create.",
    )
