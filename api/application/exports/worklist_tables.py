"""Tables of what waits: appeals, objections, reports, submissions, impacts, notices, hints, matters (R40)."""

from __future__ import annotations

from collections.abc import Callable

from api.application.exports.agency_tables import IDENTITY
from api.application.exports.table_columns import ExportTable, Row, TableColumn, Value, column, said, worded
from api.application.questions.year.matter_questions import MATTER_KINDS
from domain.values import ROLE_NAMES, Bilingual, Role
from projections.compare.field_words import service_said

STATUSES: dict[str, Bilingual] = {
    "undecided": ("未办结", "undecided"),
    "awaiting_admission": ("逾期提出，待受理", "late, awaiting admission"),
    "open": ("待办", "open"),
    "upheld": ("成立", "upheld"),
    "partly_upheld": ("部分成立", "partly upheld"),
    "dismissed": ("不予处理", "dismissed"),
    "withdrawn": ("已撤回", "withdrawn"),
    "annulled": ("已撤销记录", "annulled"),
    "refused": ("维持原记录", "refused"),
    "recorded": ("已登记", "recorded"),
    "received": ("已收到", "received"),
    "ended": ("义务已终止", "duty ended"),
    "reopened": ("已重开", "reopened"),
    "kept": ("维持结果", "kept"),
    "absorbed": ("已并入修订", "absorbed"),
    "void": ("已失效", "void"),
    "due": ("待发", "due"),
    "sent": ("已发", "sent"),
    "all": ("全部", "all"),
    "lapsed": ("已过期，无法补救", "lapsed"),
    "done": ("已办结", "done"),
}
OWN_WORDS: dict[str, dict[str, Bilingual]] = {
    "appeals": {"open": ("待决定", "open"), "dismissed": ("不成立", "dismissed")},
    "reports": {"recorded": ("已登记为不良信息", "recorded"), "dismissed": ("不予登记", "dismissed")},
    "submissions": {"open": ("尚未收到", "awaited")},
    "hints": {"recorded": ("已登记为不良信息", "recorded"), "dismissed": ("已排除", "dismissed")},
}
"""Where a list has its own word for a state."""
RECIPIENTS: dict[str, Bilingual] = {
    "agency": ("服务机构", "the agency"),
    "regulator": ("安全监管部门", "the regulator"),
    "public_site": ("协会网站", "the public site"),
    "enterprises": ("区内生产经营单位", "the district’s enterprises"),
}


def written(field: str) -> Callable[[Row], Value]:
    """What the fact behind a row says, as far as its reader may know it (R39)."""

    def value(row: Row) -> Value:
        return said(((row.get("recorded") or {}).get("fact") or {}).get(field))

    return value


def _state(name: str) -> TableColumn:
    return column("status", "状态", "State", "text", worded("status", {**STATUSES, **OWN_WORDS.get(name, {})}))


_SINCE, _ID = column("begun_on", "开始", "Since", "day"), column("id", "编号", "Id", "code")
_APPELLANTS: dict[str, Bilingual] = {"agency": ("服务机构", "agency"), "practitioner": ("从业人员", "practitioner")}
APPEALS = ExportTable(
    "appeals",
    ("结果异议", "Appeals"),
    (
        *IDENTITY,
        column("year", "年度", "Year", "number"),
        column("filed_on", "提出日", "Filed on", "day"),
        column("in_time", "在期限内", "In time"),
        column("deadline", "异议期限", "Window until", "day", "deadline.day"),
        column("appellant_kind", "申请人", "By", "text", worded("appellant_kind", _APPELLANTS)),
        column("grounds", "理由", "Grounds", "text", written("grounds")),
        _state("appeals"),
        _ID,
    ),
    "/v1/appeals",
)
OBJECTIONS = ExportTable(
    "objections",
    ("更正申请", "Objections"),
    (
        *IDENTITY,
        _SINCE,
        column("grounds", "理由", "Grounds", "text", written("grounds")),
        column("about", "所针对的记录", "Against the record", "code"),
        _state("objections"),
        _ID,
    ),
    "/v1/objections",
)
REPORTS = ExportTable(
    "reports",
    ("不良行为举报", "Reports"),
    (
        *IDENTITY,
        _SINCE,
        column("behaviour", "举报行为", "Behaviour", "code", "about"),
        column("content", "内容", "Content", "text", written("content")),
        _state("reports"),
        _ID,
    ),
    "/v1/reports",
)
SUBMISSIONS = ExportTable(
    "submissions",
    ("待收材料", "Submissions"),
    (
        *IDENTITY,
        column("item", "附件1 项", "Item of annex 1", "number"),
        column("title", "材料", "What", "text", written("title")),
        column("requested_on", "要求日", "Requested", "day", "begun_on"),
        column("due_on", "期限", "Due", "day"),
        _state("submissions"),
        _ID,
    ),
    "/v1/submissions",
)
IMPACTS = ExportTable(
    "impacts",
    ("迟到事实的影响", "Impacts"),
    (
        *IDENTITY,
        column("year", "年度", "Year", "number"),
        _SINCE,
        column("cause", "迟到的记录", "Later fact", "code"),
        column("result", "所针对的结果", "Result", "code"),
        _state("impacts"),
        _ID,
    ),
    "/v1/impacts",
)


