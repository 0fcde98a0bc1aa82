"""A workbook or CSV as rows of cells under known columns, whatever stands above its headings, however it was saved."""

from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, NamedTuple

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from api.application.exports.csv_file import without_guards
from api.application.workbooks.kinds.sheet_kinds import RECORD, SheetColumn, SheetKind, folded
from api.application.workbooks.xlsx_parts import Unseen, unpacked
from domain.errors import Invalid

MOST_ROWS, MOST_FILE_BYTES = 50_000, 20 * 1024 * 1024
MOST_COLUMNS = 200
_PORTION = 1024 * 1024
_HEAD_ROWS = 30
"""The headings stand among the first so many rows: titles and remarks may stand above them."""
_FEW = 2
"""From so many headings on a row is one of headings."""
EXAMPLE = "示例"
Cells = Sequence[Any]

_NOT_IN_XML = re.compile("_x(FFF[EF])_")
"""How a workbook writes U+FFFE and U+FFFF (ECMA-376, ST_Xstring); the library gives the other escapes back itself."""


class SheetRow(NamedTuple):
    """A row below the headings: its number in the sheet from 1, and its cells as they are."""

    number: int
    cells: Cells


class Headed(NamedTuple):
    """A sheet whose headings are known."""

    sheet: str
    row: int
    """Of the headings."""
    columns: dict[int, SheetColumn]
    """By place from 0."""
    headings: list[str]
    unknown: list[str]
    """Headings that no column bears: their cells are read by nobody."""
    unseen: Unseen


class Book:
    """One file, read as often as wanted."""

    def __init__(self, source: BinaryIO, kind: SheetKind) -> None:
        self._kept = ExitStack()
        self._kind, self._source = kind, source
        start = source.read(4)
        source.seek(0)
        self.is_csv = start[:2] != b"PK" and start != b"\xd0\xcf\x11\xe0"
        if source.seek(0, 2) > MOST_FILE_BYTES:
            raise _refused(f"文件超过 {MOST_FILE_BYTES // 2**20} MB", "the file is too large")
        source.seek(0)
        try:
            self._names = [(one, one.names()) for one in (*kind.columns, RECORD)]
            self.headed = self._csv() if self.is_csv else self._xlsx()
            self._written = {
                place: {self.headed.headings[place].strip(), one.heading, *one.title, *one.synonyms}
                for place, one in self.headed.columns.items()
            }
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let its temporary files go."""
        self._kept.close()

    def rows(self) -> Iterator[SheetRow]:
        """The rows below the headings that are not blank, examples left out. Raises: Invalid past MOST_ROWS."""
        count = 0
        for number, cells in self._raw():
            if number <= self.headed.row or not any(_says(cell) for cell in cells) or is_example(cells):
                continue
            count += 1
            if count > MOST_ROWS:
                raise _refused(f"超过 {MOST_ROWS} 行", f"more than {MOST_ROWS} rows")
            yield SheetRow(number, cells)

    def all_rows(self) -> Iterator[SheetRow]:
        """Every row from the first, as it stands: for the answer."""
        for number, cells in self._raw():
            yield SheetRow(number, cells)

    def about_rows(self) -> int:
        """How many rows stand below the headings, blank ones among them: so that a check can say how far it is."""
        if self.is_csv:
            self._source.seek(0)
            lines = 0
            while portion := self._source.read(_PORTION):
                lines += portion.count(b"\n")
        else:
            sheet = self._book.get_sheet_by_name(self.headed.sheet)
            lines = (sheet.start or (0, 0))[0] + sheet.height
        return max(0, lines - self.headed.row)

    def is_heading(self, cells: Cells) -> bool:
        """Whether a row below the headings is one of headings again, as they stand above."""
        places = [one for one in self.headed.columns if one < len(cells)]
        same = [one for one in places if str(cells[one] or "").strip() in self._written[one]]
        return len(same) >= max(_FEW, len(self.headed.columns) // 2)

    # ---- XLSX ----

    def _xlsx(self) -> Headed:
        made = self._kept.enter_context(_temporary())
        unseen = unpacked(self._source, made)
        made.seek(0)
        try:
            self._book = CalamineWorkbook.from_filelike(made)
            best: Headed | None = None
            for name in self._book.sheet_names:
                rows = _sheet_rows(self._book.get_sheet_by_name(name))
                head = [next(rows, None) for _ in range(_HEAD_ROWS)]
                found = self._headed(name, [one for one in head if one], unseen.get(name, Unseen()))
                if found is not None and (best is None or len(found.columns) > len(best.columns)):
                    best = found
        except CalamineError:
            raise _refused("工作簿已损坏", "the workbook is broken") from None
        return self._required(best)

    def _raw(self) -> Iterator[tuple[int, Cells]]:
        if self.is_csv:
            yield from enumerate(self._csv_rows(), 1)
        else:
            yield from _sheet_rows(self._book.get_sheet_by_name(self.headed.sheet))

    # ---- CSV ----

    def _csv(self) -> Headed:
        self._encoding = _encoding_of(self._source)
        self._delimiter = _delimiter_of(self._source, self._encoding)
        head = [pair for pair, _ in zip(enumerate(self._csv_rows(), 1), range(_HEAD_ROWS), strict=False)]
        return self._required(self._headed("", head, Unseen()))

    def _csv_rows(self) -> Iterator[Cells]:
        self._source.seek(0)
        text = io.TextIOWrapper(self._source, self._encoding, newline="")
        try:
            for line in csv.reader(text, delimiter=self._delimiter):
                yield [without_guards(cell) for cell in line[:MOST_COLUMNS]]
        except csv.Error as error:
            raise _refused(f"CSV 有误：{error}", f"the CSV is wrong: {error}") from None
        finally:
            text.detach()

    # ---- headings ----

    def _headed(self, sheet: str, head: Sequence[tuple[int, Cells]], unseen: Unseen) -> Headed | None:
        best: Headed | None = None
        for number, cells in head:
            columns = _matched(self._names, cells)
            if len(columns) >= _FEW and (best is None or len(columns) > len(best.columns)):
                headings = [str(cell or "") for cell in cells]
                unknown = [one for place, one in enumerate(headings) if one.strip() and place not in columns]
                best = Headed(sheet, number, columns, headings, unknown, unseen)
        return best

    def _required(self, found: Headed | None) -> Headed:
        if found is None:
            raise _refused("没有找到表头：请使用模板的表头", "no row of headings was found: use those of the template")
        there = {one.field for one in found.columns.values()}
        lacking = [one for one in self._kind.columns if one.required and one.field not in there]
        if (
            "agency" not in there
            and "agency_name" not in there
            and any(c.field == "agency" for c in self._kind.columns)
        ):
            lacking.append(next(one for one in self._kind.columns if one.field == "agency"))
        if lacking:
            raise _refused(
                "缺少这些列：" + "、".join(one.title[0] for one in lacking),
                "columns are missing: " + ", ".join(one.title[1] for one in lacking),
            )
        return found


@contextmanager
def _temporary() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile(prefix="steward-book-") as made:
        yield made


def is_example(cells: Cells) -> bool:
    """Whether a row is the template's example: its first cell says so."""
    first = next((cell for cell in cells if _says(cell)), None)
    return isinstance(first, str) and first.strip().startswith(EXAMPLE)


