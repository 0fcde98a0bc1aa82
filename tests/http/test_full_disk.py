"""A disk that is full, and a folder of checkpoints that cannot be written: nothing half, and all goes on afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background.checkpoint_signer import proven_up
from api.cli.operating.auditing import audited
from api.settings import Settings
from domain.store.db.engine import reading
from domain.store.db.schema import events
from domain.store.proof.checkpoint_archive import kept_in
from domain.values import Role
from tests.http.world import World, body_of


class Disk:
    """Lets a SQLite file grow by so many pages and no more, on each of an engine's connections."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._pages = engine, 0
        event.listen(engine, "checkout", self._limit)

    def _limit(self, dbapi: Any, *_: Any) -> None:
        if self._pages:
            dbapi.execute(f"PRAGMA max_page_count = {self._pages}")

    def fill(self) -> None:
        """No more than one page from now on."""
        with reading(self._engine) as connection:
            self._pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one()) + 1

    def free(self) -> None:
        """As much as anybody wants."""
        self._pages = 2**31


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[World, Settings]]:
    """A service on SQLite with its checkpoints in a folder of its own."""
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'ledger.db'}", checkpoint_dir=tmp_path / "checkpoints")
    with TestClient(create_app(settings)) as client:
        yield World(client), settings


def recorded(world: World) -> int:
    """How many events there are."""
    with world.service.ledger.reading() as reader:
        return reader.connection.scalar(select(func.count()).select_from(events)) or 0


def all_is_whole(world: World, settings: Settings) -> None:
    """Everything can be sealed and signed, is kept outside as well, and the audit finds nothing."""
    signed = proven_up(world.service.ledger, world.service.notary)
    assert signed is not None
    assert signed.size == recorded(world)
    done = audited(world.service.ledger, settings)
    assert (done.found, done.others) == ([], [])
    kept = {one.size for one in kept_in(settings.checkpoints, world.service.notary.origin)}
    assert signed.size in kept


def test_on_a_full_disk_what_is_refused_is_not_there(place: tuple[World, Settings]) -> None:
    """503 that names the disk, and nothing of it recorded; questions are answered; with room the same key records."""
    world, settings = place
    uscc = world.filed()
    disk = Disk(world.service.ledger.engine)
    disk.fill()
    path, body = f"/v1/agencies/{uscc}/lapses", {**body_of("RecordLapse"), "note": "事" * 4000}
    answers, acknowledged = [], 0
    for number in range(40):
        answers.append(world.association.post(path, body, Idempotency_Key=f"k-{number}"))
        acknowledged += answers[-1].status_code == 201
        if answers[-1].status_code != 201:
            break
    refused = answers[-1]
    assert refused.status_code == 503, refused.text
    assert "disk" in refused.json()["detail_en"]
    assert refused.json()["remedy"]
    assert refused.headers["retry-after"]
    last = f"k-{len(answers) - 1}"
    lapses = [one for one in world.trail(uscc) if one["type"] == "LapseRecorded"]
    assert len(lapses) == acknowledged
    assert world.association.get(f"/v1/agencies/{uscc}/standing").status_code == 200
    assert world.stranger.get("/healthz").status_code == 200
    world.service.housekeeper.tidy()  # it fails for the same reason, and lives on
    disk.free()
    again = world.association.post(path, body, Idempotency_Key=last)
    assert again.status_code == 201
    assert "idempotent-replayed" not in again.headers
    all_is_whole(world, settings)


def test_recording_goes_on_while_the_checkpoints_cannot_be_kept(place: tuple[World, Settings]) -> None:
    """Facts are recorded; who needs a new checkpoint is told 503 and why; all is made up for afterwards."""
    world, settings = place
    uscc = world.filed()
    proven_up(world.service.ledger, world.service.notary)
    aside = settings.checkpoints.with_name("aside")
    settings.checkpoints.rename(aside)
    settings.checkpoints.write_text("in the way", "utf-8")
    world.done("RecordLapse", uscc)
    world.service.housekeeper.tidy()
    auditor = world.people[Role.AUDITOR]
    refused = auditor.get(f"/v1/agencies/{uscc}/certificate")
    assert refused.status_code == 503, refused.text
    assert refused.json()["type"] == "/problems/not-ready"
    assert "STEWARD_CHECKPOINT_DIR" in refused.json()["remedy_en"]
    assert refused.headers["retry-after"]
    world.must(world.association.post(f"/v1/agencies/{uscc}/pledge", body_of("SignPledge")))
    assert world.association.get(f"/v1/agencies/{uscc}/standing").status_code == 200
    settings.checkpoints.unlink()
    aside.rename(settings.checkpoints)
    world.service.housekeeper.tidy()
    assert auditor.get("/v1/log/checkpoint").status_code == 200
    all_is_whole(world, settings)
