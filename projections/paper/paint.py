"""Pages that are laid out, as PDF bytes: equal pages give equal bytes, in any process, on any day.

The form of annex 1 as a table: its official wording, and in the last column what the sheet found (annex 1).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fpdf import FPDF
from fpdf.output import OutputProducer
from fpdf.syntax import PDFContentStream, PDFObject

from domain.measures.text.annex_texts import Annex1Form, FormCategory, FormItem, annex1_form
from domain.values import Instant, moment, rounded
from projections.paper.fonts import HEI, SONG, Face, printable, runs, width, wrapped
from projections.paper.layout import LEFT, PAD, PAGE_HEIGHT, PAGE_WIDTH, RIGHT, Flow, Rule, Span, Text, height

DEMONSTRATION = "演示数据"
_NOT_REAL = f"【{DEMONSTRATION}，不是真实记录】"
_MARK_SIZE = 96.0
_MARK_GREY = 0.9
_SMALL = 7.5


@dataclass(frozen=True)
class Frame:
    """What stands on every page around the content. `made_from` dates the file: the instant as known at which it is."""

    title: str
    head: str
    foot: str
    made_from: Instant
    demonstration: bool = False


def painted(pages: Sequence[Sequence[Text | Rule]], frame: Frame) -> bytes:
    """An A4 PDF of these pages with running heads, page numbers and, on demonstration data, a mark across each page.

    The glyphs used are embedded; its dates are `made_from` and its identifier is a hash of its content.
    Raises: FontMissing.
    """
    pdf = FPDF(unit="pt", format=(PAGE_WIDTH, PAGE_HEIGHT))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_creation_date(moment(frame.made_from))
    pdf.set_title(printable(frame.title))
    pdf.set_lang("zh-CN")
    painter = _Painter(pdf)
    for number, page in enumerate(pages, start=1):
        pdf.add_page()
        painter.frame(frame, f"第 {number} 页 共 {len(pages)} 页")
        for one in page:
            if isinstance(one, Text):
                painter.text(one)
            else:
                painter.rule(one)
    return bytes(pdf.output(output_producer_class=_Uncompressed))


def shortened(text: str, style: str, size: float, room: float) -> str:
    """A running head that fits, with … where it goes on: what it repeats stands whole in the paper itself."""
    text = printable(text)
    if width(text, style, size) <= room:
        return text
    return wrapped(text, style, size, room - width("…", style, size))[0] + "…"


class _Uncompressed(OutputProducer):
    """Leaves streams as they are: what zlib makes of them differs from one build of zlib to another."""

    def _add_pdf_obj(self, pdf_obj: PDFObject, trace_label: str | None = None) -> int:
        if isinstance(pdf_obj, PDFContentStream) and pdf_obj.filter is not None:
            pdf_obj._contents = zlib.decompress(pdf_obj._contents)
            pdf_obj.filter, pdf_obj.length = None, len(pdf_obj._contents)
        return super()._add_pdf_obj(pdf_obj, trace_label)


def _spare_whole_file(font: Any) -> None:
    """Of a CID-keyed font only the table of its outlines is embedded: the file around it, half the work, is not made.

    What fpdf2 makes of such a font (its `ttfont.save`) is thrown away by itself for that table alone.
    """
    if font.is_cff and font.is_cid_keyed and "CFF " in font.ttfont:
        font.ttfont.save = lambda _: None


class _Painter:
    """Draws on the present page; loads a face when it is first needed."""

    def __init__(self, pdf: FPDF) -> None:
        self.pdf = pdf
        self.loaded: set[str] = set()

    def text(self, one: Text) -> None:
        x = one.x
        self.pdf.set_text_color(round(one.grey * 255))
        for face, run in runs(one.text, one.style):
            self._use(face, one.size)
            self.pdf.text(x, one.y, run)
            x += width(run, one.style, one.size)

    def rule(self, one: Rule) -> None:
        self.pdf.set_draw_color(round(one.grey * 255))
        self.pdf.set_line_width(one.thickness)
        self.pdf.line(one.x1, one.y1, one.x2, one.y2)

    def frame(self, frame: Frame, number: str) -> None:
        """The mark first, so that the text lies above it."""
        if frame.demonstration:
            across = width(DEMONSTRATION, HEI, _MARK_SIZE)
            middle = PAGE_WIDTH / 2, PAGE_HEIGHT / 2
            with self.pdf.rotation(52, *middle):
                left, base = middle[0] - across / 2, middle[1] + _MARK_SIZE * 0.36
                self.text(Text(left, base, DEMONSTRATION, HEI, _MARK_SIZE, _MARK_GREY))
            self._right(_NOT_REAL, 40, HEI, 9.0)
        room = RIGHT - LEFT - width(_NOT_REAL, HEI, 9.0) - 10
        self.text(Text(LEFT, 40, shortened(frame.head, SONG, _SMALL, room), SONG, _SMALL, 0.25))
        self.rule(Rule(LEFT, 47, RIGHT, 47, 0.5, 0.5))
        foot = shortened(frame.foot, SONG, _SMALL, RIGHT - LEFT - width(number, SONG, 8.5) - 10)
        self.text(Text(LEFT, PAGE_HEIGHT - 34, foot, SONG, _SMALL, 0.25))
        self._right(number, PAGE_HEIGHT - 34, SONG, 8.5)

    def _right(self, text: str, y: float, style: str, size: float) -> None:
        self.text(Text(RIGHT - width(text, style, size), y, text, style, size))

    def _use(self, face: Face, size: float) -> None:
        if face.name not in self.loaded:
            self.pdf.add_font(face.name, "", face.path)
            self.loaded.add(face.name)
            _spare_whole_file(self.pdf.fonts[face.name])
        self.pdf.set_font(face.name, size=size)


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
