"""A load of GET requests over keep-alive connections, from a process of its own: bounded in count, loopback only.

`python -m bench.asking.load HOST PORT CONNECTIONS` reads one request target a line, and a token and other header lines
as JSON in the first line; it prints one JSON object with the rate and the latencies.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator


class _Connection(asyncio.Protocol):
    """Sends one request after the other and notes how long each answer took."""

    def __init__(self, requests: Iterator[bytes], seconds: list[float], statuses: Counter[int]) -> None:
        self._requests, self._seconds, self._statuses = requests, seconds, statuses
        self._got = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what TCP gives
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return
        _, found, length = head.lower().partition(b"content-length: ")
        if found and len(body) < int(length.split(b"\r\n")[0]):
            return
        self._seconds.append(time.perf_counter() - self._began)
        self._statuses[int(head[9:12])] += 1
        self._got = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def run(host: str, port: int, connections: int, headers: dict[str, str], targets: list[str]) -> dict[str, object]:
    """Ask for every target once, over so many connections."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "bench", **headers}.items())
    requests = iter([f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode() for target in targets])
    seconds: list[float] = []
    statuses: Counter[int] = Counter()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    made = [
        (await loop.create_connection(lambda: _Connection(requests, seconds, statuses), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(one.done for one in made))
    took = time.perf_counter() - began
    seconds.sort()
    return {
        "rate": len(seconds) / took,
        "p50": seconds[len(seconds) // 2],
        "p99": seconds[len(seconds) * 99 // 100],
        "statuses": dict(statuses),
    }


def main() -> None:
    """The process."""
    headers = json.loads(sys.stdin.readline())
    targets = sys.stdin.read().split()
    print(json.dumps(asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), headers, targets))))


if __name__ == "__main__":
    main()
