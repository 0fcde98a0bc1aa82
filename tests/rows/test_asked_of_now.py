"""What everybody asks of now is worked out once until something is recorded; long lists by agency come in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import pytest

from domain.ledger.ledger import Ledger
from domain.store.db.engine import Connection
from domain.values import instant
from projections.public.remembered import Remembered
from projections.rows.read import searching
from projections.rows.read.district import CountedAgency, counted
from projections.rows.read.open_matters import MatterFilter, open_matters
from projections.rows.read.row_queries import RowQueries
from projections.rows.read.row_sql import QueryBasis
from projections.rows.read.searching import Ordering
from tests.databases import Databases
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.specification import uscc

TODAY = date(2026, 6, 30)


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """Seven agencies with something that waits at each."""
    with new_ledger(request.param, databases) as made:
        for number in range(7):
            record(made, Recordable(number, 25).sent, uscc(4100 + number))
        yield made


@pytest.mark.parametrize("descending", [False, True])
def test_a_page_by_agency_is_a_part_of_the_whole(
    ledger: Ledger, descending: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few agencies are looked at first, and wherever the page begins."""
    monkeypatch.setattr(searching, "_FIRST_AGENCIES", 1)
    wanted = MatterFilter(TODAY, ("complaint", "submission", "effect", "survey", "survey_close"))
    order = Ordering("agency", descending)
    with ledger.reading() as reader:
        whole = open_matters(reader.connection, wanted, order)
        codes = [one.uscc for one in whole]
        assert codes == sorted(codes, key=str, reverse=descending)
        assert len(set(codes)) > 5, "there have to be more agencies than are looked at first"
        for offset in range(0, len(whole) + 3, 4):
            part = open_matters(reader.connection, wanted, order, offset=offset, limit=4)
            assert part == whole[offset : offset + 4]


def test_a_snapshot_says_how_far_the_ledger_has_come(ledger: Ledger) -> None:
    """As of its beginning, whatever is recorded meanwhile; the next one says more."""
    with ledger.reading() as reader:
        before = reader.recorded()
        record(ledger, Recordable(9, 3).sent, uscc(4200))
        assert reader.recorded() == before
    with ledger.reading() as reader:
        after = reader.recorded()
    assert after.events > before.events
    assert (after.last_at or "") > (before.last_at or "")


def test_the_statistics_of_now_follow_each_fact(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the agencies that have moved are looked up again: the numbers are those of looking all of them up."""
    looked_up: list[int | None] = []

    def noted(connection: Connection, at: QueryBasis, among: Sequence[str] | None = None) -> dict[str, CountedAgency]:
        looked_up.append(None if among is None else len(among))
        return counted(connection, at, among)

    monkeypatch.setattr("projections.public.remembered.counted", noted)
    kept, seen = Remembered(), set()
    first, second = (list(Recordable(number, 60).sent) for number in (50, 51))
    steps = [(first[:9], 4250), (second[:20], 4251), (first[9:30], 4250), (second[20:], 4251), ([], 4251)]
    for facts, number in steps:
        record(ledger, facts, uscc(number))
        with ledger.reading() as reader:
            look_ups = RowQueries(reader, instant(datetime.now(UTC)))
            basis = look_ups.district()
            found = look_ups.statistics(basis, kept.counted)
            assert found == look_ups.statistics(basis)
            seen.add(found)
    assert looked_up == [None, 1, 1, 1], "and nothing where nothing has moved"
    assert len(seen) > 3, "the facts have to change the numbers"


def test_an_answer_is_kept_for_its_state_and_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another state, or rows that may have been rebuilt since: it is worked out again."""
    clock, worked = [0.0], list[None]()
    monkeypatch.setattr("projections.public.remembered.time.monotonic", lambda: clock[0])
    kept = Remembered()

    def work() -> int:
        worked.append(None)
        return len(worked)

    def asked(state: int) -> int:
        return kept.answer("statistics", state, work)

    assert [asked(1), asked(1), asked(2), asked(1)] == [1, 1, 2, 3]
    clock[0] = 61.0
    assert asked(1) == 4
