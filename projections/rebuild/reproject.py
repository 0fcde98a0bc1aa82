"""What is kept of an agency beside its events, made anew from them, and compared with what is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from domain.errors import NotFound, Unreadable
from domain.events import CalendarAdopted, Event, RulebookAdopted
from domain.ledger.reader import Reader
from domain.values import LEDGER_STREAM, Instant, instant, stream_id
from projections.answers.standings import Standing
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries
from projections.rows.read.row_queries import RowQueries
from projections.rows.write.projector import Laws, rows_in_memory
from projections.rows.write.tables import COLUMNS, Tuples, stored, tuples_of

DAYS_AT_ONCE = 20
"""How many days are asked about as known at the same moment: the trail is read once for them."""


class Difference(NamedTuple):
    """A row that is kept and should not be, or the other way round."""

    stream: str
    table: str
    day: str
    """The first day on which it holds; empty for what has no days."""
    known_from: Instant
    kept: tuple[Any, ...] | None
    rebuilt: tuple[Any, ...] | None

    def as_json(self) -> dict[str, object]:
        """The difference with its values by their names."""
        names = COLUMNS[self.table][0][1:]

        def named(row: tuple[Any, ...] | None) -> dict[str, object] | None:
            return None if row is None else dict(zip(names, row[1:], strict=True))

        return {
            "uscc": self.stream.removeprefix("agency/"),
            "table": self.table,
            "day": self.day or None,
            "known_from": self.known_from or None,
            "kept": named(self.kept),
            "rebuilt": named(self.rebuilt),
        }


class Anew(NamedTuple):
    """An agency made anew: at which version of it and after how many adoptions, and its rows."""

    stream: str
    version: int
    adoptions: int
    tuples: Tuples


def laws_of(reader: Reader) -> Laws:
    """Every law that was ever adopted, with the instant from which it was known."""
    own = reader.events(LEDGER_STREAM)
    adoptions = (event.recorded_at for event in own if isinstance(event, (RulebookAdopted, CalendarAdopted)))
    known = ((at, reader.memory.law_of(own, at)) for at in adoptions)
    return [(at, law) for at, law in known if law is not None]


def made_anew(reader: Reader, stream: str, laws: Laws) -> Anew:
    """The rows that the agency's events make, in this snapshot. Raises: Unreadable, naming the event."""
    events = reader.events(stream)
    return Anew(stream, len(events), len(laws), tuples_made_by(stream, events, laws))


def tuples_made_by(stream: str, events: Sequence[Event], laws: Laws) -> Tuples:
    """What these events leave in the tables beside them."""
    live, entries = rows_in_memory(events, laws)
    originator = stream_id(stream).hex
    beside: Tuples = {
        "event_keys": [(originator, key, version) for key, version in entries.all_keys()],
        "annulled": [(originator, version, by) for version, by in entries.all_gone()],
    }
    return {**beside, **tuples_of((stream, row) for row in live.opened)}


class OtherAnswer(NamedTuple):
    """A basis at which the rows answer otherwise than the replay."""

    stream: str
    as_of: date
    known_at: str
    by_rows: Standing | dict[str, str]
    """Or under `missing` why the rows know nothing of the agency."""
    by_replay: Standing

    def as_json(self) -> dict[str, object]:
        """Both answers side by side: as replayed and as the rows have it."""
        return {
            "uscc": self.stream.removeprefix("agency/"),
            "as_of": self.as_of.isoformat(),
            "known_at": self.known_at,
            "by_rows": self.by_rows,
            "by_replay": self.by_replay,
        }


def other_answers(reader: Reader, stream: str, bases: int, seed: int) -> Iterator[OtherAnswer]:
    """Ask both ways at some random bases: days around facts and far off, some days at a time as known after the same
    random event: at its instant, its version, or some place of the sealed log from its own on.
    """
    now = instant(datetime.now(UTC))
    rows, replay = RowQueries(reader, now), ReplayQueries(reader, now)
    events, chance = reader.events(stream), Random(f"{seed} {stream}")  # noqa: S311  # a sample, no secret
    uscc = stream.removeprefix("agency/")
    for asked in range(0, bases, DAYS_AT_ONCE):
        event = chance.choice(events)
        known_at = chance.choice((event.recorded_at, f"version:{event.version}", _in_log(reader, event, chance)))
        basis = replay.basis(uscc, event.occurred_on, known_at)
        for _ in range(min(DAYS_AT_ONCE, bases - asked)):
            day = chance.choice(events).occurred_on + timedelta(days=chance.choice((-366, -1, 0, 1, 7, 365, 366, 1100)))
            by_replay = replay.standing(Basis(basis.trail, basis.law, day, basis.known_at))
            try:
                by_rows: Standing | dict[str, str] = rows.standing(uscc, day, known_at)
            except (NotFound, Unreadable) as missing:
                by_rows = {"missing": str(missing)}
            if by_rows != by_replay:
                yield OtherAnswer(stream, day, known_at, by_rows, by_replay)


def _in_log(reader: Reader, event: Event, chance: Random) -> str:
    """Some place of the log at which the event is known; its instant, as long as it is not sealed."""
    place = reader.log_index_of(event.stream, event.version)
    return event.recorded_at if place is None else f"log:{chance.randint(place, reader.sealed()[0])}"


def differences(reader: Reader, made: Anew) -> Iterator[Difference]:
    """Where what is kept of an agency is not what was made anew, by table and first day."""
    kept = stored(reader.connection, made.stream)
    for table, (columns, _) in COLUMNS.items():
        rows, anew = kept.get(table, []), made.tuples.get(table, [])
        if len(rows) == len(anew) == len(each := set(rows)) and each == set(anew):
            continue
        before, after = Counter(rows), Counter(anew)  # the same row twice is odd
        day, known = (columns.index("valid_from"), columns.index("known_from")) if "valid_from" in columns else (0, 0)
        odd = [(row, True) for row in (before - after).elements()]
        odd += [(row, False) for row in (after - before).elements()]
        for row, is_kept in sorted(odd, key=lambda one: (str(one[0][day]), str(one[0][known]), one[1])):
            yield Difference(
                made.stream,
                table,
                row[day] if day else "",
                row[known] if known else "",
                row if is_kept else None,
                None if is_kept else row,
            )
