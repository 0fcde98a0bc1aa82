"""`known_at` as people and programs write it, for HTTP and the command line alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from domain.commands.fields import wrong
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
