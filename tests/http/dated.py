"""A world whose ledger has a clock of its own: stories of a year happen on the days on which the Measures put them.

The ledger is opened as a demonstration, as only such a one takes a clock. A request brings the clock to the latest day
that it names, so whatever is told in order is recorded on its own day; `at` sets it to another one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.application.action_context import ActionContext
from api.settings import Settings
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.store.access.tokens import SYSTEM_PERSON
from domain.store.db.engine import open_engine
from domain.store.db.migrate import migrate
from domain.values import SHANGHAI, instant, shanghai_date
from projections.rows.write.projector import open_ledger
from tests.http.world import World

BEGINNING = date(2021, 11, 1)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TO_COME = frozenset({"due_on", "expires_on", "valid_until", "effective_on", "public_until"})
"""Days that lie ahead of the day on which they are recorded."""


class Clock:
    """The time of the ledger: it goes on by itself, and to a day when it is told to."""

    def __init__(self, day: date) -> None:
        self.begun, self._ticks = datetime.combine(day, time(9), SHANGHAI), itertools.count(1)

    def __call__(self) -> datetime:
        return self.begun + timedelta(milliseconds=next(self._ticks))

    def at(self, day: str | date, hour: int = 9) -> None:
        """Go to an hour of a day in Shanghai."""
        wanted = day if isinstance(day, date) else date.fromisoformat(day)
        self.begun, self._ticks = datetime.combine(wanted, time(hour), SHANGHAI), itertools.count(1)

    @property
    def day(self) -> date:
        """The day in Shanghai."""
        return self.begun.date()

    def follow(self, body: Any) -> None:
        """Go on to the latest day that a body names."""
        latest = max(_days(body), default=self.day)
        if latest > self.day and latest < date(2100, 1, 1):
            self.at(latest)


def _days(body: Any) -> Iterator[date]:
    if isinstance(body, dict):
        for name, value in body.items():
            if name not in _TO_COME:
                yield from _days(value)
    elif isinstance(body, list):
        for one in body:
            yield from _days(one)
    elif isinstance(body, str) and _DAY.fullmatch(body):
        try:
            yield date.fromisoformat(body)
        except ValueError:
            return


class DatedWorld(World):
    """A world with its clock."""

    def __init__(self, client: TestClient, clock: Clock) -> None:
        super().__init__(client)
        self.clock = clock


@contextmanager
def later(world: World, days: int) -> Iterator[str]:
    """Some days from now: what is recorded within is recorded then. Gives the day; only the ledger's clock goes on."""
    ledger, ahead = world.service.ledger, timedelta(days=days)
    writing = ledger.writing

    @contextmanager
    def then(clock: Any = None) -> Iterator[UnitOfWork]:
        with writing(clock) as unit:
            unit.clock = unit.clock or (lambda: datetime.now(UTC) + ahead)
            yield unit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "writing", then)
        yield shanghai_date(instant(datetime.now(UTC) + ahead)).isoformat()


def opened_with_clock(url: str, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Open a new ledger in a database, and let everything of this process record by the clock that is given back."""
    clock = Clock(BEGINNING)
    engine = open_engine(url)
    migrate(engine)
    first = open_ledger(engine)
    first.open(shipped_rulebook(), build_calendar(), actor=SYSTEM_PERSON, demonstration=True, clock=clock)
    engine.dispose()
    writing = Ledger.writing

    @contextmanager
    def by_clock(self: Ledger, given: Any = None) -> Iterator[UnitOfWork]:
        with writing(self, given or clock) as unit:
            yield unit

    monkeypatch.setattr(Ledger, "writing", by_clock)
    monkeypatch.setattr(ActionContext, "now", lambda _: clock())
    return clock


@contextmanager
def dated(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatedWorld]:
    """A running service on a new ledger with a clock."""
    clock = opened_with_clock(url, monkeypatch)
    with TestClient(create_app(Settings(database_url=url, data_dir=folder))) as client:
        post = client.post

        def follow(path: str, *, json: Any = None, **more: Any) -> Any:
            clock.follow(json)
            return post(path, json=json, **more)

        monkeypatch.setattr(client, "post", follow)
        yield DatedWorld(client, clock)
