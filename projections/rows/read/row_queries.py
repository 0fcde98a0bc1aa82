"""The questions that are answered from the rows: one look-up for an agency, one query for the district (api.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from domain.agency import unknown_agency, unknown_then
from domain.law import Law, must_be_assessed
from domain.ledger.reader import Reader
from domain.store.log.stream_heads import StreamHead, head_of, last_recorded_at
from domain.values import GRADE_LABELS, TIER_LABELS, Grade, Instant, Tier, agency_stream, rounded, shanghai_date
from projections.answers.districts import (
    AssessedCount,
    CategoryCount,
    DistrictEcho,
    DistrictStatistics,
    FilingCount,
    GradeCount,
    ListedAgency,
    RankedAgency,
    TierCount,
)
from projections.answers.standings import AgencyName, BadRecordCounts, Standing
from projections.replay.known_at import (
    EARLIEST,
    KnownAt,
    beyond,
    calendar_used,
    for_one_agency,
    knowledge,
    not_future,
    rulebook_used,
)
from projections.rows.read import district
from projections.rows.read.district import Count, Filters, RankingPlace
from projections.rows.read.row_answers import agency_part, assessment_answer, sanction_answer, standing_answer
from projections.rows.read.row_sql import AgencyRow, QueryBasis, asked, asked_of_year, look_up


class DistrictBasis(NamedTuple):
    """The whole district on a day, as known at an instant or a place of the log."""

    as_of: date
    known_at: Instant
    law: Law | None
    log: int | None = None
    law_at: Instant = EARLIEST

    def echo(self) -> DistrictEcho:
        """What an answer over the whole district says of its basis (api.md, Reading)."""
        said: DistrictEcho = {
            "as_of": self.as_of,
            "known_at": self.known_at,
            "projected": self.as_of > shanghai_date(self.known_at),
            "rulebook": None,
            "calendar": None,
        }
        if self.law is None:
            return said
        said["rulebook"] = rulebook_used(self.law.rulebooks.on(self.as_of))
        said["calendar"] = calendar_used(self.law.calendar, False)
        if self.law.demonstration:
            said["demonstration"] = True
        return said


class RowQueries:
    """Answers at the edge's clock: `now` is the default and latest `known_at`, its Shanghai date that of `as_of`."""

    def __init__(self, reader: Reader, now: Instant) -> None:
        self.reader, self.now = reader, now
        self.today = shanghai_date(now)

    def standing(self, uscc: str, as_of: date | None = None, known_at: str | None = None) -> Standing:
        """Tier, bad records and score of one agency, with the grounds.

        404 for an agency not known at that instant; 422 for a `known_at` that lies in the future or is malformed.
        """
        head = head_of(self.reader.connection, agency_stream(uscc))
        if head is None:
            raise unknown_agency(uscc)
        known = knowledge(self.reader, known_at)
        at = self._instant(head, known)
        law = known.law if known.log is not None else self.reader.law(at)
        if law is None:
            raise unknown_then(uscc)
        day = as_of or self.today
        basis = asked(law, day, at)._replace(log=known.log, law_at=self._law_at(known))
        hit = look_up(self.reader.connection, head.stream, basis)
        if hit is None:
            raise unknown_then(uscc)
        return standing_answer(uscc, hit.found, law, day, at, hit.version, basis.year)

    def _instant(self, head: StreamHead, known: KnownAt) -> Instant:
        """The instant to answer at, and to echo."""
        if known.version is not None:
            if known.version > head.version:
                raise beyond(f"version:{known.version}", f"version:{head.version}")
            return self.reader.recorded_of(head.stream, known.version) or EARLIEST
        latest = max(self.now, head.last_recorded_at or self.now)
        at = known.instant or latest
        if known.log is None:
            not_future(at, latest)
        return at

    def _law_at(self, known: KnownAt) -> Instant:
        return EARLIEST if known.log is None else self.reader.law_recorded_in_log(known.log) or EARLIEST

    # ---- the district ----

    def district(self, as_of: date | None = None, known_at: str | None = None) -> DistrictBasis:
        """The basis of a question about all agencies: an instant or `log:N`. Raises: Invalid."""
        known = knowledge(self.reader, known_at)
        if known.version is not None:
            raise for_one_agency()
        day = as_of or self.today
        if known.log is not None:
            return DistrictBasis(day, known.instant or EARLIEST, known.law, known.log, self._law_at(known))
        latest = max(self.now, last_recorded_at(self.reader.connection) or self.now)
        at = known.instant or latest
        not_future(at, latest)
        return DistrictBasis(day, at, self.reader.law(at))

    def agencies(
        self, basis: DistrictBasis, filters: Filters, *, offset: int = 0, limit: int | None = None
    ) -> list[ListedAgency]:
        """A page of the agencies that pass the filters, by USCC."""
        if basis.law is None:
            return []
        at = _on_log(asked(basis.law, basis.as_of, basis.known_at), basis)
        found = district.agencies(self.reader.connection, at, filters, offset=offset, limit=limit)
        return [_agency_row(hit, at) for hit in found]

    def ranking(
        self,
        basis: DistrictBasis,
        year: int,
        *,
        uscc: str | None = None,
        categories: Sequence[str] = (),
        offset: int = 0,
        limit: int | None = None,
    ) -> list[RankedAgency]:
        """A page of the ranking of a year, per category (R30), or all of some categories.

        404 for a year before the Measures.
        """
        if basis.law is None:
            return []
        must_be_assessed(basis.law, year)
        at = _on_log(asked_of_year(basis.law, basis.as_of, basis.known_at, year), basis)
        found = district.ranking(
            self.reader.connection, at, uscc=uscc, categories=categories, offset=offset, limit=limit
        )
        return [_ranking_row(place, at) for place in found]

    def statistics(self, basis: DistrictBasis) -> DistrictStatistics:
        """The district in numbers: agencies by tier, grade, category and filing, bad records, and the mean total."""
        if basis.law is None:
            return _statistics(None, [])
        at = _on_log(asked(basis.law, basis.as_of, basis.known_at), basis)
        return _statistics(at.year, district.counts(self.reader.connection, at))


def _on_log(at: QueryBasis, basis: DistrictBasis) -> QueryBasis:
    return at._replace(log=basis.log, law_at=basis.law_at)


def _agency_row(hit: AgencyRow, at: QueryBasis) -> ListedAgency:
    """What the list of agencies shows of one."""
    found = hit.found
    return ListedAgency(
        agency_part(hit.uscc, found.status),
        sanction_answer(found.sanction),
        BadRecordCounts(found.records, found.all_records),
        assessment_answer(found, at.year, at.book),
        hit.version,
    )


def _ranking_row(place: RankingPlace, at: QueryBasis) -> RankedAgency:
    """What a ranking shows of one agency."""
    status = place.hit.found.status
    assessment = assessment_answer(place.hit.found, at.year, at.book)
    return RankedAgency(
        AgencyName(place.hit.uscc, status.name),
        status.category,
        place.group,
        place.rank,
        assessment.assessed,
        assessment.complete,
        assessment.missing,
        assessment.total,
        assessment.grade,
        assessment.label,
        assessment.override,
        status.filing,
    )


def _statistics(year: int | None, found: list[Count]) -> DistrictStatistics:
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
    )
