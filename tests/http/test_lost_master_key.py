"""The master key is lost for good: the ledger goes on, what it wrapped counts as erased, and nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.application.privacy import erasing_subjects
from api.settings import Settings
from domain.errors import Contradiction
from domain.events import SubjectErased
from domain.ledger.ledger import Ledger
from domain.store.db.engine import open_engine
from domain.store.keys.master_key import CURRENT, MasterKeyMissing, use_keys
from domain.store.keys.wrapping import health
from domain.values import LEDGER_STREAM
from projections.rows.write.projector import open_ledger
from tests.http.world import World


def kept(world: World, uscc: str, version: int) -> list[bytes]:
    """Answers on a basis before the loss: personal data stands in none of them."""
    basis = {"as_of": "2024-12-31", "known_at": f"version:{version}"}
    ask = world.association.get
    return [ask(f"/v1/agencies/{uscc}/{what}", **basis).content for what in ("standing", "sheets/2024")]


def erasures(ledger: Ledger) -> list[SubjectErased]:
    with ledger.reading() as reader:
        return [event for event in reader.events(LEDGER_STREAM) if isinstance(event, SubjectErased)]


def test_the_ledger_goes_on_without_it(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused as long as the key is there; interrupted and gone on with; then scores are the same bytes, names are
    erased by one event each, and new names can be recorded and read."""
    settings = Settings(database_url=database_url, key_dir=tmp_path / "own keys")  # the others share a folder
    with TestClient(create_app(settings)) as client:
        world = World(client)
        uscc = world.assessed(year=2024)
        world.id_of("ReceiveComplaint", uscc, complainant="赫连城", note="电话 13800138000")
        version = len(world.trail(uscc))
        before = kept(world, uscc, version)
        subjects = world.association.get(f"/v1/agencies/{uscc}/subjects", limit=500).json()["items"]
        assert "赫连城" in str(subjects)
        with pytest.raises(Contradiction, match="no master key is missing"):
            erasing_subjects.give_up(world.service.ledger, "王主任")
    (settings.keys / CURRENT).unlink()
    with pytest.raises(MasterKeyMissing), TestClient(create_app(settings)):
        pass

    engine = open_engine(database_url)
    use_keys(engine, settings.keys)
    ledger = open_ledger(engine)
    monkeypatch.setattr(erasing_subjects, "BATCH", 2)
    some, runs = erasing_subjects._give_up_some, []

    def interrupted(*given: Any) -> int:
        runs.append(given)
        if len(runs) == 2:
            raise KeyboardInterrupt
        return some(*given)

    monkeypatch.setattr(erasing_subjects, "_give_up_some", interrupted)
    with pytest.raises(KeyboardInterrupt):
        erasing_subjects.give_up(ledger, "王主任")
    assert len(erasures(ledger)) == 2
    with pytest.raises(MasterKeyMissing), TestClient(create_app(settings)):
        pass
    lost, count = erasing_subjects.give_up(ledger, "王主任")
    events = erasures(ledger)
    assert len(lost) == 1
    assert len(events) == count + 2
    assert {event.subject for event in events} >= {one["subject"] for one in subjects}
    assert {(event.ground, event.reference) for event in events} == {(erasing_subjects.LOST, f"master key {lost[0]}")}
    found = health(engine)
    assert (found.missing, found.unreadable, found.erased) == ([], [], len(events))
    engine.dispose()

    with TestClient(create_app(settings)) as client:
        world = World(client)
        assert kept(world, uscc, version) == before
        _require_erased(world.association.get(f"/v1/agencies/{uscc}/subjects", limit=500).json()["items"])
        assert "赫连城" not in str(world.trail(uscc))
        world.id_of("ReceiveComplaint", uscc, complainant="欧阳明")
        assert "欧阳明" in str(world.trail(uscc))


def _require_erased(subjects: Sequence[dict[str, Any]]) -> None:
    assert subjects
    for one in subjects:
        assert one["erased_at"] is not None
        assert all(place["text"] == {"erased": True} for place in one["places"])
