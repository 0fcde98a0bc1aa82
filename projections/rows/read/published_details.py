"""What is said beside a published result: waived parts, what decided art.25, revisions, appeals (R32-R34, R44).

The district in numbers, summed from counts.

Nothing here names a person or an event: the public reads all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from domain.assessment import AssessmentRound
from domain.events import Event, ResultPublished, ResultRevised
from domain.ledger.reader import Reader
from domain.measures.around.publicity import has_ended
from domain.measures.rulebook.kinds import heading
from domain.measures.text.implements import implements
from domain.store.keys.vault import Vault
from domain.values import GRADE_LABELS, GRADE_RANK, TIER_LABELS, Grade, Instant, Tier, assessment_stream, rounded
from projections.answers.districts import (
    AssessedCount,
    CategoryCount,
    DistrictStatistics,
    FilingCount,
    GradeCount,
    MonthOfComplaints,
    PublishedScores,
    ScoreBand,
    TierCount,
)
from projections.answers.registers import OverrideKind, PartPoints, PublishedChange, PublishedRevision, ResultDetails
from projections.answers.results import WaiverReason
from projections.answers.scalars import BilingualText, JudgedPart
from projections.answers.standings import BadRecordCounts
from projections.rows.read.district import CountedAgency
from projections.rows.read.published import ALL_KNOWN, LAST, LATEST, STANDS, WorklistFilter, matters
from projections.rows.read.row_sql import QueryBasis
from projections.rows.write.result_rows import RESULTS
from projections.rows.write.worklist_rows import MATTERS

Result = ResultPublished | ResultRevised

_ERASED = "（理由已依法删除 reason erased）"
_BY_DECISION = "委员会修订结果时未要求补齐，理由见该决定 / let pass by the decision that revised the result"
_CHANGED = ("category", "assessed", "conduct", "quality", "effect", "honours", "total", "grade", "rank")
"""What a revision can change, as far as everybody may read it: no lines and no events."""


@implements("R25", "R44")
def waivers(reader: Reader, uscc: str, year: int, missing: Iterable[str]) -> list[WaiverReason]:
    """The parts that a published result lacks, each with the reason for which the committee let it pass."""
    parts = list(missing)
    if not parts:
        return []
    said = AssessmentRound.of(year, reader.events(assessment_stream(year))).published
    waived = {} if said is None else {one.part: one.reason for one in said.waivers if one.uscc == uscc}
    texts = dict(zip(waived, Vault(reader.connection).open_many(list(waived.values())), strict=True))
    return [
        WaiverReason(part=JudgedPart(part), reason=(texts[part] or _ERASED) if part in texts else _BY_DECISION)
        for part in parts
    ]


@implements("R29", "R32")
def why_left_out(events: Mapping[str, Event], event_id: str) -> tuple[BilingualText, ...]:
    """Why an agency was not assessed, as its result says."""
    result = events.get(event_id)
    return _reasons(result.sheet) if isinstance(result, (ResultPublished, ResultRevised)) else ()


def _reasons(sheet: Mapping[str, Any]) -> tuple[BilingualText, ...]:
    return tuple(BilingualText(one["text"], one["text_en"]) for one in sheet.get("not_assessed", ()))


def details(
    reader: Reader, year: int, standing: Mapping[str, str], not_told: Collection[str] = ()
) -> dict[str, ResultDetails]:
    """What is said beside these standing results (USCC: id of the result), by USCC.

    `not_told`: records whose publicity has ended (R42): an override by nothing else is not mentioned.
    """
    chains = _chains(reader, standing)
    pending = {one.uscc for one in matters(reader.connection, WorklistFilter("appeal", year=year))}
    found = {}
    for uscc, chain in chains.items():
        sheet = _sheet(chain)
        missing = sheet.get("missing", ()) if sheet.get("assessed") else ()
        found[uscc] = ResultDetails(
            assessed=bool(chain[-1].sheet.get("assessed")),
            reasons=_reasons(sheet),
            override=tuple(
                OverrideKind(kind=one["kind"], article=one["article"])
                for one in sheet.get("override", ())
                if not all(has_ended(each, one["kind"], not_told) for each in one["events"])
            ),
            waivers=tuple(waivers(reader, uscc, year, missing)),
            appeal_pending=uscc in pending,
            revisions=tuple(_revisions(chain)),
            parts=_parts(sheet),
        )
    return found


def _parts(sheet: Mapping[str, Any]) -> PartPoints | None:
    """The four parts as they were published; None where an old sheet does not say them."""
    said = {name: sheet[name] for name in PartPoints.__struct_fields__ if sheet.get(name) is not None}
    return PartPoints(**said) if len(said) == len(PartPoints.__struct_fields__) else None


def _chains(reader: Reader, standing: Mapping[str, str]) -> dict[str, list[Result]]:
    """Each agency's results of the year up to the one that stands, the published one first."""
    known: dict[str, Event] = {}
    wanted = set(standing.values())
    while wanted:
        got = reader.named(wanted)
        known |= got
        wanted = {
            one.replaces for one in got.values() if isinstance(one, ResultRevised) and one.replaces
        } - known.keys()
    return {uscc: list(reversed(list(_back(known, event_id)))) for uscc, event_id in standing.items()}


