"""The official wording of annexes 2 and 3, as `annex2-form.toml` and `annex3-pledge.toml` hold it, for pages and print.

Each text has its Chinese, which is official, and a translation to help, which is not. Annex 1: `annex1_form.py`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Pair = tuple[str, str]
"""Official Chinese text, unofficial English translation."""
_FOLDER = Path(__file__).parent
LETTERS = "ABC"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the survey; `choices` by letter."""

    number: int
    asks: Pair
    choices: dict[str, Pair]


@dataclass(frozen=True, slots=True)
class SurveyForm:
    """Annex 2."""

    title: Pair
    annex: str
    filled_in_by: Pair
    preamble: Pair
    agency: Pair
    worth: Pair
    comments: Pair
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Pledge:
    """Annex 3."""

    title: Pair
    annex: str
    preamble: Pair
    promises: tuple[Pair, ...]
    closing: Pair
    party: Pair
    signatory: Pair
    date: Pair


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


def _question(row: dict[str, Any]) -> Question:
    return Question(row["number"], _pair(row, "asks"), {letter: _pair(row, letter) for letter in LETTERS})


def _pair(row: dict[str, Any], name: str) -> Pair:
    return row[name], row[f"{name}_en"]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
