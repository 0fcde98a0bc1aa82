"""Starting and stopping: new, older, newer and foreign databases, readiness, and what goes on behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.housekeeper import Housekeeper
from api.application.privacy.reading_log import ReadingLog
from api.settings import Settings
from api.starting import make_ready
from domain.errors import Busy
from domain.store.db.db_errors import DatabaseForeign, DatabaseHalfMigrated, DatabaseNewer, DatabaseRefused
from domain.store.db.engine import open_engine, open_migration_engine, writing
from domain.store.db.migrate import migrate
from tests.http.world import World
from tests.postgres_binaries import free_port


def start(url: str) -> None:
    with TestClient(create_app(Settings(database_url=url))) as client:
        assert client.get("/readyz").status_code == 200


def test_a_new_database_is_made_ready_and_a_second_start_changes_nothing(database_url: str) -> None:
    """The first start migrates and adopts rulebook and calendar by events; the second finds all there."""
    counts = []
    for _ in range(2):
        start(database_url)
        engine = open_engine(database_url)
        with engine.connect() as connection:
            counts.append(connection.scalar(text("SELECT count(*) FROM events")))
        engine.dispose()
    assert counts == [3, 3]


def test_a_migrated_database_without_a_ledger_is_opened(database_url: str) -> None:
    """The tables are there, nothing was adopted yet: starting adopts it."""
    migrate(database_url)
    start(database_url)


SPOILED = {
    "newer": ("UPDATE alembic_version SET version_num = '9999'", DatabaseNewer),
    "half": ("DROP TABLE idempotency", DatabaseHalfMigrated),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_database_that_must_not_be_served_stops_the_start(database_url: str, how: str) -> None:
    """A newer and a half migrated one are refused by name when the service starts."""
    statement, refusal = SPOILED[how]
    start(database_url)
    spoil(database_url, statement)
    with pytest.raises(refusal), TestClient(create_app(Settings(database_url=database_url))):
        pass


def spoil(url: str, statement: str) -> None:
    with writing(open_migration_engine(url)) as connection:
        connection.execute(text(statement))


def test_a_foreign_database_stops_the_start(database_url: str) -> None:
    """One that holds something else is left alone."""
    spoil(database_url, "CREATE TABLE customers (id integer)")
    with pytest.raises(DatabaseForeign), TestClient(create_app(Settings(database_url=database_url))):
        pass


@pytest.mark.parametrize("how", SPOILED)
def test_readiness_follows_the_database(database_url: str, how: str) -> None:
    """While it fits 200; once it no longer does 503 with the reason and Retry-After; the process still lives."""
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        assert client.get("/readyz").status_code == 200
        spoil(database_url, SPOILED[how][0])
        if how == "newer":  # as long as its tables have what this version needs, it goes on (docs/upgrades.md)
            assert client.get("/readyz").status_code == 200
            spoil(database_url, "UPDATE read_model_build SET serves_from = '9999'")
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.headers["retry-after"] == "2"
        assert response.json()["type"] == "/problems/not-ready"
        assert response.json()["remedy"]
        assert client.get("/healthz").status_code == 200


def test_a_busy_database_is_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Busy becomes 503 with Retry-After and the advice to use the same key again."""

    def busy(*_: Any, **__: Any) -> None:
        raise Busy("数据库被其他写入占用", "the database is held by another writer")

    uscc = world.filed()
    monkeypatch.setattr("domain.ledger.ledger.UnitOfWork.record", busy)
    response = world.association.post(f"/v1/agencies/{uscc}/lapses", {"item": 4, "occurred_on": "2024-05-20"})
    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert response.json()["type"] == "/problems/busy"


def test_what_is_recorded_is_sealed_soon(own_world: World) -> None:
    """Without anybody's doing, the log index of an event comes within seconds."""
    own_world.filed()
    with own_world.service.ledger.reading() as reader:
        events = reader.connection.scalar(text("SELECT count(*) FROM events"))
    until = time.monotonic() + 20
    sealed = 0
    while sealed < events and time.monotonic() < until:
        time.sleep(0.1)
        with own_world.service.ledger.reading() as reader:
            sealed, _ = reader.sealed()
    assert sealed == events


def test_the_housekeeper_outlives_its_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in one round is tried again in the next; `stop` ends the thread."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    engine = open_engine(url)
    make_ready(engine, Settings(database_url=url))
    rounds: list[int] = []

    def fails(_: Any) -> int:
        rounds.append(1)
        raise RuntimeError("no luck")

    monkeypatch.setattr("api.application.background.housekeeper.seal", fails)
    settings = Settings(database_url=url, seal_seconds=0.01)
    housekeeper = Housekeeper(engine, settings, CheckpointSigner(engine, settings), ReadingLog(engine))
    housekeeper.start()
    assert sys.getswitchinterval() <= 0.001, "a page would wait 5 ms for the interpreter at each of its queries"
    until = time.monotonic() + 20
    while len(rounds) < 3 and time.monotonic() < until:
        housekeeper.recorded()
        time.sleep(0.01)
    housekeeper.stop()
    assert len(rounds) >= 3
    assert not housekeeper._thread.is_alive()
    engine.dispose()


def test_a_bad_holiday_overlay_stops_the_start(database_url: str, tmp_path: Path) -> None:
    """The operators' file is read before anything is adopted, so that a wrong one is not found years later."""
    overlay = tmp_path / "overlay.toml"
    overlay.write_text("[nonsense]\n", encoding="utf-8")
    settings = Settings(database_url=database_url, holiday_overlay=overlay)
    with pytest.raises(Exception, match="nonsense"), TestClient(create_app(settings)):
        pass


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`STEWARD_…` variables set what the flags set; the default database is a file in the data folder."""
    monkeypatch.setenv("STEWARD_PORT", "9123")
    monkeypatch.setenv("STEWARD_DATA_DIR", "somewhere")
    monkeypatch.delenv("STEWARD_DATABASE_URL", raising=False)
    settings = Settings()
    assert (settings.port, settings.database) == (9123, "sqlite:///somewhere/steward.db")
    assert issubclass(DatabaseNewer, DatabaseRefused)


def test_serving_ends_in_order_and_logs_json(tmp_path: Path) -> None:
    """A real process: it serves, every line of its log is a JSON object, and a signal ends it without a failure."""
    port = free_port()
    code = (
        "from pathlib import Path; from api.server import serve; from api.settings import Settings; "
        f"serve(Settings(data_dir=Path({str(tmp_path)!r}), port={port}))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(json.loads(line))
            if lines[-1]["event"] == "serving":
                assert lines[-1]["address"] == f"http://127.0.0.1:{port}/"
                process.send_signal(signal.SIGTERM)
    assert process.returncode in (0, -signal.SIGTERM)
    assert {one["level"] for one in lines} == {"info"}
    assert "Finished server process" in lines[-1]["event"]
    assert (tmp_path / "steward.db").exists()


def test_serving_a_newer_database_is_refused_by_name(tmp_path: Path) -> None:
    """Whoever starts the service gets the refusal itself, before a port is opened."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    start(url)
    spoil(url, SPOILED["newer"][0])
    code = f"from api.server import serve; from api.settings import Settings; serve(Settings(database_url={url!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "DatabaseNewer" in done.stderr
