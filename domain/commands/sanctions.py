"""Chapter 3, sanctions: bad records (art.16), complaints and the ladder (art.17), accidents (art.18): commands."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, model_validator

from domain.agency import Agency
from domain.commands.base import Command, Fact, Recording, fact, in_body, in_path, own_enterprise, seal_optional
from domain.commands.fields import Day, Flag, Id, Label, Prose, Uscc, wrong
from domain.commands.reports import require_hint, require_open
from domain.errors import Contradiction, Invalid, NotFound, already
from domain.events import (
    AccidentLiabilityFound,
    AgencyDelisted,
    BadRecordEntered,
    BadRecordReferred,
    BehaviourReported,
    ComplaintDismissed,
    ComplaintMerged,
    ComplaintReceived,
    ComplaintUpheld,
    Grounds,
    NoticeSent,
    ProjectStarted,
)
from domain.measures.notices import notices
from domain.measures.text.implements import implements
from domain.trail.trail import Facts


def _by_hand(value: object) -> object:
    """Refuse by name the two behaviours of which the ledger makes the record itself."""
    if value == "16.8":
        raise wrong(
            "behaviour",
            "16.8 不手工登记：年度满意度调查截止、均分低于 70 分时自动记一次（第十六条（八），R12）",
            "16.8 is not entered by hand: closing a year's survey with a mean under 70 makes it (art.16(8), R12)",
        )
    if value == "16.12":
        raise wrong(
            "behaviour",
            "16.12 不手工登记：投诉经查实即自动记一次，请登记投诉并作出结论（第十六条（十二），R12）",
            "16.12 is not entered by hand: upholding a complaint makes it, so record and decide that (art.16(12), R12)",
        )
    return value


EnteredBehaviour = Annotated[
    Literal["16.1", "16.2", "16.3", "16.4", "16.5a", "16.5b", "16.6", "16.7", "16.9", "16.10", "16.11", "16.13"],
    BeforeValidator(_by_hand),
]


@implements("art.16", "R11", "R12")
class EnterBadRecord(Command):
    """The association enters one of the fourteen behaviours (art.16, R12)."""

    FACT_DATE: ClassVar[str] = "entered_on"

    behaviour: EnteredBehaviour
    entered_on: Day
    behaviour_on: Day | None = None
    content: Prose
    practitioner: Label | None = None
    report_id: Id | None = None
    hint_id: Id | None = None
    unlawful: Flag = False

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Counts one on the day of entry. A report or a hint that it comes from has to be there, and still open."""
        if self.report_id is not None:
            report = in_body(agency, "report_id", self.report_id, BehaviourReported)
            require_open(agency, report, "/report_id")
        if self.hint_id is not None:
            require_hint(agency, recording, self.hint_id, self.behaviour)
        return fact(
            BadRecordEntered,
            bad_record_id=recording.event_id,
            behaviour=self.behaviour,
            behaviour_on=self.behaviour_on,
            report_id=self.report_id,
            unlawful=self.unlawful,
            hint_id=self.hint_id,
            content=recording.vault.seal(self.content),
            practitioner=seal_optional(recording, self.practitioner),
        )


@implements("art.16", "R14")
class ReferBadRecord(Command):
    """An unlawful behaviour has been reported to the regulator (art.16, R14)."""

    FACT_DATE: ClassVar[str] = "referred_on"

    referred_on: Day
    reference: Label

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once, and only for what is marked unlawful."""
        record = in_path(agency, recording, BadRecordEntered)
        if not record.unlawful:
            raise Contradiction(
                "该不良信息未标记为涉嫌违法违规，无须移送",
                "this bad record is not marked unlawful: no referral is due",
                cites=("art.16", "R14"),
                remedy="如确属违法违规，请撤销后以 unlawful: true 重新记录",
                remedy_en="If it is unlawful, annul it and enter it anew with unlawful: true.",
            )
        if next(agency.trail.naming(record.id, BadRecordReferred), None) is not None:
            raise already("该不良信息已移送", "this bad record has been referred already", "art.16", "R14")
        return fact(BadRecordReferred, bad_record_id=record.id, reference=self.reference)


@implements("art.17", "R15")
class ReceiveComplaint(Command):
    """A complaint comes in; what it is worth is decided later (art.17, R15)."""

    FACT_DATE: ClassVar[str] = "received_on"

    received_on: Day
    complainant: Label | None = None
    client_uscc: Uscc | None = None
    grounds: Grounds
    content: Prose | None = None
    contact: Label | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Always accepted; a client complains for itself only."""
        client = own_enterprise(recording, self.client_uscc, "/client_uscc")
        return fact(
            ComplaintReceived,
            complaint_id=recording.event_id,
            complainant=seal_optional(recording, self.complainant),
            client_uscc=seal_optional(recording, client),
            client_hash=None if client is None else recording.vault.keyed_hash(client),
            grounds=self.grounds,
            content=seal_optional(recording, self.content),
            contact=seal_optional(recording, self.contact),
        )


