"""Chapter 2, filing (art.8-12) and the pledge (art.26): commands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from msgspec import UNSET
from msgspec.structs import replace
from pydantic import Field, model_validator

from domain.agency import Agency
from domain.commands.base import Command, Fact, Recording, fact, seal_optional, stored_person
from domain.commands.fields import Day, Flag, Label, Part, Prose, QualificationIn, StaffIn, Uscc, wrong
from domain.errors import Contradiction, Forbidden
from domain.events import (
    AgencyFiled,
    AgencyTerminated,
    FilingReturned,
    FilingSubmitted,
    InformationChanged,
    InspectionRecorded,
    Person,
    PledgeSigned,
    Profile,
    Qualification,
)
from domain.measures.chapter2_filing import changed_values, filing_state, filings, profile_on
from domain.measures.rulebook.kinds import group_of, must_be_known
from domain.measures.text.implements import implements
from domain.trail.trail import Facts
from domain.values import Role

Scope = Annotated[tuple[Label, ...], Field(max_length=100)]
Qualifications = Annotated[tuple[QualificationIn, ...], Field(max_length=200)]
Personnel = Annotated[tuple[StaffIn, ...], Field(max_length=500)]


def stored_profile(recording: Recording, given: dict[str, Any]) -> Profile:
    """The filed particulars with people sealed; only the fields given are set."""
    values: dict[str, Any] = {}
    for field, value in given.items():
        if field in ("legal_representative", "technical_lead", "other"):
            values[field] = seal_optional(recording, value)
        elif field == "scope":
            values[field] = tuple(value)
        elif field == "qualifications":
            values[field] = tuple(_qualification(one) for one in value)
        elif field == "personnel":
            values[field] = tuple(_on_staff(recording, one) for one in value)
        else:
            values[field] = value
    return Profile(**values)


def _on_staff(recording: Recording, one: StaffIn) -> Person:
    return replace(stored_person(recording, one), valid_until=one.valid_until)


def _qualification(one: QualificationIn) -> Qualification:
    scope = (one.scope,) if isinstance(one.scope, str) else tuple(one.scope or ())
    return Qualification(name=one.name, no=one.no, scope=scope, valid_until=one.valid_until)


@implements("art.2", "art.8", "R6")
class FileAgency(Command):
    """An agency files its information, for the first time or again after a return or a termination (art.8, R6)."""

    FACT_DATE: ClassVar[str] = "submitted_on"

    uscc: Uscc
    name: Label
    category: Label
    legal_representative: Label | None = None
    technical_lead: Label | None = None
    address: Label | None = None
    local: Flag | None = None
    scope: Scope = ()
    qualifications: Qualifications = ()
    personnel: Personnel = ()
    submitted_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Refused while an earlier filing stands or awaits its decision: what changed is reported as such (art.12)."""
        if recording.role is Role.AGENCY and recording.enterprise != self.uscc:
            raise Forbidden(
                "机构只能备案本机构",
                "an agency files itself only",
                cites=("art.8",),
                remedy="请填写本机构的统一社会信用代码",
                remedy_en="Give your own USCC.",
                pointer="/uscc",
            )
        must_be_known(self.category, recording.rulebooks.on(self.submitted_on).categories.known, "/category")
        state = filing_state(Facts(agency.trail, self.submitted_on))
        if state in ("submitted", "filed"):
            raise Contradiction(
                f"该机构在 {self.submitted_on} {'备案待决定' if state == 'submitted' else '已备案'}，不能再次提交",
                f"on {self.submitted_on} this agency's filing is {state}: it cannot be submitted again",
                cites=("art.8", "R6"),
                remedy="信息有变更请报送变更（changes，第十二条）；退回或终止之后可再次提交",
                remedy_en="Report what changed as a change (art.12); file again after a return or a termination.",
            )
        given = {field: getattr(self, field) for field in Profile.__struct_fields__ if field in type(self).model_fields}
        return fact(
            FilingSubmitted, filing_id=recording.event_id, uscc=self.uscc, profile=stored_profile(recording, given)
        )


