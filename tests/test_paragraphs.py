"""Every paragraph of the Measures is listed, found as people write it, tied to its readings, and tied to its code."""

from __future__ import annotations

import pytest

from domain.measures.calendar import add_years, deadline
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.measures.text.implements import (
    _registry,
    code_for,
    implements,
    paragraphs_with_needless_reason,
    paragraphs_without_code,
)
from domain.measures.text.official_text import official_text
from domain.measures.text.paragraphs import UnknownReference, canonical_reference, find_paragraph, paragraphs

SUB_ITEMS = {
    15: ["1", "2", "3"],
    16: ["1", "2", "3", "4", "5a", "5b", "6", "7", "8", "9", "10", "11", "12", "13"],
    17: ["1", "2", "3"],
}


def test_every_paragraph_is_listed_in_the_order_of_the_measures() -> None:
    """28 articles with the items of 15, 16 and 17, twelve items and four notes of annex 1, annexes 2 and 3."""
    expected = []
    for article in range(1, 29):
        expected += [f"art.{article}", *(f"art.{article}({item})" for item in SUB_ITEMS.get(article, []))]
    expected += [f"annex1.item{n}" for n in range(1, 13)] + [f"annex1.note{n}" for n in range(1, 5)]
    assert [paragraph.ref for paragraph in paragraphs()] == [*expected, "annex2", "annex3"]


def test_every_paragraph_says_something_in_both_languages() -> None:
    """Titles and contents are there in Chinese and in English, and a reason for no code is too."""
    for paragraph in paragraphs():
        chinese = [paragraph.title, paragraph.says, *filter(None, [paragraph.no_code])]
        english = [paragraph.title_en, paragraph.says_en, *filter(None, [paragraph.no_code_en])]
        assert all(any("\u4e00" <= char <= "\u9fff" for char in text) for text in chinese), paragraph.ref
        assert all(text.strip() and text.isprintable() and text[0].isascii() for text in english), paragraph.ref
        assert len(chinese) == len(english)


def test_paragraphs_and_readings_name_each_other() -> None:
    """A reading that names an article is listed there, and the reverse: neither can be found from one side only."""
    from_readings = {(article, reading.ref) for reading in shipped_rulebook().readings for article in reading.articles}
    from_paragraphs = {(paragraph.ref, reading) for paragraph in paragraphs() for reading in paragraph.readings}
    assert from_readings == from_paragraphs


def test_every_paragraph_stands_beside_its_official_wording() -> None:
    """What our words leave out can be read there: who is asked, whom art.16 names, what is done with a filing."""
    for ref, phrase in {
        "art.10": "定期",
        "art.11": "删除其备案信息",
        "art.13": "全部或部分服务对象",
        "art.16": "服务机构或从业人员",
        "17(3)": "通报大亚湾区内全部生产经营单位",
        "annex1.item1": "及时按要求提交相关材料",
        "annex1.item4": "本地机构主要负责人、外地机构主要负责人和常驻业务负责人",
        "annex1.note4": "不参与考评和排名",
        "annex2": "是否清楚",
        "annex3": "自律自重",
    }.items():
        assert phrase in official_text(ref), ref
    assert official_text("art.16").count("\n") == 14, "the opening words and fourteen items, a line each"
    assert all(official_text(one.ref) for one in paragraphs())


def test_every_value_is_listed_at_its_article() -> None:
    """A value is found at the article that it cites, and no paragraph names a value that does not exist."""
    values = {row["name"]: row["article"] for row in shipped_rulebook().describe()}
    for name, article in values.items():
        assert name in find_paragraph(article).values
    assert {name for paragraph in paragraphs() for name in paragraph.values} == set(values)