@implements("art.17", "R15")
class DecideComplaint(Command):
    """The association verifies a complaint: upheld, dismissed, or merged into another about the same matter (R15)."""

    FACT_DATE: ClassVar[str] = "decided_on"

    outcome: Literal["upheld", "dismissed", "merged"]
    decided_on: Day
    findings: Prose
    """What was found, on which evidence; where there is none, it says why."""
    disclosed: Prose | None = None
    """What the agency may read of the matter, to defend itself (R39)."""
    verified_grounds: Grounds | None = None
    merged_into: Id | None = None

    @model_validator(mode="after")
    def _fits_outcome(self) -> Self:
        if (self.verified_grounds is not None) != (self.outcome == "upheld"):
            raise wrong(
                "verified_grounds",
                "结论为查实时须写明查实的事由，其他结论不写（R15）",
                "an upheld complaint needs the verified grounds, and no other outcome has them (R15)",
            )
        if (self.merged_into is not None) != (self.outcome == "merged"):
            raise wrong(
                "merged_into",
                "结论为并案时须写明并入哪一件，其他结论不写（R15）",
                "a merged complaint needs the one it is merged into, and no other outcome has it (R15)",
            )
        return self

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Uphold, dismiss or merge a complaint. Refused where a decision on it stands already (R15)."""
        complaint = in_path(agency, recording, ComplaintReceived)
        decided = agency.complaint_decision(complaint.id)
        if decided is not None:
            raise already(
                f"该投诉已于 {decided.occurred_on} 作出决定（{decided.id}）",
                f"this complaint was decided on {decided.occurred_on} ({decided.id})",
                "art.17",
                "R15",
            )
        if self.decided_on < complaint.occurred_on:
            raise Contradiction(
                f"决定日期（{self.decided_on}）早于投诉收到之日（{complaint.occurred_on}）",
                f"the decision ({self.decided_on}) lies before the complaint was received ({complaint.occurred_on})",
                cites=("art.17", "R15"),
                remedy="请核对两个日期；收到日期有误的，先撤销该投诉再重新登记",
                remedy_en="Check both dates; if the day of receipt is wrong, annul the complaint and record it anew.",
                pointer="/decided_on",
            )
        findings = recording.vault.seal(self.findings)
        disclosed = seal_optional(recording, self.disclosed)
        if self.outcome == "upheld":
            return fact(
                ComplaintUpheld,
                complaint_id=complaint.id,
                findings=findings,
                verified_grounds=self.verified_grounds,
                disclosed=disclosed,
            )
        if self.outcome == "dismissed":
            return fact(ComplaintDismissed, complaint_id=complaint.id, findings=findings, disclosed=disclosed)
        target = in_body(agency, "merged_into", self.merged_into or "", ComplaintReceived)
        if target.id == complaint.id or isinstance(agency.complaint_decision(target.id), ComplaintMerged):
            raise Contradiction(
                "并案的对象是该投诉本身，或本身已并入他案",
                "a complaint cannot be merged into itself or into one that is itself merged",
                cites=("art.17", "R15"),
                remedy="请指明最终受理的那一件投诉",
                remedy_en="Name the complaint that finally carries the matter.",
                pointer="/merged_into",
            )
        return fact(
            ComplaintMerged, complaint_id=complaint.id, merged_into=target.id, findings=findings, disclosed=disclosed
        )


@implements("art.17(3)", "R16")
class DelistAgency(Command):
    """Release from the blacklist by decision, where the rulebook knows such a release (R16, tag_term by_decision)."""

    FACT_DATE: ClassVar[str] = "decided_on"

    decided_on: Day
    reason: Prose | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Refused where tags end by themselves."""
        rulebook = recording.rulebooks.on(self.decided_on)
        if rulebook.ladder.tag_term != "by_decision":
            raise Contradiction(
                f"规则 {rulebook.id} 的标签到期自行消除，不以决定移出黑名单",
                f"under {rulebook.id} tags end by themselves: no delisting",
                cites=("art.17(3)", "R16"),
                remedy="如列入有误，请撤销相应的投诉决定",
                remedy_en="If the listing was wrong, annul the complaint's decision.",
            )
        return fact(AgencyDelisted, reason=seal_optional(recording, self.reason))


