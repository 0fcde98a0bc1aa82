"""Who is asking: the person, role and enterprise that a token stands for."""

from __future__ import annotations

from dataclasses import dataclass

from api.application.problem_types import Unauthenticated
from domain.events import Via
from domain.ledger.ledger import Ledger
from domain.store.access.tokens import Token, find_token
from domain.values import Role


@dataclass(frozen=True)
class Caller:
    """The person behind a request. `scope`: what their idempotency keys belong to, the hash of token or session."""

    person_id: str
    role: Role
    uscc: str | None
    scope: bytes
    via: Via = "api"
    """By which way what they record comes in."""


def authenticate(ledger: Ledger, secret: str) -> tuple[Caller, Token]:
    """The caller that a token's secret stands for, and the token. Raises: Unauthenticated."""
    with ledger.reading() as reader:
        token = find_token(reader.connection, secret)
    if token is None:
        raise no_token("令牌不存在、已过期或已撤销", "the token is unknown, expired or revoked")
    return Caller(token.person_id, Role(token.role), token.uscc, token.token_sha256), token


def still_valid(ledger: Ledger, secret: str) -> bool:
    """Whether a token that was good a while ago is neither revoked nor expired by now."""
    with ledger.reading() as reader:
        return find_token(reader.connection, secret) is not None


def no_token(text: str, text_en: str) -> Unauthenticated:
    """The refusal of a request without a valid token."""
    return Unauthenticated(
        text,
        text_en,
        remedy="请在 Authorization 头里写：Bearer 令牌；令牌由管理员用 steward token create 发给",
        remedy_en="Send Authorization: Bearer TOKEN; the administrator makes tokens with steward token create.",
    )
