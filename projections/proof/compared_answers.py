"""Two answers compared as a certificate needs it: by their values. Words are another matter, and a new member is none.

A later version may word a reason otherwise, and may say more than an earlier one did; neither makes what was certified
untrue. So the answer made anew is asked for what the certificate holds, value by value, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

PROSE = frozenset(
    {"text", "text_en", "label", "label_en", "filing_label", "reason", "reason_en", "formula", "rounding", "remedy"}
)
"""Members that say in words, or spell out, what other members say as values."""
NOTHING: Any = object()
"""In place of a value that is not there."""


class Unlike(NamedTuple):
    """A place, as a JSON pointer, in which two answers differ; whether only in how it is said."""

    place: str
    said: Any
    anew: Any
    is_prose: bool

    def shown(self) -> str:
        """Place and both values, in one line."""
        said, anew = ("—" if one is NOTHING else f"{one!r}"[:120] for one in (self.said, self.anew))
        return f"{self.place}: {said} / {anew}"


def unlike(said: Any, anew: Any, place: str = "", *, is_prose: bool = False) -> Iterator[Unlike]:
    """Every place in which what was said is not what was made anew, in order of the names."""
    if isinstance(said, dict) and isinstance(anew, dict):
        for name in sorted(said):
            yield from unlike(
                said[name], anew.get(name, NOTHING), f"{place}/{name}", is_prose=is_prose or name in PROSE
            )
    elif isinstance(said, list) and isinstance(anew, list) and len(said) == len(anew):
        for index, pair in enumerate(zip(said, anew, strict=True)):
            yield from unlike(*pair, f"{place}/{index}", is_prose=is_prose)
    elif (type(said), said) != (type(anew), anew):
        yield Unlike(place or "/", said, anew, is_prose)
