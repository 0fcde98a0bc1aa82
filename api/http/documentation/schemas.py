"""Named schemas of the document, made from the types of the answers: none is written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from inspect import cleandoc
from typing import Any

import msgspec

TEMPLATE = "#/components/schemas/{name}"
_GENERIC = re.compile(r"(?<=/)(\w+?)_(\w+?)_\Z|\A(\w+?)_(\w+?)_\Z")


def reference(kind: Any) -> dict[str, Any]:
    """The schema of an answer by its name in the document."""
    return {"$ref": _place(kind)}


@cache
def _place(kind: Any) -> str:
    """Where the document has it: worked out once, as hundreds of routes name the same few."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=TEMPLATE)
    return _name(schema["$ref"])


def components(kinds: Iterable[Any]) -> dict[str, Any]:
    """All schemas that these types of answers need, by name."""
    _, found = msgspec.json.schema_components(list(kinds), ref_template=TEMPLATE)
    return {_name(name): _readable(schema, _name(name)) for name, schema in found.items()}


def _name(name: str) -> str:
    """`Listing[AccountShown]` is called `AccountShownListing`: what a generated client can call a class."""
    return _GENERIC.sub(lambda found: f"{found[2] or found[4]}{found[1] or found[3]}", name)


def _readable(schema: dict[str, Any], name: str) -> dict[str, Any]:
    said = {"description": cleandoc(schema["description"])} if "description" in schema else {}
    made: dict[str, Any] = _renamed(schema) | {"title": name} | said
    return made | ({"type": "string"} if "enum" in schema else {})


def _renamed(value: Any) -> Any:
    """A schema with references by the names of the document, the type of enumerations, the items of lists."""
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _name(one) if name == "$ref" else _renamed(one) for name, one in value.items()}
    if made.get("type") == "array":
        made.setdefault("items", {})
    if isinstance(made.get("enum"), list) and all(isinstance(one, str) for one in made["enum"]):
        made["type"] = "string"
    return made
