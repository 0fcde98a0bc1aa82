"""README.txt and index.html of a dossier: what each file is, on which basis it was made, how to make it again.

A ZIP whose bytes depend on its files alone, with the SHA-256 of each in MANIFEST.json.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import PurePosixPath
from typing import Any, TypedDict

import msgspec


class Heading(TypedDict, total=False):
    """What a sheet on paper says at its head and its end and does not know itself. Here, because fonts load slowly."""

    kind: str
    """What this paper is, below the title: 公布时的打分表."""
    rows: Sequence[tuple[str, str]]
    """Further names and values: 公布日期, 名次."""
    issuer: str
    """The association whose paper it is, as it was called at the basis."""
    waived: Sequence[tuple[str, str]]
    """The parts that the committee has let pass, each with its reason (R44)."""
    code: str
    """The code that the log has signed for this paper; without one it says nothing of being verified."""
    address: str
    """What its QR code holds: the page that verifies the code."""
    notes: Sequence[str]
    """Paragraphs at the end, for instance which readings are not confirmed (`cited`)."""


@dataclass(frozen=True)
class Described:
    """A file of the dossier in one sentence per language."""

    path: str
    text: str
    text_en: str


@dataclass(frozen=True)
class CoverBasis:
    """The basis of one of the answers inside: which answer it is, and what it was asked with."""

    text: str
    text_en: str
    as_of: str
    known_at: str
    log_index: int | None
    """The last event of the log that it rests on; None where it was given by instant or version."""
    rulebook: Mapping[str, Any]
    calendar: Mapping[str, Any]

    @classmethod
    def of(cls, answer: Mapping[str, Any], text: str, text_en: str, log_index: int | None = None) -> CoverBasis:
        """The basis that an answer of a question echoes. Raises: KeyError for one without."""
        return cls(
            text, text_en, answer["as_of"], answer["known_at"], log_index, answer["rulebook"], answer["calendar"]
        )


def cover(
    title: str,
    title_en: str,
    files: Iterable[Described],
    bases: Sequence[CoverBasis],
    again: Sequence[str],
    *,
    software: str,
    demonstration: bool = False,
    issuer: str | None = None,
) -> str:
    """The text of README.txt. `again`: the commands or requests that make the same bytes anew, one a line; `software`:
    the version of the code that does; `issuer`: the association, as it was called then.

    Nothing but what is given goes in: no clock, no name of a machine.
    """
    described = list(files)
    named = [] if issuer is None else [f"协会 association: {issuer}"]
    chinese = [
        title,
        *named,
        *(["【演示数据，不是真实记录】"] if demonstration else []),
        "",
        "一、文件",
        *(f"  {one.path}\n      {one.text}" for one in described),
        "  MANIFEST.json\n      每个文件的长度和 SHA-256，可据以核对有无改动",
        "",
        "二、依据",
        *(line for one in bases for line in _basis(one)),
        "",
        "三、怎样重新得到",
        "  本卷宗只由台账的记录推出，其中没有制作时间；用同一版本的程序按同一依据再做一次，逐字节相同：",
        f"  程序版本 {software}",
        *(f"  {line}" for line in again),
    ]
    english = [
        title_en,
        *(["[DEMONSTRATION DATA, no real records]"] if demonstration else []),
        "",
        "1. Files",
        *(f"  {one.path}\n      {one.text_en}" for one in described),
        "  MANIFEST.json\n      length and SHA-256 of each file, to check that none was changed",
        "",
        "2. Basis",
        *(line for one in bases for line in _basis_en(one)),
        "",
        "3. How to make it again",
        "  The dossier follows from the ledger's log alone and holds no time of its making. The same version of the",
        "  program makes it again from the same basis, byte for byte:",
        f"  version {software}",
        *(f"  {line}" for line in again),
    ]
    return "\n".join([*chinese, "", "-" * 72, "", *english, ""])


_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{max-width:46em;margin:2em auto;padding:0 1em;font-family:serif;line-height:1.7}}
li{{margin:.3em 0}} small{{color:gray}}</style></head>
<body><h1>{title}</h1><p lang="en">{title_en}</p>
{remarks}<h2>文书（先读这些） <small lang="en">Papers: read these first</small></h2><ol>
{papers}</ol>
<h2>数据（文书所据，供核对和程序使用） <small lang="en">Data behind them</small></h2><ul>
{data}</ul>
<h2>依据 <small lang="en">Basis</small></h2><ul>
{bases}</ul>
<p>怎样重新得到、怎样核对：见 <a href="README.txt">README.txt</a> 和 <a href="{manifest}">{manifest}</a>。
每份文书都有二维码和核验码，可在本台账的“核验文书”页核对。</p>
</body></html>
"""


