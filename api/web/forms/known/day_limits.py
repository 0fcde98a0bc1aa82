"""Which days a date field can take: said to the browser's calendar, as the command would refuse the others.

The form is sent as it stands all the same (`novalidate`): what refuses is the command, with its article and remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple

from api.web.forms.appeal_form import FORM as APPEAL
from api.web.forms.form_entry import Entry, is_day
from api.web.forms.form_fields import FORMS, FormField
from api.web.forms.form_lists import Fact
from domain.commands.fields import EARLIEST_DAY
from domain.values import Role

_NOT_BEFORE = {
    "due_on": ("requested_on", "started_on", "agreed_on"),
    "expires_on": ("invited_on",),
    "found_on": ("accident_on",),
}
"""A date, and those of the same body before which it may not lie (R8, R9, R19)."""


class DayLimits(NamedTuple):
    """The first and the last day that a field can take, both included, as an input has them; empty: no such day."""

    first: str = EARLIEST_DAY.isoformat()
    last: str = ""
    after: str = ""
    """The pointer of the field whose day it may not precede, so that a script keeps `first` true."""


LimitsOf = Callable[[str, FormField], DayLimits]


def day_limits(entry: Entry, role: Role, today: str, facts: Iterable[Fact]) -> LimitsOf:
    """What tells the limits of a date field by its pointer, as the form stands. `facts`: the agency's, as far as read.

    A fact does not lie in the future; an agency and a client record what happens today (R8b), and an appeal that was
    sent off before midnight is of that day still (R33).
    """
    known = list(facts)

    def limits(pointer: str, one: FormField) -> DayLimits:
        above, _, name = pointer.rpartition("/")
        command, values = _command_at(entry, above)
        if command == "" or "/" in one.path:  # dates within a group are of papers: till when a certificate is valid
            return DayLimits()
        body = FORMS[command].body
        last = "" if name in body.MAY_BE_LATER else today
        firsts = [EARLIEST_DAY.isoformat()]
        if role in (Role.AGENCY, Role.CLIENT) and name not in body.ANY_DAY:
            firsts.append(_yesterday(today) if command == APPEAL else today)
        after = next((other for other in _NOT_BEFORE.get(name, ()) if other in body.model_fields), "")
        if after and is_day(values[after]):
            firsts.append(values[after])
        if above == "":
            firsts += _of_what_it_is_about(entry, name, known)
        return DayLimits(max(firsts), last, f"{above}/{after}" if after else "")

    return limits


def _yesterday(today: str) -> str:
    return (date.fromisoformat(today) - timedelta(days=1)).isoformat()


def _command_at(entry: Entry, above: str) -> tuple[str, dict[str, str]]:
    """The command whose body a field at `above` belongs to, with its values: the form's own, or one that replaces."""
    if above == "":
        return entry.command, entry.values
    parts = above.split("/")
    if parts[1] != "replace" or not parts[2].isdecimal() or int(parts[2]) >= len(entry.values["replace"]):
        return "", {}
    row = entry.values["replace"][int(parts[2])]
    return row["command"], row["body"]


def _of_what_it_is_about(entry: Entry, name: str, facts: list[Fact]) -> list[str]:
    """A complaint is not decided before it came in (R15), nor is a result appealed before it was published (R33)."""
    if entry.command == "decide-complaint" and name == "decided_on":
        return [one["occurred_on"] for one in facts if one["id"] == entry.id]
    if entry.command == APPEAL and name == "filed_on":
        year = entry.values["year"].strip()
        of_year = [one for one in facts if one["type"] == "ResultPublished" and str(one["fact"]["year"]) == year]
        return [one["occurred_on"] for one in of_year[:1]]
    return []
