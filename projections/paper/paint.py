"""Pages that are laid out, as PDF bytes: equal pages give equal bytes, in any process, on any day (ISO 32000-1)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

from domain.values import Instant, moment
from domain.version import DISTRIBUTION, software
from projections.paper.embedded import EmbeddedFace, Used
from projections.paper.fonts import HEI, SONG, printable, runs, width, wrapped
from projections.paper.layout import LEFT, PAGE_HEIGHT, PAGE_WIDTH, RIGHT, Block, Mark, Rule, Text

DEMONSTRATION = "演示数据"
_NOT_REAL = f"【{DEMONSTRATION}，不是真实记录】"
_MARK_SIZE = 96.0
_MARK_GREY = 0.9
_SMALL = 7.5
_TURNED = "0.615661 0.788011 -0.788011 0.615661"
"""Cosine and sine of 52 degrees: the slope of the mark across a page of a demonstration."""


@dataclass(frozen=True)
class Frame:
    """What stands on every page around the content. `made_from` dates the file: the instant as known at which it is."""

    title: str
    head: str
    foot: str
    made_from: Instant
    demonstration: bool = False
    code: str = ""
    """The code by which the paper is verified, also among the properties of the file."""


@dataclass(frozen=True)
class PaperPart:
    """Pages that are counted together, within their frame: one paper of a file of several."""

    pages: Sequence[Sequence[Mark]]
    frame: Frame


def painted(pages: Sequence[Sequence[Mark]], frame: Frame) -> bytes:
    """An A4 PDF of these pages with running heads, page numbers and, on demonstration data, a mark across each page.

    The glyphs used are embedded; its dates are `made_from`, its producer is this version, its identifier a hash.
    Raises: FontMissing.
    """
    return painted_together([PaperPart(pages, frame)], frame.title)


def painted_together(parts: Iterable[PaperPart], title: str, done: Callable[[int], object] = lambda _: None) -> bytes:
    """Several papers as one PDF with a bookmark for each; `done` hears after each how many are laid out.

    Each keeps its own head, foot and page numbers. Streams are not compressed: what zlib makes of them differs from
    one build of zlib to another. Raises: FontMissing; ValueError without any part.
    """
    used, drawn, firsts = Used(), list[bytes](), list[tuple[str, int]]()
    made_from: Instant | None = None
    code = ""
    for number, part in enumerate(parts, start=1):
        firsts.append((part.frame.title, len(drawn)))
        made_from = max(made_from or part.frame.made_from, part.frame.made_from)
        drawn += _content(used, part)
        code = part.frame.code
        done(number)
    if made_from is None:
        raise ValueError("a file of no paper at all cannot be made")
    with pikepdf.new() as pdf:
        _assemble(pdf, drawn, used, firsts)
        pdf.docinfo["/Title"] = String(printable(title))
        pdf.docinfo["/CreationDate"] = String(moment(made_from).strftime("D:%Y%m%d%H%M%SZ"))
        pdf.docinfo["/Producer"] = String(f"{DISTRIBUTION} {software()}")
        if code:
            pdf.docinfo["/Keywords"] = String(code)
        pdf.Root.Lang = String("zh-CN")
        out = io.BytesIO()
        pdf.save(
            out,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            min_version="1.7",
            deterministic_id=True,
            fix_metadata_version=False,
        )
    return out.getvalue()


def _assemble(pdf: Pdf, drawn: Sequence[bytes], used: Used, firsts: Sequence[tuple[str, int]]) -> None:
    fonts = Dictionary()
    for one in used.faces():
        fonts[f"/{one.resource}"] = _font(pdf, one)
    resources = pdf.make_indirect(Dictionary(Font=fonts))
    box = Array([0, 0, PAGE_WIDTH, PAGE_HEIGHT])
    for content in drawn:
        page = Dictionary(Type=Name.Page, MediaBox=box, Resources=resources, Contents=Stream(pdf, content))
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    if len(firsts) > 1:
        with pdf.open_outline() as outline:
            outline.root.extend(pikepdf.OutlineItem(printable(title), page) for title, page in firsts)


def _font(pdf: Pdf, one: EmbeddedFace) -> Object:
    """A composite font over the embedded glyphs, with the character of each code for who copies or searches (9.7)."""
    file = Stream(pdf, one.data)
    file.Length1 = len(one.data)
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{one.name}"),
        Flags=4,
        FontBBox=Array(list(one.box)),
        ItalicAngle=0,
        Ascent=one.box[3],
        Descent=one.box[1],
        CapHeight=one.box[3],
        StemV=80,
        FontFile2=file,
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(f"/{one.name}"),
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=1000,
        W=Array([1, Array(list(one.widths))]),
        CIDToGIDMap=Stream(pdf, one.glyphs),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name(f"/{one.name}"),
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=Stream(pdf, one.to_unicode),
        )
    )


def shortened(text: str, style: str, size: float, room: float) -> str:
    """A running head that fits, with … where it goes on: what it repeats stands whole in the paper itself."""
    text = printable(text)
    if width(text, style, size) <= room:
        return text
    return wrapped(text, style, size, room - width("…", style, size))[0] + "…"


def _content(used: Used, part: PaperPart) -> list[bytes]:
    """What draws each page of a part; the mark first, so that the text lies above it."""
    frame = part.frame
    found = []
    for number, page in enumerate(part.pages, start=1):
        drawn = [*_framed(used, frame, f"第 {number} 页 共 {len(part.pages)} 页")]
        for one in page:
            if isinstance(one, Text):
                drawn += _text(used, one)
            else:
                drawn.append(_rule(one) if isinstance(one, Rule) else _block(one))
        found.append("\n".join(drawn).encode("ascii"))
    return found


def _text(used: Used, one: Text, at: str | None = None) -> list[str]:
    x, found = one.x, []
    for face, run in runs(one.text, one.style):
        place = f"{x:.2f} {PAGE_HEIGHT - one.y:.2f} Td" if at is None else at
        found.append(
            f"BT {one.grey:g} g /{used.resource(face)} {one.size:g} Tf {place} <{used.codes(face, run)}> Tj ET"
        )
        x += width(run, one.style, one.size)
    return found


def _rule(one: Rule) -> str:
    ends = f"{one.x1:.2f} {PAGE_HEIGHT - one.y1:.2f} m {one.x2:.2f} {PAGE_HEIGHT - one.y2:.2f} l"
    return f"{one.grey:g} G {one.thickness:g} w {ends} S"


def _block(one: Block) -> str:
    return f"0 g {one.x:.3f} {PAGE_HEIGHT - one.y - one.high:.3f} {one.wide:.3f} {one.high:.3f} re f"


def _framed(used: Used, frame: Frame, number: str) -> list[str]:
    found = []
    if frame.demonstration:
        across = width(DEMONSTRATION, HEI, _MARK_SIZE)
        turned = f"{_TURNED} {PAGE_WIDTH / 2:.2f} {PAGE_HEIGHT / 2:.2f} cm"
        mark = _text(
            used,
            Text(0, 0, DEMONSTRATION, HEI, _MARK_SIZE, _MARK_GREY),
            f"{-across / 2:.2f} {-_MARK_SIZE * 0.36:.2f} Td",
        )
        found += ["q", turned, *mark, "Q", *_right(used, _NOT_REAL, 40, HEI, 9.0)]
    room = RIGHT - LEFT - width(_NOT_REAL, HEI, 9.0) - 10
    found += _text(used, Text(LEFT, 40, shortened(frame.head, SONG, _SMALL, room), SONG, _SMALL, 0.25))
    found.append(_rule(Rule(LEFT, 47, RIGHT, 47, 0.5, 0.5)))
    foot = shortened(frame.foot, SONG, _SMALL, RIGHT - LEFT - width(number, SONG, 8.5) - 10)
    found += _text(used, Text(LEFT, PAGE_HEIGHT - 34, foot, SONG, _SMALL, 0.25))
    return found + _right(used, number, PAGE_HEIGHT - 34, SONG, 8.5)


def _right(used: Used, text: str, y: float, style: str, size: float) -> list[str]:
    return _text(used, Text(RIGHT - width(text, style, size), y, text, style, size))