@implements("art.9", "R6")
class DecideFiling(Command):
    """The association files the agency, public from that day, or returns the filing with reasons (art.9, R6)."""

    FACT_DATE: ClassVar[str] = "decided_on"

    outcome: Literal["filed", "returned"]
    decided_on: Day
    reasons: Prose | None = None

    @model_validator(mode="after")
    def _reasons_for_return(self) -> Self:
        if self.outcome == "returned" and self.reasons is None:
            raise wrong("reasons", "退回备案须写明理由（R6）", "a return needs its reasons (R6)")
        return self

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Concerns the latest undecided filing; refused when there is none."""
        filing = agency.undecided_filing()
        if filing is None:
            raise Contradiction(
                "没有待决定的备案",
                "no filing awaits a decision",
                cites=("art.8", "R6"),
                remedy="请先由机构提交备案",
                remedy_en="The agency has to submit a filing first.",
            )
        kind = AgencyFiled if self.outcome == "filed" else FilingReturned
        return fact(kind, filing_id=filing.id, reasons=seal_optional(recording, self.reasons))


class ChangedFields(Part):
    """The filed particulars that changed, with their new values (art.12)."""

    name: Label | None = None
    category: Label | None = None
    legal_representative: Label | None = None
    technical_lead: Label | None = None
    address: Label | None = None
    local: Flag | None = None
    scope: Scope | None = None
    qualifications: Qualifications | None = None
    personnel: Personnel | None = None
    other: Prose | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise wrong("fields", "至少写明一项变更的内容", "name at least one changed field")
        for field in ("name", "category", "scope", "qualifications", "personnel"):
            if field in self.model_fields_set and getattr(self, field) is None:
                raise wrong("fields", f"{field} 不能改为空", f"{field} cannot become null")
        return self


@implements("art.12", "R7", "R8b")
class ReportChange(Command):
    """A change of the agency's situation, to be reported within seven days (art.12, R7)."""

    FACT_DATE: ClassVar[str] = "changed_on"
    ANY_DAY: ClassVar[frozenset[str]] = frozenset({"changed_on"})
    """Art.12 gives seven days after the change: only the report itself has to be of today (our reading of R8b)."""

    changed_on: Day
    reported_on: Day
    fields: ChangedFields

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Never refused for being late: lateness is what the rules count."""
        given = {field: getattr(self.fields, field) for field in self.fields.model_fields_set}
        if self.fields.category is not None:
            self._decided_by_the_association(agency, recording, self.fields.category)
        old = changed_values(profile_on(agency.trail.about(given), self.changed_on), given)
        return fact(InformationChanged, reported_on=self.reported_on, fields=stored_profile(recording, given), old=old)

    @implements("art.19", "R47")
    def _decided_by_the_association(self, agency: Agency, recording: Recording, category: str) -> None:
        """按照服务机构类型进行排名: with whom an agency is ranked is not for itself to say."""
        known = recording.rulebooks.on(self.changed_on).categories.known
        must_be_known(category, known, "/fields/category")
        if recording.role is not Role.AGENCY:
            return
        standing = profile_on(agency.trail.about(("category",)), self.changed_on).category
        if standing is UNSET or group_of(standing, known) != group_of(category, known):
            raise Forbidden(
                "机构类型由协会认定：机构不能自行变更（排名按类型进行）",
                "an agency's category is decided by the association: it cannot change it itself (ranks go by it)",
                cites=("art.12", "art.19", "R47"),
                remedy="请去掉类型这一项再报送其他变更，类型的变更请向协会提出",
                remedy_en="Report the other changes without it, and ask the association to change the category.",
                pointer="/fields/category",
            )


@implements("art.10")
class RecordInspection(Command):
    """A periodic check of what was filed (art.10)."""

    FACT_DATE: ClassVar[str] = "inspected_on"

    inspected_on: Day
    findings: Prose | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Always accepted."""
        return fact(InspectionRecorded, findings=seal_optional(recording, self.findings))


@implements("art.11", "R6")
class TerminateAgency(Command):
    """The agency ends its business; off the public list from the effective date (art.11, R6)."""

    FACT_DATE: ClassVar[str] = "effective_on"
    MAY_BE_LATER: ClassVar[frozenset[str]] = frozenset({"effective_on"})

    effective_on: Day
    reason: Prose | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Only what is filed can be terminated."""
        filed = [life for life in filings(Facts(agency.trail, date.max)) if life.filed_on is not None]
        if filed and all(life.ended_on is not None for life in filed):
            raise Contradiction(
                "该机构已登记终止业务",
                "this agency's termination is on record already",
                cites=("art.11", "R6"),
                remedy="终止不可撤销；机构可以再次备案",
                remedy_en="A termination cannot be annulled; the agency can file again.",
            )
        if not filed:
            raise Contradiction(
                "该机构尚未备案，无从终止",
                "this agency is not filed, so there is nothing to terminate",
                cites=("art.11", "R6"),
                remedy="未决定的备案请予退回",
                remedy_en="Return the undecided filing instead.",
            )
        return fact(AgencyTerminated, reason=seal_optional(recording, self.reason))


@implements("art.26", "annex3")
class SignPledge(Command):
    """The agency signs the pledge of annex 3 (art.26)."""

    FACT_DATE: ClassVar[str] = "signed_on"

    signed_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Always accepted; it may be signed again."""
        return fact(PledgeSigned)
