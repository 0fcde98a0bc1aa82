"""Answers kept for retries (`idempotency`), made again from the events that they name and compared (`audit.py`).

What an answer says of the events it is about follows from them. Which request a key stands for, and whether a row was
there at all, follows from nothing (docs/proof.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from domain.events import EVENT_TYPES, YearClosed, YearPublished
from domain.store.db.schema import events, idempotency
from domain.store.proof.audit_beside import Finding
from domain.values import assessment_stream

PAGE = 500
Content = dict[str, Any]


def answers(connection: Connection) -> Iterator[Finding]:
    """Every kept answer that is not what its events make."""
    for page in connection.execute(select(idempotency)).partitions(PAGE):
        yield from _of_page(connection, page)


def _of_page(connection: Connection, page: Sequence[Row[Any]]) -> Iterator[Finding]:
    contents: list[tuple[str, Content]] = []
    for row in page:
        place = f"key {row.key}"
        try:
            content = msgspec.json.decode(bytes(row.answer), type=Content)
        except (msgspec.DecodeError, TypeError):
            yield Finding("idempotency", place, "保存的回答无法读取", "the kept answer cannot be read")
        else:
            contents.append((place, content))
    recorded = _recorded(connection, {one for _, content in contents for one in _ids_in(content)})
    for place, content in contents:
        is_right = _is_round(connection, content) if "assessment" in content else _is_right(content, recorded)
        if not is_right:
            yield Finding("idempotency", place, "保存的回答与记录不符", "the kept answer is not what was recorded")


def _is_round(connection: Connection, content: Content) -> bool:
    """Whether the receipt of an act on a whole year, which names its event by year and version, tells of that one.

    How many results a year is published with stands in its event; with how many it is closed, in the results alone.
    """
    year, version = content["assessment"], content.get("version")
    stream = assessment_stream(year)
    columns = (events.c.topic, events.c.recorded_at, events.c.state)
    found = select(*columns).where(events.c.stream == stream, events.c.originator_version == version)
    row = connection.execute(found).one_or_none() if isinstance(version, int) else None
    if row is None:
        return False
    kind = EVENT_TYPES[row.topic]
    counted = msgspec.json.decode(bytes(row.state), type=Content).get("count") if kind is YearPublished else None
    return (
        kind in (YearPublished, YearClosed)
        and content.get("recorded_at") == row.recorded_at
        and content.get("events_url") == f"/v1/assessments/{year}/events"
        and counted in (None, content.get("count"))
    )


def _ids_in(content: Content) -> Iterator[str]:
    """Every event that an answer names."""
    for row in _rows(content):
        yield from _ids_in(row)
    named = [one.get("id") for one in content.get("events", ()) if isinstance(one, dict)]
    named += [*_mapping(content.get("ids")).values(), *content.get("also_annulled", ())]
    named += [_mapping(one).get("result") for one in content.get("touched", ())]
    yield from (one for one in named if isinstance(one, str))


def _rows(content: Content) -> list[Content]:
    """The receipts of a batch (`POST /v1/batches`); none where it is the answer to one command."""
    found = content.get("rows")
    return [_mapping(one) for one in found] if isinstance(found, list) else []


def _mapping(found: Any) -> Content:
    return found if isinstance(found, dict) else {}


def _recorded(connection: Connection, ids: set[str]) -> dict[str, Row[Any]]:
    """The events of these ids."""
    wanted, found = sorted(ids), {}
    columns = (
        events.c.event_id,
        events.c.originator_version,
        events.c.recorded_at,
        events.c.occurred_on,
        events.c.topic,
        events.c.stream,
    )
    for start in range(0, len(wanted), PAGE):
        query = select(*columns).where(events.c.event_id.in_(wanted[start : start + PAGE]))
        found.update({row.event_id: row for row in connection.execute(query)})
    return found


def _is_right(content: Content, recorded: dict[str, Row[Any]]) -> bool:
    """Whether each event is told of as it was recorded, and what stands above them follows from them."""
    if receipts := _rows(content):
        return len(receipts) == content.get("count") and all(_is_right(one, recorded) for one in receipts)
    told = content.get("events")
    if not isinstance(told, list) or any(id_ not in recorded for id_ in _ids_in(content)):
        return False
    for one in told:
        row = recorded.get(_mapping(one).get("id", ""))
        if row is None or one != _told(row):
            return False
    rows = [recorded[one["id"]] for one in told]
    kinds = {kind: recorded.get(id_) for kind, id_ in _mapping(content.get("ids")).items()}
    return (
        all(row is not None and kind == EVENT_TYPES[row.topic].KIND for kind, row in kinds.items())
        and ("version" not in content or content["version"] in {row.originator_version for row in rows})
        and ("recorded_at" not in content or content["recorded_at"] in {row.recorded_at for row in rows})
        and ("agency" not in content or all(row.stream == f"agency/{content['agency']}" for row in rows))
    )


def _told(row: Row[Any]) -> Content:
    return {
        "id": row.event_id,
        "type": EVENT_TYPES[row.topic].__name__,
        "version": row.originator_version,
        "occurred_on": row.occurred_on.isoformat(),
        "recorded_at": row.recorded_at,
    }
