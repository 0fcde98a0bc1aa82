"""Every stored fact, one class each. An append-only file: what is here has been written for ever (events.md).

The bytes are UTF-8 JSON with sorted keys and stand for themselves: type, stream and version are inside, so that a hash
over the bytes covers them. A command's first date becomes `occurred_on`. What a fact creates has the fact's own id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domain.values import stream_id

Answer = Literal["A", "B", "C"]
AuthorityKind = Literal["emergency_management", "other"]
Behaviour = Literal[
    "16.1", "16.2", "16.3", "16.4", "16.5a", "16.5b", "16.6", "16.7", "16.8", "16.9", "16.10", "16.11", "16.12", "16.13"
]
DERIVED: Final = ("16.8", "16.12")
"""Behaviours of which the ledger makes the record itself (R12). Entered by hand before that was refused, they stay."""
GradeName = Literal["excellent", "qualified", "unqualified"]
Grounds = Literal["missed_hazard", "poor_quality", "other"]
HonourLevel = Literal["national", "provincial", "municipal", "district"]
Instant = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
LapseItem = Literal[1, 2, 3, 4, 5, 6, 7, 9]
Points = Annotated[str, msgspec.Meta(pattern=r"^\d{1,9}(\.\d{1,2})?$")]
SubmissionItem = Literal[1, 3, 6, 7]
NoteAudience = Literal["internal", "shared"]
"""Who reads a note: the association, the committee, the regulator and the auditor; `shared`: the agency too (R39)."""
Via = Literal["api", "page", "import"]


class Sealed(msgspec.Struct, frozen=True):
    """Personal data: whose it is, and the ciphertext (base64) under that subject's key in the vault."""

    subject: str
    sealed: str


class Evidence(msgspec.Struct, frozen=True):
    """The paper that proves the fact: where it lies and its SHA-256; or a file of the store of evidence.

    Only a file has `size` (bytes) and `media_type`, as the service found them; elsewhere they are not even null.
    """

    title: str
    uri: str | None = None
    sha256: str | None = None
    size: int | UnsetType = UNSET
    media_type: str | UnsetType = UNSET

    @property
    def is_file(self) -> bool:
        """Whether it is a file of the store of evidence, named by its SHA-256."""
        return self.size is not UNSET


class Qualification(msgspec.Struct, frozen=True):
    """A qualification of the agency itself (art.7)."""

    name: str
    no: str | None = None
    scope: tuple[str, ...] = ()
    valid_until: date | None = None


class Person(msgspec.Struct, frozen=True):
    """A member of the agency's staff. `certificate_hash` is keyed: equality can be checked without the number (R37)."""

    name: Sealed
    qualification: str | None = None
    certificate_no: Sealed | None = None
    certificate_hash: str | None = None
    valid_until: date | None = None
    """Of the certificate, in clear: that it ends is a matter (R40); earlier facts do not say it."""


class TeamMember(msgspec.Struct, frozen=True):
    """A member of a project's team; `years` of relevant work as a decimal string (art.15(1))."""

    name: Sealed
    years: Points
    qualification: str | None = None
    certificate_no: Sealed | None = None
    certificate_hash: str | None = None
    name_hash: str | None = None
    """Keyed hash of the folded name: one person in two places of a team is no second one (art.15(1), R9)."""


class Client(msgspec.Struct, frozen=True):
    """A served enterprise (生产经营单位)."""

    uscc: str
    name: str


