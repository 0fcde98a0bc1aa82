"""What a command's decision and its rows will look up, so that one query reads it. A hint: what is missing is read."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from domain.commands import defending, delivering, filing, projects, reports, sanctions, succeeding, surveys
from domain.commands.base import Command
from domain.events import (
    AccidentLiabilityFound,
    BadRecordEntered,
    BadRecordReferred,
    ComplaintDismissed,
    ComplaintMerged,
    ComplaintUpheld,
    EffectScored,
    EventAnnulled,
    HintDismissed,
    HonourAwarded,
    InformationChanged,
    NoticeLinkGiven,
    ObjectionAnswered,
    ObjectionFiled,
    PenaltyImposed,
    PledgeSigned,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectStarted,
    RepairApplied,
    RepairGranted,
    RepairRefused,
    ReportDismissed,
    ResultPublished,
    ResultRevised,
    SubmissionReceived,
    SubmissionRequested,
    SurveyClosed,
    SurveySubmitted,
)
from domain.measures.around.service import OF_SERVICE
from domain.trail.keys import (
    PLEDGE_ITEM,
    DayWindow,
    field_keys,
    forms_at,
    forms_key,
    ground_key,
    invited_key,
    naming_key,
    scores_at,
    type_key,
    type_keys,
)
from projections.rows.write.clients.one_fact_more import around, running_up_to
from projections.rows.write.conduct_rows import ENTERED_BY_HAND
from projections.rows.write.result_rows import PUBLICITY_KEYS
from projections.rows.write.row_context import FILING
from projections.rows.write.score_rows import LADDER
from projections.rows.write.status_rows import STATUS_KEYS

_ACCIDENTS = type_key(AccidentLiabilityFound)
_OF_A_DUTY = (ProjectCancelled, ProjectCompleted, ProjectExtended, SubmissionReceived)
_OUTCOMES = (ComplaintDismissed, ComplaintMerged, ComplaintUpheld)
_REPAIRS = type_keys(RepairApplied, RepairGranted, RepairRefused)
_HINTS = (
    *FILING,
    *type_keys(
        BadRecordEntered,
        EffectScored,
        HintDismissed,
        InformationChanged,
        ProjectCancelled,
        ProjectCompleted,
        ProjectStarted,
        SurveySubmitted,
    ),
    *field_keys(("category", "personnel", "qualifications", "scope")),
)
_NOTICES = (
    *FILING,
    *LADDER,
    *type_keys(
        AccidentLiabilityFound,
        BadRecordEntered,
        BadRecordReferred,
        EventAnnulled,
        *OF_SERVICE,
        ProjectCancelled,
        ProjectCompleted,
        ProjectStarted,
        RepairGranted,
        RepairRefused,
        ResultPublished,
        ResultRevised,
    ),
)


class Ahead(NamedTuple):
    """Keys and ids of events, and windows among those about a client."""

    keys: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    windows: tuple[DayWindow, ...] = ()


def looked_up(command: Command, path_id: str | None) -> Ahead:
    """What the command is about to need of its agency's events."""
    if path_id is not None:
        return _of_a_subject(command, path_id)
    known = _of_filing(command) or _of_business(command) or _of_assessment(command) or _of_watch(command)
    return known or Ahead()


def _of_a_subject(command: Command, path_id: str) -> Ahead:
    match command:
        case sanctions.SendNotice():
            return Ahead(_NOTICES)
        case delivering.RecordService() | delivering.AcknowledgeNotice():
            return Ahead((*_NOTICES, *STATUS_KEYS), (path_id,))
        case delivering.GiveNoticeLink() | delivering.AcknowledgeByLink():
            return Ahead((*_NOTICES, *STATUS_KEYS, type_key(NoticeLinkGiven)), (path_id,))
        case reports.DismissHint():
            return Ahead(_HINTS)
        case reports.DismissReport():
            return Ahead(_of_report(path_id), (path_id,))
        case defending.DecideRepair():
            return Ahead((*_REPAIRS, *PUBLICITY_KEYS, *_NOTICES), (path_id,))
        case reports.AnswerObjection():
            return Ahead((naming_key(path_id, ObjectionAnswered),), (path_id,))
        case surveys.AnswerInvitation():
            return Ahead((type_key(SurveyClosed),), (path_id,))
        case sanctions.DecideComplaint():
            of_ladder = (*LADDER, type_key(PenaltyImposed), ENTERED_BY_HAND, *_REPAIRS)
            ladder = of_ladder if command.outcome == "upheld" else ()
            return Ahead(
                (*(naming_key(path_id, kind) for kind in _OUTCOMES), *ladder),
                (path_id, *((command.merged_into,) if command.merged_into else ())),
            )
        case projects.ReceiveSubmission():
            return Ahead((*FILING, *_of_duty(path_id)), (path_id,))
        case projects.FilePlan() | projects.ExtendProject() | projects.CompleteProject() | projects.CancelProject():
            return Ahead((*FILING, *_of_duty(path_id), _ACCIDENTS), (path_id,))
    return Ahead((), (path_id,))


