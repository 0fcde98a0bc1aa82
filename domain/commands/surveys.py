"""Chapter 4, assessment: surveys, effect scores, honours, penalties (art.19-25, annexes), and annulment: commands."""

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
    own_enterprise,
    seal_optional,
    stored_client,
    unknown_in_body,
)
from domain.commands.fields import AssessmentYear, ClientIn, Day, Id, Label, Percent, Prose, wrong
from domain.errors import Contradiction, Forbidden, Invalid, already
from domain.events import (
    Answer,
    AuthorityKind,
    EffectScored,
    Event,
    EventAnnulled,
    HonourAwarded,
    HonourLevel,
    PenaltyImposed,
    ProjectStarted,
    SurveyClosed,
    SurveyInvited,
    SurveySubmitted,
)
from domain.measures.annex2_survey import project_of
from domain.measures.chapter3_business import serving
from domain.measures.rulebook.rulebook import assessment_year_of, year_span
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail
from domain.values import Role


def _year_begun(year: int, day: date, recording: Recording) -> None:
    """An assessment year that has not begun on the fact's day cannot be surveyed, scored or closed (R20)."""
    current = assessment_year_of(day, recording.rulebooks.on(day))
    if year > current:
        raise Invalid(
            f"{year} 考评年度在 {day} 尚未开始",
            f"the assessment year {year} had not begun on {day}",
            cites=("art.20", "R20"),
            remedy="请填写被评价的年度",
            remedy_en="Give the year that is being assessed.",
            pointer="/year",
        )


def _clients_project(agency: Agency, recording: Recording, project_id: str | None, client: ClientIn) -> None:
    if project_id is None:
        return
    if recording.role is Role.CLIENT:  # it learns nothing about projects of others, not even that they exist
        named = agency.trail.by_id.get(project_id)
        if not isinstance(named, ProjectStarted) or named.client.uscc != client.uscc:
            raise unknown_in_body("project_id")
    project = in_body(agency, "project_id", project_id, ProjectStarted)
    if project.client.uscc != client.uscc:
        raise Contradiction(
            f"项目 {project_id} 的服务对象是 {project.client.uscc}，不是 {client.uscc}",
            f"project {project_id} serves {project.client.uscc}, not {client.uscc}",
            cites=("art.13", "R22"),
            remedy="请核对项目编号和企业的统一社会信用代码",
            remedy_en="Check the project's id and the client's USCC.",
            pointer="/client/uscc",
        )


@implements("art.13", "R22")
def _must_be_served(agency: Agency, recording: Recording, form: SubmitSurvey) -> None:
    """Refuse a client's form that would not count; one entered by the association is recorded and marked (R22)."""
    facts, span = Facts(agency.trail, recording.today), year_span(form.year, recording.rulebooks)
    running = serving(facts, form.client.uscc, *span)
    project = project_of(form.project_id, form.submitted_on, form.year, running)
    if isinstance(project, ProjectStarted):
        return
    text, text_en = project
    if not running:
        raise Forbidden(
            f"{text}，不能评价",
            f"{text_en}: it cannot rate it",
            cites=("art.13", "R22"),
            remedy="请核对年度和机构；如确有服务合同，请机构或协会先登记项目",
            remedy_en="Check year and agency; have the agency or the association record the contract first.",
        )
    raise Invalid(
        text,
        text_en,
        cites=("art.13", "R22"),
        remedy="请写明所评价的项目",
        remedy_en="Name the project that is rated.",
        pointer="/project_id",
    )


@implements("art.23", "R22")
def still_open(trail: Trail, year: int, day: date) -> None:
    """Refuse what comes after a year's survey was closed: it would not count, and nobody would know. Raises."""
    closing = next((one for one in trail.of(SurveyClosed) if one.year == year), None)
    if closing is not None and day > closing.occurred_on:
        raise Contradiction(
            f"{year} 年度满意度调查已于 {closing.occurred_on} 截止：此后提交的调查表不计入",
            f"the survey of {year} was closed on {closing.occurred_on}: forms submitted after that do not count",
            cites=("art.23", "R22"),
            remedy="如有意见，请直接向协会提出；截止有误的，由协会先撤销截止",
            remedy_en="Tell the association directly; a closing made by mistake has to be annulled first.",
        )