class Profile(msgspec.Struct, frozen=True):
    """What a filing says of the agency; in a change only the changed fields are set (art.12)."""

    name: str | UnsetType = UNSET
    category: str | UnsetType = UNSET
    legal_representative: Sealed | UnsetType | None = UNSET
    technical_lead: Sealed | UnsetType | None = UNSET
    address: str | UnsetType | None = UNSET
    local: bool | UnsetType | None = UNSET
    scope: tuple[str, ...] | UnsetType = UNSET
    qualifications: tuple[Qualification, ...] | UnsetType = UNSET
    personnel: tuple[Person, ...] | UnsetType = UNSET
    other: Sealed | str | UnsetType | None = UNSET
    """Sealed; the first events of all have it in clear."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="type", forbid_unknown_fields=True):
    """The envelope of every fact: both clocks, who recorded it, by which way, with what evidence."""

    NAMES: ClassVar[tuple[str, ...]] = ()
    """Fields that hold the id of another event of the stream: if that one is annulled, this one stops counting too."""
    KIND: ClassVar[str | None] = None
    """What the fact creates, if anything can be named afterwards; its id is the event's id."""
    FINAL: ClassVar[bool] = False
    """Marked with a dagger in events.md: cannot be annulled."""

    v: Literal[1] = 1
    stream: str
    version: int
    id: str
    occurred_on: date
    recorded_at: Instant
    actor: str
    via: Via
    note: Sealed | None = None
    note_audience: NoteAudience = "internal"
    """Notes recorded before there was a choice are internal (R39)."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def originator_id(self) -> UUID:
        """The library's name for the stream."""
        return stream_id(self.stream)

    @property
    def originator_version(self) -> int:
        """The library's name for the position in the stream."""
        return self.version

    def named(self) -> Iterator[str]:
        """Ids of the events that this one names."""
        for field in self.NAMES:
            value = getattr(self, field)
            if value is not None:
                yield value


# ---- chapter 2: filing (art.8-12, 26) ----


class FilingSubmitted(Event, frozen=True, kw_only=True):
    KIND, FINAL = "filing", True
    filing_id: str
    uscc: str
    profile: Profile


class AgencyFiled(Event, frozen=True, kw_only=True):
    NAMES, FINAL = ("filing_id",), True
    filing_id: str
    reasons: Sealed | None = None


class FilingReturned(Event, frozen=True, kw_only=True):
    NAMES, FINAL = ("filing_id",), True
    filing_id: str
    reasons: Sealed


class InformationChanged(Event, frozen=True, kw_only=True):
    KIND = "change"
    reported_on: date
    fields: Profile
    old: Profile


class InspectionRecorded(Event, frozen=True, kw_only=True):
    KIND = "inspection"
    findings: Sealed | None


class AgencyTerminated(Event, frozen=True, kw_only=True):
    KIND, FINAL = "termination", True
    reason: Sealed | None


class PledgeSigned(Event, frozen=True, kw_only=True):
    KIND = "pledge"


# ---- chapter 3: conduct of business (art.13-18) ----


class SubmissionRequested(Event, frozen=True, kw_only=True):
    KIND = "submission_request"
    request_id: str
    item: SubmissionItem
    title: str
    due_on: date


class SubmissionReceived(Event, frozen=True, kw_only=True):
    NAMES = ("request_id",)
    request_id: str


class ProjectStarted(Event, frozen=True, kw_only=True):
    KIND = "project"
    project_id: str
    client: Client
    contract_no: str | None
    service_type: str | None
    due_on: date
    quality_lead: TeamMember | None
    technicians: tuple[TeamMember, ...]
    inherited_from: str | UnsetType = UNSET
    """The predecessor's project that goes on here after a succession (R43); others do not even have it as null."""


class ProjectPlanFiled(Event, frozen=True, kw_only=True):
    NAMES = ("project_id",)
    project_id: str


class ProjectExtended(Event, frozen=True, kw_only=True):
    NAMES = ("project_id",)
    project_id: str
    due_on: date
    inherited_from: str | UnsetType = UNSET
    """The predecessor's project whose due date has become another one since the succession (R43)."""


class ProjectCompleted(Event, frozen=True, kw_only=True):
    NAMES = ("project_id",)
    project_id: str
    report_filed_on: date | None


class ProjectCancelled(Event, frozen=True, kw_only=True):
    NAMES = ("project_id",)
    project_id: str
    reason: Sealed | None


class LapseRecorded(Event, frozen=True, kw_only=True):
    KIND, NAMES = "lapse", ("concerns",)
    item: LapseItem
    concerns: str | None


