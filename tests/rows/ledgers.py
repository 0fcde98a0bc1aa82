"""Real ledgers on both databases, filled with generated histories by the ledger's own way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from api.application.commands import find_command
from domain.ledger.ledger import Ledger
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.store.db.engine import open_engine
from domain.values import Role
from projections.rows.write.projector import open_ledger
from tests.databases import BOTH, Databases
from tests.rows.histories import LongHistory
from tests.test_properties import CODE, Sent

__all__ = ["BOTH", "Recordable", "new_ledger", "record"]


class Recordable(LongHistory):
    """Without what has no command yet."""

    def do_result(self) -> None:
        pass

    def do_record_by_hand(self) -> None:
        pass

    def do_notice_and_its_service(self) -> None:
        """The id of a notice follows from that of its cause, which is another one in the ledger."""

    def do_inheritance(self) -> None:
        pass

    def do_inherited_project(self) -> None:
        pass

    def do_succession(self) -> None:
        pass


@contextmanager
def new_ledger(kind: str, databases: Databases) -> Iterator[Ledger]:
    """An opened ledger on a database of its own."""
    made = open_ledger(open_engine(databases.migrated(kind)))
    made.open(shipped_rulebook(), build_calendar(), actor="system")
    yield made
    made.engine.dispose()


def record(ledger: Ledger, history: list[Sent], code: str) -> None:
    """Send a generated history to an agency of its own, in transactions of one to five commands."""
    chance, waiting = random.Random(code), list(history)
    while waiting:
        with ledger.writing() as unit:
            for sent in waiting[: chance.randrange(1, 6)]:
                waiting.pop(0)
                found = find_command(sent.post.replace(CODE, code))
                assert found is not None
                route, given, path_id = found
                body: dict[str, Any] = {**sent.body, **({"uscc": code} if "uscc" in sent.body else {})}
                names = {name: f"{code}{value}" for name, value in body.items() if _is_id(value)}
                unit.record(
                    given or code,
                    route.body.model_validate({**body, **names}),
                    actor="p",
                    role=Role.ASSOCIATION,
                    via="api",
                    path_id=None if path_id is None else f"{code}{path_id}",
                    event_id=f"{code}{sent.id}",
                    new=given is None,
                )


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value[:1] == "x" and value[1:].isdigit()
