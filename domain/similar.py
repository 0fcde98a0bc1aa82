"""Equal facts: the same agency, kind, day and content (R46). Recorded when asked twice, but never silently.

What a fact says in clear makes a key, under which its like is found without reading the stream; the key follows from
the event, so old facts have one too once their rows are built anew. What it says sealed is opened and compared only
where the clear part is the same already: nothing personal, nor a hash of it, is kept for this.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any

from msgspec import UNSET, Struct

from domain.events import Event, EventAnnulled, ImpactDisposed, ResultPublished, ResultRevised, Sealed
from domain.folding import compared
from domain.measures.text.implements import implements

SIMILAR = "same:"
"""What every key of a content begins with."""
_ENVELOPE = frozenset(Event.__struct_fields__) - {"occurred_on"}
"""Who recorded it and when, by which way, and what was noted beside it: the same fact, told twice."""
_DERIVED = frozenset({"old"})
"""Filled in by the ledger: what a change replaced."""
_NEVER_TWICE = (EventAnnulled, ImpactDisposed, ResultPublished, ResultRevised)
"""Facts of which a second one is refused or decided by the ledger itself."""
_AS_TEXT = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


@implements("R46")
def content_key(event: Event) -> str | None:
    """The key under which equal facts are found (R46); None for an event that cannot be recorded twice."""
    if isinstance(event, _NEVER_TWICE):
        return None
    clear = _AS_TEXT([type(event).__name__, _clear(event, event.id)])
    return SIMILAR + hashlib.sha256(clear.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def sealed_content(event: Event) -> list[Sealed]:
    """The encrypted texts of an event, always in the same order."""
    return list(_sealed(event))


def same_words(one: Sequence[str | None], other: Sequence[str | None]) -> bool:
    """Whether two facts of one key say the same sealed, too; of what is erased nobody can tell."""
    return len(one) == len(other) and all(
        a is not None and b is not None and compared(a) == compared(b) for a, b in zip(one, other, strict=True)
    )


@cache
def _names(kind: type[Struct]) -> tuple[str, ...]:
    left_out = _ENVELOPE | _DERIVED if issubclass(kind, Event) else frozenset()
    return tuple(name for name in kind.__struct_fields__ if name not in left_out)


def _fields(value: Struct) -> Iterator[tuple[str, Any]]:
    for name in _names(type(value)):
        if (given := getattr(value, name)) is not UNSET:
            yield name, given


def _clear(value: Any, own_id: str) -> Any:
    """The clear part as JSON, folded as a search folds it. What a fact creates is named after itself."""
    if isinstance(value, str):
        return "" if value == own_id else compared(value)
    if isinstance(value, Sealed):
        return True
    if isinstance(value, Struct):
        return {name: _clear(given, own_id) for name, given in _fields(value)}
    if isinstance(value, dict):
        return {name: _clear(given, own_id) for name, given in value.items()}
    if isinstance(value, (tuple, list)):
        return [_clear(given, own_id) for given in value]
    return value.isoformat() if isinstance(value, date) else value


def _sealed(value: Any) -> Iterator[Sealed]:
    if isinstance(value, Sealed):
        yield value
    elif isinstance(value, Struct):
        for _, given in _fields(value):
            yield from _sealed(given)
    elif isinstance(value, (tuple, list)):
        for given in value:
            yield from _sealed(given)