class BadRecordEntered(Event, frozen=True, kw_only=True):
    KIND, NAMES = "bad_record", ("report_id",)
    bad_record_id: str
    behaviour: Behaviour
    behaviour_on: date | None
    report_id: str | None
    unlawful: bool
    hint_id: str | None = None
    """The hint that it was entered from (R37)."""
    content: Sealed | None = None
    """What happened; every record entered since 2026-12 has it (R12)."""
    practitioner: Sealed | None = None
    """Who of the agency it was, where the record names one (art.16)."""


class BadRecordReferred(Event, frozen=True, kw_only=True):
    NAMES = ("bad_record_id",)
    bad_record_id: str
    reference: str


class BehaviourReported(Event, frozen=True, kw_only=True):
    """Who reports is personal; the keyed hash tells an enterprise its own (R11)."""

    KIND = "report"
    report_id: str
    reporter: Sealed | None
    reporter_hash: str | None
    behaviour: Behaviour
    content: Sealed | None


class ReportDismissed(Event, frozen=True, kw_only=True):
    NAMES = ("report_id",)
    report_id: str
    reason: Sealed


class ComplaintReceived(Event, frozen=True, kw_only=True):
    """Who complains is personal, be it a person or an enterprise; the keyed hash tells an enterprise its own."""

    KIND = "complaint"
    complaint_id: str
    complainant: Sealed | None
    client_uscc: Sealed | None
    client_hash: str | None
    grounds: Grounds
    content: Sealed | None = None
    """What happened, in the words of who complained: never read by the agency concerned (R39)."""
    contact: Sealed | None = None


class ComplaintUpheld(Event, frozen=True, kw_only=True):
    NAMES = ("complaint_id",)
    complaint_id: str
    findings: Sealed | None
    verified_grounds: Grounds
    disclosed: Sealed | None = None
    """What the agency may read of the matter, so that it can defend itself (R39)."""


class ComplaintDismissed(Event, frozen=True, kw_only=True):
    NAMES = ("complaint_id",)
    complaint_id: str
    findings: Sealed | None
    disclosed: Sealed | None = None


class ComplaintMerged(Event, frozen=True, kw_only=True):
    NAMES = ("complaint_id", "merged_into")
    complaint_id: str
    merged_into: str
    findings: Sealed | None
    disclosed: Sealed | None = None


class AgencyDelisted(Event, frozen=True, kw_only=True):
    KIND = "delisting"
    reason: Sealed | None


ServiceWay = Literal["in_person", "post", "courier", "electronic", "left", "announced"]
"""Ways of service: handed over, by registered post, by courier, by electronic means, left at the place, announced."""


class NoticeSent(Event, frozen=True, kw_only=True):
    """`cause` is not among NAMES: that the notice went out stays true when its cause is annulled (R18)."""

    notice_id: str
    kind: str
    cause: str
    recipient: str
    channel: str


class NoticeDelivered(Event, frozen=True, kw_only=True):
    """A notice reached its recipient, by this way (R41); the day is the fact's own."""

    KIND, NAMES = "service", ("sent_id",)
    sent_id: str
    """The NoticeSent."""
    way: ServiceWay


class NoticeUndeliverable(Event, frozen=True, kw_only=True):
    """A notice came back, or nobody took it (R41)."""

    KIND, NAMES = "service", ("sent_id",)
    sent_id: str
    way: ServiceWay


AcknowledgedBy = Literal["account", "paper", "link"]
"""By its account, on a paper that is the evidence, or by the one-time link that the association gave it."""


class NoticeAcknowledged(Event, frozen=True, kw_only=True):
    """The agency has acknowledged a notice (签收, R41). The first events of all do not say in which way."""

    KIND, NAMES = "service", ("sent_id",)
    sent_id: str
    way: AcknowledgedBy | UnsetType = UNSET
    signer: Sealed | UnsetType = UNSET
    """Who signed for the agency, as typed by whoever had the link."""
    link_id: str | UnsetType = UNSET
    """The link that it came by, in the past: that the link is taken back afterwards undoes nothing."""


