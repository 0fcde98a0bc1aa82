"""The table of commands of api.md: path, body, who may. HTTP, import and demo all go through it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel

from api.application.path_subjects import Subject, hints, objections, repairs
from domain.commands import (
    appeals,
    confirming,
    defending,
    delivering,
    filing,
    projects,
    reports,
    rounds,
    sanctions,
    succeeding,
    surveys,
)
from domain.commands.base import Command
from domain.values import Role

ASSOCIATION, COMMITTEE, REGULATOR = Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR
AGENCY, CLIENT = Role.AGENCY, Role.CLIENT


@dataclass(frozen=True)
class WritingRoute:
    """A path to which something is posted to be recorded."""

    path: str
    body: type[BaseModel]
    roles: frozenset[Role]
    tag: str
    """The chapter of the Measures under which the documentation groups it."""
    subject: Subject | None = None
    """What the path's id names, where the path has no USCC and the agency is found by the id."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches a concrete path and names `uscc` and `id`."""
        return re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "$")

    @property
    def name(self) -> str:
        """A short name, used as operation id: the body's class in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.body.__name__).lower()


@dataclass(frozen=True)
class CommandRoute(WritingRoute):
    """One row of the commands table: one command, one fact, one agency."""

    body: type[Command]


@dataclass(frozen=True)
class ActRoute(WritingRoute):
    """A row that records on several streams or by several events, so it goes by HTTP only (`assessing`)."""


def _row(tail: str, body: type[Command], tag: str, *roles: Role) -> CommandRoute:
    return CommandRoute(f"/v1/agencies{tail}", body, frozenset(roles), tag)


def _of(subject: Subject, path: str, body: type[Command], tag: str, *roles: Role) -> CommandRoute:
    return CommandRoute(path, body, frozenset(roles), tag, subject)


FILING, BUSINESS, SANCTIONS, ASSESSMENT, TRAIL, LAW = (
    "第二章 信息备案",
    "第三章 业务管理",
    "第三章 不良信息与惩戒",
    "第四章 诚信考评",
    "记录、异议与撤销",
    "办法与规则库",
)
_A = "/{uscc}"

COMMANDS: tuple[CommandRoute, ...] = (
    _row("", filing.FileAgency, FILING, ASSOCIATION, AGENCY),
    _row(f"{_A}/filing-decision", filing.DecideFiling, FILING, ASSOCIATION),
    _row(f"{_A}/changes", filing.ReportChange, FILING, ASSOCIATION, AGENCY),
    _row(f"{_A}/inspections", filing.RecordInspection, FILING, ASSOCIATION),
    _row(f"{_A}/termination", filing.TerminateAgency, FILING, ASSOCIATION, AGENCY),
    _row(f"{_A}/successions", succeeding.RecordSuccession, FILING, ASSOCIATION),
    _row(f"{_A}/pledge", filing.SignPledge, FILING, ASSOCIATION, AGENCY),
    _row(f"{_A}/submission-requests", projects.RequestSubmission, BUSINESS, ASSOCIATION),
    _row(f"{_A}/submission-requests/{{id}}/receipt", projects.ReceiveSubmission, BUSINESS, ASSOCIATION),
    _row(f"{_A}/projects", projects.StartProject, BUSINESS, ASSOCIATION, AGENCY),
    _row(f"{_A}/projects/{{id}}/plan", projects.FilePlan, BUSINESS, ASSOCIATION, AGENCY),
    _row(f"{_A}/projects/{{id}}/extension", projects.ExtendProject, BUSINESS, ASSOCIATION),
    _row(f"{_A}/projects/{{id}}/completion", projects.CompleteProject, BUSINESS, ASSOCIATION, AGENCY),
    _row(f"{_A}/projects/{{id}}/cancellation", projects.CancelProject, BUSINESS, ASSOCIATION),
    _row(f"{_A}/lapses", projects.RecordLapse, BUSINESS, ASSOCIATION),
    _row(f"{_A}/bad-records", sanctions.EnterBadRecord, SANCTIONS, ASSOCIATION),
    _row(f"{_A}/bad-records/{{id}}/referral", sanctions.ReferBadRecord, SANCTIONS, ASSOCIATION),
    _row(f"{_A}/complaints", sanctions.ReceiveComplaint, SANCTIONS, ASSOCIATION, CLIENT),
    _row(f"{_A}/complaints/{{id}}/decision", sanctions.DecideComplaint, SANCTIONS, ASSOCIATION),
    _row(f"{_A}/reports", reports.ReportBehaviour, SANCTIONS, ASSOCIATION, REGULATOR, CLIENT),
    _row(f"{_A}/reports/{{id}}/dismissal", reports.DismissReport, SANCTIONS, ASSOCIATION),
    _of(hints, "/v1/hints/{id}/dismissal", reports.DismissHint, SANCTIONS, ASSOCIATION),
    _row(f"{_A}/delisting", sanctions.DelistAgency, SANCTIONS, ASSOCIATION),
    _row(f"{_A}/notices/{{id}}/sent", sanctions.SendNotice, SANCTIONS, ASSOCIATION),
    _row(f"{_A}/sent-notices/{{id}}/service", delivering.RecordService, SANCTIONS, ASSOCIATION),
    _row(f"{_A}/sent-notices/{{id}}/acknowledgement", delivering.AcknowledgeNotice, SANCTIONS, AGENCY, ASSOCIATION),
    _row(f"{_A}/sent-notices/{{id}}/links", delivering.GiveNoticeLink, SANCTIONS, ASSOCIATION),
    _row(f"{_A}/accidents", sanctions.FindAccidentLiability, SANCTIONS, REGULATOR),
    _row(f"{_A}/survey-invitations", surveys.InviteSurvey, ASSESSMENT, ASSOCIATION),
    _row(f"{_A}/surveys", surveys.SubmitSurvey, ASSESSMENT, ASSOCIATION, CLIENT),
    _row(f"{_A}/survey-closings", surveys.CloseSurvey, ASSESSMENT, ASSOCIATION),
    _row(f"{_A}/effect-scores", surveys.ScoreEffect, ASSESSMENT, REGULATOR),
    _row(f"{_A}/honours", surveys.AwardHonour, ASSESSMENT, ASSOCIATION),
    _row(f"{_A}/penalties", surveys.ImposePenalty, ASSESSMENT, REGULATOR),
    _row(f"{_A}/appeals", appeals.FileAppeal, ASSESSMENT, AGENCY, ASSOCIATION),
    _row(f"{_A}/annulments", surveys.AnnulEvent, TRAIL, ASSOCIATION, COMMITTEE),
    _row(f"{_A}/corrections", reports.CorrectEvent, TRAIL, ASSOCIATION),
    _row(f"{_A}/objections", reports.FileObjection, TRAIL, ASSOCIATION, AGENCY),
    _row(f"{_A}/statements", defending.FileStatement, TRAIL, ASSOCIATION, AGENCY),
    _row(f"{_A}/repairs", defending.ApplyForRepair, TRAIL, ASSOCIATION, AGENCY),
    _of(repairs, "/v1/repairs/{id}/decision", defending.DecideRepair, TRAIL, ASSOCIATION),
    _of(objections, "/v1/objections/{id}/answer", reports.AnswerObjection, TRAIL, ASSOCIATION),
)


def _act(path: str, body: type[BaseModel], *roles: Role, tag: str = ASSESSMENT) -> ActRoute:
    return ActRoute(path, body, frozenset(roles), tag)


ACTS: tuple[ActRoute, ...] = (
    _act("/v1/assessments/{year}/publication", rounds.PublishYear, COMMITTEE),
    _act("/v1/assessments/{year}/closing", rounds.CloseYear, COMMITTEE),
    _act("/v1/appeals/{id}/admission", appeals.AdmitAppeal, COMMITTEE),
    _act("/v1/appeals/{id}/decision", appeals.DecideAppeal, COMMITTEE),
    _act("/v1/appeals/{id}/withdrawal", appeals.WithdrawAppeal, AGENCY, ASSOCIATION),
    _act("/v1/impacts/{id}/disposal", rounds.DisposeImpact, COMMITTEE),
    _act("/v1/subjects/{id}/erasure", confirming.EraseSubject, ASSOCIATION, tag=TRAIL),
    _act("/v1/rulebooks/{id}/confirmations", confirming.ConfirmReadings, ASSOCIATION, tag=LAW),
    _act("/v1/rulebooks/{id}/withdrawals", confirming.WithdrawConfirmations, ASSOCIATION, tag=LAW),
)
"""Acts on a year's assessment, on personal data, and on how the Measures are read. They are no lines of an import:
each needs what stands when it is done."""

_ACTS = [act.pattern for act in ACTS]
_PATTERNS = [(route.pattern, route) for route in COMMANDS]


def find_command(path: str) -> tuple[CommandRoute, str | None, str | None] | None:
    """The row that a POST path belongs to, with the path's USCC and id; None when there is none."""
    for pattern, route in _PATTERNS:
        match = pattern.match(path)
        if match is not None:
            named = match.groupdict()
            return route, named.get("uscc"), named.get("id")
    return None


def is_act(path: str) -> bool:
    """Whether a POST path belongs to an act, which goes by HTTP only."""
    return any(pattern.match(path) for pattern in _ACTS)