def _of_filing(command: Command) -> Ahead | None:
    match command:
        case filing.FileAgency() | filing.DecideFiling() | filing.TerminateAgency() | sanctions.FindAccidentLiability():
            return Ahead((*FILING, *STATUS_KEYS))
        case filing.ReportChange():
            fields = command.fields.model_fields_set
            return Ahead((*FILING, *(STATUS_KEYS if fields & {"name", "category"} else ()), *field_keys(fields)))
        case succeeding.RecordSuccession():
            return Ahead((*FILING, *STATUS_KEYS))
        case filing.SignPledge():
            return Ahead((type_key(SubmissionRequested, PLEDGE_ITEM), *FILING))
    return None


def _of_business(command: Command) -> Ahead | None:
    match command:
        case projects.RequestSubmission():
            return Ahead((*FILING, type_key(PledgeSigned)) if command.item == PLEDGE_ITEM else FILING)
        case projects.StartProject():
            begun = running_up_to(command.client.uscc, command.started_on)
            return Ahead((*FILING, _ACCIDENTS), windows=begun)
        case projects.RecordLapse():
            named = command.concerns
            return Ahead(FILING if named is None else (*FILING, *_of_duty(named)), () if named is None else (named,))
        case surveys.ImposePenalty() | sanctions.DelistAgency():
            return Ahead((*LADDER, type_key(PenaltyImposed), *_REPAIRS))
    return None


def _of_assessment(command: Command) -> Ahead | None:
    match command:
        case surveys.SubmitSurvey():
            client, project, year = command.client.uscc, command.project_id, command.year
            keys = (type_key(SurveyClosed), invited_key(client, year))
            if project is None:
                return Ahead(keys, windows=running_up_to(client, command.submitted_on))
            unnamed = DayWindow(forms_at(client, year, None), date.max)
            beside = around(forms_at(client, year, project), command.submitted_on)
            ended = (naming_key(project, kind) for kind in (ProjectCompleted, ProjectCancelled))
            return Ahead((*keys, *ended), (project,), (unnamed, *beside))
        case surveys.InviteSurvey():
            named = command.project_id
            return Ahead((type_key(SurveyClosed),), () if named is None else (named,))
        case surveys.CloseSurvey():
            return Ahead((type_key(SurveyClosed), forms_key(command.year)))
        case surveys.ScoreEffect():
            client, day = command.client.uscc, command.scored_on
            return Ahead((), (), (*running_up_to(client, day), *around(scores_at(client, command.year), day)))
        case surveys.AwardHonour():
            return Ahead(type_keys(HonourAwarded))
        case surveys.AnnulEvent():
            return Ahead((*FILING, _ACCIDENTS), (command.event_id,))
    return None


def _of_watch(command: Command) -> Ahead | None:
    match command:
        case sanctions.EnterBadRecord():
            hints = (ENTERED_BY_HAND, *(() if command.hint_id is None else _HINTS))
            report = command.report_id
            return Ahead((*hints, *_of_report(report)), (report,)) if report is not None else Ahead(hints)
        case reports.FileObjection():
            return Ahead(type_keys(ObjectionFiled, ObjectionAnswered), (command.event_id,))
        case defending.FileStatement():
            return Ahead((), (command.event_id,))
        case defending.ApplyForRepair():
            return Ahead((*_REPAIRS, *PUBLICITY_KEYS), (command.event_id,))
    return None


def _of_report(report_id: str) -> tuple[str, ...]:
    return tuple(naming_key(report_id, kind) for kind in (ReportDismissed, BadRecordEntered))


def _of_duty(subject: str) -> tuple[str, ...]:
    return (*(naming_key(subject, kind) for kind in _OF_A_DUTY), ground_key(subject))
