"""What is told to whom (R41): one table of kinds of facts, and one of kinds of messages with their words.

A message says what happened at which agency and leads to the page that shows it under the reader's own rights: it holds
no text of a record and nobody's name, so that it can leave this service as well.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from domain import events as e
from domain.measures.text.implements import implements
from domain.values import Role

MessageKind = Literal[
    "filing_submitted", "filing_decided", "material_requested", "bad_record", "report_received", "complaint_received",
    "complaint_decided", "complaint_outcome", "tier_notice", "notice_acknowledged", "notice_returned",
    "survey_invited", "result_published", "result_revised",
    "rank_moved", "year_published", "year_closed", "appeal_filed", "appeal_admitted", "appeal_decided",
    "appeal_withdrawn", "objection_filed", "objection_answered", "reading_confirmed", "corrected", "target_disabled",
    "impact_disposed", "statement_filed", "repair_applied", "repair_decided", "penalty_recorded",
    "succeeded", "inherited",
    "notice_due", "correction_due", "impact_opened", "year_to_close",
    "appeal_due", "material_due", "project_due", "qualification_due", "certificate_due", "invitation_due",
]  # fmt: skip
"""Kinds of messages; `notice_due` and after: of a matter (`reminders.py`), `target_disabled` comes of a
failing target (`outgoing.py`)."""
CLIENT_OF_COMPLAINT = "client of the complaint"
"""In place of a role: who made the complaint, when that was an enterprise."""


class Telling(NamedTuple):
    """Who is told of a fact. Of people of agencies those of the one concerned, of clients the one that is named."""

    kind: MessageKind
    to: tuple[Role | str, ...]
    when: Callable[[Any], bool] = lambda _: True


_DESK, _COMMITTEE, _AGENCY = (Role.ASSOCIATION,), (Role.COMMITTEE,), (Role.AGENCY,)
_OFFICES = (Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR)
_DECIDED = (Telling("complaint_decided", _AGENCY), Telling("complaint_outcome", (CLIENT_OF_COMPLAINT,)))
_REPAIRED = (Telling("repair_decided", _AGENCY),)
_APPEALED = (Telling("appeal_decided", (*_AGENCY, *_DESK)),)
TOLD: dict[type[e.Event], tuple[Telling, ...]] = {
    e.FilingSubmitted: (Telling("filing_submitted", _DESK),),
    e.AgencyFiled: (Telling("filing_decided", _AGENCY),),
    e.FilingReturned: (Telling("filing_decided", _AGENCY),),
    e.SubmissionRequested: (Telling("material_requested", _AGENCY),),
    e.BadRecordEntered: (Telling("bad_record", _AGENCY),),
    e.BehaviourReported: (Telling("report_received", _DESK),),
    e.ComplaintReceived: (Telling("complaint_received", _DESK),),
    e.ComplaintUpheld: _DECIDED,
    e.ComplaintDismissed: _DECIDED,
    e.ComplaintMerged: (Telling("complaint_outcome", (CLIENT_OF_COMPLAINT,)),),
    e.NoticeSent: (Telling("tier_notice", _AGENCY, lambda one: one.recipient == "agency"),),
    e.NoticeAcknowledged: (Telling("notice_acknowledged", _DESK),),
    e.NoticeUndeliverable: (Telling("notice_returned", _DESK),),
    e.SurveyInvited: (Telling("survey_invited", (Role.CLIENT,)),),
    e.ResultPublished: (Telling("result_published", _AGENCY),),
    e.ResultRevised: (
        Telling("result_revised", _AGENCY, lambda one: one.sheet_of is None),
        Telling("rank_moved", _AGENCY, lambda one: one.sheet_of is not None),
    ),
    e.YearPublished: (Telling("year_published", (*_DESK, Role.REGULATOR, Role.AUDITOR)),),
    e.YearClosed: (Telling("year_closed", (*_OFFICES, Role.AUDITOR)),),
    e.AppealFiled: (Telling("appeal_filed", (*_COMMITTEE, *_DESK)),),
    e.AppealAdmitted: (Telling("appeal_admitted", _AGENCY),),
    e.AppealUpheld: _APPEALED,
    e.AppealPartlyUpheld: _APPEALED,
    e.AppealDismissed: _APPEALED,
    e.AppealWithdrawn: (Telling("appeal_withdrawn", _COMMITTEE),),
    e.ObjectionFiled: (Telling("objection_filed", _DESK),),
    e.ObjectionAnswered: (Telling("objection_answered", _AGENCY),),
    e.ImpactDisposed: (Telling("impact_disposed", _AGENCY),),
    e.StatementFiled: (Telling("statement_filed", _DESK),),
    e.RepairApplied: (Telling("repair_applied", _DESK),),
    e.RepairGranted: _REPAIRED,
    e.RepairRefused: _REPAIRED,
    e.PenaltyImposed: (Telling("penalty_recorded", _AGENCY),),
    e.AgencySucceeded: (Telling("succeeded", _AGENCY),),
    e.FactsInherited: (Telling("inherited", _AGENCY),),
    e.ReadingConfirmed: (Telling("reading_confirmed", _OFFICES),),
}
"""Facts of which somebody is told. `EventAnnulled` is told to whoever was told of what it annuls (`telling.py`)."""


class MessageWords(NamedTuple):
    """What a message says and where it leads. `{year}`, `{due}`, `{uscc}` and `{cause}` are filled in."""

    text: str
    text_en: str
    article: str
    path: str


_FILE = Path(__file__).with_name("message_words.toml")
WORDS = {
    kind: MessageWords(**words)
    for kind, words in cast(
        "dict[MessageKind, dict[str, str]]", tomllib.loads(_FILE.read_text(encoding="utf-8"))
    ).items()
}
"""By kind, of what happened at the agency, whose name stands before it."""


class Worded(NamedTuple):
    """A message in words, and the page that it leads to."""

    text: str
    text_en: str
    article: str
    path: str


def worded(kind: str, uscc: str | None, year: int | None, due_on: date | None, cause: str) -> Worded:
    """The words of a message of a kind, filled in."""
    words = WORDS[cast("MessageKind", kind)]
    given = {"year": year, "due": due_on, "uscc": uscc, "cause": cause}
    return Worded(words.text.format(**given), words.text_en.format(**given), words.article, words.path.format(**given))


@implements("art.9", "art.12", "art.16", "art.17", "art.18", "art.19", "art.20", "art.21", "art.23", "art.25")
@implements("R36", "R38a", "R41", "R42", "R43")
def tellings_of(event: e.Event) -> list[Telling]:
    """Who is told of a fact, and by which kind of message."""
    return [one for one in TOLD.get(type(event), ()) if one.when(event)]