@implements("art.13", "R22")
class InviteSurvey(Command):
    """Invite a client to the satisfaction survey by a one-time link (art.13, 23; annex 2)."""

    FACT_DATE: ClassVar[str] = "invited_on"
    MAY_BE_LATER: ClassVar[frozenset[str]] = frozenset({"expires_on"})

    invited_on: Day
    client: ClientIn
    project_id: Id | None = None
    year: AssessmentYear
    expires_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Refused where the link would be dead at once: expired, or of a year whose survey is closed by today.

        An import tells what was: there the invitation's own day has to lie before the closing.
        """
        if self.expires_on < self.invited_on:
            raise Invalid(
                "失效日期早于邀请日期：链接一发出就已失效",
                "the expiry date lies before the invitation: the link would be dead at once",
                remedy="请填写更晚的失效日",
                remedy_en="Give a later expiry date.",
                pointer="/expires_on",
            )
        _year_begun(self.year, self.invited_on, recording)
        still_open(agency.trail, self.year, self.invited_on if recording.via == "import" else recording.today)
        _clients_project(agency, recording, self.project_id, self.client)
        return fact(
            SurveyInvited,
            invitation_id=recording.event_id,
            client=stored_client(self.client.uscc, self.client.name),
            project_id=self.project_id,
            year=self.year,
            expires_on=self.expires_on,
        )


Answers = Annotated[list[Answer], Field(min_length=10, max_length=10)]


@implements("art.13", "art.23", "annex2", "R22")
class SubmitSurvey(Command):
    """A client's answers to the ten questions of annex 2 (art.23, R22)."""

    FACT_DATE: ClassVar[str] = "submitted_on"

    client: ClientIn
    project_id: Id | None = None
    year: AssessmentYear
    submitted_on: Day
    answers: Answers
    comments: Prose | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Any number of forms: the latest per client, project and year counts. A client speaks for itself only."""
        own_enterprise(recording, self.client.uscc, "/client/uscc")
        _year_begun(self.year, self.submitted_on, recording)
        _clients_project(agency, recording, self.project_id, self.client)
        if recording.role is Role.CLIENT:
            _must_be_served(agency, recording, self)
            still_open(agency.trail, self.year, self.submitted_on)
        return fact(
            SurveySubmitted,
            client=stored_client(self.client.uscc, self.client.name),
            project_id=self.project_id,
            year=self.year,
            answers=tuple(self.answers),
            comments=seal_optional(recording, self.comments),
        )


@implements("art.23", "annex2")
class AnswerInvitation(Command):
    """A survey form sent through a one-time link: client, project and year come from the invitation."""

    FACT_DATE: ClassVar[str] = "submitted_on"

    submitted_on: Day | None = None
    """Left out, it is today: `api/routes/public_routes.py` fills it in before anything is decided."""
    answers: Answers
    comments: Prose | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once per invitation."""
        invitation = in_path(agency, recording, SurveyInvited)
        if next(agency.trail.naming(invitation.id, SurveySubmitted), None) is not None:
            raise already("该邀请的调查表已提交", "the form of this invitation has been sent already", "art.23", "R22")
        if self.valid_from() > invitation.expires_on:
            raise Contradiction(
                f"该邀请已于 {invitation.expires_on} 失效",
                f"this invitation expired on {invitation.expires_on}",
                cites=("art.23", "R22"),
                remedy="请协会重新发出邀请",
                remedy_en="Ask the association for a new invitation.",
            )
        still_open(agency.trail, invitation.year, self.valid_from())
        return fact(
            SurveySubmitted,
            client=invitation.client,
            project_id=invitation.project_id,
            year=invitation.year,
            answers=tuple(self.answers),
            comments=seal_optional(recording, self.comments),
            invitation_id=invitation.id,
        )


