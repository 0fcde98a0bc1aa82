"""The form of annex 1 as a table: its official wording, and in the last column what the sheet found (annex 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from domain.measures.text.annex_texts import Annex1Form, FormCategory, FormItem, annex1_form
from domain.values import rounded
from projections.paper.fonts import HEI, SONG, width
from projections.paper.layout import LEFT, PAD, RIGHT, Flow, Rule, Span, Text, height

SIZE = 8.5
_WIDTHS = (68.0, 200.0, 157.0, RIGHT - LEFT - 68.0 - 200.0 - 157.0)
"""考评项目, 标准内容和要求, 评分标准, 得分; in points."""
_MEANS = 26.0
"""The narrow column beside a category that names a means (满意度调查)."""
_FOOT = 30.0
_BOX = (0.9, -7.1, 7.2)
"""Where the drawn box of a ticked grade lies from its sign, and its side: as the sign □ is drawn at the same size."""
_TICK = 1.4
"""Moves the narrower tick into the middle of its box."""

Row = tuple[Sequence[Span], Sequence[Span], Sequence[Span]]


def form_table(flow: Flow, sheet: Mapping[str, Any], remarks: Sequence[str]) -> None:
    """The table with its footer, on one page; below it our remarks and the notes of the form."""
    form = annex1_form()
    blocks = [(category, [_row(item, category, sheet) for item in category.items]) for category in form.categories]
    heading = [Span(title, HEI, SIZE) for title in form.columns]
    high = height(heading[:1]) + 2 * PAD + _FOOT + sum(_high(row) for _, rows in blocks for row in rows)
    flow.keep(high)
    _cells(flow, [[one] for one in heading], height(heading[:1]) + 2 * PAD, centred=True)
    for category, rows in blocks:
        _block(flow, category, rows, sheet)
    _footer(flow, form, sheet)
    flow.y += 5
    for remark in remarks:
        flow.paragraph(Span(f"※ {remark}", HEI, 8.5), after=2)
    for index, note in enumerate(form.notes):
        lead = form.notes_heading if index == 0 else "　　"
        flow.paragraph(Span(lead + note, SONG, 8.0), after=1)


def _high(row: Row) -> float:
    return max(map(height, row)) + 2 * PAD


def _row(item: FormItem, category: FormCategory, sheet: Mapping[str, Any]) -> Row:
    texts = (item.requires, item.scored, item_score(item, category, sheet))
    return tuple(  # type: ignore[return-value]  # three, as there are three texts
        Span(text, SONG, SIZE).lines(wide - 2 * PAD) for text, wide in zip(texts, _WIDTHS[1:], strict=True)
    )


def item_score(item: FormItem, category: FormCategory, sheet: Mapping[str, Any]) -> str:
    """The cell 得分 of one item: what it cost or earned on this sheet, with how often."""
    if category.name in sheet["missing"]:
        return f"{sheet[category.name]}（尚无评分，不扣分）"
    if len(category.items) == 1:
        return str(sheet[category.name])
    lines = [line for line in sheet["lines"] if line["item"] == item.number]
    if not lines:
        return "未扣分"
    cost = rounded(sum((-Fraction(line["exact"]) for line in lines), Fraction(0)))
    return f"扣 {cost}（{len(lines)} 次）"


def _cells(flow: Flow, cells: Sequence[Sequence[Span]], high: float, *, centred: bool = False) -> None:
    x = LEFT
    for lines, wide in zip(cells, _WIDTHS, strict=True):
        flow.box(x, flow.y, wide, high)
        flow.lines(lines, x + PAD, flow.y + PAD, wide - 2 * PAD, centred=centred)
        x += wide
    flow.y += high


def _block(flow: Flow, category: FormCategory, rows: Sequence[Row], sheet: Mapping[str, Any]) -> None:
    """A category: its name once, at the middle of its rows."""
    top = flow.y
    for row in rows:
        high, x = _high(row), LEFT + _WIDTHS[0]
        for index, (lines, wide) in enumerate(zip(row, _WIDTHS[1:], strict=True)):
            flow.box(x, flow.y, wide, high)
            last = index == len(row) - 1
            above = (high - height(lines)) / 2 if last else PAD
            flow.lines(lines, x + PAD, flow.y + above, wide - 2 * PAD, centred=last)
            x += wide
        flow.y += high
    means = _MEANS if category.means else 0.0
    wide = _WIDTHS[0] - means
    name = [Span(category.label, HEI, SIZE), Span(category.points, SONG, SIZE)]
    if len(category.items) > 1:
        name.append(Span(f"得 {sheet[category.name]}", HEI, SIZE))
    _middle(flow, name, LEFT, top, wide)
    if means:
        _middle(flow, Span(category.means, SONG, 7.5).lines(means - 2), LEFT + wide, top, means)


def _middle(flow: Flow, lines: Sequence[Span], x: float, top: float, wide: float) -> None:
    high = flow.y - top
    flow.box(x, top, wide, high)
    flow.lines(lines, x, top + (high - height(lines)) / 2, wide, centred=True)


def _footer(flow: Flow, form: Annex1Form, sheet: Mapping[str, Any]) -> None:
    """考核人签名 to be signed by hand, the total, and the box of the grade ticked."""
    flow.box(LEFT, flow.y, RIGHT - LEFT, _FOOT)
    base = flow.y + _FOOT / 2 + 3.5
    x = _put(flow, LEFT + PAD, base, form.signature)
    flow.put(Rule(x, base + 2, LEFT + 168, base + 2))
    x = _put(flow, LEFT + 182, base, form.total)
    _put(flow, x, base, sheet["total"] or "不参与考评", HEI)
    x = _put(flow, LEFT + 318, base, form.result)
    for grade, label in form.grades:
        ticked = grade == sheet["grade"] and not sheet.get("provisional")
        if ticked:  # one sign in the text of the file, so that a machine reads which box it is; the box is drawn
            flow.box(x + _BOX[0], base + _BOX[1], _BOX[2], _BOX[2])
            x += _TICK
        x = _put(flow, x, base, f"{'✓ ' if ticked else '□'} {label}", HEI if ticked else SONG) + 8
    flow.y += _FOOT


def _put(flow: Flow, x: float, base: float, text: str, style: str = SONG) -> float:
    """Text on the footer's line; where it ends."""
    flow.put(Text(x, base, text, style, 9.0))
    return x + width(text, style, 9.0)
