"""The query parameters of questions, taken strictly: what is misread here gives an answer to another question."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from api.application.parsing.strict_json import known_at
from api.application.questions.agency.trail_questions import ids_of
from domain.commands.fields import read_day, read_uscc, wrong
from domain.events import EVENT_TYPES, Behaviour
from domain.values import loose_uscc
from projections.answers.matters import MatterKind, Urgency


def _count(value: Any) -> int:
    if not re.fullmatch(r"\d{1,3}", str(value), re.ASCII) or not 1 <= int(value) <= 500:
        raise wrong("limit", "须为 1 到 500 的整数", "has to be an integer from 1 to 500")
    return int(value)


def log_place(value: Any) -> int:
    """A place in the log: 0 or a log index."""
    if not re.fullmatch(r"\d{1,18}", str(value), re.ASCII):
        raise wrong("after", "须为日志序号（0 或正整数）", "has to be a log index: 0 or a positive integer")
    return int(value)


def _year(value: Any) -> int:
    if not re.fullmatch(r"2[01]\d\d", str(value), re.ASCII):
        raise wrong("year", "须为四位数字的年度，如 2024", "has to be a year in four digits, like 2024")
    return int(value)


def _type_of_event(value: Any) -> str:
    if value not in _EVENT_TYPES:
        raise wrong("type", "没有这种事实", f"there is no such type of fact; known: {', '.join(sorted(_EVENT_TYPES))}")
    return str(value)


def _ids(value: Any) -> str:
    found = ids_of(str(value))
    if not 1 <= len(found) <= MOST_IDS or max(map(len, found)) > _LONGEST_ID:
        raise wrong("ids", f"须为 1 到 {MOST_IDS} 个编号，以逗号分隔", f"has to be 1 to {MOST_IDS} ids, by commas")
    return str(value)


def _plain(value: Any) -> Any:
    if any(ord(character) < 32 or "\ud800" <= character <= "\udfff" for character in str(value)):
        raise wrong("text", "文本里有控制字符", "the text has a control character")
    return value


MOST_IDS = 500
"""How many events can be asked for by id at once."""
_LONGEST_ID = 100
_EVENT_TYPES = frozenset(kind.__name__ for kind in EVENT_TYPES.values())
MIN_LOG = "min_log"
"""Of every question with a token: the place that the log has to have reached."""
_DAY = WithJsonSchema({"type": "string", "format": "date"})
_INSTANT_SCHEMA = WithJsonSchema({"type": "string"})

AsOf = Annotated[
    date | None,
    BeforeValidator(read_day),
    _DAY,
    Query(description="生效日（亚洲/上海），默认今天 / the day (Asia/Shanghai) that is asked about; today by default"),
]
FirstDay = Annotated[
    date | None,
    BeforeValidator(read_day),
    _DAY,
    Query(alias="from", description="起始日 / first day; by default the first fact's"),
]
LastDay = Annotated[
    date | None,
    BeforeValidator(read_day),
    _DAY,
    Query(alias="to", description="截止日 / last day; by default the last fact's"),
]
RulebookId = Annotated[
    str | None, StringConstraints(min_length=1, max_length=80), Query(description="规则库编号 / id of a rulebook")
]
Confirmed = Annotated[
    Literal["all", "yes", "no"], Query(description="按是否已确认筛选 / whether the association has confirmed it")
]
KnownAt = Annotated[
    str | None,
    BeforeValidator(known_at),
    _INSTANT_SCHEMA,
    Query(
        description="知悉时刻：RFC 3339 时刻、version:N 或 log:N，默认现在 / as known at: an RFC 3339 instant, "
        "version:N of the agency's stream, or log:N; now by default"
    ),
]
FirstRecorded = Annotated[
    date | None,
    BeforeValidator(read_day),
    _DAY,
    Query(description="记录日（亚洲/上海）自 / recorded on this day (Asia/Shanghai) or later"),
]
LastRecorded = Annotated[
    date | None,
    BeforeValidator(read_day),
    _DAY,
    Query(description="记录日（亚洲/上海）至 / recorded on this day (Asia/Shanghai) or before"),
]
Limit = Annotated[
    int,
    BeforeValidator(_count),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
    Query(description="每页条数 / items per page"),
]
After = Annotated[
    int,
    BeforeValidator(log_place),
    WithJsonSchema({"type": "integer", "minimum": 0, "default": 0}),
    Query(description="此日志序号之后的事件 / the events after this log index"),
]


def _size(value: Any) -> int:
    if not re.fullmatch(r"\d{1,18}", str(value), re.ASCII):
        raise wrong("size", "须为日志条数（0 或正整数）", "has to be a number of log entries: 0 or a positive integer")
    return int(value)


_SIZE = (BeforeValidator(_size), WithJsonSchema({"type": "integer", "minimum": 0}))
Size = Annotated[int | None, *_SIZE, Query(description="日志条数，默认最新 / a size of the log; by default the latest")]
FirstSize = Annotated[int, *_SIZE, Query(alias="from", description="较早的日志条数 / the earlier size")]
LastSize = Annotated[
    int | None, *_SIZE, Query(alias="to", description="较晚的条数，默认最新 / the later size; the latest by default")
]
EventId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    BeforeValidator(_plain),
    Query(description="事件编号 / event id"),
]
Cursor = Annotated[
    str | None, Query(max_length=1000, description="上一页的 next_cursor / next_cursor of the page before")
]
TierFilter = Annotated[
    Literal["none", "recorded", "warned", "blacklisted"] | None, Query(description="惩戒等级 / sanction tier")
]
GradeFilter = Annotated[
    Literal["excellent", "qualified", "unqualified"] | None, Query(description="考评结果 / grade of the year of as_of")
]
FilingFilter = Annotated[
    Literal["submitted", "filed", "returned", "terminated"] | None, Query(description="备案状态 / filing state")
]
DueBefore = Annotated[
    date | None, BeforeValidator(read_day), _DAY, Query(description="在此日之前到期 / due before this day")
]
AppealStatus = Annotated[
    Literal["awaiting_admission", "open", "upheld", "partly_upheld", "dismissed", "withdrawn", "undecided", "all"],
    Query(description="undecided：未办结（默认） / undecided: not dealt with yet (default)"),
]
ObjectionStatus = Annotated[Literal["open", "annulled", "refused", "all"], Query(description="状态 / state")]
MatterWhose = Annotated[
    Literal["mine", "all"], Query(description="mine：由我办理；all：连同他人办理的 / what waits for the caller, or all")
]
MatterKindAsked = Annotated[MatterKind | None, Query(description="种类 / kind")]
MatterStateAsked = Annotated[
    Literal["open", "lapsed", "done", "all"],
    Query(
        description="lapsed：已过期且无法补救；done：本企业的投诉、举报已有结果 / "
        "lapsed: its day has passed for good; done: what became of one's own complaints and reports"
    ),
]
MatterUrgency = Annotated[Urgency | None, Query(description="按最后一天 / by the last day")]
MatterYear = Annotated[int | None, Query(ge=2000, le=2199, description="考评年度 / assessment year")]
ReportStatus = Annotated[Literal["open", "recorded", "dismissed", "all"], Query(description="状态 / state")]
ImpactStatus = Annotated[
    Literal["open", "reopened", "kept", "absorbed", "void", "all"], Query(description="状态 / state")
]
SubmissionStatus = Annotated[
    Literal["open", "lapsed", "received", "ended", "all"],
    Query(
        description="lapsed：期限已过而未收到，无法补救；ended：业务终止，义务随之终止 / "
        "lapsed: its day has passed, and its point is lost; ended: the duty ended with the business"
    ),
]
UsccFilter = Annotated[
    str | None, BeforeValidator(read_uscc), Query(description="统一社会信用代码 / the agency's USCC")
]
_Words = StringConstraints(min_length=1, max_length=300)
WORDS = (_Words, BeforeValidator(_plain))
"""What has to be said of a text that is searched for."""
CategoryFilter = Annotated[str | None, *WORDS, Query(description="服务机构类型 / category")]
Search = Annotated[
    str | None,
    *WORDS,
    Query(
        description="名称（含曾用名）或代码的片段，以空格分开，次序不限 / fragments of the name, "
        "a former name or the USCC, parted by spaces, in any order"
    ),
]
LooseText = Annotated[
    str,
    StringConstraints(max_length=300),
    BeforeValidator(_plain),
    Query(description="页面上的筛选，可以留空 / a filter of a page, which a form may send empty"),
]
LooseUscc = Annotated[
    str,
    StringConstraints(max_length=300, strip_whitespace=True),
    BeforeValidator(_plain),
    AfterValidator(loose_uscc),
    Query(description="页面上的机构代码，可以留空 / an agency's code on a page, which a form may send empty"),
]
Address = Annotated[
    str,
    StringConstraints(max_length=4000),
    BeforeValidator(_plain),
    Query(description="回到哪个页面 / the page to go back to"),
]
SheetYear = Annotated[
    int | None,
    BeforeValidator(_year),
    WithJsonSchema({"type": "integer", "minimum": 2000, "maximum": 2199}),
    Query(description="打分表的考评年度，默认为 as_of 所在年度 / the sheet's year; by default that of as_of"),
]
HintFilter = Annotated[
    Literal["open", "dismissed", "recorded", "all"],
    Query(description="待处理、已排除、已记录或全部 / open, dismissed, recorded or all"),
]
BehaviourFilter = Annotated[
    Behaviour | Literal["check"] | None,
    Query(description="第十六条行为代码；check：只须核实的 / code of art.16; check: only to be checked"),
]
RuleFilter = Annotated[
    str | None,
    Query(min_length=1, max_length=40, pattern="^[a-z_]+$", description="由何规律得出 / the rule that found it"),
]
NoticeFilter = Annotated[Literal["due", "sent", "all"], Query(description="待发、已发或全部 / due, sent or all")]
EventType = Annotated[
    str | None,
    BeforeValidator(_type_of_event),
    WithJsonSchema({"type": "string", "enum": sorted(_EVENT_TYPES)}),
    Query(alias="type", description="事实的类型 / the type of fact"),
]
CountsFilter = Annotated[
    Literal["true", "false"] | None,
    Query(description="只要仍计入的，或只要已撤销的 / only what counts, or only what was annulled"),
]
PersonFilter = Annotated[
    str | None,
    StringConstraints(min_length=1, max_length=100),
    BeforeValidator(_plain),
    Query(description="记录人的编号 / the id of the person who recorded it"),
]
EventIds = Annotated[
    str | None,
    BeforeValidator(_ids),
    WithJsonSchema({"type": "string"}),
    Query(description="只要这些编号的，以逗号分隔，至多 500 个 / only those with these ids, by commas, at most 500"),
]
Order = Annotated[
    Literal["recorded", "latest"],
    Query(description="按记录顺序，或最近记录的在前 / in recording order, or the latest recorded first"),
]
Published = Annotated[
    Literal["basis", "published"],
    Query(description="按所问的基准，或公布的那一张 / on the basis asked for, or as it was published"),
]
YearFilter = Annotated[
    int | None,
    BeforeValidator(_year),
    WithJsonSchema({"type": "integer", "minimum": 2000, "maximum": 2199}),
    Query(description="另外比较这一考评年度的打分表 / compare the sheets of this assessment year as well"),
]
