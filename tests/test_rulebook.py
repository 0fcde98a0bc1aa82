"""The rulebook: shipped values, validation, hash, and what-if override (R4, R5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from domain.measures.rulebook.rulebook import Rulebook, RulebookInvalid, load_rulebook, shipped_rulebook
from domain.measures.text.paragraphs import FIRST_READING_REFS, READING_REFS

Content = dict[str, Any]

ADDED = {"publicity.minimum_months", "publicity.maximum_months"} | {
    f"succession.{kind}_inherits" for kind in ("merger", "division", "code_change")
}
"""Values that came after the first rulebook was adopted by its hash: they stand beside it (ADR 11)."""

# Copied by hand from the Measures and their readings, not from the TOML file: the file is checked against it.
EVERYTHING = ["tags", "complaints", "bad_records", "projects", "penalties", "results"]
VALUES = {
    "assessment.cycle_start": ("01-01", "art.20", "R20"),
    "publicity.minimum_months": ({"bad_record": 3, "blacklist": 12, "penalty": 12, "result": 12}, "art.27", "R42"),
    "publicity.maximum_months": (dict.fromkeys(("bad_record", "blacklist", "penalty", "result"), 0), "art.27", "R42"),
    "succession.merger_inherits": (EVERYTHING, "art.12", "R43"),
    "succession.division_inherits": (["tags", "complaints"], "art.12", "R43"),
    "succession.code_change_inherits": (EVERYTHING, "art.12", "R43"),
    "deadlines.change_days": (7, "art.12", "R3"),
    "deadlines.appeal_days": (7, "art.20", "R3"),
    "conduct.full": (10, "annex1.note2", "R21"),
    "conduct.lapse_points": (dict.fromkeys("12345679", 1), "art.21", "R21"),
    "conduct.bad_record_points": (2, "annex1.item8", "R21"),
    "quality.full": (50, "annex1.item10", "R22"),
    "quality.divisor": (2, "annex1.item10", "R22"),
    "survey.questions": (10, "annex2", "R22"),
    "survey.points": ({"A": 10, "B": 7, "C": 3}, "annex2", "R22"),
    "survey.satisfaction_floor": (70, "art.16(8)", "R12"),
    "survey.disclosure": ("anonymous", "art.13", "R39"),
    "categories.known": ({}, "art.19", "R47"),
    "effect.full": (40, "annex1.item11", "R23"),
    "effect.divisor": ("2.5", "annex1.item11", "R23"),
    "honours.points": ({"national": 8, "provincial": 6, "municipal": 5, "district": 3}, "annex1.item12", "R24"),
    "honours.cap": (10, "annex1.note2", "R24"),
    "honours.credited_authorities": (["emergency_management"], "art.24", "R24"),
    "total.cap": ("none", "annex1.note2", "R24"),
    "grades.excellent": (90, "annex1.note3", "R27"),
    "grades.qualified": (70, "art.20", "R27"),
    "ladder.counted_complaints": ("service_quality", "art.17", "R15"),
    "ladder.counted_grounds": (["missed_hazard", "poor_quality"], "art.17", "R15"),
    "ladder.tiers": (["recorded", "warned", "blacklisted"], "art.17", "R16"),
    "ladder.window_years": (1, "art.17(2)", "R16"),
    "ladder.tag_term": ("one_year", "art.17(3)", "R16"),
    "ladder.tag_years": (1, "art.17(3)", "R16"),
    "ladder.recorded_term": ("unlimited", "art.17(1)", "R16"),
    "penalties.overriding_authorities": (["emergency_management"], "art.25", "R28"),
    "team.lead_years": (2, "art.15(1)", "R9"),
    "team.technician_years": (1, "art.15(1)", "R9"),
    "team.technicians": (2, "art.15(1)", "R9"),
}


def row_of(content: Content, name: str) -> Content:
    """The entry of one value in a content, for a test to spoil."""
    found: Content = next(row for row in content["value"] if row["name"] == name)
    return found


def test_the_shipped_values_are_those_of_the_measures() -> None:
    """Every value, its article and its reading stand as rules and regulation say, and none is missing or added."""
    described = {row["name"]: (row["value"], row["article"], row["reading"]) for row in shipped_rulebook().describe()}
    assert described == VALUES


def test_hot_code_reads_exact_numbers_and_not_text() -> None:
    """Points are fractions, periods whole numbers, choices immutable: what scoring code relies on (R26)."""
    rulebook = shipped_rulebook()
    assert rulebook.effect.divisor == Fraction(5, 2)
    assert {type(points) for points in rulebook.conduct.lapse_points.values()} == {Fraction}
    assert sorted(rulebook.conduct.lapse_points) == [1, 2, 3, 4, 5, 6, 7, 9]
    assert [rulebook.survey.points[letter] for letter in "ABC"] == [10, 7, 3]
    assert rulebook.honours.points["national"] == Fraction(8)
    assert (rulebook.total.cap, rulebook.assessment.cycle_start) == (None, (1, 1))
    assert rulebook.ladder.counted_grounds == frozenset({"missed_hazard", "poor_quality"})
    assert (rulebook.grades.excellent, rulebook.grades.qualified) == (Fraction(90), Fraction(70))
    assert rulebook.effective_from == date(2021, 11, 1)


def test_every_reading_is_there_and_unconfirmed() -> None:
    """R1 to R38 with R8a to R8c and the later ones, in order, each with articles; none is confirmed yet (art.28)."""
    readings = shipped_rulebook().readings
    assert [reading.ref for reading in readings] == list(READING_REFS)
    assert {*(f"R{n}" for n in range(1, 39)), "R8a", "R8b", "R8c"} == set(FIRST_READING_REFS)
    assert all(reading.articles and not reading.confirmed for reading in readings)


def test_the_known_defects_of_the_text_are_kept() -> None:
    """Each defect that the rules list is shown with the article where it lies."""
    articles = [article for defect in shipped_rulebook().defects for article in defect.articles]
    assert {"art.16(5a)", "art.16(5b)", "art.16(8)", "art.17(1)", "annex1.note3", "art.20"} <= set(articles)
    assert articles.count("annex1.note1") == 3


def test_the_hash_is_that_of_the_canonical_json() -> None:
    """SHA-256 over UTF-8 JSON with sorted keys and no spaces, so that anybody can compute it from what is stored."""
    rulebook = shipped_rulebook()
    text = json.dumps(rulebook.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert rulebook.sha256 == hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_the_shipped_rulebook_is_the_one_that_ledgers_have_adopted() -> None:
    """Its hash is the recorded one: a rulebook that is adopted is not edited, and its schema changes no stored byte."""
    assert shipped_rulebook().sha256 == "10eabaf2356ea995a6bbf78f6b14fb86b960694d7419e5893e5824013db5de01"


def test_a_stored_rulebook_comes_back_the_same() -> None:
    """Through JSON and with its keys in another order it is equal; one changed note makes another hash."""
    rulebook = shipped_rulebook()
    content = json.loads(json.dumps(rulebook.content))
    assert Rulebook.from_content(dict(reversed(content.items()))) == rulebook
    row_of(content, "team.technicians")["note"] += "。"
    assert Rulebook.from_content(content).sha256 != rulebook.sha256


BEFORE = Path(__file__).with_name("rulebooks") / "dayawan-2021.before-2026-11-28.json"
"""The content that ledgers adopted before the readings from R39 on: stored for ever, so it must be read for ever."""


def test_a_rulebook_that_a_ledger_holds_is_read_in_once() -> None:
    """The same rulebook as from its content; another content is another rulebook, and a wrong one is refused again."""
    content = shipped_rulebook().content
    adopted = Rulebook.adopted(content)
    assert adopted == Rulebook.from_content(content)
    assert adopted.canonical == shipped_rulebook().canonical
    assert Rulebook.adopted(dict(reversed(shipped_rulebook().content.items()))) is adopted
    assert Rulebook.adopted({**content, "id": "another"}).id == "another"
    for _ in range(2):
        with pytest.raises(RulebookInvalid):
            Rulebook.adopted({**content, "value": []})


def test_a_rulebook_adopted_before_the_later_readings_is_read_for_ever() -> None:
    """Its hash stays, what it lacks holds as R39 and R47 say by default, and is shown as read but not confirmed."""
    book = Rulebook.from_content(json.loads(BEFORE.read_bytes()))
    assert book.sha256 == "eb5bd791f15ec47733f5fed9fc37833f92eb70bbc432b2a5098cba2c75b111ea"
    assert (book.survey.disclosure, dict(book.categories.known)) == ("anonymous", {})
    assert [one.ref for one in book.readings] == [one.ref for one in shipped_rulebook().readings]
    assert {row["name"] for row in book.describe()} == set(VALUES)
    assert book.override({"survey_disclosure": "named"}).survey.disclosure == "named"
    assert "survey.disclosure" not in {row["name"] for row in book.content["value"]}


def test_the_categories_of_a_rulebook_have_other_words_and_no_word_stands_twice() -> None:
    """A name or another word that leads to two categories is refused (R47)."""
    content = shipped_rulebook().content
    row_of(content, "categories.known")["value"] = {"综合": ["综合安全管家"], "消防": []}
    assert dict(Rulebook.from_content(content).categories.known) == {"综合": ("综合安全管家",), "消防": ()}
    spoilt: list[Any] = [{"综合": ["消防"], "消防": []}, {"综合": ["甲", "甲"]}, {" ": []}, {"综合": "甲"}, ["综合"]]
    for wrong in spoilt:
        row_of(content, "categories.known")["value"] = wrong
        with pytest.raises(RulebookInvalid, match=r"categories\.known"):
            Rulebook.from_content(content)


def test_nobody_can_change_a_rulebook_in_use() -> None:
    """Attributes, tables and the content handed out cannot alter what was hashed."""
    rulebook = shipped_rulebook()
    rulebook.content["value"].clear()
    assert len(rulebook.content["value"]) == len(VALUES) - len(ADDED)
    with pytest.raises(FrozenInstanceError):
        rulebook.id = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        rulebook.conduct.lapse_points[1] = Fraction(0)  # type: ignore[index]


SPOILT: list[tuple[str, Callable[[Content], object]]] = [
    ("grades.excellent", lambda c: c["value"].remove(row_of(c, "grades.excellent"))),
    ("grades.best", lambda c: c["value"].append({**row_of(c, "grades.excellent"), "name": "grades.best"})),
    ("grades.excellent", lambda c: c["value"].append(row_of(c, "grades.excellent"))),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(value=10.0)),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(value=True)),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(value="1e2")),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(article="art.29")),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(article="R21")),
    ("conduct.full", lambda c: row_of(c, "conduct.full").pop("article")),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(reading="R99")),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(note_en="")),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(note="Chinese is missing")),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(unit="")),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(remark="?")),
    ("conduct.full", lambda c: row_of(c, "conduct.full").update(in_force="2021-11-02")),
    ("ladder.tag_term", lambda c: row_of(c, "ladder.tag_term").update(value="two_years")),
    ("ladder.tag_term", lambda c: row_of(c, "ladder.tag_term").pop("options")),
    ("ladder.tag_term", lambda c: row_of(c, "ladder.tag_term").update(options=["window"])),
    ("ladder.tag_term options", lambda c: row_of(c, "ladder.tag_term").update(options=["one_year", "ten_years"])),
    ("R16", lambda c: c["reading"].remove(next(row for row in c["reading"] if row["ref"] == "R16"))),
    ("R1", lambda c: c["reading"][0].update(confirmed_by="协会")),
    ("R1 confirmed_on", lambda c: c["reading"][0].update(confirmed_by="协会", confirmed_on="2026-13-01")),
    ("defect 1", lambda c: c["defect"][0].update(articles=[])),
    ("effective_from", lambda c: c.update(effective_from="2021-11")),
    ("id", lambda c: c.update(id="Dayawan 2021")),
    ("content", lambda c: c.pop("title")),
]


@pytest.mark.parametrize(("name", "spoil"), SPOILT)
def test_a_wrong_rulebook_is_refused_by_name(name: str, spoil: Callable[[Content], object]) -> None:
    """What is missing, unknown, doubled or of a wrong kind is named, in both languages, with a remedy."""
    content = shipped_rulebook().content
    spoil(content)
    with pytest.raises(RulebookInvalid) as refused:
        Rulebook.from_content(content)
    error = refused.value
    assert error.name == name
    assert name in error.text
    assert name in error.text_en
    assert error.remedy
    assert error.remedy_en


@pytest.mark.parametrize(
    ("name", "accepted", "refused"),
    [
        ("grades.qualified", ["89.99", 0], [90, 91, -1]),
        ("grades.excellent", ["70.01", 100], [70, "100.01"]),
        ("total.cap", ["none", 90, 110], ["89.99", "number", ""]),
        ("survey.satisfaction_floor", [30, 100], ["29.99", "100.01"]),
        ("quality.divisor", [2, "2.01"], ["1.99", 0, "-2"]),
        ("effect.divisor", ["2.5", 3], ["2.49", 0]),
        ("survey.points", [{"A": 10, "B": 7, "C": 6}], [{"A": 10, "B": 7, "C": 7}, {"A": 10, "B": 7}, [10, 7, 3]]),
        ("survey.questions", [10], [9, 11]),
        ("deadlines.change_days", [1, 366], [0, 367, "7"]),
        ("ladder.window_years", [1, 50], [0, 51]),
        ("assessment.cycle_start", ["02-28", "12-31"], ["02-29", "13-01", "1-1", 101]),
        ("conduct.lapse_points", [dict.fromkeys("12345679", "0.5")], [dict.fromkeys("123456789", 1), {"1": 1}]),
        ("honours.cap", [0, "7.5"], [-1, 0.5, None]),
        (
            "honours.points",
            [dict.fromkeys(("national", "provincial", "municipal", "district"), 5)],
            [{"national": 5, "provincial": 6, "municipal": 5, "district": 3}],
        ),
        ("honours.credited_authorities", [["other", "emergency_management"]], [[], ["other", "other"], "other"]),
        ("ladder.tiers", [["warned", "blacklisted"], ["recorded", "recorded", "warned"]], [["warned", "recorded"], []]),
    ],
)
def test_values_are_accepted_up_to_their_bounds(name: str, accepted: list[object], refused: list[object]) -> None:
    """At the bound a value stands, beyond it the value's own name is in the refusal."""
    for value in accepted:
        assert row_of(shipped_rulebook().override({name: value}).content, name)["value"] == value
    for value in refused:
        with pytest.raises(RulebookInvalid) as error:
            shipped_rulebook().override({name: value})
        assert error.value.name.partition(".")[0] == name.partition(".")[0]