@pytest.mark.parametrize(
    ("written", "ref"),
    [
        ("art.17(2)", "art.17(2)"),
        ("17(2)", "art.17(2)"),
        ("17", "art.17"),
        ("Art. 17 (2)", "art.17(2)"),
        ("article 17", "art.17"),
        ("17（2）", "art.17(2)"),
        ("art.16(5a)", "art.16(5a)"),
        ("16.5B", "art.16(5b)"),
        ("16.12", "art.16(12)"),
        ("art.01", "art.1"),
        ("annex1.item8", "annex1.item8"),
        ("annex1 item 8", "annex1.item8"),
        ("Annex 1, note 2", "annex1.note2"),
        ("annex2", "annex2"),
    ],
)
def test_a_paragraph_is_found_as_people_write_it(written: str, ref: str) -> None:
    """Short, spaced, full-width and behaviour-code forms all lead to the one paragraph."""
    assert find_paragraph(written).ref == ref


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0",
        "29",
        "art.16(5)",
        "art.16(14)",
        "17(4)",
        "17(2",
        "annex1",
        "annex1.item13",
        "annex1.note5",
        "annex4",
        "R16",
        "第十七条",
        "17\n18",
        "1" * 5000,
    ],
)
def test_what_is_no_paragraph_is_not_found(written: str) -> None:
    """Just outside the text, and ambiguous like 16(5), is refused with a remedy, never guessed."""
    with pytest.raises(UnknownReference) as refused:
        find_paragraph(written)
    assert "annex1.item8" in refused.value.remedy_en
    assert len(refused.value.text) < 200


def test_readings_are_references_too() -> None:
    """Code can be looked up by reading as well as by article."""
    assert [canonical_reference(text) for text in ("r16", "R8A", " R8 ")] == ["R16", "R8a", "R8"]
    for beyond in ("R0", "R99", "R8f"):
        with pytest.raises(UnknownReference):
            canonical_reference(beyond)


def test_code_is_found_by_paragraph_and_by_reading() -> None:
    """The place in the sources and the docstring's first line are given, relative to the root of the repository."""
    for reference in ("art.12", "12", "R2"):
        found = [item for item in code_for(reference) if item.qualname == "deadline"]
        assert [(item.module, item.source) for item in found] == [
            ("domain.measures.calendar", "domain/measures/calendar.py")
        ]
        assert found[0].line == deadline.__wrapped__.__code__.co_firstlineno
        assert found[0].summary.startswith("The last day of a period")
    assert add_years.__name__ in {item.qualname for item in code_for("R1")}


def test_marked_code_stays_as_it_is_and_is_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decorator returns the very function or class; marked twice, as by a second import, it is listed once."""

    def rule() -> int:
        """First line.

        More.
        """
        return 7

    class Rule:
        """A class."""

    # The marks of this test must not stay: the page of traceability lists all there are.
    monkeypatch.setitem(_registry, "R2", dict(_registry["R2"]))
    assert implements("R2")(rule) is rule
    assert implements("R2")(implements("R2")(Rule)) is Rule
    found = {item.qualname.rpartition(".")[2]: item for item in code_for("R2") if "<locals>" in item.qualname}
    assert {name: item.summary for name, item in found.items()} == {"rule": "First line.", "Rule": "A class."}
    assert found["rule"].source == "tests/test_paragraphs.py"
    assert sum(item.qualname.endswith("Rule") for item in code_for("R2")) == 1


@pytest.mark.parametrize("reference", ["art.29", "17(2)", "art.17 (2)", "R99", "r16", ""])
def test_a_misspelt_reference_stops_the_import(reference: str) -> None:
    """Only the canonical form is taken in code, so that a search through the sources finds every place."""
    with pytest.raises(UnknownReference):
        implements(reference)


def test_a_mark_without_reference_or_on_something_else_is_refused() -> None:
    """No mark is empty, and none stands above a property or a cache that would hide the function's place."""
    with pytest.raises(ValueError, match="at least one"):
        implements()
    with pytest.raises(TypeError, match="beneath"):
        implements("art.12")(deadline)
    with pytest.raises(UnknownReference):
        code_for("art.29")


def test_paragraphs_lacking_code_can_be_told() -> None:
    """A paragraph with code, or with a reason for none, is not among those that lack both; no reason is false."""
    lacking = {paragraph.ref for paragraph in paragraphs_without_code()}
    assert not lacking & {"art.12", "art.28", "art.1", "annex1.note1"}
    assert paragraphs_with_needless_reason() == []
