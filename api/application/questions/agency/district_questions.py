"""Questions about many agencies: the list with filters, the ranking, statistics, notices that are due (R18)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from msgspec.structs import asdict, replace

from api.application.questions.inquiry import Answer, Inquiry, never_changes, now, path_year, question
from api.application.questions.pagination import Page, page
from domain.errors import NotFound
from domain.ledger.reader import Reader
from domain.measures.rulebook.rulebook import assessment_year_of
from projections.answers.districts import DistrictStatistics
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries
from projections.replay.sheet import Sheet
from projections.rows.read.district import Filters
from projections.rows.read.due_notices import due_notices
from projections.rows.read.published import codes_named
from projections.rows.read.row_queries import DistrictBasis, RowQueries
from projections.rows.read.searching import ordering


@question("/v1/agencies")
def agencies_listed(
    inquiry: Inquiry,
    as_of: date | None = None,
    known_at: str | None = None,
    tier: str | None = None,
    grade: str | None = None,
    category: str | None = None,
    filing: str | None = None,
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The agencies, with filters, by code or another column; an agency sees its own row. Raises: Invalid."""
    filters, by = Filters(tier, grade, category, filing, q, inquiry.own_only), ordering(sort, order, "code")
    wanted = page(cursor, limit, question=("agencies", *filters, *by), as_of=as_of, at=known_at)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(wanted.as_of, wanted.known_at)
        rows = look_ups.agencies(basis, filters, by, offset=wanted.offset, limit=wanted.limit + 1)
        rows = by_month(inquiry, reader, wanted, rows)
        inquiry.count(wanted.is_part(rows), lambda: _counted(inquiry, look_ups, wanted, basis, filters))
        return listed(reader, basis.echo(), wanted.part(rows, basis.as_of, basis.known_at), as_of, known_at)


@question("/v1/standings")
def standings_of(
    inquiry: Inquiry,
    as_of: date | None = None,
    known_at: str | None = None,
    limit: int = 500,
    cursor: str | None = None,
) -> Answer:
    """A part of the standings of all agencies on a day, as known at an instant; an agency has its own. Raises: Invalid.

    The whole of it is one answer: who asks gets all parts together.
    """
    wanted = page(cursor, limit, question=("standings",), as_of=as_of, at=known_at)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(wanted.as_of, wanted.known_at)
        rows = look_ups.standings(basis, inquiry.own_only, offset=wanted.offset, limit=wanted.limit + 1)
        rows = by_month(inquiry, reader, wanted, rows)
        return listed(reader, basis.echo(), wanted.part(rows, basis.as_of, basis.known_at), as_of, known_at)


