"""From the cells of a row to the command that records it, or to what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.application.workbooks.cell_values import CellFault, read_cell
from api.application.workbooks.kinds.sheet_kinds import RECORD, ROW, Body, SheetKind
from api.application.workbooks.reading_books import Book, SheetRow
from domain.agency import Agency
from domain.events import ProjectStarted
from domain.folding import compared
from domain.values import Bilingual


class RowFault(NamedTuple):
    """What is wrong with a row, and in which column (a field of its kind, or `row`)."""

    row: int
    field: str
    said: Bilingual


class RowBody(NamedTuple):
    """What a row asks to be recorded, whose it is still to be looked up."""

    row: int
    agency: str
    """A credit code or a whole name."""
    body: Body | None
    """None where the row says that there is nothing to record."""
    record: str | None = None
    """The id of the fact that the row was given out for."""


def faults_of_shape(book: Book, row: SheetRow) -> list[RowFault]:
    """What is wrong with how a row is kept in its sheet."""
    unseen, found = book.headed.unseen, []
    if row.number in unseen.hidden:
        found.append(RowFault(row.number, ROW, _HIDDEN))
    for first, last, name in unseen.merged:
        if first <= row.number <= last:
            said = (
                f"合并单元格 {name}：请取消合并，每行都填写",
                f"merged cells {name}: unmerge them and fill in every row",
            )
            found.append(RowFault(row.number, ROW, said))
    for place in unseen.formulas.get(row.number, ()):
        column = book.headed.columns.get(place)
        if column is not None and column.kind != "skipped":
            found.append(RowFault(row.number, column.field, _FORMULA))
    if book.is_heading(row.cells):
        found.append(RowFault(row.number, ROW, _HEADINGS))
    return found


_HIDDEN: Bilingual = (
    "这是隐藏行：请取消隐藏后核对，不要的请删去",
    "this row is hidden: show it and check it, or delete it",
)
_FORMULA: Bilingual = ("这是公式，台账只收值：请复制后“粘贴值”", "this is a formula: paste its value instead")
_HEADINGS: Bilingual = ("这又是一行表头：请删去，一份文件只有一行表头", "these are headings again: delete this row")


def row_body(book: Book, kind: SheetKind, row: SheetRow) -> tuple[RowBody | None, list[RowFault]]:
    """The body that a row asks for, or what is wrong with its cells."""
    faults, values = faults_of_shape(book, row), dict[str, Any]()
    if any(one.field == ROW for one in faults):
        return None, faults  # what its cells say follows from how it is kept
    calculated = {one.field for one in faults}
    for place, column in book.headed.columns.items():
        if column.field in calculated:
            continue
        cell = row.cells[place] if place < len(row.cells) else None
        try:
            value = read_cell(column, cell)
        except CellFault as fault:
            faults.append(RowFault(row.number, column.field, fault.said))
            continue
        if value is not None:
            values[column.field] = value
        elif column.required:
            said = f"“{column.title[0]}”没有填写", f"{column.title[1]} is not filled in"
            faults.append(RowFault(row.number, column.field, said))
    if faults:
        return None, faults
    agency = values.pop("agency", None) or values.get("uscc")
    name, record = values.pop("agency_name", None), values.pop(RECORD.field, None)
    if not agency and not name:
        return None, [RowFault(row.number, "agency", ("没有写明是哪家机构", "it does not say which agency"))]
    return RowBody(row.number, str(agency or name), _body(kind, values), record), []


def _body(kind: SheetKind, values: Mapping[str, Any]) -> Body | None:
    return kind.finish(nested({**kind.constants, **values}))


def body_of_cells(kind: SheetKind, cells: Mapping[str, Any]) -> Body | None:
    """The body that cells would ask for that were given out for a fact. Raises: CellFault."""
    whose = {"agency", "agency_name"}
    values = {one.field: read_cell(one, cells.get(one.field)) for one in kind.columns if one.field not in whose}
    return _body(kind, {field: value for field, value in values.items() if value is not None})


def nested(values: Mapping[str, Any]) -> Body:
    """Dotted places as a body: `client.uscc` in `client`."""
    body: Body = {}
    for path, value in values.items():
        *outer, last = path.split(".")
        inner = body
        for name in outer:
            inner = inner.setdefault(name, {})
        inner[last] = value
    return body


def field_at(kind: SheetKind, pointer: str) -> str:
    """The column that a place in a body comes from."""
    names = [name for name in pointer.split("/") if name]
    if kind.together is not None and names[:2] == ["fields", "personnel"]:
        names = ["person", *names[3:]]
    if names[:1] == ["answers"] and len(names) > 1:
        return f"q{int(names[1]) + 1}"
    if names[:1] == ["qualifications"]:
        return {"no": "qualification_no", "valid_until": "qualification_until"}.get(names[-1], "qualification_name")
    fields = {one.field for one in kind.columns}
    for length in range(len(names), 0, -1):
        if (path := ".".join(names[:length])) in fields:
            return path
    return next((one for one in sorted(fields) if names and one.startswith(f"{names[0]}.")), ROW)


def with_project(body: Body, agency: Agency) -> Body:
    """A project named by its contract number, in place of the number its id. Raises: CellFault."""
    named = body.get("project_id")
    if named is None:
        return body
    client = (body.get("client") or {}).get("uscc")
    projects = [
        one for one in agency.trail.of(ProjectStarted) if one.client.uscc == client and agency.trail.counts(one)
    ]
    found = [one for one in projects if named == one.id or compared(one.contract_no or "") == compared(str(named))]
    if len(found) == 1:
        return {**body, "project_id": found[0].id}
    raise CellFault(
        f"该企业{'没有' if not found else '有几个'}合同编号为“{named}”的项目：请核对，或先登记项目",
        f"the client has {'no' if not found else 'several'} projects with the contract {named}",
    )
