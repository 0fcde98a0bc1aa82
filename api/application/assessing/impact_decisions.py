"""Published results that later facts would change: each is kept with a reason, or reopened (R36)."""

from __future__ import annotations

from msgspec.structs import asdict

from api.application.action_context import ActionContext
from api.application.answers.receipts import ImpactDecision
from api.application.assessing.appeal_decisions import located
from api.application.assessing.publishing import round_of
from api.application.assessing.revising import RevisionReason, differs, revise
from api.application.idempotency import Answered
from api.application.record import receipt_of
from domain.commands.rounds import DisposeImpact
from domain.errors import NotFound, not_after
from domain.events import Event, ImpactDisposed, ResultPublished, ResultRevised
from domain.ledger.ledger import UnitOfWork
from domain.measures.chapter4_appeals import outcome_of
from domain.measures.chapter4_late_facts import (
    impact_id,
    is_for_the_worse,
    must_be_open,
    must_have_heard,
    must_not_lie_before_the_result,
)
from domain.measures.text.implements import implements
from domain.values import agency_stream, shanghai_date
from projections.compare.publication import let_in, published
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
) -> ImpactDecision:
    impact = impact_id(result.id, cause)
    head = unit.lock_district(result.year)
    not_after("disposed_on", body.disposed_on, unit.day_at(head))
    wanted = WorklistFilter("impact", status="all", uscc=uscc, id=impact)
    waiting = next(iter(matters(unit.connection, wanted)), None)
    if waiting is None:
        raise no_such_impact()
    must_be_open(waiting.matter.is_open, waiting.matter.status)
    act.agency(unit, uscc)
    found = published(unit.reader, uscc, result.year)
    if found is not None:
        must_not_lie_before_the_result(body.disposed_on, found.standing.occurred_on)
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
        **body.envelope(unit.vault, act.attaching(unit)),
    )
    if body.outcome == "kept" or found is None:
        return ImpactDecision(**asdict(receipt_of(unit, uscc, [event])))
    fact = next(one for one in found.events if one.id == cause)
    draft = let_in(found, event.recorded_at, fact)
    if not differs(found, draft):  # a decision has taken it in already
        return ImpactDecision(**asdict(receipt_of(unit, uscc, [event])))
    other_category = found.standing.sheet.get("category", draft.category) != draft.category
    for_the_worse = is_for_the_worse(outcome_of(found.standing), draft.outcome, other_category=other_category)
    if for_the_worse and round_of(unit.reader, result.year).was_final(found.standing.recorded_at):
        must_have_heard(body.hearing_on, shanghai_date(fact.recorded_at), body.disposed_on)
    revision = revise(act, unit, found, draft, body.disposed_on, RevisionReason(impact_id=impact))
    receipt = receipt_of(unit, uscc, [event, revision.result])
    return ImpactDecision(**asdict(receipt), result=revision.decided(), ranks=revision.ranks())


def no_such_impact() -> NotFound:
    """The refusal of an id that names no impact, or one of another agency than the caller's."""
    return NotFound(
        "没有路径里这个编号的影响",
        "there is no such impact as the path names",
        cites=("R36",),
        remedy="请在影响清单（GET /v1/impacts）里核对编号",
        remedy_en="Look the id up in GET /v1/impacts.",
    )
