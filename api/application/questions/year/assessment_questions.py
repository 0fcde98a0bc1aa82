"""Questions about a year's assessment: a preview, what was published, and what became of a result (R32-R36)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from msgspec.structs import asdict

from api.application.answers.pages import KnownList
from api.application.answers.years import AssessmentYearPage, IncompleteSheet, YearDecisions, YearHeading, YearWaiver
from api.application.assessing.publishing import round_of
from api.application.privacy.personal_data import shown
from api.application.questions.agency.district_questions import by_month
from api.application.questions.inquiry import Answer, Inquiry, path_uscc, path_year, question
from api.application.questions.pagination import page
from domain.errors import NotFound
from domain.events import Event, ResultPublished, ResultRevised
from domain.law import Law, must_be_assessed
from domain.ledger.reader import Reader
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.measures.text.implements import implements
from domain.values import Instant, assessment_stream
from projections.answers.districts import RankedAgency
from projections.answers.registers import PartPoints, ResultDetails
from projections.answers.results import RecordTold
from projections.answers.scalars import JudgedPart, read_as
from projections.compare.publication import full_sheet, published
from projections.compare.three_answers import deadline_shown, result_json, three_answers
from projections.replay.queries import recorded_entry
from projections.rows.read.published import LATEST, WorklistFilter, matters, results_of_year
from projections.rows.read.published_details import details, waivers, why_left_out
from projections.rows.read.row_queries import DistrictBasis


@question("/v1/assessments")
def years_of(inquiry: Inquiry) -> Answer:
    """How far each assessment year has come, the latest first."""
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district()
        items = [] if basis.law is None else [_heading(reader, basis.law, year) for year in _years(basis)]
    return Answer(KnownList(as_of=basis.as_of, known_at=basis.known_at, items=tuple(items)))


def _years(basis: DistrictBasis) -> Iterable[int]:
    """From the year of today back to the first that the Measures were in force in (R20)."""
    if basis.law is None:
        return []
    books = basis.law.rulebooks
    first, last = (assessment_year_of(day, books.on(day)) for day in (books.first_day, basis.as_of))
    return range(last, first - 1, -1)


def _heading(reader: Reader, law: Law, year: int) -> YearHeading:
    """Of a year what its round has come to."""
    first, last = law.rulebooks.span_of(year)
    shown_ = ("status", "published_on", "deadline", "count", "revisions", "closed_on")
    round_ = _round(reader, year, None)
    return YearHeading(year=year, first_day=first, last_day=last, **{one: round_[one] for one in shown_})


@question("/v1/assessments/{year}")
def assessment_of(
    inquiry: Inquiry, year: str, as_of: date | None = None, limit: int = 50, cursor: str | None = None
) -> Answer:
    """A year: a preview on a day, or what was published."""
    number = path_year(year)
    wanted = page(cursor, limit, question=("assessment", number), as_of=as_of)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(wanted.as_of, wanted.known_at)
        own = inquiry.own_only
        if basis.law is None:
            raise _no_such_year(number)
        must_be_assessed(basis.law, number)
        round_ = round_of(reader, number)
        content = _round(reader, number, own) | {"not_assessed": _left_out(reader, number, own, basis.known_at)}
        if round_.published is None:
            rows: list[Any] = look_ups.ranking(basis, number, uscc=own, offset=wanted.offset, limit=wanted.limit + 1)
            rows = by_month(inquiry, reader, wanted, rows, number)
            if not own:
                every = list(look_ups.ranking(basis, number))
                would = [row for row in every if row.assessed or row.grade]  # as `drafted` takes them (R28, R29)
                content |= {"incomplete": _incomplete(every), "expected": len(would)}
                content["grades"] = dict(Counter(row.grade or "none" for row in would))
        else:
            found = results_of_year(
                reader.connection,
                number,
                LATEST,
                basis.known_at,
                uscc=own,
                graded=True,
                offset=wanted.offset,
                limit=wanted.limit + 1,
            )
            part = list(found)
            said = details(reader, number, {one.uscc: one.event_id for one in part})
            rows = [{**_standing(one), **_beside(said[one.uscc])} for one in part]
            if not own:
                content |= _still_open(reader, number)
        items, next_cursor = wanted.part(rows, None, basis.known_at)
        first, last = basis.law.rulebooks.span_of(number)
        content |= {"year": number, "first_day": first, "last_day": last, **basis.echo()}
    return Answer(AssessmentYearPage(**content, items=tuple(items), next_cursor=next_cursor))


def _no_such_year(year: int) -> NotFound:
    return NotFound(f"没有 {year} 年度的考评", f"there is no assessment of {year}")


def _incomplete(rows: Iterable[RankedAgency]) -> tuple[IncompleteSheet, ...]:
    """Whose sheet cannot be published without a waiver, and what is missing (R25)."""
    return tuple(
        IncompleteSheet(
            agency=row.agency,
            missing=row.missing,
            text="尚无数据：须补录，或由委员会豁免并说明理由",
            text_en="nothing has come in: record it, or let the committee waive it with a reason",
        )
        for row in rows
        if row.assessed and row.missing
    )


def _round(reader: Reader, year: int, own: str | None) -> dict[str, Any]:
    """The state of a year's round."""
    round_ = round_of(reader, year)
    published_, closed = round_.published, round_.closed
    return {
        "status": round_.status,
        "version": round_.version,
        "published_on": None if published_ is None else published_.occurred_on,
        "meeting_on": None if published_ is None else published_.meeting_on,
        "deadline": None if published_ is None else deadline_shown(published_.deadline),
        "count": None if published_ is None else published_.count,
        "results_sha256": None if published_ is None else published_.results_sha256,
        "log_index": None if published_ is None else published_.log_index,
        "waivers": ()
        if published_ is None
        else tuple(
            YearWaiver(uscc=one.uscc, part=JudgedPart(one.part))
            for one in published_.waivers
            if own in (None, one.uscc)
        ),
        "revisions": len(round_.revisions),
        "closed_on": None if closed is None else closed.occurred_on,
        "incomplete": (),
        "open_appeals": 0,
        "open_impacts": 0,
        "expected": None,
        "last_deadline": None,
        "grades": {},
    }


