"""Questions go to a streaming replica that says what the primary would say, and to the primary when it would not."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background.read_replica import NAME, NO_REPLICA, OTHER_CLUSTER, OTHER_HISTORY, ReadReplica
from api.settings import Settings
from domain.values import Role
from drills.servers.replicas import PASSWORD, Node
from tests.http.desk import Desk
from tests.http.test_metrics import figures
from tests.http.test_readiness import until
from tests.http.world import World

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
LAG_SECONDS = 2.0


def url_of(node: Node) -> str:
    """The database of the tests on a server."""
    return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{node.port}/steward?connect_timeout=2"


@contextmanager
def two_servers() -> Iterator[tuple[Node, Node]]:
    """A primary, and a replica that follows it without being waited for."""
    primary, replica = Node(), Node()
    try:
        primary.make_primary()
        primary.ask("CREATE DATABASE steward TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
        replica.make_replica_of(primary)
        yield primary, replica
    finally:
        replica.close()
        primary.close()


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Node, Node]]:
    """Both, for the tests that leave them as they were."""
    with two_servers() as both:
        yield both


@contextmanager
def serving(primary: Node, replica: Node, folder: Path) -> Iterator[World]:
    """A service over both, once the replica is in use; everybody may read the figures."""
    settings = Settings(
        database_url=url_of(primary),
        read_database_url=url_of(replica),
        read_lag_seconds=LAG_SECONDS,
        data_dir=folder,
        metrics="anyone",
    )
    with TestClient(create_app(settings)) as client:
        world = World(client)
        assert until(lambda: replica_of(world).state.in_use), replica_of(world).state
        yield world


@pytest.fixture(scope="module")
def world(servers: tuple[Node, Node], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One service for the tests that leave the servers as they were."""
    with serving(*servers, tmp_path_factory.mktemp("served")) as made:
        yield made


def replica_of(world: World) -> ReadReplica:
    """The replica of a service that has one."""
    assert world.service.replica is not None
    return world.service.replica


@contextmanager
def counted(world: World, by: str) -> Iterator[None]:
    """Questions in the block are answered by this one of the two and by no other."""
    before = dict(replica_of(world).answered_by)
    yield
    after = replica_of(world).answered_by
    moved = {name for name, count in after.items() if count > before[name]}
    assert moved == {by}, (before, after)


@contextmanager
def paused(replica: Node) -> Iterator[None]:
    """The replica replays nothing meanwhile."""
    replica.ask("SELECT pg_wal_replay_pause()")
    try:
        yield
    finally:
        replica.ask("SELECT pg_wal_replay_resume()")


def steady(world: World) -> None:
    """The replica has all, and is in use."""
    assert until(lambda: replica_of(world).state.in_use), replica_of(world).state


def status_of(world: World, uscc: str) -> int:
    """With which status the question about an agency's sheet, which has no short way, is answered."""
    return int(world.association.get(f"/v1/agencies/{uscc}/sheets/2024").status_code)


def test_questions_go_to_the_replica_and_nobody_misses_a_fact(world: World) -> None:
    """What was acknowledged a moment ago is in the answer of the replica, again and again, own fact or another's."""
    for _ in range(10):
        uscc = world.filed()
        steady(world)
        assert status_of(world, uscc) == 200
        found = world.people[Role.REGULATOR].get(f"/v1/agencies/{uscc}/events").json()
        assert [one["type"] for one in found["items"]] == ["FilingSubmitted", "AgencyFiled"]
    with counted(world, "replica"):
        for path in ("/v1/agencies", "/v1/statistics", "/v1/rankings/2024", "/v1/log", "/v1/public/agencies"):
            assert world.association.get(path).status_code == 200, path
        assert world.association.get("/v1/agencies", format="csv").status_code == 200


