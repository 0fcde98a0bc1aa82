"""Chapter 4, the week after publication: filing, admitting, deciding and withdrawing appeals (art.20, R33-R35)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from domain.agency import Agency
from domain.commands.base import Command, Fact, Recording, fact, in_path, unknown_in_body
from domain.commands.fields import AssessmentYear, Commands, Day, Id, Label, Part, Prose, wrong
from domain.errors import Contradiction, Forbidden, Invalid, already
from domain.events import (
    AppealAdmitted,
    AppealDismissed,
    AppealFiled,
    AppealPartlyUpheld,
    AppealUpheld,
    AppealWithdrawn,
    Event,
)
from domain.measures.chapter4_appeals import AppealState, appeal_state, appealed_result
from domain.measures.text.implements import implements
from domain.trail.trail import Trail
from domain.values import Role

Ids = Annotated[tuple[Id, ...], Field(max_length=500)]


class AppellantIn(Part):
    """Who appeals: the agency itself, or somebody who practises in it (art.20)."""

    kind: Literal["agency", "practitioner"]
    name: Label | None = None


@implements("art.20", "R33")
class FileAppeal(Command):
    """The agency, or a practitioner of it, appeals against its published result (art.20, R33)."""

    FACT_DATE: ClassVar[str] = "filed_on"

    year: AssessmentYear
    filed_on: Day
    appellant: AppellantIn
    grounds: Prose
    disputed_event_ids: Ids = ()

    def check_dates(self, recording: Recording) -> None:
        """What was sent off on its last day and arrives a moment after midnight is taken, as of today (R33)."""
        if recording.role is Role.AGENCY and self.filed_on == recording.today - timedelta(days=1):
            return
        super().check_dates(recording)

    def _arrived_on(self, recording: Recording) -> date:
        """The day that decides whether it is in time: the agency's own arrives when it is recorded (R8b, R33)."""
        return recording.today if recording.role is Role.AGENCY else self.filed_on

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.appellant.kind == "practitioner" and self.appellant.name is None:
            raise wrong(
                "appellant/name",
                "从业人员提出异议须写明姓名（第二十条、R33）",
                "a practitioner who appeals is named (art.20, R33)",
            )
        return self

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Never refused for being late: it is recorded as out of time. Needs a result, and events of this agency."""
        results = [one for one in agency.results() if one.year == self.year]
        arrived = self._arrived_on(recording)
        result = appealed_result(results, arrived, lambda one: one.occurred_on)
        if result is None or result.deadline is None:
            raise Contradiction(
                f"{self.year} 年度的考评结果尚未公布",
                f"the results of {self.year} have not been published",
                cites=("art.20", "R33"),
                remedy="公布之后一周内可提出异议；此前对单条记录可提出更正申请（R38）",
                remedy_en="Appeal within a week of their publication; until then, object to a single record (R38).",
                pointer="/year",
            )
        if arrived < result.occurred_on:
            raise Contradiction(
                f"提出日期（{arrived}）早于结果公布之日（{result.occurred_on}）",
                f"the day of filing ({arrived}) lies before the publication ({result.occurred_on})",
                cites=("art.20", "R33"),
                remedy="请核对日期",
                remedy_en="Check the date.",
                pointer="/filed_on",
            )
        for event_id in self.disputed_event_ids:
            if event_id not in agency.trail.by_id:
                raise unknown_in_body("disputed_event_ids")
        name = self.appellant.name
        return fact(
            AppealFiled,
            appeal_id=recording.event_id,
            year=self.year,
            result_id=result.id,
            appellant_kind=self.appellant.kind,
            appellant=None if name is None else recording.vault.seal(name),
            grounds=recording.vault.seal(self.grounds),
            disputed=tuple(dict.fromkeys(self.disputed_event_ids)),
            deadline=result.deadline,
            in_time=arrived <= result.deadline,
        )


def _appeal(agency: Agency, recording: Recording) -> AppealState:
    """The path's appeal, not decided yet. Raises: NotFound, Contradiction."""
    state = appeal_state(agency.trail, in_path(agency, recording, AppealFiled))
    _must_be_undecided(state)
    return state


def _must_be_undecided(state: AppealState) -> None:
    if state.decision is not None:
        raise already(
            f"该异议已于 {state.decision.occurred_on} 办结（{state.status}）",
            f"this appeal was dealt with on {state.decision.occurred_on} ({state.status})",
            "art.20",
            "R34",
        )


def _not_before_filing(day: date, field: str, filed: AppealFiled) -> None:
    """Refuse a proceeding dated before the appeal was filed: a week would be counted from it. Raises: Contradiction."""
    if day < filed.occurred_on:
        raise Contradiction(
            f"所填日期（{day}）早于异议提出之日（{filed.occurred_on}）",
            f"the day given ({day}) lies before the appeal was filed ({filed.occurred_on})",
            cites=("R33", "R34"),
            remedy="请核对日期",
            remedy_en="Check the date.",
            pointer=f"/{field}",
        )


