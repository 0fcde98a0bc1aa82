"""Which values a rulebook has, what each may be, and how they must fit together.

The name of a value is `chapter.field`: each chapter is a class here, each value a field of it, so that code reads
`rulebook.ladder.tag_term`. The field's type is what pydantic checks, and what a refusal says is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Any, Literal, get_type_hints

from domain.measures.rulebook.kinds import (
    MONTH_DAY,
    Kind,
    kind_of,
    named_lists,
    number,
    number_or_none,
    some_of,
    steps,
    table,
    whole,
)

_POINTS = number("0", 1000)
_Points = Annotated[Fraction, _POINTS]
_HUNDREDTHS = number("0", 1000, places=2)
"""What a score of record is made of or compared with has two decimals, as it has (R26)."""
_Hundredths = Annotated[Fraction, _HUNDREDTHS]
_Divisor = Annotated[Fraction, number("0.01", 1000)]
_Days = Annotated[int, whole(1, 366)]
_Years = Annotated[int, whole(1, 50)]
_Staff = Annotated[int, whole(0, 50)]
"""Years of practice, or people, that a team needs (art.15); none is allowed."""
_Authorities = Annotated[frozenset[str], some_of("emergency_management", "other")]

LAPSE_ITEMS: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 9)
"""The items of annex 1 that take lapses (R21); item 8 takes bad records."""
HONOUR_LEVELS = ("national", "provincial", "municipal", "district")
"""From the highest to the lowest."""

PUBLIC_KINDS = ("bad_record", "blacklist", "penalty", "result")
"""What is published, or could be, and so has terms of publication (R42)."""

INHERITED = ("tags", "complaints", "bad_records", "projects", "penalties", "results")
"""What a successor can have of its predecessor that counts (R43)."""

LATER: Mapping[str, Any] = {
    "succession.merger_inherits": list(INHERITED),
    "succession.division_inherits": ["tags", "complaints"],
    "succession.code_change_inherits": list(INHERITED),
    "survey.disclosure": "anonymous",
    "categories.known": {},
    "publicity.minimum_months": {"bad_record": 3, "blacklist": 12, "penalty": 12, "result": 12},
    "publicity.maximum_months": dict.fromkeys(PUBLIC_KINDS, 0),
}
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
    cycle_start: Annotated[tuple[int, int], MONTH_DAY]
    """Month and day on which an assessment year begins (R20)."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    change_days: _Days
    appeal_days: _Days


@dataclass(frozen=True, slots=True)
class Conduct:
    full: _Hundredths
    lapse_points: Annotated[Mapping[int, Fraction], table(map(str, LAPSE_ITEMS), _HUNDREDTHS, int)]
    """Points that one lapse costs, by item of annex 1."""
    bad_record_points: _Hundredths


@dataclass(frozen=True, slots=True)
class Quality:
    full: _Points
    divisor: _Divisor


@dataclass(frozen=True, slots=True)
class Survey:
    questions: Annotated[int, whole(10, 10)]
    points: Annotated[Mapping[str, int], table("ABC", whole(0, 100))]
    """Survey points of an answer A, B or C."""
    satisfaction_floor: _Points
    disclosure: Literal["anonymous", "totals", "named"]
    """What the rated agency sees of the forms (R39)."""


@dataclass(frozen=True, slots=True)
class Categories:
    known: Annotated[Mapping[str, tuple[str, ...]], named_lists(100)]
    """The categories that are taken, each with its other words; empty: any is taken (R47)."""


@dataclass(frozen=True, slots=True)
class Effect:
    full: _Points
    divisor: _Divisor


@dataclass(frozen=True, slots=True)
class Honours:
    points: Annotated[Mapping[str, Fraction], table(HONOUR_LEVELS, _POINTS)]
    """Points by level; a higher level never earns less than a lower one."""
    cap: _Points
    credited_authorities: _Authorities


@dataclass(frozen=True, slots=True)
class Total:
    cap: Annotated[Fraction | None, number_or_none("0", 1000)]


@dataclass(frozen=True, slots=True)
class Grades:
    excellent: _Hundredths
    qualified: _Hundredths


