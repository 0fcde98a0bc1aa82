"""Which values a rulebook has, what each may be, and how they must fit together.

The name of a value is `chapter.field`: each chapter is a class here, each value a field of it, so that code reads
`rulebook.ladder.tag_term` and a test finds a value that the code does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from domain.measures.rulebook.kinds import (
    MONTH_DAY,
    Kind,
    RulebookInvalid,
    named_lists,
    number,
    number_or_none,
    one_of,
    some_of,
    steps,
    table,
    whole,
)

_POINTS = number(0, 1000)
_HUNDREDTHS = number(0, 1000, places=2)
"""What a score of record is made of or compared with has two decimals, as it has (R26)."""
_DIVISOR = number("0.01", 1000)
_DAYS = whole(1, 366)
_YEARS = whole(1, 50)
_AUTHORITIES = some_of("emergency_management", "other")

LAPSE_ITEMS: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 9)
"""The items of annex 1 that take lapses (R21); item 8 takes bad records."""

KINDS: Mapping[str, Kind] = {
    "assessment.cycle_start": MONTH_DAY,
    "deadlines.change_days": _DAYS,
    "deadlines.appeal_days": _DAYS,
    "conduct.full": _HUNDREDTHS,
    "conduct.lapse_points": table(map(str, LAPSE_ITEMS), _HUNDREDTHS, int),
    "conduct.bad_record_points": _HUNDREDTHS,
    "quality.full": _POINTS,
    "quality.divisor": _DIVISOR,
    "survey.questions": whole(10, 10),
    "survey.points": table("ABC", whole(0, 100)),
    "survey.satisfaction_floor": _POINTS,
    "survey.disclosure": one_of("anonymous", "totals", "named"),
    "categories.known": named_lists(100),
    "effect.full": _POINTS,
    "effect.divisor": _DIVISOR,
    "honours.points": table(("national", "provincial", "municipal", "district"), _POINTS),
    "honours.cap": _POINTS,
    "honours.credited_authorities": _AUTHORITIES,
    "total.cap": number_or_none(0, 1000),
    "grades.excellent": _HUNDREDTHS,
    "grades.qualified": _HUNDREDTHS,
    "ladder.counted_complaints": one_of("service_quality", "all"),
    "ladder.counted_grounds": some_of("missed_hazard", "poor_quality", "other"),
    "ladder.tiers": steps("recorded", "warned", "blacklisted"),
    "ladder.window_years": _YEARS,
    "ladder.tag_term": one_of("one_year", "window", "by_decision"),
    "ladder.tag_years": _YEARS,
    "ladder.recorded_term": one_of("unlimited", "one_year"),
    "team.lead_years": whole(0, 50),
    "team.technician_years": whole(0, 50),
    "team.technicians": whole(0, 50),
    "penalties.overriding_authorities": _AUTHORITIES,
}
"""Every value by name. A rulebook gives each of them, and no other; only those of `LATER` may be missing."""

LATER: Mapping[str, Any] = {"survey.disclosure": "anonymous", "categories.known": {}}
"""Values that came with later code, each with what holds under a rulebook that was adopted without it (R4)."""

PARAMETERS: Mapping[str, str] = {
    "cycle_start": "assessment.cycle_start",
    "total_cap": "total.cap",
    "counted_complaints": "ladder.counted_complaints",
    "tag_term": "ladder.tag_term",
    "recorded_term": "ladder.recorded_term",
    "survey_disclosure": "survey.disclosure",
}
"""The short names by which the readings speak of the parameters; `override` takes them too."""


@dataclass(frozen=True, slots=True)
class Assessment:
    cycle_start: tuple[int, int]
    """Month and day on which an assessment year begins (R20)."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    change_days: int
    appeal_days: int


@dataclass(frozen=True, slots=True)
class Conduct:
    full: Fraction
    lapse_points: Mapping[int, Fraction]
    """Points that one lapse costs, by item of annex 1."""
    bad_record_points: Fraction


