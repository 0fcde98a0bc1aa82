"""What kind of file something is, by its bytes: neither its name nor what a browser says of it is believed.

puremagic names candidates by the first bytes; what is a container (ZIP, OLE) is looked into as far as its list of
contents, and nothing in it is ever unpacked: a bomb stays packed. Only these kinds are kept: pictures, PDF, Word and
Excel, recordings, plain text. What a browser would run (HTML, SVG, XML) is none of them.
"""

from __future__ import annotations

import codecs
import struct
import unicodedata
import zipfile
from collections.abc import Iterator
from typing import IO, NamedTuple, cast

import puremagic

from domain.errors import Invalid, Unreadable
from domain.store.files.cipher import OpenedFile
from domain.values import Bilingual

HEAD_BYTES = 4096
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOC, XLS, TEXT = "application/msword", "application/vnd.ms-excel", "text/plain"
_ZIP, _OLE = "zip", "ole"


class FileKind(NamedTuple):
    """A kind of file that is kept."""

    extension: str
    """What its name ends with when it is handed out."""
    name: Bilingual


KINDS: dict[str, FileKind] = {
    "image/jpeg": FileKind("jpg", ("照片", "photo")),
    "image/png": FileKind("png", ("图片", "picture")),
    "image/gif": FileKind("gif", ("图片", "picture")),
    "image/webp": FileKind("webp", ("图片", "picture")),
    "image/bmp": FileKind("bmp", ("图片", "picture")),
    "image/tiff": FileKind("tif", ("扫描件", "scan")),
    "image/heic": FileKind("heic", ("照片", "photo")),
    "application/pdf": FileKind("pdf", ("PDF 文件", "PDF")),
    DOCX: FileKind("docx", ("Word 文档", "Word document")),
    XLSX: FileKind("xlsx", ("Excel 表格", "Excel workbook")),
    DOC: FileKind("doc", ("Word 文档", "Word document")),
    XLS: FileKind("xls", ("Excel 表格", "Excel workbook")),
    "audio/mpeg": FileKind("mp3", ("录音", "recording")),
    "audio/mp4": FileKind("m4a", ("录音", "recording")),
    "audio/wav": FileKind("wav", ("录音", "recording")),
    "audio/amr": FileKind("amr", ("录音", "recording")),
    "audio/aac": FileKind("aac", ("录音", "recording")),
    "audio/ogg": FileKind("ogg", ("录音", "recording")),
    "video/mp4": FileKind("mp4", ("录像", "video")),
    "video/quicktime": FileKind("mov", ("录像", "video")),
    "video/3gpp": FileKind("3gp", ("录像", "video")),
    "video/webm": FileKind("webm", ("录像", "video")),
    TEXT: FileKind("txt", ("文本", "text")),
}
"""By media type."""

_CALLED = {
    "image/jpeg": "jpg jpeg jfif jpe",
    "image/tiff": "tif tiff",
    "image/heic": "heic heif",
    "audio/mpeg": "mp3 mpga",
    "audio/mp4": "m4a f4a",
    "audio/ogg": "ogg oga opus",
    "video/mp4": "mp4 m4v",
    "video/3gpp": "3gp 3ga",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/bmp": "bmp",
    "application/pdf": "pdf",
    "audio/wav": "wav",
    "audio/amr": "amr",
    "audio/aac": "aac",
    "video/quicktime": "mov",
    "video/webm": "webm",
    _ZIP: "docx xlsx zip",
    _OLE: "doc xls",
}
"""What puremagic calls them; of `_ZIP` and `_OLE` the contents are asked."""
_BY_EXTENSION = {f".{one}": kind for kind, names in _CALLED.items() for one in names.split()}
_RUN_BY_BROWSERS = (b"<html", b"<script", b"<svg", b"<!doctype", b"<?xml", b"<iframe", b"<body", b"<?php")
_MOST_CONTENTS = 5_000
_MOST_LIST_BYTES = 1024 * 1024
"""Of a ZIP's list of contents: a list itself may be a bomb."""
_ZIP_END = struct.Struct("<4s4H2LH")
_MOST_COMMENT = 65_535