@implements("R18")
class SendNotice(Command):
    """A notice that fell due has been sent (art.11, 16-19, R18)."""

    FACT_DATE: ClassVar[str] = "sent_on"

    sent_on: Day
    channel: Label

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """The notice has to be due by today under what is known now, and not sent before."""
        facts = Facts(agency.trail, recording.today)
        due = {notice.id: notice for notice in notices(facts, recording.rulebooks)}
        notice = due.get(recording.path_id or "")
        if notice is None:
            raise NotFound(
                "该机构没有路径里这个编号的通知",
                "no notice with the path's id is due at this agency",
                cites=("R18",),
                remedy="请在通知清单（GET /v1/notices）里核对编号",
                remedy_en="Look the id up in GET /v1/notices.",
            )
        if notice.kind == "referral":
            raise Contradiction(
                "移送监管部门须登记文号，不能只记已发出",
                "a referral needs its reference, it cannot just be recorded as sent",
                cites=("art.16", "R14"),
                remedy=f"请用 bad-records/{notice.cause}/referral 登记移送日期和文号",
                remedy_en=f"Record date and reference by bad-records/{notice.cause}/referral.",
            )
        if notice.sent_on is not None:
            raise already("该通知已发出", "this notice has been sent already", "R18")
        return fact(
            NoticeSent,
            notice_id=notice.id,
            kind=notice.kind,
            cause=notice.cause,
            recipient=notice.recipient,
            channel=self.channel,
        )


@implements("art.18", "R19")
class FindAccidentLiability(Command):
    """An investigation finds the agency liable for an accident at a client (art.18, R19)."""

    FACT_DATE: ClassVar[str] = "found_on"

    found_on: Day
    accident_on: Day | None = None
    severity: Literal["general", "larger", "major", "extraordinary"]
    liability: Literal["direct", "indirect"]
    client_uscc: Uscc | None = None
    project_id: Id | None = None
    investigation_ref: Label | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """A project that it names has to be on the trail, and to be that client's; liability follows the accident."""
        if self.accident_on is not None and self.accident_on > self.found_on:
            raise Invalid(
                f"事故日期（{self.accident_on}）晚于认定日期（{self.found_on}）：认定不能早于事故",
                f"the day of the accident ({self.accident_on}) lies after the finding ({self.found_on})",
                cites=("art.18",),
                remedy="请核对两个日期",
                remedy_en="Check the two dates.",
                pointer="/accident_on",
            )
        if self.project_id is not None:
            project = in_body(agency, "project_id", self.project_id, ProjectStarted)
            if self.client_uscc is not None and project.client.uscc != self.client_uscc:
                raise Contradiction(
                    "client_uscc 不是该项目的服务对象",
                    "client_uscc is not the client of that project",
                    cites=("art.18", "R19"),
                    remedy="请核对项目编号和企业代码",
                    remedy_en="Check the project's id and the client's USCC.",
                    pointer="/client_uscc",
                )
        return fact(
            AccidentLiabilityFound,
            accident_on=self.accident_on,
            severity=self.severity,
            liability=self.liability,
            client_uscc=self.client_uscc,
            project_id=self.project_id,
            investigation_ref=self.investigation_ref,
        )
