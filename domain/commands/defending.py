"""What an agency can do about a record that stays: state its case beside it (申辩, R38a), end its publicity (R42)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from domain.agency import Agency
from domain.commands.base import Command, Fact, Recording, fact, in_body, in_path
from domain.commands.fields import Day, Id, Prose
from domain.errors import Contradiction, Invalid
from domain.events import Event, RepairApplied, RepairGranted, RepairRefused, StatementFiled
from domain.measures.around.agency_statements import ANSWERABLE
from domain.measures.around.publicity import KIND_OF, decision_on, is_applied, months_after
from domain.measures.text.implements import implements
from domain.values import Role


@implements("art.16", "art.17", "art.25", "R38a")
class FileStatement(Command):
    """The agency states its case beside a bad record, a complaint or another fact that costs points (R38a)."""

    FACT_DATE: ClassVar[str] = "filed_on"

    filed_on: Day
    event_id: Id
    content: Prose

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Beside what still counts and speaks against the agency. Entered for the agency, it needs its paper."""
        event = in_body(agency, "event_id", self.event_id, Event)
        if not isinstance(event, ANSWERABLE):
            raise Contradiction(
                f"{type(event).__name__} 不扣分、不加标签，无需申辩",
                f"{type(event).__name__} costs no point and adds no tag: there is nothing to state beside it",
                cites=("R38a",),
                remedy="请选择不良信息、投诉、扣分事项等对机构不利的记录；对公布的结果请提出异议",
                remedy_en="Choose a bad record, complaint or lapse; appeal against a published result.",
                pointer="/event_id",
            )
        if recording.role is not Role.AGENCY and not self.evidence:
            raise Invalid(
                "代机构登记申辩，须附机构的书面材料",
                "a statement entered on behalf of the agency needs the agency's own paper",
                cites=("R8b", "R38a"),
                remedy="请在 evidence 里写明机构来函的名称和存放处",
                remedy_en="Name the agency's letter and where it lies in evidence.",
                pointer="/evidence",
            )
        return fact(
            StatementFiled,
            statement_id=recording.event_id,
            event_id=event.id,
            content=recording.vault.seal(self.content),
        )


@implements("art.27", "R42")
class ApplyForRepair(Command):
    """Credit repair is applied for: that a record be told to the public no more (信用修复, R42)."""

    FACT_DATE: ClassVar[str] = "applied_on"

    applied_on: Day
    event_id: Id
    grounds: Prose

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """For what is public by the Measures, while no application for it waits and none was granted.

        Taken also while the reading is not confirmed: nothing that is filed is lost; granted it is only afterwards.
        """
        event = in_body(agency, "event_id", self.event_id, Event)
        if type(event) not in KIND_OF:
            raise Contradiction(
                f"{type(event).__name__} 不对外公示，无需信用修复",
                f"{type(event).__name__} is not published: there is nothing to end",
                cites=("art.27", "R42"),
                remedy="请选择不良信息、投诉查实、行政处罚或公布的考评结果",
                remedy_en="Choose a bad record, an upheld complaint, a penalty or a published result.",
                pointer="/event_id",
            )
        for earlier in agency.trail.of(RepairApplied):
            if earlier.event_id == event.id:
                _refuse_again(agency, earlier)
        return fact(
            RepairApplied, repair_id=recording.event_id, event_id=event.id, grounds=recording.vault.seal(self.grounds)
        )


def _refuse_again(agency: Agency, earlier: RepairApplied) -> None:
    decided = decision_on(agency.trail, earlier)
    if isinstance(decided, RepairRefused):
        return
    said = (
        ("尚待决定", "awaits its decision")
        if decided is None
        else (f"已于 {decided.occurred_on} 准予", f"was granted on {decided.occurred_on}")
    )
    raise Contradiction(
        f"对该记录的信用修复申请（{earlier.id}）{said[0]}",
        f"an application for the repair of this record ({earlier.id}) {said[1]}",
        cites=("R42",),
        remedy="不必再次申请；不予准许后有新的理由可再次申请",
        remedy_en="No other is needed; after a refusal one can apply with new grounds.",
        pointer="/event_id",
    )


@implements("art.27", "R42")
class DecideRepair(Command):
    """The association grants or refuses credit repair, with reasons; granted, from a day on (R42)."""

    FACT_DATE: ClassVar[str] = "decided_on"
    MAY_BE_LATER: ClassVar[frozenset[str]] = frozenset({"from_on"})
    SEVERAL_FACTS: ClassVar[bool] = True
    """One fact, and never among others: who may decide is looked at where it is recorded (R35)."""

    decided_on: Day
    outcome: Literal["granted", "refused"]
    from_on: Day | None = None
    reasons: Prose

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once. Granted only where the reading is confirmed, and not before the shortest term is over."""
        repair = in_path(agency, recording, RepairApplied)
        decided = decision_on(agency.trail, repair)
        if decided is not None:
            raise Contradiction(
                f"该信用修复申请已于 {decided.occurred_on} 决定（{decided.id}）",
                f"this application was decided on {decided.occurred_on} ({decided.id})",
                cites=("R42",),
                remedy="如决定有误，请撤销该决定后重新决定",
                remedy_en="If that was wrong, annul the decision and decide anew.",
            )
        reasons = recording.vault.seal(self.reasons)
        if self.outcome == "refused":
            return fact(RepairRefused, repair_id=repair.id, reasons=reasons)
        from_on = self.from_on or self.decided_on
        self._must_be_possible(agency, recording, repair, from_on)
        return fact(RepairGranted, repair_id=repair.id, from_on=from_on, reasons=reasons)

    def _must_be_possible(self, agency: Agency, recording: Recording, repair: RepairApplied, from_on: date) -> None:
        if not is_applied(recording.rulebooks, recording.law.confirmations, self.decided_on):
            raise Contradiction(
                f"到 {self.decided_on} 协会尚未确认 R42 这项理解，不能准予信用修复",
                f"by {self.decided_on} the association has not confirmed reading R42: nothing can be granted",
                cites=("art.27", "art.28", "R42"),
                remedy="请先在“规则与理解”中确认 R42；申请保留，可在确认后决定",
                remedy_en="Confirm R42 among the readings first; the application waits.",
                pointer="/outcome",
            )
        record = agency.trail.by_id[repair.event_id]
        months = recording.rulebooks.on(self.decided_on).publicity.minimum_months[KIND_OF[type(record)]]
        earliest = max(self.decided_on, months_after(record.occurred_on, months) if months else self.decided_on)
        if from_on < earliest:
            raise Invalid(
                f"终止公示最早自 {earliest} 起：不早于决定之日，并须公示满 {months} 个月",
                f"publicity ends on {earliest} at the earliest: not before the decision, nor before {months} months",
                cites=("art.27", "R42"),
                remedy="请填写这一天或更晚的日期",
                remedy_en="Give that day or a later one.",
                pointer="/from_on",
            )
