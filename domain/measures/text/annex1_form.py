"""The official wording of the form of annex 1, as `annex1-form.toml` holds it: titles, rows, footer and notes.

What is printed (projections/paper) takes every word of the form from here; what the words mean is the rulebook's.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("annex1-form.toml")


@dataclass(frozen=True, slots=True)
class FormItem:
    """One row of the form: 标准内容和要求 and 评分标准 of an item of annex 1."""

    number: int
    requires: str
    scored: str


@dataclass(frozen=True, slots=True)
class FormCategory:
    """One 考评项目 with its rows. `name` is the category's in a score sheet; `means` stands in a column of its own."""

    name: str
    label: str
    points: str
    means: str
    items: tuple[FormItem, ...]


@dataclass(frozen=True, slots=True)
class Annex1Form:
    """The whole form. `grades` are (grade, label) in the order of the boxes."""

    title: str
    annex: str
    columns: tuple[str, ...]
    categories: tuple[FormCategory, ...]
    signature: str
    total: str
    result: str
    grades: tuple[tuple[str, str], ...]
    notes_heading: str
    notes: tuple[str, ...]


@lru_cache(maxsize=1)
def annex1_form() -> Annex1Form:
    """The form of annex 1. Raises: ValueError when the file's items are not numbered in order from 1."""
    content = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    form = Annex1Form(
        title=content["title"],
        annex=content["annex"],
        columns=tuple(content["columns"]),
        categories=tuple(_category(row) for row in content["category"]),
        signature=content["signature"],
        total=content["total"],
        result=content["result"],
        grades=tuple((row["grade"], row["label"]) for row in content["grade"]),
        notes_heading=content["notes_heading"],
        notes=tuple(content["notes"]),
    )
    numbers = [item.number for category in form.categories for item in category.items]
    if numbers != list(range(1, len(numbers) + 1)):
        raise ValueError(f"{_FILE.name}: the items are numbered {numbers}; number them in order from 1")
    return form


def _category(row: dict[str, Any]) -> FormCategory:
    items = tuple(FormItem(**item) for item in row["item"])
    return FormCategory(row["name"], row["label"], row["points"], row["means"], items)
