"""Answers as their JSON has them, for tests that look into them by name."""

from __future__ import annotations

from datetime import date
from typing import Any

from projections.answers.scalars import plain
from projections.compare import sheet_difference, standing_difference
from projections.compare.basis_difference import BasisDifference
from projections.compare.standing_difference import Side
from projections.replay import standing as by_replay
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries
from projections.replay.sheet import Sheet

Json = dict[str, Any]
_BASIS = ("agency", "as_of", "known_at", "projected", "rulebook", "calendar", "version", "demonstration")


def standing(basis: Basis) -> Json:
    """The standing at a basis, by replay."""
    found: Json = plain(by_replay.standing(basis))
    return found


def sheet_answer(basis: Basis, year: int) -> Json:
    """The score sheet of a year at a basis."""
    found: Json = plain(by_replay.sheet_answer(basis, year))
    return found


def explained(sheet: Sheet) -> Json:
    """A sheet without what it says of its basis."""
    return {name: value for name, value in sheet_answer(sheet.basis, sheet.year).items() if name not in _BASIS}


def summary(sheet: Sheet) -> Json:
    """The `assessment` of a standing."""
    found: Json = plain(sheet.summary())
    return found


def timeline(questions: ReplayQueries, basis: Basis, first: date | None = None, last: date | None = None) -> Json:
    """The timeline at a basis."""
    found: Json = plain(questions.timeline(basis, first, last))
    return found


def sheet_differences(before: Json, after: Json, moved: BasisDifference | None = None) -> list[Json]:
    """What differs between two sheets."""
    found: list[Json] = plain(sheet_difference.sheet_differences(before, after, moved))
    return found


def standing_differences(before: Side, after: Side, moved: BasisDifference | None = None) -> list[Json]:
    """What differs between two standings."""
    found: list[Json] = plain(standing_difference.standing_differences(before, after, moved))
    return found
