"""Files in a request: taken as they arrive, a portion at a time, whether sent by themselves or within a form.

Of a form (`multipart/form-data`, RFC 7578) the fields come out as they are, each file as portions: nothing waits for
the end, and nothing is put on the disk in clear.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.application.background.readiness import Service
from api.application.evidence.receiving import MOST_BYTES, Incoming, Received, too_large
from api.application.privacy.authorisation import Caller
from api.application.problem_types import Malformed, WrongMediaType

FORM = "multipart/form-data"
ENVELOPE_BYTES = 64 * 1024
"""What a form may have around the one file of an upload."""
_MOST_HEAD_BYTES = 8 * 1024
_MOST_PARTS = 4_000
_PORTION = 256 * 1024
"""So much is gathered before it is encrypted, in a thread."""


class PartBegins(NamedTuple):
    """A field or a file begins. `filename`: None for a field; empty where no file was chosen."""

    name: str
    filename: str | None


class PartData(NamedTuple):
    """More of it."""

    data: bytes


class PartEnds(NamedTuple):
    """It is over."""


PartEvent = PartBegins | PartData | PartEnds


class _Parts:
    """What a form's bytes say, one chunk after the other."""

    def __init__(self, boundary: bytes) -> None:
        self._found: list[PartEvent] = []
        self._name, self._value, self._head = bytearray(), bytearray(), dict[bytes, bytes]()
        self._head_bytes = self._parts = 0
        self._is_over = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._head_part(self._name, data[start:end]),
                "on_header_value": lambda data, start, end: self._head_part(self._value, data[start:end]),
                "on_header_end": self._header,
                "on_headers_finished": self._headers,
                "on_part_data": lambda data, start, end: self._found.append(PartData(bytes(data[start:end]))),
                "on_part_end": lambda: self._found.append(PartEnds()),
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> list[PartEvent]:
        """What a chunk brings. Raises: Malformed."""
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise _malformed() from error
        found, self._found = self._found, []
        return found

    def require_whole(self) -> None:
        """The form has to have come to its end. Raises: Malformed."""
        if not self._is_over:
            raise _malformed()

    def _begin(self) -> None:
        self._head, self._head_bytes = {}, 0
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _malformed()

    def _head_part(self, into: bytearray, data: bytes) -> None:
        self._head_bytes += len(data)
        if self._head_bytes > _MOST_HEAD_BYTES:
            raise _malformed()
        into += data

    def _header(self) -> None:
        self._head[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _headers(self) -> None:
        kind, options = parse_options_header(self._head.get(b"content-disposition", b""))
        if kind != b"form-data" or b"name" not in options:
            raise _malformed()
        name, filename = options[b"name"], options.get(b"filename")
        self._found.append(PartBegins(_text(name), None if filename is None else _text(filename)))

    def _end(self) -> None:
        self._is_over = True


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def is_form_with_files(request: Request) -> bool:
    """Whether the body is declared as a form that may bring files."""
    return request.headers.get("content-type", "").lower().startswith(FORM)


async def parts_of(request: Request) -> AsyncIterator[PartEvent]:
    """The fields and files of a form as they arrive. Raises: Malformed."""
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 200:
        raise _malformed()
    parts = _Parts(boundary)
    async for chunk in request.stream():
        for event in parts.feed(chunk):
            yield event
    parts.require_whole()


class FileSink:
    """Gathers what arrives of a file and hands it on in portions, in a thread."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming, self._waiting = incoming, bytearray()

    async def write(self, data: bytes) -> None:
        """More of it. Raises: TooLarge, StoreFull."""
        self._waiting += data
        if len(self._waiting) >= _PORTION:
            await self._hand_on()

    async def finish(self) -> None:
        """All has arrived."""
        await self._hand_on()

    async def keep(self, service: Service, caller: Caller) -> Received:
        """All has arrived: keep it as it is. Raises: as `Incoming.keep`."""
        await self.finish()
        return await run_in_threadpool(self._incoming.keep, service, caller)

    async def _hand_on(self) -> None:
        data, self._waiting = bytes(self._waiting), bytearray()
        await run_in_threadpool(self._incoming.write, data)


async def uploaded(request: Request) -> Received:
    """Keep the one file that a request brings: its body, or the one file of a form. Raises: a Refusal."""
    async with arrived(request, MOST_BYTES) as (incoming, _):
        return await run_in_threadpool(incoming.keep, request.app.state.service, request.state.caller)


@asynccontextmanager
async def arrived(request: Request, most_bytes: int) -> AsyncIterator[tuple[Incoming, str]]:
    """The one file that a request brings, all of it, and its name (empty: it has none); gone where it is not kept.

    Raises: a Refusal.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise WrongMediaType(
            "文件不能压缩传送（Content-Encoding）",
            "the file must not be compressed for sending (Content-Encoding)",
            remedy="请按原样发送文件",
            remedy_en="Send the file as it is.",
        )
    declared = request.headers.get("content-length", "")
    is_form = is_form_with_files(request)
    if declared.isdecimal() and int(declared[:20]) > most_bytes + ENVELOPE_BYTES * is_form:
        raise too_large(most_bytes)
    service = request.app.state.service
    with await run_in_threadpool(Incoming, service.files, most_bytes) as incoming:
        sink = FileSink(incoming)
        if is_form:
            name = await _one_file(request, sink)
        else:
            _, options = parse_options_header(request.headers.get("content-disposition", ""))
            name = _text(options.get(b"filename", b""))
            async for chunk in request.stream():
                await sink.write(chunk)
        await sink.finish()
        yield incoming, name


async def _one_file(request: Request, sink: FileSink) -> str:
    """Write the one file of a form into the sink; its name."""
    files, is_file, name = 0, False, ""
    async for event in parts_of(request):
        if isinstance(event, PartBegins):
            is_file = event.filename is not None
            files += is_file
            name = event.filename or name
        elif isinstance(event, PartData) and is_file and files == 1:
            await sink.write(event.data)
    if files != 1:
        raise Malformed(
            f"表单里应有一个文件，实有 {files} 个",
            f"the form has {files} files in place of one",
            remedy="请每次上传一个文件",
            remedy_en="Upload one file at a time.",
        )
    return name


def _malformed() -> Malformed:
    return Malformed(
        "multipart/form-data 的写法不对，或没有传完",
        "the multipart/form-data body is malformed, or did not arrive whole",
        remedy="请重新上传",
        remedy_en="Upload it again.",
    )
