"""A rulebook that comes later: it takes effect by its date without touching code, and can be tried first (R4, R5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from api.application.commands import find_command
from domain.errors import Invalid, NotFound
from domain.events import RulebookAdopted
from domain.law import under
from domain.ledger.ledger import Ledger
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import Rulebooks, load_rulebook, shipped_rulebook
from domain.store.db.engine import open_engine
from domain.store.db.migrate import migrate
from domain.values import Role, instant, shanghai_date
from projections.answers.scalars import plain
from projections.compare.replay_under import COMPARED, replay_under
from projections.replay.queries import ReplayQueries
from projections.rows.write.projector import open_ledger
from tests.rows.histories import rulebook_from
from tests.specification import uscc
from tests.test_properties import CLIENTS

EXAMPLE = Path(__file__).resolve().parents[1] / "docs" / "examples" / "dayawan-example-amendment.toml"
CODES = [uscc(number) for number in (1, 2, 3)]
RECORDS = {CODES[0]: 1, CODES[1]: 4, CODES[2]: 0}
"""Bad records of each agency, in 2024 and again in 2025."""


def test_the_example_is_whole_and_changes_two_values() -> None:
    """Everything else is as shipped: what an amendment costs is a file, an id, a date and the values that change."""
    book, shipped = load_rulebook(EXAMPLE), shipped_rulebook()
    rows = {row["name"]: row["value"] for row in book.describe()}
    changed = {row["name"]: rows[row["name"]] for row in shipped.describe() if row["value"] != rows[row["name"]]}
    assert changed == {"conduct.bad_record_points": 3, "deadlines.appeal_days": 10}
    assert (book.id, book.effective_from) == ("dayawan-example-amendment", date(2025, 1, 1))
    assert [reading.ref for reading in book.readings] == [reading.ref for reading in shipped.readings]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Three agencies of one category with the same business, and bad records in two years."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    made = open_ledger(open_engine(url))
    made.open(shipped_rulebook(), build_calendar(), actor="system")
    for code in CODES:
        record(
            made, code, "", {"uscc": code, "name": f"机构{code[-2:]}", "category": "甲", "submitted_on": "2023-12-01"}
        )
        record(made, code, "/filing-decision", {"outcome": "filed", "decided_on": "2023-12-05"})
        record(made, code, "/projects", {"client": CLIENTS[0], "started_on": "2024-01-05", "due_on": "2030-01-05"})
        for year in (2024, 2025):
            for number in range(RECORDS[code]):
                record(
                    made,
                    code,
                    "/bad-records",
                    {"behaviour": "16.2", "content": "核查情况", "entered_on": f"{year}-03-0{number + 1}"},
                )
    yield made
    made.engine.dispose()


def record(ledger: Ledger, code: str, tail: str, body: dict[str, Any]) -> None:
    post = f"/v1/agencies/{code}{tail}" if tail else "/v1/agencies"
    found = find_command(post)
    assert found is not None
    with ledger.writing() as unit:
        command = found[0].body.model_validate(body)
        unit.record(code, command, actor="p", role=Role.ASSOCIATION, via="api", new=not tail)


def sheet(ledger: Ledger, year: int, known_at: str | None = None) -> dict[str, Any]:
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(datetime.now(UTC)))
        found: dict[str, Any] = plain(questions.sheet(questions.basis(CODES[0], date(2025, 6, 30), known_at), year))
        return found


@pytest.mark.shows("R5")
def test_an_amendment_takes_effect_by_its_date(ledger: Ledger) -> None:
    """The year before keeps its rulebook, the year after is judged by the new one, and what was known before stays."""
    before = {year: sheet(ledger, year) for year in (2024, 2025)}
    with ledger.writing() as unit:
        unit.adopt_rulebook(load_rulebook(EXAMPLE), "system")
    after = {year: sheet(ledger, year) for year in (2024, 2025)}
    assert after[2024] == {**before[2024], "known_at": after[2024]["known_at"]}
    assert [before[2025]["conduct"], after[2025]["conduct"]] == ["8.00", "7.00"]
    assert [one[2025]["rulebook"]["id"] for one in (before, after)] == ["dayawan-2021", "dayawan-example-amendment"]
    for year in (2024, 2025):
        assert sheet(ledger, year, before[year]["known_at"]) == before[year]


def replayed(ledger: Ledger, year: int, **changes: Any) -> dict[str, Any]:
    book = rulebook_from("2026-01-01", "tried", **changes) if changes else load_rulebook(EXAMPLE)
    with ledger.reading() as reader:
        found: dict[str, Any] = plain(replay_under(ReplayQueries(reader, instant(datetime.now(UTC))), book, year))
        return found


def test_an_amendment_can_be_tried_on_a_year_before_it(ledger: Ledger) -> None:
    """Every agency under both laws with totals, grades and ranks; the sum counts what changes; nothing is written."""
    content = replayed(ledger, 2024)
    shown = {one["agency"]["uscc"]: (one["before"], one["after"], one["changed"]) for one in content["items"]}
    assert (content["as_of"], content["amendment"]["effective_from"]) == ("2024-12-31", "2025-01-01")
    first, second, third = (shown[code] for code in CODES)
    assert (first[0]["total"], first[1]["total"], first[2]) == ("98.00", "97.00", ["total"])
    assert (second[0]["total"], second[1]["total"], second[2]) == ("92.00", "90.00", ["total"])
    assert (third[0]["rank"], third[1]["rank"], third[2]) == (1, 1, [])
    assert content["sum"] == {"agencies": 3, "changed": 2, "totals": 2, "grades": 0, "ranks": 0, "tiers": 0}
    with ledger.reading() as reader:
        adopted = [one for one in reader.events("ledger") if isinstance(one, RulebookAdopted)]
    assert len(adopted) == 1


def test_grades_and_ranks_move_with_the_values(ledger: Ledger) -> None:
    """At ten points a record the floor of conduct makes two of them equal; a higher bar costs a grade."""
    content = replayed(ledger, 2024, **{"conduct.bad_record_points": 10, "grades.excellent": 95})
    by_code = {one["agency"]["uscc"]: one for one in content["items"]}
    assert [by_code[code]["after"]["rank"] for code in CODES] == [2, 2, 1]
    assert [by_code[code]["before"]["rank"] for code in CODES] == [2, 3, 1]
    assert by_code[CODES[1]]["changed"] == ["total", "grade", "rank"]
    assert by_code[CODES[1]]["after"]["grade"] == "qualified"


def test_the_year_has_to_be_one_that_was_or_is(ledger: Ledger) -> None:
    """Before the Measures there is none; one to come has not begun; the current one is asked as of today."""
    with pytest.raises(NotFound):
        replayed(ledger, 2020)
    with pytest.raises(Invalid):
        replayed(ledger, 2150)
    today = shanghai_date(instant(datetime.now(UTC)))  # which may be tomorrow in UTC
    assert replayed(ledger, today.year)["as_of"] <= today.isoformat()
    assert replayed(ledger, 2021)["as_of"] == "2021-12-31"


def test_a_rulebook_judges_the_whole_history_alone(ledger: Ledger) -> None:
    """From the Measures' first day on, under its own id and hash; the calendar and the adopted law stay."""
    book = load_rulebook(EXAMPLE)
    with ledger.reading() as reader:
        law = reader.law(instant(datetime.now(UTC)))
    assert law is not None
    amended = under(law, book)
    assert isinstance(amended.rulebooks, Rulebooks)
    assert [(one.id, one.sha256) for one in amended.rulebooks] == [(book.id, book.sha256)]
    assert amended.rulebooks.first_day == law.rulebooks.first_day == date(2021, 11, 1)
    assert amended.rulebooks.on(date(2022, 1, 1)).conduct.bad_record_points == 3
    assert amended.calendar is law.calendar
    assert [one.id for one in law.rulebooks] == ["dayawan-2021"]


def test_nothing_is_told_that_is_not_compared() -> None:
    """What an item says of an agency on both sides is what the sum counts."""
    assert {f"{name}s" for name in COMPARED} == {"totals", "grades", "ranks", "tiers"}