@implements("art.20", "R33")
class AdmitAppeal(Command):
    """The committee admits an appeal that came out of time (R33)."""

    FACT_DATE: ClassVar[str] = "decided_on"

    reason: Prose
    decided_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once, and only for one that was late."""
        state = _appeal(agency, recording)
        _not_before_filing(self.decided_on, "decided_on", state.filed)
        if state.status != "awaiting_admission":
            raise Contradiction(
                "该异议无须准予受理：未逾期，或已准予",
                "this appeal needs no admission: it was in time, or has been admitted",
                cites=("R33",),
                remedy="请直接作出决定",
                remedy_en="Decide it.",
            )
        return fact(AppealAdmitted, appeal_id=state.filed.id, reason=recording.vault.seal(self.reason))


@implements("art.20", "R34")
class DecideAppeal(Command):
    """The committee decides: upheld, partly upheld or dismissed, with reasons and what changes (R34)."""

    FACT_DATE: ClassVar[str] = "decided_on"

    outcome: Literal["upheld", "partly_upheld", "dismissed"]
    decided_on: Day
    reasons: Prose
    annul: Ids = ()
    replace: Commands = ()

    @model_validator(mode="after")
    def _fits_outcome(self) -> Self:
        changes = bool(self.annul or self.replace)
        if changes and self.outcome == "dismissed":
            raise wrong(
                "annul", "不成立的异议不撤销也不补录事实（R34）", "a dismissed appeal annuls and replaces nothing (R34)"
            )
        if not changes and self.outcome != "dismissed":
            raise wrong(
                "annul",
                "成立的异议须写明撤销或补录的事实（R34）",
                "an upheld appeal says what it annuls or replaces (R34)",
            )
        return self

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once. Only what was disputed can be annulled. `recording.replaced`: the ids of the facts that go with it."""
        state = appeal_state(agency.trail, in_path(agency, recording, AppealFiled))
        self.may_stand(state, agency.trail)
        if self.outcome == "dismissed":
            return fact(AppealDismissed, appeal_id=state.filed.id, reasons=recording.vault.seal(self.reasons))
        kind = AppealUpheld if self.outcome == "upheld" else AppealPartlyUpheld
        return fact(
            kind,
            appeal_id=state.filed.id,
            reasons=recording.vault.seal(self.reasons),
            annulled=tuple(dict.fromkeys(self.annul)),
            replaced=recording.replaced,
        )

    def may_stand(self, state: AppealState, trail: Trail) -> None:
        """Refuse what cannot be decided so: decided already, not admitted, a day before the filing, undisputed facts.

        Also asked by the page that shows a decision before it is recorded. Raises: Contradiction, Invalid.
        """
        _must_be_undecided(state)
        _not_before_filing(self.decided_on, "decided_on", state.filed)
        if state.status == "awaiting_admission":
            raise Contradiction(
                "该异议逾期提出，尚未准予受理",
                "this appeal is out of time and has not been admitted",
                cites=("R33",),
                remedy="请先记录准予受理（admission）及理由",
                remedy_en="Record its admission with the reason first.",
            )
        for place, event_id in enumerate(self.annul):
            self._must_be_disputed(state.filed, trail, event_id, f"/annul/{place}")

    @staticmethod
    def _must_be_disputed(filed: AppealFiled, trail: Trail, event_id: str, pointer: str) -> None:
        if event_id not in filed.disputed:
            raise Invalid(
                f"{event_id} 不在该异议所争议的事实之中",
                f"{event_id} is not among what this appeal disputes",
                cites=("R34",),
                remedy="只能撤销异议中列明的事实；其他错误请另行撤销",
                remedy_en="Annul only what the appeal names; other errors are annulled by themselves.",
                pointer=pointer,
            )
        event: Event = trail.by_id[event_id]
        if event.FINAL:
            raise Contradiction(
                f"{type(event).__name__} 不可撤销",
                f"{type(event).__name__} cannot be annulled",
                cites=("events.md", "R34"),
                remedy="请以新的事实纠正（replace）",
                remedy_en="Correct it by a new fact (replace).",
                pointer=pointer,
            )


@implements("art.20", "R33", "R34")
class WithdrawAppeal(Command):
    """The appellant withdraws the appeal: nobody else does it in its place (R33, R34)."""

    FACT_DATE: ClassVar[str] = "withdrawn_on"

    withdrawn_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """While nothing was decided. What the association enters, it enters with the appellant's document."""
        state = _appeal(agency, recording)
        if recording.role is Role.AGENCY and state.filed.appellant_kind != "agency":
            raise Forbidden(
                "从业人员提出的异议由其本人撤回，机构不能代为撤回",
                "a practitioner's appeal is withdrawn by the practitioner, not by the agency",
                cites=("art.20", "R33"),
                remedy="请本人把书面撤回交协会，由协会凭该材料录入",
                remedy_en="The practitioner hands the withdrawal in writing to the association, which enters it.",
            )
        if recording.role is not Role.AGENCY and not self.evidence:
            raise Invalid(
                "协会录入撤回，须附提出者本人的书面材料",
                "the association enters a withdrawal only with the appellant's own document",
                cites=("art.20", "R33"),
                remedy="请在 evidence 中写明撤回书的名称和存放处",
                remedy_en="Name the document in evidence.",
                pointer="/evidence",
            )
        _not_before_filing(self.withdrawn_on, "withdrawn_on", state.filed)
        return fact(AppealWithdrawn, appeal_id=state.filed.id)
