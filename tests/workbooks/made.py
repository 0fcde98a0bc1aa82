"""Workbooks as people make them, and a ledger to bring them to."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook

from api.application.privacy.authorisation import Caller
from api.application.workbooks.book_import import BookImport, import_book
from api.application.workbooks.kinds.book_registry import BOOKS
from api.application.workbooks.kinds.sheet_kinds import SheetKind
from api.application.workbooks.written_books import template
from demo.invented_names import uscc
from domain.events import Event
from domain.ledger.ledger import Ledger
from domain.store.access.tokens import create_person, person_named
from domain.store.db.engine import writing
from domain.values import Role

CODES = [uscc(number) for number in range(1, 7)]
PERSON = "赵六"


def caller_for(ledger: Ledger, kind: SheetKind) -> Caller:
    """Somebody who may record such facts."""
    with writing(ledger.engine) as connection:
        person = person_named(connection, PERSON) or create_person(connection, PERSON)
    role = Role.ASSOCIATION if Role.ASSOCIATION in kind.route.roles else Role.REGULATOR
    return Caller(person, role, None, b"", "import")


def filled(name: str, *rows: Mapping[str, Any]) -> bytes:
    """The template of a kind with rows below its example, each of which says what differs from the example."""
    kind = BOOKS[name]
    book = load_workbook(io.BytesIO(template(kind)))
    sheet = book.worksheets[0]
    example = [cell.value for cell in sheet[2]]
    for number, row in enumerate(rows, 1):
        cells = [row.get(one.field, value) for one, value in zip(kind.columns, example, strict=True)]
        sheet.append([number, *cells[1:]])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def sheet_of(rows: Sequence[Sequence[Any]]) -> Workbook:
    """A workbook with these rows."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    return book


def saved(book: Workbook) -> bytes:
    """Its bytes."""
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def brought(ledger: Ledger, name: str, content: bytes, **more: Any) -> BookImport:
    """Bring a file in."""
    kind = BOOKS[name]
    return import_book(ledger, caller_for(ledger, kind), kind, io.BytesIO(content), **more)


def on_file(ledger: Ledger, *codes: str) -> None:
    """File these agencies, by a workbook."""
    rows = [{"uscc": code, "name": f"第{place}安全技术有限公司"} for place, code in enumerate(codes)]
    done = brought(ledger, "filing", filled("filing", *rows))
    assert done.recorded is not None, done.checked.faults
    assert done.recorded.recorded == len(codes)


def facts(ledger: Ledger, code: str, kind: type[Event]) -> list[Any]:
    """The facts of a kind on an agency's trail."""
    with ledger.reading() as reader:
        return [one for one in reader.agency_events(code) if type(one) is kind]


def fields_at(done: BookImport) -> dict[int, set[str]]:
    """Which columns are wrong, by row."""
    return {row: {one.field for one in faults} for row, faults in done.checked.faults.items()}
