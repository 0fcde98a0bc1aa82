"""Answers to questions: JSON bytes with a strong ETag, and how long they may be kept (RFC 9110, 9111).

Feeds as Atom (RFC 4287): XML by the standard library's writer, valid whatever a name holds.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple, ParamSpec
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.application.questions.inquiry import FileQuestion, Inquiry, Question, Snapshot
from domain.values import SHANGHAI
from projections.public.feeds import Feed, FeedEntry

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


ATOM = "application/atom+xml"
JSON = "application/json"
NAMESPACE = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, however they are written (XML 1.0, 2.2)."""


def atom(feed: Feed, base: str) -> bytes:
    """The document. `base`: scheme and host under which it is asked for, of which its links are made."""
    root = Element("feed", {"xmlns": NAMESPACE, _LANGUAGE: "zh-CN"})
    _head(root, feed.id, feed.title, feed.updated)
    _with_text(SubElement(root, "author"), "name", feed.author)
    SubElement(root, "link", {"rel": "self", "type": ATOM, "href": base + feed.path})
    SubElement(root, "link", {"rel": "alternate", "type": JSON, "href": base + feed.list_path})
    for entry in feed.entries:
        _entry(SubElement(root, "entry"), entry)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(element: Element, entry: FeedEntry) -> None:
    _head(element, entry.id, entry.title, entry.updated)
    if entry.category is not None:
        SubElement(element, "category", {"term": _valid(entry.category)})
    said = "\n".join(f"{label}：{value}" for label, value in entry.lines)
    _with_text(element, "content", said, type="text")


def _head(element: Element, id_: str, title: str, updated: str) -> None:
    _with_text(element, "id", id_)
    _with_text(element, "title", title, type="text")
    _with_text(element, "updated", updated)


def _with_text(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _valid(text)


def _valid(text: str) -> str:
    """With a replacement character where XML has none to offer."""
    return _NOT_IN_XML.sub("\ufffd", text)
