"""Every event of the log, once and in order, through cuts, restarts and deaths on either side.

Whoever follows keeps a `Place` (the last log index and the hash of that entry) in the transaction that keeps what comes
of the entry. On every new connection the entry at that place is read again and compared: a log that was restored from
an older copy, and has perhaps grown past the place since, is never taken for the one that was read.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from httpx_sse import EventSource, SSEError, connect_sse

from steward_client.rest import AuthenticatedClient
from steward_client.rest.models import LogItem

HEARTBEAT_SECONDS = 15.0
"""The service sends a comment after so long without an event: three missed ones are a dead connection."""
LONGEST_WAIT_SECONDS = 30.0
"""Between two attempts to connect; the first waits are shorter."""
BUSY = (429, 502, 503, 504)
"""What a service, or the proxy before it, answers while it cannot serve: it is asked again."""


class LogError(Exception):
    """The log cannot be followed from here without somebody's decision."""


class LogRestored(LogError):
    """The service's log does not hold what was read from it: it was restored from an older copy, or is another one.

    `place` is how far was read. What was read beyond the restored end may be nowhere any more: read again from the
    start into a new table, or ask the association which entries were lost (`GET /v1/log/checkpoint`, `restores`).
    """

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(f"the log does not hold entry {place.log_index} ({place.leaf_hash[:16]}…) any more: {why}")
        self.place = place


class LogBroken(LogError):
    """An entry is missing, repeated, or its text does not have its hash: something on the way changes what is sent."""


class LogRefused(LogError):
    """The service refuses for good: `status` is 401 (token), 403 (role) or another error of the request."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"the service refuses with status {status}: {body[:500]}")
        self.status = status


class _AskAgain(Exception):
    """The service is there and cannot answer now; after `seconds`, where it says so."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Place:
    """How far somebody has read: the log index of the last entry (0: none yet), and its RFC 6962 leaf hash, in hex."""

    log_index: int
    leaf_hash: str

    def __post_init__(self) -> None:
        """Raises: ValueError where one of the two is missing."""
        if self.log_index < 0 or bool(self.log_index) != bool(self.leaf_hash):
            raise ValueError(f"a place is an index from 1 together with the hash of its entry, or START: {self}")


START = Place(0, "")
"""Before the first entry."""


def place_of(item: LogItem) -> Place:
    """The place of who has read as far as this entry."""
    return Place(item.log_index, item.leaf_hash)


def follow(
    client: AuthenticatedClient, place: Place = START, *, stop: threading.Event | None = None
) -> Iterator[LogItem]:
    """Every entry after a place, as it comes; waits and connects again for as long as it takes.

    Arguments: `stop` ends it, between two entries or while it waits for the service (not while it waits for an entry:
    that takes up to three heartbeats). Raises: LogRestored, LogBroken, LogRefused.
    """
    stop, failures = stop or threading.Event(), 0
    while not stop.is_set():
        wait: float | None = None
        try:
            for item in _connected(client, place):
                place, failures = place_of(item), 0
                yield item
                if stop.is_set():
                    return
            failures = 0  # ended in order: the service is stopping, or wants to see the token again
        except httpx.TransportError:
            failures += 1
        except _AskAgain as again:
            failures, wait = failures + 1, again.seconds
        if wait is None:
            wait = min(LONGEST_WAIT_SECONDS, 0.25 * 2 ** min(failures, 10))
        stop.wait(wait * random.uniform(0.5, 1.0) if failures else 0.25)


def _connected(client: AuthenticatedClient, place: Place) -> Iterator[LogItem]:
    """What one connection brings, the entry at the place itself left out once it was compared."""
    http = client.get_httpx_client()
    if place.log_index:
        _require_reached(http, place)
    before = max(place.log_index - 1, 0)
    timeout = httpx.Timeout(10.0, read=3 * HEARTBEAT_SECONDS)
    with connect_sse(http, "GET", "/v1/log", headers={"Last-Event-ID": str(before)}, timeout=timeout) as source:
        _require_answer(source.response, place)
        expected = before + 1
        for item in _entries(source):
            _require_whole(item, expected)
            expected += 1
            if item.log_index > place.log_index:
                yield item
            elif item.leaf_hash != place.leaf_hash:
                raise LogRestored(place, f"another entry is there now ({item.leaf_hash[:16]}…)")


def _entries(source: EventSource) -> Iterator[LogItem]:
    try:
        for event in source.iter_sse():
            if event.data:  # `retry:` alone is no event, though the reader gives one
                yield LogItem.from_dict(event.json())
    except (SSEError, ValueError, KeyError, TypeError) as error:
        raise LogBroken(f"what came is no entry of a log; is this the address of the service? ({error!r})") from error


def _require_reached(http: httpx.Client, place: Place) -> None:
    """The log is as long as what was read, at least: a stream would wait where only the last entry was lost."""
    _require_answer(http.get("/v1/log", params={"after": place.log_index, "limit": 1}), place)


def _require_answer(answer: httpx.Response, place: Place) -> None:
    status = answer.status_code
    if status == httpx.codes.OK:
        return
    if status in BUSY:
        said = answer.headers.get("Retry-After", "")
        raise _AskAgain(float(said) if said.isdigit() else None)
    body = answer.read().decode("utf-8", "replace")
    if status == httpx.codes.CONFLICT:
        raise LogRestored(place, body[:500])
    raise LogRefused(status, body)


def _require_whole(item: LogItem, expected: int) -> None:
    if item.log_index != expected:
        raise LogBroken(f"entry {expected} was to come, and {item.log_index} came")
    try:
        digest = hashlib.sha256(b"\0" + item.state.encode()).hexdigest()
    except (AttributeError, UnicodeEncodeError) as error:  # no text at all, or half a character
        raise LogBroken(f"the text of entry {item.log_index} is no text ({error!r})") from error
    if digest != item.leaf_hash:
        raise LogBroken(f"the text of entry {item.log_index} does not have the hash {item.leaf_hash}")
