"""The recorded facts of a kind as a workbook that can be brought in again: to the same facts elsewhere, to none here.

Agencies are read some hundreds at a time, in the order of their codes, the facts of each in recording order; what is
annulled is left out. Each row bears the id of its record, by which the ledger knows that it stands already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from api.application.exports.exporting import FileForm, TableFile, TableWriting
from api.application.exports.stated import TableHeading, stated
from api.application.exports.table_columns import ExportTable, Kind, Row, TableColumn, both, column, together
from api.application.privacy.authorisation import Caller
from api.application.privacy.personal_data import shown
from api.application.questions.inquiry import Inquiry
from api.application.workbooks.kinds.facts_as_cells import ALSO, FACTS, Cells, FactRow, fact_rows
from api.application.workbooks.kinds.sheet_kinds import AGENCY, RECORD, CellKind, SheetColumn, SheetKind
from domain.events import Event, ProjectStarted
from domain.ledger.reader import Reader
from domain.store.log.mapper import EventMapper
from domain.store.log.stream_heads import streams
from domain.store.log.streams_by_key import counting_under
from domain.trail.keys import type_key
from domain.values import agency_stream, instant, shanghai_date
from projections.replay.queries import recorded_entry
from projections.rows.read.published import names_on

PART = 200
"""Agencies that are read together."""
_KINDS: Mapping[CellKind, Kind] = {
    "code": "code",
    "reference": "code",
    "day": "day",
    "year": "number",
    "number": "points",
}


def facts_given_out(
    inquiry: Inquiry, kind: SheetKind, form: FileForm, *, chinese: bool = True, by: str | None = None
) -> TableFile:
    """All facts of a kind that count, as who asks may read them."""
    service, caller = inquiry.snapshot.service, inquiry.caller
    with inquiry.snapshot.open() as reader:
        of = stated(service, None, None, None)
        writing = TableWriting(_table(kind), form, chinese, TableHeading(_table(kind).title, by=by), of)
        try:
            for rows in _rows(reader, service.ledger.memory.mapper, caller, kind):
                writing.add(rows)
        except BaseException:
            writing.abandon()
            raise
        return writing.done()


def cells_of_event(
    reader: Reader, caller: Caller, kind: SheetKind, event: Event, contracts: Mapping[str, str | None]
) -> list[FactRow]:
    """The rows of one fact; none where it is of another kind."""
    if not isinstance(event, FACTS[kind.name].event):
        return []
    (row,) = shown(reader, caller, [recorded_entry(event)])
    return fact_rows(kind, row, contracts)


def contracts_of(events: Iterable[Event]) -> dict[str, str | None]:
    """The contract numbers of projects by their ids."""
    return {one.id: one.contract_no for one in events if isinstance(one, ProjectStarted)}


def _rows(reader: Reader, mapper: EventMapper, caller: Caller, kind: SheetKind) -> Iterator[list[Row]]:
    """The rows, a part of the agencies at a time."""
    names, known_at = streams(reader.connection, agency_stream("")), instant(datetime.now(UTC))
    today = shanghai_date(known_at)
    keys = [type_key(FACTS[kind.name].event)]
    while part := list(islice(names, PART)):
        of_agencies = dict(zip((one.removeprefix(agency_stream("")) for one in part), part, strict=True))
        called = names_on(reader.connection, of_agencies, today, known_at)
        found = counting_under(reader.connection, mapper, part, keys)
        contracts: dict[str, str | None] = {}
        if kind.name == "surveys":
            projects = counting_under(reader.connection, mapper, list(found), [type_key(ProjectStarted)])
            contracts = contracts_of(event for events in projects.values() for event in events)
        rows: list[Row] = []
        for uscc, stream in of_agencies.items():
            trail = shown(reader, caller, [recorded_entry(one) for one in found.get(stream, ())])
            for entry in trail:
                rows += [
                    _with_agency(kind, one, uscc, called.get(uscc), entry["id"])
                    for one in fact_rows(kind, entry, contracts)
                ]
        yield rows


def _with_agency(kind: SheetKind, row: FactRow, uscc: str, name: str | None, record: str) -> Row:
    cells: Cells = {**row.cells, RECORD.field: record}
    if any(one.field == AGENCY.field for one in kind.columns):
        cells |= {"agency": uscc, "agency_name": name}
    return {**cells, "also": together([ALSO[one] for one in row.also])}


def _table(kind: SheetKind) -> ExportTable:
    columns: Sequence[SheetColumn] = (*(one for one in kind.columns if one.kind != "skipped"), RECORD)
    also = column("also", "本表未含", "Not in this table", "text", both("also"))
    made = [TableColumn(one.field, one.title, _KINDS.get(one.kind, "text"), _value(one.field)) for one in columns]
    return ExportTable(kind.name, kind.title, (*made, also))


def _value(field: str) -> Any:
    return lambda row: row.get(field)
