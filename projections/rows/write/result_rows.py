"""Rows of published results (R32, R34), one each; the one of a year that was recorded last stands.

Rows of what is not told to the public any more (R42), among the matters: no worklist knows their kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from domain.events import (
    AgencyDelisted,
    ComplaintUpheld,
    Event,
    FactsInherited,
    PenaltyImposed,
    RepairApplied,
    RepairGranted,
    ResultPublished,
    ResultRevised,
)
from domain.law import Law
from domain.measures.around.publicity import PublicityEnd, inherited_part, publicity_ends
from domain.measures.chapter3_sanctions import Tag, tags
from domain.measures.rulebook.kinds import group_of
from domain.measures.text.implements import implements
from domain.trail.keys import type_keys
from domain.trail.trail import Facts, Trail
from domain.values import Tier
from projections.rows.write.current_rows import NEVER, ONE_DAY, Period, RowKey, merged
from projections.rows.write.row_context import Context
from projections.rows.write.score_rows import LADDER
from projections.rows.write.worklist_rows import Matter, matter_place, replace_matters

RESULTS = "published_result"
OF_RESULTS = frozenset({ResultPublished, ResultRevised})


class Result(NamedTuple):
    """What was published of an agency's year."""

    version: int
    """Of the agency: a later one stands in place of an earlier."""
    name: str | None
    category: str | None
    grade: str | None
    total: str | None
    hundredths: int | None
    """The total in hundredths of a point, to rank by."""
    rank: int | None
    assessed: bool
    deadline: date | None
    revised: bool
    category_key: str | None
    """The category in which it was ranked, as the law of that moment has it (R47)."""

    @property
    def is_graded(self) -> bool:
        """Whether it is a result, and not that an agency was not assessed (R28, R29)."""
        return self.assessed or self.grade is not None


@implements("art.19", "art.20", "R30", "R32", "R34")
def update_results(context: Context, changed: Iterable[Event]) -> None:
    """A row for each result; nothing is read, as no other event changes it."""
    for event in changed:
        if isinstance(event, (ResultPublished, ResultRevised)):
            step = Period(event.occurred_on, NEVER, result_of(event, context.law))
            context.live.replace(RowKey(RESULTS, event.year, event.id), [step], context.at)


def result_of(event: ResultPublished | ResultRevised, law: Law) -> Result:
    """The row that a result makes."""
    agency, total = event.sheet.get("agency", {}), event.sheet.get("total")
    category = event.sheet.get("category", agency.get("category"))
    known = law.rulebooks.for_sheet(event.year, event.occurred_on).categories.known
    return Result(
        event.version,
        agency.get("name"),
        category,
        event.grade,
        total,
        None if total is None else int(Fraction(total) * 100),
        event.rank,
        bool(event.sheet.get("assessed")),
        event.deadline,
        isinstance(event, ResultRevised),
        group_of(category, known),
    )


_LISTING = inherited_part("", "blacklist")
WITHHELD, WITHHELD_RESULT, UNLISTED = "withheld", "withheld_result", "unlisted"
"""A record of which the public is not told any more; a year's result; the listing of a blacklisted agency (R42)."""
_PUBLISHED = (ComplaintUpheld, PenaltyImposed, ResultPublished, ResultRevised)
"""What public lists tell of; they tell of no bad record."""
PUBLICITY_KEYS = (*LADDER, *type_keys(PenaltyImposed, ResultPublished, ResultRevised))
"""With `RepairApplied` and `RepairGranted` all events that the end of publicity follows from."""
_REPAIRS = type_keys(RepairApplied, RepairGranted)
OF_PUBLICITY = frozenset({*_PUBLISHED, AgencyDelisted, FactsInherited, RepairApplied, RepairGranted})


