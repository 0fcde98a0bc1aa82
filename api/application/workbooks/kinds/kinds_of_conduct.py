"""Workbooks about what agencies did and got: attendance, complaints, surveys, effect scores, honours, penalties."""

from __future__ import annotations

from api.application.workbooks.kinds.sheet_kinds import CLIENT, NOTE, WHOSE, YEAR, Body, SheetColumn, SheetKind, day

ABSENT, ANSWERS = "absent", 10


def _attendance(body: Body) -> Body | None:
    """缺席培训和会议等，发现一次扣 1 分 (annex1.item4): who was there, or excused, has no row in the ledger."""
    meeting, status = body.pop("meeting"), body.pop("status")
    if status != ABSENT:
        return None
    note = f"缺席：{meeting}" + (f"；{body['note']}" if body.get("note") else "")
    return {**body, "note": note, "note_audience": "shared"}


ATTENDANCE = SheetKind(
    "attendance",
    ("会议、培训出席情况", "Attendance"),
    "/v1/agencies/{uscc}/lapses",
    (
        *WHOSE,
        SheetColumn(
            "meeting",
            ("会议或活动", "Meeting"),
            "text",
            True,
            ("会议名称", "活动名称", "培训名称"),
            example="2025 年第一季度安全生产工作会议",
        ),
        day("occurred_on", "日期", "Day", "会议日期", "活动日期"),
        SheetColumn(
            "status",
            ("出席情况", "Attendance"),
            "choice",
            True,
            ("是否出席", "签到情况"),
            ("只有“缺席”登记为扣分事项", "only an absence is recorded as a lapse"),
            {"缺席": ABSENT, "出席": "present", "请假": "excused", "未到": ABSENT, "到会": "present"},
            "缺席",
        ),
        NOTE,
    ),
    {"item": 4},
    _attendance,
    article="annex1.item4",
)
_GROUNDS = {
    "应发现而未发现的隐患": "missed_hazard",
    "服务质量低劣": "poor_quality",
    "其他": "other",
    "漏查隐患": "missed_hazard",
    "质量低劣": "poor_quality",
}
COMPLAINTS = SheetKind(
    "complaints",
    ("投诉", "Complaints"),
    "/v1/agencies/{uscc}/complaints",
    (
        *WHOSE,
        day("received_on", "收到日期", "Received on", "投诉日期", "受理日期"),
        SheetColumn(
            "complainant",
            ("投诉人", "Complainant"),
            note=("机构看不到（R39）", "not told to the agency (R39)"),
            example="张先生",
        ),
        SheetColumn(
            "client_uscc",
            ("企业代码", "Client’s code"),
            "code",
            synonyms=("投诉企业代码",),
            example="91441302MA5A00001N",
        ),
        SheetColumn(
            "grounds",
            ("事由", "Grounds"),
            "choice",
            True,
            ("投诉事由",),
            choices=_GROUNDS,
            example="应发现而未发现的隐患",
        ),
        SheetColumn(
            "content", ("投诉内容", "Content"), synonyms=("内容",), example="储罐区静电接地损坏，三次现场服务均未指出"
        ),
        SheetColumn(
            "contact", ("联系方式", "Contact"), "code", synonyms=("联系电话", "电话", "手机"), example="13800138000"
        ),
        NOTE,
    ),
    article="art.17",
)


def _survey(body: Body) -> Body:
    """Ten cells become ten answers."""
    body["answers"] = [body.pop(f"q{number}", None) for number in range(1, ANSWERS + 1)]
    return body


