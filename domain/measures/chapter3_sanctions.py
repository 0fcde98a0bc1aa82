"""Chapter 3 of the Measures, sanctions: bad records (art.16), the three-step ladder (art.17), accidents (art.18)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from domain.events import (
    AccidentLiabilityFound,
    AgencyDelisted,
    BadRecordEntered,
    ComplaintUpheld,
    Event,
    FactsInherited,
    ProjectStarted,
    SurveyClosed,
)
from domain.measures.annex2_survey import counted_forms, satisfaction
from domain.measures.around.successions import InheritedUpheld, inherited, inherited_complaints, inherited_once, of_whom
from domain.measures.calendar import add_years
from domain.measures.chapter2_filing import ONE_DAY
from domain.measures.chapter3_business import served
from domain.measures.rulebook.rulebook import Rulebook, Rulebooks, assessment_year_of, year_span
from domain.measures.text.implements import implements
from domain.trail.trail import Facts
from domain.values import TIER_RANK, Tier, rounded_and_exact

_BY_DATE = attrgetter("occurred_on")


@dataclass(frozen=True)
class BadRecord:
    """One 不良信息: entered by the association, or made by a decision or a closing by itself (R12)."""

    behaviour: str
    day: date
    year: int
    """The assessment year that bears it: of its day, for 16.8 the surveyed year."""
    events: tuple[str, ...]
    text: str
    text_en: str
    version: int
    beside: str | None = None
    """Of a 16.8 or 16.12 entered by hand: what made the same record by itself, if anything did."""
    ended_on: date | None = None
    """The day from which that one stands in its place: the same ground counts once (R12)."""
    origin: str | None = None
    """Of an inherited one the fact that made it, at the agency where it was made (R43)."""


@implements(
    *(f"art.16({n})" for n in ("1", "2", "3", "4", "5a", "5b", "6", "7", "8", "9", "10", "11", "12", "13")),
    "art.16",
    "R11",
    "R12",
)
def bad_records(facts: Facts, rulebooks: Rulebooks) -> list[BadRecord]:
    """记不良信息一次: every bad record up to `as_of`, by date. None before the Measures were in force (R4)."""
    return [
        record
        for record in all_records(facts, rulebooks)
        if record.day >= rulebooks.first_day and (record.ended_on is None or facts.as_of < record.ended_on)
    ]


def all_records(facts: Facts, rulebooks: Rulebooks) -> list[BadRecord]:
    """Every bad record up to `as_of`, by date, with those that are shown and do not count.

    Those are the ones before the Measures (R4), and the ones in whose place another stands (R12b).
    """
    every = facts.trail.remember(
        ("bad records", rulebooks), lambda: _all_records(Facts(facts.trail, date.max), rulebooks)
    )
    return every[: bisect_right(every, facts.as_of, key=lambda record: record.day)]


def _all_records(facts: Facts, rulebooks: Rulebooks) -> list[BadRecord]:
    records = [
        BadRecord(
            behaviour=entered.behaviour,
            day=entered.occurred_on,
            year=_year(entered.occurred_on, rulebooks),
            events=(entered.id,),
            text=f"不良信息 {entered.behaviour}，{entered.occurred_on} 记录",
            text_en=f"bad record {entered.behaviour}, entered on {entered.occurred_on}",
            version=entered.version,
        )
        for entered in facts.of(BadRecordEntered)
    ]
    derived = [*_of_complaints(facts, rulebooks), *_of_surveys(facts, rulebooks)]
    found = [*_once(records, derived, rulebooks), *derived, *_of_predecessors(facts)]
    return sorted(found, key=lambda record: (record.day, record.version))


@implements("art.12", "R43")
def _of_predecessors(facts: Facts) -> Iterator[BadRecord]:
    """Inherited ones: each from its own day on, but not before the succession."""
    for one, each in inherited_once(facts, lambda one: one.records):
        whose, whose_en = of_whom(one)
        yield BadRecord(
            behaviour=each.behaviour,
            day=max(each.day, one.occurred_on),
            year=each.year,
            events=(one.id,),
            text=f"{whose}：不良信息 {each.behaviour}，{each.day} 记录",
            text_en=f"{whose_en}: bad record {each.behaviour} of {each.day}",
            version=one.version,
            origin=each.origin or None,
        )


@implements("R12", "R12b")
def _once(entered: list[BadRecord], derived: list[BadRecord], rulebooks: Rulebooks) -> list[BadRecord]:
    """The entered ones; those of 16.8 and 16.12 are paired with derived ones of the same ground, in order of days.

    An upheld complaint takes the place of a 16.12 of its year; a survey with a low mean that of a 16.8 of the surveyed
    year or the next, in which it is usually closed. From the later of the two days on only the derived one counts.
    """
    left = sorted((one for one in derived if one.day >= rulebooks.first_day), key=lambda one: (one.day, one.version))
    found = []
    for record in sorted(entered, key=lambda one: (one.day, one.version)):
        pair = next((one for one in left if _same_ground(record, one)), None)
        if pair is not None and record.day >= rulebooks.first_day:
            left.remove(pair)
            record = replace(record, beside=pair.events[0], ended_on=max(record.day, pair.day))
        found.append(record)
    return found


def _same_ground(entered: BadRecord, derived: BadRecord) -> bool:
    if entered.behaviour != derived.behaviour:
        return False
    return derived.year == entered.year or (derived.behaviour == "16.8" and derived.year == entered.year - 1)


@implements("art.16(12)", "R12", "R15")
def _of_complaints(facts: Facts, rulebooks: Rulebooks) -> list[BadRecord]:
    """被企业举报或投诉，经核实情况属实: an upheld complaint makes one of 16.12, whatever its grounds."""
    return [
        BadRecord(
            behaviour="16.12",
            day=upheld.occurred_on,
            year=_year(upheld.occurred_on, rulebooks),
            events=(upheld.id,),
            text=f"投诉于 {upheld.occurred_on} 经核实属实，记不良信息 16.12",
            text_en=f"complaint upheld on {upheld.occurred_on}: bad record 16.12",
            version=upheld.version,
        )
        for upheld in facts.of(ComplaintUpheld)
    ]


@implements("art.16(8)", "R12", "R12a")
def _of_surveys(facts: Facts, rulebooks: Rulebooks) -> list[BadRecord]:
    """满意度得分 70 分以下（不含本数）: closing a year's survey with a mean under 70 makes one of 16.8."""
    records = []
    for closing in facts.of(SurveyClosed):
        if year_span(closing.year, rulebooks)[1] < rulebooks.first_day:
            continue  # a year that was over before the Measures were in force (R4)
        rulebook = rulebooks.for_sheet(closing.year, closing.occurred_on)
        on_the_day = Facts(facts.trail, closing.occurred_on)
        forms, _ = counted_forms(on_the_day, closing.year, rulebooks)
        mean = satisfaction(forms, rulebook)
        floor = rulebook.survey.satisfaction_floor
        if mean is None or mean >= floor:
            continue
        shown, shown_en = rounded_and_exact(mean)
        records.append(
            BadRecord(
                behaviour="16.8",
                day=closing.occurred_on,
                year=closing.year,
                events=(closing.id,),
                text=f"{closing.year} 年度满意度均分为 {shown}，低于 {floor} 分（不含本数），记不良信息 16.8",
                text_en=f"mean satisfaction of {closing.year} is {shown_en}, under {floor}: bad record 16.8",
                version=closing.version,
            )
        )
    return records


