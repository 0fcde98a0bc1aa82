"""The course of one agency's standing, quick and small: for pictures of it, and for stepping through its days.

The worklist of hints (R37): of one agency and of the district, answered by replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from api.application.answers.pages import HintsBehind, KnownPage
from api.application.background.readiness import Service
from api.application.privacy.authorisation import Reach
from api.application.questions.agency.district_questions import listed, of_now
from api.application.questions.inquiry import Answer, Inquiry, never_changes, path_uscc, question
from api.application.questions.pagination import page
from domain.errors import Invalid, Refusal, Unreadable
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.values import FOREVER
from projections.answers.districts import HintFound
from projections.answers.scalars import plain
from projections.replay.known_at import Basis
from projections.replay.queries import Hints
from projections.replay.standing import agency_name
from projections.rows.read.open_hints import HintFilter, hint_groups, hints_now
from projections.rows.read.published import codes_named
from projections.rows.read.row_queries import RowQueries
from projections.rows.read.row_summary import Course, Replayed
from projections.rows.read.searching import ordering
from projections.rows.read.timeline_summary import course, default_span, latest_result, rows_of, stops
from projections.rows.write.hint_rows import Little, bring_up, hints_turn, lag, year_of

WHILE_ASKED = Little(seconds=0.2, events=1_500)
"""So much a question works out before it is answered; after an import, or for a long history, the housekeeper does."""


@question("/v1/agencies/{uscc}/course")
def course_between(
    inquiry: Inquiry,
    uscc: str,
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
    known_at: str | None = None,
) -> Answer:
    """Score, tier and facts over a stretch, drawn together for a picture.

    `score` is by day and stops at a year's end. `ended_years`: each year that is over by `as_of`, with its sheet of
    that day, in which what came in after the year's end counts too, and its published `result` (null: none).
    """
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        from_, to = _span(basis, first, last or basis.as_of)
        found = course(basis, _rows(reader, basis, known_at), from_, to)
        days = [basis.trail.day_of(event) for event in basis.trail.events]
        content = {
            "agency": agency_name(basis),
            **_echo(basis),
            "first_fact": min(days).isoformat(),
            "last_fact": max(days).isoformat(),
            **plain(found),
            "latest_result": latest_result(basis.trail, basis.as_of),
        }
        as_of_named = None if None in (first, last) else as_of
        return Answer(content, never_changes(reader, as_of_named, known_at, basis.known_at))


@question("/v1/agencies/{uscc}/stops")
def stops_around(inquiry: Inquiry, uscc: str, as_of: date | None = None, known_at: str | None = None) -> Answer:
    """Beside a day: the previous and next day with facts, and with a change of the standing."""
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        last = max(questions.today, basis.as_of, *(basis.trail.day_of(event) for event in basis.trail.events))
        content = {
            "agency": agency_name(basis),
            **_echo(basis),
            **asdict(stops(basis, _rows(reader, basis, known_at), basis.as_of, last)),
        }
    return Answer(content)


def _rows(reader: Reader, basis: Basis, known_at: str | None) -> Course | Replayed:
    """What stood on each day; for who is told survey forms by month, by replay: the rows know the days (R39)."""
    rows = rows_of(reader, basis, known_at)
    return rows if basis.trail.veil is None else Replayed(basis, rows)


def _span(basis: Basis, first: date | None, last: date) -> tuple[date, date]:
    """The days in question. Raises: Invalid for an end before the beginning."""
    if first is None:
        return default_span(basis, last)
    if last < first:
        raise Invalid(
            f"to（{last}）早于 from（{first}）",
            f"to ({last}) lies before from ({first})",
            remedy="请对调两个日期",
            remedy_en="Swap the two dates.",
            pointer="?to",
        )
    return first, last


def _echo(basis: Basis) -> dict[str, object]:
    """The echo of a basis that has no day."""
    echo = basis.echo(basis.rulebook)
    return {name: value for name, value in echo.items() if name not in ("as_of", "projected")}


@question("/v1/hints")
def hints_listed(
    inquiry: Inquiry,
    as_of: date | None = None,
    known_at: str | None = None,
    status: str = "open",
    behaviour: str | None = None,
    rule: str | None = None,
    year: int | None = None,
    uscc: str | None = None,
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The worklist of hints (R37), by day or agency; they never count. Now from rows, earlier by replay."""
    by = ordering(sort, order, "day")
    asked = ("hints", status, behaviour, rule, year, uscc, q, *by)
    wanted = page(cursor, limit, question=asked, as_of=as_of, at=known_at)
    hints_brought_up(inquiry.service)
    with inquiry.replaying() as (questions, reader):
        basis = RowQueries(reader, questions.now).district(wanted.as_of, wanted.known_at)
        narrowed = HintFilter(basis.as_of, None if status == "all" else status, behaviour, rule, year, uscc, q)
        if of_now(questions, wanted):
            rows = hints_now(reader.connection, narrowed, by, offset=wanted.offset, limit=wanted.limit + 1)
            late = hints_behind(inquiry, reader)
            echo = {**basis.echo(), **({} if late is UNSET else {"hints_behind": late})}
            return listed(reader, echo, wanted.part(rows, basis.as_of, basis.known_at), as_of, known_at)
        found = Hints(reader, wanted.known_at)
        every = (row for one in questions.district(wanted.as_of, wanted.known_at) for row in found.of(one))
        if q is not None:
            codes = codes_named(reader.connection, q, basis.as_of, basis.known_at)
            every = (row for row in every if row.agency.uscc in codes)
        law = reader.law(FOREVER)
        rows = sorted((row for row in every if narrowed.fits(row, year_of(law, row.day))), key=_by_day)
        rows.sort(key=lambda row: row.agency.uscc if by.by == "agency" else str(row.day), reverse=by.descending)
        inquiry.count(wanted.limit < len(rows), lambda: len(rows))
        return listed(reader, basis.echo(), wanted.cut(rows, basis.as_of, basis.known_at), as_of, known_at)


