"""Rows of two versions of the software: taken over at once, never mixed, refused by name (docs/upgrades.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.commands.projects import CancelProject
from domain.ledger.ledger import Ledger
from domain.store.db.db_errors import DatabaseNewer, DatabaseOlder, RowsOfAnother
from domain.store.db.engine import writing
from domain.store.db.migrate import require_current
from domain.store.db.schema import READ_MODELS, SERVES_FROM, read_model_build, rebuilt
from domain.store.db.state import known_revisions
from domain.values import Role, agency_stream, stream_id
from projections.rebuild import rebuild as rebuilding
from projections.rebuild.rebuild import ensure_rows, rebuild, require_rows, rows_made_by
from projections.rows.write import projector
from projections.rows.write.projector import MADE_BY
from tests.databases import Databases
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.rows.test_rebuild import checked, everything, owner, quiet, spoil, url_of
from tests.specification import uscc
from tests.test_properties import CODE, Sent


def lapse(day: str = "2023-06-01") -> list[Sent]:
    """A fact that is not there yet."""
    return [Sent(f"/v1/agencies/{CODE}/lapses", {"item": 7, "occurred_on": day}, f"late{day}", "lapse")]


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """Three agencies with histories."""
    with new_ledger(request.param, databases) as made:
        for number in range(3):
            record(made, Recordable(number, 30).sent, uscc(3000 + number))
        yield made


def made_by(ledger: Ledger, version: int) -> None:
    """Let the rows be of this version of the projections."""
    with writing(owner(ledger)) as connection:
        connection.execute(update(read_model_build).values(made_by=version))


@contextmanager
def the_earlier_version() -> Iterator[None]:
    """What records within is a program of the version before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projector, "MADE_BY", MADE_BY - 1)
        yield


