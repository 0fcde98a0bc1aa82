"""Hints as they are known now, from the rows: one query for a page, one for its groups, no replay (R37, R40).

What has moved since is not among them: the answer says how far they go (`hint_rows.lag`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, TextClause, Uuid, bindparam, text

from domain.store.db.dialect import dialect_of, read_day
from domain.values import FOREVER, agency_stream, stream_id
from projections.answers.districts import ElsewhereFact, HintFound, HintGroup
from projections.answers.standings import AgencyName
from projections.rows.read.published import ALL_KNOWN
from projections.rows.read.searching import Ordering, named_so, searched_for
from projections.rows.write.hint_rows import HintDetails

CHECK = "check"
"""In place of a code: hints that suggest no behaviour but something to look at."""
_NAMED = """(SELECT a.name FROM agency_status a WHERE a.originator_id = h.originator_id AND a.known_to = :forever
AND a.valid_from <= :today AND a.valid_to > :today) AS name"""
"""Of each row of a page, never of all: an agency has one name on a day."""
BY_DAY, _LARGEST_FIRST = Ordering("day"), "h.year DESC, h.hints DESC, h.originator_id, h.rule, h.behaviour"
_COLUMNS = {"day": "h.day", "agency": "s.stream"}
_HINTS = """SELECT s.stream, {named}, h.id, h.rule, h.behaviour, h.day, h.status, h.details
FROM (SELECT h.* FROM hint h{joined} WHERE {where} ORDER BY {order} LIMIT :limit OFFSET :offset) h
JOIN stream_heads s ON s.originator_id = h.originator_id ORDER BY {order}"""
_GROUPS = """SELECT s.stream, {named}, h.rule, h.behaviour, h.year, h.hints, h.first, h.last
FROM (SELECT h.* FROM (SELECT h.originator_id, h.rule, h.behaviour, h.year, count(*) AS hints, min(h.day) AS first,
max(h.day) AS last FROM hint h WHERE {where} GROUP BY h.originator_id, h.rule, h.behaviour, h.year) h
ORDER BY {order} LIMIT :limit OFFSET :offset) h
JOIN stream_heads s ON s.originator_id = h.originator_id ORDER BY {order}"""


class HintFilter(NamedTuple):
    """Which hints are asked for, on which day; None: whatever it is."""

    today: date
    status: str | None = "open"
    behaviour: str | None = None
    """A code of art.16, or `check`."""
    rule: str | None = None
    year: int | None = None
    uscc: str | None = None
    q: str | None = None
    """Fragments of a name that the agency has or has had, or of its code; not looked at by `fits`."""

    def fits(self, hint: HintFound, year: int) -> bool:
        """Whether a hint of a year is among them."""
        return hint.day <= self.today and all(
            wanted in (None, said)
            for wanted, said in (
                (self.status, hint.status),
                (self.behaviour, hint.behaviour or CHECK),
                (self.rule, hint.rule),
                (self.year, year),
                (self.uscc, hint.agency.uscc),
            )
        )


def hints_now(
    connection: Connection, wanted: HintFilter, order: Ordering = BY_DAY, *, offset: int = 0, limit: int
) -> list[HintFound]:
    """A page of the hints that are worked out, by day or agency."""
    where, values = _where(wanted)
    if wanted.q is not None:
        fragments = searched_for(wanted.q)
        where += f" AND {named_so(dialect_of(connection), fragments)}"
        values |= {"day": wanted.today.isoformat(), "known": ALL_KNOWN, **fragments}
    in_order = order.sql(_COLUMNS, "h.day, h.id")
    if order == BY_DAY:
        in_order = "h.day, h.id"  # as the index gives them
    query = _asked(_HINTS, in_order, where, values, _JOINED if order.by == "agency" else "")
    return list(_read(connection, query, values | {"limit": limit, "offset": offset}))


def hint_groups(connection: Connection, wanted: HintFilter, *, offset: int = 0, limit: int) -> list[HintGroup]:
    """A page of the groups: hints of one rule at one agency in one year, this year's first, then the largest."""
    where, values = _where(wanted)
    rows = connection.execute(
        _asked(_GROUPS, _LARGEST_FIRST, where, values), values | {"limit": limit, "offset": offset}
    )
    return [
        HintGroup(
            agency=AgencyName(stream.removeprefix("agency/"), name),
            rule=rule,
            behaviour=behaviour,
            article=_article(behaviour),
            year=year,
            count=int(count),
            first_day=read_day(first),
            last_day=read_day(last),
        )
        for stream, name, rule, behaviour, year, count, first, last in rows
    ]


def _article(behaviour: str | None) -> str | None:
    return None if behaviour is None else f"art.16({behaviour.removeprefix('16.')})"


_JOINED = " JOIN stream_heads s ON s.originator_id = h.originator_id"


def _asked(query: str, order: str, where: str, values: Mapping[str, object], joined: str = "") -> TextClause:
    asked = text(query.format(named=_NAMED, where=where, order=order, joined=joined))
    return asked.bindparams(bindparam("agency", type_=Uuid)) if "agency" in values else asked


def _read(connection: Connection, query: TextClause, values: Mapping[str, object]) -> Iterator[HintFound]:
    for stream, name, id_, rule, behaviour, day, status, details in connection.execute(query, values):
        said = msgspec.json.decode(details, type=HintDetails)
        yield HintFound(
            id=id_,
            agency=AgencyName(stream.removeprefix("agency/"), name),
            rule=rule,
            behaviour=behaviour,
            article=said.article,
            day=read_day(day),
            text=said.text,
            text_en=said.text_en,
            events=said.events,
            elsewhere=tuple(ElsewhereFact(*one) for one in said.elsewhere),
            status=status,
            settled_by=said.settled_by,
        )


def _where(wanted: HintFilter) -> tuple[str, dict[str, object]]:
    conditions = ["h.day <= :today"]
    values: dict[str, object] = {"today": wanted.today.isoformat(), "forever": FOREVER}
    given = {
        "status": wanted.status,
        "rule": wanted.rule,
        "year": wanted.year,
        "behaviour": None if wanted.behaviour == CHECK else wanted.behaviour,
    }
    for name, value in given.items():
        if value is not None:
            conditions.append(f"h.{name} = :{name}")
            values[name] = value
    if wanted.behaviour == CHECK:
        conditions.append("h.behaviour IS NULL")
    if wanted.uscc is not None:
        conditions.append("h.originator_id = :agency")
        values["agency"] = stream_id(agency_stream(wanted.uscc))
    return " AND ".join(conditions), values
