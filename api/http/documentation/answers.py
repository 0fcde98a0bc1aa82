"""What each operation answers, as a type: the document's schemas are made from these.

An operation stands here under its id. Commands, which all answer alike, stand under `COMMAND`.
"""

from __future__ import annotations

from typing import Any

from api.application.answers import access, agencies, district, law, log, public, receipts, service, worklists, years
from api.application.answers.pages import DistrictPage, KnownList, KnownPage, Listing, PublicPage
from projections.answers import comparisons, districts, results, sheets, standings, timelines
from projections.answers.registers import BlacklistedAgency, RegisteredAgency
from projections.proof.certificate_file import Certificate

COMMAND = "command"

ANSWERS: dict[str, Any] = {
    COMMAND: receipts.Recorded,
    "publish_year": receipts.RoundRecorded,
    "close_year": receipts.RoundRecorded,
    "admit_appeal": receipts.Recorded,
    "withdraw_appeal": receipts.Recorded,
    "decide_appeal": receipts.AppealDecision,
    "dispose_impact": receipts.ImpactDecision,
    "erase_subject": receipts.SubjectErasure,
    "answer_invitation": receipts.Recorded,
    "standing": standings.Standing,
    "sheet": sheets.ScoreSheet,
    "timeline": timelines.Timeline,
    "events": agencies.TrailPage,
    "event": agencies.EventInFull,
    "course": agencies.CourseShown,
    "stops": agencies.StopsShown,
    "certificate": Certificate,
    "comparison": comparisons.Comparison,
    "what_if": agencies.WhatIfFound,
    "subjects": agencies.SubjectsPage,
    "agency_hints": agencies.AgencyHints,
    "agencies": DistrictPage[districts.ListedAgency],
    "ranking": district.RankingPage,
    "statistics": district.DistrictFigures,
    "notices": DistrictPage[districts.DueNotice],
    "hints": DistrictPage[districts.HintFound],
    "appeals": KnownPage[worklists.WaitingAppeal],
    "objections": KnownPage[worklists.WaitingObjection],
    "reports": KnownPage[worklists.WaitingReport],
    "impacts": KnownPage[worklists.WaitingImpact],
    "submissions": KnownPage[worklists.WaitingSubmission],
    "worklists": KnownList[worklists.WorklistCount],
    "appeal": results.AppealInFull,
    "appeal_what_if": results.DecisionSupposed,
    "impact": results.ImpactInFull,
    "result": results.ResultsOfYear,
    "assessments": KnownList[years.YearHeading],
    "assessment": years.AssessmentYearPage,
    "assessment_events": years.YearDecisions,
    "log": log.LogPage,
    "log_checkpoint": log.LogCheckpoint,
    "log_consistency": log.LogConsistency,
    "log_inclusion": log.LogInclusion,
    "log_receipt": log.LogReceipt,
    "agency_head": log.AgencyHead,
    "rulebooks": Listing[law.RulebookHeading],
    "rulebook": law.RulebookShown,
    "measure": law.MeasureShown,
    "public_agencies": PublicPage[RegisteredAgency],
    "public_blacklist": PublicPage[BlacklistedAgency],
    "public_results": public.PublicResultsPage,
    "survey_link": public.SurveyLinkShown,
    "accounts": Listing[access.AccountShown],
    "create_account": access.AccountShown,
    "reset_password": access.AccountShown,
    "set_access": access.AccountShown,
    "tokens": Listing[access.AccessToken],
    "create_token": access.AccessToken,
    "revoke_token": access.AccessToken,
    "access_changes": Listing[access.AccessChangeShown],
    "consultations": Listing[access.ConsultationShown],
    "healthz": service.Alive,
    "readyz": service.Ready,
    "problem_type": service.ProblemKind,
}
