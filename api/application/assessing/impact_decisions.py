"""Published results that later facts would change: each is kept with a reason, or reopened (R36)."""

from __future__ import annotations

from typing import Any

from api.application.action_context import ActionContext
from api.application.assessing.appeal_decisions import located
from api.application.assessing.publishing import round_of
from api.application.assessing.revising import RevisionReason, differs, revise
from api.application.idempotency import Answered
from api.application.record import answer_of
from domain.assessment import not_after
from domain.commands.rounds import DisposeImpact
from domain.errors import Contradiction, NotFound, already
from domain.events import Event, ImpactDisposed, ResultPublished, ResultRevised
from domain.ledger.ledger import UnitOfWork
from domain.measures.chapter4_appeals import impact_id, is_worse
from domain.measures.text.implements import implements
from domain.values import Grade, agency_stream, shanghai_date
from projections.compare.publication import Draft, Published, let_in, published
from projections.rows.read.published import WorklistFilter, matters


@implements("R36")
def dispose(act: ActionContext, given: str, body: DisposeImpact) -> Answered:
    """Keep the result as it was published, with a reason, or publish it anew with this one later fact let in."""
    result_id, _, cause = given.partition("~")
    uscc, result = located(act.ledger, result_id, Event)
    if not isinstance(result, (ResultPublished, ResultRevised)):
        raise no_such_impact()
    return act.carry_out(lambda unit: _dispose(act, unit, uscc, result, cause, body))


def _dispose(
    act: ActionContext,
    unit: UnitOfWork,
    uscc: str,
    result: ResultPublished | ResultRevised,
    cause: str,
    body: DisposeImpact,
) -> dict[str, Any]:
    impact = impact_id(result.id, cause)
    head = unit.lock_district(result.year)
    not_after("disposed_on", body.disposed_on, unit.day_at(head))
    wanted = WorklistFilter("impact", status="all", uscc=uscc, id=impact)
    waiting = next(iter(matters(unit.connection, wanted)), None)
    if waiting is None:
        raise no_such_impact()
    if not waiting.matter.is_open:
        raise already(
            f"该影响已处理（{waiting.matter.status}）",
            f"this impact has been disposed of ({waiting.matter.status})",
            "R36",
        )
    act.agency(unit, uscc)
    found = published(unit.reader, uscc, result.year)
    if found is not None and body.disposed_on < found.standing.occurred_on:
        raise Contradiction(
            f"处理日期（{body.disposed_on}）早于结果公布之日（{found.standing.occurred_on}）",
            f"the day of disposal ({body.disposed_on}) lies before the result's day ({found.standing.occurred_on})",
            cites=("R36",),
            remedy="请核对日期",
            remedy_en="Check the date.",
            pointer="/disposed_on",
        )
    event = act.append(
        unit,
        ImpactDisposed,
        agency_stream(uscc),
        body.disposed_on,
        impact_id=impact,
        result_id=result.id,
        cause=cause,
        outcome=body.outcome,
        reason=unit.vault.seal(body.reason),
        hearing_on=body.hearing_on,
        **body.envelope(unit.vault),
    )
    if body.outcome == "kept" or found is None:
        return answer_of(unit, uscc, [event])
    fact = next(one for one in found.events if one.id == cause)
    draft = let_in(found, event.recorded_at, fact)
    if not differs(found, draft):  # a decision has taken it in already
        return answer_of(unit, uscc, [event])
    if _is_for_the_worse(found, draft) and round_of(unit.reader, result.year).was_final(found.standing.recorded_at):
        body.must_have_heard(shanghai_date(fact.recorded_at))
    revision = revise(act, unit, found, draft, body.disposed_on, RevisionReason(impact_id=impact))
    return {**answer_of(unit, uscc, [event, revision.result]), **revision.answer()}


@implements("R36")
def _is_for_the_worse(found: Published, draft: Draft) -> bool:
    """Whether reopening is not plainly for the better: a lower grade or total, another category, or 不合格 at all."""
    grade = None if draft.grade is None else draft.grade.value
    before = found.standing
    moved = before.sheet.get("category", draft.category) != draft.category
    return moved or is_worse(before, grade, draft.total) or (before.grade is None and draft.grade is Grade.UNQUALIFIED)


def no_such_impact() -> NotFound:
    """The refusal of an id that names no impact, or one of another agency than the caller's."""
    return NotFound(
        "没有路径里这个编号的影响",
        "there is no such impact as the path names",
        cites=("R36",),
        remedy="请在影响清单（GET /v1/impacts）里核对编号",
        remedy_en="Look the id up in GET /v1/impacts.",
    )
