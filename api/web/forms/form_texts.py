"""What people read on the forms of recording, from the three `form_*.toml` beside this module."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from domain.values import Bilingual

_HERE = Path(__file__).parent


class CommandText(NamedTuple):
    """What a command is called, what it records, and what goes with it."""

    title: Bilingual
    says: Bilingual
    article: str
    makes: tuple[str, ...]
    """The kinds of events that it records."""
    next: tuple[str, ...] = ()
    """Commands that usually follow."""
    order: tuple[str, ...] = ()
    list: str | None = None
    """Where the id in its path is chosen from."""
    id: Bilingual | None = None


class FieldText(NamedTuple):
    """What a field is called and how it is asked for."""

    label: Bilingual
    help: Bilingual | None = None
    row: Bilingual | None = None
    """What one of several is called."""
    list: str | None = None
    when: str | None = None
    """`field=value` of the same form under which it is asked for."""
    default: str | None = None


@cache
def command_text(name: str) -> CommandText:
    """The texts of a command. Raises: KeyError for one that has none, which a test forbids."""
    return CommandText(**{key: _tuple(value) for key, value in _read("commands")[name].items()})


@cache
def field_text(command: str, path: str) -> FieldText:
    """The texts of a field at `a/b` of a command's body: what is said for the command first, then by its name.

    Raises: KeyError for one that has none, which a test forbids.
    """
    given = _nearest(_read("fields"), command, path)
    return FieldText(**{key: _tuple(value) for key, value in given.items()})


@cache
def choice_texts(command: str, path: str) -> dict[str, Bilingual]:
    """The official wording of each value of a field. Raises: KeyError."""
    return {value: _tuple(words) for value, words in _nearest(_read("choices"), command, path).items()}


@cache
def questions() -> tuple[dict[str, Bilingual], ...]:
    """The ten questions of annex 2: `text`, and the answers A, B and C."""
    return tuple({key: _tuple(words) for key, words in one.items()} for one in _read("choices")["answers"])


def _nearest(table: dict[str, Any], command: str, path: str) -> dict[str, Any]:
    parts = path.split("/")
    names = [f"{command}/{path}", *("/".join(parts[place:]) for place in range(len(parts)))]
    found: dict[str, Any] = next((table[name] for name in names if name in table), {})
    if not found:
        raise KeyError(f"{command}: no text for {path}")
    return found


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / f"form_{name}.toml").read_text(encoding="utf-8"))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