def test_an_override_is_marked_and_leaves_the_original_alone() -> None:
    """A what-if rulebook has another id and hash; overriding it again marks it once; the shipped one stays."""
    shipped = shipped_rulebook()
    other = shipped.override({"ladder.tag_term": "window"}).override({"recorded_term": "one_year"})
    assert (other.id, other.ladder.tag_term, other.ladder.recorded_term) == (
        "dayawan-2021+override",
        "window",
        "one_year",
    )
    assert other.sha256 != shipped.sha256
    assert (shipped.id, shipped.ladder.tag_term) == ("dayawan-2021", "one_year")


@pytest.mark.parametrize("changes", [{"ladder.term": 1}, {"tag_term": "window", "ladder.tag_term": "window"}, {"": 0}])
def test_an_override_of_an_unknown_or_doubled_name_is_refused(changes: dict[str, object]) -> None:
    """A misspelt name is never taken for no change, nor one value under two names."""
    with pytest.raises(RulebookInvalid) as error:
        shipped_rulebook().override(changes)
    assert "ladder.tag_term" in error.value.remedy


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"x": inner}])
def test_a_value_nested_without_end_is_refused(wrap: Callable[[object], object]) -> None:
    """A what-if body of many nested lists or tables is refused by the value's name before it can exhaust the stack."""
    value: object = 1
    for _ in range(300):
        value = wrap(value)
    with pytest.raises(RulebookInvalid, match=r"honours\.cap.*nested"):
        shipped_rulebook().override({"honours.cap": value})


def test_a_file_that_is_no_toml_or_holds_a_float_is_refused(tmp_path: Path) -> None:
    """A slip of the editor's hand stops the start with the file's or the value's name."""
    file = tmp_path / "rules.toml"
    file.write_text("id = ", encoding="utf-8")
    with pytest.raises(RulebookInvalid, match=r"rules\.toml"):
        load_rulebook(file)
    shipped = Path("domain/measures/rulebook/dayawan-2021.toml")
    text = (Path(__file__).parents[1] / shipped).read_text(encoding="utf-8")
    file.write_text(text.replace('value = "2.5"', "value = 2.5"), encoding="utf-8")
    with pytest.raises(RulebookInvalid, match=r"effect\.divisor"):
        load_rulebook(file)


def test_a_confirmed_reading_shows_who_and_when() -> None:
    """With both halves of a confirmation the reading counts as confirmed on that day (art.28)."""
    content = shipped_rulebook().content
    content["reading"][0].update(confirmed_by="区安协", confirmed_on="2026-03-01")
    reading = Rulebook.from_content(content).reading("R1")
    assert (reading.confirmed, reading.confirmed_by, reading.confirmed_on) == (True, "区安协", date(2026, 3, 1))
