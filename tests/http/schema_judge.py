"""Which JSON answers the OpenAPI document describes, and what is wrong with a value under one of its schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

Document = dict[str, Any]


def operations(document: Document) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def answers(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each JSON answer by its operation, errors among them."""
    for operation in operations(document):
        for status, response in operation["responses"].items():
            for kind, media in response.get("content", {}).items():
                if kind in ("application/json", "application/problem+json"):
                    yield f"{operation['operationId']} {status}", media


def closed(value: Any) -> Any:
    """A schema that allows no member which it does not name."""
    if isinstance(value, list):
        return [closed(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: closed(one) for name, one in value.items()}
    return made | ({"additionalProperties": False} if "properties" in made and made.get("type") == "object" else {})


class Judge:
    """What is wrong with a value under a schema of the document, whose objects have no further members."""

    def __init__(self, document: Document) -> None:
        self._components = closed(document["components"])

    def faults(self, schema: dict[str, Any], value: Any) -> list[str]:
        """Each with its place."""
        validator = Draft202012Validator({**schema, "components": self._components})
        return [f"{one.json_path}: {one.message[:200]}" for one in validator.iter_errors(value)]
