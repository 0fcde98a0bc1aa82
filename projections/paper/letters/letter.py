"""A letter before it is set: its pieces in order, whose it is, on which basis it was made, and the code that proves it.

What a letter says is decided in the modules beside this one; how it looks, in `letter_pdf.py` and `letter_docx.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.values import SHANGHAI, Instant, moment


@dataclass(frozen=True)
class Headline:
    """A section's heading; `annex` begins on a page of its own."""

    text: str
    annex: bool = False


@dataclass(frozen=True)
class Passage:
    """A paragraph of the text; `small` for sources and remarks."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class LetterTable:
    """A table. `shares`: how wide its columns are, relative to each other; `bold`: the last row is a sum."""

    headings: tuple[str, ...]
    shares: tuple[float, ...]
    rows: Sequence[tuple[str, ...]]
    sums: bool = False


Piece = Headline | Passage | LetterTable


@dataclass(frozen=True)
class PaperBasis:
    """On what a paper rests, for its foot and its code. All of it follows from the log at one place (R4)."""

    as_of: str
    known_at: Instant
    log_index: int | None
    rulebook: Mapping[str, Any]
    checkpoint: str | None = None
    """Size and root of the checkpoint that covers the place."""
    demonstration: bool = False

    def rows(self) -> list[tuple[str, str]]:
        """Names and values, as the block 依据 shows them."""
        found = [
            ("截至", self.as_of),
            ("按何时所知", beijing(self.known_at)),
            ("规则库", f"{self.rulebook['id']}　SHA-256 {self.rulebook['sha256']}"),
        ]
        if self.log_index is not None:
            found.insert(2, ("日志序号", str(self.log_index)))
        if self.checkpoint is not None:
            found.append(("检查点", self.checkpoint))
        return found


@dataclass(frozen=True)
class PaperProof:
    """The code that the log has signed for a paper, and the address at which it is verified (QR)."""

    code: str
    address: str


@dataclass(frozen=True)
class Letter:
    """A letter. `issuer`: the association, as it was called at the basis; None where nobody has said."""

    kind: str
    title: str
    about: str
    says: str
    """The result in a few words, which the code repeats."""
    issuer: str | None
    addressee: str | None
    reference: str
    pieces: Sequence[Piece]
    basis: PaperBasis
    signatures: tuple[str, ...] = ("经办人", "审核人")
    """Lines to be signed by hand, beside the place for the stamp."""
    dated: str | None = None
    """The day under the text; None leaves it to be filled in."""
    notes: Sequence[str] = field(default_factory=tuple)
    reader: str = ""
    """For whom it was made, where that bears on what it leaves out (R39)."""


def beijing(when: Instant) -> str:
    """An instant for people: Beijing time to the second, and the UTC text."""
    return f"{moment(when).astimezone(SHANGHAI).strftime('%Y-%m-%d %H:%M:%S')}（北京时间；{when}）"


def day_said(day: str) -> str:
    """2025-02-03 as letters write it: 2025年2月3日."""
    year, month, date = day.split("-")
    return f"{year}年{int(month)}月{int(date)}日"