def _year(day: date, rulebooks: Rulebooks) -> int:
    return assessment_year_of(day, rulebooks.on(day))


@dataclass(frozen=True)
class Tag:
    """标签: what a counted complaint adds to the agency's file on the day it is upheld (art.17, R16)."""

    tier: Tier
    first_day: date
    last_day: date | None
    """None: no end."""
    event: str
    because: tuple[str, ...]
    """The decisions counted for it, its own included."""
    released_on: date | None = None
    """The day of the delisting that ended it (R16, by_decision)."""
    added_on: date | None = None
    """Of an inherited tag the day on which it was added at the predecessor (R43)."""


Upheld = ComplaintUpheld | InheritedUpheld


def counted_complaints(facts: Facts, rulebook: Rulebook, rulebooks: Rulebooks) -> list[Upheld]:
    """有效投诉 that count for the ladder: upheld on the grounds that open art.17 (counted_complaints, R15).

    Those of predecessors with them (R43), by date.
    """
    every = rulebook.ladder.counted_complaints == "all"
    own, of_others = facts.of(ComplaintUpheld), inherited_complaints(facts)
    upheld: list[Upheld] = sorted([*own, *of_others], key=_place) if of_others else [*own]
    return [
        one
        for one in upheld
        if one.occurred_on >= rulebooks.first_day and (every or one.verified_grounds in rulebook.ladder.counted_grounds)
    ]


