"""Who reads what (R39): the one table of kinds of text and readers. Whatever shows a fact to somebody asks it.

What is not in it is read by the four roles that supervise, and by nobody else. Who wrote a text reads it in any case.

What is told of survey forms to the agency that they rate, where they are not told by name (R39, survey.disclosure).

Days would name a client as surely as its name does: whoever asked for two days, or two instants, beside each other
would see when one form came and what it said. So of a form such a reader learns the month alone: on every day of it
the forms of the whole month count, and at every instant of it all that were recorded in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Literal

from domain.events import (
    BehaviourReported,
    ComplaintDismissed,
    ComplaintMerged,
    ComplaintReceived,
    ComplaintUpheld,
    Event,
    ReportDismissed,
    SurveyInvited,
    SurveySubmitted,
)
from domain.measures.text.implements import implements
from domain.values import Instant, Role, month_end, shanghai_date

Disclosure = Literal["anonymous", "totals", "named"]


class TextKind(StrEnum):
    """Kinds of text, and of other members of a fact, that are not for everybody."""

    STAFF = "staff"
    """The agency's own people, with their certificates."""
    DECISION = "decision"
    """Findings, reasons and grounds: what a decision or an appeal says to the agency."""
    DISCLOSED = "disclosed"
    """What the officer tells the agency of a complaint, so that it can defend itself."""
    COMPLAINT = "complaint"
    """Who complained or reported, in what words, with what papers, and the notes about it."""
    INTERNAL = "internal"
    """A note that is not shared."""
    SHARED = "shared"
    """A note that is."""
    EVIDENCE = "evidence"
    """Where the papers of any other fact lie."""
    SURVEY_WHO = "survey_who"
    """Client, project, day, comments, note and papers of a survey form, and its ten answers one by one."""
    SURVEY_TOTAL = "survey_total"
    """Month and total of a form."""
    SURVEY_ANSWERS = "survey_answers"
    """The answers to each question, of several forms together."""


OFFICERS = frozenset({Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR})
"""Who supervises reads everything (api.md, Conventions)."""
_AGENCY_TOO = OFFICERS | {Role.AGENCY}

READERS: Mapping[TextKind, frozenset[Role]] = {
    TextKind.STAFF: _AGENCY_TOO,
    TextKind.DECISION: _AGENCY_TOO,
    TextKind.DISCLOSED: _AGENCY_TOO,
    TextKind.COMPLAINT: OFFICERS,
    TextKind.INTERNAL: OFFICERS,
    TextKind.SHARED: _AGENCY_TOO,
    TextKind.EVIDENCE: _AGENCY_TOO,
    TextKind.SURVEY_WHO: OFFICERS,
    TextKind.SURVEY_TOTAL: _AGENCY_TOO,
    TextKind.SURVEY_ANSWERS: OFFICERS,
}
"""Kind by reader, of an agency's own facts. Clients read what they wrote themselves, administrators no facts at all."""

DISCLOSED_TO_AGENCY: Mapping[Disclosure, frozenset[TextKind]] = {
    "totals": frozenset({TextKind.SURVEY_TOTAL}),
    "anonymous": frozenset({TextKind.SURVEY_TOTAL, TextKind.SURVEY_ANSWERS}),
    "named": frozenset({TextKind.SURVEY_TOTAL, TextKind.SURVEY_ANSWERS, TextKind.SURVEY_WHO}),
}
"""What the rated agency sees of survey forms: a reading, `survey.disclosure` of the rulebook."""

TOGETHER = 3
"""From so many forms on the answers to a question are told together."""