def in_between(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Let something happen when all was inspected, before it is taken over."""
    take_over = rebuilding._take_over

    def later(*given: Any) -> int:
        happens()
        return take_over(*given)

    monkeypatch.setattr(rebuilding, "_take_over", later)


def test_what_the_earlier_version_records_meanwhile_is_made_anew(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its facts are recorded until the last moment, by rules that are not ours; not one of its rows is left."""
    with writing(owner(ledger)) as connection:
        spoil(connection)
    made_by(ledger, MADE_BY - 1)
    for enough, day in ((rebuilding.FEW, "2023-06-01"), (0, "2023-07-01")):  # made anew under the lock, and before it
        monkeypatch.setattr(rebuilding, "FEW", enough)

        def happens(day: str = day) -> None:
            with the_earlier_version():
                record(ledger, lapse(day), uscc(3001))
                with writing(owner(ledger)) as connection:  # its rows are others than ours would be
                    own = READ_MODELS["agency_status"].c.originator_id == stream_id(agency_stream(uscc(3001)))
                    connection.execute(update(READ_MODELS["agency_status"]).where(own).values(category="x"))

        with monkeypatch.context() as patch:
            in_between(patch, happens)
            rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
        assert checked(ledger, bases=10) == (0, [])
        with ledger.reading() as reader:
            assert rows_made_by(reader.connection) == MADE_BY
        made_by(ledger, MADE_BY - 1)


def test_it_happens_at_once_or_not_at_all(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that dies in the middle leaves every row of the earlier version, which goes on; the next one ends it."""
    with writing(owner(ledger)) as connection:
        spoil(connection)
    made_by(ledger, MADE_BY - 1)
    before, put, done = everything(ledger), rebuilding._put, 0

    def dies(*given: Any) -> None:
        nonlocal done
        done += 1
        if done == 2:
            raise KeyboardInterrupt
        put(*given)

    with monkeypatch.context() as patch:
        patch.setattr(rebuilding, "_put", dies)
        with pytest.raises(KeyboardInterrupt):
            rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
    assert everything(ledger) == before
    with the_earlier_version():
        record(ledger, lapse(), uscc(3001))
    rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
    assert checked(ledger) == (0, [])


def test_rows_of_a_later_version_are_neither_read_nor_added_to(ledger: Ledger) -> None:
    """Nothing is appended; a start is refused, so no process takes them back unasked; on purpose it goes."""
    before = everything(ledger)
    made_by(ledger, MADE_BY + 1)
    with pytest.raises(RowsOfAnother, match="a later version"):
        record(ledger, lapse(), uscc(3001))
    ledger.own_rows_only = True
    with pytest.raises(RowsOfAnother), ledger.reading():
        pass
    with pytest.raises(RowsOfAnother):
        require_rows(ledger.engine)
    with pytest.raises(RowsOfAnother) as refused:
        ensure_rows(url_of(ledger), quiet)
    assert "steward rebuild" in refused.value.remedy_en
    ledger.own_rows_only = False
    assert everything(ledger) == before
    rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
    record(ledger, lapse(), uscc(3001))
    assert checked(ledger) == (0, [])


def test_nothing_is_decided_by_keys_of_a_later_version(ledger: Ledger) -> None:
    """Events are found by keys that the other version has made: a refusal told from them could be wrong, and final."""
    made_by(ledger, MADE_BY + 1)
    command = CancelProject.model_validate({"cancelled_on": "2023-06-01"})
    with pytest.raises(RowsOfAnother), ledger.writing() as unit:
        unit.record(uscc(3001), command, actor="p", role=Role.ASSOCIATION, via="api", path_id="unknown")


def test_what_a_rebuild_of_another_version_puts_aside_is_not_put_in_place(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite no lock keeps two of them apart: what the one made is no ground for the other to leave rows alone."""
    with writing(owner(ledger)) as connection:
        spoil(connection)
    made_by(ledger, MADE_BY - 1)

    def happens() -> None:
        with writing(owner(ledger)) as connection:
            connection.execute(update(rebuilt).values(made_by=MADE_BY - 1, differences=0, rows=None))

    in_between(monkeypatch, happens)
    rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
    assert checked(ledger) == (0, [])


def test_rows_that_a_later_version_took_over_meanwhile_are_left_alone(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild of one's own rows that began before: not one is replaced, and they are not said to be one's own."""
    with writing(owner(ledger)) as connection:
        spoil(connection)
    before, swap = everything(ledger), rebuilding._swap

    def later(*given: Any) -> int:
        made_by(ledger, MADE_BY + 1)
        return swap(*given)

    monkeypatch.setattr(rebuilding, "_swap", later)
    with pytest.raises(RowsOfAnother):
        rebuild(url_of(ledger), jobs=1, progress=quiet, report=lambda _: None)
    assert everything(ledger) == before
    with ledger.reading() as reader:
        assert rows_made_by(reader.connection) == MADE_BY + 1


def test_rows_of_an_earlier_version_are_not_added_to(ledger: Ledger) -> None:
    """Whoever did so would leave an agency half made by either."""
    made_by(ledger, MADE_BY - 1)
    with pytest.raises(DatabaseOlder, match="another version"):
        record(ledger, lapse(), uscc(3001))


def test_a_program_that_serves_goes_on_where_only_was_added(ledger: Ledger) -> None:
    """A later revision stops it only where that says so; it never starts on one."""
    with owner(ledger).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    require_current(ledger.engine, serving=True)
    with pytest.raises(DatabaseNewer):
        require_current(ledger.engine)
    with owner(ledger).begin() as connection:
        connection.execute(update(read_model_build).values(serves_from="9999"))
    with pytest.raises(DatabaseNewer, match="9999"):
        require_current(ledger.engine, serving=True)


def test_what_the_migrations_say_is_what_the_program_says(ledger: Ledger) -> None:
    """Which programs may go on serving: a migration that contracts raises both."""
    with ledger.reading() as reader:
        said = reader.connection.scalar(select(read_model_build.c.serves_from))
    assert said == SERVES_FROM
    assert said in known_revisions()
