"""Publishing and closing a year (R32, R36): worked out at a sealed place of the log, recorded in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from api.application.action_context import ActionContext
from api.application.assessing.prepared import Prepared, prepared, record
from api.application.background.checkpoint_signer import sealed_up
from api.application.idempotency import Answered
from domain.assessment import AssessmentRound
from domain.commands.rounds import CloseYear, PublishYear
from domain.errors import Contradiction, Invalid
from domain.events import Event, Waiver, YearClosed, YearPublished
from domain.law import Law
from domain.ledger.ledger import Ledger, Reader, UnitOfWork
from domain.measures.annex2_survey import stands_unclosed
from domain.measures.chapter4_appeals import appeal_week
from domain.measures.text.implements import implements
from domain.values import FOREVER, assessment_stream, instant, shanghai_date
from projections.compare.publication import Drafts, drafted
from projections.rows.read.published import WorklistFilter, matters, results_of_year

PARTS = {"quality": "服务质量（满意度调查）", "effect": "服务效果评分"}


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
        _must_be_closed(drafts)
        _must_be_complete(drafts, body)
        limit = appeal_week(body.published_on, shanghai_date(now), drafts.law.rulebooks, drafts.law.calendar)
        made = prepared(act, reader, drafts, drafts.law, limit)
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
        raise _nothing_to_publish(year)


def _may_publish(reader: Reader, year: int, body: PublishYear, today: date) -> None:
    law = _law(reader)
    if law.rulebooks.span_of(year)[1] < law.rulebooks.first_day:
        raise Invalid(
            f"{year} 年没有考评：办法自 {law.rulebooks.first_day} 起施行",
            f"there is no assessment of {year}: the Measures are in force from {law.rulebooks.first_day}",
            cites=("art.28", "R20"),
            remedy="请填写施行之后的年度",
            remedy_en="Give a year from then on.",
        )
    explained = body.reason is not None or body.note is not None
    round_of(reader, year).may_publish(body.published_on, body.meeting_on, today, law.rulebooks, explained=explained)


def round_of(reader: Reader, year: int) -> AssessmentRound:
    """The round of a year as this snapshot shows it."""
    return AssessmentRound.of(year, reader.events(assessment_stream(year)))


@implements("art.16(8)", "R12", "R32")
def _must_be_closed(drafts: Drafts) -> None:
    """Refuse it all while a survey with forms stands unclosed, with the list; that is no part to be waived."""
    unclosed = tuple(
        ("", f"{one.sheet['agency']['name']}（{one.uscc}）的调查未截止", f"the survey of {one.uscc} is not closed")
        for one in drafts.results
        if stands_unclosed(one.sheet["survey"])
    )
    if unclosed:
        raise Contradiction(
            f"{len(unclosed)} 家机构的 {drafts.year} 年度满意度调查已有调查表而未截止，全部不予公布",
            f"{len(unclosed)} surveys of {drafts.year} have forms and are not closed: nothing is published",
            cites=("art.16(8)", "art.23", "R12"),
            remedy="请先截止这些调查（survey-closings），再公布",
            remedy_en="Close these surveys first (survey-closings), then publish.",
            more=unclosed,
        )


@implements("R45")
def _nothing_to_publish(year: int) -> Contradiction:
    """The refusal of a publication without any result."""
    return Contradiction(
        f"{year} 年度没有一家机构有考评结果：没有可公布的内容，而公布不可撤回",
        f"no agency has a result in {year}: there is nothing to publish, and it could not be undone",
        cites=("art.19", "R32", "R45"),
        remedy="请核对年度；先登记备案、项目和评价",
        remedy_en="Check the year; record filings, projects and scores first.",
    )


@implements("R25", "R32")
def _must_be_complete(drafts: Drafts, body: PublishYear) -> None:
    """Refuse it all where a sheet lacks a part that the committee has not waived, with the list."""
    waived = {(one.uscc, str(one.part)) for one in body.waivers}
    known = {draft.uscc for draft in drafts.results if draft.is_graded}
    if not known:
        raise _nothing_to_publish(drafts.year)
    for place, one in enumerate(body.waivers):
        if one.uscc not in known:
            raise Invalid(
                f"{one.uscc} 不在本年度的考评结果之中",
                f"{one.uscc} is not among the results of this year",
                cites=("R25",),
                remedy="请核对代码",
                remedy_en="Check the code.",
                pointer=f"/waivers/{place}/uscc",
            )
    lacking = tuple(_lacking(drafts, waived))
    if lacking:
        raise Contradiction(
            f"{len(lacking)} 项缺失且未经委员会豁免，全部不予公布",
            f"{len(lacking)} parts are missing and not waived: nothing is published",
            cites=("art.19", "R25", "R32"),
            remedy="请补录，或在 waivers 中逐项写明理由",
            remedy_en="Record what is missing, or waive each with a reason in waivers.",
            more=lacking,
        )


def _lacking(drafts: Drafts, waived: set[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for draft in drafts.results:
        for part in draft.missing:
            if draft.sheet["assessed"] and (draft.uscc, part) not in waived:
                name = draft.sheet["agency"]["name"]
                yield "/waivers", f"{name}（{draft.uscc}）缺{PARTS[part]}", f"{draft.uscc} lacks {part}"


@implements("art.19", "art.20", "R32")
def _publish(act: ActionContext, unit: UnitOfWork, made: Prepared, body: PublishYear) -> dict[str, Any]:
    """Record the decision and a result for each agency, all or nothing."""
    drafts = made.drafts
    year, on = drafts.year, body.published_on
    leaves = list(record(act, unit, made))
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

    def close(unit: UnitOfWork) -> dict[str, Any]:
        head = unit.lock_district(year)
        standing = list(results_of_year(unit.connection, year))
        waiting = matters(unit.connection, WorklistFilter("appeal", year=year))
        round_of(unit.reader, year).may_close(
            body.closed_on,
            unit.day_at(head),
            (one.result.deadline for one in standing if one.result.deadline is not None),
            (one.id for one in waiting),
        )
        event = act.append(unit, YearClosed, head.stream, body.closed_on, year=year, **body.envelope(unit.vault))
        return round_answer(year, event, sum(one.result.is_graded for one in standing))

    return act.carry_out(close)


def round_answer(year: int, event: Event, count: int) -> dict[str, Any]:
    """The answer to an act on a whole year (api.md, Commands)."""
    return {
        "assessment": year,
        "version": event.version,
        "recorded_at": event.recorded_at,
        "count": count,
        "events_url": f"/v1/assessments/{year}/events",
    }
