"""What waits of the whole district: years to prepare, to publish and to close, readings to confirm (R40).

They are few, and follow from the day: each is worked out when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from api.application.assessing.publishing import round_of
from api.application.questions.service.reading_questions import readings_to_confirm
from domain.law import Law
from domain.ledger.reader import Reader
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.measures.text.implements import implements
from projections.answers.matters import MatterKind
from projections.rows.read.district import was_in_business
from projections.rows.read.open_matters import MatterRow
from projections.rows.read.published import last_deadline, open_appeals

PREPARE_DAYS = 60
"""How long before its last day a year begins to wait: surveys to invite, effect scores to give (art.22, 23)."""
_DAY = timedelta(days=1)


@implements("art.19", "art.20", "art.28", "R4", "R20", "R32", "R36")
def district_matters(reader: Reader, law: Law | None, today: date) -> Iterator[MatterRow]:
    """All of them, as known now."""
    if law is None:
        return
    books = law.rulebooks
    for year in range(assessment_year_of(books.first_day, books.on(books.first_day)), today.year + 2):
        first, last = books.span_of(year)
        if first <= today:
            yield from _of_year(reader, year, first, last, today)
    unconfirmed = readings_to_confirm(law, today)
    if unconfirmed:
        yield _row("reading", books.on(today).id, books.first_day, None, None, str(len(unconfirmed)))


def _of_year(reader: Reader, year: int, first: date, last: date, today: date) -> Iterator[MatterRow]:
    round_ = round_of(reader, year)
    if round_.closed is not None:
        return
    if round_.published is not None:
        over = last_deadline(reader.connection, year)
        if over is not None and over < today and not open_appeals(reader.connection, year, today):
            yield _row("year_close", str(year), over + _DAY, None, year)
    elif was_in_business(reader.connection, first, min(last, today)):
        if today > last:
            yield _row("year_publish", str(year), last + _DAY, None, year)
        elif today > last - PREPARE_DAYS * _DAY:
            yield _row("year_prepare", str(year), max(first, last - (PREPARE_DAYS - 1) * _DAY), last, year)


def _row(
    kind: MatterKind, id_: str, since: date, due_on: date | None, year: int | None, about: str | None = None
) -> MatterRow:
    return MatterRow(None, None, kind, f"{kind}:{id_}", "open", since, due_on, about, year, since, "open")


def between(
    others: Sequence[MatterRow], read: Callable[[int, int], list[MatterRow]], offset: int, limit: int
) -> list[MatterRow]:
    """A page of the matters of agencies with those of the whole district, which are few, put in their places.

    `read`: from where on, and how many. A row's place is its own among its like, and how many of the others stand
    before it; on one day the district's come first.
    """
    others = sorted(others, key=_by_day)
    first = max(0, offset - len(others))
    rows = read(first, offset + limit - first)
    placed = [
        (first + number + sum(1 for one in others if _by_day(one) <= _by_day(row)), row)
        for number, row in enumerate(rows)
    ]
    for number, one in enumerate(others):
        before = sum(1 for row in rows if _by_day(row) < _by_day(one))
        is_within = first == 0 or before > 0
        placed += [(first + before + number, one)] if is_within else []
    return [row for place, row in sorted(placed, key=lambda each: each[0]) if offset <= place < offset + limit]


def ahead(
    others: Sequence[MatterRow], read: Callable[[int, int], list[MatterRow]], offset: int, limit: int
) -> list[MatterRow]:
    """A page of a list that is sorted by a column of agencies: the matters of the whole district come first."""
    first = sorted(others, key=_by_day)[offset : offset + limit]
    left = limit - len(first)
    return first + (read(max(0, offset - len(others)), left) if left else [])


def _by_day(one: MatterRow) -> tuple[bool, date, date]:
    return one.due_on is None, one.due_on or date.max, one.since
