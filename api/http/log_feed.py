"""The sealed log as a stream of server-sent events (WHATWG HTML, 9.2): many listeners, one look at the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import msgspec
from starlette.concurrency import run_in_threadpool

from api.application.answers.log import LogItem
from api.application.privacy.authorisation import still_valid
from domain.errors import Busy
from domain.ledger.ledger import Ledger
from domain.store.log.recorder import LogEntry

MOST_STREAMS = 64
"""Listeners at one time; the next one is asked to come again."""
LOOK_SECONDS = 0.25
"""How often the one look-out asks how far the log is sealed, as long as anybody listens."""
HEARTBEAT_SECONDS = 15.0
"""After so long without an event a comment is sent, so that both ends notice a connection that is gone."""
TOKEN_SECONDS = 30.0
"""How often a listener's token is looked at again: a revoked one hears nothing more after that."""
RETRY_MILLISECONDS = 2000
BATCH = 200


def log_item(entry: LogEntry) -> LogItem:
    """An entry as clients see it: `state` is the stored text itself, with personal data still sealed."""
    kind, _, name = entry.stream.partition("/")
    return LogItem(
        log_index=entry.id,
        id=entry.event_id,
        type=entry.topic.removeprefix("steward."),
        agency=name if kind == "agency" else None,
        stream=entry.stream,
        originator_id=str(entry.originator_id),
        version=entry.originator_version,
        topic=entry.topic,
        recorded_at=entry.recorded_at,
        state=entry.state.decode("utf-8"),
        leaf_hash=entry.leaf_hash.hex(),
    )


class LogFeed:
    """The listeners of one process. No thread and no connection is held while nothing happens."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._listeners = 0
        self._sealed = 0
        self._moved = asyncio.Condition()
        self._look_out: asyncio.Task[None] | None = None
        self._closed = False

    def require_place(self) -> None:
        """Ask before listening. Raises: Busy when there is no place."""
        if self._listeners >= MOST_STREAMS or self._closed:
            raise Busy(
                f"已有 {MOST_STREAMS} 个连接在订阅日志",
                f"{MOST_STREAMS} connections stream the log already",
                remedy="请稍后再连接，或改用 after 分页读取",
                remedy_en="Connect later, or read pages with after.",
            )

    async def listen(self, secret: str, after: int) -> AsyncIterator[bytes]:
        """Every sealed event after an index, as it comes; ends when the service stops or the token no longer counts."""
        self._listeners += 1  # here and not before: what never begins never ends
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
            loop = asyncio.get_running_loop()
            looked_at = loop.time()
            while not self._closed:
                entries = await run_in_threadpool(self._read, after)
                for entry in entries:
                    yield _message(entry)
                    after = entry.id
                if loop.time() - looked_at > TOKEN_SECONDS:
                    looked_at = loop.time()
                    if not await run_in_threadpool(still_valid, self._ledger, secret):
                        return
                if len(entries) < BATCH and not await self._wait_beyond(after):
                    yield b": \n\n"
        finally:
            self._listeners -= 1

    def _read(self, after: int) -> Sequence[LogEntry]:
        with self._ledger.reading() as reader:
            sealed, _ = reader.sealed()
            self._sealed = max(self._sealed, sealed)
            return self._ledger.log_entries(reader, after, sealed, BATCH)

    async def _wait_beyond(self, after: int) -> bool:
        """Whether the log has grown beyond an index within the time of a heartbeat."""
        if self._look_out is None or self._look_out.done():
            self._look_out = asyncio.create_task(self._keep_looking())
        async with self._moved:
            with suppress(TimeoutError):
                wait = min(HEARTBEAT_SECONDS, TOKEN_SECONDS)
                await asyncio.wait_for(self._moved.wait_for(lambda: self._closed or self._sealed > after), wait)
                return True
        return False

    async def _keep_looking(self) -> None:
        """The one look-out; it ends with the last listener."""
        while self._listeners and not self._closed:
            sealed = await run_in_threadpool(self._ask)
            if sealed > self._sealed:
                async with self._moved:
                    self._sealed = sealed
                    self._moved.notify_all()
            await asyncio.sleep(LOOK_SECONDS)

    def _ask(self) -> int:
        with self._ledger.reading() as reader:
            return reader.sealed()[0]

    async def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._closed = True
        async with self._moved:
            self._moved.notify_all()
        if self._look_out is not None and not self._look_out.done():
            self._look_out.cancel()
            with suppress(asyncio.CancelledError):
                await self._look_out


def _message(entry: LogEntry) -> bytes:
    return b"id: %d\nevent: recorded\ndata: %s\n\n" % (entry.id, msgspec.json.encode(log_item(entry)))
