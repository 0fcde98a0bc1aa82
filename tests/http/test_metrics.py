"""The figures of the service: they follow what happens, hold nobody's data, and are not for everybody."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from api.app import create_app
from api.http import metrics
from api.settings import Settings
from domain.store.db.engine import writing
from domain.store.db.schema import read_model_build
from domain.store.db.tables.message_tables import deliveries
from domain.store.log.sequencer import seal
from domain.store.messages.delivery_rows import Delivery, keep_deliveries
from domain.values import instant
from projections.rows.write.projector import MADE_BY
from tests.http.world import World


def local(world: World, **headers: str) -> Any:
    """The figures as somebody on this machine reads them."""
    client = TestClient(world.client.app, client=("127.0.0.1", 1))
    return client.get("/metrics", headers={name.replace("_", "-"): value for name, value in headers.items()})


def figures(world: World) -> dict[str, float]:
    response = local(world)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line.rpartition(" ") for line in response.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def settle(world: World) -> None:
    """All that is recorded is ordered and signed, and nobody else does it from now on."""
    world.service.housekeeper.stop()
    for _ in range(3):
        world.service.housekeeper._proved = -10
        world.service.housekeeper.tidy()


def test_the_figures_follow_what_happens(own_world: World) -> None:
    """Requests by route and status, a time for each, and how far the log is sealed."""
    world = own_world
    world.service.housekeeper.stop()
    while seal(world.service.ledger.engine):
        pass
    before = figures(world)
    uscc = world.filed()
    for _ in range(3):
        world.association.get(f"/v1/agencies/{uscc}/standing")
    world.association.get(f"/v1/agencies/{uscc}/standing", as_of="soon")
    world.stranger.get("/nowhere")
    after = figures(world)
    route = 'route="/v1/agencies/{uscc}/standing"'
    assert after[f'steward_requests_total{{method="GET",{route},status="200"}}'] == 3
    assert after[f'steward_requests_total{{method="GET",{route},status="422"}}'] == 1
    assert after['steward_requests_total{method="GET",route="none",status="404"}'] == 1
    assert after[f"steward_request_seconds_count{{{route}}}"] == 4
    assert after["steward_log_sealed_events"] == before["steward_log_sealed_events"] == 3
    assert (before["steward_log_unsealed_events"], before["steward_log_unsealed_seconds"]) == (0, 0)
    assert after["steward_log_unsealed_events"] == 2
    assert after["steward_log_unsealed_seconds"] > 0
    assert after["steward_consultations_waiting"] == 3
    while seal(world.service.ledger.engine):
        pass
    assert figures(world)["steward_log_sealed_events"] == 5


class _InAnHour(datetime):
    """The clock of an hour later."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(hours=1)


def test_what_is_signed_what_leaves_and_who_made_the_rows(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The position that is signed, not only ordered, and how long ago; what waits to leave; the version of the rows."""
    world = own_world
    settle(world)
    uscc = world.filed()
    while seal(world.service.ledger.engine):
        pass
    shown = figures(world)
    assert (shown["steward_log_sealed_events"], shown["steward_log_signed_events"]) == (5, 3)
    assert shown["steward_read_models_version"] == shown["steward_read_models_wanted"] == MADE_BY
    assert shown["steward_deliveries_waiting"] == shown["steward_deliveries_given_up"] == 0
    now = instant(datetime.now(UTC))
    with writing(world.service.ledger.engine) as connection:
        person = world.association.person_id
        keep_deliveries(
            connection, [Delivery("email", person, "x", str(n), uscc, None, None, now, now) for n in (1, 2)]
        )
        connection.execute(update(deliveries).where(deliveries.c.cause == "2").values(state="dead"))
        connection.execute(update(read_model_build).values(made_by=0))
    settle(world)
    monkeypatch.setattr(metrics, "datetime", _InAnHour)
    shown = figures(world)
    assert (shown["steward_log_sealed_events"], shown["steward_log_signed_events"]) == (5, 5)
    assert 3600 <= shown["steward_log_checkpoint_age_seconds"] < 7200
    assert (shown["steward_deliveries_waiting"], shown["steward_deliveries_given_up"]) == (1, 1)
    assert 3600 <= shown["steward_deliveries_overdue_seconds"] < 7200
    assert shown["steward_read_models_version"] == 0


def test_labels_come_from_us_alone(world: World) -> None:
    """No method, path, code or word that somebody sends becomes a label."""
    uscc = world.filed()
    world.association.get("/v1/agencies", q="张三丰")
    world.client.request("BREW", f"/v1/agencies/{uscc}/coffee")
    text = local(world).text
    assert uscc not in text
    assert "张三丰" not in text
    assert "BREW" not in text
    labels = set(re.findall(r'(\w+)="', text))
    assert labels == {"method", "route", "status", "type", "le", "task", "place"}


def test_only_who_asks_directly_on_this_machine_is_answered(world: World) -> None:
    """Another address, or one for whom a proxy on this machine asks, finds nothing there."""
    assert local(world).status_code == 200
    assert world.stranger.get("/metrics").status_code == 404
    for name in ("X_Forwarded_For", "Forwarded", "Via", "X_Real_IP"):
        assert local(world, **{name: "192.0.2.1"}).status_code == 404


@pytest.mark.parametrize(("setting", "near", "far"), [("anyone", 200, 200), ("off", 404, 404)])
def test_it_can_be_opened_and_shut(database_url: str, setting: Any, near: int, far: int) -> None:
    """`STEWARD_METRICS` says for whom."""
    with TestClient(create_app(Settings(database_url=database_url, metrics=setting))) as client:
        world = World(client)
        assert (local(world).status_code, world.stranger.get("/metrics").status_code) == (near, far)