def _back(known: Mapping[str, Event], event_id: str | None) -> Iterator[Result]:
    while event_id is not None:
        one = known[event_id]
        if not isinstance(one, (ResultPublished, ResultRevised)):
            raise LookupError(f"{event_id} is no result: run steward check")
        yield one
        event_id = one.replaces if isinstance(one, ResultRevised) else None


def _sheet(chain: list[Result]) -> Mapping[str, Any]:
    """The sheet that stands: that of the last result of which more than the rank was revised."""
    own = (one for one in reversed(chain) if not (isinstance(one, ResultRevised) and one.sheet_of is not None))
    return next(own).sheet


@implements("R34", "R36")
def _revisions(chain: list[Result]) -> Iterator[PublishedRevision]:
    """Each revision: its day, what for, and what it changed."""
    for one in chain:
        if isinstance(one, ResultRevised):
            yield PublishedRevision(
                published_on=one.occurred_on,
                because_of="rank"
                if one.sheet_of is not None
                else "appeal"
                if one.appeal_id is not None
                else "late_fact",
                changed=tuple(
                    PublishedChange(field=row["field"], before=row["before"], after=row["after"])
                    for row in one.difference
                    if row["field"] in _CHANGED
                ),
            )


_SCORED = "AND r.assessed = 1 AND r.hundredths IS NOT NULL GROUP BY 1"
_TENS = " ".join(("SELECT r.hundredths / 1000, count(*) FROM", RESULTS, "r WHERE", LAST, _SCORED))


def published_tens(
    connection: Connection, year: int, as_of: date = LATEST, known_at: Instant = ALL_KNOWN
) -> dict[int, int]:
    """How many standing results of a year have so many whole tens of points."""
    values = {"year": year, "day": as_of.isoformat(), "known": known_at}
    return {int(tens): int(count) for tens, count in connection.execute(text(_TENS), values)}


_BY_MONTH = (
    "SELECT substr(CAST(m.begun_on AS text), 1, 7), count(*), sum(CASE WHEN m.status = 'upheld' THEN 1 ELSE 0 END)"
)
_RECEIVED = "m WHERE m.kind = 'complaint' AND m.begun_on >= :first AND"
_COMPLAINTS = " ".join((_BY_MONTH, "FROM", MATTERS, _RECEIVED, STANDS, "GROUP BY 1"))


def complaints_by_month(
    connection: Connection, first: date, as_of: date, known_at: Instant = ALL_KNOWN
) -> dict[str, tuple[int, int]]:
    """The complaints received from `first` to `as_of`, by month: how many, and how many of them were upheld by then."""
    values = {"first": first.isoformat(), "day": as_of.isoformat(), "known": known_at}
    found = connection.execute(text(_COMPLAINTS), values)
    return {month: (int(received), int(upheld)) for month, received, upheld in found}


