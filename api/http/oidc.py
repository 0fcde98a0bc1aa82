"""Signing in by an identity provider (OpenID Connect Core 1.0, authorization code with PKCE): the protocol.

An optional extra (`pip install steward-ledger[oidc]`). The provider says who somebody is, never what they may: an
account is linked to a subject by an administrator, and keeps its role. What the browser carries between the two steps
(state, nonce, verifier) is sealed by the key of the rows and good for ten minutes, in this browser, once.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import secrets
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec

from api.settings import Settings
from domain.errors import Busy, Forbidden
from domain.store.access.accounts import linked_as
from domain.values import Bilingual

SECONDS = 600
_TIMEOUT_SECONDS, _SKEW_SECONDS = 10, 60
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Of ID tokens: signatures with the provider's published keys only; none, and no shared secret."""
_REMEDY = ("请重新登录；仍不行请告诉管理员", "Sign in again; if that does not help, tell the administrator.")


_CLAIMS: dict[str, Bilingual] = {
    "": (
        "身份提供方的证明不能核实：签名或格式不对",
        "what the provider attests cannot be verified: its signature or form",
    ),
    "nonce": (
        "身份提供方的证明不是为这次登录出具的（nonce 不符）",
        "what the provider attests was made for another sign-in (nonce)",
    ),
    "exp": (
        "身份提供方的证明已过期：请核对两边服务器的时钟",
        "what the provider attests has expired: compare the clocks of both servers",
    ),
    "iss": ("证明来自另一个身份提供方（iss 不符）", "another provider attests it (iss)"),
    "aud": (
        "身份提供方的证明是给另一个系统的（aud 不符）",
        "what the provider attests is meant for another service (aud)",
    ),
    "sub": ("身份提供方没有说明是谁", "the provider does not say who it is"),
}
"""What is wrong with an ID token, by the claim that does not hold; empty: with the whole."""


class Journey(msgspec.Struct, frozen=True):
    """What the browser carries to the provider and back."""

    state: str
    nonce: str
    verifier: str
    onward: str
    until: int


class Departure(NamedTuple):
    """Where the browser is sent, and what it keeps meanwhile."""

    address: str
    journey: Journey


def is_offered(settings: Settings) -> bool:
    """Whether a provider is named in the settings and the extra is installed."""
    named = bool(settings.oidc_issuer and settings.oidc_client_id)
    return named and importlib.util.find_spec("authlib") is not None


def depart(settings: Settings, back: str, onward: str) -> Departure:
    """The provider's address for this sign-in. Raises: Busy where the provider cannot be asked."""
    found = _metadata(settings)
    now = int(datetime.now(UTC).timestamp())
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    journey = Journey(state, nonce, verifier, onward, now + SECONDS)
    with _client(settings, back) as client:
        address, _ = client.create_authorization_url(
            found["authorization_endpoint"], state=journey.state, nonce=journey.nonce, code_verifier=journey.verifier
        )
    return Departure(str(address), journey)


