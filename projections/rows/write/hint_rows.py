"""Hints kept (R37, R40): worked out once something was recorded, so that asking for them replays nothing.

A hint follows from the facts of its agency and, for a certificate on two staffs (art.16(9)), of another one. So it is
not written in the transaction of an event, which holds one agency alone, but moments later: agency by agency, by
`domain/measures/hints.py` itself, for what has moved and for whoever shares a certificate with it (`bring_up`). Whoever
asks before that does so for a little of it (`Little`); what is left, others do behind, and the answer says how far the
rows go meanwhile (`lag`): no request waits for the replay of a long history, and none is silently out of date.

What is kept is of no day: a question takes those of days up to its own. `turn` lets one writer at a time write, and
who worked hints out of an older moment work them out again.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import and_, delete, func, insert, or_, select, true, update

from domain.errors import Unreadable
from domain.law import Law
from domain.ledger.ledger import Ledger
from domain.ledger.reader import Reader
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.store.db.engine import Connection, writing
from domain.store.db.schema import events, hint, hint_book, hint_state, stream_heads
from domain.store.log.streams_by_key import streams_sharing
from domain.values import FOREVER, Instant, instant, stream_id
from projections.answers.districts import HintFound
from projections.replay.queries import Hints, ReplayQueries
from projections.rows.write.projector import MADE_BY

AT_ONCE = 20
"""Agencies worked out before their hints are written: others wait for the writing alone."""


class HintDetails(msgspec.Struct, frozen=True, array_like=True):
    """What a row keeps of a hint beside its columns."""

    article: str | None
    text: str
    text_en: str
    events: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...]
    settled_by: str | None


class HintRow(NamedTuple):
    """A hint as it is kept, in the order of the columns."""

    id: str
    originator_id: UUID
    rule: str
    behaviour: str | None
    year: int
    day: date
    status: str
    details: str


class Little(NamedTuple):
    """How much is worked out while somebody waits for an answer."""

    seconds: float
    """After so long no more is begun."""
    events: int
    """Agencies with more of them together, those that share a certificate included, are left to who works behind."""


class HintLag(NamedTuple):
    """How far the rows are behind what was recorded."""

    agencies: int
    """So many have moved since their hints were worked out."""
    known_until: Instant | None
    """All that was recorded before this instant is in the rows; None: they rest on another version of the law."""


class StaleHints(NamedTuple):
    """What is to be worked out anew: `made_of` is by which code and law, `changed` agencies have moved (version by
    stream), `streams` with those that share a certificate with them."""

    turn: int
    made_of: str
    is_other: bool
    changed: dict[str, int]
    streams: tuple[str, ...]


_JOINED = stream_heads.outerjoin(hint_state, hint_state.c.originator_id == stream_heads.c.originator_id)
_AGENCIES = and_(stream_heads.c.stream >= "agency/", stream_heads.c.stream < "agency0", stream_heads.c.version > 0)
_MOVED = or_(hint_state.c.version.is_(None), hint_state.c.version != stream_heads.c.version)


def behind(reader: Reader, at_most: int | None = None, without: Collection[str] = ()) -> StaleHints | None:
    """What has moved since it was worked out, in a snapshot, the shortest histories first; None where nothing has.

    `without`: agencies that are left aside.
    """
    turn, kept = _book(reader)
    made_of, of = _made_of(reader), stream_heads.c
    stale = true() if kept != made_of else _MOVED
    query = select(of.stream, of.version).select_from(_JOINED).where(_AGENCIES, stale, of.stream.not_in(without))
    query = query.order_by(of.version, of.stream).limit(at_most)
    changed = {row.stream: row.version for row in reader.connection.execute(query)}
    if not changed and kept == made_of:
        return None
    sharing = streams_sharing(reader.connection, list(changed)) if changed else []
    return StaleHints(turn, made_of, kept != made_of, changed, tuple(sorted({*changed, *sharing})))


def lag(reader: Reader) -> HintLag | None:
    """How far the rows are behind in a snapshot; None where they say all that is known."""
    if _book(reader)[1] != _made_of(reader):
        every = reader.connection.scalar(select(func.count()).select_from(stream_heads).where(_AGENCIES)) or 0
        return HintLag(int(every), None) if every else None
    is_next = events.c.originator_version == func.coalesce(hint_state.c.version, 0) + 1
    first = _JOINED.join(events, and_(events.c.originator_id == stream_heads.c.originator_id, is_next))
    query = select(func.count(), func.min(events.c.recorded_at)).select_from(first).where(_AGENCIES, _MOVED)
    count, until = reader.connection.execute(query).one()
    return HintLag(int(count), until) if count else None


def hints_turn(reader: Reader) -> int:
    """How often hints were written: as long as it stays, all rows of hints do."""
    return _book(reader)[0]


def _book(reader: Reader) -> tuple[int, str]:
    """How often hints were written, and by which code and law."""
    book = reader.connection.execute(select(hint_book.c.turn, hint_book.c.made_of)).first()
    return (0, "") if book is None else (book.turn, book.made_of)


def _is_little(reader: Reader, wanted: StaleHints | None, little: Little) -> bool:
    if wanted is None or wanted.is_other:
        return True
    of = stream_heads.c
    counted = select(func.sum(of.version)).where(of.originator_id.in_(map(stream_id, wanted.streams)))
    return int(reader.connection.scalar(counted) or 0) <= little.events


def worked_out(reader: Reader, streams: Collection[str]) -> Iterator[tuple[str, list[HintFound]]]:
    """The hints of these agencies as known in a snapshot, of whatever day, by stream."""
    questions, found = ReplayQueries(reader, instant(datetime.now(UTC))), Hints(reader, None)
    for basis in questions.district(date.max, only=[stream.partition("/")[2] for stream in streams]):
        yield basis.trail.events[0].stream, found.of(basis)


def bring_up(ledger: Ledger, rounds: int | None = None, little: Little | None = None) -> bool:
    """Work out what has moved, a few agencies at a time; whether nothing is left. Raises: Busy, WritesStopped.

    An agency of which an event cannot be read keeps the hints that it has, and the others do not wait for it; once they
    are done it is named. Raises: Unreadable.
    `little`: only so much, while somebody waits; the shortest histories first, alone where they are much together.
    """
    done, until = 0, None if little is None else time.monotonic() + little.seconds
    unreadable: dict[str, Unreadable] = {}
    while (rounds is None or done < rounds) and (until is None or time.monotonic() < until):
        with ledger.reading() as reader:
            wanted = behind(reader, AT_ONCE, unreadable)
            if little is not None and not _is_little(reader, wanted, little):
                wanted = behind(reader, 1, unreadable)
                if not _is_little(reader, wanted, little):
                    return False
            if wanted is None and unreadable:
                raise next(iter(unreadable.values()))
            if wanted is None:
                return True
            wanted, rows = _readable(reader, wanted, unreadable)
        with writing(ledger.engine, beside=True) as connection:
            _write(connection, wanted, rows)
        done += 1
    return False


def _readable(
    reader: Reader, wanted: StaleHints, unreadable: dict[str, Unreadable]
) -> tuple[StaleHints, list[HintRow]]:
    """The rows of what is wanted, as far as its events can be read; the rest is noted, and wanted no more."""
    if wanted.is_other:
        return wanted, []
    try:
        return wanted, [*_rows(reader, wanted.streams)]
    except Unreadable:
        rows = list[HintRow]()
    for stream in wanted.streams:
        try:
            rows += _rows(reader, [stream])
        except Unreadable as error:
            unreadable[stream] = error
    changed = {stream: version for stream, version in wanted.changed.items() if stream not in unreadable}
    streams = tuple(stream for stream in wanted.streams if stream not in unreadable)
    return wanted._replace(changed=changed, streams=streams), rows


def kept_wrongly(reader: Reader, streams: Collection[str]) -> Iterator[tuple[str, str]]:
    """Stream and id of each hint that is kept and does not follow from the facts, or follows and is not kept.

    Agencies whose hints are to be worked out anew are left out: of them nothing is claimed yet.
    """
    stale = behind(reader)
    if stale is not None and stale.is_other:
        return
    current = sorted(set(streams) - set(() if stale is None else stale.streams))
    ids = {stream_id(stream): stream for stream in current}
    kept = select(*(hint.c[name] for name in HintRow._fields)).where(hint.c.originator_id.in_(ids))
    there = {HintRow(*row) for row in reader.connection.execute(kept)} if ids else set()
    for one in sorted(there ^ set(_rows(reader, current)), key=lambda row: row.id):
        yield ids[one.originator_id], one.id


def _made_of(reader: Reader) -> str:
    law = reader.law(FOREVER)
    books = () if law is None else (*(one.sha256 for one in law.rulebooks), law.calendar.sha256)
    return ":".join((str(MADE_BY), *(one[:16] for one in books)))


def year_of(law: Law | None, day: date) -> int:
    """The assessment year of a hint's day (R20), by the law of now."""
    return day.year if law is None else assessment_year_of(day, law.rulebooks.on(day))