@question("/v1/hints/groups")
@implements("R37")
def hints_grouped(
    inquiry: Inquiry,
    status: str = "open",
    behaviour: str | None = None,
    year: int | None = None,
    uscc: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The hints by cause, agency and year, this year's first and then the largest group; always of now."""
    wanted = page(cursor, limit, question=("hint groups", status, behaviour, year, uscc))
    hints_brought_up(inquiry.service)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(None, wanted.known_at)
        narrowed = HintFilter(look_ups.today, None if status == "all" else status, behaviour, None, year, uscc)
        groups = hint_groups(reader.connection, narrowed, offset=wanted.offset, limit=wanted.limit + 1)
        found, next_cursor = wanted.part(groups, None, basis.known_at)
        late = hints_behind(inquiry, reader)
    page_ = KnownPage(known_at=basis.known_at, hints_behind=late, items=tuple(found), next_cursor=next_cursor)
    return Answer(page_)


READS_HINTS = frozenset({"/v1/matters", "/v1/matters/counts", "/v1/hints", "/v1/hints/groups"})
"""Questions that call `hints_brought_up`. Whoever asks several in one snapshot calls it before that is opened."""


def hints_brought_up(service: Service) -> None:
    """Let the rows of hints follow what was recorded, as far as a moment allows; the housekeeper does the rest.

    In transactions of its own, before the snapshot is opened. Of an agency with an event that cannot be read the answer
    says that its hints are behind, and `readyz` why; all others are answered.
    """
    remembered = service.remembered
    with service.ledger.reading() as reader:
        if remembered.hints_follow(reader) or remembered.hints_are_left(reader):
            return
        seen = reader.recorded()
    with suppress(Refusal, Unreadable):
        if bring_up(service.ledger, little=WHILE_ASKED):
            return
    remembered.leave_hints(seen)
    service.housekeeper.recorded()


def hints_behind(inquiry: Inquiry, reader: Reader) -> HintsBehind | UnsetType:
    """How far the hints of this snapshot are behind what was recorded; unset where they say all that is known."""
    remembered = inquiry.service.remembered
    if remembered.hints_follow(reader):
        return UNSET
    found = remembered.answer(lag, (reader.recorded(), hints_turn(reader)), lambda: lag(reader))
    if found is not None:
        return HintsBehind(agencies=found.agencies, known_until=found.known_until)
    remembered.note_hints(reader)
    return UNSET


def _by_day(hint: HintFound) -> tuple[date, str]:
    return hint.day, hint.id


@question("/v1/agencies/{uscc}/hints")
def hints_of(
    inquiry: Inquiry,
    uscc: str,
    as_of: date | None = None,
    known_at: str | None = None,
    status: str = "open",
    behaviour: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The hints at one agency (R37); an agency sees nothing of others."""
    question = ("agency_hints", path_uscc(uscc), status, behaviour)
    wanted = page(cursor, limit, question=question, as_of=as_of, at=known_at)
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), wanted.as_of, wanted.known_at)
        narrowed = HintFilter(date.max, None if status == "all" else status, behaviour)
        found = [row for row in Hints(reader, wanted.known_at).of(basis) if narrowed.fits(row, row.day.year)]
        rows = as_told(inquiry, found)
        inquiry.count(wanted.limit < len(rows), lambda: len(rows))
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        echo = {"agency": agency_name(basis), **basis.echo(basis.rulebook)}
        return listed(reader, echo, part, as_of, known_at)


def as_told(inquiry: Inquiry, rows: Sequence[HintFound]) -> list[HintFound]:
    """Hints as far as the caller may know them: an agency nothing of others, and none that names a form (R39)."""
    if inquiry.reach is not Reach.OWN:
        return list(rows)
    hidden = set() if inquiry.veil is None else inquiry.veil.ids
    return [replace(row, elsewhere=UNSET) for row in rows if hidden.isdisjoint(row.events)]
