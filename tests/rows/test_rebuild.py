"""Rebuilding and checking: beside the live rows, resumable, swapped in, and fail-stop (design.md, 4 and 6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, select, text, update

from domain.errors import Unreadable
from domain.events import Event
from domain.ledger.ledger import Ledger
from domain.measures.rulebook.rulebook import Rulebook, shipped_rulebook
from domain.store.db.db_errors import DatabaseOlder
from domain.store.db.engine import open_migration_engine, reading, writing
from domain.store.db.schema import READ_MODELS, read_model_build, rebuilt
from projections.rebuild import inspect_rows as inspection
from projections.rebuild import reproject
from projections.rebuild.inspect_rows import Found, check
from projections.rebuild.rebuild import ensure_rows, rebuild, require_rows
from projections.rows.write import projector
from projections.rows.write.tables import COLUMNS
from tests.databases import Databases
from tests.rows.histories import LongHistory
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.specification import uscc
from tests.test_properties import CODE, Sent


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """Four agencies with long histories and an amendment of the rulebook between them."""
    with new_ledger(request.param, databases) as made:
        for number in range(3):
            record(made, Recordable(number, 60).sent, uscc(3000 + number))
        amend(made)
        record(made, Recordable(7, 60).sent, uscc(3007))
        yield made


def amend(ledger: Ledger) -> None:
    """A bad record costs half as much from the middle of 2023 on."""
    values = {"conduct.bad_record_points": "1", "ladder.tag_term": "window"}
    content = shipped_rulebook().override(values).content
    with ledger.writing() as unit:
        unit.adopt_rulebook(Rulebook.from_content({**content, "id": "half", "effective_from": "2023-05-15"}), "p")


def url_of(ledger: Ledger) -> str:
    """The address of its database."""
    return ledger.engine.url.render_as_string(hide_password=False)


def everything(ledger: Ledger) -> dict[str, set[tuple[Any, ...]]]:
    """All that is kept beside the events."""
    with ledger.reading() as reader:
        return {
            table: set(map(tuple, reader.connection.execute(text(f"SELECT * FROM {table}"))))  # noqa: S608
            for table in COLUMNS
        }


def spoil(connection: Connection) -> None:
    """What a mistake or a hand in the database could do: rows gone, changed and left over."""
    connection.execute(delete(READ_MODELS["conduct_lapse"]))
    connection.execute(update(READ_MODELS["sanction_status"]).values(tier="blacklisted"))
    connection.execute(text("UPDATE annual_score SET valid_to = '2030-01-01' WHERE valid_to = '9999-12-31'"))


def quiet(*_: object) -> None:
    """Nobody looks at the progress."""


def unexpected(found: Found) -> None:
    """Nothing should differ."""
    pytest.fail(str(found))


def checked(ledger: Ledger, **more: Any) -> tuple[int, list[Found]]:
    """How many differences there are, and those that are listed."""
    listed: list[Found] = []
    outcome = check(url_of(ledger), jobs=1, progress=quiet, report=listed.append, **more)
    return outcome.differences, listed


def test_what_was_recorded_live_is_what_a_rebuild_makes(ledger: Ledger) -> None:
    """After recording and adopting, not one row differs, so nothing is replaced (R4)."""
    before = everything(ledger)
    assert checked(ledger, bases=20) == (0, [])
    outcome = rebuild(url_of(ledger), jobs=2, progress=quiet, report=unexpected)
    assert (outcome.agencies, outcome.differences, outcome.swapped) == (4, 0, 0)
    assert everything(ledger) == before


def test_rows_that_are_wrong_are_found_named_and_replaced(ledger: Ledger) -> None:
    """By agency and day; the check asks both ways and compares rows; a sample finds them as well."""
    before = everything(ledger)
    with writing(owner(ledger)) as connection:
        spoil(connection)
    count, listed = checked(ledger)
    assert count > 0
    assert {one.stream for one in listed} >= {f"agency/{uscc(3000 + number)}" for number in (0, 1, 2)}
    said = [one.as_json() for one in listed]
    assert {"table", "day", "kept", "rebuilt"} <= set(said[0])
    assert any(isinstance(one, reproject.OtherAnswer) for one in listed) or count > len(listed)
    assert checked(ledger, sample=1)[0] > 0
    outcome = rebuild(url_of(ledger), jobs=2, progress=quiet, report=lambda _: None)
    assert outcome.swapped == 4
    assert everything(ledger) == before
    assert checked(ledger) == (0, [])


def test_a_run_that_ended_early_goes_on_where_it_was(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was put aside stays; agencies that moved meanwhile, or whose law did, are made once more."""
    with writing(owner(ledger)) as connection:
        spoil(connection)
    monkeypatch.setattr(inspection, "CHUNK_EVENTS", 1)
    seen: list[str] = []
    real = reproject.made_anew

    def dies(reader: Any, stream: str, laws: Any) -> Any:
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append(stream)
        return real(reader, stream, laws)

    monkeypatch.setattr(inspection, "made_anew", dies)
    with pytest.raises(KeyboardInterrupt):
        rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
    monkeypatch.setattr(inspection, "made_anew", real)
    with reading(owner(ledger)) as connection:
        assert set(connection.scalars(select(rebuilt.c.stream))) == set(seen)
        assert connection.scalar(select(func.count()).select_from(READ_MODELS["conduct_lapse"])) == 0
    filing = next(sent for sent in LongHistory(99, 5).sent if sent.post == "/v1/agencies")
    record(ledger, [filing], uscc(3050))
    outcome = rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
    assert outcome.agencies == 2, "the one that was left, and the one that is new"
    assert outcome.swapped == 4
    assert checked(ledger) == (0, [])


