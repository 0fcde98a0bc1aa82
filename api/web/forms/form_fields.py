"""The fields of a command's form, read from its body model, so that no field of the API is forgotten."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from api.application.commands import COMMANDS, CommandRoute
from api.web.forms.form_texts import FieldText, choice_texts, command_text, field_text, who_reads
from domain.commands.fields import CommandIn, Id, Percent, Prose, Uscc, Years
from domain.commands.filing import Scope
from domain.events import Answer
from domain.values import Bilingual

Kind = Literal[
    "day", "flag", "choice", "group", "rows", "lines", "ids", "answers", "commands",
    "integer", "number", "prose", "uscc", "id", "text",
]  # fmt: skip
LAST = ("note", "note_audience", "evidence")
"""Every command has these; they come at the end."""
_SEALED = frozenset({
    "complainant", "client_uscc", "contact", "reporter", "appellant", "legal_representative", "technical_lead",
    "personnel", "technicians", "quality_lead", "practitioner",
})  # fmt: skip
"""Whose single lines are kept encrypted (events.md, personal data)."""
_BY_TYPE: tuple[tuple[Any, Kind], ...] = (
    (Prose, "prose"),
    (Uscc, "uscc"),
    (Id, "id"),
    (Years, "number"),
    (Percent, "number"),
    (Scope, "lines"),
)


@dataclass(frozen=True)
class FormField:
    """A field as a form asks for it. `path`: `a/b` in the body, without the places of rows."""

    name: str
    path: str
    kind: Kind
    required: bool
    text: FieldText
    choices: tuple[tuple[str, Bilingual], ...] = ()
    is_whole: bool = False
    """Its choices are integers."""
    parts: tuple[FormField, ...] = ()
    reads: Bilingual | None = None
    """Who will read what is typed, to be said beforehand (R39)."""

    @property
    def is_personal(self) -> bool:
        """A line that browsers must not keep for the next person: they suggest it again (autocomplete)."""
        return self.kind in ("text", "uscc") and not _SEALED.isdisjoint(self.path.split("/"))


def form_name(row: CommandRoute) -> str:
    """A command's name in the address of its form."""
    return row.name.replace("_", "-")


FORMS = {form_name(row): row for row in COMMANDS}
"""Every command by that name."""
REPLACING = {name: row for name, row in FORMS.items() if "{uscc}" in row.path and not row.body.SEVERAL_FACTS}
"""Commands that can stand inside a correction (api/application/nested_commands.py)."""


@cache
def form_fields(command: str) -> tuple[FormField, ...]:
    """The fields of a command's form, in their order. Raises: KeyError for a command that is none."""
    body = FORMS[command].body
    found = {one.name: one for one in _fields(body, command, "")}
    order = [*command_text(command).order, *(name for name in found if name not in LAST), *LAST]
    return tuple(found[name] for name in dict.fromkeys(order))


def every_field(fields: tuple[FormField, ...]) -> Iterator[FormField]:
    """The fields and their parts."""
    for one in fields:
        yield one
        yield from every_field(one.parts)


def _fields(model: type[BaseModel], command: str, above: str) -> Iterator[FormField]:
    hints = get_type_hints(model, include_extras=True)
    for name, info in model.model_fields.items():
        path = f"{above}{name}"
        hint, is_optional = _without_none(hints[name])
        yield _field(name, path, command, hint, required=info.is_required() and not is_optional)


def _field(name: str, path: str, command: str, hint: Any, *, required: bool) -> FormField:
    text = field_text(command, path)
    kind, model, values = _kind(hint)
    parts = tuple(_fields(model, command, f"{path}/")) if model is not None else ()
    choices: tuple[tuple[str, Bilingual], ...] = ()
    if values:
        texts = choice_texts(command, path)
        choices = tuple((str(value), texts[str(value)]) for value in values)
    is_whole = bool(values) and isinstance(values[0], int)
    reads = who_reads(command, path, kind)
    return FormField(name, path, kind, required, text, choices, is_whole, parts, reads)


def _kind(hint: Any) -> tuple[Kind, type[BaseModel] | None, tuple[Any, ...]]:
    """How a type is asked for, the model of its parts, the values to choose from."""
    for known, kind in _BY_TYPE:
        if hint == known:
            return kind, None, ()
    bare = _bare(hint)
    origin, inner = get_origin(bare), get_args(bare)
    if origin is Literal:
        return "choice", None, inner
    if origin in (tuple, list):
        return _several(inner[0])
    if origin in (Union, types.UnionType):  # a list or a single line of text, as the scope of a qualification
        return "lines", None, ()
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return "group", bare, ()
    scalars: dict[Any, Kind] = {date: "day", bool: "flag", int: "integer"}
    return scalars.get(bare, "text"), None, ()


def _several(one: Any) -> tuple[Kind, type[BaseModel] | None, tuple[Any, ...]]:
    if one == Id:
        return "ids", None, ()
    if one == Answer:
        return "answers", None, ()
    bare = _bare(one)
    if bare is CommandIn:
        return "commands", None, ()
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return "rows", bare, ()
    return "lines", None, ()


def _bare(hint: Any) -> Any:
    return _bare(get_args(hint)[0]) if get_origin(hint) is Annotated else hint


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    kept = [one for one in get_args(hint) if one is not type(None)]
    if len(kept) == len(get_args(hint)):
        return hint, False
    return (kept[0] if len(kept) == 1 else Union[tuple(kept)]), True  # noqa: UP007  # built from a list