@question("/v1/rankings/{year}")
def ranking_of(
    inquiry: Inquiry,
    year: str,
    as_of: date | None = None,
    known_at: str | None = None,
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The ranking of a year, per category; an agency sees its own row. Raises: NotFound, Invalid."""
    number, by = path_year(year), ordering(sort, order, "rank")
    wanted = page(cursor, limit, question=("ranking", number, q, *by), as_of=as_of, at=known_at)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(wanted.as_of, wanted.known_at)
        own = inquiry.own_only
        rows = look_ups.ranking(basis, number, uscc=own, q=q, order=by, offset=wanted.offset, limit=wanted.limit + 1)
        inquiry.count(wanted.is_part(rows), lambda: _counted(inquiry, look_ups, wanted, basis, Filters(q=q, uscc=own)))
        part = wanted.part(by_month(inquiry, reader, wanted, rows, number), basis.as_of, basis.known_at)
        return listed(reader, {"year": number, **basis.echo()}, part, as_of, known_at)


@question("/v1/statistics")
def statistics_of(inquiry: Inquiry, as_of: date | None = None, known_at: str | None = None) -> Answer:
    """The district in numbers, by tier, grade, category and filing. Raises: Invalid."""
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(as_of, known_at)
        found = (
            _statistics_now(inquiry, look_ups, basis)
            if (as_of, known_at) == (None, None)
            else look_ups.statistics(basis)
        )
        content = {**basis.echo(), **asdict(found)}
        return Answer(content, never_changes(reader, as_of, known_at, basis.known_at))


def _statistics_now(inquiry: Inquiry, look_ups: RowQueries, basis: DistrictBasis) -> DistrictStatistics:
    """The numbers of today and of all that is known, summed again once anything was recorded."""
    counted = inquiry.service.remembered.counted
    return inquiry.of_now(look_ups.reader, statistics_of, lambda: look_ups.statistics(basis, counted))


def _counted(inquiry: Inquiry, look_ups: RowQueries, wanted: Page, basis: DistrictBasis, filters: Filters) -> int:
    """How many agencies a list has in all; of what was typed nothing is kept."""
    if (wanted.as_of, wanted.known_at, filters.q) != (None, None, None):
        return look_ups.agencies_counted(basis, filters)
    return inquiry.of_now(look_ups.reader, filters, lambda: look_ups.agencies_counted(basis, filters))


@question("/v1/notices")
def notices_listed(
    inquiry: Inquiry,
    as_of: date | None = None,
    known_at: str | None = None,
    status: str = "due",
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The worklist of notices that are due (R18), by day or agency; an agency sees its own. Raises: Invalid."""
    by = ordering(sort, order, "due")
    wanted = page(cursor, limit, question=("notices", status, q, *by), as_of=as_of, at=known_at)
    with inquiry.replaying() as (questions, reader):
        basis = RowQueries(reader, questions.now).district(wanted.as_of, wanted.known_at)
        own = inquiry.own_only
        if wanted.as_of in (None, questions.today) and _is_instant(wanted.known_at):
            day, known_at_ = questions.today, wanted.known_at
            place = {"offset": wanted.offset, "limit": wanted.limit + 1}
            kept = due_notices(reader.connection, day, known_at_, status, uscc=own, q=q, order=by, **place)
            return listed(reader, basis.echo(), wanted.part(list(kept), basis.as_of, basis.known_at), as_of, known_at)
        bases = _only(questions, own, wanted) if own else questions.district(wanted.as_of, wanted.known_at)
        rows = [row for one in bases for row in questions.notices(one)]
        if status != "all":
            rows = [row for row in rows if (row.sent_on is not None) == (status == "sent")]
        if q is not None:
            codes = codes_named(reader.connection, q, basis.as_of, basis.known_at)
            rows = [row for row in rows if row.agency.uscc in codes]
        rows.sort(key=lambda row: (row.due_on, row.agency.uscc, row.id))  # what decides between equals
        rows.sort(key=lambda row: row.agency.uscc if by.by == "agency" else str(row.due_on), reverse=by.descending)
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        inquiry.count(wanted.limit < len(rows), lambda: len(rows))
        return listed(reader, basis.echo(), part, as_of, known_at)


def _is_instant(known_at: str | None) -> bool:
    """Whether rows can answer: by when they were known, not by a place in the log."""
    return known_at is None or known_at[:1].isdigit()


def of_now(questions: ReplayQueries, wanted: Page) -> bool:
    """Whether a page is of today and of all that is known: asked for so, or going on while nothing came in since."""
    if wanted.as_of not in (None, questions.today):
        return False
    latest = questions.reader.recorded().last_at or ""
    return wanted.known_at is None or (_is_instant(wanted.known_at) and latest <= wanted.known_at)


def by_month(inquiry: Inquiry, reader: Reader, wanted: Page, rows: Iterable[Any], year: int | None = None) -> list[Any]:
    """The rows of a list; an agency's own with what survey forms it is told of by month give at a basis (R39)."""
    found, veil = list(rows), inquiry.veil
    if veil is None or not veil.by_id or not (wanted.as_of or wanted.known_at):
        return found
    questions = ReplayQueries(reader, now(), veil.ids)
    for place, row in enumerate(found):
        for one in _only(questions, row.agency.uscc, wanted):
            of_year = Sheet(one, year or assessment_year_of(one.as_of, one.rulebook)).summary()
            summary = asdict(of_year) | {"assessment": of_year}
            found[place] = replace(row, **{name: summary[name] for name in row.__struct_fields__ if name in summary})
    return found


def _only(questions: ReplayQueries, uscc: str, wanted: Page) -> list[Basis]:
    """One agency as the only one of the district; none where it was not known yet."""
    with suppress(NotFound):
        return [questions.basis(uscc, wanted.as_of, wanted.known_at)]
    return []


def listed(
    reader: Reader,
    echo: Mapping[str, Any],
    part: tuple[list[Any], str | None],
    as_of: date | None,
    known_at: str | None,
) -> Answer:
    """The answer of a list: the echo of its basis, a page of items, the next cursor."""
    items, next_cursor = part
    content = {**echo, "items": items, "next_cursor": next_cursor}
    return Answer(content, never_changes(reader, as_of, known_at, echo["known_at"]))
