"""Lines of a score sheet, formulas filled in, and what did not count, as api.md shows them."""

from __future__ import annotations

from typing import Any

from domain.measures.annex1_score import Category, LeftOut, Line
from domain.values import exact_text, rounded


def formula_of(category: Category) -> str:
    """The category's formula filled in, like `10 - 1.00 - 2.00` or `50 - 82.67/2` (api.md)."""
    if category.name not in ("conduct", "honours"):
        return category.formula
    signs = (
        f" + {rounded(line.points)}" if line.points > 0 else f" - {rounded(-line.points)}" for line in category.lines
    )
    return category.formula + "".join(signs)


def line_json(line: Line) -> dict[str, Any]:
    """A line as api.md shows it, with the exact and the nominal points and the rulebook's value."""
    return {
        "item": line.item,
        "category": line.category,
        "article": line.article,
        "paragraph": line.paragraph or line.article,
        "points": rounded(line.points),
        "exact": exact_text(line.points),
        "nominal": rounded(line.nominal),
        "text": line.text,
        "text_en": line.text_en,
        "events": list(line.events),
        "occurred_on": line.occurred_on.isoformat(),
        "value": line.value,
    }


def left_out_json(one: LeftOut) -> dict[str, Any]:
    """What was considered and left out, with the reason."""
    return {
        "item": one.item,
        "events": list(one.events),
        "occurred_on": None if one.occurred_on is None else one.occurred_on.isoformat(),
        "reason": one.reason,
        "reason_en": one.reason_en,
    }
