"""A list written whole into a file: all parts that its question answers with, each as the reader may have it (R39).

The file is a temporary one without a name: a list of any length is in memory a part at a time, and what breaks off is
never handed out as if it were whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any, BinaryIO, Literal, NamedTuple, cast

import msgspec

from api.application.exports.csv_file import CsvFile
from api.application.exports.json_file import JsonFile, NdjsonFile
from api.application.exports.registry import BY_PATH
from api.application.exports.stated import Stated, TableHeading, stated
from api.application.exports.table_columns import ExportTable, TableColumn, as_row
from api.application.exports.xlsx_file import XlsxFile
from api.application.questions.inquiry import Answer, Inquiry, name_of
from domain.values import SHANGHAI, Bilingual, moment
from projections.answers.scalars import plain

FileForm = Literal["csv", "xlsx", "json", "ndjson"]
FORMS: tuple[FileForm, ...] = ("csv", "xlsx")
"""What every list is handed out as, besides pages of JSON."""
EVERY_FORM: tuple[FileForm, ...] = ("json", "ndjson", *FORMS)
"""What a list is handed out as that is asked for as a whole in any case."""
MEDIA_TYPES: dict[FileForm, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
}
PART = 500
"""Rows that are read at a time."""
_IN_MEMORY = 1024 * 1024
_OF_PAGES = ("items", "next_cursor")


class TableFile(NamedTuple):
    """A written table, to be sent: its bytes from the start, how many there are, and what to call it."""

    file: BinaryIO
    size: int
    name: str
    form: FileForm
    rows: int
    for_ever: bool = False
    """Whether the answer in it can never change."""
    echo: bytes = b""
    """How the clock stands in an answer of now for which nobody asked for a `known_at`: no part of what it says."""


class TableWriting:
    """A table being written, part by part: for who reads the parts in their own way."""

    def __init__(
        self,
        table: ExportTable,
        form: FileForm,
        chinese: bool,
        heading: TableHeading,
        of: Stated,
        echo: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._form, self._of, self._heading = form, of, heading
        with ExitStack() as kept:
            spooled = kept.enter_context(tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, prefix="steward-export-"))
            self._file = file = cast(BinaryIO, spooled)
            kept.pop_all()  # whoever sends it closes it
        columns = [_in_clock_time(one) for one in table.columns]
        self._writer: CsvFile | XlsxFile | JsonFile | NdjsonFile
        if form == "csv":
            self._writer = CsvFile(file, columns, chinese)
        elif form == "xlsx":
            self._writer = XlsxFile(file, columns, chinese, heading, of)
        else:
            self._writer = JsonFile(file, echo) if form == "json" else NdjsonFile(file, echo)

    def add(self, items: Iterable[Any]) -> None:
        """The next items of the list."""
        self._writer.add([as_row(one) for one in items])

    def abandon(self) -> None:
        """It broke off: nothing of it is handed out."""
        self._file.close()

    def done(self, *, for_ever: bool = False) -> TableFile:
        """All items are in."""
        self._writer.close()
        size = self._file.seek(0, 2)
        self._file.seek(0)
        return TableFile(self._file, size, self._name(), self._form, self._writer.rows, for_ever)

    def _name(self) -> str:
        """The list, its day and its place in the log: a CSV has no other place to say it."""
        day = self._of.as_of or moment(self._of.known_at).astimezone(SHANGHAI).date()
        about = "" if self._heading.about is None else f"-{self._heading.about.rpartition(' ')[2]}"
        place = "" if self._of.log_index is None else f"-log{self._of.log_index}"
        return f"{self._heading.title[0]}{about}-{day}{place}.{self._form}".replace("/", "-").replace(" ", "")


def _in_clock_time(one: TableColumn) -> TableColumn:
    """Instants as an office reads them: Beijing time, to the second."""
    if one.kind != "moment":
        return one

    def value(row: Mapping[str, Any]) -> Any:
        found = one.value(row)
        if not isinstance(found, str) or not found.endswith("Z"):
            return found
        return moment(found).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")

    return one._replace(value=value)


def exported(
    inquiry: Inquiry,
    question: Callable[..., Answer],
    given: Mapping[str, Any],
    form: FileForm,
    *,
    chinese: bool = True,
    filters: Sequence[tuple[Bilingual, Bilingual]] = (),
    by: str | None = None,
) -> TableFile:
    """All that a question's list holds for who asks, of one moment. Raises: what the question refuses with."""
    table = BY_PATH[name_of(question).path]
    cursor: str | None = None
    writing: TableWriting | None = None
    with inquiry.snapshot.kept():
        while True:
            answer = inquiry.told(question(inquiry, **given, limit=PART, cursor=cursor))
            content = plain(answer.content)
            if writing is None:
                heading = TableHeading(_titled(table, given), filters, _named(content.get("agency")), by)
                of = stated(inquiry.service, content.get("as_of"), content.get("known_at"), given.get("known_at"))
                echo = {name: value for name, value in content.items() if name not in _OF_PAGES}
                writing = TableWriting(table, form, chinese, heading, of, echo)
            try:
                writing.add(content["items"])
            except BaseException:
                writing.abandon()
                raise
            cursor = content["next_cursor"]
            if cursor is None:
                made = writing.done(for_ever=answer.for_ever)
                return made if given.get("known_at") else made._replace(echo=echoed(content.get("known_at")))


def echoed(known_at: str | None) -> bytes:
    """How an answer says what it was known at, as JSON; nothing where it does not."""
    return b"" if known_at is None else b'"known_at":' + msgspec.json.encode(known_at)


def _named(agency: Mapping[str, Any] | None) -> str | None:
    return None if agency is None else f"{agency['name'] or ''} {agency['uscc']}".strip()


def _titled(table: ExportTable, given: Mapping[str, Any]) -> Bilingual:
    year = given.get("year")
    return table.title if year is None else (f"{year} {table.title[0]}", f"{table.title[1]} {year}")
