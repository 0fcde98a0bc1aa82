"""Answers to questions: JSON bytes with a strong ETag, and how long they may be kept (RFC 9110, 9111)."""

from __future__ import annotations

import hashlib
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple, ParamSpec

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.application.questions.inquiry import FileQuestion, Inquiry, Question, Snapshot
from domain.values import SHANGHAI

P = ParamSpec("P")
FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"


PUBLIC_SECONDS = 60
"""How long anybody's cache may show a public answer without asking again: what is taken off is gone by then."""


class Encoded(NamedTuple):
    """An answer as it goes out: its bytes and the headers that belong to them."""

    body: bytes
    headers: dict[str, str]
    media_type: str = "application/json"

    def response(self, request: Request) -> Response:
        """200 with the body, or 304 when the caller has exactly this already."""
        if _has_already(request.headers.get("if-none-match", ""), self.headers["ETag"]):
            return Response(status_code=304, headers=self.headers)
        return Response(self.body, 200, self.headers, self.media_type)


class PageBytes(NamedTuple):
    """A page as it goes out: like `Encoded`, with the tag made here."""

    body: bytes
    headers: dict[str, str]
    media_type: str

    def response(self, request: Request) -> Response:
        """200 with the page, or 304 when the caller has exactly this already."""
        return Encoded(self.body, {**self.headers, "ETag": _etag(self.body)}, self.media_type).response(request)


def encoded(content: Any, *, for_ever: bool = False) -> Encoded:
    """The content as bytes."""
    body = msgspec.json.encode(content)
    return Encoded(
        body, {"ETag": _etag(body), "Cache-Control": FOR_EVER if for_ever else ASK_AGAIN, "Vary": "Authorization"}
    )


def answer(request: Request, content: Any, *, for_ever: bool = False) -> Response:
    """200 with the content, or 304 when the caller has exactly this already."""
    return encoded(content, for_ever=for_ever).response(request)


def answered(request: Request, question: Question[P], *args: P.args, **kwargs: P.kwargs) -> Response:
    """The answer to the caller's question, as they may read it. Raises: what the question refuses with."""
    inquiry = inquiry_of(request)
    found = inquiry.told(question(inquiry, *args, **kwargs))
    request.state.about = inquiry.about
    return answer(request, found.content, for_ever=found.for_ever)


def answered_once(request: Request, question: Question[P], *args: P.args, **kwargs: P.kwargs) -> Response:
    """The answer to a question that is posted: nobody keeps it."""
    inquiry = inquiry_of(request)
    found = question(inquiry, *args, **kwargs)
    request.state.about = inquiry.about
    return Response(msgspec.json.encode(found.content), 200, {"Cache-Control": "no-store"}, "application/json")


def handed_out(request: Request, question: FileQuestion[P], *args: P.args, **kwargs: P.kwargs) -> Response:
    """The file that answers the caller's question. Raises: what the question refuses with."""
    inquiry = inquiry_of(request)
    found = question(inquiry, *args, **kwargs)
    request.state.about = inquiry.about
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"', "Cache-Control": "private, no-cache"}
    return Response(found.body, 200, headers, found.media_type)


def inquiry_of(request: Request) -> Inquiry:
    """Who asks, as the guard has found out."""
    return Inquiry(Snapshot(request.app.state.service, request.state.caller), request.state.reach)


def public_answer(request: Request, body: bytes, media_type: str, now: datetime) -> Response:
    """What everybody may read and keep for a moment, never beyond its day in Shanghai (RFC 9111, 5.2.2.9)."""
    midnight = datetime.combine(now.astimezone(SHANGHAI).date() + timedelta(days=1), time.min, SHANGHAI)
    seconds = min(PUBLIC_SECONDS, int((midnight - now).total_seconds()))
    headers = {"ETag": _etag(body), "Cache-Control": f"public, max-age={seconds}", "Vary": "Accept"}
    return Encoded(body, headers, media_type).response(request)


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:40]}"'


def _has_already(given: str, etag: str) -> bool:
    """`If-None-Match`: compared weakly, as RFC 9110, 13.1.2 wants it."""
    known = [one.strip().removeprefix("W/") for one in given.split(",")]
    return etag in known or given.strip() == "*"
