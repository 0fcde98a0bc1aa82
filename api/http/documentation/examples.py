"""Examples for the documentation: a body for each command, real answers for each question, a problem for each status.

The bodies are the ones that the tests send; the answers were given by the service itself (a test compares them).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from api.application.commands import CommandRoute
from api.application.problem_types import PROBLEM_TYPES
from api.http.documentation.later_examples import EVENT_ID as _EVENT_ID
from api.http.documentation.later_examples import LATER_EXAMPLES, CommandExample
from domain.commands.delivering import GiveNoticeLink
from domain.commands.filing import FileAgency
from domain.commands.projects import RecordLapse
from domain.commands.surveys import InviteSurvey
from domain.events import EVENT_TYPES, EventAnnulled

JsonObject = dict[str, Any]
"""A piece of a document whose shape a standard gives: OpenAPI, JSON Schema, an example of either."""
AGENCY_USCC = "91441300MA4X2Y7K18"
CLIENT_USCC = "91441302MA5A00001N"
CLIENT_NAME = "大亚湾海岸精细化工有限公司"
_ANSWERS = Path(__file__).with_name("example_answers.json")


_CLIENT = {"uscc": CLIENT_USCC, "name": CLIENT_NAME}

COMMAND_EXAMPLES: dict[str, CommandExample] = {
    "FileAgency": CommandExample(
        {
            "uscc": AGENCY_USCC,
            "name": "惠州市安恒安全技术服务有限公司",
            "category": "综合安全服务",
            "legal_representative": "陈国栋",
            "technical_lead": "林晓梅",
            "address": "惠州市大亚湾区澳头街道中兴北路 8 号",
            "local": True,
            "scope": ["隐患排查", "安全培训"],
            "qualifications": [{"name": "安全评价机构资质", "no": "APJ-(粤)-301", "valid_until": "2027-06-30"}],
            "personnel": [{"name": "林晓梅", "qualification": "注册安全工程师", "certificate_no": "ZA20190441"}],
            "submitted_on": "2024-01-08",
        },
        "FilingSubmitted",
    ),
    "DecideFiling": CommandExample({"outcome": "filed", "decided_on": "2024-01-10"}, "AgencyFiled"),
    "ReportChange": CommandExample(
        {"changed_on": "2024-02-01", "reported_on": "2024-02-05", "fields": {"technical_lead": "黄伟强"}},
        "InformationChanged",
        can_contradict=False,
    ),
    "RecordInspection": CommandExample(
        {"inspected_on": "2024-03-12", "findings": "资料齐全"}, "InspectionRecorded", can_contradict=False
    ),
    "TerminateAgency": CommandExample({"effective_on": "2025-06-30", "reason": "业务调整"}, "AgencyTerminated"),
    "SignPledge": CommandExample({"signed_on": "2024-01-10"}, "PledgeSigned", can_contradict=False),
    "RequestSubmission": CommandExample(
        {"item": 3, "title": "2024 年上半年业绩材料", "requested_on": "2024-07-01", "due_on": "2024-07-15"},
        "SubmissionRequested",
        can_contradict=False,
    ),
    "ReceiveSubmission": CommandExample({"received_on": "2024-07-12"}, "SubmissionReceived"),
    "StartProject": CommandExample(
        {
            "client": _CLIENT,
            "contract_no": "AH-2024-017",
            "service_type": "隐患排查",
            "started_on": "2024-03-01",
            "due_on": "2024-12-31",
            "quality_lead": {
                "name": "林晓梅",
                "years": "6",
                "qualification": "安全工程师",
                "certificate_no": "ZA20190441",
            },
            "technicians": [{"name": "王海涛", "years": "3"}, {"name": "李静", "years": "1.5"}],
        },
        "ProjectStarted",
        can_contradict=False,
    ),
    "FilePlan": CommandExample({"filed_on": "2024-03-10"}, "ProjectPlanFiled"),
    "ExtendProject": CommandExample({"agreed_on": "2024-11-20", "due_on": "2025-02-28"}, "ProjectExtended"),
    "CompleteProject": CommandExample(
        {"completed_on": "2024-12-20", "report_filed_on": "2024-12-25"}, "ProjectCompleted"
    ),
    "CancelProject": CommandExample({"cancelled_on": "2024-09-30", "reason": "双方协商解除合同"}, "ProjectCancelled"),
    "RecordLapse": CommandExample({"item": 4, "occurred_on": "2024-05-20"}, "LapseRecorded"),
    "EnterBadRecord": CommandExample(
        {
            "behaviour": "16.3",
            "entered_on": "2024-06-03",
            "behaviour_on": "2024-05-28",
            "content": "服务方案为通用模板，与该企业的储罐区和装卸作业不符",
            "unlawful": True,
        },
        "BadRecordEntered",
    ),
    "ReferBadRecord": CommandExample(
        {"referred_on": "2024-06-05", "reference": "湾安协函〔2024〕12 号"}, "BadRecordReferred"
    ),
    "ReceiveComplaint": CommandExample(
        {
            "received_on": "2024-04-25",
            "complainant": "张先生",
            "client_uscc": CLIENT_USCC,
            "grounds": "missed_hazard",
            "content": "上门检查后三天，储罐区报警器被发现早已失效",
            "contact": "138****5678",
        },
        "ComplaintReceived",
        can_contradict=False,
    ),
    "DecideComplaint": CommandExample(
        {
            "outcome": "upheld",
            "decided_on": "2024-05-06",
            "findings": "未发现储罐区可燃气体报警器失效",
            "disclosed": "涉及 2024 年 4 月的一次储罐区检查",
            "verified_grounds": "missed_hazard",
        },
        "ComplaintUpheld",
    ),
    "ReportBehaviour": CommandExample(
        {
            "received_on": "2024-05-20",
            "reporter": "安全主管 周敏",
            "behaviour": "16.2",
            "content": "合同约定每月到场两次，四月未到场",
        },
        "BehaviourReported",
        can_contradict=False,
    ),
    "DismissReport": CommandExample(
        {"dismissed_on": "2024-05-31", "reason": "现场签到表证明四月到场两次"}, "ReportDismissed"
    ),
    "DismissHint": CommandExample({"dismissed_on": "2024-12-20", "reason": "经向企业核实，属误填"}, "HintDismissed"),
    "DelistAgency": CommandExample({"decided_on": "2025-05-06", "reason": "整改合格"}, "AgencyDelisted"),
    "SendNotice": CommandExample({"sent_on": "2024-06-06", "channel": "公函"}, "NoticeSent"),
    "FindAccidentLiability": CommandExample(
        {
            "found_on": "2024-08-20",
            "accident_on": "2024-07-02",
            "severity": "general",
            "liability": "indirect",
            "client_uscc": CLIENT_USCC,
            "investigation_ref": "惠湾应急调〔2024〕3 号",
        },
        "AccidentLiabilityFound",
    ),
    "InviteSurvey": CommandExample(
        {"invited_on": "2024-12-01", "client": _CLIENT, "year": 2024, "expires_on": "2099-12-31"}, "SurveyInvited"
    ),
    "SubmitSurvey": CommandExample(
        {
            "client": _CLIENT,
            "year": 2024,
            "submitted_on": "2024-12-10",
            "answers": list("AABAAABAAC"),
            "comments": "响应及时",
        },
        "SurveySubmitted",
    ),
    "CloseSurvey": CommandExample({"year": 2024, "closed_on": "2025-01-15"}, "SurveyClosed"),
    "ScoreEffect": CommandExample(
        {"client": _CLIENT, "year": 2024, "value": "82.5", "scored_on": "2024-12-28"},
        "EffectScored",
        can_contradict=False,
    ),
    "AwardHonour": CommandExample(
        {
            "level": "district",
            "reason": "2024 年安全生产技术服务先进单位",
            "title": "先进单位",
            "authority": "大亚湾区应急管理局",
            "authority_kind": "emergency_management",
            "awarded_on": "2024-11-15",
        },
        "HonourAwarded",
        can_contradict=False,
    ),
    "ImposePenalty": CommandExample(
        {
            "authority": "大亚湾区应急管理局",
            "authority_kind": "emergency_management",
            "decision_no": "惠湾应急罚〔2024〕5 号",
            "decided_on": "2024-10-08",
            "facts": "出具的安全评价报告与现场不符",
            "basis": "《中华人民共和国安全生产法》第九十二条",
            "content": "罚款人民币三万元",
            "public_until": "2027-10-08",
        },
        "PenaltyImposed",
        can_contradict=False,
    ),
    "AnnulEvent": CommandExample(
        {"event_id": _EVENT_ID, "reason": "重复录入", "basis": "协会秘书处核查", "annulled_on": "2024-06-20"},
        "EventAnnulled",
    ),
    "CorrectEvent": CommandExample(
        {
            "event_id": _EVENT_ID,
            "reason": "事项填错",
            "annulled_on": "2024-06-20",
            "replace": [
                {"post": f"/v1/agencies/{AGENCY_USCC}/lapses", "body": {"item": 9, "occurred_on": "2024-05-20"}}
            ],
        },
        "EventAnnulled",
        more=("LapseRecorded",),
    ),
    "FileObjection": CommandExample(
        {"filed_on": "2024-06-12", "event_id": _EVENT_ID, "grounds": "当日已派员参会，有签到记录"}, "ObjectionFiled"
    ),
    "AnswerObjection": CommandExample(
        {"answered_on": "2024-06-18", "outcome": "annulled", "reasons": "签到记录属实"},
        "ObjectionAnswered",
        more=("EventAnnulled",),
    ),
    "AnswerInvitation": CommandExample(
        {"submitted_on": "2024-12-10", "answers": list("AABAAABAAC"), "comments": "响应及时"}, "SurveySubmitted"
    ),
    "FileAppeal": CommandExample(
        {
            "year": 2024,
            "filed_on": "2025-03-12",
            "appellant": {"kind": "agency", "name": "陈国栋"},
            "grounds": "该投诉所涉隐患不在合同服务范围之内",
            "disputed_event_ids": [_EVENT_ID],
        },
        "AppealFiled",
    ),
    "PublishYear": CommandExample(
        {
            "published_on": "2025-03-10",
            "meeting_on": "2025-03-07",
            "reason": "三月十日已在公告栏公示，系统当日停用，次日补录",
            "waivers": [{"uscc": AGENCY_USCC, "part": "effect", "reason": "监管部门当年未评分"}],
        },
        "YearPublished",
    ),
    "CloseYear": CommandExample({"closed_on": "2025-04-01"}, "YearClosed"),
    "AdmitAppeal": CommandExample({"reason": "因不可抗力逾期", "decided_on": "2025-03-20"}, "AppealAdmitted"),
    "DecideAppeal": CommandExample(
        {"outcome": "upheld", "decided_on": "2025-03-20", "reasons": "经复核，投诉不属实", "annul": [_EVENT_ID]},
        "AppealUpheld",
    ),
    "WithdrawAppeal": CommandExample(
        {
            "withdrawn_on": "2025-03-14",
            "evidence": [{"title": "撤回异议申请书", "uri": "file:///archive/2025/appeals/7.pdf"}],
        },
        "AppealWithdrawn",
    ),
    "DisposeImpact": CommandExample(
        {"outcome": "kept", "disposed_on": "2025-05-08", "reason": "迟报事实不影响等次，委员会决定维持"},
        "ImpactDisposed",
    ),
    "EraseSubject": CommandExample(
        {
            "erased_on": "2025-05-20",
            "ground": "本人依法请求删除（个人信息保护法第四十七条）",
            "reference": "湾安协受〔2025〕7 号",
        },
        "SubjectErased",
    ),
    "ConfirmReadings": CommandExample(
        {
            "readings": [{"reading": "R1"}, {"reading": "R16"}],
            "confirmed_on": "2025-05-20",
            "confirmed_by": "区安协理事会",
            "document": {"title": "理事会第三次会议纪要（湾安协〔2025〕12 号）"},
        },
        "ReadingConfirmed",
    ),
    "WithdrawConfirmations": CommandExample(
        {
            "reading": "R16",
            "withdrawn_on": "2025-06-03",
            "withdrawn_by": "区安协理事会",
            "reason": "征求意见后再议",
            "document": "理事会第四次会议纪要（湾安协〔2025〕15 号）",
        },
        "ConfirmationWithdrawn",
    ),
    **LATER_EXAMPLES,
}


def command_example(body: type[BaseModel]) -> CommandExample:
    """The example of a command; `KeyError` for a new one without: add it above."""
    return COMMAND_EXAMPLES[body.__name__]


def command_answer(row: CommandRoute) -> JsonObject:
    """What a command's example is answered with."""
    example = command_example(row.body)
    names = (example.event, *example.more)
    facts = [
        {
            "id": f"{_EVENT_ID[:-1]}{place}",
            "type": name,
            "version": 7 + place,
            "occurred_on": example.body[row.body.FACT_DATE],
            "recorded_at": f"2024-12-30T02:41:07.18390{2 + place}Z",
        }
        for place, name in enumerate(names)
    ]
    kinds = [EVENT_TYPES[f"steward.{name}"].KIND for name in names]
    answer: JsonObject = {
        "agency": AGENCY_USCC,
        "version": facts[-1]["version"],
        "recorded_at": facts[-1]["recorded_at"],
        "events": facts,
        "ids": {kind: fact["id"] for kind, fact in zip(kinds, facts, strict=True) if kind is not None},
        "similar": [
            {
                "event": "019331c8-77aa-7d03-b1e5-2f6c0d9a4b18",
                "version": 5,
                "recorded_at": "2024-12-28T08:12:40.551207Z",
            }
        ]
        if row.body is RecordLapse
        else [],
    }
    if row.body is FileAgency:
        answer |= {"category_new": True, "categories_in_use": ["安全评价", "检测检验"]}
    if EventAnnulled.__name__ in names:
        answer["also_annulled"] = ["019331d3-0a11-7c52-8e6f-73b1f4d0a2c9"]
    if row.body is InviteSurvey:
        answer["link"] = "/v1/survey-links/pV0yYk0m3s0bQf2mJ7Xn5r1d8uC4hT6eWz9aKq2LxBg"
        answer["page"] = "/survey/pV0yYk0m3s0bQf2mJ7Xn5r1d8uC4hT6eWz9aKq2LxBg"
    if row.body is GiveNoticeLink:
        secret = f"{_EVENT_ID}.pV0yYk0m3s0bQf2mJ7Xn5r1d8uC4hT6eWz9aKq2LxBg"
        answer |= {"link": f"/v1/notice-links/{secret}", "page": f"/acknowledge/{secret}"}
    return answer


