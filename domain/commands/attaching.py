"""The papers of a fact, as its event keeps them: a file is one that was really uploaded, by who attaches it.

Whoever only knows a hash attaches nothing: a file belongs to the account that uploaded it, for a day, and from then on
to the facts that it is recorded with. Who recorded one of these, or supervises, attaches it to another one too ("the
same again", a correction).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from domain.commands.fields import EvidenceIn
from domain.disclosure.who_reads import OFFICERS
from domain.errors import Invalid
from domain.events import Evidence
from domain.values import Role


class Papers(Protocol):
    """What commands need of the store of evidence: size in bytes and type of a file, as they were found."""

    def found(self, sha256: str, actor: str, *, supervises: bool) -> tuple[int, str] | None: ...


class NoPapers:
    """Stands for the store where nothing is written: a file is believed to be as the command says it."""

    def found(self, sha256: str, actor: str, *, supervises: bool) -> tuple[int, str] | None:
        """None is known."""
        return None


NO_PAPERS = NoPapers()


@dataclass(frozen=True)
class Attaching:
    """Who attaches papers to a fact, and which there are."""

    papers: Papers
    actor: str
    role: Role

    def stored(self, given: Iterable[EvidenceIn], at: str = "/evidence") -> tuple[Evidence, ...]:
        """The papers as the event keeps them. Raises: Invalid for a file that is not there for who attaches it."""
        return tuple(self.one(paper, f"{at}/{place}") for place, paper in enumerate(given))

    def one(self, given: EvidenceIn, at: str) -> Evidence:
        """As `stored`, one paper. `at`: where it stands in the body."""
        elsewhere = Evidence(title=given.title, uri=given.uri, sha256=given.sha256)
        if given.sha256 is None or given.uri is not None:
            return elsewhere
        found = self.papers.found(given.sha256, self.actor, supervises=self.role in OFFICERS)
        if found is None and not given.says_file:
            return elsewhere
        if found is None and isinstance(self.papers, NoPapers):
            found = given.size or 0, given.media_type or ""
        if found is None:
            raise _not_there(f"{at}/sha256")
        size, media_type = found
        if given.size not in (None, size):
            raise _differs(f"{at}/size", f"{size} 字节", f"{size} bytes")
        if given.media_type not in (None, media_type):
            raise _differs(f"{at}/media_type", media_type, media_type)
        return Evidence(title=given.title, sha256=given.sha256, size=size, media_type=media_type)


def _not_there(pointer: str) -> Invalid:
    return Invalid(
        "没有您上传的这个文件：上传后 24 小时内未随记录登记的文件会被清除",
        "there is no such file of yours: what is uploaded and not recorded within 24 hours is taken away",
        cites=("api.md",),
        remedy="请重新上传该文件，再登记",
        remedy_en="Upload the file again, then record.",
        pointer=pointer,
    )


def _differs(pointer: str, text: str, text_en: str) -> Invalid:
    return Invalid(
        f"与上传的文件不符：该文件为 {text}",
        f"it is not what the uploaded file has: {text_en}",
        cites=("api.md",),
        remedy="请照上传时的回答填写，或只写 sha256",
        remedy_en="Give what the upload was answered, or the sha256 alone.",
        pointer=pointer,
    )
