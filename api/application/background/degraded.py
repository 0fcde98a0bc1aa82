"""What of the service stands still at this moment, by name: read by `readyz` and the metrics, set by who notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True)
class DegradedReason:
    """One thing that stands still: a name that stays the same, and what is the matter, in both languages."""

    name: str
    text: str
    text_en: str


class Degraded:
    """The things that stand still now. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._reasons: dict[str, DegradedReason] = {}
        self._asked: list[Callable[[], Iterable[DegradedReason]]] = []

    def set(self, name: str, text: str, text_en: str) -> None:
        """This stands still, for this reason; said again, the newer reason counts."""
        with self._lock:
            self._reasons[name] = DegradedReason(name, text, text_en)

    def clear(self, name: str) -> None:
        """This works again; nothing happens when it was not said to stand still."""
        with self._lock:
            self._reasons.pop(name, None)

    def watch(self, ask: Callable[[], Iterable[DegradedReason]]) -> None:
        """Ask this whenever somebody wants to know: for what is better looked at than noted."""
        with self._lock:
            self._asked.append(ask)

    def reasons(self) -> tuple[DegradedReason, ...]:
        """All that stands still, by name; empty when the service does all it is for."""
        with self._lock:
            found, asked = dict(self._reasons), tuple(self._asked)
        found |= {reason.name: reason for ask in asked for reason in ask()}
        return tuple(found[name] for name in sorted(found))
