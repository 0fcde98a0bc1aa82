"""Small values that every layer shares: instants, Shanghai dates, identifiers, tiers and grades."""

from __future__ import annotations

import os
import re
import time
import unicodedata
import uuid
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from stdnum.cn.uscc import calc_check_digit

from domain.folding import category_fold

SHANGHAI = ZoneInfo("Asia/Shanghai")

Instant = str
"""A UTC instant as fixed-width text, `YYYY-MM-DDTHH:MM:SS.ffffffZ`: it sorts as text exactly as it sorts in time."""

FOREVER: Instant = "9999-12-31T23:59:59.999999Z"


Bilingual = tuple[str, str]
"""A text for people, in Chinese and in English."""


class Tier(StrEnum):
    """Sanction tier (惩戒等级, art.17), from none to blacklisted."""

    NONE = "none"
    RECORDED = "recorded"
    WARNED = "warned"
    BLACKLISTED = "blacklisted"


TIER_LABELS = {Tier.NONE: "无", Tier.RECORDED: "记录备案", Tier.WARNED: "警示提醒", Tier.BLACKLISTED: "黑名单"}
TIER_RANK = {tier: rank for rank, tier in enumerate(Tier)}


class Grade(StrEnum):
    """Grade of a year's assessment (考评结果, annex1 note 3), best first."""

    EXCELLENT = "excellent"
    QUALIFIED = "qualified"
    UNQUALIFIED = "unqualified"


GRADE_LABELS = {Grade.EXCELLENT: "优秀", Grade.QUALIFIED: "合格", Grade.UNQUALIFIED: "不合格"}
GRADE_RANK = {grade: rank for rank, grade in enumerate(Grade)}


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def instant(moment: datetime) -> Instant:
    """The fixed-width text of an aware `moment`, in UTC with microseconds (api.md)."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: Instant) -> datetime:
    """The aware datetime that an `Instant` stands for; `ValueError` for any other text."""
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(f"no instant of the form 2026-01-01T00:00:00.000000Z: {text!r}")
    return datetime.fromisoformat(text)


def next_instant(clock: datetime, last: Instant | None) -> Instant:
    """`greatest(clock, last + 1 µs)`: strictly increasing within one stream whatever the clock does (events.md)."""
    now = instant(clock)
    if last is None or now > last:
        return now
    return instant(moment(last) + timedelta(microseconds=1))


def shanghai_date(when: Instant) -> date:
    """The calendar date in Asia/Shanghai on which an instant falls."""
    return moment(when).astimezone(SHANGHAI).date()


def midnight(day: date) -> Instant:
    """The instant at which a day in Asia/Shanghai begins."""
    return instant(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI))


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def new_id() -> str:
    """A new identifier: UUID version 7 (RFC 9562), so that ids made later sort later and stay together in an index."""
    return time_ordered_id(time.time_ns() // 1_000_000, os.urandom(10))


def time_ordered_id(milliseconds: int, randomness: bytes) -> str:
    """UUID version 7 from a Unix time in milliseconds and ten random bytes."""
    raw = bytearray(milliseconds.to_bytes(6, "big") + randomness)
    raw[6] = 0x70 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return str(uuid.UUID(bytes=bytes(raw)))


_STREAMS = uuid.UUID("5b3a1d1c-4c2e-5d7a-9e0b-0a6d1f2c7e11")


@lru_cache(maxsize=65536)
def stream_id(stream: str) -> uuid.UUID:
    """The `originator_id` of a stream named like `agency/USCC`: derived, so that it needs no look-up. For ever."""
    return uuid.uuid5(_STREAMS, stream)


def agency_stream(uscc: str) -> str:
    """The stream of an agency's events."""
    return f"agency/{uscc}"


def assessment_stream(year: int) -> str:
    """The stream of a year's assessment of the whole district: its publication, revisions of ranks, closing."""
    return f"assessment/{year}"


LEDGER_STREAM = "ledger"


_USCC = re.compile(r"[0-9ANY][0-9]{7}[0-9A-HJ-NP-RTUWXY]{10}", re.ASCII)
"""Registering department (A, N and Y since 2017: the forces, rural collective organisations, others), kind of body,
six digits of the region, nine of the body itself, the check digit (GB 32100)."""
_USCC_CHARACTERS = 18


@lru_cache(maxsize=20_000)
def normal_uscc(text: str) -> str:
    """The canonical 统一社会信用代码; `ValueError` when its form or check digit (GB 32100-2015) is wrong.

    Width, case, spaces, dashes and what nobody sees are no part of it: people copy codes from everywhere.
    """
    code = re.sub("[-‐‑–—]", "", category_fold(text)).upper()
    if len(code) != _USCC_CHARACTERS:
        raise ValueError("The number has an invalid length.")
    if not _USCC.fullmatch(code):
        raise ValueError("The number has an invalid format.")
    if code[-1] != calc_check_digit(code):
        raise ValueError("The number's checksum or check digit is invalid.")
    return code


def loose_uscc(text: str) -> str:
    """The canonical code where the text is one; else the text as it is: what it names, nobody knows."""
    try:
        return normal_uscc(text)
    except ValueError:
        return text


def normal_text(text: str) -> str:
    """What is compared where two texts must count as the same (an honour's reason, a certificate number)."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def exact_text(value: Fraction) -> str:
    """A rational as `"124/3"` or `"41"`: nothing is lost (R26)."""
    return str(value)


def rounded(value: Fraction) -> str:
    """Two decimals, half up (away from zero for negatives, so that -x shows as the mirror of x), for showing (R26)."""
    sign = "-" if value < 0 else ""
    cents = (abs(value) * 100 + Fraction(1, 2)).__floor__()
    text = f"{cents // 100}.{cents % 100:02d}"
    return text if cents == 0 else sign + text


def rounded_and_exact(value: Fraction) -> tuple[str, str]:
    """As R26 shows a component, in both languages, with the exact value where rounding lost some: `56.67 (170/3)`."""
    shown, exact = rounded(value), exact_text(value)
    return (shown, shown) if (value * 100).denominator == 1 else (f"{shown}（{exact}）", f"{shown} ({exact})")


def score_of_record(total: Fraction) -> Fraction:
    """The exact total rounded half up to two decimals, once: what grade and rank compare (R26)."""
    return Fraction((total * 100 + Fraction(1, 2)).__floor__(), 100)


class Role(StrEnum):
    """Who speaks (api.md, Conventions)."""

    ASSOCIATION = "association"
    COMMITTEE = "committee"
    REGULATOR = "regulator"
    AGENCY = "agency"
    CLIENT = "client"
    AUDITOR = "auditor"
    ADMIN = "admin"


ROLE_NAMES = {
    Role.ASSOCIATION: ("协会", "association"),
    Role.COMMITTEE: ("专业委员会", "committee"),
    Role.REGULATOR: ("监管部门", "regulator"),
    Role.AGENCY: ("服务机构", "agency"),
    Role.CLIENT: ("生产经营单位", "client"),
    Role.AUDITOR: ("审计", "auditor"),
    Role.ADMIN: ("管理员", "administrator"),
}
"""What people call each role, in Chinese and English."""
