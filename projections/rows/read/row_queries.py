"""The questions that are answered from the rows: one look-up for an agency, one query for the district (api.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from msgspec.structs import replace

from domain.agency import unknown_agency, unknown_then
from domain.law import Law, must_be_assessed
from domain.ledger.reader import Reader
from domain.store.db.engine import Connection
from domain.store.log.stream_heads import StreamHead
from domain.values import Instant, agency_stream, shanghai_date
from projections.answers.districts import (
    DistrictEcho,
    DistrictStanding,
    DistrictStatistics,
    ListedAgency,
    MonthOfComplaints,
    PublishedScores,
    RankedAgency,
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
from projections.replay.standing import about_standing
from projections.rows.read import district
from projections.rows.read.district import BY_CODE, BY_RANK, CountedAgency, Filters, RankingPlace
from projections.rows.read.district import counted as counted_of
from projections.rows.read.published import results_of_year
from projections.rows.read.published_details import (
    bands,
    complaints_by_month,
    counts,
    months_up_to,
    published_tens,
    statistics_summed,
)
from projections.rows.read.row_answers import (
    advice_of,
    agency_part,
    assessment_answer,
    sanction_answer,
    service_of_notices,
    standing_answer,
    warning_of,
)
from projections.rows.read.row_sql import AgencyRow, QueryBasis, asked, asked_of_year, look_up
from projections.rows.read.searching import Ordering

Counting = Callable[[Connection, QueryBasis], Mapping[str, CountedAgency]]


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
        head = self.reader.head(agency_stream(uscc))
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
        latest = max(self.now, self.reader.recorded().last_at or self.now)
        at = known.instant or latest
        not_future(at, latest)
        return DistrictBasis(day, at, self.reader.law(at))

    def agencies(
        self,
        basis: DistrictBasis,
        filters: Filters,
        order: Ordering = BY_CODE,
        *,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[ListedAgency]:
        """A page of the agencies that pass the filters, by USCC or another column."""
        if basis.law is None:
            return []
        at = _on_log(asked(basis.law, basis.as_of, basis.known_at), basis)
        found = district.agencies(self.reader.connection, at, filters, order, offset=offset, limit=limit)
        return [_agency_row(hit, at) for hit in found]

    def standings(self, basis: DistrictBasis, only: str | None, *, offset: int, limit: int) -> list[DistrictStanding]:
        """A part of the standings of all agencies known at a basis, by USCC; `only`: of this one."""
        if basis.law is None:
            return []
        at = _on_log(asked(basis.law, basis.as_of, basis.known_at), basis)
        narrowed = Filters(uscc=only)
        found = district.agencies(self.reader.connection, at, narrowed, BY_CODE, offset=offset, limit=limit)
        return [_standing_row(hit, at) for hit in found]

    def agencies_counted(self, basis: DistrictBasis, filters: Filters) -> int:
        """How many agencies pass the filters."""
        if basis.law is None:
            return 0
        at = _on_log(asked(basis.law, basis.as_of, basis.known_at), basis)
        return district.agencies_counted(self.reader.connection, at, filters)

    def ranking(
        self,
        basis: DistrictBasis,
        year: int,
        *,
        uscc: str | None = None,
        categories: Sequence[str] = (),
        q: str | None = None,
        order: Ordering = BY_RANK,
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
            self.reader.connection, at, uscc=uscc, categories=categories, q=q, order=order, offset=offset, limit=limit
        )
        rows = [_ranking_row(place, at) for place in found]
        if not any(row.provisional for row in rows):
            return rows
        published = results_of_year(self.reader.connection, year, basis.as_of, basis.known_at, graded=True)
        decided = {one.uscc for one in published}  # what these lack was waived by their publication (R25, R44)
        return [replace(row, provisional=False) if row.agency.uscc in decided else row for row in rows]

    def statistics(self, basis: DistrictBasis, counted: Counting = counted_of) -> DistrictStatistics:
        """The district in numbers: agencies by tier, grade, category and filing, bad records, and the mean total.

        `counted`: who gives what is summed of each agency; by default it is looked up of all of them.
        """
        if basis.law is None:
            return statistics_summed(None, [], None, ())
        connection = self.reader.connection
        at = _on_log(asked(basis.law, basis.as_of, basis.known_at), basis)
        tens = published_tens(connection, at.year - 1, basis.as_of, basis.known_at)
        before = PublishedScores(at.year - 1, bands(tens)) if tens else None
        every = months_up_to(basis.as_of)
        first = date.fromisoformat(f"{every[0]}-01")
        found = complaints_by_month(connection, first, basis.as_of, basis.known_at)
        complaints = tuple(MonthOfComplaints(month, *found.get(month, (0, 0))) for month in every)
        return statistics_summed(at.year, counts(counted(connection, at).values(), at), before, complaints)


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


def _standing_row(hit: AgencyRow, at: QueryBasis) -> DistrictStanding:
    """The standing of one agency among all."""
    listed, warning = _agency_row(hit, at), warning_of(hit.found.status.warning)
    return DistrictStanding(
        **{name: getattr(listed, name) for name in listed.__struct_fields__},
        warning_notice=warning,
        advisories=advice_of(hit.found.status.advice),
        service=about_standing(service_of_notices(hit.found.status.service), listed.sanction, warning),
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
        assessment.assessed and assessment.provisional,
        assessment.conduct,
        assessment.quality,
        assessment.effect,
        assessment.honours,
    )
