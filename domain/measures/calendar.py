"""Periods and deadlines (R1-R3) and the calendar of rest days, statutory holidays and make-up working weekends.

A calendar is data that the ledger adopts by an event: what a deadline was is computed from the calendar then known,
never from the package installed today. Only `build_calendar` looks at the package `chinesecalendar`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from domain.errors import Invalid
from domain.measures.text.implements import implements

FIRST_YEAR = 2021
"""The Measures are in force from 2021-11-01; no deadline of theirs lies in an earlier year."""

_SATURDAY = 5
_DAY = timedelta(days=1)
_NEW_YEARS_REACH = (12, 28)
"""From this day of December on the next year's arrangement may say otherwise: 元旦 has taken 30 and 31 December as days
off and a 29th as a make-up working day (2007, 2018, 2022)."""


class CalendarInvalid(Invalid):
    """A holiday calendar or overlay that contradicts itself: what is wrong with which year or day, and the remedy."""

    def __init__(self, name: str, problem: str, problem_en: str, remedy: str, remedy_en: str) -> None:
        super().__init__(
            f"节假日历 {name}：{problem}", f"Holiday calendar, {name}: {problem_en}", ("R2",), remedy, remedy_en
        )
        self.name = name


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a period that the Measures set; `provisional` when a day was consulted that is not settled."""

    day: date
    provisional: bool


@dataclass(frozen=True)
class Calendar:
    """Which days are working days, for the years that it covers; two calendars are equal when their content is."""

    id: str
    sha256: str
    canonical: bytes
    """The canonical JSON (UTF-8, sorted keys, no spaces) that `sha256` is the digest of."""

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Calendar:
        """A calendar from JSON-able `{"id", "source", "years": {"2024": {"holidays": [...], "workdays": [...]}}}`.

        `CalendarInvalid` names the year or day that is wrong.
        """
        _check(content)
        canonical = _canonical(content)
        return cls(str(content["id"]), hashlib.sha256(canonical).hexdigest(), canonical)

    @property
    def content(self) -> dict[str, Any]:
        """What the event CalendarAdopted stores; a fresh copy each time."""
        loaded: dict[str, object] = json.loads(self.canonical)
        return loaded

    def covers(self, year: int) -> bool:
        """Whether the year's holidays are known; in other years only weekends are rest days (R2)."""
        return year in self._years

    @implements("R2")
    def is_settled(self, day: date) -> bool:
        """Whether nothing that is still to be arranged can change the day: the last days of December, on which the
        holiday of New Year may begin, are settled with the year after.
        """
        return self.covers(day.year) and ((day.month, day.day) < _NEW_YEARS_REACH or self.covers(day.year + 1))

    def is_working_day(self, day: date) -> bool:
        """Whether work is done on this day: weekdays that are no holiday, and make-up working weekends (R2)."""
        if day.weekday() >= _SATURDAY:
            return day in self._workdays
        return day not in self._holidays

    def __hash__(self) -> int:
        return hash(self.sha256)

    @cached_property
    def _years(self) -> frozenset[int]:
        return frozenset(int(year) for year in self.content["years"])

    @cached_property
    def _holidays(self) -> frozenset[date]:
        return _days(self.content, "holidays")

    @cached_property
    def _workdays(self) -> frozenset[date]:
        return _days(self.content, "workdays")