class NoticeLinkGiven(Event, frozen=True, kw_only=True):
    """The association gave the agency a link by which a notice can be acknowledged once, up to a day (R41)."""

    KIND, NAMES = "notice_link", ("sent_id",)
    sent_id: str
    expires_on: date


class AccidentLiabilityFound(Event, frozen=True, kw_only=True):
    KIND, NAMES = "accident", ("project_id",)
    accident_on: date | None
    severity: Literal["general", "larger", "major", "extraordinary"]
    liability: Literal["direct", "indirect"]
    client_uscc: str | None
    project_id: str | None
    investigation_ref: str | None


# ---- chapter 4: assessment (art.19-25, annexes) ----


class SurveyInvited(Event, frozen=True, kw_only=True):
    KIND, NAMES = "survey_invitation", ("project_id",)
    invitation_id: str
    client: Client
    project_id: str | None
    year: int
    expires_on: date


class SurveySubmitted(Event, frozen=True, kw_only=True):
    KIND, NAMES = "survey", ("project_id", "invitation_id")
    client: Client
    project_id: str | None
    year: int
    answers: Annotated[tuple[Answer, ...], msgspec.Meta(min_length=10, max_length=10)]
    comments: Sealed | None
    invitation_id: str | None = None


class SurveyClosed(Event, frozen=True, kw_only=True):
    KIND = "survey_closing"
    year: int


class EffectScored(Event, frozen=True, kw_only=True):
    KIND = "effect_score"
    client: Client
    year: int
    value: Points


class HonourAwarded(Event, frozen=True, kw_only=True):
    KIND = "honour"
    level: HonourLevel
    reason: str
    title: str | None
    authority: str | None
    authority_kind: AuthorityKind


class PenaltyImposed(Event, frozen=True, kw_only=True):
    KIND = "penalty"
    authority: str | None
    authority_kind: AuthorityKind
    decision_no: str | None
    facts: Sealed | None = None
    """What was done against the law (违法事实); it may name people."""
    basis: str | None = None
    """By which law (处罚依据)."""
    content: Sealed | None = None
    """What was imposed (处罚内容)."""
    public_until: date | None = None
    """The last day on which it is published (公示截止期); it ends no effect."""


class ResultPublished(Event, frozen=True, kw_only=True):
    """A year's result of one agency, frozen as it was decided; what it rests on is named (art.19-20, R32)."""

    KIND, FINAL = "result", True
    year: int
    grade: GradeName | None
    rank: int | None
    sheet: dict[str, Any]
    """The whole answer of `GET .../sheets/{year}` at the basis of the publication."""
    basis: tuple[str, ...]
    """The events that the sheet counted."""
    known_at: str
    log_index: int
    rulebook_sha256: str
    calendar_sha256: str
    publication_id: str | None = None
    """The YearPublished that decided it."""
    deadline: date | None = None
    """The last day of the week for an appeal (R3)."""
    overtaken_by: tuple[str, ...] = ()
    """Facts that came in after what the sheet counts, before the decision was recorded, and would change it."""


class ResultRevised(Event, frozen=True, kw_only=True):
    """The result of a year after an appeal or a reopening, or with another rank since one (R34).

    It stands in place of the one before. Where only the rank has moved, `sheet` is empty: `sheet_of` names the result
    whose sheet stands on.
    """

    KIND, FINAL = "result", True
    year: int
    grade: GradeName | None
    rank: int | None
    sheet: dict[str, Any]
    basis: tuple[str, ...]
    known_at: str
    log_index: int
    rulebook_sha256: str
    calendar_sha256: str
    sheet_of: str | None = None
    replaces: str | None = None
    """The result that stood before."""
    appeal_id: str | None = None
    impact_id: str | None = None
    """Why it was revised: a decided appeal, or a later fact for which the result was reopened."""
    difference: tuple[dict[str, Any], ...] = ()
    deadline: date | None = None