def kind_of_file(file: OpenedFile) -> str:
    """The media type of a file. Raises: Invalid for one of no kind that is kept; Unreadable."""
    if file.size == 0:
        raise Invalid(
            "文件是空的",
            "the file is empty",
            remedy="请检查该文件能否打开，再上传",
            remedy_en="See whether it can be opened, then upload it again.",
            pointer="/file",
        )
    file.seek(0)
    head = file.read(HEAD_BYTES)
    found = next(_candidates(head), None) or _text(file, head)
    if found == _ZIP:
        found = _office(file)
    elif found == _OLE:
        found = _old_office(file)
    if found is None:
        raise _of_no_kind()
    return found


def kind_of_table(file: OpenedFile) -> str:
    """The media type of what was read as a table, XLSX or CSV: a cell may say anything, also what a browser would run,
    as it is only ever read as a table again. Raises: Invalid, Unreadable."""
    file.seek(0)
    return kind_of_file(file) if file.read(4).startswith(b"PK") else TEXT


def _candidates(head: bytes) -> Iterator[str]:
    """What its first bytes may be, the likeliest first; none where the likeliest is something else."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n\f").startswith(b"<"):
        return
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return
    for one in matches:
        if one.extension.lower() in _BY_EXTENSION:
            yield _BY_EXTENSION[one.extension.lower()]


def _text(file: OpenedFile, head: bytes) -> str | None:
    """Plain text: UTF-8 or GB 18030 to its end, no control characters, and nothing that a browser would run."""
    if any(one in head.lower() for one in _RUN_BY_BROWSERS):
        return None
    return TEXT if any(_decodes(file, encoding) for encoding in ("utf-8", "gb18030")) else None


def _decodes(file: OpenedFile, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while data := file.read(HEAD_BYTES * 64):
            if not _is_plain(decoder.decode(data)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_plain(text: str) -> bool:
    unusual = {one for one in set(text) if unicodedata.category(one) in ("Cc", "Cs", "Cn")}
    return unusual <= set("\t\n\r\f")


def _office(file: OpenedFile) -> str | None:
    """Which document of Office a ZIP is, by the names in its list of contents."""
    if not _has_short_list(file):
        return None
    try:
        with zipfile.ZipFile(cast("IO[bytes]", file)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return None
    if "[Content_Types].xml" not in names:
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if names & {"xl/workbook.xml", "xl/workbook.bin"} else None


def _has_short_list(file: OpenedFile) -> bool:
    """Whether a ZIP says at its end that it lists no more than any document has (APPNOTE 4.3.16)."""
    file.seek(-min(file.size, _ZIP_END.size + _MOST_COMMENT), 2)
    end = file.read()
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) - at < _ZIP_END.size:
        return False
    _, _, _, _, contents, list_bytes, _, _ = _ZIP_END.unpack_from(end, at)
    return bool(contents <= _MOST_CONTENTS and list_bytes <= _MOST_LIST_BYTES)


def _old_office(file: OpenedFile) -> str | None:
    """Which document of old Office a compound file is, by its first directory entries (MS-CFB 2.2, 2.6)."""
    file.seek(0)
    head = file.read(512)
    if len(head) < 512:
        return None
    sector_bytes = 1 << min(int.from_bytes(head[30:32], "little"), 12)
    file.seek((int.from_bytes(head[48:52], "little") + 1) * sector_bytes)
    entries = file.read(sector_bytes * 8)
    names = {_entry_name(entries[at : at + 128]) for at in range(0, len(entries), 128)}
    if "WordDocument" in names:
        return DOC
    return XLS if names & {"Workbook", "Book"} else None


def _entry_name(entry: bytes) -> str:
    length = int.from_bytes(entry[64:66], "little")
    return entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")


def _of_no_kind() -> Invalid:
    return Invalid(
        "不收这种文件：只收图片、PDF、Word、Excel、录音录像和纯文本，以文件内容为准",
        "this kind of file is not taken: only pictures, PDF, Word, Excel, recordings and plain text, by what is in it",
        cites=("art.16",),
        remedy="请改存为上述格式，如把网页打印成 PDF、把压缩包解开逐个上传",
        remedy_en="Save it as one of these: print a web page to PDF, unpack an archive and upload what is in it.",
        pointer="/file",
    )


def must_open(file: OpenedFile, first: int = 0) -> None:
    """Read a byte where reading begins, so that a damaged file is refused before its answer. Raises: Unreadable."""
    file.seek(first)
    if not file.read(1):
        raise Unreadable("the file is empty in the store")
    file.seek(first)
