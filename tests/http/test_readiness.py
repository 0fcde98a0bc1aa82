"""What stands still is seen from outside: `readyz` names it, and the metrics count it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background import housekeeper as housekeeping
from api.settings import Settings
from domain.errors import Busy
from domain.ledger.ledger import Ledger
from domain.store.db.engine import open_migration_engine
from tests.http.test_metrics import figures, settle
from tests.http.world import World


def ready(world: World) -> tuple[int, set[str]]:
    """The status of readiness, and what it names."""
    response = world.stranger.get("/readyz")
    return response.status_code, {one["name"] for one in response.json().get("degraded", ())}


def until(met: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait until something is so; whether it came to be."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture
def world_with_keys(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    """A running service for one test alone whose keys nobody else signs with: other services of the run would make a
    new key where one is gone.
    """
    settings = Settings(database_url=migrated_url, data_dir=tmp_path, key_dir=tmp_path / "keys")
    with TestClient(create_app(settings)) as client:
        yield World(client)


def test_a_key_that_is_gone_is_seen_before_anything_is_to_be_signed(world_with_keys: World) -> None:
    """Without log.key the log is signed no more: not ready, by name, within seconds, and counted; put back, ready."""
    world = world_with_keys
    world.filed()
    key = world.service.settings.keys / "log.key"
    assert until(lambda: ready(world) == (200, set()) and figures(world)["steward_log_signed_events"] >= 5)
    kept = key.read_bytes()
    key.unlink()
    assert until(lambda: ready(world) == (503, {"signing"}))
    problem = world.stranger.get("/readyz").json()
    assert problem["type"] == "/problems/not-ready"
    assert "log.key" in problem["degraded"][0]["detail"]
    assert "log.key" in problem["degraded"][0]["detail_en"]
    assert problem["remedy_en"]
    world.filed()  # recorded all the same
    shown = figures(world)
    assert shown['steward_degraded{reason="signing"}'] == 1
    assert shown['steward_background_failures_total{task="signing"}'] >= 1
    assert until(lambda: figures(world)["steward_log_sealed_events"] > figures(world)["steward_log_signed_events"])
    key.write_bytes(kept)
    key.chmod(0o600)
    assert until(lambda: ready(world) == (200, set()))
    assert 'steward_degraded{reason="signing"}' not in figures(world)


def test_sequencing_that_fails_is_seen(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the reason, facts without a place in the log make the service not ready until it goes on."""
    world = own_world
    settle(world)

    def fails(_: Any) -> int:
        raise RuntimeError("no luck")

    with monkeypatch.context() as patch:
        patch.setattr(housekeeping, "seal", fails)
        world.service.housekeeper.tidy()
        assert ready(world) == (503, {"sequencing"})
        assert figures(world)['steward_background_failures_total{task="sequencing"}'] == 1
    world.service.housekeeper.tidy()
    assert ready(world) == (200, set())


def test_standing_still_without_a_failure_is_seen(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fails, but nothing goes on (a transaction somewhere that never ends, say): noticed by the clock."""
    world = own_world
    settle(world)
    monkeypatch.setattr(housekeeping, "STILL_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(housekeeping, "seal", lambda _: 0)
        world.filed()
        world.service.housekeeper.tidy()
        world.service.housekeeper.tidy()
        assert ready(world) == (503, {"sequencing-behind"})
    settle(world)
    assert ready(world) == (200, set())


def test_what_can_wait_leaves_the_service_ready(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clearing up that fails is named, and counted; facts are recorded, ordered and signed without it."""
    world = own_world
    settle(world)
    housekeeper = world.service.housekeeper

    def fails(*_: Any) -> bool:
        raise RuntimeError("no luck")

    monkeypatch.setattr(housekeeper._readings, "prune", fails)
    housekeeper._pruned = -housekeeping.PRUNE_SECONDS * 2
    housekeeper.tidy()
    assert ready(world) == (200, {"background.pruning"})
    assert world.stranger.get("/readyz").json()["status"] == "ready"
    assert figures(world)['steward_background_failures_total{task="background.pruning"}'] == 1


def test_rounds_that_no_longer_come_are_seen(own_world: World) -> None:
    """The thread behind hangs or is gone: after a minute without a round the service is not ready."""
    settle(own_world)
    own_world.service.housekeeper.last_round = time.monotonic() - 61
    assert ready(own_world) == (503, {"housekeeping"})


def test_a_busy_moment_is_no_stop(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is busy for a round or two is not called stopped; for three it is."""
    world = own_world
    settle(world)

    def busy(_: Any) -> int:
        raise Busy("忙", "busy")

    monkeypatch.setattr(housekeeping, "seal", busy)
    seen = []
    for _ in range(3):
        world.service.housekeeper.tidy()
        seen.append(ready(world)[0])
    assert seen == [200, 200, 503]


@pytest.mark.parametrize("dialect", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_a_database_set_to_be_read_only_is_not_ready(own_world: World, migrated_url: str) -> None:
    """As managed servers do when their disk is full, or an operator for a move: writes are 503 with Retry-After and
    say why, questions are answered, and when it is taken back all goes on by itself.
    """
    world, name = own_world, migrated_url.rpartition("/")[2]
    uscc = world.filed()
    with open_migration_engine(migrated_url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = :name AND pid <> pg_backend_pid()"
            ),
            {"name": name},
        )
        assert until(lambda: "read-only" in ready(world)[1])
        assert ready(world)[0] == 503
        body = {"item": 4, "occurred_on": "2024-05-20"}
        refused = world.association.post(f"/v1/agencies/{uscc}/lapses", body)
        assert refused.status_code == 503
        assert "retry-after" in refused.headers
        assert "read-only" in refused.json()["detail_en"]
        assert world.association.get(f"/v1/agencies/{uscc}/sheets/2024").status_code == 200
        connection.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
    assert until(lambda: ready(world) == (200, set()))
    assert world.association.post(f"/v1/agencies/{uscc}/lapses", body).status_code == 201


def test_a_page_that_tells_no_fact_asks_the_database_nothing(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head of a page names the association from memory: help and error pages are shown also while it is away."""

    def away(*_: Any, **__: Any) -> None:
        raise Busy("数据库不在", "the database is away")

    monkeypatch.setattr(Ledger, "reading", away)
    assert own_world.stranger.get("/help", _headers={"Accept": "text/html"}).status_code == 200
    refused = own_world.stranger.get("/register", _headers={"Accept": "text/html"})
    assert (refused.status_code, "<html" in refused.text) == (503, True)
