"""What the lists of the district cost: so many statements whatever is there, from an index, no history replayed."""

from __future__ import annotations

import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import event

from api.application.exports.exporting import EVERY_FORM, FileForm, exported
from api.application.privacy.authorisation import Caller, Reach
from api.application.questions.agency.district_questions import standings_of
from api.application.questions.inquiry import Inquiry, Snapshot
from domain.store.db.dialect import is_postgresql
from domain.values import Role
from projections.rows.read.row_queries import RowQueries
from tests.http.desk import Desk
from tests.http.world import World

MOST: dict[str, int] = {
    "/v1/matters": 26,
    "/v1/matters/counts": 26,
    "/v1/matters?whose=all&q=甲": 26,
    "/v1/hints": 12,
    "/v1/hints/groups": 12,
    "/v1/notices": 8,
    "/v1/agencies": 10,
    "/v1/agencies?q=甲&sort=total": 10,
    "/v1/rankings/2024": 12,
    "/v1/public/agencies": 8,
    "/v1/search?q=甲": 12,
    "/board": 90,
    "/matters": 60,
}
"""Statements of an answer, beginnings of transactions too; years of the district have a few each."""


BEHIND = "steward-"
"""How the threads are named that work behind the requests."""


@contextmanager
def asked(world: World) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile, with the parameters."""
    found: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if not threading.current_thread().name.startswith(BEHIND):
            found.append((statement, parameters))

    engine = world.service.ledger.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.shows("R40", "R37")
@pytest.mark.parametrize("path", MOST)
def test_an_answer_over_the_district_asks_a_bounded_number_of_statements(world: World, path: str) -> None:
    """As many with more agencies as with fewer, and none of them reads a history."""
    desk = Desk(world, Role.ASSOCIATION)

    def statements() -> list[str]:
        with asked(world) as found:
            answer = world.association.get(path) if path.startswith("/v1/") else desk.client.get(path)
        assert answer.status_code == 200, answer.text
        return [statement for statement, _ in found]

    statements()
    before = len(statements())
    for _ in range(3):
        world.filed()
    statements()  # hints are worked out
    after = statements()
    assert len(after) <= MOST[path]
    assert len(after) <= before + 2, "no statement a row"
    read = [one for one in after if "events.state" in one and "events.originator_id =" in one]
    assert read == [], "no agency is replayed"


@pytest.mark.parametrize(("path", "snapshots"), [("/account", 1), ("/agencies/{}", 3)])
def test_a_page_asks_a_snapshot_once_how_things_stand(world: World, path: str, snapshots: int) -> None:
    """By whose code its rows were made, which only snapshots of such rows are asked, and the head of each stream."""
    desk, path = Desk(world, Role.REGULATOR), path.format(world.filed())
    desk.shown(path)
    with asked(world) as found:
        desk.shown(path)
    assert sum(statement.endswith("FROM read_model_build") for statement, _ in found) == snapshots
    heads = Counter(values for statement, values in found if "FROM stream_heads WHERE originator_id =" in statement)
    assert max(heads.values(), default=0) <= snapshots


@pytest.mark.parametrize("path", ["/v1/matters", "/v1/matters?urgency=overdue&year=2024", "/v1/matters/counts"])
def test_what_waits_is_read_from_its_index(world: World, path: str) -> None:
    """Each kind in the order of the list: no list is read whole to show a page of it, and counts read no table. Counts
    are worked out once something was recorded."""
    world.association.get(path)
    world.filed()
    with asked(world) as found:
        assert world.association.get(path).status_code == 200
    queries = [one for one in found if "FROM matter m" in one[0]]
    assert queries
    for query in queries:
        _is_read_from_its_index(world, *query[:2], covering="counts" in path)


def _is_read_from_its_index(world: World, query: str, values: Any, *, covering: bool) -> None:
    with world.service.ledger.reading() as reader:
        connection = reader.connection
        if is_postgresql(connection):
            for setting in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
                connection.exec_driver_sql(f"SET LOCAL {setting} = off")  # so few rows fit on one page
            plan = [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {query}", values)]
            of_matters = [one for one in plan if " on matter m" in one]
            assert [one for one in of_matters if "Index" not in one] == []
            return  # of tables so small it takes any of them
        plan = [str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
        of_matters = [one for one in plan if one.split()[:2] in (["SEARCH", "m"], ["SCAN", "m"]) and "matter" in one]
    assert of_matters
    index = "USING COVERING INDEX matter_open" if covering else "INDEX matter_open"
    assert {one for one in of_matters if index not in one} == set()


@pytest.mark.shows("R26")
@pytest.mark.parametrize("form", EVERY_FORM)
def test_the_standings_of_a_whole_district_are_never_all_in_memory(
    world: World, monkeypatch: pytest.MonkeyPatch, form: FileForm
) -> None:
    """`GET /v1/standings`, 5,000 agencies: the part that is read and the row that is written, a few megabytes."""
    world.assessed()
    real, most = RowQueries.standings, 5_000

    def standings(look_ups: RowQueries, basis: Any, only: str | None, *, offset: int, limit: int) -> list[Any]:
        (one,) = real(look_ups, basis, only, offset=0, limit=1)
        part = range(offset, min(offset + limit, most))
        return [replace(one, agency=replace(one.agency, name=f"第 {row} 家安全技术服务有限公司")) for row in part]

    monkeypatch.setattr(RowQueries, "standings", standings)
    inquiry = Inquiry(Snapshot(world.service, Caller("", Role.AUDITOR, None, b"")), Reach.ALL)
    tracemalloc.start()
    try:
        made = exported(inquiry, standings_of, {}, form)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    with made.file:
        assert made.rows == most
        assert made.size > 200_000
    assert peak < 8 << 20, peak
