"""What each operation answers, as a type: the document's schemas are made from these.

An operation stands here under its id. Commands, which all answer alike, stand under `COMMAND`.

Examples for the documentation of accounts and tokens: body and answer of each change.
"""

from __future__ import annotations

from typing import Any

from api.application.answers import (
    access,
    agencies,
    batches,
    evidence,
    law,
    log,
    mail,
    messages,
    pages,
    public,
    receipts,
    targets,
    workbooks,
    years,
)
from api.application.answers.pages import DistrictPage, KnownList, KnownPage, Listing, PublicPage
from api.http.documentation.examples import AGENCY_USCC
from projections.answers import comparisons, districts, results, sheets, standings, trail_items
from projections.answers.agency_file import AgencyFile
from projections.answers.firm_answers import FirmFound, PublicFirm
from projections.answers.inside_search import InsideSearch
from projections.answers.matters import MatterCount, WaitingMatter
from projections.answers.people_search import PeopleFound
from projections.answers.registers import BlacklistedAgency, RegisteredAgency
from projections.proof.certificate_file import Certificate

COMMAND = "command"
LINE = "standings_line"
"""A line of `standings`, where it is asked for as lines."""

ANSWERS: dict[str, object] = {
    COMMAND: receipts.Recorded,
    "publish_year": receipts.RoundRecorded,
    "close_year": receipts.RoundRecorded,
    "admit_appeal": receipts.Recorded,
    "withdraw_appeal": receipts.Recorded,
    "decide_appeal": receipts.AppealDecision,
    "dispose_impact": receipts.ImpactDecision,
    "erase_subject": receipts.SubjectErasure,
    "confirm_readings": receipts.ReadingsDecided,
    "withdraw_confirmations": receipts.ReadingsDecided,
    "answer_invitation": receipts.Recorded,
    "acknowledge_by_link": receipts.Recorded,
    "batch": receipts.BatchRecorded,
    "evidence": evidence.EvidenceKept,
    "batch_preview": batches.BatchPreview,
    "batch_shown": batches.BatchShown,
    "workbook_run": workbooks.WorkbookRun,
    "workbook_runs": Listing[workbooks.WorkbookRun],
    "standing": standings.Standing,
    "agency_file": AgencyFile,
    "sheet": sheets.ScoreSheet,
    "timeline": trail_items.Timeline,
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
    "standings": pages.DistrictStandings,
    LINE: pages.StandingLine,
    "bad_records": pages.BadRecordsOfYear,
    "survey_summaries": pages.SurveysOfYear,
    "search": InsideSearch,
    "people": PeopleFound,
    "ranking": public.RankingPage,
    "statistics": public.DistrictFigures,
    "notices": DistrictPage[districts.DueNotice],
    "hints": DistrictPage[districts.HintFound],
    "hint_groups": KnownPage[districts.HintGroup],
    "appeals": KnownPage[years.WaitingAppeal],
    "objections": KnownPage[years.WaitingObjection],
    "reports": KnownPage[years.WaitingReport],
    "impacts": KnownPage[years.WaitingImpact],
    "submissions": KnownPage[years.WaitingSubmission],
    "worklists": KnownList[years.WorklistCount],
    "matters": KnownPage[WaitingMatter],
    "matter_counts": KnownList[MatterCount],
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
    "readings": law.ReadingsPage,
    "rulebooks": Listing[law.RulebookHeading],
    "rulebook": law.RulebookShown,
    "measure": law.MeasureShown,
    "public_agencies": PublicPage[RegisteredAgency],
    "public_blacklist": PublicPage[BlacklistedAgency],
    "public_search": PublicPage[FirmFound],
    "public_firm": PublicFirm,
    "public_results": public.PublicResultsPage,
    "survey_link": public.SurveyLinkShown,
    "notice_link": public.NoticeLinkShown,
    "accounts": Listing[access.AccountShown],
    "create_account": access.AccountShown,
    "reset_password": access.AccountShown,
    "set_access": access.AccountShown,
    "invite": access.AccountShown,
    "invite_many": access.InvitationsMade,
    "change_invitation": access.AccountShown,
    "reset_second_factor": access.AccountShown,
    "link_subject": access.AccountShown,
    "tokens": Listing[access.AccessToken],
    "create_token": access.AccessToken,
    "revoke_token": access.AccessToken,
    "access_changes": Listing[access.AccessChangeShown],
    "read_messages": messages.MessagesRead,
    "messages": Listing[messages.MessageShown],
    "mail_settings": mail.MailSettings,
    "mail_address": mail.MailSettings,
    "mail_verification": mail.MailSettings,
    "mail_preferences": mail.MailSettings,
    "deliveries": Listing[mail.DeliveryShown],
    "change_deliveries": mail.DeliveriesChanged,
    "delivery_targets": Listing[targets.TargetShown],
    "create_target": targets.TargetShown,
    "change_target": targets.TargetShown,
    "consultations": Listing[access.ConsultationShown],
    "healthz": law.Alive,
    "readyz": law.Ready,
    "problem_type": law.ProblemKind,
}


