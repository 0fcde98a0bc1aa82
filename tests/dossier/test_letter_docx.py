"""Letters as documents to edit (ISO/IEC 29500): what a word processor needs to open them is there, and as it was set.

How they look in one was looked at by hand (LibreOffice 7.4): what that found is held here.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from itertools import pairwise

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml

from projections.paper.letters.letter import Headline, Letter, LetterTable, PaperBasis, PaperProof, Passage
from projections.paper.letters.letter_docx import letter_docx

_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_SHARES = (0.5, 2.8, 0.7)
BASIS = PaperBasis("2026-03-10", "2026-03-10T02:00:00.000000Z", 1660, {"id": "dayawan-2021", "sha256": "1" * 64}, "x")
LETTER = Letter(
    kind="考评结果公示",
    title="2025 年度考评结果",
    about="2025 年度",
    says="合格 1 家",
    issuer="大亚湾区安全生产协会",
    addressee="惠州市某安全服务有限公司",
    reference="2025-log1660",
    pieces=[
        Headline("一、结果"),
        Passage("㐀𠀀𪜀 与 <b>&\x07 不是标记"),
        LetterTable(("名次", "机构", "总分"), _SHARES, [("1", "某机构\n91441300MA4A00011L", "89.00")]),
        Headline("附件", annex=True),
    ],
    basis=BASIS,
)


def made() -> bytes:
    """The letter with a code."""
    return letter_docx(LETTER, PaperProof("a" * 700, "https://example.org/verify?code=" + "a" * 700))


def test_every_part_is_well_formed_named_and_there() -> None:
    """Each part is XML or a picture with a content type, and every relation leads to a part of the package."""
    with zipfile.ZipFile(io.BytesIO(made())) as package:
        assert package.testzip() is None
        names = package.namelist()
        assert names[0] == "[Content_Types].xml"
        types = parse_xml(package.read(names[0]))
        by_ending = {one.get("Extension") for one in types if one.tag.endswith("Default")}
        by_name = {one.get("PartName") for one in types if one.tag.endswith("Override")}
        for name in names:
            if name.endswith((".xml", ".rels")):
                parse_xml(package.read(name))
            assert name == names[0] or f"/{name}" in by_name or name.rpartition(".")[2] in by_ending, name
        for name in (one for one in names if one.endswith(".rels")):
            base = posixpath.dirname(posixpath.dirname(name))
            for relation in parse_xml(package.read(name)).iter(_RELATIONS):
                if relation.get("TargetMode") != "External":
                    target = relation.get("Target", "")
                    assert posixpath.normpath(posixpath.join("/", base, target)).lstrip("/") in names, target


def test_it_opens_and_says_what_the_letter_says() -> None:
    """Read by the library as any document: text, rare characters, table with its repeated heading, the annex."""
    document = Document(io.BytesIO(made()))
    text = [one.text for one in document.paragraphs]
    assert "2025 年度考评结果" in text
    assert "惠州市某安全服务有限公司：" in text
    assert any("㐀𠀀𪜀" in one and "<b>&" in one and "\x07" not in one for one in text)
    (table,) = document.tables
    assert [cell.text for cell in table.rows[1].cells] == ["1", "某机构；91441300MA4A00011L", "89.00"]
    assert table.rows[0]._tr.trPr is not None
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert next(one for one in document.paragraphs if one.text == "附件").paragraph_format.page_break_before
    assert len(document.inline_shapes) == 1
    assert document.core_properties.title == LETTER.title


def test_columns_have_their_widths_in_the_grid_and_in_the_cells() -> None:
    """Word goes by the cells and LibreOffice by the grid: both say the same, within the page's 158 mm."""
    (table,) = Document(io.BytesIO(made())).tables
    grid = [column.width for column in table.columns]
    cells = [cell.width for cell in table.rows[1].cells]
    assert grid == cells
    assert None not in grid
    millimetres = [one / 36_000 for one in grid if one is not None]
    assert sum(millimetres) == pytest.approx(158, abs=0.5)
    sides = {one.get(qn("w:w")) for one in table._tbl.tblPr.find(qn("w:tblCellMar"))}
    assert sides == {"45"}, "five figures of 9 points fit a column of 11 mm"
    assert millimetres[1] / millimetres[0] == pytest.approx(_SHARES[1] / _SHARES[0], rel=0.02)


def test_the_foot_counts_pages_in_one_size_and_every_face_has_chinese() -> None:
    """Fields of the foot are runs of 9 points like the words around them; each run names its East Asian typeface."""
    document = Document(io.BytesIO(made()))
    foot = document.sections[0].footer.paragraphs[0]._p
    fields = list(foot.iter(qn("w:fldSimple")))
    assert [one.get(qn("w:instr")) for one in fields] == ["PAGE", "NUMPAGES"]
    sizes = {one.get(qn("w:val")) for one in foot.iter(qn("w:sz"))}
    assert sizes == {"18"}
    assert len(list(foot.iter(qn("w:r")))) == len(list(foot.iter(qn("w:sz"))))
    for run in document.element.body.iter(qn("w:r")):
        if run.find(qn("w:t")) is not None:
            faces = run.find(qn("w:rPr")).find(qn("w:rFonts"))
            assert faces.get(qn("w:eastAsia")) in ("宋体", "黑体")


def test_equal_letters_are_equal_bytes_and_small() -> None:
    """Without the time of packing; a letter of a page takes less than 100 KB."""
    contents = [made() for _ in range(3)]
    assert all(one == other for one, other in pairwise(contents))
    assert len(contents[0]) < 100_000