@dataclass(frozen=True, slots=True)
class Quality:
    full: Fraction
    divisor: Fraction


@dataclass(frozen=True, slots=True)
class Survey:
    questions: int
    points: Mapping[str, int]
    """Survey points of an answer A, B or C."""
    satisfaction_floor: Fraction
    disclosure: str
    """What the rated agency sees of the forms: `anonymous`, `totals` or `named` (R39)."""


@dataclass(frozen=True, slots=True)
class Categories:
    known: Mapping[str, tuple[str, ...]]
    """The categories that are taken, each with its other words; empty: any is taken (R47)."""


@dataclass(frozen=True, slots=True)
class Effect:
    full: Fraction
    divisor: Fraction


@dataclass(frozen=True, slots=True)
class Honours:
    points: Mapping[str, Fraction]
    """Points by level; a higher level never earns less than a lower one."""
    cap: Fraction
    credited_authorities: frozenset[str]


@dataclass(frozen=True, slots=True)
class Total:
    cap: Fraction | None


@dataclass(frozen=True, slots=True)
class Grades:
    excellent: Fraction
    qualified: Fraction


@dataclass(frozen=True, slots=True)
class Ladder:
    counted_complaints: str
    counted_grounds: frozenset[str]
    tiers: tuple[str, ...]
    window_years: int
    tag_term: str
    tag_years: int
    recorded_term: str


@dataclass(frozen=True, slots=True)
class Team:
    lead_years: int
    technician_years: int
    technicians: int


@dataclass(frozen=True, slots=True)
class Penalties:
    overriding_authorities: frozenset[str]


def check_together(values: Mapping[str, Any]) -> None:
    """Refuse values that are each in order and contradict one another; the first such pair is named."""
    answers, questions = values["survey.points"], values["survey.questions"]
    lowest, highest = answers["C"] * questions, answers["A"] * questions
    honours = [values["honours.points"][level] for level in ("national", "provincial", "municipal", "district")]
    full = values["conduct.full"] + values["quality.full"] + values["effect.full"]
    excellent, qualified, cap = values["grades.excellent"], values["grades.qualified"], values["total.cap"]
    rules = (
        (qualified < excellent, "grades.qualified", "应低于 grades.excellent。", "must be below grades.excellent."),
        (excellent <= full, "grades.excellent", f"不得高于满分 {full}。", f"must not exceed the full mark {full}."),
        (
            cap is None or cap >= excellent,
            "total.cap",
            "不得低于 grades.excellent。",
            "must not be below grades.excellent.",
        ),
        (
            answers["A"] > answers["B"] > answers["C"],
            "survey.points",
            "应为 A > B > C。",
            "must fall from A to B to C.",
        ),
        (
            lowest <= values["survey.satisfaction_floor"] <= highest,
            "survey.satisfaction_floor",
            f"应在问卷可能的总分 {lowest} 到 {highest} 之间。",
            f"must lie between the possible totals of a form, {lowest} and {highest}.",
        ),
        (
            highest <= values["quality.full"] * values["quality.divisor"],
            "quality.divisor",
            f"太小：满意度满分 {highest} 折算后会超过 quality.full。",
            f"is too small: a full satisfaction of {highest} would earn more than quality.full.",
        ),
        (
            values["effect.full"] * values["effect.divisor"] >= 100,
            "effect.divisor",
            "太小：效果评分满分 100 折算后会超过 effect.full。",
            "is too small: a full effect score of 100 would earn more than effect.full.",
        ),
        (
            honours == sorted(honours, reverse=True),
            "honours.points",
            "高级别不得少于低级别。",
            "must not rise from a higher level to a lower one.",
        ),
    )
    for holds, name, problem, problem_en in rules:
        if not holds:
            raise RulebookInvalid(
                name, problem, problem_en, "请一并调整相关数值。", "Adjust the values that belong together."
            )
