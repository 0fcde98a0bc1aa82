"""Lines of a score sheet, formulas filled in, and what did not count, as api.md shows them."""

from __future__ import annotations

from domain.measures.annex1_score import Category, LeftOut, Line
from domain.values import exact_text, rounded
from projections.answers.scalars import SheetCategoryName
from projections.answers.sheets import ConsideredFact, SheetCategory, SheetLine

CATEGORY_LABELS = {"conduct": "服务规范", "quality": "服务质量", "effect": "服务效果", "honours": "荣誉记录"}


def formula_of(category: Category) -> str:
    """The category's formula filled in, like `10 - 1.00 - 2.00` or `50 - 82.67/2` (api.md)."""
    if category.name not in ("conduct", "honours"):
        return category.formula
    signs = (
        f" + {rounded(line.points)}" if line.points > 0 else f" - {rounded(-line.points)}" for line in category.lines
    )
    return category.formula + "".join(signs)


def sheet_line(line: Line) -> SheetLine:
    """A line as api.md shows it, with the exact and the nominal points and the rulebook's value."""
    return SheetLine(
        line.item,
        line.category,
        line.article,
        line.paragraph or line.article,
        rounded(line.points),
        exact_text(line.points),
        rounded(line.nominal),
        line.text,
        line.text_en,
        line.events,
        line.occurred_on,
        line.value,
    )


def sheet_category(category: Category) -> SheetCategory:
    """A category with its formula filled in."""
    return SheetCategory(
        SheetCategoryName(category.name),
        CATEGORY_LABELS[category.name],
        rounded(category.points),
        exact_text(category.points),
        formula_of(category),
        category.capped,
    )


def considered_fact(one: LeftOut) -> ConsideredFact:
    """What was considered and left out, with the reason."""
    return ConsideredFact(one.item, one.events, one.occurred_on, one.reason, one.reason_en)
