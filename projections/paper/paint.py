"""Pages that are laid out, as PDF bytes: equal pages give equal bytes, in any process, on any day."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from fpdf import FPDF
from fpdf.output import OutputProducer
from fpdf.syntax import PDFContentStream, PDFObject

from domain.values import Instant, moment
from projections.paper.fonts import HEI, SONG, Face, printable, runs, width, wrapped
from projections.paper.layout import LEFT, PAGE_HEIGHT, PAGE_WIDTH, RIGHT, Rule, Text

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
        self.pdf.set_font(face.name, size=size)
