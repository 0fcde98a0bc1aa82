"""An event that cannot be read keeps nobody from what is of others: hints, messages, a start (R37, R40, R41)."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.starting import make_ready
from domain.errors import Unreadable
from domain.events import Event
from domain.ledger import inheriting
from domain.ledger.reader import Reader
from domain.values import Role, agency_stream
from projections.rows.write.hint_rows import bring_up
from tests.http.test_messages import Somebody, told
from tests.http.test_successions import standing, succeed
from tests.http.world import World, today
from tests.proof.tampering import Tamperer


def _unreadable(patch: pytest.MonkeyPatch, bad: str) -> None:
    """From now on an event of this agency cannot be read."""
    real = Reader.events

    def events(reader: Reader, stream: str) -> tuple[Event, ...]:
        if stream == agency_stream(bad):
            raise Unreadable("position 7: no such event")
        return real(reader, stream)

    patch.setattr(Reader, "events", events)


def test_hints_of_the_others_are_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer says that one agency's are behind; who works them out does the others first, then names it."""
    bad, good = world.filed(), [world.filed() for _ in range(3)]
    _unreadable(monkeypatch, bad)
    lapse = {"item": 5, "occurred_on": "2024-01-11"}
    assert world.association.post(f"/v1/agencies/{bad}/lapses", lapse).status_code == 201
    for path in ("/v1/hints", "/v1/hints/groups", "/v1/matters", "/v1/matters/counts"):
        answer = world.association.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.json()["hints_behind"]["agencies"] == 1, path
    with pytest.raises(Unreadable, match="position 7"):
        bring_up(world.service.ledger)
    monkeypatch.undo()
    assert bring_up(world.service.ledger)
    assert "hints_behind" not in world.association.get("/v1/hints").json()
    assert len(good) == 3


@pytest.mark.shows("R38", "R41")
def test_people_are_told_of_what_happens_at_all_others(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an annulment there those are told still who were told of the annulled record itself."""
    world = own_world
    bad, good = world.filed(), world.filed()
    theirs, ours = (Somebody(world, Role.AGENCY, uscc) for uscc in (bad, good))
    record = world.id_of("EnterBadRecord", bad, entered_on=today())
    told(world)
    world.done("AnnulEvent", bad, event_id=record)
    world.done("EnterBadRecord", good, entered_on=today())
    with monkeypatch.context() as patch:
        _unreadable(patch, bad)
        told(world)
    assert ours.kinds(good) == ["bad_record"]
    assert theirs.kinds(bad) == ["bad_record", "corrected"]


@pytest.mark.shows("art.12", "R43")
def test_the_service_starts_and_judges_other_successions_again(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an earlier version let go over is mended but at the agency that cannot be read; once it can, there too."""
    world = own_world
    pairs = [(world.filed(), world.filed()) for _ in range(2)]
    with monkeypatch.context() as before:
        before.setattr(inheriting, "_is_of_before", lambda *_: True)
        for whole, part in pairs:
            world.must(succeed(world, whole, whole, part, kind="division", effective_on="2026-04-01"))
            world.upheld(whole, "2026-05-04")
    parts = [part for _, part in pairs]
    for bad, _ in pairs:
        with monkeypatch.context() as patch:
            _unreadable(patch, bad)
            make_ready(world.service.ledger.engine, world.service.settings)
        if bad == pairs[0][0]:
            assert [standing(world, one)["sanction"]["tier"] for one in parts] == ["recorded", "none"]
    assert [standing(world, one)["sanction"]["tier"] for one in parts] == ["none", "none"]


def test_who_asks_about_that_agency_itself_is_told_which_event(database_url: str, tmp_path: Path) -> None:
    """A problem of its own name, not a general failure: what, which event, what to do; of others all is answered."""
    settings = Settings(database_url=database_url, data_dir=tmp_path, key_dir=tmp_path / "keys")
    with TestClient(create_app(settings)) as client:
        world = World(client)
        good, bad = world.filed(), world.filed()
        event_id = world.id_of("RecordLapse", bad, occurred_on="2024-03-04")
    value = "X'FF'" if database_url.startswith("sqlite") else "'\\xFF'"
    Tamperer(database_url).run(f"UPDATE events SET state = {value} WHERE event_id = '{event_id}'")  # noqa: S608  # ours
    with TestClient(create_app(settings)) as client:
        again = World(client)
        for path in ("events", "timeline", "certificate"):
            answer = again.association.get(f"/v1/agencies/{bad}/{path}")
            said = answer.json()
            assert (answer.status_code, said.get("type")) == (500, "/problems/unreadable"), (path, said)
            assert event_id in said["detail"], path
            assert event_id in said["detail_en"], path
            assert "steward audit" in said["remedy_en"], path
            assert again.association.get(f"/v1/agencies/{good}/{path}").status_code == 200, path
        assert again.stranger.get("/problems/unreadable").status_code == 200
