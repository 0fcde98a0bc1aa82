"""A server that is further on than the primary by its place, and lacks what the primary holds, answers nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background.read_replica import OTHER_HISTORY
from api.settings import Settings
from drills.servers.replicas import Node
from tests.http.test_readiness import until
from tests.http.world import World
from tests.test_read_replica import replica_of, sealed, serving, status_of, steady, two_servers, url_of

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def holds_all_of(replica: Node, primary: Node) -> bool:
    """Whether a replica has replayed as much as the primary has written."""
    place = primary.ask("SELECT pg_current_wal_flush_lsn()::text")
    return bool(replica.ask(f"SELECT pg_last_wal_replay_lsn() >= '{place}'::pg_lsn"))


def test_one_that_stayed_with_the_old_primary_is_left_out(tmp_path: Path) -> None:
    """Of two replicas with the same facts one is promoted, and records another. The other has not followed: by its
    place it is further on, all that it holds is the new primary's, and yet it lacks a fact.
    """
    with two_servers() as (primary, replica):
        third = Node()
        try:
            third.make_replica_of(primary)
            with serving(primary, third, tmp_path) as world:
                world.filed()
                sealed(world)
                steady(world)
            assert until(lambda: holds_all_of(replica, primary))
            replica.stop()
            primary.ask("SELECT pg_switch_wal()")  # so that the new primary stays behind for long
            primary.ask("CHECKPOINT")
            assert until(lambda: holds_all_of(third, primary))
            primary.stop()
            replica.start()
            replica.promote()
            settings = Settings(database_url=url_of(replica), read_database_url=url_of(third), data_dir=tmp_path)
            with TestClient(create_app(settings)) as client:
                world = World(client)
                uscc = world.filed()
                assert [status_of(world, uscc) for _ in range(5)] == [200] * 5
                assert until(lambda: replica_of(world).state.why is OTHER_HISTORY), replica_of(world).state
        finally:
            third.close()
