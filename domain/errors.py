"""Refusals: what is wrong, under which article or reading, and what to do instead, in both languages.

A refusal appends nothing. One handler in `api/http/problems.py` renders them; others catch them
only to add where they happened, or to show them on a page, at the command line or at a line of an import.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(eq=False)
class Refusal(Exception):
    """A command or question that is refused. `cites` names articles and readings, `pointer` the field (RFC 6901)."""

    text: str
    text_en: str
    cites: tuple[str, ...] = ()
    remedy: str = ""
    remedy_en: str = ""
    pointer: str | None = None
    more: tuple[tuple[str, str, str], ...] = ()
    """What is wrong in each of several places: pointer, Chinese text, English text."""

    def __str__(self) -> str:
        return f"{self.text_en} ({', '.join(self.cites)})" if self.cites else self.text_en


class Invalid(Refusal):
    """The content is wrong: a value outside its set, a date in the future, an unknown id in a body (422)."""


class Contradiction(Refusal):
    """The request contradicts the trail, whatever the order in which facts arrive (409)."""


class NotFound(Refusal):
    """What the path names does not exist, or not for this caller (404)."""


class Forbidden(Refusal):
    """The caller's role does not carry this (403)."""


class VersionConflict(Refusal):
    """The agency's version is not the one that If-Match names (412)."""


class Busy(Refusal):
    """The database is held by somebody else for longer than we wait (503)."""


class Collided(Busy):
    """Two transactions waited for each other, and the database has taken this one back: it may be begun anew (503)."""


class Unreadable(Exception):
    """A stored event that cannot be decoded or is of an unknown type: stop, never skip (design.md, 6).

    `event_id`: which event, where one is known; what is said may quote the ledger, and goes to its operator alone.
    """

    def __init__(self, said: str, event_id: str = "") -> None:
        super().__init__(said)
        self.event_id = event_id


def already(text: str, text_en: str, *cites: str) -> Contradiction:
    """A second decision, receipt or closing where one stands: annul the first to make room (api.md, Conventions)."""
    return Contradiction(
        text,
        text_en,
        cites=cites,
        remedy="如前一记录有误，请先撤销它（annulments），再重新记录",
        remedy_en="If the one that stands is wrong, annul it first, then record anew.",
    )


def not_after(field: str, day: date, today: date) -> None:
    """Refuse a date after today (api.md). Raises: Invalid."""
    if day > today:
        raise Invalid(
            f"{day} 晚于今天（{today}）",
            f"{day} lies after today ({today})",
            cites=("api.md",),
            remedy="请改正日期",
            remedy_en="Correct the date.",
            pointer=f"/{field}",
        )
