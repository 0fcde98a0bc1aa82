"""Clients of a service that dies all the time: each goes on with the same Idempotency-Key until it is told 201.

Officers file agencies, record lapses and complaints; a committee publishes years; a regulator asks; a program of the
association's takes webhooks. What was acknowledged is noted here, and here alone.
"""

from __future__ import annotations

import http.client
import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from demo.invented_names import uscc
from drills.common import Failed
from drills.kills.patience import moving

ANSWER_SECONDS = 300.0
BASE, LOADED = 8_100_000, 8_200_000
"""Numbers of the agencies that are there from the beginning, and of those filed meanwhile."""
AGENCIES = 8
YEARS = (2022, 2023, 2024)
LAPSES = 4
FIRST_DAY = date(2025, 1, 2)


class Recorders:
    """All of them, over the service at a port of loopback."""

    def __init__(self, port: int, tokens: dict[str, str]) -> None:
        self._port, self._tokens = port, tokens
        self._lock, self._stop = threading.Lock(), threading.Event()
        self.publishes = threading.Event()
        """Set as long as the committee is to go on with its publication."""
        self.bodies: dict[int, dict[str, Any]] = {}
        """What the committee sends, by year."""
        self.acknowledged: dict[str, str] = {}
        """The agency of each event, by its id."""
        self.filed: dict[str, int] = {}
        """How many lapses and complaints of each agency were acknowledged."""
        self.complaints = 0
        self.published: list[int] = []
        self.tried = 0
        """How often the committee was told that a publication was not done, and tried again."""
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        self._numbers = count(LOADED)
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Record from now on."""
        for work in (self._officer, self._officer, self._committee, self._regulator):
            self._threads.append(threading.Thread(target=work, daemon=True))
            self._threads[-1].start()

    def end(self) -> None:
        """Let each finish what it has begun, however long it takes as long as they do. Raises: Failed."""
        self._stop.set()
        self.publishes.set()

        def left() -> tuple[int, int]:
            return sum(one.is_alive() for one in self._threads), len(self.acknowledged)

        moving(left, lambda seen: seen[0] == 0, "clients still wait to be acknowledged")
        if self.wrong:
            raise Failed(f"wrong answers: {self.wrong[:5]}")

    def file_base(self) -> None:
        """The agencies whose years are published: on file since 2021, with a whole sheet of each year."""
        for number in range(AGENCIES):
            code = uscc(BASE + number)
            self._file(code, "2021-11-03")
            body = {"outcome": "filed", "decided_on": "2021-11-05"}
            self._tell("association", f"/v1/agencies/{code}/filing-decision", body, self._noted(code))
            for path, body in (one for year in YEARS for one in _year(year)):
                who = "regulator" if path == "effect-scores" else "association"
                self._tell(who, f"/v1/agencies/{code}/{path}", body, self._noted(code))
        if self.wrong:
            raise Failed(f"not filed: {self.wrong}")

    def _officer(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                code = uscc(next(self._numbers))
            self._file(code, "2026-01-05")
            for number in range(LAPSES):
                body = {"item": 4, "occurred_on": (FIRST_DAY + timedelta(days=number)).isoformat()}
                self._tell("association", f"/v1/agencies/{code}/lapses", body, self._noted(code))
                if self._stop.is_set():
                    return
            body = {"received_on": "2025-05-06", "grounds": "poor_quality"}
            self._tell("association", f"/v1/agencies/{code}/complaints", body, self._complained(code))

    def _committee(self) -> None:
        """The next year, as long as it may; a body that was refused was not recorded: another key then."""
        for year in YEARS:
            key = str(uuid.uuid4())
            while year not in self.published:
                self.publishes.wait()
                if self._stop.is_set():
                    return
                answer = self._ask("committee", "POST", f"/v1/assessments/{year}/publication", self.bodies[year], key)
                if answer[0] == 201:
                    self.published.append(year)
                    self.publishes.clear()
                elif answer[0] in (0, 503):
                    self.tried += 1
                else:
                    self.wrong.append(f"publication of {year}: {answer}")
                    return

    def _regulator(self) -> None:
        while not self._stop.wait(0.05):
            for code in list(self.filed)[-3:]:
                status, _ = self._ask("regulator", "GET", f"/v1/agencies/{code}/timeline")
                if status not in (0, 200, 503):
                    self.wrong.append(f"timeline of {code}: {status}")

    def _file(self, code: str, day: str) -> None:
        body = {"uscc": code, "name": f"机构{code[-6:]}", "category": "综合安全管家", "submitted_on": day}

        def filed(event: str) -> None:
            self.acknowledged[event] = code
            self.filed[code] = 0

        self._tell("association", "/v1/agencies", body, filed)

    def _noted(self, code: str) -> Callable[[str], None]:
        def noted(event: str) -> None:
            self.acknowledged[event] = code
            self.filed[code] += 1

        return noted

    def _complained(self, code: str) -> Callable[[str], None]:
        def noted(event: str) -> None:
            self._noted(code)(event)
            self.complaints += 1

        return noted

    def _tell(self, who: str, path: str, body: dict[str, Any], noted: Callable[[str], None]) -> None:
        """Until it is acknowledged."""
        key = str(uuid.uuid4())
        while True:
            status, content = self._ask(who, "POST", path, body, key)
            if status == 201:
                with self._lock:
                    noted(content["events"][0]["id"])
                return
            if status not in (0, 503):
                self.wrong.append(f"{path}: {status} {content}")
                return

    def _ask(
        self, who: str, method: str, path: str, body: dict[str, Any] | None = None, key: str = ""
    ) -> tuple[int, Any]:
        """One request over a connection of its own; status 0 where the process has died under it."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            status, content = answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            status, content = 0, None
        finally:
            connection.close()
        with self._lock:
            self.statuses[status] += 1
        return status, content


def _year(year: int) -> list[tuple[str, dict[str, Any]]]:
    """What a sheet of a year needs (annexes 1 and 2)."""
    client = {"uscc": uscc(BASE - 1), "name": "某企业"}
    return [
        ("projects", {"client": client, "started_on": f"{year}-02-01", "due_on": f"{year}-12-20"}),
        ("surveys", {"client": client, "year": year, "submitted_on": f"{year}-12-10", "answers": list("AABAAABAAC")}),
        ("effect-scores", {"client": client, "year": year, "value": "82.5", "scored_on": f"{year}-12-28"}),
        ("survey-closings", {"year": year, "closed_on": f"{year}-12-31"}),
    ]


class HookReceiver:
    """The program of the association's that is told of what is recorded; which deliveries it was given, how often."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                self.rfile.read(int(self.headers["Content-Length"]))
                receiver.taken[self.headers["webhook-id"] or ""] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()
