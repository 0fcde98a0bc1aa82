"""The words that pages explain where they appear first: `glossary.toml`, shown whole on /help."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("glossary.toml")


@dataclass(frozen=True, slots=True)
class Term:
    """A word with its explanation in both languages, and the articles and readings it comes from."""

    key: str
    zh: str
    en: str
    text: str
    text_en: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Terms that belong together, under one heading of the page."""

    title: str
    title_en: str
    terms: tuple[Term, ...]


@cache
def groups() -> tuple[Group, ...]:
    """All terms in the order of the page. Raises: ValueError when two groups explain the same key."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["group"]
    found = tuple(
        Group(row["title"], row["title_en"], tuple(_term(key, one) for key, one in row["terms"].items()))
        for row in rows
    )
    keys = [one.key for group in found for one in group.terms]
    if len(keys) != len(set(keys)):
        raise ValueError(f"{_FILE.name} explains a key twice: {sorted(keys)}")
    return found


@cache
def terms() -> dict[str, Term]:
    """The terms by key."""
    return {one.key: one for group in groups() for one in group.terms}


def _term(key: str, row: Mapping[str, str]) -> Term:
    return Term(key, row["zh"], row["en"], row["text"], row["text_en"], tuple(row.get("cites", ())))
