"""The course of one agency's standing, quick and small: for pictures of it, and for stepping through its days."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute, path_uscc
from api.http.query_params import AsOf, FirstDay, KnownAt, LastDay
from api.http.responses import answer, may_cache_for_ever
from api.routes.agency.question_routes import ONE, asking
from domain.errors import Invalid
from domain.ledger.ledger import Reader
from projections.replay.basis import Basis
from projections.replay.replayed_summary import Replayed
from projections.replay.standing import agency_name
from projections.replay.timeline_summary import course, default_span, latest_result, rows_of, stops
from projections.rows.read.row_summary import Course

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/agencies/{uscc}/course", tags=[ONE], **question_docs("course", one_agency=True))
def course_of(
    request: Request,
    uscc: str,
    first: FirstDay = None,
    last: LastDay = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Response:
    """得分、惩戒等级和事实的走势，过密的合并 / Score, tier and facts over a stretch, drawn together for a picture.

    `score` 是逐日得分，止于年末。`ended_years` 是到 `as_of` 已结束的各年度：当天的打分表和公布的结果，含年末后收到的 /
    `score` is by day and stops at a year's end. `ended_years`: each year that is over by `as_of`, with its sheet of
    that day, in which what came in after the year's end counts too, and its published `result` (null: none).
    """
    with asking(request) as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        from_, to = _span(basis, first, last or basis.as_of)
        found = course(basis, _rows(reader, basis, known_at), from_, to)
        days = [basis.trail.day_of(event) for event in basis.trail.events]
        content = {
            "agency": agency_name(basis),
            **_echo(basis),
            "first_fact": min(days).isoformat(),
            "last_fact": max(days).isoformat(),
            **found,
            "latest_result": latest_result(basis.trail, basis.as_of),
        }
        named = None not in (first, last, as_of)
        for_ever = may_cache_for_ever(
            reader.connection, as_of_given=named, known_at=basis.known_at, known_at_given=known_at is not None
        )
    return answer(request, content, for_ever=for_ever)


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


@router.get("/v1/agencies/{uscc}/stops", tags=[ONE], **question_docs("stops", one_agency=True))
def stops_of(request: Request, uscc: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """回放时前后可停的日期 / Beside a day: the previous and next day with facts, and with a change of the standing."""
    with asking(request) as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        last = max(questions.today, basis.as_of, *(basis.trail.day_of(event) for event in basis.trail.events))
        content = {
            "agency": agency_name(basis),
            **_echo(basis),
            **stops(basis, _rows(reader, basis, known_at), basis.as_of, last),
        }
    return answer(request, content)


def _echo(basis: Basis) -> dict[str, Any]:
    """The echo of a basis that has no day."""
    echo = basis.echo(basis.rulebook)
    return {name: value for name, value in echo.items() if name not in ("as_of", "projected")}