@cache
def _answers() -> JsonObject:
    loaded: JsonObject = json.loads(_ANSWERS.read_text(encoding="utf-8"))
    return loaded


WHAT_IF_BODY: JsonObject = {
    "add": [
        {
            "post": f"/v1/agencies/{AGENCY_USCC}/bad-records",
            "body": {"behaviour": "16.4", "entered_on": "2024-10-08", "content": "在培训材料中使用了该企业的工艺图"},
        }
    ],
    "year": 2024,
}
"""A what-if as the documentation shows it."""
BATCH_BODY: JsonObject = {
    "commands": [
        {"post": f"/v1/agencies/{AGENCY_USCC}/lapses", "body": {"item": 2, "occurred_on": "2024-04-18"}},
        {"post": f"/v1/agencies/{AGENCY_USCC}/lapses", "body": {"item": 7, "occurred_on": "2024-04-19"}},
    ]
}
"""A batch as the documentation shows it."""
QUESTION_BODIES: dict[str, JsonObject] = {
    "what_if": WHAT_IF_BODY,
    "batch_preview": BATCH_BODY,
    "appeal_what_if": {"annul": ["019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b"], "replace": []},
}
"""Bodies of questions, by operation id."""


def question_answer(name: str) -> Any:
    """A real answer to the question with this operation id; nothing for a new one, until it has been asked."""
    return _answers().get(name)