@implements("art.27", "R42")
def update_publicity(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew what the public is not told of, where something can have ended its publicity: nearly never."""
    results_alone = all(isinstance(one, (ResultPublished, ResultRevised)) for one in changed)
    if not _terms(context.law) and (results_alone or not _is_said(context)):
        return
    before, now = context.both((*PUBLICITY_KEYS, *_REPAIRS))
    replace_matters(context, withheld(before, context.law), withheld(now, context.law))


def _terms(law: Law) -> bool:
    return any(any(book.publicity.maximum_months.values()) for book in law.rulebooks)


def _is_said(context: Context) -> bool:
    """Whether an application, or a penalty with a last day of its own, is known: the few events that can end it."""
    if context.entries.under(_REPAIRS):
        return True
    found = [one.event for one in context.entries.under(type_keys(PenaltyImposed, FactsInherited))]
    return any(
        one.public_until is not None if isinstance(one, PenaltyImposed) else _names_an_end(one)
        for one in found
        if isinstance(one, (PenaltyImposed, FactsInherited))
    )


def _names_an_end(one: FactsInherited) -> bool:
    days = [*(tag.not_public_from for tag in one.tags), *(fine.not_public_from for fine in one.penalties)]
    days += [warning.not_public_from for warning in one.warnings]
    return any(day is not None for day in days)


def withheld(trail: Trail, law: Law) -> dict[RowKey, list[Period]]:
    """The rows of what has ended, each from its day on; whether the reading is applied is asked when it is read."""
    ends = {id_: one for id_, one in publicity_ends(trail, law.rulebooks).items() if one.kind != "bad_record"}
    found = {matter_place(WITHHELD, one.record): [_from(one.from_on, WITHHELD, one.record)] for one in ends.values()}
    for one in ends.values():
        record = trail.by_id.get(one.record)
        if isinstance(record, (ResultPublished, ResultRevised)):
            place = matter_place(WITHHELD_RESULT, str(record.year))
            first = min([one.from_on, *(period.valid_from for period in found.get(place, ()))])
            found[place] = [_from(first, WITHHELD_RESULT, None, record.year)]
    unlisted = _unlisted(trail, law, ends)
    return found | ({matter_place(UNLISTED, UNLISTED): unlisted} if unlisted else {})


def _from(day: date, kind: str, about: str | None, year: int | None = None, until: date = NEVER) -> Period:
    return Period(day, until, Matter(kind, "over", day, None, about, year, False))


@implements("art.17(3)", "art.27", "R42")
def _unlisted(trail: Trail, law: Law, ends: Mapping[str, PublicityEnd]) -> list[Period]:
    """The days on which the listing is not public: that of every blacklisted tag standing, else of the last, has ended.

    Another tag makes the agency public again, with its own term.
    """
    books = list(law.rulebooks)
    periods: list[Period] = []
    for part in [one for one in ends if one.endswith(_LISTING)]:
        ends = {**ends, part.removesuffix(_LISTING): ends[part]}
    for place, book in enumerate(books):
        listed = [tag for tag in tags(Facts(trail, date.max), book, law.rulebooks) if tag.tier is Tier.BLACKLISTED]
        if not any(tag.event in ends for tag in listed):
            continue
        last = books[place + 1].effective_from if place + 1 < len(books) else NEVER
        edges = {book.effective_from, *(tag.first_day for tag in listed)}
        edges |= {tag.last_day + ONE_DAY for tag in listed if tag.last_day is not None}
        edges |= {ends[tag.event].from_on for tag in listed if tag.event in ends}
        ordered = [day for day in sorted(edges) if book.effective_from <= day < last]
        for number, day in enumerate(ordered):
            until = ordered[number + 1] if number + 1 < len(ordered) else last
            if _is_unlisted(listed, ends, day):
                periods.append(Period(day, until, Matter(UNLISTED, "over", day, None, None, None, False)))
    return merged(
        [one._replace(value=one.value._replace(begun_on=periods[0].valid_from)) for one in periods] if periods else []
    )


def _is_unlisted(listed: Sequence[Tag], ends: Mapping[str, PublicityEnd], day: date) -> bool:
    begun = [tag for tag in listed if tag.first_day <= day]
    standing = [tag for tag in begun if tag.last_day is None or day <= tag.last_day] or begun[-1:]
    return bool(standing) and all(tag.event in ends and ends[tag.event].from_on <= day for tag in standing)
