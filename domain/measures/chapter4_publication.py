"""Chapter 4 of the Measures, a year published and closed: what may be published, and when it is final (art.19-20)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from domain.errors import Contradiction, Invalid, already, not_after
from domain.events import YearClosed, YearPublished
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements

PARTS = {"quality": "服务质量（满意度调查）", "effect": "服务效果评分"}
"""The parts of a sheet that can be missing and waived (R25)."""


class YearResult(NamedTuple):
    """What of an agency's sheet decides whether the year may be published."""

    uscc: str
    name: str
    is_graded: bool
    """Whether it is a result: of who was assessed, or is unqualified without being so (R28, R29)."""
    is_assessed: bool
    missing: tuple[str, ...]
    """Parts of which nothing has come in: `quality`, `effect`."""
    survey_unclosed: bool
    """Whether its survey has forms that count and is not closed (R12)."""


# ---- publishing ----


@implements("art.19", "R32", "R45")
def may_be_published(
    year: int,
    published: YearPublished | None,
    published_on: date,
    meeting_on: date,
    today: date,
    rulebooks: Rulebooks,
    *,
    explained: bool,
) -> None:
    """Refuse a second publication, one before the year is over, in the future, or dated back without a word why.

    A year before the Measures has no assessment (art.28, R20). `published`: the publication that stands;
    `explained`: whether it says why it is dated back.
    Raises: Contradiction, Invalid.
    """
    _must_be_in_force(year, rulebooks)
    if published is not None:
        raise already(
            f"{year} 年度考评结果已于 {published.occurred_on} 公布",
            f"the results of {year} were published on {published.occurred_on}",
            "art.19",
            "R32",
        )
    last = rulebooks.span_of(year)[1]
    for field, day in (("published_on", published_on), ("meeting_on", meeting_on)):
        not_after(field, day, today)
    if published_on <= last:
        raise Invalid(
            f"公布日期为 {published_on}，考评年度 {year} 到 {last} 才结束",
            f"published on {published_on}: the assessment year {year} ends only on {last}",
            cites=("art.19", "R32"),
            remedy="请在年度结束之后公布",
            remedy_en="Publish after the year is over.",
            pointer="/published_on",
        )
    if meeting_on <= last:
        raise Invalid(
            f"会议日期为 {meeting_on}，考评年度 {year} 到 {last} 才结束",
            f"the meeting was on {meeting_on}: the assessment year {year} ends only on {last}",
            cites=("art.19", "R32"),
            remedy="考评工作会议在年度结束之后召开：请核对会议日期",
            remedy_en="The committee meets after the year is over: check its date.",
            pointer="/meeting_on",
        )
    if meeting_on > published_on:
        raise Invalid(
            f"会议日期（{meeting_on}）晚于公布日期（{published_on}）",
            f"the meeting ({meeting_on}) lies after the publication ({published_on})",
            cites=("art.19", "R32"),
            remedy="先开会，后公布：请核对两个日期",
            remedy_en="The meeting comes first: check the two dates.",
            pointer="/meeting_on",
        )
    if published_on < today and not explained:
        raise Invalid(
            f"公布日期（{published_on}）早于今天（{today}），没有写明理由",
            f"it is dated {published_on}, before today ({today}), and does not say why",
            cites=("art.20", "R45"),
            remedy="公布以作出之日为准：请填今天，或写明填较早日期的理由",
            remedy_en="A publication is dated the day on which it is made: give today, or say why not in reason.",
            pointer="/published_on",
        )


def _must_be_in_force(year: int, rulebooks: Rulebooks) -> None:
    if rulebooks.span_of(year)[1] < rulebooks.first_day:
        raise Invalid(
            f"{year} 年没有考评：办法自 {rulebooks.first_day} 起施行",
            f"there is no assessment of {year}: the Measures are in force from {rulebooks.first_day}",
            cites=("art.28", "R20"),
            remedy="请填写施行之后的年度",
            remedy_en="Give a year from then on.",
        )


def must_be_publishable(year: int, results: Sequence[YearResult], waivers: Sequence[tuple[str, str]]) -> None:
    """Refuse the whole publication where a survey stands open, nothing is there, or a part is missing and not waived.

    `waivers`: agency and part, in the order of the decision. Raises: Contradiction, Invalid.
    """
    _must_be_closed(year, results)
    _must_be_complete(year, results, waivers)


