"""What the benchmark rests on: the floor writes the ledger's very rows, and the report says what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from api.application.background.checkpoint_signer import CheckpointSigner, proven_up
from api.application.importer.run import run_import
from api.settings import Settings
from api.starting import make_ready
from bench import floor, place, report
from bench.asking import district, lookups, what_if
from bench.asking.serving import served
from bench.generate import History, uscc
from bench.measure import finding, in_turns
from bench.place import Place, fill, opened
from bench.recording import importing, publishing
from bench.recording.append import append_one
from domain.values import instant
from projections.rows.read.row_queries import RowQueries
from projections.rows.write.tables import COLUMNS
from tests.databases import Databases

FACTS = 120
_numbers = count()


@pytest.fixture
def places(databases: Databases) -> Iterator[tuple[Place, Place]]:
    """Two new ledgers."""
    urls = [databases.migrated("postgresql") for _ in range(2)]
    with opened(urls[0]) as one, opened(urls[1]) as other:
        for made in (one, other):
            make_ready(made.engine, Settings(database_url=made.url))
        yield one, other


@pytest.mark.postgres
@pytest.mark.parametrize("at_once", [False, True])
def test_the_floor_writes_the_very_rows(places: tuple[Place, Place], at_once: bool) -> None:
    """All tables are the same afterwards, but for positions and the keys' own bytes."""
    ledger, by_hand = places
    facts = list(History(3).facts(FACTS))
    fill(ledger.ledger, facts[:40])
    for fact in facts[40:]:
        append_one(ledger, fact)
    with floor.connect(ledger.url) as source:
        written = floor.written(source, History(3).uscc)
    connection = floor.connect(by_hand.url)
    with connection.cursor() as cursor:
        for piece in floor.pieces(written, 50 if at_once else 1):
            if at_once:
                floor.write_many(cursor, piece)
            else:
                floor.write(cursor, piece[0], b"k" * 32)
    connection.commit()
    connection.close()
    listed = {table: ", ".join(names) for table, (names, _) in COLUMNS.items()}
    listed["stream_heads"] = "stream, version, count, last_recorded_at"
    listed["events"] = "stream, originator_version, topic, state, event_id, recorded_at, leaf_hash"
    for table, names in listed.items():
        where = "WHERE stream <> 'ledger'" if table in ("stream_heads", "events") else ""
        query = text(f"SELECT {names} FROM {table} {where} ORDER BY {names}")  # noqa: S608  # our own names
        with ledger.engine.connect() as first, by_hand.engine.connect() as second:
            rows = first.execute(query).all()
            assert rows or table in ("annulled", "published_result", "matter"), table  # nothing of these in it
            assert [tuple(map(_plain, row)) for row in second.execute(query)] == [
                tuple(map(_plain, row)) for row in rows
            ], table


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


@pytest.mark.postgres
def test_the_generated_histories_can_be_imported(places: tuple[Place, Place], tmp_path: Path) -> None:
    """Every line of the file is good, and each is recorded."""
    file = tmp_path / "facts.jsonl"
    importing.OF_AN_AGENCY, before = 150, importing.OF_AN_AGENCY
    try:
        count = importing.write_file(file, 2)
    finally:
        importing.OF_AN_AGENCY = before
    errors: list[object] = []
    outcome = run_import(places[0].ledger, file, "bench", on_error=errors.append)
    assert (errors, outcome.recorded) == ([], count)


@pytest.mark.postgres
def test_copied_histories_answer_like_their_originals(
    places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy has the same standing under its own code."""
    monkeypatch.setattr(lookups, "AGENCIES", 6)
    monkeypatch.setattr(place, "TEMPLATES", 3)
    made = places[0]
    assert place.grow(made, 600, 6) > 100
    with made.ledger.reading() as reader:
        look_ups = RowQueries(reader, instant(datetime.now(UTC)))
        for number in range(3):
            own, copy = (look_ups.standing(uscc(place), date(2024, 6, 30)) for place in (number, number + 3))
            assert replace(copy, agency=own.agency) == own
    assert lookups._one_agency(made) > 0
    assert lookups._district(made) > 0


@pytest.mark.postgres
def test_pages_of_a_district_are_asked_for_on_both_databases(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every address is answered, as every role, and each line says its ratio and what was before."""
    for name, small in (("AGENCIES", 60), ("TEMPLATES", 56), ("PAGE_ROWS", 600), ("TIMES", 1), ("LONG_FACTS", 30)):
        for module in (district, place):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, small)
    for dialect in ("postgresql", "sqlite"):
        with opened(databases.migrated(dialect)) as made:
            make_ready(made.engine, Settings(database_url=made.url))
            lines = list(district.pages_of(dialect, made, 1))
        assert len(lines) == len(district.ASKED) + 1
        assert all(one.ours > 0 and one.ratio and "before" in one.note for one in lines)


