"""The public lists as news feeds (RFC 4287): what is in them, before it becomes XML.

Ids follow from the list and the USCC, so that an entry stays the same one wherever it is served; `updated` is when the
ledger learned of what an entry shows, never the time of asking. Only what `public.py` shows is in them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from domain.values import Instant, shanghai_date
from projections.answers.registers import (
    BlacklistedAgency,
    PublicQualification,
    PublicResultShown,
    PublishedRevision,
    RegisteredAgency,
)
from projections.public.public import Noted, Public, PublicResult, result_item
from projections.rows.read.register import Left, RegisterFilter

Item = TypeVar("Item", RegisteredAgency, BlacklistedAgency, PublicResultShown)
MOST_ENTRIES = 100
"""The newest ones: a feed brings news, the list itself has them all."""
MOST_CHARACTERS = 1000
"""Of one line of an entry."""
_IDS = uuid.UUID("d0b2f7d7-3646-4b2a-be3c-fd3a3f8f1a30")
_ASSOCIATION, _COMMITTEE = "区安协", "安全生产服务专业委员会"
_INVENTED = "【演示数据 demonstration】"


class FeedEntry(NamedTuple):
    """One agency in a feed; `lines` are labels with what they say."""

    id: str
    title: str
    updated: Instant
    category: str | None
    lines: list[tuple[str, str]]


class Feed(NamedTuple):
    """A feed. `path` and `list_path` lead to itself and to the list that it is of, without scheme and host."""

    id: str
    title: str
    author: str
    updated: Instant
    path: str
    list_path: str
    entries: list[FeedEntry]


def agencies_feed(public: Public, category: str | None = None, q: str | None = None) -> Feed:
    """The register's newest entries: agencies filed last, or whose shown particulars changed last (art.9)."""
    noted = public.agencies(RegisterFilter(MOST_ENTRIES, category=category, q=q), newest_first=True)
    filters = {name: value for name, value in (("category", category), ("q", q)) if value is not None}
    return _feed("agencies", "备案服务机构 Agencies on file", _ASSOCIATION, _echo(public), noted, filters)


def blacklist_feed(public: Public) -> Feed:
    """The blacklist's newest entries (art.17(3)), and who has left it, or nobody would learn of that."""
    noted = public.blacklist(RegisterFilter(MOST_ENTRIES), newest_first=True)
    echo = _echo(public)
    feed = _feed("blacklist", "黑名单 Blacklist", _ASSOCIATION, echo, noted)
    mark = _INVENTED if echo.get("demonstration") else ""
    left = [_leaving(one, mark) for one in public.left_the_blacklist(MOST_ENTRIES)]
    entries = sorted([*feed.entries, *left], key=lambda one: one.updated, reverse=True)[:MOST_ENTRIES]
    return feed._replace(entries=entries, updated=max((one.updated for one in entries), default=feed.updated))


def _leaving(one: Left, mark: str) -> FeedEntry:
    lines = [
        (_LABELS["uscc"], one.uscc),
        (_LABELS["category"], one.category),
        ("不再列入，自 not listed since", shanghai_date(one.at).isoformat()),
        ("原因 why", _ANNULLED if one.annulled else _OVER),
    ]
    title = f"{mark}{one.name}：不再列入黑名单 no longer on the blacklist"
    return FeedEntry(_id(f"blacklist/{one.uscc}/left/{one.at}"), title, one.at, one.category, lines)


def results_feed(rows: Sequence[PublicResult], year: int, echo: Mapping[str, Any], begun_at: Instant) -> Feed:
    """The newest published and revised results of a year (art.19). `begun_at`: the feed's date when it is empty."""
    title = f"{year} 年度诚信考评结果 Results of {year}"
    noted = newest_results(rows, MOST_ENTRIES)
    return _feed(f"results/{year}", title, _COMMITTEE, {**echo, "begun_at": begun_at}, noted)


def _echo(public: Public) -> Mapping[str, Any]:
    return {**public.echo(), "begun_at": public.begun_at()}