@dataclass(frozen=True, slots=True)
class Ladder:
    counted_complaints: Literal["service_quality", "all"]
    counted_grounds: Annotated[frozenset[str], some_of("missed_hazard", "poor_quality", "other")]
    tiers: Annotated[tuple[str, ...], steps("recorded", "warned", "blacklisted")]
    window_years: _Years
    tag_term: Literal["one_year", "window", "by_decision"]
    tag_years: _Years
    recorded_term: Literal["unlimited", "one_year"]


@dataclass(frozen=True, slots=True)
class Team:
    lead_years: _Staff
    technician_years: _Staff
    technicians: _Staff


@dataclass(frozen=True, slots=True)
class Penalties:
    overriding_authorities: _Authorities


@dataclass(frozen=True, slots=True)
class Publicity:
    minimum_months: Annotated[Mapping[str, int], table(PUBLIC_KINDS, whole(0, 600))]
    """After how many months from its day the publicity of a record can be ended at the earliest (R42)."""
    maximum_months: Annotated[Mapping[str, int], table(PUBLIC_KINDS, whole(0, 600))]
    """After how many months it ends by itself; 0: it does not."""


@dataclass(frozen=True, slots=True)
class Succession:
    merger_inherits: Annotated[frozenset[str], some_of(*INHERITED)]
    division_inherits: Annotated[frozenset[str], some_of(*INHERITED)]
    code_change_inherits: Annotated[frozenset[str], some_of(*INHERITED)]


@dataclass(frozen=True)
class Chapters:
    """Every value, by chapter and field. A rulebook gives each, and no other; only those of `LATER` may be missing."""

    assessment: Assessment = field(repr=False, compare=False)
    deadlines: Deadlines = field(repr=False, compare=False)
    conduct: Conduct = field(repr=False, compare=False)
    quality: Quality = field(repr=False, compare=False)
    survey: Survey = field(repr=False, compare=False)
    categories: Categories = field(repr=False, compare=False)
    effect: Effect = field(repr=False, compare=False)
    honours: Honours = field(repr=False, compare=False)
    total: Total = field(repr=False, compare=False)
    grades: Grades = field(repr=False, compare=False)
    ladder: Ladder = field(repr=False, compare=False)
    team: Team = field(repr=False, compare=False)
    penalties: Penalties = field(repr=False, compare=False)
    publicity: Publicity = field(repr=False, compare=False)
    succession: Succession = field(repr=False, compare=False)


KINDS: Mapping[str, Kind] = {
    f"{chapter}.{name}": kind_of(hint)
    for chapter, of_chapter in get_type_hints(Chapters).items()
    for name, hint in get_type_hints(of_chapter, include_extras=True).items()
}
"""Every value by name, as its field's type says."""


def contradiction(book: Chapters) -> tuple[str, str, str] | None:
    """The first value that contradicts another one: its name and what is wrong, in both languages."""
    points, grades, quality, effect = book.survey.points, book.grades, book.quality, book.effect
    lowest, highest = points["C"] * book.survey.questions, points["A"] * book.survey.questions
    honours = [book.honours.points[level] for level in HONOUR_LEVELS]
    full = book.conduct.full + quality.full + effect.full
    rules = (
        (
            grades.qualified < grades.excellent,
            "grades.qualified",
            "应低于 grades.excellent。",
            "must be below grades.excellent.",
        ),
        (
            grades.excellent <= full,
            "grades.excellent",
            f"不得高于满分 {full}。",
            f"must not exceed the full mark {full}.",
        ),
        (
            book.total.cap is None or book.total.cap >= grades.excellent,
            "total.cap",
            "不得低于 grades.excellent。",
            "must not be below grades.excellent.",
        ),
        (points["A"] > points["B"] > points["C"], "survey.points", "应为 A > B > C。", "must fall from A to B to C."),
        (
            lowest <= book.survey.satisfaction_floor <= highest,
            "survey.satisfaction_floor",
            f"应在问卷可能的总分 {lowest} 到 {highest} 之间。",
            f"must lie between the possible totals of a form, {lowest} and {highest}.",
        ),
        (
            highest <= quality.full * quality.divisor,
            "quality.divisor",
            f"太小：满意度满分 {highest} 折算后会超过 quality.full。",
            f"is too small: a full satisfaction of {highest} would earn more than quality.full.",
        ),
        (
            effect.full * effect.divisor >= 100,
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
    return next(((name, text, text_en) for holds, name, text, text_en in rules if not holds), None)