def _service(row: Row) -> Value:
    """How a notice that was sent was served (R41)."""
    return None if row.get("service") is None else service_said(row["service"])


NOTICES = ExportTable(
    "notices",
    ("应发通知", "Notices"),
    (
        *IDENTITY,
        column("text", "通知", "Notice", "text", lambda row: (row["text"], row["text_en"])),
        column("recipient", "致", "To", "text", worded("recipient", RECIPIENTS)),
        column("article", "条款", "Article"),
        column("due_on", "应发之日", "Due", "day"),
        column("sent_on", "发出日", "Sent", "day"),
        column("served_on", "送达日", "Served", "day", "service.served_on"),
        column("service", "送达情况", "Service", "text", _service),
        column("cause", "起因记录", "Cause", "code"),
        _ID,
    ),
    "/v1/notices",
)
HINTS = ExportTable(
    "hints",
    ("线索", "Hints"),
    (
        *IDENTITY,
        column("day", "自", "Since", "day"),
        column("text", "线索", "Hint", "text", lambda row: (row["text"], row["text_en"])),
        column("behaviour", "提示的行为", "Behaviour", "code"),
        column("article", "条款", "Article"),
        _state("hints"),
        column("events", "有关记录", "Records", "code"),
        _ID,
    ),
    "/v1/hints",
)
_URGENCIES: dict[str, Bilingual] = {
    "overdue": ("逾期", "overdue"),
    "today": ("今天", "today"),
    "this_week": ("七天内", "within 7 days"),
    "later": ("以后", "later"),
}


def _acts(row: Row) -> Value:
    roles = [ROLE_NAMES[Role(one)] for one in row.get("acts") or ()]
    return "、".join(zh for zh, _ in roles), ", ".join(en for _, en in roles)


MATTERS = ExportTable(
    "matters",
    ("待办事项", "What waits"),
    (
        *IDENTITY,
        column("kind", "种类", "Kind", "text", worded("kind", {name: one.title for name, one in MATTER_KINDS.items()})),
        column("title", "事项", "Matter", "text", lambda row: (row["title"]["text"], row["title"]["text_en"])),
        column("about", "所涉", "About"),
        column("year", "年度", "Year", "number"),
        column("article", "条款", "Article"),
        column("acts", "由谁办理", "Who acts", "text", _acts),
        column("since", "开始", "Since", "day"),
        column("due_on", "期限", "Due", "day"),
        column("urgency", "缓急", "Urgency", "text", worded("urgency", _URGENCIES)),
        column("state", "状态", "State", "text", worded("state", STATUSES)),
    ),
    "/v1/matters",
)
OF_AGENCY = HINTS._replace(name="agency_hints", path="/v1/agencies/{uscc}/hints")
WORKLISTS = (APPEALS, OBJECTIONS, REPORTS, SUBMISSIONS, IMPACTS, NOTICES, HINTS, OF_AGENCY, MATTERS)
