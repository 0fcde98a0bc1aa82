"""What-if over HTTP about an agency with 1,000 events in a working district: replays, differences and ranks."""

from __future__ import annotations

import json
import random
import statistics
import time
from datetime import date, timedelta
from typing import Any
from urllib.request import Request, urlopen

from bench.asking.serving import Served, served
from bench.generate import History, uscc
from bench.measure import Finding, finding
from bench.place import Place, fill, place
from tests.postgres_server import PostgresServer

EVENTS = 1_000
AGENCIES, FACTS = 60, 300
QUESTIONS = 200
"""A repetition, one after the other, each another one."""
MOST_SECONDS = 0.2


def measure(server: PostgresServer, repetitions: int) -> list[Finding]:
    """The lines of the report: seconds a question, beyond which one in twenty took longer."""
    with place(server, "what_if") as target:
        prepare(target)
        ids = annullable(target)
        with served(target.url, target.engine) as running:
            took = [percentile(ask(running, ids, QUESTIONS, seed)) for seed in range(repetitions)]
    note = f"an annulment and a new record each, {QUESTIONS} questions one after the other; {AGENCIES} agencies ranked"
    return [finding(f"what-if on an agency with {EVENTS:,} events, p95", "s", took, most=MOST_SECONDS, note=note)]


def prepare(target: Place) -> None:
    """A district, of which the first agency has the long history."""
    for number in range(AGENCIES):
        fill(target.ledger, History(number).facts(EVENTS if number == 0 else FACTS))


def annullable(target: Place) -> list[str]:
    """The facts of the long history that can be annulled."""
    with target.ledger.reading() as reader:
        return [event.id for event in reader.agency_events(uscc(0)) if not event.FINAL]


def ask(running: Served, ids: list[str], questions: int, seed: int) -> list[float]:
    """Seconds of each question. Raises: HTTPError where one is not answered."""
    chance, code, took = random.Random(seed), uscc(0), []
    for _ in range(questions):
        day = date(2022, 1, 1) + timedelta(days=chance.randrange(1_600))
        record = {"behaviour": "16.3", "content": "核查情况", "entered_on": day.isoformat()}
        body = {"annul": [chance.choice(ids)], "add": [{"post": f"/v1/agencies/{code}/bad-records", "body": record}]}
        path = f"/v1/agencies/{code}/what-if?as_of={day + timedelta(days=30)}"
        began = time.perf_counter()
        answer = _post(running, path, body)
        took.append(time.perf_counter() - began)
        if len(answer["supposed"]) != 2:
            raise RuntimeError(f"not all was supposed: {answer['supposed']}")
    return took


def _post(running: Served, path: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {running.token}", "Content-Type": "application/json"}
    request = Request(f"http://127.0.0.1:{running.port}{path}", json.dumps(body).encode(), headers)
    with urlopen(request) as answer:  # noqa: S310  # loopback
        return json.load(answer)


def percentile(took: list[float]) -> float:
    """The 95th: one in twenty took longer."""
    return statistics.quantiles(took, n=20)[-1]
