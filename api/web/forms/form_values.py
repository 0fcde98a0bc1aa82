"""What was typed into a form, and the body that the API gets of it.

An input is named by the JSON pointer of what it fills (RFC 6901), so that a refusal's pointer names the input. What
was typed is kept as it was, days, codes and numbers in the API's own spelling: whether it is right is for the API to
say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.web.forms.form_fields import REPLACING, FormField, form_fields
from domain.folding import seen
from domain.values import loose_uscc

Values = dict[str, Any]
"""By field name: text; for a group the values of its parts; for rows a list of such; for ids a list of ids."""
_DAY = re.compile(
    r"(\d{4})(\d{2})(\d{2})|(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})|(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日",
    re.ASCII,
)
"""How people write days, the year first: which one is meant is never in doubt."""
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
QUESTIONS = 10
MOST_ROWS = 500


def sent_values(fields: Iterable[FormField], pairs: Iterable[tuple[str, Any]]) -> Values:
    """The values of a form that was sent: `pairs` of input name and text. Rows without any text are left out."""
    tree: dict[str, object] = {}
    for name, text in pairs:
        if name.startswith("/") and isinstance(text, str):
            _put(tree, name[1:].split("/"), text.replace("\r\n", "\n").replace("\r", "\n"))
    return values_of(fields, tree)


def _put(tree: dict[str, object], parts: list[str], text: str) -> None:
    for part in parts[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            return  # a name that contradicts another: no page of ours sends it
        tree = below
    leaf = tree.setdefault(parts[-1], [])
    if isinstance(leaf, list):
        leaf.append(text)


def values_of(fields: Iterable[FormField], tree: dict[str, object]) -> Values:
    """The values of these fields from a tree of names with lists of texts as leaves."""
    return {one.name: _value(one, tree.get(one.name)) for one in fields}


def blank_value(one: FormField) -> Values:
    """An empty row of a field that has rows, or an empty command."""
    return {"command": "", "id": "", "body": {}} if one.kind == "commands" else values_of(one.parts, {})


def _value(one: FormField, given: Any) -> Any:
    below = given if isinstance(given, dict) else {}
    texts: list[str] = given if isinstance(given, list) else []
    match one.kind:
        case "group":
            return values_of(one.parts, below)
        case "rows":
            return [row for row in (values_of(one.parts, part) for part in _places(below)) if any_filled(row)]
        case "commands":
            return [_command(part) for part in _places(below)]
        case "answers":
            return [_first(below.get(str(place))) for place in range(QUESTIONS)]
        case "ids":
            return [text for text in dict.fromkeys(texts) if text]
        case "day" | "uscc" | "number" | "integer":
            return _tidied(one.kind, _first(texts))
        case _:
            return _first(texts)


def _tidied(kind: str, text: str) -> str:
    """A day, code or number as the API takes it, where it can only mean one; else as it was typed."""
    plain = seen(unicodedata.normalize("NFKC", text)).strip()
    if kind == "uscc":
        return loose_uscc(text)
    written = _DAY.fullmatch(plain) if kind == "day" else None
    if written is None:
        return plain if kind == "day" or _NUMBER.fullmatch(plain) else text
    year, month, day = (int(one) for one in written.groups() if one is not None)
    return f"{year:04d}-{month:02d}-{day:02d}"


def _places(below: Mapping[str, object]) -> Iterator[dict[str, object]]:
    for place in sorted((one for one in below if one.isascii() and one.isdecimal()), key=int)[:MOST_ROWS]:
        row = below[place]
        yield row if isinstance(row, dict) else {}


def _command(part: dict[str, object]) -> Values:
    command, body = _first(part.get("command")), part.get("body")
    fields = form_fields(command) if command in REPLACING else ()
    return {
        "command": command if fields else "",
        "id": _first(part.get("id")),
        "body": values_of(fields, body if isinstance(body, dict) else {}),
    }


def _first(texts: Any) -> str:
    return str(texts[0]) if isinstance(texts, list) and texts else ""


def any_filled(value: Any) -> bool:
    """Whether anything was typed."""
    if isinstance(value, dict):
        return any(any_filled(one) for one in value.values())
    if isinstance(value, list):
        return any(any_filled(one) for one in value)
    return bool(value.strip())


def body_of(fields: Iterable[FormField], values: Values, uscc: str) -> dict[str, Any]:
    """The JSON body: what was left empty is left out. `uscc`: of the agency that embedded commands are about."""
    body = {}
    for one in fields:
        given = values[one.name]
        if one.kind == "group" and one.required:
            body[one.name] = body_of(one.parts, given, uscc)
        elif any_filled(given) or one.kind in ("answers", "commands"):
            body[one.name] = _json(one, given, uscc)
    return body


def _json(one: FormField, given: Any, uscc: str) -> Any:
    match one.kind:
        case "group":
            return body_of(one.parts, given, uscc)
        case "rows":
            return [body_of(one.parts, row, uscc) for row in given]
        case "commands":
            return [_embedded(row, uscc) for row in given]
        case "lines":
            return [line.strip() for line in given.split("\n") if line.strip()]
        case "flag":
            return {"true": True, "false": False}.get(given, given)
        case "integer" | "choice" if one.kind == "integer" or one.is_whole:
            return int(given) if _WHOLE.fullmatch(given.strip()) else given
        case "day" | "number" | "uscc":
            return given.strip()
        case _:
            return given


def _embedded(row: Values, uscc: str) -> dict[str, object]:
    if not row["command"]:
        return {"post": "", "body": {}}
    path = REPLACING[row["command"]].path.format(uscc=uscc, id=row["id"] or "-")
    return {"post": path, "body": body_of(form_fields(row["command"]), row["body"], uscc)}


def inputs_of(fields: Iterable[FormField], values: Values, at: str = "") -> Iterator[tuple[str, str]]:
    """Name and text of every input that holds something, as a form sends them: `sent_values` reads them back."""
    for one in fields:
        name, given = f"{at}/{one.name}", values[one.name]
        match one.kind:
            case "group":
                yield from inputs_of(one.parts, given, name)
            case "rows":
                for place, row in enumerate(given):
                    yield from inputs_of(one.parts, row, f"{name}/{place}")
            case "commands":
                for place, row in enumerate(given):
                    yield f"{name}/{place}/command", row["command"]
                    yield f"{name}/{place}/id", row["id"]
                    if row["command"]:
                        yield from inputs_of(form_fields(row["command"]), row["body"], f"{name}/{place}/body")
            case "answers":
                yield from ((f"{name}/{place}", text) for place, text in enumerate(given) if text)
            case "ids":
                yield from ((name, text) for text in given)
            case _:
                if given:
                    yield name, given


def pointers_of(fields: Iterable[FormField], values: Values, at: str = "") -> Iterator[str]:
    """The pointer of everything that the form draws, so that a message finds its place."""
    for one in fields:
        name, given = f"{at}/{one.name}", values[one.name]
        yield name
        match one.kind:
            case "group":
                yield from pointers_of(one.parts, given, name)
            case "rows":
                for place, row in enumerate(given):
                    yield from pointers_of(one.parts, row, f"{name}/{place}")
            case "commands":
                for place, row in enumerate(given):
                    yield from (f"{name}/{place}/command", f"{name}/{place}/id")
                    if row["command"]:
                        yield from pointers_of(form_fields(row["command"]), row["body"], f"{name}/{place}/body")
            case "answers":
                yield from (f"{name}/{place}" for place in range(QUESTIONS))