SURVEYS = SheetKind(
    "surveys",
    ("满意度调查表（纸质）", "Surveys from paper"),
    "/v1/agencies/{uscc}/surveys",
    (
        *WHOSE,
        *CLIENT,
        SheetColumn(
            "project_id",
            ("合同编号", "Contract no."),
            "reference",
            synonyms=("合同号", "项目编号"),
            note=("该企业有几个项目时填写", "where the client has several projects"),
            example="AH-2025-017",
        ),
        YEAR,
        day("submitted_on", "填表日期", "Filled in on", "日期", "提交日期", example="2025-12-10"),
        *(
            SheetColumn(
                f"q{number}",
                (f"第{number}题", f"Question {number}"),
                "answer",
                True,
                (f"{number}", f"题{number}", f"q{number}"),
                example="A",
            )
            for number in range(1, ANSWERS + 1)
        ),
        SheetColumn("comments", ("意见或建议", "Comments"), synonyms=("其他意见或建议", "意见建议"), example=""),
    ),
    finish=_survey,
    article="art.23",
)
EFFECT_SCORES = SheetKind(
    "effect-scores",
    ("服务效果评分", "Effect scores"),
    "/v1/agencies/{uscc}/effect-scores",
    (
        *WHOSE,
        *CLIENT,
        YEAR,
        SheetColumn(
            "value",
            ("评分", "Score"),
            "number",
            True,
            ("服务效果评分", "得分", "分数"),
            ("0 至 100，最多两位小数", "0 to 100"),
            example="85.5",
        ),
        day("scored_on", "评分日期", "Scored on", "日期", example="2025-12-28"),
        NOTE,
    ),
    article="art.22",
)
_KINDS_OF_AUTHORITY = {
    "应急管理部门": "emergency_management",
    "其他部门": "other",
    "应急管理（安全生产监管）部门": "emergency_management",
    "其他": "other",
}
HONOURS = SheetKind(
    "honours",
    ("荣誉", "Honours"),
    "/v1/agencies/{uscc}/honours",
    (
        *WHOSE,
        SheetColumn(
            "level",
            ("级别", "Level"),
            "choice",
            True,
            ("表彰级别",),
            choices={
                "国家级": "national",
                "省级": "provincial",
                "市级": "municipal",
                "区级": "district",
                "国家": "national",
                "省": "provincial",
                "市": "municipal",
                "区": "district",
            },
            example="市级",
        ),
        SheetColumn(
            "reason",
            ("事由", "Reason"),
            "text",
            True,
            ("表彰事由", "获奖事由"),
            ("同一事由不重复加分（R24）", "one reason is credited once (R24)"),
            example="安全生产技术创新",
        ),
        SheetColumn("title", ("荣誉名称", "Title"), synonyms=("表彰名称", "奖项"), example="安全生产先进单位"),
        SheetColumn(
            "authority", ("表彰机关", "Authority"), synonyms=("授予单位", "颁发机关"), example="惠州市应急管理局"
        ),
        SheetColumn(
            "authority_kind",
            ("机关类别", "Kind of authority"),
            "choice",
            True,
            choices=_KINDS_OF_AUTHORITY,
            example="应急管理部门",
        ),
        day("awarded_on", "表彰日期", "Awarded on", "授予日期", "获奖日期"),
        NOTE,
    ),
    article="art.24",
)


def _penalty(body: Body) -> Body:
    """Whose authority it is follows from its name, where the list does not say: public lists lack that column."""
    if body.get("authority_kind") is None and (authority := body.get("authority")):
        named = any(word in authority for word in ("应急", "安全生产监督", "安监"))
        body["authority_kind"] = "emergency_management" if named else "other"
    return body


PENALTIES = SheetKind(
    "penalties",
    ("行政处罚", "Penalties"),
    "/v1/agencies/{uscc}/penalties",
    (
        *WHOSE,
        SheetColumn(
            "decision_no",
            ("行政处罚决定书文号", "Decision no."),
            "reference",
            synonyms=("决定书文号", "处罚文号", "文号"),
            example="（惠湾）应急罚〔2025〕12号",
        ),
        SheetColumn(
            "facts",
            ("违法事实", "Facts"),
            synonyms=("违法行为", "主要违法事实"),
            example="出具的安全评价报告与现场不符",
        ),
        SheetColumn("basis", ("处罚依据", "Basis"), synonyms=("法律依据",), example="《安全生产法》第九十二条"),
        SheetColumn("content", ("处罚内容", "Content"), synonyms=("处罚结果", "处罚决定"), example="罚款人民币三万元"),
        day("decided_on", "处罚决定日期", "Decided on", "决定日期", "处罚日期", "作出决定日期"),
        day("public_until", "公示截止期", "Published until", "公示截止日期", required=False, example="2028-03-04"),
        SheetColumn(
            "authority",
            ("处罚机关", "Authority"),
            "text",
            True,
            ("决定机关", "处罚机关名称", "处罚部门"),
            example="大亚湾区应急管理局",
        ),
        SheetColumn(
            "authority_kind",
            ("机关类别", "Kind of authority"),
            "choice",
            False,
            note=("不填时按机关名称判断", "left empty, told by the authority’s name"),
            choices=_KINDS_OF_AUTHORITY,
            example="应急管理部门",
        ),
        NOTE,
    ),
    finish=_penalty,
    article="art.25",
)