def _still_open(reader: Reader, year: int) -> dict[str, object]:
    """What stands in the way of closing, or would reopen the year: appeals, impacts, the last of all windows (R36)."""
    every = list(results_of_year(reader.connection, year))
    last = max((one.result.deadline for one in every if one.result.deadline is not None), default=None)
    counts = {
        kind: sum(1 for _ in matters(reader.connection, WorklistFilter(kind, year=year)))
        for kind in ("appeal", "impact")
    }
    return {
        "open_appeals": counts["appeal"],
        "open_impacts": counts["impact"],
        "last_deadline": deadline_shown(last),
        "grades": dict(Counter(one.result.grade or "none" for one in every if one.result.is_graded)),
    }


def _beside(said: ResultDetails) -> dict[str, object]:
    """What is said beside a result, as the public reads it too (R32-R34, R44)."""
    parts = dict.fromkeys(PartPoints.__struct_fields__) if said.parts is None else asdict(said.parts)
    return {
        **parts,
        "provisional": False,
        "override": said.override,
        "waivers": said.waivers,
        "appeal_pending": said.appeal_pending,
        "revisions": said.revisions,
    }


@implements("R25", "R44")
def _result(
    reader: Reader, uscc: str, events: Sequence[Event], result: ResultPublished | ResultRevised
) -> dict[str, object]:
    """A result, with the parts that it lacks and the reasons for which the committee let them pass."""
    sheet = full_sheet(events, result)
    missing = sheet.get("missing", ()) if sheet.get("assessed") else ()
    said = waivers(reader, uscc, result.year, missing)
    return {**result_json(result, events, with_sheet=False), "waivers": said}


@implements("R29", "R32")
def _left_out(reader: Reader, year: int, own: str | None, known_at: Instant) -> list[dict[str, object]]:
    """Of a published year, who was not assessed, and why."""
    found = list(results_of_year(reader.connection, year, LATEST, known_at, uscc=own, graded=False))
    events = reader.named(one.event_id for one in found)
    return [{**_standing(one), "reasons": why_left_out(events, one.event_id)} for one in found]


def _standing(one: Any) -> dict[str, object]:
    """A row of a published year."""
    result = one.result
    return {
        "agency": {"uscc": one.uscc, "name": result.name},
        "category": result.category,
        "rank": result.rank,
        "assessed": result.assessed,
        "total": result.total,
        "grade": result.grade,
        "revised": result.revised,
        "result": one.event_id,
        "published_on": one.published_on.isoformat(),
        "deadline": deadline_shown(result.deadline),
    }


@question("/v1/assessments/{year}/events")
def decisions_of(inquiry: Inquiry, year: str, limit: int = 50, cursor: str | None = None) -> Answer:
    """The decisions on a year: publication, moved ranks, closing."""
    number = path_year(year)
    wanted = page(cursor, limit, question=("assessment events", number))
    with inquiry.replaying() as (questions, reader):
        events = reader.events(assessment_stream(number))
        if not events:
            raise _no_such_year(number)
        at = wanted.known_at or questions.now
        rows = [recorded_entry(event) for event in events if event.recorded_at <= at]
        items, next_cursor = wanted.cut(rows, None, at)
        items = shown(reader, inquiry.caller, items)
    told = read_as(tuple[RecordTold, ...], items)
    return Answer(YearDecisions(year=number, known_at=at, items=told, next_cursor=next_cursor))


@question("/v1/agencies/{uscc}/results/{year}")
def result_of(inquiry: Inquiry, uscc: str, year: str) -> Answer:
    """Published results, and three answers to a contested one."""
    number = path_year(year)
    with inquiry.replaying() as (questions, reader):
        code = path_uscc(uscc)
        found = published(reader, code, number)
        if found is None:
            reader.agency_events(code)
            raise NotFound(
                f"没有公布过该机构 {number} 年度的考评结果",
                f"no result of {number} has been published for this agency",
                cites=("R32",),
                remedy="公布之前请用 sheets 查询打分表",
                remedy_en="Before that, ask for its sheet.",
            )
        basis = questions.basis(code, found.day)
        of_year = [one for one in found.events if getattr(one, "sheet", None) is not None and one.year == number]  # type: ignore[attr-defined]
        content = {
            "year": number,
            "known_at": basis.known_at,
            "as_of": found.day.isoformat(),
            "results": [_result(reader, code, found.events, one) for one in of_year],  # type: ignore[arg-type]
            "answers": three_answers(found, basis, questions.today),
        }
    return Answer(content)
