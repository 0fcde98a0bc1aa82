"""What pages that decide share: what a form says, the step of confirming, the time that is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.web.render import page
from api.web.visitors import FIELD
from domain.measures.calendar import Calendar
from domain.values import SHANGHAI, new_id

Said = tuple[str, str]
"""A text in Chinese and English."""
_OURS = frozenset({FIELD, "act", "part"})


def text_of(form: FormData, name: str) -> str:
    """What a field of a form says, without blanks around it; empty for one that was not sent."""
    given = form.get(name, "")
    return given.strip() if isinstance(given, str) else ""


def given(form: FormData, *names: str) -> dict[str, str]:
    """What was filled in of these fields, as members of a body: what is empty is left out, so that the API asks."""
    return {name: text for name in names if (text := text_of(form, name))}


def key_of(form: FormData) -> str:
    """The form's own key, so that a form sent twice records once."""
    return text_of(form, "key") or new_id()


def version_of(form: FormData) -> int | None:
    """The version of the agency that the person has seen."""
    text = text_of(form, "version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def target_of(pointer: str) -> str:
    """The id of the field that a refusal points to: `/replace/0/body/item` is `replace-0-body-item`."""
    parts = pointer.strip("/?").split("/")
    return parts[0] if parts[0] in ("annul", "waivers") else "-".join(parts)


@dataclass(frozen=True)
class Trouble:
    """A refused form: the problem, and what it says about which field."""

    problem: dict[str, Any]

    @property
    def fields(self) -> dict[str, dict[str, str]]:
        """By the field's id."""
        return {target_of(one["pointer"]): one for one in self.problem.get("errors", ())}


@dataclass(frozen=True)
class Question:
    """A decision that is asked about once more before it is recorded."""

    title: Said
    lines: list[Said]
    """What will be recorded, as sentences."""
    act: str
    """The form's `act` when it is confirmed."""
    label: Said
    """Of the button."""


def confirm(request: Request, name: str, question: Question, **content: Any) -> Response:
    """The page that asks once more: it carries the whole form along, and leads back to it with everything typed."""
    form: FormData = request.state.form
    kept = [(key, value) for key, value in form.multi_items() if key not in _OURS and isinstance(value, str)]
    return page(request, "acting-confirm.html", name=name, question=question, kept=kept, **content)


@dataclass(frozen=True)
class Left:
    """The time that is left until the end of a day, in working days and hours (R2)."""

    last: date
    over: bool
    days: tuple[date, ...]
    """Working days after today, up to the last."""
    hours: int
    """Whole hours of today."""


def time_left(now: datetime, last: date, calendar: Calendar) -> Left:
    """What is left at an instant until the end of the last day of a period; of a rest day no hours are counted."""
    there = now.astimezone(SHANGHAI)
    today = there.date()
    coming = (today + timedelta(days=number) for number in range(1, (last - today).days + 1))
    days = tuple(day for day in coming if calendar.is_working_day(day))
    hours = 23 - there.hour if calendar.is_working_day(today) or not days else 0
    return Left(last, today > last, days, hours)
