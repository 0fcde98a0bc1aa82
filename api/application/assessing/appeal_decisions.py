"""Appeals after they are filed: admission, decision, withdrawal (R33-R35)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

from msgspec.structs import asdict

from api.application.action_context import ActionContext
from api.application.answers.receipts import AppealDecision, DecidedResult, Recorded, RevisedRank
from api.application.assessing.revising import RevisionReason, differs, revise
from api.application.idempotency import Answered
from api.application.nested_commands import Embedded, embedded, record_in_place
from api.application.record import receipt_of
from domain.commands.appeals import AdmitAppeal, DecideAppeal, WithdrawAppeal
from domain.commands.surveys import AnnulEvent
from domain.errors import NotFound
from domain.events import AppealFiled, Event
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.measures.chapter4_appeals import appeal_state, must_be_impartial, must_not_harm, outcome_of
from domain.measures.text.implements import implements
from domain.trail.trail import Trail
from domain.values import FOREVER, Role, instant, shanghai_date
from projections.compare.publication import Draft, Published, judged_again, published
from projections.compare.rank_moves import outcomes, tiers
from projections.compare.what_if import hypothetical
from projections.replay.known_at import Basis

E = TypeVar("E", bound=Event)

NO_CHANGE = "重新测算与已公布的结果相同，已公布的结果维持不变（R34）"
NO_CHANGE_EN = "judged again the result is the same: what was published stands (R34)"


def located(ledger: Ledger, event_id: str, kind: type[E], only: str | None = None) -> tuple[str, E]:
    """The agency whose event it is, and the event. Raises: NotFound, also where it is another agency's than `only`."""
    with ledger.reading() as reader:
        event = reader.named([event_id]).get(event_id)
    uscc = "" if event is None else event.stream.removeprefix("agency/")
    if not isinstance(event, kind) or (only is not None and uscc != only):
        raise NotFound(
            "没有路径里这个编号的记录",
            "there is no such record as the path names",
            remedy="请核对编号",
            remedy_en="Check the id.",
        )
    return uscc, event


def simple(act: ActionContext, appeal_id: str, body: AdmitAppeal | WithdrawAppeal) -> Answered:
    """Admit or withdraw an appeal."""
    own = act.caller.uscc if act.caller.role is Role.AGENCY else None
    uscc, _ = located(act.ledger, appeal_id, AppealFiled, own)

    def record(unit: UnitOfWork) -> Recorded:
        act.agency(unit, uscc)
        return Recorded(**asdict(receipt_of(unit, uscc, [act.record(unit, uscc, body, appeal_id)])))

    return act.carry_out(record)


def may_decide(ledger: Ledger, appeal_id: str, body: DecideAppeal) -> None:
    """Refuse a decision as `decide` would, by the facts of now; nothing is recorded. Raises: NotFound and others."""
    uscc, filed = located(ledger, appeal_id, AppealFiled)
    numbers = count(1)
    replacing = embedded(body.replace, "replace", uscc, lambda: f"supposed-{next(numbers)}")
    with ledger.reading() as reader:
        trail, law = Trail(reader.agency_events(uscc)), reader.law(FOREVER)
        found = published(reader, uscc, filed.year)
    body.may_stand(appeal_state(trail, filed), trail)
    if found is None or law is None or not (body.annul or replacing):
        return
    now = max(instant(datetime.now(UTC)), trail.events[-1].recorded_at)
    before = Basis(trail, law, shanghai_date(now), now)
    after = hypothetical(before, [one for one in dict.fromkeys(body.annul) if one not in trail.annulled_by], replacing)
    last, ids = after.trail.events[-1].recorded_at, [one.event_id for one in replacing]
    _must_not_harm(found, judged_again(found, last, body.annul, ids, after.trail), before, after, bool(ids))


@implements("art.20", "R34", "R35")
def decide(act: ActionContext, appeal_id: str, body: DecideAppeal) -> Answered:
    """Decide an appeal: the decision, what it annuls and replaces, the revised result and the ranks, in one step."""
    uscc, filed = located(act.ledger, appeal_id, AppealFiled)
    replacing = embedded(body.replace, "replace", uscc, act.make_id)
    return act.carry_out(lambda unit: _decide(act, unit, uscc, filed, body, replacing))


def _decide(
    act: ActionContext,
    unit: UnitOfWork,
    uscc: str,
    filed: AppealFiled,
    body: DecideAppeal,
    replacing: Sequence[Embedded],
) -> AppealDecision:
    unit.lock_district(filed.year)
    found = published(unit.reader, uscc, filed.year)
    agency = act.agency(unit, uscc)
    if act.separate_duties:
        must_be_impartial(agency.trail, filed, act.caller.person_id)
    ids = tuple(one.event_id for one in replacing)
    decision = act.record(unit, uscc, body, filed.id, replaced=ids)
    annulled = list(_annul(act, unit, uscc, filed.id, body))
    replaced = record_in_place(act, unit, uscc, replacing, role=Role.ASSOCIATION)  # authorised by the decision (api.md)
    events = [decision, *annulled, *replaced]
    if found is None or not (body.annul or ids):
        return _decided(unit, uscc, filed, events, None)
    trail = Trail([*found.events, *events])
    draft = judged_again(found, decision.recorded_at, body.annul, ids, trail)
    today, law = shanghai_date(decision.recorded_at), unit.law()
    before, after = (Basis(one, law, today, decision.recorded_at) for one in (Trail(found.events), trail))
    _must_not_harm(found, draft, before, after, bool(ids))
    if not differs(found, draft):
        kept = DecidedResult(id=found.standing.id, year=filed.year, kept=True, text=NO_CHANGE, text_en=NO_CHANGE_EN)
        return _decided(unit, uscc, filed, events, kept)
    revision = revise(act, unit, found, draft, body.decided_on, RevisionReason(appeal_id=filed.id))
    return _decided(unit, uscc, filed, [*events, revision.result], revision.decided(), revision.ranks())


def _decided(
    unit: UnitOfWork,
    uscc: str,
    filed: AppealFiled,
    events: Sequence[Event],
    result: DecidedResult | None,
    ranks: tuple[RevisedRank, ...] = (),
) -> AppealDecision:
    receipt = receipt_of(unit, uscc, events)
    return AppealDecision(**asdict(receipt), appeal=filed.id, result=result, ranks=ranks)


def _must_not_harm(found: Published, draft: Draft, before: Basis, after: Basis, replaces: bool) -> None:
    """Refuse what leaves the appellant worse off (R34). `before`, `after`: the ledger without and with the decision."""
    must_not_harm(
        (outcome_of(found.standing), draft.outcome),
        tiers(before, after),
        outcomes(before, after, found.first.year),
        replaces=replaces,
    )


def _annul(act: ActionContext, unit: UnitOfWork, uscc: str, appeal_id: str, body: DecideAppeal) -> Iterator[Event]:
    """Annul what still counts; what somebody annulled meanwhile is only taken off the result's basis."""
    agency = unit.agency(uscc)
    for event_id in dict.fromkeys(body.annul):
        if event_id not in agency.trail.annulled_by:
            command = AnnulEvent(event_id=event_id, reason=body.reasons, annulled_on=body.decided_on)
            yield act.record(unit, uscc, command, appeal_id=appeal_id)