def _counts_on(one: Upheld, day: date) -> bool:
    return not isinstance(one, InheritedUpheld) or one.counts_from <= day


def _place(event: Event | InheritedUpheld) -> tuple[date, int]:
    return event.occurred_on, event.version


def _within_a_year(
    complaints: list[Upheld], day: date, rulebook: Rulebook, restarted: tuple[date, int] = (date.min, 0)
) -> list[Upheld]:
    """一年内累计: V counts on day D when V <= D <= V + 1 year (R1, R16), of those after the count was restarted."""
    years = rulebook.ladder.window_years
    last = bisect_right(complaints, day, key=_BY_DATE)
    first = bisect_left(complaints, day, key=lambda one: add_years(one.occurred_on, years))
    return [one for one in complaints[first:last] if _place(one) > restarted and _counts_on(one, day)]


@implements("art.17", "art.17(1)", "art.17(2)", "art.17(3)", "R1", "R16")
def tags(facts: Facts, rulebook: Rulebook, rulebooks: Rulebooks) -> list[Tag]:
    """一次…记录备案，一年内累计有两次…警示提醒，三次…黑名单: the tag of every counted complaint, in their order.

    So whoever has had one has the tag 记录备案 of the first, however many more there were, on the same day or later.
    """
    if rulebook.ladder.tag_term == "by_decision":  # a later delisting ends an earlier tag
        return _tags(facts, rulebook, rulebooks)
    every = facts.trail.remember(
        ("tags", rulebook, rulebooks), lambda: _tags(Facts(facts.trail, date.max), rulebook, rulebooks)
    )
    return every[: bisect_right(every, facts.as_of, key=lambda tag: tag.first_day)]


def _tags(facts: Facts, rulebook: Rulebook, rulebooks: Rulebooks) -> list[Tag]:
    complaints = counted_complaints(facts, rulebook, rulebooks)
    ladder = rulebook.ladder.tiers
    found: list[Tag] = []
    for event in _complaints_and_releases(facts, rulebook, complaints):
        day = event.occurred_on
        if isinstance(event, FactsInherited):
            found += _inherited_tags(event)
            continue
        if isinstance(event, AgencyDelisted):
            found = [_released(tag, day) if _is_listed(tag, day) else tag for tag in found]
            continue
        restarted = _restarted(facts, rulebook, found, _place(event))
        within = [
            one for one in _within_a_year(complaints, day, rulebook, restarted) if _place(one) <= _place(event)
        ]  # those upheld on one day count one after the other: the first of two is 一次 (R16)
        tier = Tier(ladder[min(len(within), len(ladder)) - 1])
        found.append(Tag(tier, day, _last_day(rulebook, tier, day), event.id, tuple(one.id for one in within)))
    return found


def _complaints_and_releases(
    facts: Facts, rulebook: Rulebook, complaints: list[Upheld]
) -> list[Upheld | AgencyDelisted | FactsInherited]:
    """What adds and ends tags, in the order in which it happened: complaints, what was inherited, and the delistings

    where the rulebook releases by decision. A predecessor's complaint from before the succession adds none here: the
    tag that it had added there is inherited.
    """
    releases = facts.of(AgencyDelisted) if rulebook.ladder.tag_term == "by_decision" else []
    adding = [one for one in complaints if not isinstance(one, InheritedUpheld) or one.adds_tag]
    return sorted([*adding, *inherited(facts), *releases], key=_place)


@implements("art.12", "art.17", "R43")
def _inherited_tags(one: FactsInherited) -> list[Tag]:
    """The tags that stood at the predecessor: here from the succession on, to their own last day."""
    id_, day = one.id, one.occurred_on
    return [Tag(Tier(t.tier), t.here_from or day, t.last_day, id_, (id_,), added_on=t.added_on) for t in one.tags]


def _is_listed(tag: Tag, day: date) -> bool:
    return tag.tier is Tier.BLACKLISTED and tag.first_day <= day and tag.last_day is None