def _feed(
    name: str,
    title: str,
    author: str,
    echo: Mapping[str, Any],
    noted: Iterable[Noted[Item]],
    filters: dict[str, str] | None = None,
) -> Feed:
    mark = _INVENTED if echo.get("demonstration") else ""
    query = f"?{urlencode(filters)}" if filters else ""
    entries = [
        FeedEntry(_id(f"{name}/{item.uscc}"), f"{mark}{item.name}", known_from, item.category, _lines(item))
        for item, known_from in noted
    ]
    updated = max((one.updated for one in entries), default=echo["begun_at"])
    path = f"/v1/public/{name}"
    return Feed(_id(f"{name}{query}"), mark + title, author, updated, f"{path}.atom{query}", f"{path}{query}", entries)


def _id(name: str) -> str:
    return uuid.uuid5(_IDS, name).urn


_ANNULLED = "列入的依据已撤销 what had put it there was annulled"
_OVER = "期满或已移出 its term is over, or it was taken off"
_LABELS = {
    "uscc": "统一社会信用代码 USCC",
    "category": "服务机构类型 category",
    "filed_since": "备案自 on file since",
    "scope": "服务范围 scope",
    "address": "地址 address",
    "qualifications": "资质 qualifications",
    "since": "列入日 blacklisted since",
    "until": "截止日 until",
    "article": "依据 article",
    "label": "考评结果 grade",
    "total": "得分 total",
    "rank": "同类型排名 rank in its category",
    "published_on": "公布日 published on",
    "deadline": "可提出异议至 appeals until",
}
"""What an entry says, in this order; an item has some of them."""


def _lines(item: RegisteredAgency | BlacklistedAgency | PublicResultShown) -> list[tuple[str, str]]:
    shown = ((label, getattr(item, name, None)) for name, label in _LABELS.items())
    lines = [(label, _said(value)) for label, value in shown if value not in (None, ())]
    if not isinstance(item, PublicResultShown):
        return lines
    lines += [("直接认定不合格 unqualified by art.25", _KINDS[one.kind]) for one in item.override or ()]
    lines += [(f"豁免 waived: {_PARTS[one.part]}", _short(one.reason)) for one in item.waivers or ()]
    if item.appeal_pending:
        lines.append(("异议 appeal", "有异议尚未办结 an appeal is pending"))
    return [*lines, *map(_revision, item.revisions or ())]


_KINDS = {"blacklisted": "列入黑名单 blacklisted", "penalty": "行政处罚 penalty"}
_PARTS = {"quality": "服务质量 quality", "effect": "服务效果 effect"}
_WHY = {"appeal": "异议成立 an appeal", "late_fact": "迟到的事实 a late fact", "rank": "名次变动 moved ranks"}


def _revision(one: PublishedRevision) -> tuple[str, str]:
    """When a result was revised, what for, and what that changed (R34)."""
    changed = "；".join(f"{row.field}: {row.before} → {row.after}" for row in one.changed)
    return f"修订 revised {one.published_on}", _short(f"{_WHY[one.because_of]}：{changed or '—'}")


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _said(value: Any) -> str:
    if not isinstance(value, tuple):
        return str(value)
    said = "、".join(one if isinstance(one, str) else _qualification(one) for one in value)
    return _short(said)


def _qualification(one: PublicQualification) -> str:
    return one.name if one.valid_until is None else f"{one.name}（至 until {one.valid_until}）"


def newest(rows: Sequence[PublicResult], most: int) -> list[PublicResult]:
    """The results that the ledger recorded last, the newest first."""
    by_known = sorted(rows, key=lambda one: one.uscc)
    by_known.sort(key=lambda one: one.known_from, reverse=True)
    return by_known[:most]


def newest_results(rows: Sequence[PublicResult], most: int) -> list[Noted[PublicResultShown]]:
    """The newest as items of a list."""
    return [Noted(result_item(one), one.known_from) for one in newest(rows, most)]
