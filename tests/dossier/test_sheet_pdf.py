"""The printed score sheet: the form of annex 1, every line, the ticked box, no character lost, nothing cut off."""

from __future__ import annotations

import copy
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from domain.measures.text.annex_texts import annex1_form
from domain.measures.text.official_text import cited_in_chinese
from projections.paper import fonts
from projections.paper.cover import Heading
from projections.paper.fonts import FontMissing, face, printable, width, wrapped
from projections.paper.layout import BOTTOM, LEFT, PAGE_WIDTH, RIGHT, TOP, Column, Flow, Rule, Span, Text
from projections.paper.paint import painted_together
from projections.paper.sheet_pdf import sheet_part, sheet_pdf
from tests.dossier.answers import sheet

_GB_18030_2022 = (
    (0x4E00, 0x9FEF),
    (0x3400, 0x4DB5),
    (0x20000, 0x2A6D6),
    (0x2A700, 0x2B734),
    (0x2B740, 0x2B81D),
    (0x2B820, 0x2CEA1),
    (0x2CEB0, 0x2EBE0),
)
"""The ranges of unified ideographs in its third level of implementation."""
TICKED = re.compile("✓(优秀|合格|不合格)")


def read(data: bytes) -> list[str]:
    """The text of each page without blanks and line ends."""
    with pypdfium2.PdfDocument(data) as document:
        return ["".join(page.get_textpage().get_text_bounded().split()) for page in document]


@lru_cache(maxsize=1)
def printed() -> tuple[dict[str, Any], str]:
    """The sheet of the year with something of everything, and its text."""
    answer = sheet()
    heading: Heading = {
        "kind": "公布时的打分表",
        "rows": [("公布日期", "2025-02-03")],
        "notes": ["理解 R21 尚未确认。"],
    }
    return answer, "".join(read(sheet_pdf(answer, heading)))


def changed(**values: Any) -> dict[str, Any]:
    """The same sheet with other values."""
    return {**copy.deepcopy(sheet()), **values}


def test_the_form_is_printed_word_for_word() -> None:
    """Title, columns, all items with both their texts, footer and notes: as annex 1 has them."""
    _, text = printed()
    form = annex1_form()
    wording = [form.title, *form.columns, form.signature, form.total, form.result, *form.notes]
    wording += [part for one in form.categories for item in one.items for part in (item.requires, item.scored)]
    missing = [one for one in wording if "".join(one.split()) not in text]
    assert missing == []


def test_known_defects_of_the_form_are_named_beside_it() -> None:
    """Note 1 keeps 服务规范 twice and its 13 items, and the paper says so."""
    _, text = printed()
    assert "服务规范、服务质量、服务效果、服务规范、服务记录四大类，评估项目为13项" in text
    assert "附件1注1把服务规范列了两次" in text
    assert "附件1注1称评估项目十三项，表内只有十二项" in text


def test_the_head_names_agency_and_basis() -> None:
    """Name, code, category, year, both clocks, rulebook and calendar with whole hashes, and what the caller adds."""
    answer, text = printed()
    agency = answer["agency"]
    for part in (
        agency["name"],
        agency["uscc"],
        agency["category"],
        "2024年度",
        answer["as_of"],
        answer["known_at"],
        "北京时间2025-03-0312:00:00",
        answer["rulebook"]["id"],
        answer["rulebook"]["sha256"],
        answer["calendar"]["sha256"],
        "公布时的打分表",
        "公布日期2025-02-03",
        "理解R21尚未确认。",
    ):
        assert part in text, part


def test_every_line_is_printed_with_its_article_points_ground_and_events() -> None:
    """What cost or earned a point, and what was considered and did not count, with the reason."""
    answer, text = printed()
    assert len(answer["lines"]) >= 8
    for line in answer["lines"]:
        row = "".join(f"{line['item']}{line['occurred_on']}".split())
        assert row in text
        for part in (
            cited_in_chinese(line["paragraph"]),
            line["paragraph"],
            line["points"],
            line["text"],
            line["value"],
        ):
            assert "".join(part.split()) in text, part
        assert f"事件{'、'.join(line['events'])}" in text
    assert len(answer["considered"]) >= 1
    for one in answer["considered"]:
        assert "".join(one["reason"].split()) in text


def test_the_items_show_what_they_cost() -> None:
    """得分 of each item: summed over its lines with how often, untouched, missing, or the category's points."""
    _, text = printed()
    assert "扣2.00（2次）" in text  # item 4
    assert "扣8.00（4次）" in text  # item 8: the last deductions found the category empty
    assert text.count("未扣分") == 7
    assert "得0.00" in text
    assert "50.00（尚无评分，不扣分）" in text
    assert "36.60" in text