@implements("art.16(8)", "art.23", "R12")
class CloseSurvey(Command):
    """Close a year's survey; a mean under 70 makes a bad record by itself (art.16(8), R12)."""

    FACT_DATE: ClassVar[str] = "closed_on"

    year: AssessmentYear
    closed_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once per year."""
        _year_begun(self.year, self.closed_on, recording)
        standing = next((one for one in agency.trail.of(SurveyClosed) if one.year == self.year), None)
        if standing is not None:
            raise already(
                f"{self.year} 年度满意度调查已于 {standing.occurred_on} 截止（{standing.id}）",
                f"the survey of {self.year} was closed on {standing.occurred_on} ({standing.id})",
                "art.23",
                "R22",
            )
        return fact(SurveyClosed, year=self.year)


@implements("art.22", "annex1.item11", "R23")
class ScoreEffect(Command):
    """The regulator's score for the change in one client's safety situation (art.22, R23)."""

    FACT_DATE: ClassVar[str] = "scored_on"

    client: ClientIn
    year: AssessmentYear
    value: Percent
    scored_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Any number: the latest per client and year counts."""
        _year_begun(self.year, self.scored_on, recording)
        return fact(
            EffectScored, client=stored_client(self.client.uscc, self.client.name), year=self.year, value=self.value
        )


@implements("art.24", "annex1.item12", "R24")
class AwardHonour(Command):
    """An honour with its level, reason and awarding authority (art.24, R24)."""

    FACT_DATE: ClassVar[str] = "awarded_on"

    level: HonourLevel
    reason: Label
    title: Label | None = None
    authority: Label | None = None
    authority_kind: AuthorityKind
    awarded_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Always accepted; what does not count is shown with the reason."""
        return fact(
            HonourAwarded,
            level=self.level,
            reason=self.reason,
            title=self.title,
            authority=self.authority,
            authority_kind=self.authority_kind,
        )


@implements("art.25", "R28")
class ImposePenalty(Command):
    """An administrative penalty (art.25)."""

    FACT_DATE: ClassVar[str] = "decided_on"
    MAY_BE_LATER: ClassVar[frozenset[str]] = frozenset({"public_until"})

    authority: Label | None = None
    authority_kind: AuthorityKind
    decision_no: Label | None = None
    decided_on: Day
    facts: Prose | None = None
    basis: Prose | None = None
    content: Prose | None = None
    public_until: Day | None = None

    @model_validator(mode="after")
    def _published_for_a_while(self) -> Self:
        if self.public_until is not None and self.public_until < self.decided_on:
            raise wrong("day", "公示截止期早于处罚决定日期", "the end of its publication lies before the decision")
        return self

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Always accepted; a revoked penalty is annulled (R28). Its facts and content may name people."""
        return fact(
            PenaltyImposed,
            authority=self.authority,
            authority_kind=self.authority_kind,
            decision_no=self.decision_no,
            facts=seal_optional(recording, self.facts),
            basis=self.basis,
            content=seal_optional(recording, self.content),
            public_until=self.public_until,
        )


class AnnulEvent(Command):
    """The only way in which a recorded event stops counting; nothing is ever deleted (rules.md, two clocks)."""

    FACT_DATE: ClassVar[str] = "annulled_on"

    event_id: Id
    reason: Prose
    basis: Prose | None = None
    annulled_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Refused for what is annulled already and for what events.md marks as final."""
        event = in_body(agency, "event_id", self.event_id, Event)
        if event.FINAL:
            raise Contradiction(
                f"{type(event).__name__} 不可撤销",
                f"{type(event).__name__} cannot be annulled",
                cites=("events.md", "rules.md"),
                remedy="请以新的事实纠正（如变更、再次备案、终止）",
                remedy_en="Correct it by a new fact (a change, a new filing, a termination).",
                pointer="/event_id",
            )
        return fact(
            EventAnnulled,
            event_id=event.id,
            reason=recording.vault.seal(self.reason),
            basis=seal_optional(recording, self.basis),
            appeal_id=recording.appeal_id,
        )
