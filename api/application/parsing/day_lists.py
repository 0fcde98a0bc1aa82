"""Days of one year as people write them: `1月1日至3日`, `2027-01-01 ~ 2027-01-03`, `2.14`, parted as one likes.

So a year's arrangement can be pasted from the notice of the State Council, its names of feasts before a colon and its
weekdays in brackets with it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from domain.errors import Invalid

MOST_CHARACTERS = 4_000
_WEEKDAY = r"(?:\s*\(?(?:周|星期|礼拜)[一二三四五六日天]\)?)?"
_FULL = (
    r"(?:(?P<{0}year>\d{{4}})\s*[年./-]\s*)?(?P<{0}month>\d{{1,2}})\s*[月./-]\s*(?P<{0}day>\d{{1,2}})\s*[日号]?"
    + _WEEKDAY
)
_ONE_OR_RANGE = re.compile(
    rf"{_FULL.format('a')}(?:\s*(?:至|到|~|—+|–|-+|\.\.+)\s*(?:{_FULL.format('b')}|(?P<only>\d{{1,2}})\s*[日号]{_WEEKDAY}))?"
)
_BETWEEN = " \t\r\n,，、;；。.和及"
_NAME = re.compile(r"(?m)^[^\d:]{1,20}:")
_DAY = timedelta(days=1)


def listed_days(text: str, year: int, pointer: str) -> list[date]:
    """The days that a text names, each once and in order. `pointer`: the field it stands in.

    Raises: Invalid for words that are no day, a day of another year, a range that runs backwards, a day named twice.
    """
    if len(text) > MOST_CHARACTERS:
        raise _wrong(f"超过 {MOST_CHARACTERS} 个字符", f"over {MOST_CHARACTERS} characters", pointer)
    rest = _NAME.sub(" ", unicodedata.normalize("NFKC", text)).lstrip(_BETWEEN)
    found: set[date] = set()
    while rest:
        match = _ONE_OR_RANGE.match(rest)
        if match is None:
            raise _unread(rest[:20].split("\n")[0], pointer)
        for day in _days(match, year, pointer):
            if day in found:
                raise _wrong(f"{day} 写了两次", f"{day} is named twice", pointer)
            found.add(day)
        rest = rest[match.end() :].lstrip(_BETWEEN)
    return sorted(found)


def _days(match: re.Match[str], year: int, pointer: str) -> list[date]:
    first = _day(match["ayear"], match["amonth"], match["aday"], year, match[0], pointer)
    if match["only"] is not None:
        last = _day(match["ayear"], match["amonth"], match["only"], year, match[0], pointer)
    elif match["bday"] is not None:
        last = _day(match["byear"], match["bmonth"], match["bday"], year, match[0], pointer)
    else:
        last = first
    if last < first:
        raise _wrong(f"“{match[0].strip()}”的末日早于首日", f"{match[0].strip()!r} ends before it begins", pointer)
    return [first + _DAY * number for number in range((last - first).days + 1)]


def _day(said: str | None, month: str, day: str, year: int, words: str, pointer: str) -> date:
    if said is not None and int(said) != year:
        raise _wrong(
            f"“{words.strip()}”不在 {year} 年度内",
            f"{words.strip()!r} is not in {year}",
            pointer,
            f"只填 {year} 年的日子；跨年的假期，上一年的几天在上一年度里填写",
            f"Give days of {year} only; those of the year before belong to that year.",
        )
    try:
        return date(year, int(month), int(day))
    except ValueError:
        raise _wrong(f"{year} 年没有“{words.strip()}”这一天", f"{year} has no day {words.strip()!r}", pointer) from None


def _unread(words: str, pointer: str) -> Invalid:
    return _wrong(
        f"看不懂“{words.strip()}”",
        f"{words.strip()!r} is no day",
        pointer,
        "请写作“1月1日至3日”或 2027-01-01，每行一段，也可用逗号隔开",
        "Write 1月1日至3日 or 2027-01-01, one a line or with commas between.",
    )


def _wrong(text: str, text_en: str, pointer: str, remedy: str = "", remedy_en: str = "") -> Invalid:
    return Invalid(text, text_en, ("R2",), remedy, remedy_en, pointer)
