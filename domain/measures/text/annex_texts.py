"""The official wording of annexes 2 and 3, as `annex2-form.toml` and `annex3-pledge.toml` hold it, for pages and print.

Each text has its Chinese, which is official, and a translation to help, which is not.

The official wording of the form of annex 1, as `annex1-form.toml` holds it: titles, rows, footer and notes.

What is printed (projections/paper) takes every word of the form from here; what the words mean is the rulebook's.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from domain.values import Bilingual

Row = dict[str, Any]
"""A table of a file of texts: its members are texts, numbers, and rows again."""
_FOLDER = Path(__file__).parent
LETTERS = "ABC"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the survey; `choices` by letter."""

    number: int
    asks: Bilingual
    choices: dict[str, Bilingual]


@dataclass(frozen=True, slots=True)
class SurveyForm:
    """Annex 2."""

    title: Bilingual
    annex: str
    filled_in_by: Bilingual
    preamble: Bilingual
    agency: Bilingual
    worth: Bilingual
    comments: Bilingual
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Pledge:
    """Annex 3."""

    title: Bilingual
    annex: str
    preamble: Bilingual
    promises: tuple[Bilingual, ...]
    closing: Bilingual
    party: Bilingual
    signatory: Bilingual
    date: Bilingual


@cache
def survey_form() -> SurveyForm:
    """The form of annex 2 (art.23). Raises: ValueError when the questions are not numbered in order from 1."""
    content = _read("annex2-form.toml")
    questions = tuple(_question(row) for row in content["question"])
    numbers = [one.number for one in questions]
    if numbers != list(range(1, len(numbers) + 1)):
        raise ValueError(f"annex2-form.toml: the questions are numbered {numbers}; number them in order from 1")
    pairs = {
        name: _pair(content, name) for name in ("title", "filled_in_by", "preamble", "agency", "worth", "comments")
    }
    return SurveyForm(annex=content["annex"], questions=questions, **pairs)


@cache
def pledge_text() -> Pledge:
    """The pledge of annex 3 (art.26)."""
    content = _read("annex3-pledge.toml")
    pairs = {name: _pair(content, name) for name in ("title", "preamble", "closing", "party", "signatory", "date")}
    return Pledge(annex=content["annex"], promises=tuple(_pair(row, "text") for row in content["promise"]), **pairs)


def _question(row: Row) -> Question:
    return Question(row["number"], _pair(row, "asks"), {letter: _pair(row, letter) for letter in LETTERS})


def _pair(row: Row, name: str) -> Bilingual:
    return row[name], row[f"{name}_en"]


def _read(name: str) -> Row:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


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


def _category(row: Row) -> FormCategory:
    items = tuple(FormItem(**item) for item in row["item"])
    return FormCategory(row["name"], row["label"], row["points"], row["means"], items)
