"""A clock that jumps under the running service: nothing is dated into the future, and it is seen from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.store.db import dialect as dialects
from domain.store.log import stream_heads
from tests.http.test_metrics import settle
from tests.http.test_readiness import ready
from tests.http.world import World


class Shifted(datetime):
    """`datetime` whose `now` is ahead."""

    ahead = timedelta(0)

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """Now, and what is added to it."""
        return datetime.now(tz or UTC) + cls.ahead


@pytest.mark.shows("R1")
@pytest.mark.parametrize("dialect", [pytest.param("sqlite")], indirect=True)
def test_a_clock_two_days_ahead_records_nothing(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are 503 by name and append nothing, readiness says so, questions are answered; when the clock is right
    again everything goes on, and no later report is refused for a date of tomorrow.
    """
    world = own_world
    uscc = world.filed()
    settle(world)
    assert ready(world) == (200, set())
    before = world.trail(uscc)
    body = {"item": 4, "occurred_on": "2024-05-20"}
    with monkeypatch.context() as patch:
        for module in (dialects, stream_heads):
            patch.setattr(module, "datetime", Shifted)
        patch.setattr(Shifted, "ahead", timedelta(days=2))
        refused = world.association.post(f"/v1/agencies/{uscc}/lapses", body)
        assert refused.status_code == 503
        assert refused.json()["type"] == "/problems/not-ready"
        assert refused.json()["rule"] == "R1"
        assert "clock" in refused.json()["detail_en"]
        assert "clock accept" in refused.json()["remedy"]
        world.service.housekeeper.tidy()
        assert ready(world) == (503, {"clock"})
        assert world.association.get(f"/v1/agencies/{uscc}/standing").status_code == 200
        assert world.trail(uscc) == before
    world.service.housekeeper.tidy()
    assert ready(world) == (200, set())
    assert world.association.post(f"/v1/agencies/{uscc}/lapses", body).status_code == 201