def _says(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _matched(names: Sequence[tuple[SheetColumn, set[str]]], cells: Cells) -> dict[int, SheetColumn]:
    """Which columns a row's cells are the headings of; the first of two with one name."""
    found: dict[int, SheetColumn] = {}
    for place, cell in enumerate(cells[:MOST_COLUMNS]):
        words = folded(cell) if isinstance(cell, str) else ""
        if not words:
            continue
        taken = {one.field for one in found.values()}
        column = next((one for one, called in names if one.field not in taken and words in called), None)
        if column is not None:
            found[place] = column
    return found


def _sheet_rows(sheet: CalamineSheet) -> Iterator[tuple[int, Cells]]:
    """Rows with their numbers: the library begins at the first that is not empty, at column A here."""
    start = sheet.start or (0, 0)
    for number, cells in enumerate(sheet.iter_rows(), start[0] + 1):
        yield number, [_whole(cell) for cell in cells[:MOST_COLUMNS]]


def _whole(cell: Any) -> Any:
    """What a cell holds: an empty text is nothing; the two characters that XML cannot hold come back as they were."""
    if not isinstance(cell, str):
        return cell
    return _NOT_IN_XML.sub(lambda found: chr(int(found[1], 16)), cell) or None


def _encoding_of(source: BinaryIO) -> str:
    """UTF-8 with or without a mark, else GB18030. Raises: Invalid for neither."""
    for encoding in ("utf-8", "gb18030"):
        decoder, source_ = codecs.getincrementaldecoder(encoding)("strict"), source
        source_.seek(0)
        try:
            while chunk := source_.read(_PORTION):
                decoder.decode(chunk)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            continue
        return "utf-8-sig" if encoding == "utf-8" else encoding
    raise _refused("文字编码不是 UTF-8，也不是 GB18030", "the text is neither UTF-8 nor GB18030")


def _delimiter_of(source: BinaryIO, encoding: str) -> str:
    source.seek(0)
    start = source.read(64 * 1024).decode(encoding, "ignore")
    lines = start.splitlines()[:_HEAD_ROWS]
    return max((",", "\t", ";"), key=lambda one: max((line.count(one) for line in lines), default=0))


def _refused(text: str, text_en: str) -> Invalid:
    return Invalid(
        text,
        text_en,
        cites=("api.md",),
        remedy="请对照模板改正后重新上传",
        remedy_en="Compare it with the template, correct it and send it again.",
    )
