"""One event among the others: what it names, what names it, and what followed from it at a basis (design.md, 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from domain.errors import NotFound
from domain.events import (
    AppealFiled,
    AppealPartlyUpheld,
    AppealUpheld,
    Event,
    EventAnnulled,
    ImpactDisposed,
    NoticeSent,
    ObjectionFiled,
    ResultPublished,
    ResultRevised,
    StatementFiled,
)
from domain.measures.chapter3_sanctions import tags
from domain.measures.notices import notices
from domain.measures.rulebook.rulebook import assessment_year_of, year_span
from domain.values import TIER_LABELS, moment, next_instant
from projections.answers.trail_items import (
    EventEffects,
    NoticeEffect,
    RelatedEvent,
    RelatedEvents,
    ResultEffect,
    SheetEffect,
    TagEffect,
)
from projections.fact_kinds import fact_label
from projections.replay.known_at import Basis
from projections.replay.standing import sheet_answer

_A_DEADLINE = timedelta(days=31)
"""A lapse appears at most so long after the date in its facts: a week, moved over the longest holiday (R2, R3)."""


def unknown_event(event_id: str) -> NotFound:
    """The one answer for a record that does not exist or that the caller may not see (api.md)."""
    return NotFound(
        f"该机构没有编号为 {event_id} 的记录",
        f"this agency has no record with the id {event_id}",
        remedy="请在审计轨迹里核对编号",
        remedy_en="Look the id up in the audit trail.",
    )


def event_named(basis: Basis, event_id: str) -> Event:
    """The event of this id, as known at the basis. Raises: NotFound."""
    found = basis.trail.by_id.get(event_id)
    if found is None:
        raise unknown_event(event_id)
    return found


def pointed_at(event: Event) -> Iterator[str]:
    """The ids of the events that one is about, whether it falls with them (`named`) or not."""
    yield from event.named()
    if isinstance(event, (EventAnnulled, ObjectionFiled, StatementFiled)):
        yield event.event_id
    elif isinstance(event, (NoticeSent, ImpactDisposed)):
        yield event.cause
    elif isinstance(event, AppealFiled):
        yield from (event.result_id, *event.disputed)
    elif isinstance(event, (AppealUpheld, AppealPartlyUpheld)):
        yield from (*event.annulled, *event.replaced)
    if isinstance(event, ImpactDisposed):
        yield event.result_id
    if isinstance(event, ResultRevised):
        yield from filter(None, (event.replaces, event.appeal_id))


MOST_TOGETHER = 50
"""An import or a batch records many at an agency at once: a receipt goes no further in either direction."""


def recorded_together(events: Sequence[Event], event: Event) -> list[Event]:
    """All that the same act recorded at the agency, in order, with the event itself.

    One transaction reads its clock once, so each of its events follows the one before by a microsecond
    (`greatest(clock, last + 1 µs)`, events.md), by the same person, by the same way.
    """
    by_version = {one.version: one for one in events}
    first = last = event
    for _ in range(MOST_TOGETHER):
        before, after = by_version.get(first.version - 1), by_version.get(last.version + 1)
        if before is not None and _in_one_go(before, first):
            first = before
        elif after is not None and _in_one_go(last, after):
            last = after
        else:
            break
    return [by_version[version] for version in range(first.version, last.version + 1)]


def _in_one_go(one: Event, following: Event) -> bool:
    same = (one.actor, one.via) == (following.actor, following.via)
    return same and following.recorded_at == next_instant(moment(one.recorded_at), one.recorded_at)


def related(basis: Basis, event: Event, may_see: Callable[[Event], bool]) -> RelatedEvents:
    """The events that this one is about, those that are about it, and what stopped counting by it, in short."""
    trail = basis.trail
    names = [trail.by_id[id_] for id_ in dict.fromkeys(pointed_at(event)) if id_ in trail.by_id and id_ != event.id]
    named_by = [one for one in trail.events if one.id != event.id and event.id in pointed_at(one)]
    gone = trail.gone_with(event) if isinstance(event, EventAnnulled) else []
    together = recorded_together(trail.events, event)
    told = (tuple(_short(one, basis) for one in found if may_see(one)) for found in (names, named_by, gone, together))
    return RelatedEvents(*told)


def _short(event: Event, basis: Basis) -> RelatedEvent:
    name = type(event).__name__
    return RelatedEvent(event.id, name, fact_label(name), event.occurred_on, basis.trail.counts(event))


def effects(basis: Basis, event: Event) -> EventEffects:
    """What rests on an event at the basis: lines of sheets, what was left out of them, tags, notices, results."""
    books = basis.law.rulebooks
    return EventEffects(
        sheets=tuple(_sheets(basis, event)),
        tags=tuple(
            TagEffect(tag.tier, TIER_LABELS[tag.tier], tag.first_day, tag.last_day, tag.event)
            for tag in tags(basis.facts, basis.rulebook, books)
            if event.id in tag.because
        ),
        notices=tuple(
            NoticeEffect(one.id, one.kind, one.article, one.due_on, one.text, one.text_en, one.sent_on)
            for one in notices(basis.facts, books)
            if one.cause == event.id
        ),
        results=tuple(
            ResultEffect(one.id, one.year, one.occurred_on)
            for one in basis.trail.events
            if isinstance(one, (ResultPublished, ResultRevised)) and event.id in one.basis
        ),
    )


def _sheets(basis: Basis, event: Event) -> Iterator[SheetEffect]:
    """Per year: the lines that name the event, what of it was left out, and whether it overrides the grade."""
    for year in sorted(_years(basis, event)):
        sheet = sheet_answer(basis, year)
        item = SheetEffect(
            year,
            tuple(one for one in sheet.lines if event.id in one.events),
            tuple(one for one in sheet.considered if event.id in one.events),
            tuple(one for one in sheet.override if event.id in one.events),
        )
        if item.lines or item.considered or item.override:
            yield item


def _years(basis: Basis, event: Event) -> set[int]:
    """The assessment years, begun by the basis, in which a line could name the event: those of its facts' dates."""
    books = basis.law.rulebooks
    facts = [event, *(one for one in basis.trail.events if event.id in one.named())]
    years = {one.year for one in facts if isinstance(getattr(one, "year", None), int)}  # type: ignore[attr-defined]
    for day in {day for one in facts for day in _dates(one)}:
        years |= {assessment_year_of(at, books.on(at)) for at in (day, day + _A_DEADLINE)}
    spans = {year: year_span(year, books) for year in years}
    return {year for year, (first, last) in spans.items() if first <= min(last, basis.as_of)}


def _dates(event: Event) -> set[date]:
    fields = (getattr(event, name) for name in event.__struct_fields__)
    return {value for value in fields if isinstance(value, date)}