def test_an_agency_that_moved_after_it_was_made_is_made_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts and adoptions recorded between making and swapping are in."""
    with writing(owner(ledger)) as connection:
        connection.execute(delete(READ_MODELS["annual_score"]))
    swapping = rebuild.__globals__["_swap"]

    def slow_swap(*given: Any) -> int:
        lapse = Sent(f"/v1/agencies/{CODE}/lapses", {"item": 7, "occurred_on": "2023-06-01"}, "late", "lapse")
        record(ledger, [lapse], uscc(3000))
        content = shipped_rulebook().override({"conduct.bad_record_points": "3"}).content
        with ledger.writing() as unit:
            unit.adopt_rulebook(Rulebook.from_content({**content, "id": "more", "effective_from": "2024-05-15"}), "p")
        return int(swapping(*given))

    monkeypatch.setitem(rebuild.__globals__, "_swap", slow_swap)
    rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
    assert checked(ledger, bases=20) == (0, [])


def test_an_event_that_cannot_be_projected_stops_the_rebuild(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named by agency, version and type; no row is replaced; an append that meets it is rolled back."""
    with writing(owner(ledger)) as connection:
        spoil(connection)
    before = everything(ledger)

    def fails(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(projector, "PARTS", ((fails, frozenset(Event.__subclasses__())),))
    with pytest.raises(Unreadable, match=r"agency/\S+ version 1, FilingSubmitted \S+: cannot be projected: ZeroDivis"):
        rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
    filing = next(sent for sent in LongHistory(98, 5).sent if sent.post == "/v1/agencies")
    with pytest.raises(Unreadable, match="cannot be projected"):
        record(ledger, [filing], uscc(3060))
    assert everything(ledger) == before
    with ledger.reading() as reader:
        assert reader.agency_events(uscc(3060)) == ()


def test_rows_of_another_version_are_not_answered_from(ledger: Ledger) -> None:
    """They are refused by name, and made anew when the service starts."""
    before = everything(ledger)
    with writing(owner(ledger)) as connection:
        connection.execute(update(read_model_build).values(made_by=0))
        for table in COLUMNS:
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # names of ours
    with pytest.raises(DatabaseOlder, match="another version"):
        require_rows(ledger.engine)
    ensure_rows(url_of(ledger), quiet)
    require_rows(ledger.engine)
    assert everything(ledger) == before


def owner(ledger: Ledger) -> Any:
    """The login that owns the tables."""
    return open_migration_engine(ledger.engine.url)
