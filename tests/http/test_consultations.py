"""Who looked at what about whom is kept, completely, by nobody to be changed, and shown to the auditor alone."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from api.app import create_app
from api.application.privacy import reading_log
from api.settings import Settings
from domain.errors import Busy
from domain.store.access import access_log as consultations
from domain.store.access.access_log import LEAST_DAYS, Consultation
from domain.store.db.engine import open_engine, open_migration_engine, reading, writing
from domain.store.db.schema import consultations as table
from domain.values import LEDGER_STREAM, Role, instant
from tests.http.test_quick_standing import counted
from tests.http.world import World, new_uscc

BASIS = {"as_of": "2024-06-30", "known_at": "version:1"}


def consulted(world: World, **query: Any) -> list[dict[str, Any]]:
    """What the auditor reads of it, the first answered first."""
    response = world.people[Role.AUDITOR].get("/v1/consultations", limit=500, **query)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found[::-1]


def test_every_question_about_one_agency_is_noted(world: World) -> None:
    """All of them, whoever asked, with route and basis as asked; also what-if and an answer that was not changed."""
    uscc, asker = world.filed(), world.person(Role.COMMITTEE)
    base = f"/v1/agencies/{uscc}"
    asked: list[tuple[str, dict[str, str], str | None]] = [
        ("standing", BASIS, None),
        ("sheets/2024", BASIS, "year=2024"),
        ("timeline", {"from": "2024-01-01"}, "from=2024-01-01"),
        ("events", {}, None),
        ("comparison", {**BASIS, "as_of_2": "2024-07-01"}, "as_of_2=2024-07-01"),
        ("hints", {}, None),
        ("subjects", {"q": "陈国栋"}, None),
    ]
    for path, query, _ in asked:
        assert world.client.get(f"{base}/{path}", params=query, headers=asker.headers).status_code == 200
    etag = asker.get(f"{base}/standing", **BASIS).headers["etag"]
    assert asker.get(f"{base}/standing", {"If-None-Match": etag}, **BASIS).status_code == 304
    assert asker.post(f"{base}/what-if?as_of=2024-06-30", {}).status_code == 200
    rows = consulted(world, uscc=uscc, person=asker.person_id)
    names = [f"GET /v1/agencies/{{uscc}}/{path.replace('2024', '{year}')}" for path, _, _ in asked]
    expected = [*names, *["GET /v1/agencies/{uscc}/standing"] * 2, "POST /v1/agencies/{uscc}/what-if"]
    assert [row["route"] for row in rows] == expected
    for row, (_, query, more) in zip(rows, asked, strict=False):
        assert (row["as_of"], row["known_at"]) == (query.get("as_of"), query.get("known_at"))
        assert row["asked"] == more
        assert (row["role"], row["via"], row["person_name"]) == ("committee", "api", "committee 人员")
        assert row["agency"] == {"uscc": uscc}
    assert rows[-1]["as_of"] == "2024-06-30"


def test_appeals_and_dossiers_are_about_their_agency(world: World) -> None:
    """The path names no agency; the record does."""
    appeal, asker = world.appeal(), world.person(Role.COMMITTEE)
    for path in (f"/v1/appeals/{appeal}", f"/v1/appeals/{appeal}/dossier"):
        assert asker.get(path).status_code == 200
    rows = consulted(world, uscc=world.appealable(), person=asker.person_id)
    assert [(row["route"], row["asked"]) for row in rows] == [
        ("GET /v1/appeals/{id}", f"id={appeal}"),
        ("GET /v1/appeals/{id}/dossier", f"id={appeal}"),
    ]


def test_proof_of_an_event_is_about_its_agency(world: World) -> None:
    """A receipt gives what was recorded; of an event of the law it is about nobody."""
    uscc, asker = world.filed(), world.person(Role.COMMITTEE)
    with world.service.ledger.reading() as reader:
        law = reader.events(LEDGER_STREAM)[0].id
    for event_id in (world.trail(uscc)[0]["id"], law):
        for path in ("/v1/log/inclusion", "/v1/log/receipt"):
            assert asker.get(path, event_id=event_id).status_code == 200
    rows = consulted(world, uscc=uscc, person=asker.person_id)
    assert [row["route"] for row in rows] == ["GET /v1/log/inclusion", "GET /v1/log/receipt"]
    assert len(consulted(world, person=asker.person_id)) == 2


def test_the_short_way_of_standing_is_noted_too(world: World) -> None:
    """With its answer from one statement, and again from none."""
    uscc, asker = world.filed(), world.person(Role.REGULATOR)
    with counted(world) as reads:
        assert asker.get(f"/v1/agencies/{uscc}/standing").status_code == 200
        assert reads.found == 1
    assert len(consulted(world, uscc=uscc, person=asker.person_id)) == 1


def test_what_is_not_answered_or_about_nobody_is_not_noted(world: World) -> None:
    """Refusals, lists of the district, the law, and what anybody may read without a token."""
    uscc, asker = world.filed(), world.person(Role.AUDITOR)
    for path in (
        f"/v1/agencies/{new_uscc()}/standing",
        "/v1/agencies",
        "/v1/statistics",
        "/v1/rulebooks",
        "/v1/public/agencies",
    ):
        asker.get(path)
    assert asker.get(f"/v1/agencies/{uscc}/standing", as_of="soon").status_code == 422
    assert world.person(Role.AGENCY, world.filed()).get(f"/v1/agencies/{uscc}/standing").status_code == 404
    assert consulted(world, person=asker.person_id) == []
    assert consulted(world, uscc=uscc) == []


def test_the_auditor_reads_it_in_pages_and_nobody_else(world: World) -> None:
    """Every other role is refused; pages hang together while reading goes on; days are Shanghai's, both included."""
    uscc = world.filed()
    for _ in range(5):
        world.association.get(f"/v1/agencies/{uscc}/standing")
    auditor = world.people[Role.AUDITOR]
    first = auditor.get("/v1/consultations", uscc=uscc, limit=3).json()
    world.association.get(f"/v1/agencies/{uscc}/standing")
    second = auditor.get("/v1/consultations", uscc=uscc, limit=3, cursor=first["next_cursor"]).json()
    assert [len(first["items"]), len(second["items"]), second["next_cursor"]] == [3, 2, None]
    assert len({row["at"] for row in first["items"] + second["items"]}) == 5
    day = datetime.now(UTC).astimezone().date()
    far = {"from_": day + timedelta(days=3)}
    assert consulted(world, uscc=uscc, from_=day - timedelta(days=2), to=day + timedelta(days=2))
    assert consulted(world, uscc=uscc, **far) == []
    assert consulted(world, uscc=uscc, to=day - timedelta(days=3)) == []
    for role in set(Role) - {Role.AUDITOR}:
        assert world.speaker(role, uscc).get("/v1/consultations").status_code == 403
    assert auditor.get("/v1/consultations", uscc="nobody").status_code == 422


