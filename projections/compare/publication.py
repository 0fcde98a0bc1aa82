"""A year's results as they would be published: every sheet at one place of the log, with its ground and rank (R32)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from domain.assessment import AssessmentRound
from domain.errors import Unreadable
from domain.events import (
    AgencyFiled,
    AgencySucceeded,
    AgencyTerminated,
    Event,
    FilingReturned,
    FilingSubmitted,
    ProjectStarted,
    ResultPublished,
    ResultRevised,
)
from domain.law import Law
from domain.ledger.reader import Reader
from domain.measures.chapter3_business import runs
from domain.measures.chapter4_appeals import Outcome, changes_of, resting_on, result_day, with_changes
from domain.measures.chapter4_assessment import Candidate, ranked_by_category
from domain.measures.rulebook.kinds import group_of
from domain.measures.text.implements import implements
from domain.trail.trail import Trail
from domain.values import Grade, Instant, agency_stream, assessment_stream
from projections.answers.districts import RankedAgency
from projections.answers.scalars import plain
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries
from projections.replay.sheet import Sheet
from projections.replay.standing import agency_name
from projections.rows.read.row_queries import RowQueries

SUMMARY = ("agency", "category", "as_of", "known_at", "version", "year", "assessed", "total", "grade", "label")
"""What a result keeps of a sheet of which only the rank has moved."""


class Draft(NamedTuple):
    """The result of one agency, not published yet."""

    uscc: str
    stream: str
    version: int
    """The agency's last event that it counts."""
    sheet: dict[str, Any]
    grade: Grade | None
    total: Fraction | None
    category: str | None
    basis: tuple[str, ...]
    missing: tuple[str, ...]
    group: str | None
    """The category in which it is ranked, whatever its words are (R47)."""
    rank: int | None = None

    @property
    def outcome(self) -> Outcome:
        """Grade and points, to be compared with those published."""
        return Outcome(None if self.grade is None else self.grade.value, self.total)

    @property
    def is_graded(self) -> bool:
        """Whether it is a result: of who was assessed, or is unqualified without being so (R28, R29)."""
        return bool(self.sheet["assessed"] or self.grade)


@dataclass(frozen=True)
class Drafts:
    """All results of a year at a place of the log."""

    year: int
    as_of: date
    log_index: int
    known_at: Instant
    law: Law
    results: list[Draft]
    """With those who were not assessed, and why: they can appeal against that (R32, R33)."""

    @property
    def graded(self) -> int:
        """How many results there are."""
        return sum(draft.is_graded for draft in self.results)


@implements("R32")
def drafted(reader: Reader, now: Instant, year: int, as_of: date, log_index: int) -> Drafts:
    """The results of all agencies that are assessed in the year, or unqualified whatever they scored (R28, R29).

    And of each that was on file or in business in the year, but not both, that it was not assessed, and why (R32).
    Rows find them, the replay makes the sheets; where the two disagree it stops. Raises: Unreadable, naming the agency.
    """
    at = f"log:{log_index}"
    look_ups, questions = RowQueries(reader, now), ReplayQueries(reader, now)
    basis = look_ups.district(as_of, at)
    if basis.law is None:
        raise Unreadable("the ledger has no law at its own place of the log")
    rows = {row.agency.uscc: row for row in look_ups.ranking(basis, year)}
    graded = {uscc: row for uscc, row in rows.items() if row.assessed or row.grade}
    results, without = [], []
    for found in questions.district(as_of, at, only=[uscc for uscc, row in rows.items() if _is_of_the_year(row)]):
        draft = draft_of(found, year)
        row = rows[draft.uscc]
        if (draft.sheet["total"], draft.sheet["grade"]) != (row.total, row.grade):
            raise Unreadable(f"{draft.stream}: rows and replay differ about {year}: run steward check")
        if draft.is_graded:
            results.append(draft)
        elif len(draft.sheet["not_assessed"]) == 1:  # who was neither on file nor in business is none of the year
            without.append(draft)
    if len(results) != len(graded):
        raise Unreadable(f"rows know {len(graded)} agencies to be assessed in {year}, the replay {len(results)}")
    return Drafts(year, as_of, log_index, basis.known_at, basis.law, [*with_ranks(results), *without])


def _is_of_the_year(row: RankedAgency) -> bool:
    """Whether an agency is looked at: it has a result, or had filed by the end of the year."""
    return bool(row.assessed or row.grade or row.filing)


def draft_of(basis: Basis, year: int) -> Draft:
    """The result of an agency at a basis."""
    sheet = Sheet(basis, year)
    agency = agency_name(basis)
    category = agency_name(replace(basis, as_of=sheet.last)).category
    group = group_of(category, basis.law.rulebooks.for_sheet(year, basis.as_of).categories.known)
    explained = plain(sheet.explained(agency))
    content = {"agency": explained.pop("agency"), "category": category, **explained}
    return Draft(
        agency.uscc,
        basis.trail.events[0].stream,
        basis.version,
        content,
        sheet.grade,
        sheet.score,
        category,
        counted_events(sheet),
        tuple(sheet.missing),
        group,
    )


def counted_events(sheet: Sheet) -> tuple[str, ...]:
    """Ids of the events that a sheet counts, in recording order: behind its lines, overrides, and being assessed."""
    facts = sheet.basis.facts
    ids = {one for line in sheet.lines() for one in line.events} | {one for o in sheet.override for one in o.events}
    ids |= {filed.id for filed in facts.of(AgencyFiled) if filed.occurred_on <= sheet.last}
    ids |= {project.id for project in facts.of(ProjectStarted) if runs(facts, project, *sheet.span)}
    return tuple(event.id for event in sheet.basis.trail.events if event.id in ids)


