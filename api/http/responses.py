"""Answers to questions: JSON bytes with an ETag, and how long they may be kept (RFC 9110, 9111).

Feeds as Atom (RFC 4287): XML by the standard library's writer, valid whatever a name holds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from inspect import signature
from typing import Any, BinaryIO, NamedTuple, ParamSpec
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.application.exports.exporting import MEDIA_TYPES, TableFile, echoed, exported
from api.application.exports.filter_names import filters_named
from api.application.questions.inquiry import Answer, FileAnswer, FileQuestion, Inquiry, Question, Snapshot
from api.http.table_forms import in_chinese
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


def encoded(content: Any, *, for_ever: bool = False, of_now: bool = False) -> Encoded:
    """The content as bytes. `of_now`: nobody asked for a `known_at`, so the one that is echoed is only the clock.

    Of such an answer the tag is weak (RFC 9110, 8.8.1) and made of all but that echo: what somebody has is still so
    as long as nothing else in it changed.
    """
    body = msgspec.json.encode(content)
    echo = _echo(content) if of_now else b""
    tag = "W/" + _etag(body.replace(echo, b"")) if echo else _etag(body)
    return Encoded(body, {"ETag": tag, "Cache-Control": FOR_EVER if for_ever else ASK_AGAIN, "Vary": "Authorization"})


def _echo(content: Any) -> bytes:
    return echoed(content.get("known_at") if isinstance(content, dict) else getattr(content, "known_at", None))


def answer(request: Request, content: Any, *, for_ever: bool = False) -> Response:
    """200 with the content, or 304 when the caller has exactly this already."""
    of_now = "known_at" not in request.query_params
    return encoded(content, for_ever=for_ever, of_now=of_now).response(request)


def answered(request: Request, question: Question[P], *args: P.args, **kwargs: P.kwargs) -> Response:
    """The answer to the caller's question, as they may read it. Raises: what the question refuses with."""
    inquiry = inquiry_of(request)
    if request.state.form is not None:
        return _tabled(request, inquiry, question, signature(question).bind(inquiry, *args, **kwargs).arguments)
    found = inquiry.told(question(inquiry, *args, **kwargs))
    request.state.about = inquiry.about
    return answer(request, found.content, for_ever=found.for_ever)


def _tabled(request: Request, inquiry: Inquiry, question: Callable[..., Answer], given: Mapping[str, Any]) -> Response:
    """The whole list as a file (`?format=`, `Accept`), not a page of it."""
    asked = {name: value for name, value in given.items() if name not in ("inquiry", "limit", "cursor")}
    filters = filters_named(request.query_params)
    made = exported(inquiry, question, asked, request.state.form, chinese=in_chinese(request), filters=filters)
    request.state.about = inquiry.about
    return file_sent(request, made)


def file_sent(request: Request, made: TableFile) -> Response:
    """A written table, a piece at a time; kept by nobody."""
    if made.form in ("json", "ndjson"):
        return _answer_sent(request, made)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.name)}",
        "Content-Length": str(made.size),
        "Cache-Control": "no-store",
        "Vary": "Authorization, Accept",
    }
    charset = "; charset=utf-8" if made.form == "csv" else ""
    return StreamingResponse(pieces(made.file), 200, headers, MEDIA_TYPES[made.form] + charset)


def workbook_sent(content: bytes | BinaryIO, name: str) -> Response:
    """A workbook as a file to be saved, kept by nobody; a long one a piece at a time."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    if isinstance(content, bytes):
        return Response(content, 200, headers, MEDIA_TYPES["xlsx"])
    return StreamingResponse(pieces(content), 200, headers, MEDIA_TYPES["xlsx"])


def _answer_sent(request: Request, made: TableFile) -> Response:
    """An answer that is too long to be held in memory: with its ETag, or 304 when the caller has exactly this."""
    headers = {"ETag": _file_tag(made), "Vary": "Authorization, Accept"}
    headers["Cache-Control"] = FOR_EVER if made.for_ever else ASK_AGAIN
    if _has_already(request.headers.get("if-none-match", ""), headers["ETag"]):
        made.file.close()
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(made.size)
    return StreamingResponse(pieces(made.file), 200, headers, MEDIA_TYPES[made.form])


def _file_tag(made: TableFile) -> str:
    """As of an answer that is held in memory (`encoded`); the file stands at its beginning again."""
    digest, left = hashlib.sha256(), b""
    while piece := made.file.read(_PIECE):
        told = (left + piece).replace(made.echo, b"") if made.echo else piece
        kept = max(len(told) - len(made.echo), 0) if made.echo else len(told)  # an echo may lie across two pieces
        digest.update(told[:kept])
        left = told[kept:]
    digest.update(left)
    made.file.seek(0)
    return ("W/" if made.echo else "") + _tag(digest.hexdigest())


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """A file that is too long to be held in memory, which is closed at its end."""
    with file:
        while piece := file.read(_PIECE):
            yield piece


_PIECE = 256 * 1024


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
    return file_answer(found)


def file_answer(found: FileAnswer) -> Response:
    """A file as a download that no cache shared by several people keeps."""
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
    return _tag(hashlib.sha256(body).hexdigest())


def _tag(digest: str) -> str:
    return f'"{digest[:40]}"'


def _has_already(given: str, etag: str) -> bool:
    """`If-None-Match`: compared weakly, as RFC 9110, 13.1.2 wants it."""
    known = [one.strip().removeprefix("W/") for one in given.split(",")]
    return etag.removeprefix("W/") in known or given.strip() == "*"


FOR_EVERYBODY_FOR_EVER = "public, max-age=31536000, immutable"
"""Of what everybody may read and what never changes."""
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