def test_answers_of_both_are_the_same(world: World) -> None:
    """On a fixed basis, to the byte; what proves and signs is the primary's."""
    uscc = world.assessed()
    place = {"known_at": f"log:{sealed(world)}"}
    paths = [f"/v1/agencies/{uscc}/sheets/2024", f"/v1/agencies/{uscc}/timeline", f"/v1/agencies/{uscc}/events"]
    steady(world)
    with counted(world, "replica"):
        by_replica = [world.association.get(path, **place).content for path in paths]
    state = world.client.app.state  # type: ignore[attr-defined]
    state.service = replace(world.service, replica=None)
    try:
        by_primary = [world.association.get(path, **place).content for path in paths]
    finally:
        state.service = world.service
    assert by_replica == by_primary
    assert world.association.get(f"/v1/agencies/{uscc}/certificate").status_code == 200


def test_a_question_waits_for_the_log(world: World) -> None:
    """`min_log`: a place that the log has is answered, the replica's or the primary's; one beyond its end is 409."""
    uscc = world.filed()
    reached = sealed(world)
    path = f"/v1/agencies/{uscc}/standing"
    assert world.association.get(path, min_log=reached).status_code == 200
    beyond = world.association.get(path, min_log=reached + 1000)
    assert beyond.status_code == 409
    assert beyond.json()["errors"][0]["pointer"] == "?min_log"
    assert str(reached) in beyond.json()["detail"]
    wrong = world.association.get(path, min_log="last")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "?min_log")
    assert world.stranger.get("/v1/public/agencies", min_log=1).status_code == 422


def test_one_that_lags_is_left_out_and_comes_back(world: World, servers: tuple[Node, Node]) -> None:
    """Paused, it misses facts: each question is answered by the primary, also while the lag is small; beyond the limit
    readyz and the figures say so; with all replayed it is in use again by itself.
    """
    desk = Desk(world, Role.ASSOCIATION)
    steady(world)
    with paused(servers[1]):
        uscc = world.filed()
        with counted(world, "primary"):
            assert status_of(world, uscc) == 200
            assert uscc in world.association.get("/v1/agencies", q=uscc).text
            assert uscc in desk.shown("/agencies", q=uscc)
        assert until(lambda: NAME in _named(world), 30)
        ready = world.stranger.get("/readyz").json()
        assert ready["status"] == "ready"
        assert ready["replica"]["in_use"] is False
        assert ready["replica"]["behind_seconds"] >= LAG_SECONDS
        assert ready["replica"]["behind_events"] >= 2
        assert "behind" in ready["degraded"][0]["detail_en"]
        shown = figures(world)
        assert shown["steward_replica_configured"] == 1
        assert shown["steward_replica_in_use"] == 0
        assert shown["steward_replica_lag_seconds"] >= LAG_SECONDS
        assert shown["steward_replica_lag_events"] >= 2
        assert shown[f'steward_degraded{{reason="{NAME}"}}'] == 1
    steady(world)
    with counted(world, "replica"):
        assert status_of(world, uscc) == 200
    assert NAME not in _named(world)


def test_an_idle_ledger_is_no_lag(world: World, servers: tuple[Node, Node]) -> None:
    """What has nothing to replay has everything, however long nothing was recorded."""
    steady(world)
    assert until(lambda: replica_of(world).state.behind_events == 0)
    assert replica_of(world).state.behind_seconds < LAG_SECONDS


def test_a_replica_that_is_lost_costs_no_answer(tmp_path: Path) -> None:
    """Stopped in the middle of answers: not one is refused; started again, it is in use again. Promoted, it is refused
    by name, though it answers.
    """
    with two_servers() as (primary, replica), serving(primary, replica, tmp_path) as world:
        uscc = world.filed()
        steady(world)
        replica.stop(signal.SIGQUIT)
        assert [status_of(world, uscc) for _ in range(20)] == [200] * 20
        assert until(lambda: NAME in _named(world))
        replica.start()
        steady(world)
        with counted(world, "replica"):
            assert status_of(world, uscc) == 200
        replica.promote()
        assert status_of(world, world.filed()) == 200
        assert until(lambda: replica_of(world).state.why is NO_REPLICA)
        assert "takes writes" in _detail(world)
        assert "STEWARD_READ_DATABASE_URL" in world.stranger.get("/readyz").json()["degraded"][0]["detail"]


