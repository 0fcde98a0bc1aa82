"""Reading a file of evidence: whoever reads the evidence of a fact that it proves, and who has uploaded it (R39)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from api.application.privacy.authorisation import EVIDENCE_OF
from api.application.problem_types import Gone
from api.application.questions.agency.trail_questions import evidence_seen
from api.application.questions.inquiry import Inquiry, QuestionName, require_right
from domain.agency import is_agency_stream
from domain.disclosure.who_reads import OFFICERS
from domain.errors import NotFound, Refusal
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.store.files.cipher import OpenedFile, Part, sealed_bytes
from domain.store.files.file_rows import StoredFile, Use, claimed, used, uses_of
from domain.store.files.objects import MAGIC, Objects
from domain.values import Role

MOST_USES = 200
"""Facts of one file that are looked at: nobody attaches one to more by hand."""


class FileToRead(NamedTuple):
    """A file that the caller may read."""

    file: StoredFile
    title: str
    """As the fact names it; empty for one that is not recorded yet."""

    def opened(self, objects: Objects, part: Part = "content") -> OpenedFile:
        """The bytes of it. Reading raises Unreadable where they are not those that were stored."""
        return opened(objects, self.file, part)


def opened(objects: Objects, file: StoredFile, part: Part = "content") -> OpenedFile:
    """The bytes of a file, decrypted as they are read."""

    def fetch(start: int, length: int) -> bytes:
        return objects.fetch(file.address, start, length)

    if part == "content":
        return OpenedFile(fetch, file.key, part, file.size, len(MAGIC))
    return OpenedFile(fetch, file.key, part, file.thumbnail, len(MAGIC) + sealed_bytes(file.size))


@implements("R39")
def file_of(inquiry: Inquiry, sha256: str) -> FileToRead:
    """The file of a hash, for who may read it. Raises: NotFound, the same whether it is there or not; Gone."""
    caller, gone = inquiry.caller, False
    with inquiry.snapshot.open() as reader:
        for use, title in _readable(inquiry, reader, sha256):
            file = used(reader.connection, reader.vault, use.event_id, sha256)
            if file is not None:
                if is_agency_stream(use.stream):
                    inquiry.about = _uscc(use)
                return FileToRead(file, title)
            gone = True
        own = claimed(reader.connection, reader.vault, caller.person_id, sha256)
        if own is not None:
            return FileToRead(own, "")
    if gone:
        raise Gone(
            "该文件所属主体的个人信息已依法删除，文件无法再打开",
            "the subject of this file was erased: it can never be opened again",
            cites=("events.md",),
            remedy="记录、文件的 SHA-256 和大小仍在",
            remedy_en="The record stands, and the file's SHA-256 and size with it.",
        )
    raise NotFound(
        "没有您可以阅读的这个文件",
        "there is no such file that you may read",
        cites=("R39",),
        remedy="请核对 SHA-256；上传后未登记的文件 24 小时后清除",
        remedy_en="Check the SHA-256; what is uploaded and not recorded goes after 24 hours.",
    )


def _readable(inquiry: Inquiry, reader: Reader, sha256: str) -> Iterator[tuple[Use, str]]:
    """The facts that the file proves whose evidence the caller reads, with the title there."""
    caller = inquiry.caller
    uses = uses_of(reader.connection, sha256)
    if caller.role is Role.AGENCY:
        uses = [one for one in uses if is_agency_stream(one.stream) and _uscc(one) == caller.uscc]
    for use in uses[:MOST_USES]:
        if not is_agency_stream(use.stream):
            if caller.role in OFFICERS:
                yield use, ""
            continue
        try:
            reach = require_right(QuestionName("GET", EVIDENCE_OF).rights, caller, _uscc(use))
            papers = evidence_seen(Inquiry(inquiry.snapshot, reach), _uscc(use), use.event_id)
        except Refusal:
            continue
        for paper in papers:
            if paper["sha256"] == sha256 and "size" in paper:
                yield use, str(paper["title"])
                break


def _uscc(use: Use) -> str:
    return use.stream.removeprefix("agency/")
