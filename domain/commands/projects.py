"""Chapter 3, conduct of business: submissions, projects and lapses (art.13-15, annex1 items 1-7 and 9): commands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from domain.agency import Agency
from domain.commands.base import (
    Command,
    Fact,
    Recording,
    fact,
    in_body,
    in_path,
    seal_optional,
    stored_client,
    stored_member,
)
from domain.commands.fields import ClientIn, Day, Id, Label, LapseItem, MemberIn, Prose, SubmissionItem, wrong
from domain.errors import Contradiction, already
from domain.events import (
    Event,
    LapseRecorded,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectPlanFiled,
    ProjectStarted,
    SubmissionReceived,
    SubmissionRequested,
)
from domain.measures.around.successions import goes_over, succeeded
from domain.measures.text.implements import implements
from domain.trail.trail import Facts


def _due_after(first: date, due: date) -> None:
    if due < first:
        raise wrong(
            "due_on",
            f"期限（{due}）早于起始日期（{first}）：期限不能在开始之前",
            f"the due date ({due}) lies before the first day ({first}): a due date cannot precede its start",
        )


@implements("annex1.item1", "annex1.item3", "annex1.item6", "annex1.item7", "R8")
class RequestSubmission(Command):
    """Ask the agency for materials, forms, summaries or the pledge by a due date (R8)."""

    FACT_DATE: ClassVar[str] = "requested_on"
    MAY_BE_LATER: ClassVar[frozenset[str]] = frozenset({"due_on"})

    item: SubmissionItem
    title: Label
    requested_on: Day
    due_on: Day

    @model_validator(mode="after")
    def _order(self) -> Self:
        _due_after(self.requested_on, self.due_on)
        return self

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Always accepted."""
        return fact(
            SubmissionRequested, request_id=recording.event_id, item=self.item, title=self.title, due_on=self.due_on
        )


@implements("annex1.item1", "annex1.item3", "annex1.item6", "annex1.item7", "R8")
class ReceiveSubmission(Command):
    """What was asked for has come in (R8)."""

    FACT_DATE: ClassVar[str] = "received_on"

    received_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once per request."""
        request = in_path(agency, recording, SubmissionRequested)
        if next(agency.trail.naming(request.id, SubmissionReceived), None) is not None:
            raise already("该项材料已记录收到", "this submission has been received already", "R8")
        return fact(SubmissionReceived, request_id=request.id)


@implements("art.15", "art.15(1)", "annex1.note4", "R10")
class StartProject(Command):
    """A service project begins; a team below art.15(1) is accepted and flagged (R9)."""

    FACT_DATE: ClassVar[str] = "started_on"
    MAY_BE_LATER: ClassVar[frozenset[str]] = frozenset({"due_on"})
    ANY_DAY: ClassVar[frozenset[str]] = frozenset({"started_on", "due_on"})

    client: ClientIn
    contract_no: Label | None = None
    service_type: Label | None = None
    started_on: Day
    due_on: Day
    quality_lead: MemberIn | None = None
    technicians: Annotated[tuple[MemberIn, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _order(self) -> Self:
        _due_after(self.started_on, self.due_on)
        return self

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """The ledger records what is; it does not refuse facts (R9)."""
        return fact(
            ProjectStarted,
            project_id=recording.event_id,
            client=stored_client(self.client.uscc, self.client.name),
            contract_no=self.contract_no,
            service_type=self.service_type,
            due_on=self.due_on,
            quality_lead=stored_member(recording, self.quality_lead),
            technicians=tuple(filter(None, (stored_member(recording, one) for one in self.technicians))),
        )


@implements("art.12", "R43")
def _project_here(agency: Agency, recording: Recording, day: date) -> ProjectStarted:
    """The project of the path. Refused from the day on which it goes on at a successor."""
    project = in_path(agency, recording, ProjectStarted)
    gone = succeeded(Facts(agency.trail, day))
    if gone is None or "projects" not in goes_over(gone, recording.rulebooks):
        return project
    raise Contradiction(
        f"该项目自 {gone.occurred_on} 起由承继机构（{'、'.join(gone.successors)}）续行",
        f"since {gone.occurred_on} this project goes on at the successor ({', '.join(gone.successors)})",
        cites=("art.12", "R43"),
        remedy="请在承继机构名下登记；此前发生的，请填写当时的日期",
        remedy_en="Record it at the successor; what happened before, with its own day.",
    )


@implements("art.15(2)")
class FilePlan(Command):
    """The project's plan is filed with the client (art.15(2)); a revised plan may follow."""

    FACT_DATE: ClassVar[str] = "filed_on"

    filed_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Any number of plans."""
        return fact(ProjectPlanFiled, project_id=_project_here(agency, recording, self.filed_on).id)


@implements("art.15", "annex1.item5", "R9")
class ExtendProject(Command):
    """Agency and client agree on another due date; it moves the current one only if agreed by then (R9)."""

    FACT_DATE: ClassVar[str] = "agreed_on"
    MAY_BE_LATER: ClassVar[frozenset[str]] = frozenset({"due_on"})

    agreed_on: Day
    due_on: Day

    @model_validator(mode="after")
    def _order(self) -> Self:
        _due_after(self.agreed_on, self.due_on)
        return self

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Accepted whenever it is recorded: whether it came in time is for the rules to say."""
        project = _project_here(agency, recording, self.agreed_on)
        return fact(ProjectExtended, project_id=project.id, due_on=self.due_on)


def _open_project(agency: Agency, recording: Recording, day: date) -> Event:
    project = _project_here(agency, recording, day)
    ended = next(agency.trail.naming(project.id, ProjectCompleted, ProjectCancelled), None)
    if ended is not None:
        word, word_en = ("完成", "completed") if isinstance(ended, ProjectCompleted) else ("取消", "cancelled")
        raise already(f"该项目已{word}（{ended.id}）", f"this project is {word_en} already ({ended.id})", "R9")
    return project


@implements("art.15", "art.15(3)", "annex1.item5", "R9")
class CompleteProject(Command):
    """The agreed service is done (annex1 item 5); the closing report goes to the client (art.15(3))."""

    FACT_DATE: ClassVar[str] = "completed_on"

    completed_on: Day
    report_filed_on: Day | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once per project."""
        project = _open_project(agency, recording, self.completed_on)
        return fact(ProjectCompleted, project_id=project.id, report_filed_on=self.report_filed_on)


@implements("art.15", "R10")
class CancelProject(Command):
    """The contract ends without completion (R9)."""

    FACT_DATE: ClassVar[str] = "cancelled_on"

    cancelled_on: Day
    reason: Prose | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once per project."""
        project = _open_project(agency, recording, self.cancelled_on)
        return fact(ProjectCancelled, project_id=project.id, reason=seal_optional(recording, self.reason))


@implements("art.21", "annex1.item1", "annex1.item3", "annex1.item4", "annex1.item9", "R8c")
class RecordLapse(Command):
    """A ground for deduction found by hand: annex1 items 1-7 and 9 (R8c)."""

    FACT_DATE: ClassVar[str] = "occurred_on"

    item: LapseItem
    occurred_on: Day
    concerns: Id | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """The fact that it concerns has to be on the agency's trail."""
        if self.concerns is not None:
            in_body(agency, "concerns", self.concerns, Event)
        return fact(LapseRecorded, item=self.item, concerns=self.concerns)
