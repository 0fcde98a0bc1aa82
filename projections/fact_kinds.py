"""What is to be said of each kind of fact, once: its names, its lane in a timeline, what it bears on.

Answers, texts, timelines, sheets and pages read it here. A new event gets its row, or a test fails.
"""

from __future__ import annotations

from typing import NamedTuple

from domain import events
from domain.events import Event
from projections.answers.summaries import Lane


class FactKind(NamedTuple):
    """One kind of fact."""

    zh: str
    en: str
    lane: Lane = "others"
    """The lane of a timeline in which it is drawn."""
    printed_in_lane: bool = True
    """Whether the printed timeline draws it there too, and not among the others."""
    scores: bool = False
    """Whether it bears on a score by itself."""
    item: int | None = None
    """The item of annex 1 on which it bears, where it is always the same."""
    changes_its_day: bool = True
    """Whether a standing can change on its own day. Else what it brings shows on a due date, or at once on all days."""
    of_an_agency: bool = True
    """Whether it stands in an agency's trail."""
    outcome: str | None = None
    """The outcome by which its command records it, where the command has several."""


FACTS: dict[type[Event], FactKind] = {
    events.FilingSubmitted: FactKind("提交备案", "Filing submitted"),
    events.AgencyFiled: FactKind("完成备案", "Filing completed", outcome="filed"),
    events.FilingReturned: FactKind("退回备案", "Filing returned", outcome="returned"),
    events.InformationChanged: FactKind("信息变更", "Information changed"),
    events.InspectionRecorded: FactKind("备案信息检查", "Inspection", changes_its_day=False),
    events.AgencyTerminated: FactKind("终止业务", "Business ended"),
    events.AgencySucceeded: FactKind("分立、合并或变更代码", "Merged, divided or under another code"),
    events.FactsInherited: FactKind("承继前身的记录", "Inherited from the predecessor", scores=True),
    events.PledgeSigned: FactKind("签署诚信从业承诺书", "Pledge signed", changes_its_day=False),
    events.SubmissionRequested: FactKind("要求报送材料", "Submission requested"),
    events.SubmissionReceived: FactKind("收到报送材料", "Submission received", changes_its_day=False),
    events.ProjectStarted: FactKind("项目开始", "Project started"),
    events.ProjectPlanFiled: FactKind("实施方案报备", "Project plan filed", changes_its_day=False),
    events.ProjectExtended: FactKind("项目延期", "Project extended"),
    events.ProjectCompleted: FactKind("项目完成", "Project completed"),
    events.ProjectCancelled: FactKind("项目取消", "Project cancelled"),
    events.LapseRecorded: FactKind("服务规范扣分", "Lapse recorded", lane="lapses", scores=True),
    events.BadRecordEntered: FactKind("登记不良信息", "Bad record entered", lane="lapses", scores=True, item=8),
    events.BadRecordReferred: FactKind(
        "移送监管部门", "Bad record referred", lane="lapses", printed_in_lane=False, changes_its_day=False
    ),
    events.ComplaintReceived: FactKind(
        "收到投诉", "Complaint received", lane="complaints", printed_in_lane=False, changes_its_day=False
    ),
    events.ComplaintUpheld: FactKind(
        "投诉查实", "Complaint upheld", lane="complaints", scores=True, item=8, outcome="upheld"
    ),
    events.ComplaintDismissed: FactKind(
        "投诉不属实",
        "Complaint dismissed",
        lane="complaints",
        printed_in_lane=False,
        changes_its_day=False,
        outcome="dismissed",
    ),
    events.ComplaintMerged: FactKind(
        "投诉并案",
        "Complaint merged",
        lane="complaints",
        printed_in_lane=False,
        changes_its_day=False,
        outcome="merged",
    ),
    events.BehaviourReported: FactKind(
        "举报不良行为", "Behaviour reported", lane="lapses", printed_in_lane=False, changes_its_day=False
    ),
    events.ReportDismissed: FactKind(
        "举报不予登记", "Report dismissed", lane="lapses", printed_in_lane=False, changes_its_day=False
    ),
    events.AgencyDelisted: FactKind("移出黑名单", "Agency delisted", lane="complaints"),
    events.NoticeSent: FactKind("发出通知", "Notice sent", changes_its_day=False),
    events.NoticeDelivered: FactKind("通知送达", "Notice served", changes_its_day=False, outcome="delivered"),
    events.NoticeUndeliverable: FactKind(
        "通知未能送达", "Notice not delivered", changes_its_day=False, outcome="undeliverable"
    ),
    events.NoticeAcknowledged: FactKind("签收通知", "Notice acknowledged", changes_its_day=False),
    events.NoticeLinkGiven: FactKind("给出签收链接", "Link to acknowledge a notice", changes_its_day=False),
    events.SurveyInvited: FactKind("邀请满意度调查", "Survey invitation", changes_its_day=False),
    events.SurveySubmitted: FactKind("提交满意度调查表", "Survey submitted", lane="scores", scores=True, item=10),
    events.SurveyClosed: FactKind("结束满意度调查", "Survey closed", lane="scores", scores=True, item=8),
    events.EffectScored: FactKind("服务效果评分", "Effect scored", lane="scores", scores=True, item=11),
    events.HonourAwarded: FactKind("获得表彰", "Honour awarded", lane="honours", scores=True, item=12),
    events.PenaltyImposed: FactKind("行政处罚", "Penalty imposed", lane="complaints", scores=True),
    events.AccidentLiabilityFound: FactKind("事故责任认定", "Accident liability", lane="complaints"),
    events.HintDismissed: FactKind("排除线索", "Hint dismissed", changes_its_day=False),
    events.ObjectionFiled: FactKind("提出更正申请", "Objection filed", changes_its_day=False),
    events.ObjectionAnswered: FactKind("答复更正申请", "Objection answered", changes_its_day=False),
    events.StatementFiled: FactKind("机构申辩", "Statement of the agency", changes_its_day=False),
    events.RepairApplied: FactKind("申请信用修复", "Credit repair applied for", changes_its_day=False),
    events.RepairGranted: FactKind("准予信用修复", "Credit repair granted", changes_its_day=False, outcome="granted"),
    events.RepairRefused: FactKind("不予信用修复", "Credit repair refused", changes_its_day=False, outcome="refused"),
    events.EventAnnulled: FactKind("撤销记录", "Event annulled", changes_its_day=False),
    events.ResultPublished: FactKind("公布考评结果", "Result published", lane="results"),
    events.ResultRevised: FactKind("修订考评结果", "Result revised", lane="results"),
    events.AppealFiled: FactKind("提出异议", "Appeal filed", lane="results", changes_its_day=False),
    events.AppealAdmitted: FactKind(
        "受理逾期异议", "Appeal admitted", lane="results", printed_in_lane=False, changes_its_day=False
    ),
    events.AppealUpheld: FactKind("异议成立", "Appeal upheld", lane="results", changes_its_day=False),
    events.AppealPartlyUpheld: FactKind("异议部分成立", "Appeal partly upheld", lane="results", changes_its_day=False),
    events.AppealDismissed: FactKind("异议不成立", "Appeal dismissed", lane="results", changes_its_day=False),
    events.AppealWithdrawn: FactKind(
        "撤回异议", "Appeal withdrawn", lane="results", printed_in_lane=False, changes_its_day=False
    ),
    events.ImpactDisposed: FactKind(
        "处理对已公布结果的影响", "Impact disposed", lane="results", printed_in_lane=False, changes_its_day=False
    ),
    events.YearPublished: FactKind("公布年度考评结果", "Year published", of_an_agency=False),
    events.RanksRevised: FactKind("名次修订", "Ranks revised", of_an_agency=False),
    events.YearClosed: FactKind("年度考评办结", "Year closed", of_an_agency=False),
    events.LedgerOpened: FactKind("台账启用", "Ledger opened", of_an_agency=False),
    events.RestoreAccepted: FactKind("接受由旧备份恢复", "Restore from an older copy accepted", of_an_agency=False),
    events.HorizonBegun: FactKind("迁入另一数据库集群", "Moved to another database cluster", of_an_agency=False),
    events.RulebookAdopted: FactKind("采用规则", "Rulebook adopted", of_an_agency=False),
    events.CalendarAdopted: FactKind("采用日历", "Calendar adopted", of_an_agency=False),
    events.SubjectErased: FactKind("删除个人信息", "Personal data erased", of_an_agency=False),
    events.ReadingConfirmed: FactKind("确认对办法的理解", "Reading confirmed", of_an_agency=False),
    events.ConfirmationWithdrawn: FactKind("撤回对理解的确认", "Confirmation withdrawn", of_an_agency=False),
}
"""By type of event, in the order of the Measures. A test holds it and `domain/events.py` together."""

FACT_NAMES = {kind.__name__: (one.zh, one.en) for kind, one in FACTS.items()}
"""What each kind is called, in Chinese and English, by the name of its type."""


def fact_label(kind: str) -> str:
    """The Chinese name of a kind of fact. Raises: KeyError for one that has none, which a test forbids."""
    return FACT_NAMES[kind][0]
