"""Publishing and closing a year (R32, R36): worked out at a sealed place of the log, recorded in one transaction.

The results of a year, made ready before anybody has to wait: what is left under the lock is to put them in place.

Each result is made for the version that follows the one that it counts. An agency of which something was recorded
since gets its result by itself, as the next version, with the facts that came in between (R36).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from api.application.action_context import ActionContext
from api.application.answers.receipts import RoundRecorded
from api.application.background.checkpoint_signer import sealed_up
from api.application.idempotency import Answered
from domain.assessment import AssessmentRound
from domain.commands.rounds import CloseYear, PublishYear
from domain.errors import Contradiction
from domain.events import AgencySucceeded, Event, ResultPublished, Waiver, YearClosed, YearPublished
from domain.law import Law
from domain.ledger.ledger import Ledger, Reader, UnitOfWork
from domain.ledger.prepared import NOT_YET, PreparedEvents
from domain.measures.annex2_survey import stands_unclosed
from domain.measures.calendar import Deadline
from domain.measures.chapter4_appeals import appeal_week
from domain.measures.chapter4_publication import (
    YearResult,
    may_be_closed,
    may_be_published,
    must_be_publishable,
    nothing_to_publish,
)
from domain.measures.text.implements import implements
from domain.trail.keys import type_key
from domain.trail.trail import Trail
from domain.values import FOREVER, Grade, assessment_stream, instant, shanghai_date
from projections.compare.publication import Draft, Drafts, as_decided, draft_of, drafted
from projections.replay.known_at import Basis
from projections.rows.read.published import WorklistFilter, matters, results_of_year


class Prepared(NamedTuple):
    """Results ready to be recorded, with the rows that follow from them."""

    drafts: Drafts
    publication_id: str
    limit: Deadline
    """The last day to appeal against them."""
    events: PreparedEvents
    passing: frozenset[str]
    """The streams of predecessors whose result brings a warning to their successors: recorded by themselves (R43)."""


def prepared(act: ActionContext, reader: Reader, drafts: Drafts, limit: Deadline) -> Prepared:
    """Make the results and their rows, reading only."""
    publication = act.make_id()
    unqualified = [draft.stream for draft in drafts.results if draft.grade is Grade.UNQUALIFIED]
    passing = frozenset(reader.streams_under(type_key(AgencySucceeded), unqualified))
    events = [
        ResultPublished(
            stream=draft.stream,
            version=draft.version + 1,
            id=act.make_id(),
            occurred_on=drafts.as_of,
            recorded_at=NOT_YET,
            actor=act.caller.person_id,
            via=act.caller.via,
            publication_id=publication,
            **fields_of(drafts, draft, limit),
        )
        for draft in drafts.results
        if draft.stream not in passing
    ]
    return Prepared(drafts, publication, limit, act.ledger.prepare(reader, events, drafts.law), passing)


def fields_of(drafts: Drafts, draft: Draft, limit: Deadline) -> dict[str, Any]:
    """What a result says besides its envelope (R32)."""
    return {
        "year": drafts.year,
        "grade": None if draft.grade is None else draft.grade.value,
        "rank": draft.rank,
        "sheet": as_decided(draft.sheet),
        "basis": draft.basis,
        "known_at": drafts.known_at,
        "log_index": drafts.log_index,
        "rulebook_sha256": draft.sheet["rulebook"]["sha256"],
        "calendar_sha256": draft.sheet["calendar"]["sha256"],
        "deadline": limit.day,
    }


def record(act: ActionContext, unit: UnitOfWork, made: Prepared) -> list[bytes]:
    """Record all results: the leaf hash of each, in the order of their streams. Takes the district's lock."""
    leaves, overtaken = unit.put(made.events, made.drafts.known_at, made.drafts.year)
    by_themselves = overtaken | made.passing
    unit.take(made.passing, made.drafts.year)
    for draft in made.drafts.results:
        if draft.stream in by_themselves:
            leaves[draft.stream] = unit.leaf_of(_record_overtaken(act, unit, made, draft))
    return [leaves[stream] for stream in sorted(leaves)]


def _record_overtaken(act: ActionContext, unit: UnitOfWork, made: Prepared, draft: Draft) -> Event:
    return act.append(
        unit,
        ResultPublished,
        draft.stream,
        made.drafts.as_of,
        **fields_of(made.drafts, draft, made.limit),
        publication_id=made.publication_id,
        overtaken_by=_overtaking(unit, made.drafts, draft),
    )


def _outcome(draft: Draft) -> tuple[object, ...]:
    return draft.total, draft.grade, draft.missing, draft.group


def _overtaking(unit: UnitOfWork, drafts: Drafts, draft: Draft) -> tuple[str, ...]:
    """The facts that came in after the sheet was worked out and would change it, in their order (R36).

    Looked for by halves: where the outcome is the same at both ends of a stretch, nothing in it is looked at.
    """
    events = unit.reader.events(draft.stream)
    known: dict[int, tuple[object, ...]] = {draft.version: _outcome(draft)}

    def outcome(version: int) -> tuple[object, ...]:
        if version not in known:
            basis = Basis(Trail(events[:version]), drafts.law, drafts.as_of, events[version - 1].recorded_at)
            known[version] = _outcome(draft_of(basis, drafts.year))
        return known[version]

    def between(first: int, last: int) -> list[str]:
        if outcome(first) == outcome(last):
            return []
        if last - first == 1:
            return [events[last - 1].id]
        middle = (first + last) // 2
        return [*between(first, middle), *between(middle, last)]

    return tuple(between(draft.version, len(events)))