def test_one_of_another_cluster_is_left_out(servers: tuple[Node, Node], world: World, tmp_path: Path) -> None:
    """A replica that follows somebody else's primary, with tables of the same kind."""
    with two_servers() as (primary, replica), serving(primary, replica, tmp_path):
        settings = Settings(database_url=url_of(servers[0]), data_dir=tmp_path)
        made = ReadReplica(world.service.ledger.engine, url_of(replica), settings)
        try:
            made.look()
            assert made.state.why is OTHER_CLUSTER
        finally:
            made.stop()


def test_a_session_that_breaks_off_in_the_middle_is_answered_by_the_primary(
    world: World, servers: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replica's sessions end after the snapshot was taken: the same answer, of the primary, from the start."""
    uscc = world.filed()
    steady(world)
    replica = replica_of(world)
    opened = replica.reading
    cut: list[int] = []

    @contextmanager
    def cut_off() -> Iterator[Any]:
        with opened() as connection:
            connection.execute(text("SELECT 1"))
            ended = servers[1].ask(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'steward'"
            )
            cut.append(int(str(ended)))
            yield connection

    monkeypatch.setattr(replica, "reading", cut_off)
    assert status_of(world, uscc) == 200
    assert cut
    assert cut[0] > 0
    assert replica.answered_by["primary"] > 0


def test_one_with_another_history_is_left_out(tmp_path: Path) -> None:
    """Of two replicas the one that lacks a fact is promoted: the other, which has it and follows nobody, is further on
    by its place, and never asked.
    """
    with two_servers() as (primary, replica):
        third = Node()
        try:
            third.make_replica_of(primary)
            with serving(primary, third, tmp_path) as world:
                replica.stop()
                assert status_of(world, world.filed()) == 200
                primary.ask("SELECT pg_switch_wal()")  # so that the new primary stays behind for long
                steady(world)
            primary.stop()
            replica.start()
            replica.promote()
            settings = Settings(
                database_url=url_of(replica), read_database_url=url_of(third), data_dir=tmp_path, metrics="anyone"
            )
            with TestClient(create_app(settings)) as client:
                made = client.app.state.service.replica  # type: ignore[attr-defined]
                assert until(lambda: made.state.why is OTHER_HISTORY), made.state
        finally:
            third.close()


def test_sqlite_has_no_replica(tmp_path: Path) -> None:
    """The setting is refused by name beside an embedded database, and so is a replica that is one."""
    with pytest.raises(ValueError, match="only PostgreSQL has replicas"):
        Settings(database_url=f"sqlite:///{tmp_path / 'a.db'}", read_database_url="postgresql://a@b/c")
    with pytest.raises(ValueError, match="SQLite has no replicas"):
        Settings(database_url="postgresql://a@b/c", read_database_url=f"sqlite:///{tmp_path / 'a.db'}")
    assert Settings(database_url=f"sqlite:///{tmp_path / 'a.db'}").read_database_url == ""


def sealed(world: World) -> int:
    """The last place of the log, once all has one."""

    def asked() -> int:
        return int(world.association.get("/v1/log", after=0, limit=1).json()["sealed"])

    before = -1
    while (now := asked()) != before:
        before = now
        time.sleep(1)
    return now


def _named(world: World) -> set[str]:
    return {one["name"] for one in world.stranger.get("/readyz").json().get("degraded", ())}


def _detail(world: World) -> str:
    named = world.stranger.get("/readyz").json()["degraded"]
    return str(next(one["detail_en"] for one in named if one["name"] == NAME))