def _rows(reader: Reader, streams: Collection[str]) -> Iterator[HintRow]:
    law = reader.law(FOREVER)
    for stream, found in worked_out(reader, streams):
        for one in found:
            others = () if isinstance(one.elsewhere, msgspec.UnsetType) else one.elsewhere
            details = HintDetails(
                one.article,
                one.text,
                one.text_en,
                one.events,
                tuple((other.uscc, other.event) for other in others),
                one.settled_by,
            )
            said, year = msgspec.json.encode(details).decode(), year_of(law, one.day)
            yield HintRow(one.id, stream_id(stream), one.rule, one.behaviour, year, one.day, one.status, said)


def _write(connection: Connection, wanted: StaleHints, rows: Collection[HintRow]) -> None:
    """Put what was worked out in place, unless somebody else has written since: then nothing is done."""
    turn = update(hint_book).where(hint_book.c.turn == wanted.turn)
    if connection.execute(turn.values(turn=wanted.turn + 1, made_of=wanted.made_of)).rowcount != 1:
        return
    if wanted.is_other:
        connection.execute(delete(hint_state))
        return
    connection.execute(delete(hint).where(hint.c.originator_id.in_(map(stream_id, wanted.streams))))
    if rows:
        connection.execute(insert(hint), [row._asdict() for row in rows])
    moved = {stream_id(stream): version for stream, version in wanted.changed.items()}
    connection.execute(delete(hint_state).where(hint_state.c.originator_id.in_(moved)))
    if moved:
        connection.execute(
            insert(hint_state), [{"originator_id": id_, "version": version} for id_, version in moved.items()]
        )
