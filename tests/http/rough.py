"""Clients of a server under load: honest ones that do not give up, and some that behave in every bad way we know."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.http.world import body_of
from tests.processes import PATIENCE_S

FIRST_DAY = date(2024, 1, 1)


class Writer(threading.Thread):
    """Records one lapse a day at an agency, in order, each until it is acknowledged; a key for every fact.

    No two of its facts are of the same day, so that each can be found again by its actor and its day.
    """

    def __init__(self, port: int, token: str, actor: str, agencies: list[str], facts: int) -> None:
        super().__init__(daemon=True)
        self._port, self._token, self.actor, self._agencies, self.facts = port, token, actor, agencies, facts
        self.acknowledged: dict[str, str] = {}
        """The id of each fact by its day."""
        self.refused: list[str] = []
        """Answers that an honest client should never get."""
        self.tried = 0
        self._until = time.monotonic() + PATIENCE_S

    def run(self) -> None:
        """Until all is recorded, or patience is over."""
        for number in range(self.facts):
            day = (FIRST_DAY + timedelta(days=number)).isoformat()
            body = {**body_of("RecordLapse"), "occurred_on": day}
            while day not in self.acknowledged and time.monotonic() < self._until:
                self._try(self._agencies[number % len(self._agencies)], body, day)

    def _try(self, agency: str, body: dict[str, Any], day: str) -> None:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{self.actor}-{day}",
        }
        self.tried += 1
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", f"/v1/agencies/{agency}/lapses", json.dumps(body), headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
            return
        finally:
            connection.close()
        if response.status == 201:
            self.acknowledged[day] = json.loads(content)["events"][0]["id"]
        elif response.status in (429, 503) and response.getheader("Retry-After"):
            time.sleep(0.2)
        else:
            self.refused.append(f"{response.status} {content[:300]!r}")
            self._until = 0.0


def request(line: str, token: str, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of a request, after which the connection is to be closed."""
    more = {
        "Host": "x",
        "Connection": "close",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return (
        f"{line} HTTP/1.1\r\n".encode() + b"".join(f"{k}: {v}\r\n".encode() for k, v in more.items()) + b"\r\n" + body
    )


class Rough(threading.Thread):
    """Does one bad thing after another on connections of its own, each at least once, until it is told to stop.

    It notes what it is answered. `often`: a token with which all of them ask more than one may.
    """

    def __init__(self, port: int, token: str, often: str, agency: str, stop: threading.Event, first: int) -> None:
        super().__init__(daemon=True)
        self._port, self._token, self._often_token, self._stopped, self._first = port, token, often, stop, first
        self._path = f"POST /v1/agencies/{agency}/lapses"
        self.seen: Counter[int] = Counter()
        self.wrong: list[str] = []
        """5xx that are not 503 with Retry-After."""

    def run(self) -> None:
        """All of them in turn."""
        does: list[Callable[[socket.socket], None]] = [
            self._oversized,
            self._endless,
            self._trickled,
            self._half_closed,
            self._cut_off,
            self._huge_header,
            self._no_json,
            self._other_type,
            self._bad_cursor,
            self._no_token,
            self._often,
            self._no_http,
        ]
        number = self._first
        while not self._stopped.is_set() or number < self._first + len(does):
            number += 1
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=10) as connection:
                    does[number % len(does)](connection)
                    self._note(connection)
            except OSError:
                time.sleep(0.05)

    def _note(self, connection: socket.socket) -> None:
        received = b""
        while len(received) < 1_000_000 and (part := connection.recv(65_536)):
            received += part
        for answer in received.split(b"HTTP/1.1 ")[1:]:
            status, head = int(answer[:3]), answer.partition(b"\r\n\r\n")[0].lower()
            self.seen[status] += 1
            if status >= 500 and not (status == 503 and b"\r\nretry-after:" in head):
                self.wrong.append(answer[:600].decode("utf-8", "replace"))

    def _oversized(self, connection: socket.socket) -> None:
        connection.sendall(request(self._path, self._token, b"x" * 2_000_000))

    def _endless(self, connection: socket.socket) -> None:
        head = request(self._path, self._token, Transfer_Encoding="chunked").replace(b"Content-Length: 0\r\n", b"")
        connection.sendall(head)
        for _ in range(30):
            connection.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")

    def _trickled(self, connection: socket.socket) -> None:
        connection.sendall(request(self._path, self._token, Content_Length="500"))
        for _ in range(3):
            connection.sendall(b" ")
            time.sleep(0.2)

    def _half_closed(self, connection: socket.socket) -> None:
        connection.sendall(request(self._path, self._token, b'{"item":', Content_Length="200"))
        connection.shutdown(socket.SHUT_WR)

    def _cut_off(self, connection: socket.socket) -> None:
        whole = request(self._path, self._token, json.dumps(body_of("RecordLapse")).encode())
        connection.sendall(whole[: len(whole) // 2])
        connection.shutdown(socket.SHUT_RDWR)

    def _huge_header(self, connection: socket.socket) -> None:
        connection.sendall(request("GET /v1/agencies", self._token, X_Long="y" * 300_000))

    def _no_json(self, connection: socket.socket) -> None:
        connection.sendall(request(self._path, self._token, b'{"item": 4, "item": 5'))

    def _other_type(self, connection: socket.socket) -> None:
        connection.sendall(request(self._path, self._token, b"<lapse/>", Content_Type="application/xml"))

    def _bad_cursor(self, connection: socket.socket) -> None:
        connection.sendall(request("GET /v1/agencies?cursor=%00%FFxyz", self._token))

    def _no_token(self, connection: socket.socket) -> None:
        connection.sendall(request(self._path, "stw_guessed", b"{}"))

    def _often(self, connection: socket.socket) -> None:
        """More than one token may ask a minute, on one connection."""
        last = request("GET /v1/rulebooks", self._often_token)
        connection.sendall(last.replace(b"Connection: close", b"Connection: keep-alive") * 30 + last)

    def _no_http(self, connection: socket.socket) -> None:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 GET / HTTP/9.9\r\n\r\n")