class AppealFiled(Event, frozen=True, kw_only=True):
    """What is disputed is not among NAMES: an appeal over a fact that is annulled meanwhile is still decided (R33)."""

    KIND, FINAL = "appeal", True
    appeal_id: str
    year: int
    result_id: str
    appellant_kind: Literal["agency", "practitioner"]
    appellant: Sealed | None
    grounds: Sealed
    disputed: tuple[str, ...]
    deadline: date
    in_time: bool


class AppealAdmitted(Event, frozen=True, kw_only=True):
    NAMES, FINAL = ("appeal_id",), True
    appeal_id: str
    reason: Sealed


class AppealUpheld(Event, frozen=True, kw_only=True):
    """`annulled`: disputed facts on which the result no longer rests; `replaced`: facts recorded in their place."""

    NAMES, FINAL = ("appeal_id",), True
    appeal_id: str
    reasons: Sealed
    annulled: tuple[str, ...]
    replaced: tuple[str, ...]


class AppealPartlyUpheld(Event, frozen=True, kw_only=True):
    NAMES, FINAL = ("appeal_id",), True
    appeal_id: str
    reasons: Sealed
    annulled: tuple[str, ...]
    replaced: tuple[str, ...]


class AppealDismissed(Event, frozen=True, kw_only=True):
    NAMES, FINAL = ("appeal_id",), True
    appeal_id: str
    reasons: Sealed


class AppealWithdrawn(Event, frozen=True, kw_only=True):
    NAMES, FINAL = ("appeal_id",), True
    appeal_id: str


class ImpactDisposed(Event, frozen=True, kw_only=True):
    """What became of a published result that a later fact would change: reopened, or kept with a reason (R36)."""

    FINAL = True
    impact_id: str
    result_id: str
    cause: str
    outcome: Literal["reopened", "kept"]
    reason: Sealed
    hearing_on: date | None = None
    """When the agency was heard: a final result is reopened to its disadvantage only after that (R36)."""


# ---- hints and objections (R37, R38) ----


class HintDismissed(Event, frozen=True, kw_only=True):
    KIND = "hint_dismissal"
    hint_id: str
    reason: Sealed


class ObjectionFiled(Event, frozen=True, kw_only=True):
    """`event_id` is not among NAMES: the objection and its answer stay when the record is annulled (R38)."""

    KIND, FINAL = "objection", True
    objection_id: str
    event_id: str
    grounds: Sealed


class ObjectionAnswered(Event, frozen=True, kw_only=True):
    NAMES, FINAL = ("objection_id",), True
    objection_id: str
    outcome: Literal["annulled", "refused"]
    reasons: Sealed


# ---- annulment ----


class EventAnnulled(Event, frozen=True, kw_only=True):
    """An annulment: what it names stops counting on every date, its own date is for display only (two clocks)."""

    KIND, FINAL = "annulment", True
    event_id: str
    reason: Sealed
    basis: Sealed | None
    appeal_id: str | None = None


# ---- the assessment round: a year of the whole district (R32, R34, R36) ----


class Waiver(msgspec.Struct, frozen=True):
    """The committee publishes an agency's sheet though a part is missing, and says why (R25)."""

    uscc: str
    part: Literal["quality", "effect"]
    reason: Sealed


class RankMoved(msgspec.Struct, frozen=True):
    """An agency whose rank another one's revised result has moved."""

    uscc: str
    category: str | None
    before: int | None
    after: int | None
    result_id: str
    """The ResultRevised on the agency's own stream that says so."""


class YearPublished(Event, frozen=True, kw_only=True):
    """`results_sha256`: over the leaf hashes of all results of this decision, in the order of their streams."""

    KIND, FINAL = "assessment", True
    year: int
    meeting_on: date
    count: int
    results_sha256: str
    waivers: tuple[Waiver, ...]
    known_at: str
    log_index: int
    rulebook_sha256: str
    calendar_sha256: str
    deadline: date
    reason: Sealed | None = None
    """Why it is dated before the day on which it was made (R45)."""


class RanksRevised(Event, frozen=True, kw_only=True):
    """A result of the year was revised: which one, why, and whose ranks moved with it."""

    FINAL = True
    year: int
    result_id: str
    uscc: str
    appeal_id: str | None
    impact_id: str | None
    moved: tuple[RankMoved, ...]


