"""Which readings the association has confirmed, on which day, as known at an instant (art.28, R4).

A confirmation holds for the words and values that were confirmed. Where a later rulebook reads the place differently,
the reading is open again; where it says the same, the confirmation goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from domain.errors import Contradiction, Invalid
from domain.events import ConfirmationWithdrawn, ReadingConfirmed
from domain.measures.rulebook.rulebook import Rulebook
from domain.measures.rulebook.schema import Interpretation
from domain.measures.text.implements import implements

Decided = ReadingConfirmed | ConfirmationWithdrawn


@dataclass(frozen=True)
class SaidReading:
    """What a reading says in a rulebook: its words and the values that follow from it, with their digest."""

    content: dict[str, Any]
    sha256: str


def said_readings(book: Rulebook) -> dict[str, SaidReading]:
    """What each reading of a rulebook says, by its number (R16)."""
    return _said(book.canonical)


@lru_cache(maxsize=32)
def _said(canonical: bytes) -> dict[str, SaidReading]:
    book = Rulebook.from_content(json.loads(canonical))
    values: dict[str, list[dict[str, object]]] = {}
    for row in book.describe():
        values.setdefault(row["reading"], []).append({key: row[key] for key in ("name", "value", "unit", "article")})
    return {one.ref: _digested(one, values.get(one.ref, [])) for one in book.readings}


def _digested(one: Interpretation, values: list[dict[str, object]]) -> SaidReading:
    content = {
        "ref": one.ref,
        "articles": list(one.articles),
        "note": one.note,
        "note_en": one.note_en,
        "values": sorted(values, key=lambda row: str(row["name"])),
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return SaidReading(content, hashlib.sha256(canonical).hexdigest())


@dataclass(frozen=True, eq=False)
class Confirmations:
    """What the association has decided about readings, in the order of recording."""

    decided: tuple[Decided, ...] = ()

    def history(self, ref: str) -> list[Decided]:
        """Every decision about a reading, whatever it said then, by the day from which it holds."""
        return sorted((one for one in self.decided if one.reading == ref), key=_by_day)

    def standing(self, sha256: str, day: date) -> ReadingConfirmed | None:
        """The confirmation of these words that stands on a day: the last decision by then, if it is no withdrawal."""
        by_then = [one for one in self.decided if one.sha256 == sha256 and one.occurred_on <= day]
        last = max(by_then, key=_by_day, default=None)
        return last if isinstance(last, ReadingConfirmed) else None

    @implements("art.28", "R4")
    def read_on(self, book: Rulebook, day: date) -> Rulebook:
        """The rulebook with its readings as they are confirmed on a day; values, id and hash are its own.

        What the rulebook's own content says of a confirmation holds from its date on, until an event says otherwise.
        """
        said = said_readings(book)
        readings = (self._on(one, said[one.ref].sha256, day) for one in book.readings)
        return replace(book, readings=tuple(readings))

    def _on(self, one: Interpretation, sha256: str, day: date) -> Interpretation:
        if any(each.sha256 == sha256 and each.occurred_on <= day for each in self.decided):
            found = self.standing(sha256, day)
            return _open(one) if found is None else _confirmed(one, found)
        return _open(one) if one.confirmed_on is not None and one.confirmed_on > day else one


def _open(one: Interpretation) -> Interpretation:
    return replace(one, confirmed_by="", confirmed_on=None)


def _confirmed(one: Interpretation, by: ReadingConfirmed) -> Interpretation:
    found: dict[str, Any] = {"confirmed_by": by.confirmed_by, "confirmed_on": by.occurred_on.isoformat()}
    return replace(one, **found)  # the date as the schema reads it


NONE_CONFIRMED = Confirmations()


def _by_day(one: Decided) -> tuple[date, int]:
    return one.occurred_on, one.version


@implements("art.28", "R4")
def must_be_said(book: Rulebook, named: Iterable[tuple[str, str | None]], only: str = "") -> list[SaidReading]:
    """What these readings (number, digest that was read) say in a rulebook. `only`: the pointer where there is one.

    Raises: Invalid for one that does not exist or is named twice; Contradiction for words that are not those.
    """
    said, found = said_readings(book), list[SaidReading]()
    for place, (ref, sha256) in enumerate(named):
        here = only or f"/readings/{place}/reading"
        if ref not in said:
            raise Invalid(
                f"规则库 {book.id} 没有 {ref} 这项理解",
                f"the rulebook {book.id} has no reading {ref}",
                cites=("R4",),
                remedy="请在“规则与理解”里核对编号",
                remedy_en="Look the number up among the rules as read.",
                pointer=here,
            )
        if said[ref] in found:
            raise Invalid(f"{ref} 给了两次", f"{ref} is given twice", remedy="请只写一次", pointer=here)
        if sha256 not in (None, said[ref].sha256):
            raise Contradiction(
                f"{ref} 的内容与您所读的不同：规则库在此期间有改动",
                f"{ref} does not say what was read: the rulebook has changed since",
                cites=("R4",),
                remedy="请重新阅读这项理解，再作决定",
                remedy_en="Read it again, then decide.",
                pointer=f"/readings/{place}/sha256",
            )
        found.append(said[ref])
    return found


@implements("art.28", "R4")
def must_not_repeat(known: Confirmations, said: SaidReading, day: date, by: str, title: str, place: int) -> None:
    """Refuse to record the same confirmation twice. Raises: Contradiction."""
    standing = known.standing(said.sha256, day)
    if standing and (standing.occurred_on, standing.confirmed_by, standing.document.title) == (day, by, title):
        ref = said.content["ref"]
        raise Contradiction(
            f"{ref} 已凭同一文件于 {day} 确认",
            f"{ref} is confirmed as of {day} by the same paper already",
            cites=("art.28", "R4"),
            remedy="不必再次确认；另有文件或日期的，请写明",
            remedy_en="Nothing is left to do. Name another paper or day if there is one.",
            pointer=f"/readings/{place}/reading",
        )


@implements("art.28", "R4")
def must_stand(known: Confirmations, said: SaidReading, day: date, place: int) -> ReadingConfirmed:
    """The confirmation that is to be taken back. Raises: Contradiction where none stands on that day."""
    standing = known.standing(said.sha256, day)
    if standing is None:
        ref = said.content["ref"]
        raise Contradiction(
            f"{ref} 在 {day} 没有有效的确认，无从撤回",
            f"no confirmation of {ref} stands on {day}: there is nothing to withdraw",
            cites=("art.28", "R4"),
            remedy="请核对编号和日期；撤回不能早于确认",
            remedy_en="Check number and date: it cannot lie before the confirmation.",
            pointer=f"/readings/{place}/reading",
        )
    return standing


@implements("art.28", "R4")
def must_lie_in_force(field: str, day: date, first_day: date) -> None:
    """Refuse a day before the Measures: the right to interpret them begins with them (art.28). Raises: Invalid."""
    if day < first_day:
        raise Invalid(
            f"{day} 早于办法施行之日（{first_day}）",
            f"{day} lies before the Measures took effect ({first_day})",
            cites=("art.28",),
            remedy="请核对文件上的日期",
            remedy_en="Check the date of the paper.",
            pointer=f"/{field}",
        )
