"""What a printed list was narrowed by, in words, so that a part is never taken for the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from api.application.exports.filter_names import FILTER_NAMES, FILTER_WORDS
from domain.values import Bilingual


class SaidFilter(NamedTuple):
    """One filter: its name and what it asks for."""

    name: Bilingual
    value: Bilingual


def filters_said(given: Mapping[str, str | Bilingual | None]) -> list[SaidFilter]:
    """The filters that are set. A value may come as a pair of words already, where only the list knows them."""
    found = []
    for name, value in given.items():
        key = name.rstrip("_")
        if value in (None, ""):
            continue
        words = value if isinstance(value, tuple) else FILTER_WORDS.get(key, {}).get(value, (value, value))
        found.append(SaidFilter(FILTER_NAMES[key], (str(words[0]), str(words[1]))))
    return found
