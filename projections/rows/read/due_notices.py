"""The notices that are due or sent, from their rows: on a day, as known now or at an instant (R18). One query."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec
from sqlalchemy import Connection, Text, bindparam, text

from domain.store.db.dialect import dialect_of, read_day
from domain.values import Instant, agency_stream
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
