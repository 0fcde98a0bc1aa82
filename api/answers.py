"""Answers to questions: JSON bytes with a strong ETag, and how long they may be kept (RFC 9110, 9111)."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from domain.store.sealer import sealed_until
from domain.values import Instant

FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"


def answer(request: Request, content: Any, *, for_ever: bool = False) -> Response:
    """200 with the content, or 304 when the caller has exactly this already."""
    body = msgspec.json.encode(content)
    etag = f'"{hashlib.sha256(body).hexdigest()[:40]}"'
    headers = {"ETag": etag, "Cache-Control": FOR_EVER if for_ever else ASK_AGAIN, "Vary": "Authorization"}
    if _has_already(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


def _has_already(given: str, etag: str) -> bool:
    """`If-None-Match`: compared weakly, as RFC 9110, 13.1.2 wants it."""
    known = [one.strip().removeprefix("W/") for one in given.split(",")]
    return etag in known or given.strip() == "*"


def may_cache_for_ever(connection: Connection, *, as_of_given: bool, known_at: Instant, known_at_given: bool) -> bool:
    """Whether the answer can never change: both clocks were named, and no event yet to come is recorded by `known_at`.

    `known_at` is the instant that the basis resolved to. Up to the sealed horizon nothing further is recorded
    (events.md, Answers); `sealed_until` says what that promise rests on.
    """
    if not (as_of_given and known_at_given):
        return False
    _, horizon = sealed_until(connection)
    return horizon is not None and known_at < horizon