_WORDS: Mapping[str, Mapping[str, TextKind]] = {
    "FilingSubmitted": {"profile": TextKind.STAFF},
    "AgencyFiled": {"reasons": TextKind.DECISION},
    "FilingReturned": {"reasons": TextKind.DECISION},
    "InformationChanged": {"fields": TextKind.STAFF, "old": TextKind.STAFF},
    "InspectionRecorded": {"findings": TextKind.DECISION},
    "AgencyTerminated": {"reason": TextKind.DECISION},
    "ProjectStarted": {"quality_lead": TextKind.STAFF, "technicians": TextKind.STAFF},
    "ProjectCancelled": {"reason": TextKind.DECISION},
    "BadRecordEntered": {"content": TextKind.DECISION, "practitioner": TextKind.STAFF},
    "BehaviourReported": {"reporter": TextKind.COMPLAINT, "content": TextKind.COMPLAINT},
    "ReportDismissed": {"reason": TextKind.DECISION},
    "ComplaintReceived": dict.fromkeys(("complainant", "client_uscc", "content", "contact"), TextKind.COMPLAINT),
    **{
        name: {"findings": TextKind.DECISION, "disclosed": TextKind.DISCLOSED}
        for name in ("ComplaintUpheld", "ComplaintDismissed", "ComplaintMerged")
    },
    "AgencyDelisted": {"reason": TextKind.DECISION},
    "PenaltyImposed": dict.fromkeys(("facts", "content"), TextKind.DECISION),
    "SurveyInvited": {"client": TextKind.SURVEY_WHO},
    "SurveySubmitted": {"client": TextKind.SURVEY_WHO, "answers": TextKind.SURVEY_WHO, "comments": TextKind.SURVEY_WHO},
    "NoticeAcknowledged": {"signer": TextKind.STAFF},
    "HintDismissed": {"reason": TextKind.INTERNAL},
    "EventAnnulled": {"reason": TextKind.DECISION, "basis": TextKind.DECISION},
    "ObjectionFiled": {"grounds": TextKind.DECISION},
    "ObjectionAnswered": {"reasons": TextKind.DECISION},
    "StatementFiled": {"content": TextKind.DECISION},
    "AgencySucceeded": {"basis": TextKind.DECISION},
    "RepairApplied": {"grounds": TextKind.DECISION},
    **{name: {"reasons": TextKind.DECISION} for name in ("RepairGranted", "RepairRefused")},
    "AppealFiled": {"appellant": TextKind.STAFF, "grounds": TextKind.DECISION},
    **{
        name: {"reasons": TextKind.DECISION, "reason": TextKind.DECISION}
        for name in ("AppealAdmitted", "AppealUpheld", "AppealPartlyUpheld", "AppealDismissed")
    },
    "ImpactDisposed": {"reason": TextKind.DECISION},
    "YearPublished": {"waivers": TextKind.DECISION, "reason": TextKind.DECISION},
    "SubjectErased": {},
}
"""Of each kind of fact the members that are sealed, or that this table is about."""
INFORMANTS = frozenset({ComplaintReceived.__name__, BehaviourReported.__name__})
"""What informants say: who recorded it, its notes and its papers are theirs too."""
_ABOUT_THEM = (
    frozenset(one.__name__ for one in (ComplaintUpheld, ComplaintDismissed, ComplaintMerged, ReportDismissed))
    | INFORMANTS
)
SURVEYS = frozenset({SurveySubmitted.__name__, SurveyInvited.__name__})
"""Facts that tell which client said what, or was asked."""


@implements("R39")
def kind_of(event: str, field: str, audience: str = "internal") -> TextKind | None:
    """The kind of a member of a fact's `fact`, of its `note`, `evidence` or `actor`; None: not in the table."""
    if event in SURVEYS and (field in ("evidence", "actor") or (field, audience) == ("note", "shared")):
        return TextKind.SURVEY_WHO
    if field == "actor":
        return TextKind.COMPLAINT if event in INFORMANTS else TextKind.EVIDENCE
    if field == "note":
        if event in INFORMANTS:
            return TextKind.COMPLAINT
        return TextKind.SHARED if audience == "shared" else TextKind.INTERNAL
    if field == "evidence":
        return TextKind.COMPLAINT if event in _ABOUT_THEM else TextKind.EVIDENCE
    return _WORDS.get(event, {}).get(field)


@implements("R39")
def may_read(role: Role, kind: TextKind | None, disclosure: Disclosure = "anonymous") -> bool:
    """Whether somebody in a role reads this kind of an agency's own facts, without having written it."""
    if role is Role.AGENCY and kind in DISCLOSED_TO_AGENCY["named"]:
        return kind in DISCLOSED_TO_AGENCY[disclosure]
    return role in (OFFICERS if kind is None else READERS[kind])


def strictest(*disclosures: str) -> Disclosure:
    """The disclosure that shows least of several (R39)."""
    order: tuple[Disclosure, ...] = ("totals", "anonymous", "named")
    return next(one for one in order if one in disclosures)


@implements("R39")
def of_month(events: Iterable[Event], at: Instant) -> list[Event]:
    """The events that were recorded by the end of an instant's month.

    Projects too: a project that becomes known alone would bring in the forms of its client, and so tell them apart.
    """
    last = month_end(shanghai_date(at))
    return [event for event in events if shanghai_date(event.recorded_at) <= last]