def rows_of(url: str) -> int:
    engine = open_engine(url)
    with reading(engine) as connection:
        found = connection.scalar(select(func.count()).select_from(table))
    engine.dispose()
    return int(found or 0)


def test_a_stop_writes_down_what_waits(database_url: str) -> None:
    """Answered just before the end: it is there afterwards."""
    with TestClient(create_app(Settings(database_url=database_url, seal_seconds=60))) as client:
        world = World(client)
        uscc = world.filed()
        for _ in range(20):
            world.association.get(f"/v1/agencies/{uscc}/events")
    assert rows_of(database_url) == 20


def test_when_too_many_wait_the_answer_waits_and_a_failure_refuses_it(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the bound they are written by who comes next; if that fails, nobody is answered, and none is lost."""
    uscc = own_world.filed()
    own_world.service.housekeeper.stop()
    monkeypatch.setattr(reading_log, "MOST_WAITING", 3)

    def busy(*_: Any) -> None:
        raise Busy("数据库被其他写入占用", "the database is held by another writer")

    def asked() -> int:
        return int(own_world.association.get(f"/v1/agencies/{uscc}/standing").status_code)

    with monkeypatch.context() as broken:
        broken.setattr("domain.store.access.access_log.note", busy)
        assert [asked() for _ in range(4)] == [200, 200, 503, 503]
    assert asked() == 200
    assert len(consulted(own_world, uscc=uscc)) == 5


def test_many_threads_write_each_once(own_world: World) -> None:
    """Flushing at the same time from several threads neither loses nor doubles a row."""
    uscc = own_world.filed()
    for _ in range(40):
        own_world.association.get(f"/v1/agencies/{uscc}/standing")
    threads = [threading.Thread(target=own_world.service.readings.flush) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(consulted(own_world, uscc=uscc)) == 40


def _aged(days: float) -> Consultation:
    at = instant(datetime.now(UTC) - timedelta(days=days))
    return Consultation(at, "p", "auditor", "api", "91441300MA4X2Y7K18", "GET x", None, None, None)


def test_the_database_keeps_them(own_world: World) -> None:
    """Changing is refused to everybody, deleting as long as a row is younger than the least time, emptying too."""
    engine = own_world.service.ledger.engine
    with writing(engine) as connection:
        consultations.note(connection, [_aged(LEAST_DAYS - 0.1)])
    statements = ["UPDATE consultations SET uscc = 'x'", "DELETE FROM consultations"]
    statements += ["TRUNCATE consultations"] if engine.dialect.name == "postgresql" else []
    if engine.dialect.name == "sqlite":
        statements.append(
            "INSERT OR REPLACE INTO consultations (id, at, person_id, role, via, uscc, route) "
            "SELECT id, at, 'x', role, via, uscc, route FROM consultations"
        )
    for opened in (engine, open_migration_engine(engine.url)):
        for statement in statements:
            with pytest.raises(DBAPIError), writing(opened) as connection:
                connection.execute(text(statement))
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM consultations WHERE uscc <> 'x'")) == 1


def test_the_housekeeper_deletes_what_is_too_old(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the setting, piece by piece, under the rights of serving; what is younger stays."""
    monkeypatch.setattr(consultations, "PIECE", 4)
    service = own_world.service
    with writing(service.ledger.engine) as connection:
        consultations.note(connection, [_aged(1100)] * 9 + [_aged(1090)] * 2)
    service.housekeeper._pruned -= 10_000
    for _ in range(4):
        service.housekeeper._prune()
    with service.ledger.reading() as reader:
        assert reader.connection.scalar(text("SELECT count(*) FROM consultations")) == 2


def test_the_setting_cannot_be_shorter_than_what_the_database_keeps() -> None:
    """Else the housekeeper would fail every hour."""
    with pytest.raises(ValueError, match="reading_days"):
        Settings(reading_days=LEAST_DAYS - 1)