def _released(tag: Tag, day: date) -> Tag:
    return replace(tag, last_day=day - ONE_DAY, released_on=day)


@implements("art.17(3)", "R16", "R16a")
def _restarted(facts: Facts, rulebook: Rulebook, found: list[Tag], place: tuple[date, int]) -> tuple[date, int]:
    """The last delisting before a place that really released a blacklisted agency: it restarts the count (R16)."""
    if rulebook.ladder.tag_term != "by_decision":
        return date.min, 0
    days = {tag.released_on for tag in found}
    return max(
        (_place(one) for one in facts.of(AgencyDelisted) if one.occurred_on in days and _place(one) < place),
        default=(date.min, 0),
    )


def _last_day(rulebook: Rulebook, tier: Tier, day: date) -> date | None:
    """How long a tag stands by itself (parameters tag_term and recorded_term, R16)."""
    ladder = rulebook.ladder
    if tier is Tier.RECORDED:
        return None if ladder.recorded_term == "unlimited" else add_years(day, ladder.tag_years)
    if tier is Tier.BLACKLISTED and ladder.tag_term == "by_decision":
        return None
    return add_years(day, ladder.tag_years)


@dataclass(frozen=True)
class SanctionOnDay:
    """The sanction tier on a day, with its unbroken stretch and the decisions behind it (R17)."""

    tier: Tier
    since: date | None
    until: date | None
    verified_complaints: int
    events: tuple[str, ...]


@implements("art.17", "R16", "R17")
def sanction(facts: Facts, rulebook: Rulebook, rulebooks: Rulebooks) -> SanctionOnDay:
    """The tier on `as_of`: the highest tag standing; `since`/`until` when nothing after `as_of` is considered."""
    day = facts.as_of
    complaints = counted_complaints(facts, rulebook, rulebooks)
    standing = tags(facts, rulebook, rulebooks)
    restarted = _restarted(facts, rulebook, standing, (day + ONE_DAY, 0))
    window = _within_a_year(complaints, day, rulebook, restarted)
    stretches = _stretches(facts, rulebook, rulebooks, standing)
    since, until, tier = next(
        ((first, last, tier) for first, last, tier in stretches if first <= day and (last is None or day <= last)),
        (None, None, Tier.NONE),
    )
    if tier is Tier.NONE:
        return SanctionOnDay(Tier.NONE, None, None, len(window), ())
    if tier is Tier.RECORDED:
        behind = {one.id for one in _shown(facts, complaints)}
    elif rulebook.ladder.tag_term == "window":
        behind = {one.id for one in window}
    else:
        behind = {
            one
            for tag in standing
            if tag.tier is tier and tag.first_day <= day and (tag.last_day is None or day <= tag.last_day)
            for one in tag.because
        }
    events = tuple(dict.fromkeys(one.id for one in _shown(facts, complaints) if one.id in behind))
    return SanctionOnDay(tier, since, until, len(window), events)


def _shown(facts: Facts, complaints: list[Upheld]) -> list[Upheld | FactsInherited]:
    """What a tier rests on, in order: complaints upheld here, and by what those of predecessors and tags came."""
    of_others = inherited(facts)
    own = [one for one in complaints if not isinstance(one, InheritedUpheld)]
    return sorted([*own, *of_others], key=_place) if of_others else [*own]


def _stretches(
    facts: Facts, rulebook: Rulebook, rulebooks: Rulebooks, standing: list[Tag]
) -> list[tuple[date, date | None, Tier]]:
    """The unbroken stretches of one tier, by date; days without a tag are left out."""
    if rulebook.ladder.tag_term == "window":
        standing = _rolling(facts, rulebook, rulebooks)
    edges = sorted({tag.first_day for tag in standing} | {t.last_day + ONE_DAY for t in standing if t.last_day})
    found: list[tuple[date, date | None, Tier]] = []
    for place, first in enumerate(edges):
        last = edges[place + 1] - ONE_DAY if place + 1 < len(edges) else None
        on_day = [t.tier for t in standing if t.first_day <= first and (t.last_day is None or first <= t.last_day)]
        if not on_day:
            continue
        tier = max(on_day, key=TIER_RANK.__getitem__)
        if found and found[-1][2] is tier and found[-1][1] == first - ONE_DAY:
            found[-1] = (found[-1][0], last, tier)
        else:
            found.append((first, last, tier))
    return found


