"""What a sheet and a standing cite: their articles, the values that set points, the readings applied."""

from __future__ import annotations

from typing import Any

import pytest

from domain.measures.rulebook.rulebook import Rulebook, shipped_rulebook
from projections.paper.citing import cited, unconfirmed_note
from tests.dossier.answers import sheet, standing_answer


def confirmed(ref: str) -> Rulebook:
    """The shipped rulebook with one reading confirmed."""
    content = shipped_rulebook().content
    for row in content["reading"]:
        if row["ref"] == ref:
            row["confirmed_by"], row["confirmed_on"] = "区安协", "2024-05-06"
    return Rulebook.from_content(content)


def refs(rows: list[dict[str, Any]]) -> list[str]:
    return [row["ref"] for row in rows]


def test_a_sheet_cites_what_its_lines_name() -> None:
    """Every line's article, paragraph and item is there, in the order of the Measures, with the lines that cite it."""
    answer = sheet()
    found = cited([shipped_rulebook()], answer)
    articles = {one["ref"]: one for one in found["articles"]}
    for number, line in enumerate(answer["lines"], start=1):
        for reference in (line["article"], line["paragraph"], f"annex1.item{line['item']}"):
            assert f"sheet 2024 line {number}" in articles[reference]["cited_by"]
            assert articles[reference]["text"]
            assert articles[reference]["text_en"]
    assert "art.25" in articles
    assert "art.18" not in articles
    assert refs(found["articles"])[0] == "art.16"
    assert refs(found["articles"])[-1].startswith("annex1.note")


def test_values_and_readings_are_those_that_set_points() -> None:
    """The rulebook's values behind the lines, and their readings, with those of art.25 and of a missing part."""
    (book,) = cited([shipped_rulebook()], sheet())["rulebooks"]
    names = [one["name"] for one in book["values"]]
    assert names == ["conduct.lapse_points", "conduct.bad_record_points", "effect.divisor", "honours.points"]
    assert {"R20", "R21", "R23", "R24", "R25", "R26", "R27", "R28"} <= set(refs(book["readings"]))
    assert not {"R19", "R32", "R34"} & set(refs(book["readings"]))
    because = {one["ref"]: one["because"] for one in book["readings"]}
    assert "conduct.lapse_points" in because["R21"]


def test_confirmed_readings_are_told_from_unconfirmed_ones() -> None:
    """`confirmed_by` and its state come from the rulebook of the answer (art.28)."""
    answer = sheet()
    assert "R21" in cited([shipped_rulebook()], answer)["unconfirmed"]
    book = confirmed("R21")
    answer["rulebook"] = {"id": book.id, "sha256": book.sha256}
    found = cited([shipped_rulebook(), book], answer)
    assert "R21" not in found["unconfirmed"]
    (row,) = [one for one in found["rulebooks"][0]["readings"] if one["ref"] == "R21"]
    assert (row["confirmed"], row["confirmed_by"]) == (True, "区安协")
    note = unconfirmed_note(found)
    applied, _, open_ones = note.partition("其中尚未经协会确认的：")
    assert "R21、" in applied
    assert "R21、" not in open_ones
    assert "R22" not in applied  # no survey came in: nothing was read from it


def test_a_standing_cites_the_ladder_of_its_tier() -> None:
    """A blacklisted agency's standing names art.17(3) and R16; two answers together cite what either does."""
    found = cited([shipped_rulebook()], standing_answer("2024-09-01"))
    assert {"art.17", "art.17(3)", "art.16"} <= set(refs(found["articles"]))
    assert "art.17(2)" not in refs(found["articles"])
    assert {"R15", "R16", "R17"} <= set(refs(found["rulebooks"][0]["readings"]))
    both = cited([shipped_rulebook()], sheet(), standing_answer("2024-09-01"))
    assert {"annex1.item4", "art.17(3)"} <= set(refs(both["articles"]))


def test_known_defects_of_the_cited_text_come_along() -> None:
    """The doubled (5) of art.16 is named where the sheet cites 16.5b, each defect once."""
    found = cited([shipped_rulebook()], sheet())
    notes = [one["note"] for one in found["defects"]]
    assert len(notes) == len(set(notes))
    assert any("两个（五）" in note for note in notes)


def test_an_answer_under_an_unknown_rulebook_is_not_explained_by_another() -> None:
    """What was published under a rulebook is cited under that one or not at all."""
    with pytest.raises(LookupError, match="dayawan-2021"):
        cited([confirmed("R21")], sheet())
