"""What rows of the annual score hold: what is counted in a year, and what follows from it under a rulebook (art.20)."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from domain.measures.rulebook.rulebook import Rulebook
from domain.values import rounded, score_of_record
from projections.rows.client_years import NO_COUNTS, Counts

SCORES = "annual_score"
FORMS, EFFECTS = 0, 4
"""Where in the counts the two begin."""


class Score(NamedTuple):
    """What is counted in a year up to a day."""

    counts: Counts = NO_COUNTS
    honours: str = "0"
    """Points, exact."""
    override: str = "[]"
    """As `standing` shows it."""
    shown: ScoreConsequence | None = None


class ScoreConsequence(NamedTuple):
    """What follows from it under the rulebook of the day."""

    quality: str
    effect: str
    honours: str
    rest: int
    """Hundredths of a point of quality, effect and honours together, rounded half up (R26)."""


NO_SCORE = Score()
"""A year about which nothing has come in."""


def shown(score: Score, book: Rulebook) -> ScoreConsequence:
    """The points of quality, effect and honours under a rulebook (R22-R26)."""
    quality, effect = _quality(score.counts[:EFFECTS], book), _effect(score.counts[EFFECTS:], book)
    honours = _exact(score.honours)
    rest = score_of_record(quality.exact + effect.exact + honours.exact)
    return ScoreConsequence(quality.shown, effect.shown, honours.shown, int(rest * 100))


class Points(NamedTuple):
    """Points of one part of a sheet."""

    exact: Fraction
    shown: str


# Exact fractions cost more than all else here. One fact changes one part of a sheet, so the others are known already.


@lru_cache(maxsize=20_000)
def _quality(counts: Counts, book: Rulebook) -> Points:
    mean = satisfaction(counts, book)
    points = book.quality.full if mean is None else mean / book.quality.divisor
    return Points(points, rounded(points))


@lru_cache(maxsize=20_000)
def _effect(counts: Counts, book: Rulebook) -> Points:
    scores, hundredths = counts
    points = Fraction(hundredths, 100 * scores) / book.effect.divisor if scores else book.effect.full
    return Points(points, rounded(points))


@lru_cache(maxsize=1_000)
def _exact(honours: str) -> Points:
    return Points(Fraction(honours), rounded(Fraction(honours)))


def satisfaction(counts: Counts, book: Rulebook) -> Fraction | None:
    """P, the mean of the counted forms, from the counts of forms and their answers; None without any (R22)."""
    forms, *answers = counts
    if not forms:
        return None
    return Fraction(
        sum(number * book.survey.points[letter] for letter, number in zip("ABC", answers, strict=True)), forms
    )
