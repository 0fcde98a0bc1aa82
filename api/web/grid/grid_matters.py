"""What can be recorded of many agencies at once, and which fields may differ from row to row."""

from __future__ import annotations

from functools import cache

from api.web.forms.form_fields import FORMS, FormField, every_field, form_fields
from api.web.forms.form_filling import OF_ONE_AGENCY
from api.web.forms.form_texts import command_text
from domain.values import Bilingual, Role

GRID: dict[str, tuple[str, ...]] = {name: command_text(name).grid for name in FORMS if command_text(name).grid}
"""Commands by the name of their form, each with the columns of its rows; every other field is the same for all."""


def offered(role: Role) -> list[str]:
    """The matters that this role may record, in the order of the table."""
    return [name for name in GRID if role in FORMS[name].roles]


@cache
def columns_of(matter: str) -> tuple[FormField, ...]:
    """The fields of which each row may have its own value. Raises: KeyError for a matter that is none."""
    known = {one.path: one for one in every_field(form_fields(matter))}
    return tuple(known[path] for path in GRID[matter])


@cache
def shared_of(matter: str) -> tuple[FormField, ...]:
    """The fields whose value holds for every row that has none of its own."""
    return tuple(one for one in form_fields(matter) if one.kind not in OF_ONE_AGENCY)


@cache
def heading_of(matter: str, path: str) -> Bilingual:
    """What a column is called: of a part also what it is a part of."""
    known = {one.path: one for one in every_field(form_fields(matter))}
    above, _, _ = path.rpartition("/")
    own = known[path].text.label
    if not above:
        return own
    whole = known[above].text.label
    return f"{whole[0].partition('（')[0]}{own[0]}", f"{whole[1]}: {own[1].lower()}"


def chooses(matter: str) -> bool:
    """Whether each row is about a record that stands already: a request, a notice, a hint."""
    return command_text(matter).list is not None
