"""What differs between two answers, said for people: names of fields, values of any shape, rows side by side."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.web.frame.field_names import FILINGS, GRADES, TIERS
from domain.values import Bilingual
from projections.compare.field_words import OF_SHEET, named_field, service_said
from projections.compare.sheet_difference import OVERRIDE_NAMES

OVERRIDES = OVERRIDE_NAMES
_ROWS = (
    "agency.filing", "sanction.tier", "sanction.since", "sanction.until", "sanction.verified_complaints",
    "bad_records.year", "bad_records.total", "assessment.year", "assessment.conduct", "assessment.quality",
    "assessment.effect", "assessment.honours", "assessment.total", "assessment.grade", "assessment.complete",
    "warning_notice", "service",
)  # fmt: skip
_SUMS = ("conduct", "quality", "effect", "honours", "total", "grade")
_NOTHING: Bilingual = ("—", "—")
PROVISIONAL = "provisional"
"""Shown in place of a grade."""


class Pair(NamedTuple):
    """One row of the two standings. `field` names it as the differences do."""

    field: str
    name: Bilingual
    before: Bilingual
    after: Bilingual
    differs: bool


def compared(answer: dict[str, Any]) -> list[Pair]:
    """The two standings row by row."""
    rows = []
    for field in _ROWS:
        before, after = (_inner(answer[side], field) for side in ("before", "after"))
        first, then = (
            _graded(field, value, answer[side]["assessment"]) for side, value in (("before", before), ("after", after))
        )
        rows.append(Pair(field, named_field(field), first, then, before != after))
    return rows + [row for sheet in answer["sheets"] for row in _of_another_year(answer, sheet)]


def _graded(field: str, value: Any, assessed: dict[str, object]) -> Bilingual:
    """A value of a standing or sheet in words; no grade while a part of its score is missing (R44)."""
    return shown(field, grade_shown(value, assessed) if field.endswith("grade") else value)


def grade_shown(grade: Any, assessed: dict[str, object]) -> Any:
    """The grade of a standing's assessment or a sheet as pages show it: `provisional` while a part is missing (R44)."""
    return PROVISIONAL if assessed["assessed"] and assessed.get("provisional") else grade


def _of_another_year(answer: dict[str, Any], sheet: dict[str, Any]) -> list[Pair]:
    """The sums of a sheet of which neither standing tells: the year that was asked for besides."""
    year, sides = sheet["year"], [sheet["before"], sheet["after"]]
    if any(answer[side]["assessment"]["year"] == year for side in ("before", "after")) or None in sides:
        return []
    rows = []
    for field in _SUMS:
        before, after = (side[field] for side in sides)
        zh, en = named_field(field)
        first, then = (_graded(field, value, side) for value, side in zip((before, after), sides, strict=True))
        rows.append(Pair(field, (f"{year} 年度{zh}", f"{en} of {year}"), first, then, before != after))
    return rows


def in_words(one: dict[str, Any]) -> tuple[Bilingual, Bilingual, Bilingual]:
    """A difference's name, and its two values."""
    field = one["field"]
    return named_field(field), shown(field, one["before"]), shown(field, one["after"])


def shown(field: str, value: Any) -> Bilingual:
    """A value of a standing or sheet in both languages."""
    bare = field.rpartition(".")[2]
    tables: dict[str, dict[str, Any]] = {
        "tier": TIERS,
        "grade": {**GRADES, PROVISIONAL: ("暂计", "provisional")},
        "filing": FILINGS,
    }
    if value is None or value == []:
        return _NOTHING
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if bare in tables:
        zh, en = tables[bare][value][:2]
        return zh, en
    if isinstance(value, list):
        return _list(bare, value)
    if isinstance(value, dict):
        return _object(field, value)
    return str(value), str(value)


def _list(bare: str, value: list[Any]) -> Bilingual:
    if bare == "missing":
        words = [OF_SHEET[one] for one in value]
    elif bare == "override":
        words = [OVERRIDES.get(one["kind"], (one["kind"], one["kind"])) for one in value]
    elif bare == "service":
        words = [service_said(one) for one in value]
    elif bare == "lines":
        words = [(f"第{one['item']}项 {one['points']}", f"item {one['item']}: {one['points']}") for one in value]
    else:
        return f"{len(value)} 条", f"{len(value)}"
    return "、".join(zh for zh, _ in words), ", ".join(en for _, en in words)


def _object(field: str, value: dict[str, Any]) -> Bilingual:
    if field == "warning_notice":
        span = f"{value['since']} – {value['until']}"
        return f"{value['year']} 年度不合格：{span}", f"unqualified in {value['year']}: {span}"
    text = f"{value['id']} {value['sha256'][:12]}" if "sha256" in value else str(value)
    return text, text


def _inner(answer: dict[str, object], field: str) -> Any:
    value: Any = answer
    for name in field.split("."):
        value = value[name]
    return value
