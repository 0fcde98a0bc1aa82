"""Every day on which something of the standing changes, with the value from then on and why (api.md, `timeline`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from msgspec import UNSET

from domain.events import ComplaintUpheld, ProjectExtended, ProjectStarted, SubmissionRequested
from domain.measures.calendar import add_years
from domain.measures.chapter2_filing import ONE_DAY, change_deadlines
from domain.measures.chapter3_business import lapses
from domain.measures.chapter3_sanctions import tags
from domain.measures.rulebook.rulebook import assessment_year_of, year_span
from domain.trail.trail import Facts
from domain.values import TIER_LABELS
from projections.answers.standings import StandingParts
from projections.answers.trail_items import ReasonForChange, StandingPart, Timeline, TimelineChange, TimelineStart
from projections.fact_kinds import FACTS, fact_label
from projections.replay.known_at import Basis
from projections.replay.standing import agency_name, standing_parts

WITHOUT_EFFECT = tuple(kind for kind, one in FACTS.items() if not one.changes_its_day)
PARTS: tuple[StandingPart, ...] = ("agency", "sanction", "bad_records", "assessment", "warning_notice", "advisories")


def timeline(basis: Basis, first: date, last: date) -> Timeline:
    """The standing on `first`, then each later day up to `last` on which it changes (both ends included)."""
    before = standing_parts(replace(basis, as_of=first))
    start = TimelineStart(first, before, _why(basis, first))
    items = []
    for day in sorted(day for day in edges(basis, last) if first < day <= last):
        after = standing_parts(replace(basis, as_of=day))
        changed = changed_parts(before, after)
        if changed:
            items.append(TimelineChange(day, changed, after, _why(basis, day)))
        before = after
    echo = basis.echo(basis.rulebook)
    return Timeline(
        agency=agency_name(basis),
        known_at=echo["known_at"],
        rulebook=echo["rulebook"],
        calendar=echo["calendar"],
        version=echo["version"],
        demonstration=echo.get("demonstration", UNSET),
        first_day=first,
        last_day=last,
        start=start,
        items=tuple(items),
    )


def changed_parts(before: StandingParts, after: StandingParts) -> tuple[StandingPart, ...]:
    """Which parts of a standing differ."""
    return tuple(part for part in PARTS if getattr(before, part) != getattr(after, part))


def edges(basis: Basis, last: date) -> set[date]:
    """Days on which a standing can change at all: dates of facts, and what time alone brings; rather too many."""
    trail, books, calendar = basis.trail, basis.law.rulebooks, basis.law.calendar
    days = {trail.day_of(event) for event in trail.events if not isinstance(event, WITHOUT_EFFECT)}
    days |= {request.due_on + ONE_DAY for request in trail.of(SubmissionRequested)}
    days |= {project.due_on + ONE_DAY for project in trail.of(ProjectStarted)}
    days |= {extension.due_on + ONE_DAY for extension in trail.of(ProjectExtended)}
    for _, limit in change_deadlines(Facts(trail, date.max), books, calendar):
        days.add(limit.day + ONE_DAY)
    for book in books:
        days.add(book.effective_from)
        for upheld in trail.of(ComplaintUpheld):
            for years in (book.ladder.window_years, book.ladder.tag_years):
                days.add(add_years(upheld.occurred_on, years) + ONE_DAY)
    year = assessment_year_of(min(days, default=last), books.on(last))
    while (turn := year_span(year, books)[0]) <= last:
        days.add(turn)
        year += 1
    return days


def _why(basis: Basis, day: date) -> tuple[ReasonForChange, ...]:
    """What is behind a change on a day: the facts of that day, and what the day itself brought."""
    there = replace(basis, as_of=day)
    return (*_facts_of(there, day), *_brought_by_time(there, day))


def _facts_of(there: Basis, day: date) -> Iterator[ReasonForChange]:
    for event in there.trail.events:
        if there.trail.day_of(event) == day and there.trail.counts(event):
            name = type(event).__name__
            yield ReasonForChange(kind="fact", event=event.id, type=name, text=fact_label(name), text_en=name)


def _brought_by_time(there: Basis, day: date) -> Iterator[ReasonForChange]:
    books = there.law.rulebooks
    for one in lapses(there.facts, books, there.law.calendar):
        lapse = one.lapse
        if one.reason is None and lapse.appears_on == day and lapse.counts_on < day:
            yield ReasonForChange(
                kind="lapse",
                event=lapse.events[0],
                article=lapse.article,
                item=lapse.item,
                text=lapse.text,
                text_en=lapse.text_en,
            )
    for tag in tags(there.facts, there.rulebook, books):
        if tag.last_day is not None and tag.last_day + ONE_DAY == day:
            yield ReasonForChange(
                kind="tag_ended",
                event=tag.event,
                article="art.17",
                text=f"“{TIER_LABELS[tag.tier]}”标签自 {tag.first_day} 起满期",
                text_en=f"the {tag.tier} tag of {tag.first_day} has ended",
            )
        elif add_years(tag.first_day, there.rulebook.ladder.window_years) + ONE_DAY == day:
            yield ReasonForChange(
                kind="window_ended",
                event=tag.event,
                article="art.17",
                text=f"{tag.first_day} 的有效投诉不再计入一年内累计",
                text_en=f"the complaint upheld on {tag.first_day} leaves the one-year window",
            )
    if year_span(assessment_year_of(day, there.rulebook), books)[0] == day:
        yield ReasonForChange(
            kind="year_turned",
            event=None,
            article="art.20",
            text="新的考评年度开始",
            text_en="a new assessment year begins",
        )
    for book in books:
        if book.effective_from == day:
            yield ReasonForChange(
                kind="rulebook",
                event=None,
                article="art.28",
                text=f"规则 {book.id} 生效",
                text_en=f"rulebook {book.id} takes effect",
            )
