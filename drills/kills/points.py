"""Where a process dies: named steps of writing, before and after each, and in the middle of a statement.

A step is a function of the product, named as it is looked up. In the process that is to die it is wrapped: the n-th
time that it is reached, the process is gone as by a power cut (SIGKILL to itself: nothing is flushed, nobody is told).
"""

from __future__ import annotations

import inspect
import os
import signal
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Engine, event

MOMENTS = ("before", "after")
INSTRUCTIONS = 200
"""Of SQLite's virtual machine, between one chance to die inside a statement and the next."""


class KillPoint(NamedTuple):
    """A step. `most`: up to which time of reaching it the process dies, drawn by chance; `needs` a publication."""

    part: str
    where: str
    most: int = 3
    needs_publication: bool = False
    only: str = ""
    """`sqlite` or `postgresql` where only one of them comes by here."""


POINTS = (
    KillPoint("recording", "domain.ledger.unit_of_work:UnitOfWork.record", 8),
    KillPoint("recording", "domain.ledger.unit_of_work:UnitOfWork.flush", 8),
    KillPoint("recording", "domain.store.log.recorder:LedgerRecorder.insert_events", 8),
    KillPoint("recording", "domain.store.log.recorder:write", 8),
    KillPoint("recording", "projections.rows.write.projector:project", 8),
    KillPoint("recording", "domain.store.db.statements:_rows", 60, only="postgresql"),
    KillPoint("recording", "sqlalchemy.engine.base:Connection.exec_driver_sql", 120, only="sqlite"),
    KillPoint("recording", "sqlalchemy.engine.base:Connection.execute", 120),
    KillPoint("commit", "sqlalchemy.engine.default:DefaultDialect.do_commit", 40),
    KillPoint("acknowledging", "api.application.idempotency:keyed", 8),
    KillPoint("acknowledging", "api.application.record:record", 8),
    KillPoint("acknowledging", "api.application.background.housekeeper:Housekeeper.recorded", 8),
    KillPoint("sequencing", "api.application.background.housekeeper:seal"),
    KillPoint("sequencing", "domain.store.log.sequencer:_seal_sqlite", only="sqlite"),
    KillPoint("sequencing", "domain.store.log.sequencer:_seal_postgresql", only="postgresql"),
    KillPoint("sequencing", "domain.store.log.sequencer:update"),
    KillPoint("signing", "domain.store.proof.tree_writer:Prover._prepared", 2),
    KillPoint("signing", "domain.store.proof.log_keys:LogKeys.sign", 2),
    KillPoint("signing", "domain.store.keys.secret_files:sync_folder", 3),
    KillPoint("signing", "domain.store.proof.log_keys:replace", 2),
    KillPoint("signing", "domain.store.proof.tree_writer:_write", 2),
    KillPoint("signing", "domain.store.proof.checkpoint_archive:Witness.follow", 2),
    KillPoint("signing", "domain.store.proof.checkpoint_archive:Witness._append", 2),
    KillPoint("signing", "domain.store.proof.checkpoint_archive:replace", 2),
    KillPoint("publication", "api.application.assessing.publishing:sealed_up", 1, needs_publication=True),
    KillPoint("publication", "api.application.assessing.publishing:drafted", 1, needs_publication=True),
    KillPoint("publication", "api.application.assessing.publishing:prepared", 1, needs_publication=True),
    KillPoint("publication", "api.application.assessing.publishing:record", 1, needs_publication=True),
    KillPoint("publication", "domain.ledger.unit_of_work:UnitOfWork.put", 1, needs_publication=True),
    KillPoint("publication", "domain.store.db.statements:Staged.put", 1, needs_publication=True),
    KillPoint("publication", "domain.ledger.unit_of_work:head_changes", 1, needs_publication=True),
    KillPoint("publication", "api.application.action_context:once", 1, needs_publication=True),
    KillPoint("outbox", "api.application.messages.telling:keep_messages", 2),
    KillPoint("outbox", "api.application.messages.telling:keep_deliveries", 3),
    KillPoint("outbox", "api.application.messages.telling:told_up_to", 2),
    KillPoint("outbox", "api.application.delivering.courier:claim_due", 3),
    KillPoint("outbox", "api.application.delivering.courier:hook_outcome", 3),
    KillPoint("outbox", "api.application.delivering.courier:settle", 3),
    KillPoint("clean-up", "api.application.background.housekeeper:touch_token", 1),
    KillPoint("clean-up", "api.application.privacy.reading_log:ReadingLog.flush", 2),
    KillPoint("starting", "api.starting:make_ready", 1),
    KillPoint("starting", "api.starting:compare_with_signed", 1),
    KillPoint("starting", "api.starting:watch_clock", 1),
)


def steps(database: str) -> list[tuple[KillPoint, str]]:
    """Every step of a database, before and after it."""
    return [(one, moment) for one in POINTS if one.only in ("", database) for moment in MOMENTS]


def die() -> None:
    """Gone at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: KillPoint, moment: str, turn: int) -> None:
    """From now on this process dies before or after the `turn`-th time that it comes to the point."""
    owner, name = _found(point.where)
    reached = count(1)
    original = getattr(owner, name)

    def is_time() -> bool:
        return next(reached) == turn

    if inspect.iscoroutinefunction(original):
        setattr(owner, name, _dying_task(original, moment, is_time))
    else:
        setattr(owner, name, _dying(original, moment, is_time))


def arm_inside(turn: int) -> None:
    """This process dies while SQLite carries out a statement, after so many pieces of work of its virtual machine."""
    reached = count(1)

    def one_more() -> int:
        if next(reached) == turn:
            die()
        return 0

    def connected(dbapi: Any, _: Any) -> None:
        dbapi.set_progress_handler(one_more, INSTRUCTIONS)

    event.listen(Engine, "connect", connected)


def _found(where: str) -> tuple[Any, str]:
    module, _, path = where.partition(":")
    owner: Any = import_module(module)
    *within, name = path.split(".")
    for one in within:
        owner = getattr(owner, one)
    return owner, name


def _dying(original: Callable[..., Any], moment: str, is_time: Callable[[], bool]) -> Callable[..., Any]:
    @wraps(original)
    def dying(*arguments: Any, **named: Any) -> Any:
        now = is_time()
        if now and moment == "before":
            die()
        found = original(*arguments, **named)
        if now:
            die()
        return found

    return dying


def _dying_task(original: Callable[..., Any], moment: str, is_time: Callable[[], bool]) -> Callable[..., Any]:
    @wraps(original)
    async def dying(*arguments: Any, **named: Any) -> Any:
        now = is_time()
        if now and moment == "before":
            die()
        found = await original(*arguments, **named)
        if now:
            die()
        return found

    return dying
