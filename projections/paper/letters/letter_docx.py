"""A letter as a Word document (ISO/IEC 29500), to be edited and stamped: the same text, tables, basis and code.

It is for editing, so it bears no seal of the file; its code proves the letter that it began as.
"""

from __future__ import annotations

import io
import zipfile

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENTATION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Mm, Pt
from docx.table import Table as DocxTable
from docx.text.paragraph import Paragraph as DocxParagraph

from domain.values import moment
from projections.paper.letters.letter import Headline, Letter, LetterTable, PaperProof, Passage, Piece
from projections.paper.letters.letter_pdf import SCAN, day_line
from projections.paper.qr import qr_png
from projections.pictures.svg import visible

_SONG, _HEI = "宋体", "黑体"
MOST_LARGE = 20
"""Characters of a title that fit a line of 158 mm in 20 points."""
_CELL_SIDE = "45"
"""What a cell keeps free at its sides, in twentieths of a point (0.8 mm): points of a score fit their columns."""
_FIRST_DOS_INSTANT = (1980, 1, 1, 0, 0, 0)
_DEMONSTRATION = "【演示数据，不是真实记录】"


def letter_docx(letter: Letter, proof: PaperProof | None) -> bytes:
    """The letter as a document; the same letter and proof give the same bytes."""
    document = Document()
    _page(document, letter)
    if letter.issuer:
        _line(document, letter.issuer, 15, face=_HEI, centred=True)
    size = 20 if len(letter.title) <= MOST_LARGE else 18  # else its last character stands alone in a second line
    _line(document, letter.title, size, face=_HEI, centred=True)
    _line(document, f"编号：{letter.reference}", 10.5, centred=True)
    if letter.addressee:
        _line(document, f"{letter.addressee}：", 12)
    for piece in letter.pieces:
        _piece(document, piece)
    for who in letter.signatures:
        _line(document, f"{who}：________________", 12)
    for text in (letter.issuer or "", "（盖章）", day_line(letter.dated)):
        _line(document, text, 12).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for note in letter.notes:
        _line(document, note, 9)
    for name, value in letter.basis.rows():
        _line(document, f"{name}　{value}", 8)
    if proof is not None:
        document.add_picture(io.BytesIO(qr_png(proof.address)), width=Mm(34))
        _line(document, SCAN, 8)
        _line(document, f"核验码 {proof.code}", 6)
    properties = document.core_properties
    properties.title, properties.author = letter.title, letter.issuer or ""
    properties.created = properties.modified = moment(letter.basis.known_at).replace(tzinfo=None, microsecond=0)
    properties.comments = ""
    out = io.BytesIO()
    document.save(out)
    return _undated(out.getvalue())


def _page(document: DocumentObject, letter: Letter) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENTATION.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(26)
    section.top_margin = section.bottom_margin = Mm(24)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _SONG, Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _SONG)
    head = f"{_DEMONSTRATION if letter.basis.demonstration else ''}{letter.about}　{letter.kind}"
    _run(section.header.paragraphs[0], head, 9)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text, field in (("第 ", "PAGE"), (" 页 共 ", "NUMPAGES"), (" 页", "")):
        _run(foot, text, 9)
        if field:
            _field(foot, field)


def _field(paragraph: DocxParagraph, name: str) -> None:
    """A field that the word processor fills in, in the size of the text around it."""
    element = OxmlElement("w:fldSimple")
    element.set(qn("w:instr"), name)
    _run(paragraph, "1", 9)
    element.append(paragraph.runs[-1]._r)
    paragraph._p.append(element)


def _line(
    document: DocumentObject, text: str, size: float, *, face: str = _SONG, centred: bool = False
) -> DocxParagraph:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(4)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(paragraph, text, size, face)
    return paragraph


def _run(paragraph: DocxParagraph, text: str, size: float, face: str = _SONG) -> None:
    run = paragraph.add_run(visible(text))
    run.font.size, run.font.name = Pt(size), face
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _piece(document: DocumentObject, piece: Piece) -> None:
    if isinstance(piece, Headline):
        paragraph = _line(document, piece.text, 14, face=_HEI)
        paragraph.paragraph_format.page_break_before = piece.annex
        paragraph.paragraph_format.keep_with_next = True
    elif isinstance(piece, Passage):
        paragraph = _line(document, piece.text, 9 if piece.small else 12)
        if not piece.small:
            paragraph.paragraph_format.first_line_indent = Pt(24)
    else:
        _table(document, piece)


def _table(document: DocumentObject, grid: LetterTable) -> None:
    table = document.add_table(rows=1, cols=len(grid.headings))
    table.style = "Table Grid"
    table.autofit = False
    _narrow(table)
    whole = sum(grid.shares)
    for column, share in zip(table.columns, grid.shares, strict=True):
        column.width = Mm(158 * share / whole)  # LibreOffice goes by the grid, Word by the cells
    rows = [grid.headings, *grid.rows]
    for number, texts in enumerate(rows):
        cells = (table.rows[0] if number == 0 else table.add_row()).cells
        strong = number == 0 or (grid.sums and number == len(rows) - 1)
        for cell, text, share in zip(cells, texts, grid.shares, strict=True):
            cell.width = Mm(158 * share / whole)
            _run(cell.paragraphs[0], text.replace("\n", "；"), 9, _HEI if strong else _SONG)
    heading = table.rows[0]._tr.get_or_add_trPr()
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    heading.append(repeated)
    _line(document, "", 6)


def _narrow(table: DocxTable) -> None:
    sides = OxmlElement("w:tblCellMar")
    for side in ("w:left", "w:right"):
        one = OxmlElement(side)
        one.set(qn("w:w"), _CELL_SIDE)
        one.set(qn("w:type"), "dxa")
        sides.append(one)
    table._tbl.tblPr.insert_element_before(sides, "w:tblLook", "w:tblCaption", "w:tblDescription", "w:tblPrChange")


def _undated(content: bytes) -> bytes:
    """The parts as they are, without the time at which each was packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, _FIRST_DOS_INSTANT)
            entry.create_system = 3
            archive.writestr(entry, given.read(name), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()
