"""Of a year and the whole district: bad records, entered or derived (art.16), and what surveys said (art.23)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from api.application.privacy.personal_data import shown
from api.application.questions.agency.district_questions import listed
from api.application.questions.inquiry import Answer, Inquiry, path_year, question
from api.application.questions.pagination import Page, page
from domain.events import BadRecordEntered
from domain.law import must_be_assessed
from domain.ledger.reader import Reader
from domain.measures.annex2_survey import counted_forms, coverage, satisfaction
from domain.measures.around.publicity import is_applied, publicity_ends
from domain.measures.chapter3_sanctions import bad_records
from domain.measures.text.implements import implements
from domain.values import rounded
from projections.answers.districts import AnswerCounts, BadRecordListed, SurveySummary
from projections.answers.standings import AgencyName
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries, recorded_entry
from projections.rows.read.district import NO_FILTERS
from projections.rows.read.row_queries import RowQueries

Rows = Callable[[Inquiry, Reader, Basis, AgencyName, int], Iterable[Any]]


class AskedPart(NamedTuple):
    """Which part of the district is asked for, on which day, as known at which instant (RFC 3339), as it was sent."""

    as_of: date | None
    known_at: str | None
    limit: int
    cursor: str | None


@question("/v1/bad-records/{year}")
@implements("art.16", "R12", "R13")
def bad_records_of(
    inquiry: Inquiry,
    year: str,
    as_of: date | None = None,
    known_at: str | None = None,
    limit: int = 500,
    cursor: str | None = None,
) -> Answer:
    """The bad records of a year that count by a day, of some agencies; who asks gets all parts together."""
    return _part(inquiry, "bad records", path_year(year), AskedPart(as_of, known_at, limit, cursor), _records)


@question("/v1/survey-summaries/{year}")
@implements("art.13", "art.23", "R22")
def surveys_of(
    inquiry: Inquiry,
    year: str,
    as_of: date | None = None,
    known_at: str | None = None,
    limit: int = 500,
    cursor: str | None = None,
) -> Answer:
    """What the surveys of a year said of each agency that was served, asked or answered about; parts as above."""
    return _part(inquiry, "survey summaries", path_year(year), AskedPart(as_of, known_at, limit, cursor), _summaries)


def _part(inquiry: Inquiry, name: str, year: int, asked: AskedPart, rows: Rows) -> Answer:
    """The rows of so many agencies, by code."""
    wanted = page(asked.cursor, asked.limit, question=(name, year), as_of=asked.as_of, at=asked.known_at)
    with inquiry.replaying() as (questions, reader):
        look_ups = RowQueries(reader, questions.now)
        basis = look_ups.district(wanted.as_of, wanted.known_at)
        if basis.law is not None:
            must_be_assessed(basis.law, year)
        found = look_ups.agencies(basis, NO_FILTERS, offset=wanted.offset, limit=wanted.limit + 1)
        some, following = wanted.part(found, basis.as_of, basis.known_at)
        names = {one.agency.uscc: AgencyName(one.agency.uscc, one.agency.name) for one in some}
        items = [row for one in _bases(questions, names, wanted) for row in rows(inquiry, reader, *one, year)]
        return listed(reader, {"year": year, **basis.echo()}, (items, following), asked.as_of, asked.known_at)


def _bases(questions: ReplayQueries, names: dict[str, AgencyName], wanted: Page) -> Iterator[tuple[Basis, AgencyName]]:
    if not names:
        return
    for one in questions.district(wanted.as_of, wanted.known_at, only=names):
        yield one, names[one.trail.events[0].stream.removeprefix("agency/")]


def _records(
    inquiry: Inquiry, reader: Reader, basis: Basis, agency: AgencyName, year: int
) -> Iterator[BadRecordListed]:
    of_year = [one for one in bad_records(basis.facts, basis.law.rulebooks) if one.year == year]
    entered = [basis.trail.by_id[one.events[0]] for one in of_year]
    own = [one for one in entered if isinstance(one, BadRecordEntered)]
    told = {row["id"]: row["fact"] for row in shown(reader, inquiry.caller, [recorded_entry(one) for one in own])}
    ends = {}
    if is_applied(basis.law.rulebooks, basis.law.confirmations, basis.as_of):
        ends = publicity_ends(basis.trail, basis.law.rulebooks)
    for record, event in zip(of_year, entered, strict=True):
        said = told.get(event.id, {})
        yield BadRecordListed(
            agency=agency,
            behaviour=record.behaviour,
            day=record.day,
            text=record.text,
            text_en=record.text_en,
            derived=not isinstance(event, BadRecordEntered),
            content=said.get("content"),
            unlawful=bool(said.get("unlawful")),
            not_public_from=ends[event.id].from_on if event.id in ends else None,
            events=tuple(record.events),
        )


def _summaries(
    inquiry: Inquiry, reader: Reader, basis: Basis, agency: AgencyName, year: int
) -> Iterator[SurveySummary]:
    books = basis.law.rulebooks
    covered = coverage(basis.facts, year, books)
    if not (covered.served or covered.asked or covered.forms):
        return
    forms, _ = counted_forms(basis.facts, year, books)
    mean = satisfaction(forms, books.for_sheet(year, basis.as_of))
    counts = [Counter(form.answers[place] for form in forms) for place in range(10)] if forms else []
    yield SurveySummary(
        agency=agency,
        served=covered.served,
        asked=covered.asked,
        answered=covered.answered,
        forms=covered.forms,
        closed_on=covered.closed_on,
        mean=None if mean is None else rounded(mean),
        exact_mean=None if mean is None else str(mean),
        answers=tuple(AnswerCounts(a=one["A"], b=one["B"], c=one["C"]) for one in counts),
    )
