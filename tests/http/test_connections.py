"""Connections that dawdle: a real server on a real port, and clients that send byte by byte or nothing at all."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from api.app import create_app
from api.server import server_config
from api.settings import Settings
from tests.postgres_binaries import free_port


@contextmanager
def served(folder: Path, **more: Any) -> Iterator[int]:
    """A service as `steward serve` runs it, in a thread; its port."""
    settings = Settings(database_url=f"sqlite:///{folder / 'ledger.db'}", port=free_port(), **more)
    server = uvicorn.Server(server_config(create_app(settings), settings))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    try:
        yield settings.port
    finally:
        server.should_exit = True
        thread.join(60)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def received(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    parts = []
    while True:
        try:
            part = connection.recv(65_536)
        except ConnectionResetError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def answered(connection: socket.socket) -> bytes:
    """One answer, however many pieces it comes in: its head names how long the rest is."""
    content = b""
    while not (found := re.search(rb"content-length: (\d+).*?\r\n\r\n", content, re.DOTALL | re.IGNORECASE)) or (
        len(content) < found.end() + int(found[1])
    ):
        part = connection.recv(65_536)
        assert part, content
        content += part
    return content


HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/survey-links/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


def test_a_body_that_trickles_is_408(tmp_path: Path) -> None:
    """Byte after byte would hold the request for ever: after its time it is refused, and the connection closed."""
    with served(tmp_path, body_seconds=0.5) as port, connected(port) as connection:
        connection.sendall(POST)
        stop = threading.Event()

        def trickle() -> None:
            try:
                while not stop.wait(0.05):
                    connection.sendall(b" ")
            except OSError:
                return

        thread = threading.Thread(target=trickle)
        thread.start()
        answer = received(connection)
        stop.set()
        thread.join(10)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in head.lower()
    assert json.loads(body)["type"] == "/problems/too-slow"


@pytest.mark.parametrize("sent", [b"", HEAD, b"GET"])
def test_a_head_that_does_not_come_ends_the_connection(tmp_path: Path, sent: bytes) -> None:
    """Nothing, half a line or half a head: closed without an answer."""
    with served(tmp_path, header_seconds=0.3) as port, connected(port) as connection:
        connection.sendall(sent)
        assert received(connection) == b""


def test_a_second_request_has_its_time_too(tmp_path: Path) -> None:
    """On a connection that was good once a head may not trickle either; a whole one is answered."""
    with served(tmp_path, header_seconds=0.5, keep_alive_seconds=60) as port, connected(port) as connection:
        for _ in range(2):
            connection.sendall(HEAD + b"\r\n")
            assert answered(connection).startswith(b"HTTP/1.1 200")
        time.sleep(0.7)
        connection.sendall(HEAD + b"\r\n")
        assert answered(connection).startswith(b"HTTP/1.1 200"), "between requests the time of keep-alive holds"
        connection.sendall(HEAD)
        assert received(connection) == b""


def test_an_answer_that_takes_long_is_not_cut_off(tmp_path: Path) -> None:
    """The times are for what is received: a body that comes within its time is answered, however long that takes."""
    with served(tmp_path, header_seconds=0.3, body_seconds=5) as port, connected(port) as connection:
        connection.sendall(POST)
        time.sleep(0.6)
        connection.sendall(b"{}" + b" " * 998)
        assert answered(connection).startswith(b"HTTP/1.1 422")


def test_connections_beyond_the_most_are_sent_away(tmp_path: Path) -> None:
    """503 as a problem that says when to try again, while the others are served."""
    with served(tmp_path, connections=3) as port, connected(port) as first, connected(port) as second:
        first.sendall(HEAD + b"\r\n")
        assert answered(first).startswith(b"HTTP/1.1 200")
        with connected(port) as third:
            third.sendall(HEAD + b"\r\n")
            head, _, body = received(third).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 2" in head.lower()
            assert json.loads(body)["type"] == "/problems/busy"
        second.close()


@pytest.mark.parametrize(("trusted", "limited"), [("", True), ("127.0.0.1", False), ("10.0.0.0/8", True)])
def test_only_a_trusted_proxy_says_who_asks(tmp_path: Path, trusted: str, limited: bool) -> None:
    """From a trusted address the forwarded one is counted; from any other the header is words."""
    with served(tmp_path, rate_per_address=2, trusted_proxies=trusted) as port:
        statuses = []
        for number in range(3):
            with connected(port) as connection:
                forwarded = f"X-Forwarded-For: 192.0.2.{number}\r\nConnection: close\r\n\r\n".encode()
                connection.sendall(b"GET /v1/public/agencies HTTP/1.1\r\nHost: x\r\n" + forwarded)
                statuses.append(int(received(connection).split()[1]))
    assert statuses == [200, 200, 429 if limited else 200]
