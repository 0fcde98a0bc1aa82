"""The notices that are due or sent, from their rows: on a day, as known now or at an instant (R18). One query.

And, for who tells people (R41), the weeks to appeal that run, and what an annulment took away of what waited.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Text, Uuid, bindparam, text

from domain.measures.text.implements import implements
from domain.store.db.dialect import dialect_of, read_day
from domain.values import FOREVER, Instant, agency_stream, stream_id
from projections.answers.districts import DueNotice
from projections.answers.standings import AgencyName
from projections.rows.read.published import ALL_KNOWN
from projections.rows.read.searching import Ordering, named_so, searched_for
from projections.rows.write.notice_rows import KINDS, NOTICE, NoticeDetails

_ON = "{a}.valid_from <= :day AND {a}.valid_to > :day AND {a}.known_from <= :known AND {a}.known_to > :known"
_QUERY = """SELECT h.stream, a.name, m.key, m.due_on, m.about
FROM matter m JOIN stream_heads h ON h.originator_id = m.originator_id
LEFT JOIN agency_status a ON a.originator_id = m.originator_id AND {named}
WHERE m.kind IN :kinds AND {stands}"""
_COLUMNS = {"due": "m.due_on", "agency": "h.stream"}
_IN_ORDER = {"due": "h.stream, m.key", "agency": "m.due_on, m.key"}
"""What decides between equals of a column."""
BY_DUE = Ordering("due")
_STATUS = {"due": " AND m.is_open = 1", "sent": " AND m.is_open = 0", "all": ""}


def due_notices(
    connection: Connection,
    day: date,
    known_at: Instant | None,
    status: str,
    *,
    uscc: str | None = None,
    q: str | None = None,
    order: Ordering = BY_DUE,
    offset: int = 0,
    limit: int,
) -> Iterator[DueNotice]:
    """A page of the notices of the district, or of one agency, what was due first first or by agency.

    `status`: due, sent or all; `q`: fragments of a name or code of the agency.
    """
    query = _QUERY.format(named=_ON.format(a="a"), stands=_ON.format(a="m")) + _STATUS[status]
    fragments = {} if q is None else searched_for(q)
    named = "" if q is None else f" AND {named_so(dialect_of(connection), fragments)}"
    query += ("" if uscc is None else " AND h.stream = :stream") + named
    query += f" ORDER BY {order.sql(_COLUMNS, _IN_ORDER[order.by])} LIMIT :limit OFFSET :offset"
    values: dict[str, object] = {
        "day": day.isoformat(),
        "known": known_at or ALL_KNOWN,
        "kinds": list(KINDS),
        "limit": limit,
        "offset": offset,
        **fragments,
    }
    if uscc is not None:
        values["stream"] = agency_stream(uscc)
    bound = text(query).bindparams(bindparam("kinds", type_=Text, expanding=True))
    for stream, name, key, due_on, about in connection.execute(bound, values):
        said = msgspec.json.decode(about, type=NoticeDetails)
        yield DueNotice(
            id=key.removeprefix(f"{NOTICE}:"),
            agency=AgencyName(stream.removeprefix("agency/"), name),
            kind=said.kind,
            article=said.article,
            recipient=said.recipient,
            cause=said.cause,
            due_on=read_day(due_on),
            text=said.text,
            text_en=said.text_en,
            sent_on=said.sent_on,
            service=said.service,
        )


class RunningWeek(NamedTuple):
    """A result that stands and that the agency can appeal until a day (art.20), and the appeals against it."""

    uscc: str
    result_id: str
    year: int
    last_day: date
    appeals: tuple[str, ...]
    """Their ids; none that was withdrawn."""


_WEEKS = """SELECT h.stream, r.key, r.year, r.deadline, a.key AS appeal FROM published_result r
JOIN stream_heads h ON h.originator_id = r.originator_id
LEFT JOIN matter a ON a.originator_id = r.originator_id AND a.kind = 'appeal' AND a.about = r.key
AND a.known_to = :forever AND a.valid_from <= :day AND a.valid_to > :day AND a.status <> 'withdrawn'
WHERE r.deadline >= :day AND r.deadline <= :until{own} AND NOT EXISTS (SELECT 1 FROM published_result s
WHERE s.originator_id = r.originator_id AND s.year = r.year AND s.version > r.version)
ORDER BY r.deadline, h.stream, r.year"""


@implements("art.20", "R3", "R33", "R34")
def running_weeks(connection: Connection, day: date, until: date, uscc: str | None = None) -> list[RunningWeek]:
    """The standing results whose week to appeal ends on one of these days, of all agencies or of one."""
    values: dict[str, object] = {"forever": FOREVER, "day": day.isoformat(), "until": until.isoformat()}
    query = text(_WEEKS.format(own="" if uscc is None else " AND r.originator_id = :agency"))
    if uscc is not None:
        query = query.bindparams(bindparam("agency", type_=Uuid))
        values["agency"] = stream_id(agency_stream(uscc))
    found: dict[str, RunningWeek] = {}
    for stream, key, year, last, appeal in connection.execute(query, values):
        week = found.get(key) or RunningWeek(stream.removeprefix("agency/"), key, year, read_day(last), ())
        appeals = () if appeal is None else (appeal.removeprefix("appeal:"),)
        found[key] = week._replace(appeals=week.appeals + appeals)
    return list(found.values())


class GoneMatter(NamedTuple):
    """A matter that stands no more, or with another last day."""

    key: str
    due_on: date | None
    is_gone: bool
    """Whether it stands with no other day either."""


_GONE = """SELECT DISTINCT m.key, m.due_on, NOT EXISTS (SELECT 1 FROM matter n WHERE n.originator_id = m.originator_id
AND n.key = m.key AND n.known_to = :forever) FROM matter m
WHERE m.originator_id = :agency AND m.is_open = 1 AND m.known_to = :at AND NOT EXISTS (
SELECT 1 FROM matter n WHERE n.originator_id = m.originator_id AND n.key = m.key AND n.known_to = :forever
AND (n.due_on = m.due_on OR (n.due_on IS NULL AND m.due_on IS NULL))) ORDER BY m.key, m.due_on"""


@implements("R40", "R41")
def matters_gone_at(connection: Connection, uscc: str, at: Instant) -> list[GoneMatter]:
    """What waited until an instant, at which a fact or an annulment was recorded, and does not any more: no row says
    even that it was done."""
    values = {"forever": FOREVER, "agency": stream_id(agency_stream(uscc)), "at": at}
    query = text(_GONE).bindparams(bindparam("agency", type_=Uuid))
    return [
        GoneMatter(key, None if due is None else read_day(due), bool(gone))
        for key, due, gone in connection.execute(query, values)
    ]