def with_ranks(drafts: Sequence[Draft]) -> Iterator[Draft]:
    """Results with their ranks, per category (R30); first those who have none, as they were not assessed."""
    yield from (draft for draft in drafts if draft.total is None or draft.grade is None)
    candidates = (
        Candidate(draft, draft.group, draft.grade, draft.total)
        for draft in drafts
        if draft.total is not None and draft.grade is not None
    )
    yield from (draft._replace(rank=rank) for draft, rank in ranked_by_category(candidates))


# ---- what a standing result rests on ----


class Published(NamedTuple):
    """A published result with all that is needed to judge it again."""

    events: tuple[Event, ...]
    """All events of the agency."""
    first: ResultPublished
    standing: ResultPublished | ResultRevised
    resting: list[Event]
    law: Law
    """What was known at the publication."""
    day: date


def published(reader: Reader, uscc: str, year: int, known: Sequence[Event] | None = None) -> Published | None:
    """The standing result of an agency's year and what it rests on; None where none was published.

    `known`: the agency's events at an earlier basis, by default all.
    """
    events = tuple(reader.agency_events(uscc) if known is None else known)
    found = [one for one in events if isinstance(one, (ResultPublished, ResultRevised)) and one.year == year]
    if not found or not isinstance(found[0], ResultPublished):
        return None
    versions = reader.versions_in_log(agency_stream(uscc), found[0].log_index)
    versions = versions or _of_its_filing(events, found[0].version)
    law = reader.law_in_log(found[0].log_index)
    if law is None:
        raise Unreadable(f"{agency_stream(uscc)}: published at a place of the log without a law")
    return Published(events, found[0], found[-1], resting_on(events, year, versions), law, result_day(found[0]))


def _of_its_filing(events: Iterable[Event], before: int) -> set[int]:
    """What an agency rests on that nothing was known of at the publication: who it is, by its filings until then."""
    kinds = (FilingSubmitted, AgencyFiled, FilingReturned, AgencyTerminated, AgencySucceeded)
    return {event.version for event in events if isinstance(event, kinds) and event.version < before}


@implements("R29", "R33")
def left_out(reader: Reader, uscc: str, year: int) -> dict[str, Any] | None:
    """What a published year says of an agency that has no result of it: not assessed, and why.

    The fields of the result that an appeal of it is against; None where the year is not published.
    """
    year_published = AssessmentRound.of(year, reader.events(assessment_stream(year))).published
    law = None if year_published is None else reader.law_in_log(year_published.log_index)
    if year_published is None or law is None:
        return None
    events = reader.agency_events(uscc)
    versions = reader.versions_in_log(agency_stream(uscc), year_published.log_index)
    versions = versions or _of_its_filing(events, len(events) + 1)
    trail = Trail(event for event in events if event.version in versions)
    draft = draft_of(Basis(trail, law, year_published.occurred_on, year_published.known_at), year)
    return {
        "occurred_on": year_published.occurred_on,
        "year": year,
        "grade": None,
        "rank": None,
        "sheet": as_decided(draft.sheet),
        "basis": draft.basis,
        "known_at": year_published.known_at,
        "log_index": year_published.log_index,
        "rulebook_sha256": year_published.rulebook_sha256,
        "calendar_sha256": year_published.calendar_sha256,
        "publication_id": year_published.id,
        "deadline": year_published.deadline,
    }


@implements("art.20", "R34", "R34a")
def judged_again(
    found: Published, at: Instant, annulled: Iterable[str], replaced: Iterable[str], trail: Trail
) -> Draft:
    """The result on the basis of the standing one, with a decision's changes and nothing else, by the law of then.

    `trail`: all events of the agency with those of the decision.
    """
    return draft_of(again(found, at, changes_of(trail, annulled, replaced)), found.first.year)


def again(found: Published, at: Instant, changes: Iterable[Event] = ()) -> Basis:
    """What the standing result rests on, with these changes, by the law of then."""
    return Basis(Trail(with_changes(found.resting, changes)), found.law, found.day, at)


@implements("R36", "R36a")
def let_in(found: Published, at: Instant, cause: Event) -> Draft:
    """The result on the basis of the standing one, with a later fact for which it was reopened (R36)."""
    return draft_of(again(found, at, [cause]), found.first.year)


def full_sheet(found: Iterable[Event], result: ResultPublished | ResultRevised) -> Mapping[str, Any]:
    """The sheet that stands with a result: its own, or where only the rank has moved that of the result before."""
    if isinstance(result, ResultRevised) and result.sheet_of is not None:
        named = next(one for one in found if one.id == result.sheet_of)
        if isinstance(named, (ResultPublished, ResultRevised)):
            return full_sheet(found, named)
    return result.sheet


@implements("R25", "R44")
def as_decided(sheet: Mapping[str, Any]) -> dict[str, object]:
    """A sheet as it stands once the committee has decided: what it lacks is waived, and it is provisional no more."""
    missing = sheet["missing"] if sheet["assessed"] else []
    return {**sheet, "provisional": False, "waivers": [{"part": part} for part in missing]}


def summary_of(sheet: Mapping[str, Any]) -> dict[str, object]:
    """What of a sheet goes with a result of which only the rank has moved."""
    return {name: sheet[name] for name in SUMMARY if name in sheet}