@pytest.mark.parametrize(("grade", "label"), [("excellent", "优秀"), ("qualified", "合格"), ("unqualified", "不合格")])
def test_the_box_of_the_grade_is_ticked_and_no_other(grade: str, label: str) -> None:
    """考评结果: exactly one box bears a tick, once the sheet is complete or what it lacks is waived."""
    text = read(sheet_pdf(changed(grade=grade, label=label, provisional=False), {}))[0]
    assert TICKED.findall(text) == [label]
    assert text.count("□") == 2


@pytest.mark.shows("R44")
@pytest.mark.parametrize(("grade", "label"), [("excellent", "优秀"), ("unqualified", "不合格")])
def test_a_provisional_sheet_ticks_no_box(grade: str, label: str) -> None:
    """暂计: points so far, the word that there is no grade yet, and three empty boxes."""
    text = "".join(read(sheet_pdf(changed(grade=grade, label=label, provisional=True), {})))
    assert "✓" not in text
    assert text.count("□") == 3
    assert "暂计，尚不评定等次（R44）" in text


def test_without_a_grade_no_box_is_ticked() -> None:
    """Not assessed (R29): no total, no tick, and the reason."""
    answer = changed(total=None, grade=None, label=None, assessed=False, override=[])
    answer["exact"]["total"] = None
    answer["not_assessed"] = [{"text": "全年未开展业务", "text_en": "not in business"}]
    text = "".join(read(sheet_pdf(answer, {})))
    assert "✓" not in text
    assert text.count("□") == 3
    assert "合计得分：不参与考评" in text
    assert "不参与考评和排名（附件1注4）：全年未开展业务。" in text


def test_an_override_and_a_missing_part_are_said_on_the_first_page() -> None:
    """Art.25 explains a grade that the score does not; an incomplete sheet says so (R25, R28)."""
    answer, _ = printed()
    pages = read(sheet_pdf(answer, {}))
    assert "※依第二十五条直接记为“不合格”，不论得分" in pages[0]
    assert "※本表不完整，尚缺：服务质量（满意度调查）。" in pages[0]
    assert f"列入黑名单（事件{answer['override'][0]['events'][0]}）" in "".join(pages)


def test_only_a_demonstration_says_so() -> None:
    """演示数据 stands across every page of a demonstration's sheet and on none of a real one."""
    for page in read(sheet_pdf(changed(demonstration=True), {})):
        assert page.count("演示数据") == 2
    real = changed()
    del real["demonstration"]
    assert "演示数据" not in "".join(read(sheet_pdf(real, {})))


def test_rare_and_hostile_names_are_printed_whole() -> None:
    """Rare characters are drawn; what no face draws, or is invisible, stands as its code point."""
    answer = changed()
    answer["agency"]["name"] = "𠮷㙓䶮" + chr(0x2A6D6) + "<b>&\u200f\u202e公司\nمر"
    text = "".join(read(sheet_pdf(answer, {})))
    assert "𠮷㙓䶮" + chr(0x2A6D6) + "<b>&〔U+200F〕〔U+202E〕公司〔U+0645〕〔U+0631〕" in text
    assert "以其统一码（Unicode）表示" in text
    assert "统一码" not in printed()[1]


def test_every_face_is_embedded() -> None:
    """Nothing is left to the reader's machine: each font of the file carries its glyphs."""
    data = sheet_pdf(sheet(), {})
    assert set(re.findall(rb"/BaseFont /[A-Z]{6}\+(\w+)", data)) == {b"NotoSerifSC", b"NotoSansSC"}
    assert b"/FlateDecode" not in data, "what zlib makes differs between its builds"
    assert data.count(b"/FontFile2") == data.count(b"/Subtype /Type0") == 2


def test_every_ideograph_of_the_national_standard_is_drawn() -> None:
    """GB 18030-2022: its third level reaches to CJK extension F; a name may hold any of them (art.12, filed names)."""
    named = [chr(code) for first, last in _GB_18030_2022 for code in range(first, last + 1)]
    lost = [char for char in named if printable(char) != char]
    assert lost == []
    assert all(width(char, "hei", 1000.0) > 0 for char in named)


def test_characters_that_share_a_glyph_are_copied_out_as_they_were_put_in() -> None:
    """⼀ (a radical) looks as 一 does; who searches the paper for one does not find the other."""
    assert "⼀一甲" in "".join(read(sheet_pdf(changed(agency={**sheet()["agency"], "name": "⼀一甲"}), {})))


def test_several_sheets_are_one_file_each_with_its_own_pages() -> None:
    """Bookmarks, running heads and page numbers of each; progress is told after each; the same bytes twice."""
    heard: list[int] = []
    parts = [sheet_part(changed(year=year), {}) for year in (2023, 2024)]
    data = painted_together(parts, "全部打分表", heard.append)
    assert heard == [1, 2]
    assert data == painted_together(parts, "全部打分表")
    pages = read(data)
    assert len(pages) == sum(len(one.pages) for one in parts)
    assert sum(f"第1页共{len(parts[0].pages)}页" in page for page in pages) == 2
    with pypdfium2.PdfDocument(data) as document:
        assert [one.get_title()[:34] for one in document.get_toc()] == [one.frame.title[:34] for one in parts]
    with pytest.raises(ValueError, match="no paper"):
        painted_together([], "全部打分表")


