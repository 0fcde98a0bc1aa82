"""Where in a request it stands who is asking: a Bearer token (RFC 6750), the cookie of a session."""

from __future__ import annotations

from starlette.requests import Request

from api.application.privacy.callers import no_token

MOST_CHARACTERS = 512
COOKIE = "steward_session"
"""The cookie that carries the session of who is signed in to the pages."""


def secret_of(request: Request) -> str:
    """The token that a request carries. Raises: Unauthenticated."""
    given = request.headers.getlist("authorization")
    if not given:
        raise no_token("需要令牌", "a token is needed")
    scheme, _, secret = given[0].partition(" ")
    secret = secret.strip()
    if len(given) > 1 or scheme.lower() != "bearer" or not 0 < len(secret) <= MOST_CHARACTERS:
        raise no_token(
            "Authorization 头须写作 Bearer 加一个令牌", "the Authorization header has to be Bearer and one token"
        )
    return secret
