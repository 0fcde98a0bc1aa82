"""What an XLSX file consists of, looked at before any library reads it: how large it really is, and what nobody sees.

A workbook is a ZIP of XML: a few kilobytes can unpack to gigabytes, and hidden rows, merged cells and formulas do not
show in the values. So it is unpacked here once, with its bytes counted, into a file that holds what is needed and
nothing else: no macros, no links to elsewhere, no pictures.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from domain.errors import Invalid

MOST_PARTS, MOST_BYTES = 500, 200 * 1024 * 1024
"""Parts of a workbook, and bytes of all of them unpacked."""
MOST_RATIO = 200
"""To how many bytes one may unpack, once it is of some size."""
_SOME_SIZE = 1024 * 1024
_CHUNK = 256 * 1024
_OLE = b"\xd0\xcf\x11\xe0"
"""How an .xls and a workbook with a password begin."""
_NEEDED = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook|sharedStrings|styles)\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/worksheets/[^/]+\.xml"
)
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"


@dataclass
class Unseen:
    """What the values of a sheet do not show, by row from 1."""

    hidden: set[int] = field(default_factory=set)
    formulas: dict[int, list[int]] = field(default_factory=dict)
    """Columns from 0, by row."""
    merged: list[tuple[int, int, str]] = field(default_factory=list)
    """First and last row of each range, and what it is called."""


def unpacked(source: BinaryIO, target: BinaryIO) -> dict[str, Unseen]:
    """Write what is needed of a workbook to `target`; what is unseen in each sheet, by the sheet's name.

    Raises: Invalid for what is no workbook, has a password, or is too large.
    """
    if source.read(4) == _OLE:
        raise _refused(
            "这是旧格式（.xls）或加了密码的工作簿",
            "this is an old workbook (.xls) or one with a password",
            "请去掉密码，另存为 .xlsx",
            "Remove the password and save it as .xlsx.",
        )
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as book, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
            found = _copied(book, made)
            return _by_name(book, found)
    except (zipfile.BadZipFile, expat.ExpatError, KeyError, EOFError, OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _refused(
            "这不是完好的 .xlsx 工作簿",
            "this is no sound .xlsx workbook",
            "请用表格软件重新另存为 .xlsx，或改传 CSV",
            "Save it again as .xlsx, or send a CSV.",
        ) from None


def _copied(book: zipfile.ZipFile, made: zipfile.ZipFile) -> dict[str, Unseen]:
    parts, total = book.infolist(), 0
    if len(parts) > MOST_PARTS:
        raise too_large()
    found: dict[str, Unseen] = {}
    for part in parts:
        if not _NEEDED.fullmatch(part.filename):
            continue
        if part.flag_bits & 1:
            raise zipfile.BadZipFile
        scan = _Scan() if part.filename.startswith("xl/worksheets/") else None
        size = 0
        with book.open(part) as given, made.open(part.filename, "w", force_zip64=True) as written:
            while chunk := given.read(_CHUNK):
                size, total = size + len(chunk), total + len(chunk)
                if total > MOST_BYTES or (size > _SOME_SIZE and size > MOST_RATIO * max(part.compress_size, 1)):
                    raise too_large()
                if scan is not None:
                    scan.feed(chunk)
                written.write(chunk)
        if scan is not None:
            found[part.filename] = scan.done()
    return found


class _Scan:
    """Reads one sheet's XML as it passes."""

    def __init__(self) -> None:
        self._unseen, self._row, self._column = Unseen(), 0, 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = _no_doctype

    def feed(self, chunk: bytes) -> None:
        """The next bytes."""
        self._parser.Parse(chunk, False)

    def done(self) -> Unseen:
        """All have passed."""
        self._parser.Parse(b"", True)
        return self._unseen

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = -1
            if attributes.get("hidden") in ("1", "true"):
                self._unseen.hidden.add(self._row)
        elif tag == "c":
            place = attributes.get("r")
            self._column = self._column + 1 if place is None else column_of(place)
        elif tag == "f":
            self._unseen.formulas.setdefault(self._row, []).append(self._column)
        elif tag == "mergeCell":
            first, _, last = attributes["ref"].partition(":")
            self._unseen.merged.append((row_of(first), row_of(last or first), attributes["ref"]))


def column_of(place: str) -> int:
    """`C7` -> 2."""
    number = 0
    for letter in re.sub(r"[^A-Za-z]", "", place).upper():
        number = 26 * number + ord(letter) - 64
    return number - 1


def row_of(place: str) -> int:
    """`C7` -> 7."""
    return int(re.sub(r"\D", "", place))


def _by_name(book: zipfile.ZipFile, found: dict[str, Unseen]) -> dict[str, Unseen]:
    """The sheets' parts by the names that people know them by."""
    targets = {
        one.get("Id"): posixpath.normpath(posixpath.join("xl", one.get("Target", "").lstrip("/").removeprefix("xl/")))
        for _, one in _elements(_small(book, "xl/_rels/workbook.xml.rels"))
    }
    named = {}
    for tag, attributes in _elements(_small(book, "xl/workbook.xml")):
        part = targets.get(attributes.get(_REL)) if tag == "sheet" else None
        if part in found:
            named[attributes.get("name", "")] = found[part]
    return named


def _elements(content: bytes) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small document in their order: name without its namespace, and attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(" ")[2], attributes))
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.Parse(content, True)
    return found


def _no_doctype(*_: object) -> None:
    """A workbook's parts have none; entities that are declared in one could grow without bounds."""
    raise expat.ExpatError("a part of a workbook has no document type")


def _small(book: zipfile.ZipFile, name: str) -> bytes:
    """A part that is small in any workbook. Raises: Invalid."""
    with book.open(name) as given:
        content = given.read(_SOME_SIZE + 1)
    if len(content) > _SOME_SIZE:
        raise too_large()
    return content


def too_large() -> Invalid:
    """The refusal of a workbook that unpacks to more than any office has."""
    return _refused(
        "工作簿解开后过大",
        "the workbook unpacks to too much",
        "请删去无关的工作表和格式，或分成几份",
        "Remove sheets and formats that are not needed, or split it.",
    )


def _refused(text: str, text_en: str, remedy: str, remedy_en: str) -> Invalid:
    return Invalid(text, text_en, cites=("api.md",), remedy=remedy, remedy_en=remedy_en)
