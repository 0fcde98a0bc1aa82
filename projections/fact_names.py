"""What each kind of fact is called, in Chinese and English: one name for one fact, in answers, texts and pages."""

from __future__ import annotations

FACT_NAMES = {
    "FilingSubmitted": ("提交备案", "Filing submitted"), "AgencyFiled": ("完成备案", "Filing completed"),
    "FilingReturned": ("退回备案", "Filing returned"), "InformationChanged": ("信息变更", "Information changed"),
    "InspectionRecorded": ("备案信息检查", "Inspection"), "AgencyTerminated": ("终止业务", "Business ended"),
    "PledgeSigned": ("签署诚信从业承诺书", "Pledge signed"),
    "SubmissionRequested": ("要求报送材料", "Submission requested"),
    "SubmissionReceived": ("收到报送材料", "Submission received"), "ProjectStarted": ("项目开始", "Project started"),
    "ProjectPlanFiled": ("实施方案报备", "Project plan filed"), "ProjectExtended": ("项目延期", "Project extended"),
    "ProjectCompleted": ("项目完成", "Project completed"), "ProjectCancelled": ("项目取消", "Project cancelled"),
    "LapseRecorded": ("服务规范扣分", "Lapse recorded"), "BadRecordEntered": ("登记不良信息", "Bad record entered"),
    "BadRecordReferred": ("移送监管部门", "Bad record referred"),
    "ComplaintReceived": ("收到投诉", "Complaint received"), "ComplaintUpheld": ("投诉查实", "Complaint upheld"),
    "ComplaintDismissed": ("投诉不属实", "Complaint dismissed"), "ComplaintMerged": ("投诉并案", "Complaint merged"),
    "BehaviourReported": ("举报不良行为", "Behaviour reported"),
    "ReportDismissed": ("举报不予登记", "Report dismissed"), "AgencyDelisted": ("移出黑名单", "Agency delisted"),
    "NoticeSent": ("发出通知", "Notice sent"), "SurveyInvited": ("邀请满意度调查", "Survey invitation"),
    "SurveySubmitted": ("提交满意度调查表", "Survey submitted"), "SurveyClosed": ("结束满意度调查", "Survey closed"),
    "EffectScored": ("服务效果评分", "Effect scored"), "HonourAwarded": ("获得表彰", "Honour awarded"),
    "PenaltyImposed": ("行政处罚", "Penalty imposed"), "AccidentLiabilityFound": ("事故责任认定", "Accident liability"),
    "HintDismissed": ("排除线索", "Hint dismissed"), "ObjectionFiled": ("提出更正申请", "Objection filed"),
    "ObjectionAnswered": ("答复更正申请", "Objection answered"), "EventAnnulled": ("撤销记录", "Event annulled"),
    "ResultPublished": ("公布考评结果", "Result published"), "ResultRevised": ("修订考评结果", "Result revised"),
    "AppealFiled": ("提出异议", "Appeal filed"), "AppealAdmitted": ("受理逾期异议", "Appeal admitted"),
    "AppealUpheld": ("异议成立", "Appeal upheld"), "AppealPartlyUpheld": ("异议部分成立", "Appeal partly upheld"),
    "AppealDismissed": ("异议不成立", "Appeal dismissed"), "AppealWithdrawn": ("撤回异议", "Appeal withdrawn"),
    "ImpactDisposed": ("处理对已公布结果的影响", "Impact disposed"),
    "YearPublished": ("公布年度考评结果", "Year published"), "RanksRevised": ("名次修订", "Ranks revised"),
    "YearClosed": ("年度考评办结", "Year closed"), "LedgerOpened": ("台账启用", "Ledger opened"),
    "RestoreAccepted": ("接受由旧备份恢复", "Restore from an older copy accepted"),
    "HorizonBegun": ("迁入另一数据库集群", "Moved to another database cluster"),
    "RulebookAdopted": ("采用规则", "Rulebook adopted"), "CalendarAdopted": ("采用日历", "Calendar adopted"),
    "SubjectErased": ("删除个人信息", "Personal data erased"),
}  # fmt: skip
"""By event type. A test holds this table and `domain/events.py` together."""


def fact_label(kind: str) -> str:
    """The Chinese name of a kind of fact. Raises: KeyError for one that has none, which a test forbids."""
    return FACT_NAMES[kind][0]