def test_six_hundred_lines_and_a_long_name_stay_whole() -> None:
    """600 lines, one of 600 forms, and a name of 300 characters take as many pages as they need; nothing is lost."""
    answer = changed()
    name = "".join(chr(0x4E00 + index) for index in range(300))
    answer["agency"]["name"] = name
    pattern = answer["lines"][0]
    answer["lines"] = [{**pattern, "events": [f"0185bd43-ad8f-7855-86ec-{index:012d}"]} for index in range(600)]
    events = [f"0199bd43-ad8f-7855-86ec-{index:012d}" for index in range(600)]
    answer["lines"].append({**pattern, "text": f"调查表（{'+'.join(['100'] * 600)}）", "events": events})
    pages = read(sheet_pdf(answer, {}))
    text = "".join(pages)
    assert name in text
    assert f"第{len(pages)}页共{len(pages)}页" in pages[-1]
    found = re.findall(r"01[89]\dbd43-ad8f-7855-86ec-\d{12}", text)
    assert len(found) == len(set(found)) == 1200
    assert len(re.findall(r"100(?=[）+])", text)) == 600


def test_nothing_is_laid_outside_the_margins() -> None:
    """Whatever the cells hold, text and lines lie between the margins, and no two lines of text on one place."""
    flow = Flow()
    columns = (Column("项", 26), Column("事由", RIGHT - LEFT - 26))
    flow.table(columns, [((Span(str(number)),), (Span("很长的事由" * number),)) for number in range(1, 500, 7)])
    assert len(flow.pages) > 10
    for page in flow.pages:
        texts = [one for one in page if isinstance(one, Text)]
        for one in texts:
            assert one.x >= LEFT
            assert one.x + width(one.text, one.style, one.size) <= RIGHT
            assert TOP < one.y < BOTTOM
        for rule in page:
            if isinstance(rule, Rule):
                assert max(rule.y1, rule.y2) <= BOTTOM + 0.01
                assert max(rule.x1, rule.x2) <= PAGE_WIDTH
        assert len({(one.x, one.y) for one in texts}) == len(texts)


def test_lines_break_where_chinese_allows() -> None:
    """No line is too wide, begins with a closing or ends with an opening mark; numbers stay whole; nothing is lost."""
    text = "投诉（经核实属实），记“不良信息”16.12；2024-03-01《办法》第十六条（十二）。" * 5
    for room in (60.0, 97.0, 150.0):
        lines = wrapped(text, "song", 8.5, room)
        assert "".join(lines) == text
        assert all(width(line, "song", 8.5) <= room for line in lines)
        assert not [line for line in lines[1:] if line[0] in "），。；”》"]
        assert not [line for line in lines if line[-1] in "（“《"]
        assert sum("2024-03-01" in line for line in lines) == 5
    assert wrapped("9" * 100, "song", 8.5, 60.0)[0] == "9" * int(60 / width("9", "song", 8.5))


def test_printable_text_has_no_blanks_that_hide_something() -> None:
    """Line ends and odd spaces become one plain space each; zero-width characters are shown, variation marks not."""
    assert printable("甲\n乙\u00a0丙\u2003丁") == "甲 乙 丙 丁"
    assert printable("葛\U000e0100\u200b\ufeff") == "葛〔U+200B〕〔U+FEFF〕"
    assert printable("邉\U000e0104葛\ufe00公司") == "邉葛公司"


def test_a_missing_font_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without its file nothing is printed: the error says which font and what to do."""
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    face.cache_clear()
    try:
        with pytest.raises(FontMissing, match=r"song\.ttf.*\./run setup"):
            face("song")
        with pytest.raises(FontMissing, match=r"rare-20\.ttf\.xz"):
            face("rare-20")
    finally:
        face.cache_clear()


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("art.9", "第九条"),
        ("art.17(2)", "第十七条第（二）项"),
        ("art.20", "第二十条"),
        ("art.16(12)", "第十六条第（十二）项"),
        ("art.16(5a)", "第十六条第（五）项（前一个）"),
        ("annex1.item8", "附件1第8项"),
        ("annex1.note2", "附件1注2"),
        ("annex2", "附件2"),
        ("art.28", "第二十八条"),
        ("R8a", "R8a"),
    ],
)
def test_references_are_cited_as_chinese_papers_do(reference: str, said: str) -> None:
    """Every kind of reference has its Chinese form."""
    assert cited_in_chinese(reference) == said


def test_what_is_no_reference_is_not_cited() -> None:
    """A misspelt reference stops the paper instead of standing on it."""
    with pytest.raises(ValueError, match="no reference"):
        cited_in_chinese("article 17")
