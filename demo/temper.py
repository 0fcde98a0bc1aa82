"""How an agency of the demonstration behaves: five tempers, from the best to the worst."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Temper:
    """Chances and means; rates are per year."""

    name: str
    answers: tuple[float, float, float]
    """How often a client answers A, B, C (annex 2)."""
    effect: tuple[int, int]
    """Mean and deviation of the regulator's scores, out of 100."""
    late: float
    """How likely a duty is missed or a change reported late."""
    complaints: float
    bad_records: float
    lapses: float
    honours: float

    def form(self, rng: Random) -> list[str]:
        """Ten answers."""
        return rng.choices("ABC", weights=self.answers, k=10)

    def effect_score(self, rng: Random) -> str:
        """A score as the regulator writes it, with up to one decimal."""
        value = min(100.0, max(30.0, rng.gauss(*self.effect)))
        return f"{value:.1f}" if rng.random() < 0.3 else str(round(value))


TEMPERS = (
    Temper("excellent", (0.90, 0.09, 0.01), (94, 3), 0.01, 0.05, 0.02, 0.1, 0.45),
    Temper("good", (0.70, 0.27, 0.03), (87, 5), 0.03, 0.2, 0.1, 0.3, 0.2),
    Temper("average", (0.52, 0.39, 0.09), (80, 6), 0.07, 0.5, 0.3, 0.5, 0.08),
    Temper("weak", (0.36, 0.43, 0.21), (72, 7), 0.14, 1.0, 0.7, 0.9, 0.02),
    Temper("poor", (0.21, 0.43, 0.36), (65, 8), 0.24, 1.8, 1.4, 1.4, 0.0),
)
_SHARES = (0.22, 0.38, 0.22, 0.12, 0.06)


def tempers(rng: Random, count: int) -> list[Temper]:
    """So many tempers in fixed shares, shuffled: a spread of grades whatever the seed."""
    found: list[Temper] = []
    for temper, share in zip(TEMPERS, _SHARES, strict=True):
        found += [temper] * max(1, round(share * count))
    found = found[:count] if len(found) >= count else found + [TEMPERS[1]] * (count - len(found))
    rng.shuffle(found)
    return found
