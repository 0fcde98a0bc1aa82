"""How long a fact waits while the results of a whole year are published: another officer records on meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Event, Thread

from api.application.action_context import ActionContext
from api.application.assessing.publishing import publish_year
from api.application.privacy.authorisation import Caller
from bench.append import append_one
from bench.generate import Fact, History, uscc
from bench.measure import Finding, finding
from bench.place import Place, fill, place
from domain.commands.rounds import PublishYear
from domain.values import Role, instant, new_id
from projections.rows.read.row_queries import RowQueries
from tests.postgres_server import PostgresServer

YEAR, PUBLISHED_ON = 2024, date(2025, 3, 10)
FACTS = 30
"""Of each agency."""
MOST_SECONDS = 1.0


def measure(server: PostgresServer, results: int) -> list[Finding]:
    """The lines of the report."""
    with place(server, "publishing") as target:
        for number in range(results):
            fill(target.ledger, [*History(number, years=3).facts(FACTS), _closing(number)])
        body = PublishYear.model_validate(
            {
                "published_on": PUBLISHED_ON,
                "meeting_on": PUBLISHED_ON,
                "reason": "测量用",
                "waivers": list(_waivers(target)),
            }
        )
        waits: list[float] = []
        with _recording(target, waits):
            act = ActionContext(target.ledger, Caller("bench", Role.COMMITTEE, None, bytes(32)), None)
            began = time.perf_counter()
            answer, _ = publish_year(act, YEAR, body)
            took = time.perf_counter() - began
    note = f"{answer['count']:,} results in one decision, worked out in {took:.0f} s beside {len(waits):,} other facts"
    return [
        finding("the longest wait of a fact while a year is published", "s", [max(waits)], most=MOST_SECONDS, note=note)
    ]


def _closing(number: int) -> Fact:
    """The year's survey of an agency is closed before its results are published (R12)."""
    body = {"year": YEAR, "closed_on": "2025-03-07"}
    return Fact(f"/v1/agencies/{uscc(number)}/survey-closings", body, None, new_id())


def _waivers(target: Place) -> Iterator[dict[str, str]]:
    with target.ledger.reading() as reader:
        look_ups = RowQueries(reader, instant(datetime.now(UTC)))
        for row in look_ups.ranking(look_ups.district(PUBLISHED_ON), YEAR):
            for part in row.missing if row.assessed else ():
                yield {"uscc": row.agency.uscc, "part": part, "reason": "bench"}


@contextmanager
def _recording(target: Place, waits: list[float]) -> Iterator[None]:
    """Facts of one agency meanwhile, of a later year, each as soon as the one before is there."""
    ended = Event()
    body = {"item": 4, "occurred_on": "2025-06-02"}

    def record() -> None:
        while not ended.is_set():
            fact = Fact(f"/v1/agencies/{uscc(0)}/lapses", body, None, new_id())
            began = time.perf_counter()
            append_one(target, fact)
            waits.append(time.perf_counter() - began)

    thread = Thread(target=record)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
