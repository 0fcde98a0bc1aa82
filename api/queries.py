"""The query parameters of questions, taken strictly: what is misread here gives an answer to another question."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from domain.commands.fields import _day, wrong
from domain.values import instant

_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)  # RFC 3339, 5.6
_SPACED = re.compile(r"\S+ \d{2}:\d{2}", re.ASCII)
_POSITION = re.compile(r"(version|log):(\d{1,18})", re.ASCII)
MICROSECONDS = 6


def known_at(value: Any) -> str:
    """An instant in UTC to the microsecond, or `version:N` or `log:N` as given (api.md, Reading)."""
    text = str(value)
    if _POSITION.fullmatch(text):
        return text
    if _SPACED.fullmatch(text):
        raise wrong(
            "known_at",
            "时刻里有空格：查询串中的 + 会被读作空格，请写作 %2B",
            "there is a space in the instant: a + in a query string is read as a space, write it as %2B",
        )
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise wrong(
            "known_at",
            "须为 RFC 3339 时刻（如 2024-07-01T08:00:00Z 或 2024-07-01T16:00:00+08:00）、version:N 或 log:N",
            "has to be an RFC 3339 instant (2024-07-01T08:00:00Z or 2024-07-01T16:00:00+08:00), version:N or log:N",
        )
    day, clock, fraction, zone = found.groups()
    if len(fraction or "") > MICROSECONDS:
        raise wrong("known_at", "时刻至多精确到微秒（六位小数）", "an instant has at most six decimals (microseconds)")
    try:
        aware = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0'):0<6}{zone.upper().replace('Z', '+00:00')}")
        return instant(aware.astimezone(UTC))
    except (ValueError, OverflowError):
        raise wrong("known_at", "没有这个时刻", "there is no such instant") from None


def _count(value: Any) -> int:
    if not re.fullmatch(r"\d{1,3}", str(value), re.ASCII) or not 1 <= int(value) <= 500:
        raise wrong("limit", "须为 1 到 500 的整数", "has to be an integer from 1 to 500")
    return int(value)


def _plain(value: Any) -> Any:
    if any(ord(character) < 32 or "\ud800" <= character <= "\udfff" for character in str(value)):
        raise wrong("text", "文本里有控制字符", "the text has a control character")
    return value


_DAY = WithJsonSchema({"type": "string", "format": "date"})
_INSTANT_SCHEMA = WithJsonSchema({"type": "string"})

AsOf = Annotated[
    date | None,
    BeforeValidator(_day),
    _DAY,
    Query(description="生效日（亚洲/上海），默认今天 / the day (Asia/Shanghai) that is asked about; today by default"),
]
FirstDay = Annotated[
    date | None,
    BeforeValidator(_day),
    _DAY,
    Query(alias="from", description="起始日 / first day; by default the first fact's"),
]
LastDay = Annotated[
    date | None,
    BeforeValidator(_day),
    _DAY,
    Query(alias="to", description="截止日 / last day; by default the last fact's"),
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
Limit = Annotated[
    int,
    BeforeValidator(_count),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
    Query(description="每页条数 / items per page"),
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
_Words = StringConstraints(min_length=1, max_length=300)
CategoryFilter = Annotated[str | None, _Words, BeforeValidator(_plain), Query(description="服务机构类型 / category")]
Search = Annotated[
    str | None,
    _Words,
    BeforeValidator(_plain),
    Query(description="名称或代码的一部分 / part of the name or of the USCC"),
]
NoticeFilter = Annotated[
    Literal["due", "sent", "all"],
    Query(description="待发、已发或全部 / due, sent or all"),
]
