"""`rebuild`: the rows made anew from the events and put in the place of the live ones (design.md, 4).

Rebuilding goes on beside the live rows while others read and record:

1. Each agency is made anew from one snapshot and compared with what is kept. Where they differ, what was made is put
   aside in `rebuilt`, with the versions of agency and law that it is of; where they agree there is nothing to do, as
   what is recorded later is projected by the same code onto rows that are right.
2. Only when all agencies have been made without an error, those put aside take the place of the live rows, one short
   transaction an agency under its lock: readers see the old rows or the new ones, writers of other agencies do not
   wait. An agency that has moved meanwhile is made anew once more.
3. What no event knows of, rows of an agency that nobody recorded or its head, is taken away at the end.

Where another version of the software made the rows and may still serve, all that differs is swapped in one transaction
that has the law's lock: that version answers from its own rows until it commits, and refuses by name afterwards; no
fact is projected by the one onto rows of the other (docs/upgrades.md).

A run that ends early goes on where it was: `rebuilt` holds what is done.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine, and_, not_, or_, select, text, update

from domain.ledger.ledger import Ledger
from domain.ledger.memory import StreamCache
from domain.ledger.reader import Reader
from domain.store.db.db_errors import named_trouble, rows_of_another
from domain.store.db.dialect import is_postgresql, lock_law
from domain.store.db.engine import embedded_file, reading, writing
from domain.store.db.migrate import MIGRATION_WAIT_MS
from domain.store.db.schema import read_model_build, rebuilt, stream_heads
from domain.store.db.statements import write
from domain.store.log.stream_heads import lock_for_recording
from projections.rebuild.inspect_rows import (
    Inspection,
    InspectionOutcome,
    Progress,
    Report,
    heads,
    inspect_all,
    owned,
    without_events,
)
from projections.rebuild.orphans import remove
from projections.rebuild.reproject import laws_of, made_anew
from projections.rows.write.projector import MADE_BY, Laws, ReadModelProjector, open_ledger
from projections.rows.write.tables import Tuples, delete, inserts

REBUILD_LOCK = 0x57E7A2D_0004
CATCHING_UP, FEW = 5, 20
"""How often what moved meanwhile is inspected before it is taken over, and how much is left to the lock."""
PAGE = 200


def is_current(connection: Connection) -> bool:
    """Whether the rows were made by this version of the projections."""
    return rows_made_by(connection) == MADE_BY


def rows_made_by(connection: Connection) -> int:
    """Which version of the projections made the rows; 0: they have to be rebuilt first."""
    return int(connection.scalar(select(read_model_build.c.made_by)) or 0)


def rebuild(url: str, *, jobs: int, progress: Progress, report: Report, afresh: bool = False) -> InspectionOutcome:
    """Make all rows anew and put those that differ in the place of the live ones.

    `afresh`: without what an earlier run has put aside. Raises: Unreadable for an event that cannot be decoded or
    projected, before any row is replaced; RowsOfAnother where a later version has taken over meanwhile; Busy.
    """
    with owned(url) as engine, _alone(engine):
        return _rebuild(engine, url, jobs, progress, report, afresh=afresh)


def _rebuild(
    engine: Engine, url: str, jobs: int, progress: Progress, report: Report, *, afresh: bool = False
) -> InspectionOutcome:
    with writing(engine) as connection:
        old = rebuilt.delete() if afresh else rebuilt.delete().where(rebuilt.c.made_by != MADE_BY)
        connection.execute(old)
    odd = without_events(engine, report)
    waiting = heads(engine, done_before=True)
    with reading(engine) as connection:
        taking_over = rows_made_by(connection) not in (0, MADE_BY)
    done = inspect_all(Inspection(url, keep=True), waiting, jobs, progress, report)
    if taking_over:
        swapped = _take_over(engine, jobs)
    else:
        swapped = _swap(engine, progress)
        with writing(engine) as connection:
            ReadModelProjector().require_own(connection)
            _finish(connection)
    return done._replace(swapped=swapped, differences=done.differences + odd)


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """One rebuilding at a time. The lock goes with its session; SQLite's lies on the folder of the file, of which every
    process has one name, and goes with the process.
    """
    if not is_postgresql(engine):
        file = embedded_file(engine.url)
        folder = os.open(Path() if file is None else file.absolute().parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)
        return
    with named_trouble(), engine.connect() as connection:
        with connection.begin():
            connection.execute(text(f"SET lock_timeout = {MIGRATION_WAIT_MS}"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": REBUILD_LOCK})
        yield


def _swap(engine: Engine, progress: Progress) -> int:
    query = select(rebuilt.c.stream).where(rebuilt.c.differences > 0).order_by(rebuilt.c.stream)
    with reading(engine) as connection:
        waiting = list(connection.scalars(query))
    ledger = open_ledger(engine)
    ledger.memory.streams = StreamCache(1)
    for number, stream in enumerate(waiting, start=1):
        _replace(ledger, stream)
        progress("替换 swap", number, len(waiting))
    return len(waiting)


def _replace(ledger: Ledger, stream: str) -> None:
    """Put what was made of an agency in place, made once more if agency or law have moved since."""
    with writing(ledger.engine) as connection:
        head, around = lock_for_recording(connection, stream)
        ledger.read_models.require_own(connection, around.rows_by)  # on SQLite another version may have taken over
        reader = Reader(ledger.memory, connection)
        laws = laws_of(reader)
        aside = connection.execute(select(rebuilt).where(rebuilt.c.originator_id == head.originator_id)).one_or_none()
        if aside is None or not aside.differences:
            return  # another run has done it
        if (aside.made_by, aside.version, aside.adoptions) == (MADE_BY, head.version, len(laws)):
            tuples = msgspec.msgpack.decode(aside.rows, type=Tuples)
        else:
            tuples = made_anew(reader, stream, laws).tuples
        _put(connection, stream, tuples)
        connection.execute(
            update(rebuilt).where(rebuilt.c.originator_id == head.originator_id).values(differences=0, rows=None)
        )


def _put(connection: Connection, stream: str, tuples: Tuples) -> None:
    delete(connection, stream)
    write(connection, inserts(tuples))


def _finish(connection: Connection) -> None:
    """Nothing that no event knows of is left, and the rows are of this version."""
    remove(connection)
    connection.execute(rebuilt.delete())


def _take_over(engine: Engine, jobs: int) -> int:
    """Put all that differs in the place of another version's rows at once; how many agencies. Raises: Busy.

    Recorders wait meanwhile, readers do not. What was recorded since it was inspected is made anew: before, as long as
    it is much, and under the lock.
    """
    ledger = open_ledger(engine)
    ledger.memory.streams = StreamCache(1)
    what = Inspection(engine.url.render_as_string(hide_password=False), keep=True)
    for _ in range(CATCHING_UP):
        with ledger.reading() as reader:
            moved = _moved_since(reader, laws_of(reader))
        if len(moved) <= FEW:
            break
        inspect_all(what, moved, jobs, lambda *_: None, lambda _: None)
    with writing(engine) as connection:
        lock_law(connection)
        reader = Reader(ledger.memory, connection)
        laws = laws_of(reader)
        again = sorted(stream for stream, _ in _moved_since(reader, laws))
        done = _put_what_waits(connection, frozenset(again))
        for stream in again:
            _put(connection, stream, made_anew(reader, stream, laws).tuples)
        _finish(connection)
    return done + len(again)


def _put_what_waits(connection: Connection, without: frozenset[str]) -> int:
    """Put in place what was made beside, a page at a time, as all of it may be much; how many agencies."""
    query = select(rebuilt.c.stream).where(rebuilt.c.differences > 0).order_by(rebuilt.c.stream)
    waiting = [stream for stream in connection.scalars(query) if stream not in without]
    left = iter(waiting)
    while page := list(islice(left, PAGE)):
        of_page = select(rebuilt.c.stream, rebuilt.c.rows).where(rebuilt.c.stream.in_(page))
        for stream, rows in connection.execute(of_page):
            _put(connection, stream, msgspec.msgpack.decode(rows, type=Tuples))
    return len(waiting)


def _moved_since(reader: Reader, laws: Laws) -> list[tuple[str, int]]:
    """Agencies that were not inspected as they stand, or under an earlier law, with their versions."""
    both = stream_heads.outerjoin(rebuilt, rebuilt.c.originator_id == stream_heads.c.originator_id)
    is_own = rebuilt.c.made_by == MADE_BY
    as_it_stands = and_(is_own, rebuilt.c.version == stream_heads.c.version, rebuilt.c.adoptions == len(laws))
    query = select(stream_heads.c.stream, stream_heads.c.version).select_from(both)
    query = query.where(stream_heads.c.stream.startswith("agency/"), stream_heads.c.version > 0)
    query = query.where(or_(rebuilt.c.originator_id.is_(None), not_(as_it_stands)))
    return [(stream, version) for stream, version in reader.connection.execute(query)]


def require_rows(engine: Engine) -> None:
    """Refuse to answer from rows that this version of the projections has not made.

    Raises: DatabaseOlder, RowsOfAnother.
    """
    with reading(engine) as connection:
        made_by = rows_made_by(connection)
    if made_by != MADE_BY:
        raise rows_of_another(is_later=made_by > MADE_BY)


def ensure_rows(url: str, progress: Progress) -> None:
    """Build the rows where they are missing or of an earlier version of the projections, as starting the service does.

    Of those that start at once one does it; the others wait, and find it done.
    Raises: RowsOfAnother where a later version made them; DatabaseOlder when this login may not.
    """
    with owned(url) as engine, reading(engine) as connection:
        made_by = rows_made_by(connection)
        if made_by > MADE_BY:
            raise rows_of_another(is_later=True)
        may = not is_postgresql(engine) or connection.scalar(
            text("SELECT has_table_privilege(session_user, 'agency_status', 'DELETE')")
        )
    if made_by != MADE_BY:
        if not may:
            raise rows_of_another(is_later=False)
        with owned(url) as engine, _alone(engine):
            with reading(engine) as connection:
                made_by = rows_made_by(connection)
            if made_by > MADE_BY:
                raise rows_of_another(is_later=True)
            if made_by != MADE_BY:
                _rebuild(engine, url, 1, progress, lambda _: None)
