"""What `follow` makes of a service that stutters, lies or was restored: run by a test in the client's own environment.

Every answer is made here, in the order in which it is asked for; prints how many cases came out as they should.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator

import httpx
from steward_client import AuthenticatedClient, LogBroken, LogError, LogRefused, LogRestored, Place, follow
from steward_client.following import place_of
from steward_client.rest.models import LogItem

Answer = Callable[[httpx.Request], httpx.Response]
STREAM = {"Content-Type": "text/event-stream"}


def entry(index: int, text: str = "") -> dict[str, object]:
    """An entry as the service sends it."""
    state = text or f'{{"n":{index}}}'
    names = {name: f"{name}-{index}" for name in ("id", "stream", "originator_id", "topic")}
    leaf = hashlib.sha256(b"\0" + state.encode()).hexdigest()
    more = {"log_index": index, "type": "AgencyFiled", "agency": None, "version": index, "state": state}
    return {**names, **more, "leaf_hash": leaf, "recorded_at": "2026-01-01T00:00:00.000000Z"}


def sent(*entries: dict[str, object], cut: bytes = b"") -> Answer:
    """A stream with these entries that then ends, perhaps in the middle of another."""
    body = b"retry: 2000\n\n: \n\n"
    for one in entries:
        body += f"id: {one['log_index']}\nevent: recorded\ndata: {json.dumps(one)}\n\n".encode()
    return lambda _: httpx.Response(200, headers=STREAM, content=body + cut)


def page(_: httpx.Request) -> httpx.Response:
    """The answer to whether the log has come as far."""
    return httpx.Response(200, json={})


def refused(status: int, **headers: str) -> Answer:
    """An answer without entries."""
    return lambda _: httpx.Response(status, headers=headers, text="why")


def dropped(request: httpx.Request) -> httpx.Response:
    """Nobody listens."""
    raise httpx.ConnectError("nobody listens", request=request)


def followed(place: Place, count: int, *answers: Answer) -> tuple[list[int], LogError | None]:
    """The indexes that came, and what ended it; every answer has to be used up, and none may be missing."""
    left: Iterator[Answer] = iter(answers)
    client = AuthenticatedClient(base_url="http://ledger", token="t")
    client.set_httpx_client(
        httpx.Client(base_url="http://ledger", transport=httpx.MockTransport(lambda asked: next(left)(asked)))
    )
    found: list[int] = []
    stop = threading.Event()
    try:
        for item in follow(client, place, stop=stop):
            found.append(item.log_index)
            if len(found) == count:
                stop.set()
    except LogError as error:
        assert next(left, None) is None
        return found, error
    assert next(left, None) is None
    return found, None


def held(index: int, text: str = "") -> Place:
    """The place of who has read that entry."""
    return place_of(LogItem.from_dict(entry(index, text)))


def main() -> int:
    """How many cases there were."""
    one, two, three = entry(1), entry(2), entry(3)
    start = Place(0, "")
    assert followed(start, 3, sent(one, two), page, sent(two, three)) == ([1, 2, 3], None)
    assert followed(start, 2, sent(one, cut=b'id: 2\ndata: {"log_'), page, sent(one, two)) == ([1, 2], None)
    assert followed(start, 1, dropped, refused(503), refused(502), sent(one)) == ([1], None)
    assert followed(start, 1, refused(429, **{"Retry-After": "0"}), sent(one)) == ([1], None)
    assert followed(held(2), 1, page, sent(two, three)) == ([3], None)
    for found, kind in (
        (followed(held(2), 1, refused(409)), LogRestored),
        (followed(held(2, "another"), 1, page, sent(two, three)), LogRestored),
        (followed(start, 9, sent(one, three)), LogBroken),
        (followed(start, 9, sent(one, one)), LogBroken),
        (followed(start, 9, sent(one, {**two, "state": "{}"})), LogBroken),
        (followed(start, 9, sent(one, {**two, "state": 2})), LogBroken),
        (followed(start, 9, sent(one, {**two, "state": "\ud800"})), LogBroken),
        (followed(start, 9, lambda _: httpx.Response(200, html="<p>sign in</p>")), LogBroken),
        (followed(start, 9, sent({"log_index": 1})), LogBroken),
        (followed(start, 9, refused(401)), LogRefused),
        (followed(start, 9, refused(302, Location="/")), LogRefused),
    ):
        assert type(found[1]) is kind, found
        assert 3 not in found[0], found
    for wrong in ((1, ""), (0, "ab"), (-1, "ab")):
        try:
            Place(*wrong)
        except ValueError:
            continue
        raise AssertionError(wrong)
    return 19


if __name__ == "__main__":
    print(main())
