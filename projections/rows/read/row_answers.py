"""From the rows at one basis to the answers of api.md: the same as the replay gives, number by number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from domain.errors import Unreadable
from domain.law import Law
from domain.measures.chapter2_filing import FILING_LABELS
from domain.measures.chapter3_sanctions import Advisory
from domain.measures.chapter4_assessment import grade_of
from domain.measures.rulebook.rulebook import Rulebook
from domain.values import GRADE_LABELS, TIER_LABELS, Grade, Instant, Tier, rounded, score_of_record, shanghai_date
from projections.answers.scalars import JudgedPart
from projections.answers.standings import (
    AgencyIdentity,
    AssessmentSummary,
    BadRecordCounts,
    GradeOverride,
    NoticeServed,
    Standing,
    StandingSanction,
    StandingWarning,
)
from projections.replay.known_at import calendar_used, rulebook_used
from projections.replay.standing import about_standing
from projections.rows.score_values import EFFECTS, FORMS, NO_SCORE, Score, shown
from projections.rows.write.status_rows import NOTHING, Sanction, Status


@dataclass
class RowValues:
    """What the rows say of one agency on a day as known at an instant."""

    status: Status
    sanction: Sanction = NOTHING
    score: Score = NO_SCORE
    records: int = 0
    """Bad records of the assessment year."""
    all_records: int = 0
    lapse_cost: int = 0
    """What the lapses of the year cost, in hundredths of a point."""
    provisional: bool = False
    assessed: bool = False


def whole_status(status: Status | None, stream: str) -> Status:
    """The status that a row holds. Raises: Unreadable for one that an earlier version wrote without what is new."""
    if status is None:
        raise Unreadable(f"{stream}: its status lacks what this version needs: run steward check")
    return status


class Sum(NamedTuple):
    """What the numbers of a sheet add up to."""

    conduct: str
    total: str
    grade: Grade


@lru_cache(maxsize=20_000)
def summed(lapse_cost: int, records: int, rest: int, book: Rulebook) -> Sum:
    """Conduct (R21), the score of record and its grade, from hundredths of points; most sheets share a few of them.

    Conduct has whole hundredths, so adding it after rounding the rest is exact (R26).
    """
    cost = Fraction(lapse_cost, 100) + book.conduct.bad_record_points * records
    conduct = max(Fraction(0), book.conduct.full - cost)
    total = conduct + Fraction(rest, 100)
    total = score_of_record(total if book.total.cap is None else min(total, book.total.cap))
    return Sum(rounded(conduct), rounded(total), grade_of(total, book))


overrides_of = msgspec.json.Decoder(tuple[GradeOverride, ...]).decode
warning_of = msgspec.json.Decoder(StandingWarning | None).decode
advice_of = msgspec.json.Decoder(tuple[Advisory, ...]).decode
service_of_notices = msgspec.json.Decoder(tuple[NoticeServed, ...]).decode
"""What rows keep as text, as a standing shows it; of notices all that were sent to the agency."""
_shown = lru_cache(maxsize=100)(shown)
"""Asked for years about which nothing has come in: all others are kept with what they show."""


def agency_part(uscc: str, status: Status) -> AgencyIdentity:
    """The `agency` of an answer."""
    state = status.filing
    return AgencyIdentity(uscc, status.name, status.category, state, None if state is None else FILING_LABELS[state])


def sanction_answer(found: Sanction) -> StandingSanction:
    """The `sanction` of an answer (R17)."""
    tier = Tier(found.tier)
    return StandingSanction(tier, TIER_LABELS[tier], found.verified, found.since, found.until, tuple(found.events))


def assessment_answer(found: RowValues, year: int, book: Rulebook) -> AssessmentSummary:
    """The `assessment` of an answer (R20-R29)."""
    points = found.score.shown or _shown(found.score, book)
    numbers = summed(found.lapse_cost, found.records, points.rest, book)
    judged = ((JudgedPart.QUALITY, found.score.counts[FORMS]), (JudgedPart.EFFECT, found.score.counts[EFFECTS]))
    missing = tuple(part for part, there in judged if not there)
    override = overrides_of(found.score.override)
    grade = Grade.UNQUALIFIED if override else numbers.grade if found.assessed else None
    return AssessmentSummary(
        year=year,
        assessed=found.assessed,
        complete=not missing,
        missing=missing,
        provisional=bool(missing),  # a result without them is published only after the year (R32): none is waived
        waivers=(),
        conduct=numbers.conduct,
        quality=points.quality,
        effect=points.effect,
        honours=points.honours,
        total=numbers.total if found.assessed else None,
        grade=grade,
        label=None if grade is None else GRADE_LABELS[grade],
        override=override,
    )


def standing_answer(
    uscc: str, found: RowValues, law: Law, as_of: date, known_at: Instant, version: int, year: int
) -> Standing:
    """The answer of `GET /v1/agencies/{uscc}/standing`, as the replay gives it."""
    tier, warning = sanction_answer(found.sanction), warning_of(found.status.warning)
    return Standing(
        agency=agency_part(uscc, found.status),
        as_of=as_of,
        known_at=known_at,
        projected=as_of > shanghai_date(known_at),
        rulebook=rulebook_used(law.rulebooks.on(as_of)),
        calendar=calendar_used(law.calendar, found.provisional),
        version=version,
        demonstration=True if law.demonstration else UNSET,
        sanction=tier,
        bad_records=BadRecordCounts(found.records, found.all_records),
        assessment=assessment_answer(found, year, law.rulebooks.for_sheet(year, as_of)),
        warning_notice=warning,
        advisories=advice_of(found.status.advice),
        service=about_standing(service_of_notices(found.status.service), tier, warning),
    )
