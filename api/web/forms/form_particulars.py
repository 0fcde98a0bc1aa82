"""A change of the filed particulars (art.12): the form begins with what is on file, the preview tells old and new (R7).

What is on file is read from the agency's trail, as the visitor may read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.web.forms.form_fields import FormField, form_fields
from api.web.forms.form_filling import said_values
from api.web.forms.form_lists import Fact
from api.web.forms.form_values import Values
from domain.measures.chapter2_filing import SaidOn, speaking

COMMAND = "report-change"
SAID_BY = ("FilingSubmitted", "AgencyFiled", "InformationChanged")
"""The records that say what is on file, of all that the trail holds."""
MOST_FILLED = 300
"""A longer list is not filled in: the form would hold more inputs than one may have. Left empty, it stays as it is."""
_REMARK = "other"
"""What else changed is said anew each time."""


@dataclass(frozen=True)
class ChangedParticular:
    """One particular, before and after. In lists, what is named the same on both sides is `altered`, old with new."""

    part: FormField
    old: Any
    new: Any
    gone: tuple[Values, ...] = ()
    come: tuple[Values, ...] = ()
    altered: tuple[tuple[Values, Values], ...] = ()
    stayed: int = 0


def parts() -> tuple[FormField, ...]:
    """The particulars as the form asks for them."""
    return next(one.parts for one in form_fields(COMMAND) if one.name == "fields")


def particulars_of(names: Iterable[str]) -> tuple[str, ...]:
    """These particulars, in the order of the form; what is none is left out."""
    asked = set(names)
    return tuple(one.name for one in parts() if one.name in asked)


def on_file(facts: list[Fact], day: str, version: int | None = None) -> Values:
    """The particulars on a day (R7), as the records of SAID_BY up to a version say them."""
    known = [one for one in facts if one["counts"] and (version is None or (one["version"] or 0) <= version)]
    said: dict[str, object] = {}
    for one in _said_by(sorted(known, key=lambda one: (one["occurred_on"], one["version"] or 0)), day):
        said |= one["fact"]["profile" if one["type"] == "FilingSubmitted" else "fields"]
    return said_values(parts(), said)


def _said_by(facts: list[Fact], day: str) -> Iterator[Fact]:
    """The filing that is the base of the particulars on a day, and the changes on top, by date (R7)."""
    decided = {one["fact"]["filing_id"]: _day(one["occurred_on"]) for one in facts if one["type"] == "AgencyFiled"}
    of_kind = {kind: [one for one in facts if one["type"] == kind] for kind in SAID_BY}
    filings = [_said_on(one, decided.get(one["id"])) for one in of_kind["FilingSubmitted"]]
    return speaking(filings, map(_said_on, of_kind["InformationChanged"]), _day(day))


def _said_on(one: Fact, filed_on: date | None = None) -> SaidOn:
    return SaidOn(one, _day(one["occurred_on"]), one["version"] or 0, filed_on)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def begun(on_file: Values) -> Values:
    """What the form begins with."""
    return {
        one.name: said_values((one,), {})[one.name] if _is_left_empty(one, on_file[one.name]) else on_file[one.name]
        for one in parts()
    }


def _is_left_empty(one: FormField, given: Any) -> bool:
    return one.name == _REMARK or (one.kind == "rows" and len(given) > MOST_FILLED)


def untouched(begun: Values, values: Values) -> set[str]:
    """The particulars that are still as the form began."""
    return {name for name, given in values.items() if given == begun[name]}


def changes(old: Values, new: Values, names: set[str]) -> list[ChangedParticular]:
    """What becomes of each of these particulars."""
    return [_changed(one, old[one.name], new[one.name]) for one in parts() if one.name in names]


def _changed(one: FormField, old: Any, new: Any) -> ChangedParticular:
    if one.kind != "rows":
        return ChangedParticular(one, old, new)
    gone, come, stayed = list(old), [], 0
    for row in new:
        if row in gone:
            gone.remove(row)
            stayed += 1
        else:
            come.append(row)
    altered = []
    for row in list(come):
        same = next((other for other in gone if other["name"] == row["name"]), None)
        if same is not None:
            gone.remove(same)
            come.remove(row)
            altered.append((same, row))
    return ChangedParticular(one, old, new, tuple(gone), tuple(come), tuple(altered), stayed)


def cleared(one: FormField) -> Any:
    """What the body says of a particular that was emptied."""
    return [] if one.kind in ("rows", "lines") else None
