"""The rows of agencies made anew and compared with what is kept, in several processes; `check` is that alone."""

from __future__ import annotations

import gc
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from random import Random
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, exists, select

from domain.ledger.ledger import Ledger
from domain.ledger.memory import StreamCache
from domain.ledger.reader import Reader
from domain.store.db.engine import database_url, open_migration_engine, reading, writing
from domain.store.db.schema import events, rebuilt, stream_heads
from domain.values import stream_id
from projections.rebuild.orphans import Orphan, orphans
from projections.rebuild.reproject import Anew, Difference, OtherAnswer, differences, laws_of, made_anew, other_answers
from projections.rows.write.hint_rows import kept_wrongly
from projections.rows.write.projector import MADE_BY, open_ledger
from projections.rows.write.tables import Tuples

CHUNK_EVENTS = 1_000
"""About how many events a process takes at a time."""
SHOWN = 20
"""How many differences of one agency are listed."""

Progress = Callable[[str, int, int], None]
"""Is told what is going on, how many events are done, and how many there are."""


Found = Difference | OtherAnswer | Orphan
Report = Callable[[Found], None]
"""Is told of what differs, at most `SHOWN` an agency."""


class InspectionOutcome(NamedTuple):
    """What came of it."""

    agencies: int
    events: int
    differences: int
    swapped: int = 0


class _Done(NamedTuple):
    stream: str
    events: int
    differences: int
    shown: list[Found]


class Inspection(NamedTuple):
    """What a process does with each agency it is given."""

    url: str
    keep: bool
    """Put aside what differs."""
    bases: int = 0
    """At how many random bases of each agency the rows are asked against the replay."""
    seed: int = 0


def check(
    url: str, *, jobs: int, progress: Progress, report: Report, sample: int | None = None, bases: int = 5, seed: int = 0
) -> InspectionOutcome:
    """Compare the rows of all agencies, or of a random sample of so many, with the replay: nothing is written.

    Row by row with what is made anew, and answer by answer at `bases` random bases an agency; and in every table what
    belongs to no agency.
    """
    with owned(url) as engine:
        waiting = heads(engine)
        odd = without_events(engine, report)
    if sample is not None and sample < len(waiting):
        waiting = Random(seed).sample(waiting, sample)  # noqa: S311  # a sample, no secret
    done = inspect_all(Inspection(url, keep=False, bases=bases, seed=seed), waiting, jobs, progress, report)
    return done._replace(differences=done.differences + odd)


def without_events(engine: Engine, report: Report) -> int:
    """Tell of rows and heads that no event knows of, at most `SHOWN`; how many there are."""
    number = 0
    with reading(engine) as connection:
        for number, one in enumerate(orphans(connection), start=1):
            if number <= SHOWN:
                report(one)
    return number


def _owner(url: str) -> Engine:
    """The login itself: the service's role may not delete rows."""
    return open_migration_engine(database_url(url))


@contextmanager
def owned(url: str) -> Iterator[Engine]:
    """An engine of the owner's, for a while."""
    engine = _owner(url)
    try:
        yield engine
    finally:
        engine.dispose()


def heads(engine: Engine, *, done_before: bool = False) -> list[tuple[str, int]]:
    """Every agency that has events, with how many its head says, the longest first; without what an earlier run has
    put aside.
    """
    query = (
        select(stream_heads.c.stream, stream_heads.c.version)
        .where(
            stream_heads.c.stream.startswith("agency/"),
            exists().where(events.c.originator_id == stream_heads.c.originator_id),
        )
        .order_by(stream_heads.c.version.desc(), stream_heads.c.stream)
    )
    if done_before:
        query = query.where(stream_heads.c.originator_id.not_in(select(rebuilt.c.originator_id)))
    with reading(engine) as connection:
        return [(stream, version) for stream, version in connection.execute(query)]


def inspect_all(
    what: Inspection, waiting: Sequence[tuple[str, int]], jobs: int, progress: Progress, report: Report
) -> InspectionOutcome:
    """Do this with every agency that waits."""
    total, name = sum(count for _, count in waiting), "重建 rebuild" if what.keep else "核对 check"
    agencies = events = found = 0
    progress(name, 0, total)
    for one in _work(what, list(_chunks(waiting)), jobs):
        agencies, events, found = agencies + 1, events + one.events, found + one.differences
        for difference in one.shown:
            report(difference)
        progress(name, min(events, total), total)
    return InspectionOutcome(agencies, events, found)


