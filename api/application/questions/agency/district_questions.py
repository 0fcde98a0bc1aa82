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
from domain.store.log.stream_heads import last_recorded_at
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries
from projections.replay.sheet import Sheet
from projections.rows.read.district import Filters
from projections.rows.read.row_queries import RowQueries


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
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The agencies, with filters; an agency sees its own row. Raises: Invalid."""
    filters = Filters(tier, grade, category, filing, q, inquiry.own_only)
    wanted = page(cursor, limit, question=("agencies", *filters), as_of=as_of, at=known_at)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(wanted.as_of, wanted.known_at)
        rows = look_ups.agencies(basis, filters, offset=wanted.offset, limit=wanted.limit + 1)
        rows = by_month(inquiry, reader, wanted, rows)
        return listed(reader, basis.echo(), wanted.part(rows, basis.as_of, basis.known_at), as_of, known_at)


@question("/v1/rankings/{year}")
def ranking_of(
    inquiry: Inquiry,
    year: str,
    as_of: date | None = None,
    known_at: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The ranking of a year, per category; an agency sees its own row. Raises: NotFound, Invalid."""
    number = path_year(year)
    wanted = page(cursor, limit, question=("ranking", number), as_of=as_of, at=known_at)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(wanted.as_of, wanted.known_at)
        own = inquiry.own_only
        rows = look_ups.ranking(basis, number, uscc=own, offset=wanted.offset, limit=wanted.limit + 1)
        part = wanted.part(by_month(inquiry, reader, wanted, rows, number), basis.as_of, basis.known_at)
        return listed(reader, {"year": number, **basis.echo()}, part, as_of, known_at)


@question("/v1/statistics")
def statistics_of(inquiry: Inquiry, as_of: date | None = None, known_at: str | None = None) -> Answer:
    """The district in numbers, by tier, grade, category and filing. Raises: Invalid."""
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(as_of, known_at)
        content = {**basis.echo(), **asdict(look_ups.statistics(basis))}
        return Answer(content, never_changes(reader, as_of, known_at, basis.known_at))


@question("/v1/notices")
def notices_listed(
    inquiry: Inquiry,
    as_of: date | None = None,
    known_at: str | None = None,
    status: str = "due",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The worklist of notices that are due (R18); an agency sees those about itself. Raises: Invalid."""
    wanted = page(cursor, limit, question=("notices", status), as_of=as_of, at=known_at)
    with inquiry.replaying() as (questions, reader):
        basis = RowQueries(reader, questions.now).district(wanted.as_of, wanted.known_at)
        own = inquiry.own_only
        if own is None and of_now(questions, wanted):
            rows = inquiry.service.remembered.notices(questions)
        else:
            bases = _only(questions, own, wanted) if own else questions.district(wanted.as_of, wanted.known_at)
            rows = [row for one in bases for row in questions.notices(one)]
        if status != "all":
            rows = [row for row in rows if (row.sent_on is not None) == (status == "sent")]
        rows.sort(key=lambda row: (row.due_on, row.agency.uscc, row.id))
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        return listed(reader, basis.echo(), part, as_of, known_at)


def of_now(questions: ReplayQueries, wanted: Page) -> bool:
    """Whether a page is of today and of all that is known: asked for so, or going on while nothing came in since."""
    if wanted.as_of not in (None, questions.today):
        return False
    latest = last_recorded_at(questions.reader.connection) or ""
    return wanted.known_at is None or (wanted.known_at[:1].isdigit() and latest <= wanted.known_at)


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