def arrive(settings: Settings, back: str, journey: Journey, code: str) -> str:
    """Who the provider says it is: issuer and subject, as accounts are linked to. Raises: Forbidden, Busy."""
    import requests
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.oauth2.rfc6749 import OAuth2Error

    found = _metadata(settings)
    try:
        with _client(settings, back) as client:
            tokens = client.fetch_token(
                found["token_endpoint"],
                code=code,
                code_verifier=journey.verifier,
                grant_type="authorization_code",
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
    except (OAuthError, OAuth2Error) as error:
        refusal = str(getattr(error, "error", "") or "")[:60]
        raise _untrusted(
            f"身份提供方不接受这次登录（{refusal}）：用时过长、返回地址打开了两次，或不是同一个浏览器",
            f"the provider does not accept this sign-in ({refusal}): it took too long, the way back was opened twice, "
            "or in another browser",
        ) from error
    except (requests.RequestException, ValueError) as error:
        raise _silent() from error
    return _subject(settings, _fetched(found["jwks_uri"]), str(tokens.get("id_token") or ""), journey.nonce)


def _subject(settings: Settings, keys: Any, id_token: str, nonce: str) -> str:
    """The subject of an ID token whose signature, issuer, audience, times and nonce hold (Core, 3.1.3.7)."""
    from joserfc import jwt
    from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
    from joserfc.jwk import KeySet

    try:
        token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)
        jwt.JWTClaimsRegistry(
            leeway=_SKEW_SECONDS,
            iss={"essential": True, "value": settings.oidc_issuer},
            sub={"essential": True},
            aud={"essential": True, "value": settings.oidc_client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(token.claims)
    except ClaimError as error:
        name = "exp" if isinstance(error, ExpiredTokenError) else str(error.claim)
        raise _untrusted(*_CLAIMS.get(name, _CLAIMS[""])) from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _untrusted(*_CLAIMS[""]) from error
    audience, party = token.claims["aud"], token.claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if (several or party is not None) and party != settings.oidc_client_id:
        raise _untrusted("身份提供方的证明是给另一个系统的", "what the provider attests is meant for another service")
    subject = token.claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise _untrusted("身份提供方没有说明是谁", "the provider does not say who it is")
    return linked_as(settings.oidc_issuer, subject)


def farewell(settings: Settings, onward: str) -> str | None:
    """Where a browser ends its session at the provider too, and comes back from (RP-Initiated Logout 1.0).

    None where the provider has no such address. Raises: Busy where it cannot be asked.
    """
    there = _metadata(settings).get("end_session_endpoint")
    if not _is_safe(there):
        return None
    joined = "&" if urlsplit(str(there)).query else "?"
    return f"{there}{joined}{urlencode({'client_id': settings.oidc_client_id, 'post_logout_redirect_uri': onward})}"


def sealed(journey: Journey, key: bytes) -> str:
    """What the browser keeps, under the key of the rows."""
    said = msgspec.json.encode(journey)
    return said.hex() + "." + hmac.digest(key, b"oidc|" + said, hashlib.sha256).hex()


def opened(kept: str, key: bytes) -> Journey | None:
    """The journey again; None for one that is none of ours, or too old."""
    said, _, mark = kept.partition(".")
    try:
        raw = bytes.fromhex(said)
        right = hmac.digest(key, b"oidc|" + raw, hashlib.sha256).hex()
        if not kept.isascii() or not hmac.compare_digest(mark, right):
            return None
        journey = msgspec.json.decode(raw, type=Journey)
    except (ValueError, msgspec.DecodeError):
        return None
    return journey if journey.until > datetime.now(UTC).timestamp() else None


def _client(settings: Settings, back: str) -> Any:
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value() or None,
        scope="openid",
        redirect_uri=back,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if settings.oidc_client_secret.get_secret_value() else "none",
    )


def _metadata(settings: Settings) -> dict[str, Any]:
    """What the provider publishes of itself (OpenID Connect Discovery 1.0), for the issuer in the settings alone."""
    found = _fetched(settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if found.get("issuer") != settings.oidc_issuer or not all(_is_safe(found.get(one)) for one in wanted):
        raise _silent()
    return found


def _is_safe(address: Any) -> bool:
    """HTTPS, or a provider on this machine."""
    parts = urlsplit(address) if isinstance(address, str) else None
    return parts is not None and (parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1"))


def _fetched(address: str) -> dict[str, object]:
    import requests

    if not _is_safe(address):
        raise _silent()
    try:
        answer = requests.get(address, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        content = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError) as error:
        raise _silent() from error
    if not isinstance(content, dict):
        raise _silent()
    return content


def _silent() -> Busy:
    return Busy(
        "身份提供方现在没有回答，或回答不对",
        "the identity provider does not answer, or not as it should",
        remedy="请稍后重试，或用密码登录",
        remedy_en="Try again later, or sign in by password.",
    )


def _untrusted(text: str, text_en: str) -> Forbidden:
    return Forbidden(text, text_en, remedy=_REMEDY[0], remedy_en=_REMEDY[1])