def _chunks(waiting: Iterable[tuple[str, int]]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for stream, count in waiting:
        chunk.append(stream)
        size += count
        if size >= CHUNK_EVENTS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _work(what: Inspection, chunks: list[list[str]], jobs: int) -> Iterator[_Done]:
    """Every agency's result as it comes, this process working too. The first error ends it all."""
    waiting = deque(chunks)
    others = min(jobs, len(chunks)) - 1
    _start(what)
    try:
        if others < 1:
            while waiting:
                yield from _inspect_chunk(waiting.popleft())
            return
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(others, mp_context=spawn, initializer=_start, initargs=(what,)) as pool:
            try:
                yield from _shared(pool, waiting, others)
            finally:
                pool.shutdown(cancel_futures=True)
    finally:
        _end()


def _shared(pool: ProcessPoolExecutor, waiting: deque[list[str]], others: int) -> Iterator[_Done]:
    """The others get the next chunk as soon as they are done with one; this process takes what nobody has."""
    running: set[Future[list[_Done]]] = set()
    while waiting or running:
        while waiting and len(running) < 2 * others:
            running.add(pool.submit(_inspect_chunk, waiting.popleft()))
        if waiting:
            yield from _inspect_chunk(waiting.popleft())
        finished, running = wait(running, timeout=0 if waiting else None, return_when=FIRST_COMPLETED)
        for future in finished:
            yield from future.result()


_here: tuple[Inspection, Ledger] | None = None
"""What this process works on."""
_COLLECTOR = gc.get_threshold()
_SELDOM = (100_000, 20, 20)
"""Nearly all that is made here goes by itself, so looking for cycles often is a tenth of the time wasted."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Read a whole ledger: what is made goes by itself or stays, so cycles are looked for seldom."""
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*_COLLECTOR)


def _start(what: Inspection) -> None:
    global _here  # one process, one piece of work
    ledger = open_ledger(open_migration_engine(database_url(what.url), keep=True))
    ledger.memory.streams = StreamCache(1)
    gc.set_threshold(*_SELDOM)
    _here = what, ledger


def _end() -> None:
    global _here  # the same
    if _here is not None:
        _here[1].engine.dispose()
    _here = None
    gc.set_threshold(*_COLLECTOR)


def _inspect_chunk(streams: list[str]) -> list[_Done]:
    if _here is None:
        raise RuntimeError("not started")
    what, ledger = _here
    done, made = [], []
    with ledger.reading() as reader:
        laws = laws_of(reader)
        hints = {} if what.keep else _hints_kept_wrongly(reader, streams)
        for stream in streams:
            anew = made_anew(reader, stream, laws)
            found: list[Found] = [*differences(reader, anew)]
            found += other_answers(reader, stream, what.bases, what.seed)
            if not what.keep:
                found += [*_put_aside_wrongly(reader.connection, anew), *hints.get(stream, ())]
            done.append(_Done(stream, anew.version, len(found), found[:SHOWN]))
            made.append((anew, len(found)))
    if what.keep:
        with writing(ledger.engine) as connection:
            for anew, count in made:
                _put_aside(connection, anew, count)
    return done


def _hints_kept_wrongly(reader: Reader, streams: Sequence[str]) -> dict[str, list[Orphan]]:
    """By stream what is kept of hints and does not follow, or is not kept (R37): they are no rows of one agency's."""
    found: dict[str, list[Orphan]] = {}
    for stream, id_ in kept_wrongly(reader, streams):
        said = f"留存的线索 {id_} 与由记录推算的不同", f"what is kept of hint {id_} is not what events make"
        found.setdefault(stream, []).append(Orphan(stream, "hint", *said))
    return found


def _put_aside_wrongly(connection: Connection, anew: Anew) -> Iterator[Orphan]:
    """What an interrupted rebuild has put aside, and the next one would put in place, is what the events make."""
    aside = connection.execute(
        select(rebuilt).where(rebuilt.c.originator_id == stream_id(anew.stream), rebuilt.c.made_by == MADE_BY)
    ).one_or_none()
    if aside is None or (aside.version, aside.adoptions) != (anew.version, anew.adoptions) or not aside.differences:
        return
    made = {table: set(rows) for table, rows in anew.tuples.items() if rows}
    kept = msgspec.msgpack.decode(bytes(aside.rows or b"\x80"), type=Tuples)
    if made != {table: set(rows) for table, rows in kept.items() if rows}:
        yield Orphan(
            anew.stream,
            "rebuilt",
            "待换入的行不是由记录推算的",
            "what waits to be put in place is not what events make",
        )


def _put_aside(connection: Connection, anew: Anew, count: int) -> None:
    values = {
        "originator_id": stream_id(anew.stream),
        "stream": anew.stream,
        "version": anew.version,
        "adoptions": anew.adoptions,
        "made_by": MADE_BY,
        "differences": count,
        "rows": msgspec.msgpack.encode(anew.tuples) if count else None,
    }
    connection.execute(rebuilt.delete().where(rebuilt.c.originator_id == values["originator_id"]))
    connection.execute(rebuilt.insert().values(values))
