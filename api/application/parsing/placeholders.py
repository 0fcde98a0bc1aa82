"""`"$name"` in paths and bodies stands for the id of an earlier command; `"$$"` begins text with a dollar (api.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Find = Callable[[str, str], str]
"""Gives the id that a name stands for; told the pointer at which it stands, for the refusal that it raises."""


def resolved(post: str, body: dict[str, Any], find: Find) -> tuple[str, dict[str, Any]]:
    """Path and body with ids in place of names. Raises: what `find` raises."""
    parts = post.split("/")
    path = "/".join(_text(part, "/post", find) if part.startswith("$") else part for part in parts)
    return path, {key: _value(value, f"/body/{escaped(key)}", find) for key, value in body.items()}


def _value(value: Any, pointer: str, find: Find) -> Any:
    if isinstance(value, str):
        return _text(value, pointer, find)
    if isinstance(value, list):
        return [_value(one, f"{pointer}/{place}", find) for place, one in enumerate(value)]
    if isinstance(value, dict):
        return {key: _value(one, f"{pointer}/{escaped(key)}", find) for key, one in value.items()}
    return value


def _text(text: str, pointer: str, find: Find) -> str:
    if not text.startswith("$"):
        return text
    return text[1:] if text.startswith("$$") else find(text[1:], pointer)


def escaped(key: str) -> str:
    """A key as a part of a pointer (RFC 6901), not over-long."""
    return key[:100].replace("~", "~0").replace("/", "~1")
