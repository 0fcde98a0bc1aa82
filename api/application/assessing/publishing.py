"""Publishing and closing a year (R32, R36): worked out at a sealed place of the log, recorded in one transaction."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

from api.application.action_context import ActionContext
from api.application.answers.receipts import RoundRecorded
from api.application.assessing.prepared import Prepared, prepared, record
from api.application.background.checkpoint_signer import sealed_up
from api.application.idempotency import Answered
from domain.assessment import AssessmentRound
from domain.commands.rounds import CloseYear, PublishYear
from domain.errors import Contradiction
from domain.events import Event, Waiver, YearClosed, YearPublished
from domain.law import Law
from domain.ledger.ledger import Ledger, Reader, UnitOfWork
from domain.measures.annex2_survey import stands_unclosed
from domain.measures.chapter4_appeals import appeal_week
from domain.measures.chapter4_publication import (
    YearResult,
    may_be_closed,
    may_be_published,
    must_be_publishable,
    nothing_to_publish,
)
from domain.measures.text.implements import implements
from domain.values import FOREVER, assessment_stream, instant, shanghai_date
from projections.compare.publication import Drafts, drafted
from projections.rows.read.published import WorklistFilter, matters, results_of_year


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
        **body.envelope(unit.vault),
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
        event = act.append(unit, YearClosed, head.stream, body.closed_on, year=year, **body.envelope(unit.vault))
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
