"""HTTP/1.1 clients over asyncio, each with a connection of its own that is kept: as light as a client can be, because
they share the machine with what they measure.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

ANSWER_SECONDS = 60.0
T = TypeVar("T")
_open = set["HttpClient"]()
"""Who holds a connection."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a loop of its own; no connection is left to whoever clears up later."""

    async def whole() -> T:
        try:
            return await work
        finally:
            for one in list(_open):
                one.hang_up()
            await asyncio.sleep(0)

    return asyncio.run(whole())


class Heard(NamedTuple):
    """An answer; status 0: none came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


class Measured:
    """Seconds and errors by kind of request."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: dict[str, Counter[str]] = defaultdict(Counter)

    def note(self, kind: str, seconds: float, heard: Heard) -> None:
        """One request of a kind."""
        self.seconds[kind].append(seconds)
        if not 200 <= heard.status < 400:
            self.errors[kind][_problem(heard)] += 1


def _problem(heard: Heard) -> str:
    if heard.status == 0:
        return "no answer"
    with suppress(ValueError, AttributeError, KeyError):
        return f"{heard.status} {str(heard.content['type']).rpartition('/')[2]}"
    return str(heard.status)


class HttpClient:
    """Somebody who asks one thing after the other."""

    def __init__(self, port: int, measured: Measured, token: str = "", cookie: str = "") -> None:
        self._port, self._measured = port, measured
        self._own = f"Host: 127.0.0.1:{port}\r\n"
        if token:
            self._own += f"Authorization: Bearer {token}\r\n"
        if cookie:
            self._own += f"Cookie: {cookie}\r\n"
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, kind: str, method: str, path: str, body: Any = None, **headers: str) -> Heard:
        """One request, measured under its kind; header names with underscores."""
        begun = time.perf_counter()
        try:
            heard = await asyncio.wait_for(self._asked(method, path, body, headers), ANSWER_SECONDS)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            self.hang_up()
            heard = Heard(0, {}, b"")
        self._measured.note(kind, time.perf_counter() - begun, heard)
        return heard

    async def follow(self, path: str, last: int) -> AsyncIterator[int]:
        """The ids of a stream of server-sent events, after the last one that is known, until it ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            more = f"Accept: text/event-stream\r\nLast-Event-ID: {last}\r\n"
            writer.write(f"GET {path} HTTP/1.1\r\n{self._own}{more}\r\n".encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_SECONDS)
            if int(head[9:12]) != 200:
                raise ConnectionError(f"the stream was refused: {head[:60]!r}")
            while line := await reader.readline():
                if line.startswith(b"id:"):
                    yield int(line[3:])
        finally:
            writer.transport.abort()

    def hang_up(self) -> None:
        """The next request goes over another connection."""
        if self._stream is not None:
            self._stream[1].transport.abort()
            self._stream = None
        _open.discard(self)

    async def _asked(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Heard:
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} | {name.replace("_", "-"): one for name, one in headers.items()}
        lines = "".join(f"{name}: {one}\r\n" for name, one in given.items())
        text = (
            f"{method} {path} HTTP/1.1\r\n{self._own}{lines}Content-Length: {len(content)}\r\n\r\n".encode() + content
        )
        is_kept = self._stream is not None
        try:
            return await self._sent(text)
        except (OSError, asyncio.IncompleteReadError):
            self.hang_up()
            if not is_kept:
                raise
            return await self._sent(text)  # an idle connection is closed after a while: another one then

    async def _sent(self, text: bytes) -> Heard:
        if self._stream is None:
            self._stream = await asyncio.open_connection("127.0.0.1", self._port)
            _open.add(self)
        reader, writer = self._stream
        writer.write(text)
        await writer.drain()
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        cookies = [value for name, _, value in (line.partition(":") for line in lines) if name.lower() == "set-cookie"]
        if cookies:
            found["set-cookie"] = "; ".join(one.partition(";")[0].strip() for one in cookies)
        status = int(head[9:12])
        if found.get("transfer-encoding") == "chunked":
            body = await self._chunks(reader)
        else:
            body = await reader.readexactly(int(found.get("content-length", "0")))
        if found.get("connection") == "close":
            self.hang_up()
        return Heard(status, found, body)

    @staticmethod
    async def _chunks(reader: asyncio.StreamReader) -> bytes:
        whole = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            whole += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return whole
