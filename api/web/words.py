"""Names of what all pages show, in Chinese and English: roles, tiers, grades, kinds of facts."""

from __future__ import annotations

import re

ROLES = {
    "association": ("协会", "association"), "committee": ("专业委员会", "committee"),
    "regulator": ("监管部门", "regulator"), "agency": ("服务机构", "agency"), "client": ("生产经营单位", "client"),
    "auditor": ("审计", "auditor"), "admin": ("管理员", "administrator"),
}  # fmt: skip
TIERS = {
    "none": ("无", "none", "–"), "recorded": ("记录备案", "recorded", "①"), "warned": ("警示提醒", "warned", "②"),
    "blacklisted": ("黑名单", "blacklisted", "③"),
}  # fmt: skip
"""Chinese, English, and a sign, so that colour is never the only carrier (art.17)."""
GRADES = {
    "excellent": ("优秀", "excellent", "◆"), "qualified": ("合格", "qualified", "●"),
    "unqualified": ("不合格", "unqualified", "▲"),
}  # fmt: skip
FILINGS = {
    "submitted": ("待审", "submitted"), "filed": ("已备案", "filed"), "returned": ("退回补正", "returned"),
    "terminated": ("已终止", "terminated"), "none": ("未备案", "not filed"),
}  # fmt: skip
ACCESS_ACTS = {
    "account_created": ("新建账户", "Account made"), "password_reset": ("重设密码", "Password reset"),
    "own_password": ("本人更改密码", "Own password changed"), "account_disabled": ("停用账户", "Account disabled"),
    "account_enabled": ("启用账户", "Account enabled"), "signed_out": ("结束全部登录", "Signed out everywhere"),
    "token_created": ("新建令牌", "Token made"), "token_revoked": ("撤销令牌", "Token revoked"),
}  # fmt: skip
"""What is done to accounts and tokens. A test holds this table and `domain/store/access_changes.py` together."""
EVENTS = {
    "FilingSubmitted": ("提交备案材料", "Filing submitted"), "AgencyFiled": ("完成备案", "Filing completed"),
    "FilingReturned": ("备案材料退回", "Filing returned"), "InformationChanged": ("信息变更", "Information changed"),
    "InspectionRecorded": ("现场核查", "Inspection"), "AgencyTerminated": ("终止业务", "Business ended"),
    "PledgeSigned": ("签署承诺书", "Pledge signed"), "SubmissionRequested": ("要求报送", "Submission requested"),
    "SubmissionReceived": ("收到报送", "Submission received"), "ProjectStarted": ("项目开始", "Project started"),
    "ProjectPlanFiled": ("方案备案", "Project plan filed"), "ProjectExtended": ("项目延期", "Project extended"),
    "ProjectCompleted": ("项目完成", "Project completed"), "ProjectCancelled": ("项目取消", "Project cancelled"),
    "LapseRecorded": ("服务规范扣分", "Lapse recorded"), "BadRecordEntered": ("登记不良信息", "Bad record entered"),
    "BadRecordReferred": ("移送监管部门", "Bad record referred"),
    "ComplaintReceived": ("收到投诉", "Complaint received"),
    "ComplaintUpheld": ("投诉属实", "Complaint upheld"), "ComplaintDismissed": ("投诉不属实", "Complaint dismissed"),
    "ComplaintMerged": ("投诉合并", "Complaint merged"), "BehaviourReported": ("收到举报", "Behaviour reported"),
    "ReportDismissed": ("举报不予登记", "Report dismissed"), "AgencyDelisted": ("移出黑名单", "Agency delisted"),
    "NoticeSent": ("发出通知", "Notice sent"), "SurveyInvited": ("邀请满意度调查", "Survey invitation"),
    "SurveySubmitted": ("提交满意度调查", "Survey submitted"), "SurveyClosed": ("结束满意度调查", "Survey closed"),
    "EffectScored": ("服务效果评分", "Effect scored"), "HonourAwarded": ("获得荣誉", "Honour awarded"),
    "PenaltyImposed": ("行政处罚", "Penalty imposed"), "AccidentLiabilityFound": ("事故责任认定", "Accident liability"),
    "HintDismissed": ("线索不予处理", "Hint dismissed"), "ObjectionFiled": ("提出更正申请", "Objection filed"),
    "ObjectionAnswered": ("答复更正申请", "Objection answered"), "EventAnnulled": ("撤销记录", "Event annulled"),
    "ResultPublished": ("公布考评结果", "Result published"), "ResultRevised": ("修订考评结果", "Result revised"),
    "AppealFiled": ("提出异议", "Appeal filed"), "AppealAdmitted": ("受理逾期异议", "Appeal admitted"),
    "AppealUpheld": ("异议成立", "Appeal upheld"), "AppealPartlyUpheld": ("异议部分成立", "Appeal partly upheld"),
    "AppealDismissed": ("异议不成立", "Appeal dismissed"), "AppealWithdrawn": ("撤回异议", "Appeal withdrawn"),
    "ImpactDisposed": ("处理结果影响", "Impact disposed"), "YearPublished": ("年度结果公布", "Year published"),
    "RanksRevised": ("名次修订", "Ranks revised"), "YearClosed": ("年度考评结束", "Year closed"),
    "LedgerOpened": ("台账启用", "Ledger opened"), "RulebookAdopted": ("采用规则", "Rulebook adopted"),
    "CalendarAdopted": ("采用日历", "Calendar adopted"), "SubjectErased": ("删除个人信息", "Personal data erased"),
}  # fmt: skip
"""Kinds of facts. A test holds this table and `domain/events.py` together."""
_EVENT = re.compile(rf"\b(?:{'|'.join(EVENTS)})\b")


def named_in_english(text_en: str) -> str:
    """An English text of the API with the names of kinds of facts in place of their types: people read these."""
    return _EVENT.sub(lambda found: EVENTS[found[0]][1].lower(), text_en)