def _canonical(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _days(content: Mapping[str, Any], kind: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for year in content["years"].values() for day in year[kind])


def _check(content: Mapping[str, Any]) -> None:
    """Stop on a wrong shape, a day outside its year, a day that is both, and a make-up working day on a weekday."""
    texts, years = [content.get("id"), content.get("source")], content.get("years")
    if len(content) != 3 or not all(isinstance(text, str) for text in texts) or not isinstance(years, dict):
        raise CalendarInvalid(
            "content",
            "应有 id、source（文字）和 years。",
            "it must have id, source (text) and years.",
            "请按 build_calendar 的形式提供。",
            "Give it as build_calendar makes it.",
        )
    for year, lists in years.items():
        if not (isinstance(year, str) and len(year) == 4 and year.isdecimal() and int(year) >= FIRST_YEAR):
            raise CalendarInvalid(
                repr(year),
                f"年度须为 {FIRST_YEAR} 或以后的四位数字。",
                f"a year is four digits, {FIRST_YEAR} or later.",
                "请改正年度。",
                "Correct the year.",
            )
        if not isinstance(lists, dict) or set(lists) != {"holidays", "workdays"}:
            raise CalendarInvalid(
                year,
                "应有且只有 holidays 和 workdays。",
                "it must have holidays and workdays and nothing else.",
                "没有日期时写空表 []。",
                "Write an empty list [] where there is no day.",
            )
        holidays, workdays = (_checked_days(year, lists[kind]) for kind in ("holidays", "workdays"))
        if both := holidays & workdays:
            raise CalendarInvalid(
                min(both).isoformat(),
                "同一天既是休息日又是上班日。",
                "the day is both a day off and a working day.",
                "请从一个表中删去。",
                "Remove it from one of the lists.",
            )
        if wrong := [day for day in workdays if day.weekday() < _SATURDAY]:
            raise CalendarInvalid(
                min(wrong).isoformat(),
                "调休上班日应为周六或周日。",
                "a make-up working day is a Saturday or Sunday.",
                "请从 workdays 中删去。",
                "Remove it from workdays.",
            )


def _checked_days(year: str, texts: object) -> set[date]:
    """The days that a list of `YYYY-MM-DD` names, all of that year and each once."""
    if not isinstance(texts, list):
        raise CalendarInvalid(
            year, "日期应写成表。", "the days must be a list.", "请写作 [...]。", "Write them as [...]."
        )
    days: set[date] = set()
    for text in texts:
        try:
            day = date.fromisoformat(str(text))
        except ValueError:
            day = None
        if day is None or day.isoformat() != text or f"{day.year:04d}" != year or day in days:
            raise CalendarInvalid(
                f"{year}: {text!r}",
                "不是该年度内的日期，或重复。",
                "not a date of that year, or there twice.",
                "请写作 YYYY-MM-DD，每天一次。",
                "Write YYYY-MM-DD, each day once.",
            )
        days.add(day)
    return days


def build_calendar(overlay_path: Path | None = None) -> Calendar:
    """The calendar of today's data: package `chinesecalendar`, merged with the operators' overlay, from 2021 on.

    `overlay_path` None means `holidays-overlay.toml` beside this module. A year of the overlay replaces the package's
    whole year, corrections change single days. The id follows from the last covered year and the days alone, so the
    same days make the same id. `CalendarInvalid` for a wrong overlay, `OSError` for one that cannot be read.
    """
    overlay_file = overlay_path or Path(__file__).with_name("holidays-overlay.toml")
    try:
        overlay = tomllib.loads(overlay_file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CalendarInvalid(
            overlay_file.name,
            f"不是 TOML 文本（{error}）。",
            f"is not TOML text ({error}).",
            "请对照文件内的说明改正。",
            "Correct it by the comments in the shipped file.",
        ) from None
    years = _package_years()
    sources = [f"chinesecalendar {version('chinesecalendar')}"]
    _merge(years, overlay, sources)
    listed = {str(y): {k: sorted(d.isoformat() for d in days[k]) for k in days} for y, days in sorted(years.items())}
    short_hash = hashlib.sha256(_canonical(listed)).hexdigest()[:8]
    return Calendar.from_content({"id": f"cn-{max(years)}-{short_hash}", "source": "; ".join(sources), "years": listed})


def _package_years() -> dict[int, dict[str, set[date]]]:
    """The package's days by year. A year without any holiday in its data is not covered."""
    constants = importlib.import_module("chinese_calendar.constants")
    years: dict[int, dict[str, set[date]]] = {}
    for kind in ("holidays", "workdays"):
        for day in getattr(constants, kind):
            if day.year >= FIRST_YEAR:
                years.setdefault(day.year, {"holidays": set(), "workdays": set()})[kind].add(day)
    return years


def _merge(years: dict[int, dict[str, set[date]]], overlay: Mapping[str, Any], sources: list[str]) -> None:
    """Put the overlay's years and corrections into `years`, and where they come from into `sources`."""
    if unknown := set(overlay) - {"years", "corrections"}:
        raise CalendarInvalid(
            min(unknown),
            "补充表中没有这一部分。",
            "the overlay knows no such part.",
            "只用 years 和 corrections。",
            "Use years and corrections only.",
        )
    for text, lists in overlay.get("years", {}).items():
        if not (text.isdecimal() and isinstance(lists, dict) and set(lists) - {"source"} == {"holidays", "workdays"}):
            raise CalendarInvalid(
                text,
                "年度应有 holidays 和 workdays。",
                "a year has holidays and workdays.",
                "没有日期时写空表 []。",
                "Write an empty list [] where there is no day.",
            )
        years[int(text)] = {kind: _checked_days(text, _plain(lists[kind])) for kind in ("holidays", "workdays")}
        sources.append(f"overlay {text}: {lists.get('source', '')}".rstrip(": "))
    for text, kind in overlay.get("corrections", {}).items():
        (day,) = _checked_days(text[:4], [text])
        if kind not in ("holiday", "workday", "ordinary") or day.year not in years:
            raise CalendarInvalid(
                text,
                f"不接受更正 {kind!r}，或该年度尚无数据。",
                f"correction {kind!r} is unknown, or its year has no data.",
                "请用 holiday、workday 或 ordinary；新年度写在 years 中。",
                "Use holiday, workday or ordinary; a new year goes under years.",
            )
        for name in ("holidays", "workdays"):
            years[day.year][name].discard(day)
            if name == f"{kind}s":
                years[day.year][name].add(day)
        sources.append(f"correction {text}: {kind}")


def _plain(days: object) -> object:
    """A list of TOML dates as the texts that a calendar's content holds; anything else as it is."""
    return [day.isoformat() if isinstance(day, date) else day for day in days] if isinstance(days, list) else days


@implements("R1")
def add_years(day: date, years: int) -> date:
    """The last day of a period of so many years after `day` (R1, Civil Code art.201-202).

    The same day of the same month, or the month's last day where it lacks it: 2024-02-29 and one year is 2025-02-28.
    Periods that would pass the year 9999 end on its last day.
    """
    if years < 0:
        raise ValueError(f"a period of {years} years: periods run forward, give 0 or more")
    if day.year + years > date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # only 29 February lacks its like in another year
        return day.replace(year=day.year + years, day=28)


@lru_cache(maxsize=65536)
@implements("art.12", "art.20", "R1", "R2", "R3")
def deadline(after: date, days: int, calendar: Calendar) -> Deadline:
    """The last day of a period of `days` days that the Measures set, beginning on the day after `after` (R1-R3).

    A last day that is a rest day or holiday moves to the next working day; the deadline is its end, 24:00 in Shanghai.
    """
    if days < 1:
        raise ValueError(f"a deadline of {days} days: give 1 or more")
    day = after + timedelta(days=days)
    provisional = not calendar.is_settled(day)
    while not calendar.is_working_day(day):
        day += _DAY
        provisional = provisional or not calendar.is_settled(day)
    return Deadline(day, provisional)