class YearClosed(Event, frozen=True, kw_only=True):
    FINAL = True
    year: int


# ---- the ledger itself (R4) ----


class LedgerOpened(Event, frozen=True, kw_only=True):
    FINAL = True
    demonstration: bool


class RulebookAdopted(Event, frozen=True, kw_only=True):
    FINAL = True
    rulebook_id: str
    sha256: str
    content: dict[str, Any]


class CalendarAdopted(Event, frozen=True, kw_only=True):
    FINAL = True
    calendar_id: str
    sha256: str
    content: dict[str, Any]


class SubjectErased(Event, frozen=True, kw_only=True):
    """A subject's key was destroyed on a lawful request: what was sealed under it is unreadable for ever.

    Ground and reference are in clear and name nobody.
    """

    KIND, FINAL = "erasure", True
    subject: str
    ground: str
    reference: str | None


class RestoreAccepted(Event, frozen=True, kw_only=True):
    """Somebody has accepted by name that the ledger was put back to what it was, and goes on from there.

    `old`: the longest log that was signed, as it is known outside the database; `kept_size`: up to where that is this
    ledger's own log still, so that `kept_size + 1` to `old_size` may be lost; `new`: the log when it was accepted. From
    here on the log is signed under another name, made of this event's id. `reason` is in clear and names nobody.
    """

    FINAL = True
    old_origin: str
    old_size: int
    old_root: str
    kept_size: int
    new_size: int
    new_root: str
    reason: str


class HorizonBegun(Event, frozen=True, kw_only=True):
    """The database was moved to another PostgreSQL cluster, whose transaction ids begin anew.

    All events without a place in the log, this one the last of them, got theirs at once, after `after_index`, in the
    order in which they were recorded. `reason` is in clear and names nobody.
    """

    FINAL = True
    cluster: str
    after_index: int
    sequenced: int
    reason: str


class ReadingConfirmed(Event, frozen=True, kw_only=True):
    """The association has confirmed how a silent place of the Measures is read (art.28, R4), from `occurred_on` on.

    `content` is what was confirmed: the reading's words and the values that follow from it, in rulebook `rulebook_id`;
    `sha256` their digest. A rulebook in which the reading says something else is not confirmed by it. `confirmed_by`
    names an organ or office, in clear, and no person; `document` is the paper, such as the minutes of a meeting.
    """

    KIND, FINAL = "confirmation", True
    reading: str
    rulebook_id: str
    sha256: str
    content: dict[str, Any]
    confirmed_by: str
    document: Evidence


class ConfirmationWithdrawn(Event, frozen=True, kw_only=True):
    """The association no longer stands by a confirmation, from `occurred_on` on: the reading is open again (art.28)."""

    KIND, FINAL = "withdrawal", True
    confirmation_id: str
    reading: str
    sha256: str
    withdrawn_by: str
    reason: str
    document: Evidence


# ---- what stands beside a record (R38a) ----


class StatementFiled(Event, frozen=True, kw_only=True):
    """What the agency says (申辩) about a record that speaks against it; it changes no number.

    `event_id` is not among NAMES: what was said stays readable when the record is annulled. A later statement about the
    same record takes its place.
    """

    KIND = "statement"
    statement_id: str
    event_id: str
    content: Sealed


# ---- what of a record is public (art.27, R42) ----


class RepairApplied(Event, frozen=True, kw_only=True):
    """Credit repair (信用修复) is applied for: the end of the publicity of one record, and of nothing else."""

    KIND, NAMES = "repair", ("event_id",)
    repair_id: str
    event_id: str
    grounds: Sealed


class RepairGranted(Event, frozen=True, kw_only=True):
    """From `from_on` on the record is told to the public no more; inside nothing changes."""

    NAMES = ("repair_id",)
    repair_id: str
    from_on: date
    reasons: Sealed


class RepairRefused(Event, frozen=True, kw_only=True):
    NAMES = ("repair_id",)
    repair_id: str
    reasons: Sealed