@pytest.mark.postgres
def test_what_if_is_asked_of_a_server(places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question supposes an annulment and a record, is answered, and its time is kept."""
    for name, small in (("EVENTS", 60), ("AGENCIES", 2), ("FACTS", 20)):
        monkeypatch.setattr(what_if, name, small)
    target = places[0]
    what_if.prepare(target)
    ids = what_if.annullable(target)
    with served(target.url, target.engine) as running:
        took = what_if.ask(running, ids, 5, 1)
    assert 40 < len(ids) < 60
    assert len(took) == 5
    assert min(took) > 0
    assert what_if.percentile([*map(float, range(1, 101))]) == pytest.approx(95.95)


def test_a_finding_is_judged_by_its_medians(tmp_path: Path) -> None:
    """By the ratio where there is a floor; and the report tells both."""
    found = in_turns({"ours": lambda: 3.0, "floor": lambda: 4.0}, 3)
    good = finding("a thing", "facts/s", found["ours"], found["floor"], least=0.5)
    bad = finding("another", "s", [0.004, 0.005, 0.009], [0.001, 0.002, 0.003], most=2, note="slow")
    assert (good.ratio, good.reached, good.target) == (0.75, True, "≥ 0.5")
    assert (bad.ratio, bad.reached, bad.target) == (2.5, False, "≤ 2")
    report.write(tmp_path, [("Part", [good, bad])], "./run bench", "17.1")
    told = (tmp_path / "REPORT.md").read_text(encoding="utf-8")
    assert "| a thing | 3 facts/s | 4 facts/s | 0.75 | ≥ 0.5 | reached |  |" in told
    assert "| another | 5.00 ms | 2.00 ms | 2.50 | ≤ 2 | **not reached** | slow |" in told
    assert "PostgreSQL 17.1" in told
    report.write(tmp_path, [("Other", [good])], "./run bench --only other", "17.1")
    told = (tmp_path / "REPORT.md").read_text(encoding="utf-8")
    assert told.index("## Part") < told.index("`./run bench`*") < told.index("## Other")
    report.write(tmp_path, [("Part", [good, bad._replace(ratio=2.0)])], "./run bench", "17.1")
    told = (tmp_path / "REPORT.md").read_text(encoding="utf-8")
    today = datetime.now(UTC).date()
    assert f"| 2.00 | ≤ 2 | **not reached** | slow; before, {today}: 2.50 |" in told, "the old ratio beside the new"
    report.write(tmp_path, [("Part", [bad])], "./run bench", "18.0")  # another server: nothing measured before counts
    told = (tmp_path / "REPORT.md").read_text(encoding="utf-8")
    assert "## Other" not in told
    assert "a thing" not in told


@pytest.mark.postgres
def test_a_year_is_published_beside_other_facts(databases: Databases) -> None:
    """The section's line says how long the slowest fact took, and how many results were published meanwhile."""
    (line,) = publishing.measure(databases.server, 12)
    assert line.ours > 0
    assert line.note.startswith(("12 results", "11 results", "10 results"))


@pytest.mark.postgres
def test_one_ledger_after_the_other_is_measured_on_a_server() -> None:
    """The next one is made where the last one has left its keys and what it signed."""
    with place.server() as started:
        for name in ("first", "second"):
            with place.place(started, name) as made:
                fill(made.ledger, History(3).facts(2))
                assert (
                    proven_up(made.ledger, CheckpointSigner(made.engine, Settings(database_url=made.url))) is not None
                )