def act_answer(name: str) -> Any:
    """A real answer to an act on a year's assessment."""
    return _answers().get(f"act {name}")


def problem_example(name: str) -> JsonObject:
    """A body for this kind of problem."""
    kind = PROBLEM_TYPES[name]
    body: JsonObject = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.says,
        "title_en": kind.title_en,
        "detail_en": kind.says_en,
    }
    return {**body, **_MORE.get(name, {})}


_MORE: dict[str, JsonObject] = {
    "invalid": {
        "detail": "/occurred_on：日期须写作 YYYY-MM-DD 的文本，如 2024-05-05",
        "detail_en": "/occurred_on: a date is text of the form YYYY-MM-DD, like 2024-05-05",
        "errors": [
            {
                "pointer": "/occurred_on",
                "detail": "日期须写作 YYYY-MM-DD 的文本，如 2024-05-05",
                "detail_en": "a date is text of the form YYYY-MM-DD, like 2024-05-05",
            }
        ],
    },
    "contradiction": {
        "detail": "该投诉已于 2024-05-06 作出决定（019331d2-6c3a-7b1e-9f00-4d2a8c5e7f10）",
        "detail_en": "this complaint was decided on 2024-05-06 (019331d2-6c3a-7b1e-9f00-4d2a8c5e7f10)",
        "article": "art.17",
        "rule": "R15",
        "remedy": "如前一记录有误，请先撤销它（annulments），再重新记录",
        "remedy_en": "If the one that stands is wrong, annul it first, then record anew.",
    },
    "internal": {"reference": "9f2c4b7d1e83a650"},
}
