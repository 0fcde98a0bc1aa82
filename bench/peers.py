"""The stock library on the same events: its PostgreSQL recorder, and the SQLAlchemy recorder. Where they are installed.

They store an event of the same size and nothing else: no decision that depends on history, no rows, no key.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy import make_url

from bench.measure import rate
from bench.place import Place, place
from tests.postgres_server import PostgresServer

PAYLOAD = "x" * 300
"""About as long as the state of an event of ours."""


class Stocked(Aggregate):
    """An aggregate with one kind of event."""

    @event("Noted")
    def note(self, text: str) -> None:
        """The event, as long as one of ours."""
        self.last = text


class Stock(Application[Any]):
    """The library's application."""

    name = "stock"


class StockSqlalchemy(Application[Any]):
    """The same, with tables of another name."""

    name = "stock_sqlalchemy"


def settings_of(url: str, kind: str) -> dict[str, str]:
    """The environment that makes the library use a peer's recorder on this database."""
    parts = make_url(url)
    if kind == "eventsourcing-sqlalchemy":
        return {"PERSISTENCE_MODULE": "eventsourcing_sqlalchemy", "SQLALCHEMY_URL": url}
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.database or "",
        "POSTGRES_HOST": parts.host or "",
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": parts.password or "",
    }


def stock_application(url: str, kind: str, *, new: bool = True) -> Any:
    """The library's Application over its own recorder. Eight that make its tables at once would fail: not `new`."""
    settings = settings_of(url, kind) | {"CREATE_TABLE": "yes" if new else "no"}
    return (StockSqlalchemy if kind == "eventsourcing-sqlalchemy" else Stock)(env=settings)


def _writer(kind: str) -> Callable[[Any, range], Iterator[None]]:
    def steps(job: Any, numbers: range) -> Iterator[None]:
        application = stock_application(job.url, kind, new=False)
        stocked = {number: Stocked() for number in numbers}
        application.save(*stocked.values())
        yield
        for number in numbers:
            for _ in range(job.facts):
                stocked[number].note(PAYLOAD)
                application.save(stocked[number])
                yield
        application.close()

    return steps


def loading(url: str, kind: str, count: int) -> Callable[[], float]:
    """A way of loading an aggregate of so many events by `repository.get`; the events are made here."""
    application = stock_application(url, kind)
    long = Stocked()
    for _ in range(count - 1):
        long.note(PAYLOAD)
    application.save(long)
    return lambda: rate(lambda: application.repository.get(long.id), count)


def projected(source: Place, server: PostgresServer, count: int) -> float:
    """Events a second of the stock projection runner doing the same projections."""
    from bench.stock_projection import rate_of

    with place(server, f"stock_{next(_count)}") as target:
        return rate_of(source, target, count)


_count = iter(range(10**9))


def _installed(*names: str) -> bool:
    return all(importlib.util.find_spec(name) is not None for name in names)


APPENDING: dict[str, Callable[[Any, range], Iterator[None]]] = {
    kind: _writer(kind)
    for kind, needs in (
        ("eventsourcing", ("psycopg", "psycopg_pool")),
        ("eventsourcing-sqlalchemy", ("eventsourcing_sqlalchemy",)),
    )
    if _installed(*needs)
}
"""By name; empty where the peers are not installed (`pip install` of the extra `bench`)."""