@implements("art.16(8)", "R12", "R32")
def _must_be_closed(year: int, results: Sequence[YearResult]) -> None:
    """Refuse it all while a survey with forms stands unclosed, with the list; that is no part to be waived."""
    unclosed = tuple(
        ("", f"{one.name}（{one.uscc}）的调查未截止", f"the survey of {one.uscc} is not closed")
        for one in results
        if one.survey_unclosed
    )
    if unclosed:
        raise Contradiction(
            f"{len(unclosed)} 家机构的 {year} 年度满意度调查已有调查表而未截止，全部不予公布",
            f"{len(unclosed)} surveys of {year} have forms and are not closed: nothing is published",
            cites=("art.16(8)", "art.23", "R12"),
            remedy="请先截止这些调查（survey-closings），再公布",
            remedy_en="Close these surveys first (survey-closings), then publish.",
            more=unclosed,
        )


@implements("R45")
def nothing_to_publish(year: int) -> Contradiction:
    """The refusal of a publication without any result."""
    return Contradiction(
        f"{year} 年度没有一家机构有考评结果：没有可公布的内容，而公布不可撤回",
        f"no agency has a result in {year}: there is nothing to publish, and it could not be undone",
        cites=("art.19", "R32", "R45"),
        remedy="请核对年度；先登记备案、项目和评价",
        remedy_en="Check the year; record filings, projects and scores first.",
    )


@implements("R25", "R32")
def _must_be_complete(year: int, results: Sequence[YearResult], waivers: Sequence[tuple[str, str]]) -> None:
    """Refuse it all where a sheet lacks a part that the committee has not waived, with the list."""
    known = {one.uscc for one in results if one.is_graded}
    if not known:
        raise nothing_to_publish(year)
    for place, (uscc, _) in enumerate(waivers):
        if uscc not in known:
            raise Invalid(
                f"{uscc} 不在本年度的考评结果之中",
                f"{uscc} is not among the results of this year",
                cites=("R25",),
                remedy="请核对代码",
                remedy_en="Check the code.",
                pointer=f"/waivers/{place}/uscc",
            )
    lacking = tuple(_lacking(results, set(waivers)))
    if lacking:
        raise Contradiction(
            f"{len(lacking)} 项缺失且未经委员会豁免，全部不予公布",
            f"{len(lacking)} parts are missing and not waived: nothing is published",
            cites=("art.19", "R25", "R32"),
            remedy="请补录，或在 waivers 中逐项写明理由",
            remedy_en="Record what is missing, or waive each with a reason in waivers.",
            more=lacking,
        )


def _lacking(results: Iterable[YearResult], waived: Collection[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for one in results:
        for part in one.missing if one.is_assessed else ():
            if (one.uscc, part) not in waived:
                yield "/waivers", f"{one.name}（{one.uscc}）缺{PARTS[part]}", f"{one.uscc} lacks {part}"


# ---- closing ----


@implements("R36")
def may_be_closed(
    year: int,
    published: YearPublished | None,
    closed: YearClosed | None,
    closed_on: date,
    today: date,
    deadlines: Iterable[date],
    open_appeals: Iterable[str],
) -> None:
    """Refuse to close before the publication, within a window, or over an open appeal. Raises: Contradiction, Invalid.

    `published`, `closed`: what stands; `deadlines`: the last days to appeal against the standing results;
    `open_appeals`: ids of those not decided.
    """
    if published is None:
        raise Contradiction(
            f"{year} 年度考评结果尚未公布",
            f"the results of {year} have not been published",
            cites=("R36",),
            remedy="请先公布",
            remedy_en="Publish them first.",
        )
    if closed is not None:
        raise already(
            f"{year} 年度已于 {closed.occurred_on} 办结", f"the year {year} was closed on {closed.occurred_on}", "R36"
        )
    not_after("closed_on", closed_on, today)
    last = max(deadlines, default=published.deadline)
    if closed_on <= last:
        raise Contradiction(
            f"异议期到 {last} 为止，{closed_on} 尚不能办结",
            f"appeals can be filed until {last}: too early to close",
            cites=("art.20", "R36"),
            remedy=f"请在 {last} 之后办结",
            remedy_en=f"Close it after {last}.",
            pointer="/closed_on",
        )
    waiting = list(open_appeals)
    if waiting:
        raise Contradiction(
            f"还有 {len(waiting)} 件异议未办结（{'、'.join(waiting[:5])}）",
            f"{len(waiting)} appeals are open ({', '.join(waiting[:5])})",
            cites=("R36",),
            remedy="请先对每件异议作出决定",
            remedy_en="Decide each of them first.",
        )
