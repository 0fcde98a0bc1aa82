"""What is remembered of notices and hints is what the replay gives, whatever is recorded in between."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ledger.ledger import Ledger
from domain.values import instant
from projections.public.remembered import Remembered
from projections.replay.known_at import Basis
from projections.replay.queries import Hints, ReplayQueries
from tests.databases import Databases
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.rows.test_looked_up import send, staff
from tests.specification import uscc

STAFFED = [uscc(3300 + number) for number in range(3)]


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """Four agencies of long histories, and three with a staff."""
    with new_ledger(request.param, databases) as made:
        for number in range(4):
            record(made, Recordable(number, 70).sent, uscc(3200 + number))
        for code in STAFFED:
            send(made, code, "/v1/agencies", uscc=code, name="甲", category="安全管家", submitted_on="2022-01-04")
        yield made


def test_what_is_remembered_is_what_the_replay_gives(ledger: Ledger) -> None:
    """Asked again and again between facts: a shared certificate touches the other agency too, and so does its end."""
    remembered, chance = Remembered(), random.Random(5)
    steps: list[Callable[[], None]] = [
        lambda: None,
        lambda: staff(ledger, STAFFED[0], "2023-01-02", "AQ-1", "AQ-2"),
        lambda: staff(ledger, STAFFED[1], "2023-02-01", "AQ-2"),
        lambda: staff(ledger, STAFFED[2], "2023-03-01", "AQ-1"),
        lambda: staff(ledger, STAFFED[2], "2023-04-03", "AQ-9"),
        lambda: decide(ledger, STAFFED[1]),
    ]
    sizes = set()
    for step in steps:
        step()
        for _ in range(2):
            assert asked(ledger, remembered) == replayed(ledger)
        sizes.add(len(asked(ledger, remembered)["hints"]))
    assert len(sizes) > 2, "the steps have to change the hints"
    later = datetime.now(UTC) + timedelta(days=chance.randrange(300, 800))
    assert asked(ledger, remembered, later) == replayed(ledger, later)


def decide(ledger: Ledger, code: str) -> None:
    path = f"/v1/agencies/{code}/filing-decision"
    send(ledger, code, path, outcome="returned", decided_on="2022-02-01", reasons="材料不全")


def asked(ledger: Ledger, remembered: Remembered, now: datetime | None = None) -> dict[str, Any]:
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(now or datetime.now(UTC)))
        return {"notices": remembered.notices(questions), "hints": remembered.hints(questions)}


def replayed(ledger: Ledger, now: datetime | None = None) -> dict[str, Any]:
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(now or datetime.now(UTC)))
        found = Hints(reader, None)

        def every(work: Callable[[Basis], list[Any]]) -> list[Any]:
            return [row for basis in questions.district() for row in work(basis)]

        return {"notices": every(questions.notices), "hints": every(found.of)}
