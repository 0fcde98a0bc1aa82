"""The Measures paragraph by paragraph, as `paragraphs.toml` lists them, and the references by which code cites them.

A reference is `art.17(2)`, `annex1.item8`, `annex1.note2`, `annex2` or, for a reading, `R16`. This module imports
nothing of the rulebook or of the code that cites it, so that every other module can import it.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from domain.errors import NotFound

FIRST_READING_REFS: tuple[str, ...] = tuple(
    ref for number in range(1, 39) for ref in ([f"R{number}"] if number != 8 else ["R8", "R8a", "R8b", "R8c"])
)
"""The readings of which the first adopted rulebooks had to speak: every rulebook speaks of them."""

LATER_READING_REFS: tuple[str, ...] = (
    "R4a", "R6a", "R6b", "R8d", "R8e", "R12a", "R12b", "R16a", "R21a", "R22a", "R24a", "R30a", "R32a", "R34a", "R36a",
    "R38a", "R39", "R40", "R41", "R42", "R43", "R44", "R45", "R46", "R47",
)  # fmt: skip
"""Readings that came with later code. A rulebook adopted before them lacks them, and is good (R4)."""

READING_REFS: tuple[str, ...] = tuple(
    sorted(FIRST_READING_REFS + LATER_READING_REFS, key=lambda ref: (int(ref[1:].rstrip("abcde")), ref))
)
"""The readings that code can cite, in order. A new one needs code, so it is added here together with that code."""

_ARTICLE = re.compile(r"(?:art(?:icle)?\.?)?([0-9]{1,2})(?:\(([0-9]{1,2}[ab]?)\)|\.([0-9]{1,2}[ab]?))?")
_ANNEX = re.compile(r"annex\.?([0-9])(?:[.,]?(item|note)([0-9]{1,2}))?")
_READING = re.compile(r"r([0-9]{1,2}[a-e]?)")


class UnknownReference(NotFound):
    """Nothing in the Measures, and no reading, goes by this reference."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"办法中没有“{reference}”这一条目。",
            f'The Measures have no paragraph "{reference}".',
            remedy="请写作 art.17、art.17(2)、art.16(5a)、annex1.item8、annex1.note2 或 R16 的形式。",
            remedy_en="Write it like art.17, art.17(2), art.16(5a), annex1.item8, annex1.note2 or R16.",
        )
        self.reference = reference


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the Measures: what it says in our words, its readings and values, and why it has no code."""

    ref: str
    title: str
    title_en: str
    says: str
    says_en: str
    readings: tuple[str, ...]
    values: tuple[str, ...]
    no_code: str | None = None
    no_code_en: str | None = None


@lru_cache(maxsize=1)
def paragraphs() -> tuple[Paragraph, ...]:
    """Every paragraph of the Measures, in their order. `ValueError` when `paragraphs.toml` contradicts itself."""
    with Path(__file__).with_name("paragraphs.toml").open("rb") as file:
        rows = tomllib.load(file)["paragraph"]
    found = tuple(
        Paragraph(**{**row, "readings": tuple(row["readings"]), "values": tuple(row["values"])}) for row in rows
    )
    _refuse_contradictions(found)
    return found


def _refuse_contradictions(found: Iterable[Paragraph]) -> None:
    """Stop on a doubled reference, an unknown reading, or a reason for no code that stands in one language only."""
    seen: set[str] = set()
    for paragraph in found:
        if paragraph.ref in seen:
            raise ValueError(f"paragraphs.toml: {paragraph.ref} stands twice; remove one of the entries")
        seen.add(paragraph.ref)
        unknown = [reading for reading in paragraph.readings if reading not in READING_REFS]
        if unknown:
            raise ValueError(f"paragraphs.toml: {paragraph.ref} names unknown readings {unknown}; correct them")
        if bool(paragraph.no_code) != bool(paragraph.no_code_en):
            raise ValueError(f"paragraphs.toml: {paragraph.ref} gives no_code in one language only; add the other")


@lru_cache(maxsize=1)
def _by_ref() -> dict[str, Paragraph]:
    return {paragraph.ref: paragraph for paragraph in paragraphs()}


def is_reference(text: str) -> bool:
    """Whether `text` is, letter for letter, the reference of a paragraph or of a reading."""
    return text in _by_ref() or text in READING_REFS


def canonical_reference(text: str) -> str:
    """The canonical reference that people's `17(2)`, `16.5a`, `Annex1 item 8` or `r8A` mean.

    `UnknownReference` (404) when there is none.
    """
    plain = "".join(unicodedata.normalize("NFKC", text[:64]).split()).lower()
    candidate = ""
    if match := _ARTICLE.fullmatch(plain):
        number, item = match[1], match[2] or match[3]
        candidate = f"art.{int(number)}" + (f"({item})" if item else "")
    elif match := _ANNEX.fullmatch(plain):
        candidate = f"annex{match[1]}" + (f".{match[2]}{int(match[3])}" if match[2] else "")
    elif match := _READING.fullmatch(plain):
        candidate = f"R{match[1]}"
    if not is_reference(candidate):
        raise UnknownReference(text[:64])
    return candidate


def find_paragraph(text: str) -> Paragraph:
    """The paragraph that `text` means, as people write it: `art.17(2)`, `17(2)`, `17`, `16.5a`, `annex1 item 8`.

    `UnknownReference` (404) when there is none; a reading (`R16`) is not a paragraph.
    """
    paragraph = _by_ref().get(canonical_reference(text))
    if paragraph is None:
        raise UnknownReference(text[:64])
    return paragraph