LOWEST_BAND, HIGHEST_BAND = 50, 100
"""Totals below the one stand in one band, and those from the other on (with added points, R27)."""
MONTHS = 24


def bands(tens: Mapping[int, int]) -> tuple[ScoreBand, ...]:
    """Totals in bands of ten points, from counts of their whole tens."""
    edges = [0, *range(LOWEST_BAND, HIGHEST_BAND + 1, 10)]
    bands = zip(edges, [*edges[1:], None], strict=True)
    return tuple(
        ScoreBand(low, high, sum(n for ten, n in tens.items() if low <= 10 * ten and (high is None or 10 * ten < high)))
        for low, high in bands
    )


def months_up_to(day: date) -> list[str]:
    """The months up to that of a day, as texts."""
    last = day.year * 12 + day.month - 1
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(last - MONTHS + 1, last + 1)]


class Count(NamedTuple):
    """How many agencies of one category are alike, and what they have together."""

    category: str | None
    filing: str | None
    tier: str
    assessed: bool
    grade: Grade | None
    complete: bool
    agencies: int
    records: int
    all_records: int
    hundredths: int
    """The sum of their totals, in hundredths of a point."""
    tens: int
    """The whole tens of points of each of their totals."""


def counts(agencies: Iterable[CountedAgency], basis: QueryBasis) -> list[Count]:
    """Agencies counted by what distinguishes them: statistics are sums of these."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    words: dict[str | None, set[str]] = {}
    for one in agencies:
        hundredths = int(one.hundredths)
        of_these = sums.setdefault((one.group, *one[2:7], hundredths // 1000), [0, 0, 0, 0])
        of_these[0] += 1
        of_these[1] += int(one.records)
        of_these[2] += int(one.all_records)
        of_these[3] += hundredths
        words.setdefault(one.group, set()).add(one.words or "")
    places = {place: grade for grade, place in GRADE_RANK.items()}
    return [
        Count(
            heading(group, min(words[group] - {""}, default=None), basis.known_categories),
            filing,
            tier,
            bool(assessed),
            None if place is None else places[place],
            bool(complete),
            number,
            records,
            every_record,
            hundredths,
            tens,
        )
        for (group, filing, tier, assessed, place, complete, tens), (number, records, every_record, hundredths) in (
            sums.items()
        )
    ]


def statistics_summed(
    year: int | None, found: list[Count], before: PublishedScores | None, complaints: tuple[MonthOfComplaints, ...]
) -> DistrictStatistics:
    """Sums of counts. The mean total is that of the assessed agencies, rounded as every score is."""

    def by(key: Callable[[Count], Any], counted: list[Count]) -> Counter[Any]:
        sums: Counter[Any] = Counter()
        for one in counted:
            sums[key(one)] += one.agencies
        return sums

    assessed = [one for one in found if one.assessed]
    graded = by(lambda one: one.grade, found)
    tiers = by(lambda one: one.tier, found)
    complete = sum(one.agencies for one in assessed if one.complete)
    count = sum(one.agencies for one in assessed)
    points = Fraction(sum(one.hundredths for one in assessed), 100)
    return DistrictStatistics(
        year=year,
        agencies=sum(one.agencies for one in found),
        tiers=tuple(TierCount(tier, TIER_LABELS[tier], tiers[tier]) for tier in Tier),
        grades=tuple(GradeCount(grade, GRADE_LABELS[grade], graded[grade]) for grade in Grade),
        ungraded=graded[None],
        filings=tuple(
            FilingCount(state, number)
            for state, number in sorted(by(lambda one: one.filing, found).items(), key=lambda item: str(item[0]))
        ),
        categories=tuple(
            CategoryCount(category, number)
            for category, number in sorted(by(lambda one: one.category, found).items(), key=lambda item: str(item[0]))
        ),
        assessed=AssessedCount(count, complete, rounded(points / count) if count else None),
        bad_records=BadRecordCounts(sum(one.records for one in found), sum(one.all_records for one in found)),
        scores=bands(by(lambda one: one.tens, assessed)),
        published_before=before,
        complaints=complaints,
    )
