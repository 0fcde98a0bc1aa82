"""Lists in pages. A cursor holds the place and the basis of the first page, so that all pages are of one moment."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn, Protocol, TypeVar

import msgspec

from api.application.parsing.strict_json import known_at
from domain.errors import Invalid
from domain.values import normal_uscc

P = TypeVar("P", bound=msgspec.Struct)


class _OfAgency(Protocol):
    """A row of a list of agencies."""

    @property
    def uscc(self) -> str: ...


R = TypeVar("R", bound=_OfAgency)


@dataclass(frozen=True)
class Page:
    """Which part of which list is asked for."""

    limit: int
    offset: int
    as_of: date | None
    known_at: str | None
    _question: str

    def is_part(self, rows: Sequence[Any]) -> bool:
        """Whether `rows`, one more than a page where there is a next one, are not the whole list."""
        return bool(self.offset) or len(rows) > self.limit

    def cut(self, rows: Sequence[Any], as_of: date | None, known_at: str) -> tuple[list[Any], str | None]:
        """The page out of all rows, and the next cursor, which keeps the basis that was answered on."""
        return self.part(rows[self.offset : self.offset + self.limit + 1], as_of, known_at)

    def part(self, rows: Sequence[Any], as_of: date | None, known_at: str) -> tuple[list[Any], str | None]:
        """The rows of this page and the next cursor; `rows` holds one more where there is a next page."""
        if len(rows) <= self.limit:
            return list(rows), None
        day = None if as_of is None else as_of.isoformat()
        place = _Place(self._question, self.offset + self.limit, day, self.known_at or known_at)
        return list(rows[: self.limit]), place.text()


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """What a cursor says. It is no secret: who changes it gets a page of what they may read anyway, or is refused."""

    question: str
    offset: int
    as_of: str | None
    known_at: str

    def day(self) -> date | None:
        return None if self.as_of is None else date.fromisoformat(self.as_of)

    def text(self) -> str:
        return _packed(self)


class _Last(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """The cursor of a list that is always of now: it says where to go on, and nothing of when."""

    question: str
    uscc: str


@dataclass(frozen=True)
class Onward:
    """Which part of a list that is always of now, by USCC."""

    limit: int
    after: str | None
    _question: str

    def part(self, rows: Sequence[R]) -> tuple[list[R], str | None]:
        """The page out of its own rows and one more, where there is one, and the next cursor."""
        if len(rows) <= self.limit:
            return list(rows), None
        return list(rows[: self.limit]), _packed(_Last(self._question, rows[self.limit - 1].uscc))


def onward(cursor: str | None, limit: int, *, question: tuple[object, ...]) -> Onward:
    """The part that a request asks for of a list of agencies that has no past. Raises: Invalid."""
    asked = _hashed(question)
    if cursor is None:
        return Onward(limit, None, asked)
    last = _unpacked(cursor, _Last, _names_agency)
    _require_same(last.question, asked)
    return Onward(limit, last.uscc, asked)


def page(
    cursor: str | None, limit: int, *, question: tuple[object, ...], as_of: date | None = None, at: str | None = None
) -> Page:
    """The part that a request asks for. `question`: path and filters, which a cursor belongs to. Raises: Invalid."""
    asked = _hashed((*question, as_of, at))
    if cursor is None:
        return Page(limit, 0, as_of, at, asked)
    place = _unpacked(cursor, _Place, _is_place)
    _require_same(place.question, asked)
    return Page(limit, place.offset, place.day(), place.known_at, asked)


def _hashed(question: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(question).encode()).hexdigest()[:16]


def _require_same(belongs_to: str, asked: str) -> None:
    if belongs_to != asked:
        _refuse(
            "cursor 属于另一个查询：请连同原来的筛选条件一起使用",
            "the cursor belongs to another query: repeat its filters",
        )


def _is_place(place: _Place) -> bool:
    place.day()
    return place.offset >= 0 and known_at(place.known_at) == place.known_at


def _names_agency(last: _Last) -> bool:
    return normal_uscc(last.uscc) == last.uscc


def _packed(place: msgspec.Struct) -> str:
    raw = msgspec.json.encode(place)
    return base64.urlsafe_b64encode(raw + _check(raw)).rstrip(b"=").decode("ascii")


def _unpacked(cursor: str, kind: type[P], is_whole: Callable[[P], bool]) -> P:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place = msgspec.json.decode(raw[:-8], type=kind)
        whole = raw[-8:] == _check(raw[:-8]) and is_whole(place)
    except (binascii.Error, ValueError):  # msgspec's and pydantic's errors are ValueErrors
        whole = False
        place = None
    if place is None or not whole:
        _refuse("cursor 已损坏", "the cursor is broken")
    return place


def _check(raw: bytes) -> bytes:
    """So that a truncated or mistyped cursor is found; against nobody's will."""
    return hashlib.sha256(b"steward-cursor" + raw).digest()[:8]


def _refuse(text: str, text_en: str) -> NoReturn:
    raise Invalid(
        text,
        text_en,
        pointer="?cursor",
        remedy="请用上一页的 next_cursor，或从头查起",
        remedy_en="Use next_cursor as it came, or start again.",
    )