def index_page(
    title: str, title_en: str, files: Iterable[Described], bases: Iterable[CoverBasis], remarks: Sequence[str] = ()
) -> str:
    """index.html of a dossier, in words: papers first, then the data, each as a link. Everything is escaped."""
    described = list(files)
    papers = [one for one in described if one.path.startswith(PAPERS)]
    return _PAGE.format(
        title=escape(title),
        title_en=escape(title_en),
        remarks="".join(f"<p><strong>{escape(one)}</strong></p>\n" for one in remarks),
        papers="".join(map(_linked, papers)),
        data="".join(_linked(one) for one in described if one not in papers),
        bases="".join(f"<li>{escape(one.text)}：截至 {one.as_of}，按 {one.known_at} 所知</li>\n" for one in bases),
        manifest=MANIFEST,
    )


def _linked(one: Described) -> str:
    name = f'<a href="{escape(one.path)}">{escape(one.text)}</a>'
    return f'<li>{name} <small lang="en">{escape(one.text_en)}</small></li>\n'


def _basis(one: CoverBasis) -> list[str]:
    log = "" if one.log_index is None else f"，日志序号 {one.log_index}"
    return [
        f"  {one.text}：截至 {one.as_of}，按 {one.known_at} 所知{log}",
        f"      规则库 {one.rulebook['id']}  SHA-256 {one.rulebook['sha256']}",
        f"      节假日历 {one.calendar['id']}  SHA-256 {one.calendar['sha256']}",
    ]


def _basis_en(one: CoverBasis) -> list[str]:
    log = "" if one.log_index is None else f", log index {one.log_index}"
    return [
        f"  {one.text_en}: as of {one.as_of}, as known at {one.known_at}{log}",
        f"      rulebook {one.rulebook['id']}  SHA-256 {one.rulebook['sha256']}",
        f"      calendar {one.calendar['id']}  SHA-256 {one.calendar['sha256']}",
    ]


MANIFEST = "MANIFEST.json"
INDEX, PAPERS = "index.html", "papers/"
"""What is to be read first stands first."""
_FIRST_DOS_INSTANT = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_READABLE = 0o100644 << 16


def bundle(files: Mapping[str, bytes]) -> bytes:
    """These files by their paths as one ZIP; equal files give equal bytes.

    First what people read, index.html and the papers, then MANIFEST.json, then the rest, each by path. MANIFEST.json is
    `{"files": [{"path", "bytes", "sha256"}]}`, ordered by path. No clock is in it: every
    entry bears the first date that a ZIP knows. Files are stored, not compressed: zlib's builds pack differently.
    Raises: ValueError for a path that leaves the archive, is not plain, or is the manifest's own.
    """
    for path in files:
        _refuse_bad_path(path)
    ordered = sorted(files.items())
    rows = [{"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for path, data in ordered]
    manifest = msgspec.json.format(msgspec.json.encode({"files": rows}), indent=2) + b"\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, data in sorted([(MANIFEST, manifest), *ordered], key=lambda one: _reading_order(one[0])):
            entry = zipfile.ZipInfo(path, _FIRST_DOS_INSTANT)
            entry.create_system, entry.external_attr = _UNIX, _READABLE  # else both tell the operating system
            archive.writestr(entry, data)
    return out.getvalue()


def _reading_order(path: str) -> tuple[int, str]:
    first = {INDEX: 0, MANIFEST: 2}
    return first.get(path, 1 if path.startswith(PAPERS) else 3), path


def _refuse_bad_path(path: str) -> None:
    pure = PurePosixPath(path)
    plain = path and str(pure) == path and "\\" not in path and not pure.is_absolute() and ".." not in pure.parts
    if not plain or path == MANIFEST:
        raise ValueError(f"{path!r} cannot be a path in the archive: give a relative one other than {MANIFEST}")