def publish_year(act: ActionContext, year: int, body: PublishYear) -> Answered:
    """Publish a year. Raises: Invalid, Contradiction; Busy when the log cannot be sealed at the moment."""
    again = act.first_answer()
    if again is not None:
        return Answered(again, replayed=True)
    now = instant(act.now())
    with act.ledger.reading() as reader:
        _may_publish(reader, year, body, shanghai_date(now))
    log_index = sealed_up(act.ledger)
    with act.ledger.reading() as reader:
        drafts = drafted(reader, now, year, body.published_on, log_index)
        must_be_publishable(year, _results(drafts), [(one.uscc, one.part) for one in body.waivers])
        limit = appeal_week(body.published_on, shanghai_date(now), drafts.law.rulebooks, drafts.law.calendar)
        made = prepared(act, reader, drafts, limit)
    return act.carry_out(lambda unit: _publish(act, unit, made, body))


def _law(reader: Reader) -> Law:
    law = reader.law(FOREVER)
    if law is None:
        raise Contradiction("账本尚未启用", "the ledger has not been opened")
    return law


def may_publish(ledger: Ledger, year: int, body: PublishYear, results: int) -> None:
    """Refuse the days of a publication, or one of no result, as `publish_year` would; nothing is recorded."""
    with ledger.reading() as reader:
        _may_publish(reader, year, body, shanghai_date(instant(datetime.now(UTC))))
    if not results:
        raise nothing_to_publish(year)


def _may_publish(reader: Reader, year: int, body: PublishYear, today: date) -> None:
    law = _law(reader)
    explained = body.reason is not None or body.note is not None
    may_be_published(
        year,
        round_of(reader, year).published,
        body.published_on,
        body.meeting_on,
        today,
        law.rulebooks,
        explained=explained,
    )


def _results(drafts: Drafts) -> list[YearResult]:
    return [
        YearResult(
            one.uscc,
            one.sheet["agency"]["name"],
            one.is_graded,
            one.sheet["assessed"],
            one.missing,
            stands_unclosed(one.sheet["survey"]),
        )
        for one in drafts.results
    ]


def round_of(reader: Reader, year: int) -> AssessmentRound:
    """The round of a year as this snapshot shows it."""
    return AssessmentRound.of(year, reader.events(assessment_stream(year)))


@implements("art.19", "art.20", "R32")
def _publish(act: ActionContext, unit: UnitOfWork, made: Prepared, body: PublishYear) -> RoundRecorded:
    """Record the decision and a result for each agency, all or nothing."""
    drafts = made.drafts
    year, on = drafts.year, body.published_on
    leaves = record(act, unit, made)
    head = unit.lock_district(year)
    law = unit.law()
    today = unit.day_at(head)
    _may_publish(unit.reader, year, body, today)
    if law is not drafts.law or appeal_week(on, today, law.rulebooks, law.calendar) != made.limit:
        raise Contradiction(
            "规则、节假日历或日期在测算期间有变化",
            "rulebook, calendar or day changed while the results were worked out",
            cites=("R4", "R45"),
            remedy="请重新公布",
            remedy_en="Publish again.",
        )
    book = law.rulebooks.for_sheet(year, on)
    event = act.append(
        unit,
        YearPublished,
        head.stream,
        on,
        made.publication_id,
        year=year,
        meeting_on=body.meeting_on,
        count=drafts.graded,
        results_sha256=hashlib.sha256(b"".join(leaves)).hexdigest(),
        waivers=_waivers(unit, body),
        known_at=drafts.known_at,
        log_index=drafts.log_index,
        rulebook_sha256=book.sha256,
        calendar_sha256=law.calendar.sha256,
        deadline=made.limit.day,
        reason=None if body.reason is None else unit.vault.seal(body.reason),
        **body.envelope(unit.vault, act.attaching(unit)),
    )
    return round_answer(year, event, drafts.graded)


def _waivers(unit: UnitOfWork, body: PublishYear) -> tuple[Waiver, ...]:
    return tuple(Waiver(one.uscc, one.part, unit.vault.seal(one.reason)) for one in body.waivers)


@implements("R36")
def close_year(act: ActionContext, year: int, body: CloseYear) -> Answered:
    """Make a year final. Raises: Contradiction while a window runs or an appeal is open."""

    def close(unit: UnitOfWork) -> RoundRecorded:
        head = unit.lock_district(year)
        standing = list(results_of_year(unit.connection, year))
        waiting = matters(unit.connection, WorklistFilter("appeal", year=year))
        round_ = round_of(unit.reader, year)
        may_be_closed(
            year,
            round_.published,
            round_.closed,
            body.closed_on,
            unit.day_at(head),
            (one.result.deadline for one in standing if one.result.deadline is not None),
            (one.id for one in waiting),
        )
        event = act.append(
            unit, YearClosed, head.stream, body.closed_on, year=year, **body.envelope(unit.vault, act.attaching(unit))
        )
        return round_answer(year, event, sum(one.result.is_graded for one in standing))

    return act.carry_out(close)


def round_answer(year: int, event: Event, count: int) -> RoundRecorded:
    """The answer to an act on a whole year (api.md, Commands)."""
    return RoundRecorded(
        assessment=year,
        version=event.version,
        recorded_at=event.recorded_at,
        count=count,
        events_url=f"/v1/assessments/{year}/events",
    )