_ACCOUNT: dict[str, object] = {
    "id": "0193aef1-1f0b-7a44-8d11-c5be2f7e9101",
    "login": "chen.guodong",
    "person": "陈国栋",
    "person_id": "0193aef1-1f0b-7a44-8d11-c5be2f7e9036",
    "role": "agency",
    "uscc": AGENCY_USCC,
    "created_at": "2024-12-30T02:41:07.183902Z",
    "disabled_at": None,
    "last_used_at": None,
    "signed_in": 0,
    "handed_out_at": None,
    "invitation": None,
    "invited_until": None,
    "second_factor_at": None,
}
_TOKEN: dict[str, object] = {
    "id": "5f0c2b7a9e1d4c38",
    "person": "陈国栋",
    "person_id": "0193aef1-1f0b-7a44-8d11-c5be2f7e9036",
    "role": "agency",
    "uscc": AGENCY_USCC,
    "created_at": "2024-12-30T02:41:07.183902Z",
    "expires_at": "2025-12-31T16:00:00.000000Z",
    "revoked_at": None,
    "last_used_at": None,
}
_TARGET: dict[str, object] = {
    "id": "0193aef1-1f0b-7a44-8d11-c5be2f7e9777",
    "name": "区应急局平台",
    "channel": "webhook",
    "role": "regulator",
    "uscc": None,
    "host": "oa.example.cn",
    "created_at": "2024-12-30T02:41:07.183902Z",
    "failures": 0,
    "disabled_at": None,
    "kinds": ["year_published", "year_closed"],
}
_MAIL: dict[str, Any] = {
    "offered": True,
    "email": "chen.guodong@example.cn",
    "verified_at": "2024-12-30T02:43:51.007318Z",
    "language": "zh",
    "kinds": [
        {
            "kind": "rank_moved",
            "title": {
                "text": "… 年度名次因其他机构结果修订而变动；可在 … 24:00 前提出异议",
                "text_en": "the rank of … has moved with another result; an appeal can be filed until the end of …",
            },
            "email": "at_once",
            "usual": "at_once",
        }
    ],
}
_INVITED: dict[str, object] = {**_ACCOUNT, "invitation": "open", "invited_until": "2025-01-06T02:41:07.183902Z"}
ACCESS_EXAMPLES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "create_account": (
        {"login": "chen.guodong", "person": "陈国栋", "role": "agency", "uscc": AGENCY_USCC},
        {**_ACCOUNT, "password": "k7wd-3mzp-xq8r-hn2c"},
    ),
    "reset_password": ({"password": "three quiet herons"}, _ACCOUNT),
    "set_access": ({"access": "disabled"}, {**_ACCOUNT, "disabled_at": "2025-01-06T08:12:30.004217Z"}),
    "invite": (
        {"login": "chen.guodong", "person": "陈国栋", "role": "agency", "uscc": AGENCY_USCC, "language": "zh"},
        {**_INVITED, "link": "/invitation/pV0yYk0m3s0bQf2mJ7Xn5r1d8uC4hT6eWz9aKq2LxBg"},
    ),
    "invite_many": (
        {"items": [{"login": "chen.guodong", "person": "陈国栋", "role": "agency", "uscc": AGENCY_USCC}]},
        {"items": [{**_INVITED, "link": "/invitation/pV0yYk0m3s0bQf2mJ7Xn5r1d8uC4hT6eWz9aKq2LxBg"}]},
    ),
    "change_invitation": ({"invitation": "revoked"}, {**_INVITED, "invitation": "revoked"}),
    "reset_second_factor": ({"reason": "手机遗失，备用码也不在"}, _ACCOUNT),
    "link_subject": ({"subject": "7d3c2a90-5b1e-4f07-9a64-b1c8e2f4d6a1"}, _ACCOUNT),
    "create_token": (
        {"person_id": _TOKEN["person_id"], "role": "agency", "uscc": AGENCY_USCC, "expires_on": "2025-12-31"},
        {**_TOKEN, "token": "stw_EXAMPLE"},
    ),
    "read_messages": ({"ids": ["5d41402abc4b2a76b9719d911017c592"]}, {"marked": 1, "unread": 3}),
    "mail_address": ({"email": "chen.guodong@example.cn", "language": "zh"}, {**_MAIL, "verified_at": None}),
    "mail_verification": ({"code": "042917"}, _MAIL),
    "mail_preferences": ({"kinds": {"rank_moved": "off"}}, {**_MAIL, "kinds": [{**_MAIL["kinds"][0], "email": "off"}]}),
    "create_target": (
        {"name": "区应急局平台", "channel": "webhook", "url": "https://oa.example.cn/hooks", "role": "regulator"},
        {**_TARGET, "secret": "whsec_EXAMPLE"},
    ),
    "change_target": ({"act": "test"}, _TARGET),
    "change_deliveries": ({"state": "waiting"}, {"changed": 2}),
    "revoke_token": ({"revoked": True}, {**_TOKEN, "revoked_at": "2025-01-06T08:12:30.004217Z"}),
}
"""Body and answer of each change of accounts and tokens."""