def _rolling(facts: Facts, rulebook: Rulebook, rulebooks: Rulebooks) -> list[Tag]:
    """Where the tier follows the rolling count (tag_term window): the spans of each count, as tags."""
    complaints = counted_complaints(facts, rulebook, rulebooks)
    if not complaints:
        return []
    years, ladder = rulebook.ladder.window_years, rulebook.ladder.tiers
    edges = sorted(
        {one.occurred_on for one in complaints}
        | {add_years(one.occurred_on, years) + ONE_DAY for one in complaints}
        | {one.counts_from for one in complaints if isinstance(one, InheritedUpheld)}
    )
    spans = []
    for place, first in enumerate(edges):
        within = _within_a_year(complaints, first, rulebook)
        if within:
            last = edges[place + 1] - ONE_DAY
            tier = Tier(ladder[min(len(within), len(ladder)) - 1])
            spans.append(Tag(tier, first, last, within[-1].id, tuple(one.id for one in within)))
    if rulebook.ladder.recorded_term == "unlimited" and Tier.RECORDED.value in ladder:
        begun = min(complaints, key=_begins)
        spans.append(Tag(Tier.RECORDED, _begins(begun), None, begun.id, (begun.id,)))
    return spans


def _begins(one: Upheld) -> date:
    return max(one.occurred_on, one.counts_from) if isinstance(one, InheritedUpheld) else one.occurred_on


class Advisory(msgspec.Struct, frozen=True):
    """A recommendation after an accident, or why none is made (art.18, R19): no sanction / 事故后的建议."""

    kind: Literal["accident"]
    article: Literal["art.18"]
    found_on: Annotated[date, Meta(description="认定责任之日 / day on which liability was found")]
    accident_on: Annotated[date | None, Meta(description="事故发生之日 / day of the accident, where known")]
    severity: Annotated[
        Literal["general", "larger", "major", "extraordinary"], Meta(description="事故等级 / severity of the accident")
    ]
    liability: Annotated[Literal["direct", "indirect"], Meta(description="责任 / direct or indirect liability")]
    recommended: Annotated[
        bool, Meta(description="建议取消或中止合作 / clients are advised to end or suspend the service")
    ]
    clients: Annotated[tuple[str, ...], Meta(description="有关企业 / the enterprises concerned, by code")]
    text: Annotated[str, Meta(description="中文 / Chinese")]
    text_en: Annotated[str, Meta(description="英文 / English")]
    events: Annotated[tuple[str, ...], Meta(description="所依据的认定 / the finding behind it")]


@implements("art.18", "R19")
def advisories(facts: Facts) -> tuple[Advisory, ...]:
    """建议相关企业取消或中止与其业务合作: recommendations after accidents, no sanction.

    服务期内: an accident outside every service period at the enterprise is shown, without a recommendation.
    """
    return tuple(_advisory(found, concerned_clients(facts, found)) for found in facts.of(AccidentLiabilityFound))


def _advisory(found: AccidentLiabilityFound, clients: list[str]) -> Advisory:
    text, text_en = (
        (
            "经事故调查认定负有责任，建议相关企业取消或中止与其业务合作",
            "found liable for an accident: the clients concerned are advised to end or suspend the service",
        )
        if clients
        else (
            "经事故调查认定负有责任；事故不在该企业的服务期内，不作取消或中止合作的建议（R19）",
            "found liable for an accident outside every service period there: no recommendation is made (R19)",
        )
    )
    return Advisory(
        "accident",
        "art.18",
        found.occurred_on,
        found.accident_on,
        found.severity,
        found.liability,
        bool(clients),
        tuple(clients),
        text,
        text_en,
        (found.id,),
    )


def concerned_clients(facts: Facts, found: AccidentLiabilityFound) -> list[str]:
    """The enterprises with a project running on the day of the accident (服务期内, R19).

    Of these the one that the finding names, itself or by its project; all of them where it names none.
    """
    day = found.accident_on or found.occurred_on
    meant = found.client_uscc
    if meant is None and found.project_id is not None:
        project = facts.trail.by_id.get(found.project_id)
        meant = project.client.uscc if isinstance(project, ProjectStarted) else None
    return [client for client in served(facts, day, day) if meant in (None, client)]