# ---- division, merger, change of code (art.12, R43) ----


class InheritedTag(msgspec.Struct, frozen=True):
    """A tag that stood at the predecessor on the day of the succession (art.17, R16, R43)."""

    tier: Literal["recorded", "warned", "blacklisted"]
    added_on: date
    last_day: date | None
    here_from: date | UnsetType = UNSET
    """Where it came to the predecessor only after the succession, by one that was dated later: that day."""
    not_public_from: date | None = None
    """From when on the predecessor's record is not told to the public any more (R42); so with those below."""


class InheritedComplaint(msgspec.Struct, frozen=True):
    """A complaint upheld at the predecessor; it says nothing of who complained."""

    upheld_on: date
    grounds: Grounds
    origin: str | UnsetType = UNSET
    """The decision, at the agency where it was made: what comes by two ways counts once. The first ones lack it."""


class InheritedRecord(msgspec.Struct, frozen=True):
    """A bad record of the predecessor, entered or derived (R12)."""

    behaviour: Behaviour
    day: date
    year: int
    origin: str | UnsetType = UNSET
    """The fact that made it, at the agency where it was made (see `InheritedComplaint`)."""


class InheritedPenalty(msgspec.Struct, frozen=True):
    """A penalty of the predecessor, decided in the year of the succession or later (art.25)."""

    decided_on: date
    authority_kind: AuthorityKind
    origin: str | UnsetType = UNSET
    """The penalty itself, at the agency on which it was imposed (see `InheritedComplaint`)."""
    not_public_from: date | None = None


class InheritedWarning(msgspec.Struct, frozen=True):
    """What a published unqualified result of the predecessor brings (art.19, R31): the days, both included."""

    year: int
    first: date
    last: date
    not_public_from: date | None = None


class InheritedProject(msgspec.Struct, frozen=True):
    """A project of the predecessor that goes on here, by its id there, with what is known there of its end (R9)."""

    project_id: str
    due_on: date
    ended_on: date | None
    """Completed or cancelled at the predecessor, on the day of the succession or later."""
    is_completed: bool


class AgencySucceeded(Event, frozen=True, kw_only=True):
    """From `occurred_on` on other agencies stand in this one's place, on its own stream (art.12, R43).

    One of a division that goes on is among its own successors.
    """

    KIND = "succession"
    succession_id: str
    kind: Literal["merger", "division", "code_change"]
    successors: tuple[str, ...]
    basis: Sealed
    bad_records_to: tuple[str, ...] | UnsetType = UNSET
    """Of a division the successors that have the bad records too, as its papers say; else the rulebook says it."""

    @property
    def ends(self) -> bool:
        """Whether this agency does not go on itself."""
        return self.stream not in {f"agency/{uscc}" for uscc in self.successors}


class FactsInherited(Event, frozen=True, kw_only=True):
    """What a successor has of its predecessor, from `occurred_on` on, on the successor's stream (art.12, R43).

    Recorded by the ledger itself with the succession, and again with every later fact of the predecessor that changes
    it: the latest about a `succession_id` stands. `stands` is false once the succession was annulled. `events`: the
    predecessor's facts behind it.
    """

    FINAL = True
    succession_id: str
    kind: Literal["merger", "division", "code_change"]
    predecessor: str
    names: tuple[str, ...]
    codes: tuple[str, ...]
    stands: bool
    tags: tuple[InheritedTag, ...]
    complaints: tuple[InheritedComplaint, ...]
    records: tuple[InheritedRecord, ...]
    events: tuple[str, ...]
    penalties: tuple[InheritedPenalty, ...] = ()
    warnings: tuple[InheritedWarning, ...] = ()
    projects: tuple[InheritedProject, ...] = ()
    """Each of them is a `ProjectStarted` of its own here, which names it."""


def topic_of(kind: type[Event]) -> str:
    """The permanent topic of an event class: never a module path (events.md)."""
    return f"steward.{kind.__name__}"


EVENT_TYPES: dict[str, type[Event]] = {topic_of(kind): kind for kind in Event.__subclasses__()}
