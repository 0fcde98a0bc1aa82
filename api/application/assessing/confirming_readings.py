"""The association confirms how the Measures are read, or takes that back: one paper, one or many readings (art.28, R4).

Each reading is an event of the ledger's own stream, all of one paper in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from api.application.action_context import ActionContext
from api.application.answers.receipts import ReadingsDecided, RecordedFact
from api.application.idempotency import Answered
from domain.commands.confirming import ConfirmReadings, ReadingsDecision, WithdrawConfirmations
from domain.errors import NotFound, not_after
from domain.events import ConfirmationWithdrawn, Event, ReadingConfirmed
from domain.law import Law
from domain.ledger.ledger import UnitOfWork
from domain.measures.rulebook.confirmations import (
    SaidReading,
    must_be_said,
    must_lie_in_force,
    must_not_repeat,
    must_stand,
)
from domain.measures.rulebook.rulebook import Rulebook
from domain.measures.text.implements import implements
from domain.values import LEDGER_STREAM


@implements("art.28", "R4")
def confirm(act: ActionContext, rulebook: str, body: ConfirmReadings) -> Answered:
    """Record that the association has confirmed these readings. Raises: a Refusal; then none is."""
    return act.carry_out(lambda unit: _confirm(act, unit, rulebook, body))


def _confirm(act: ActionContext, unit: UnitOfWork, rulebook: str, body: ConfirmReadings) -> ReadingsDecided:
    law = _locked(unit)
    book, said = _decided_on(unit, law, rulebook, body, "confirmed_on", body.confirmed_on)
    for place, one in enumerate(said):
        must_not_repeat(law.confirmations, one, body.confirmed_on, body.confirmed_by, body.document.title, place)
    document = act.attaching(unit).one(body.document, "/document")
    return _receipt(
        [
            act.append(
                unit,
                ReadingConfirmed,
                LEDGER_STREAM,
                body.confirmed_on,
                reading=one.content["ref"],
                rulebook_id=book.id,
                sha256=one.sha256,
                content=one.content,
                confirmed_by=body.confirmed_by,
                document=document,
            )
            for one in said
        ],
        said,
    )


@implements("art.28", "R4")
def withdraw(act: ActionContext, rulebook: str, body: WithdrawConfirmations) -> Answered:
    """Record that the association no longer stands by these confirmations. Raises: a Refusal."""
    return act.carry_out(lambda unit: _withdraw(act, unit, rulebook, body))


def _withdraw(act: ActionContext, unit: UnitOfWork, rulebook: str, body: WithdrawConfirmations) -> ReadingsDecided:
    law = _locked(unit)
    _, said = _decided_on(unit, law, rulebook, body, "withdrawn_on", body.withdrawn_on)
    standing = [must_stand(law.confirmations, one, body.withdrawn_on, place) for place, one in enumerate(said)]
    document = act.attaching(unit).one(body.document, "/document")
    return _receipt(
        [
            act.append(
                unit,
                ConfirmationWithdrawn,
                LEDGER_STREAM,
                body.withdrawn_on,
                confirmation_id=one.id,
                reading=one.reading,
                sha256=one.sha256,
                withdrawn_by=body.withdrawn_by,
                reason=body.reason,
                document=document,
            )
            for one in standing
        ],
        said,
    )


def _locked(unit: UnitOfWork) -> Law:
    """The law under the lock of its stream: of two who decide at once, the second sees what the first has recorded."""
    unit.lock(LEDGER_STREAM)
    return unit.law()


def _decided_on(
    unit: UnitOfWork, law: Law, rulebook: str, body: ReadingsDecision, field: str, day: date
) -> tuple[Rulebook, list[SaidReading]]:
    """The rulebook and what the named readings say in it. Raises: NotFound, Invalid, Contradiction."""
    not_after(field, day, unit.day_at(unit.lock(LEDGER_STREAM)))
    must_lie_in_force(field, day, law.rulebooks.first_day)
    book = next((one for one in law.rulebooks if one.id == rulebook), None)
    if book is None:
        raise NotFound(
            "没有这个编号的规则库",
            "there is no rulebook with this id",
            cites=("R4",),
            remedy="请在 GET /v1/rulebooks 里核对编号",
            remedy_en="Look the id up in GET /v1/rulebooks.",
        )
    return book, must_be_said(book, body.named(), "/reading" if body.reading else "")


def _receipt(events: Sequence[Event], said: Sequence[SaidReading]) -> ReadingsDecided:
    return ReadingsDecided(
        readings=tuple(one.content["ref"] for one in said),
        version=events[-1].version,
        recorded_at=events[-1].recorded_at,
        events=tuple(RecordedFact.of(event) for event in events),
    )
