"""A person is forgotten on a lawful request: nobody reads the texts any more, and nothing else changes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, select

from domain.store.db.schema import events, vault
from domain.store.keys.master_key import keys_of
from domain.store.log.sequencer import seal
from domain.values import Role
from tests.http.test_quick_standing import counted
from tests.http.world import World, body_of, certificate_of, new_uscc, today

GROUND = {"erased_on": "2025-05-20", "ground": "本人依法请求删除", "reference": "湾安协受〔2025〕7 号"}


def listed(world: World, uscc: str, **query: Any) -> list[dict[str, Any]]:
    """The subjects at an agency as the association reads them."""
    response = world.association.get(f"/v1/agencies/{uscc}/subjects", limit=500, **query)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def subject_of(world: World, uscc: str, text: str) -> str:
    """The only subject whose texts say this."""
    (found,) = listed(world, uscc, q=text)
    return str(found["subject"])


def erase(world: World, subject: str, **changes: Any) -> Any:
    return world.association.post(f"/v1/subjects/{subject}/erasure", {**GROUND, **changes})


def contested(world: World) -> tuple[str, str]:
    """An agency with people, complaints and a decided appeal: its code and the appeal."""
    uscc = world.assessed(year=2024)
    complaint = world.id_of("ReceiveComplaint", uscc, complainant="赫连城", note="电话 13800138000")
    decision = world.done("DecideComplaint", uscc, complaint, findings="赫连城所述属实")["events"][0]["id"]
    world.publish(2024)
    body = {
        "year": 2024,
        "filed_on": "2025-03-12",
        "appellant": {"kind": "practitioner", "name": "林晓梅"},
        "grounds": "赫连城与本机构有纠纷",
        "disputed_event_ids": [decision],
    }
    appeal = world.must(world.association.post(f"/v1/agencies/{uscc}/appeals", body))["ids"]["appeal"]
    return uscc, str(appeal)


def answers(world: World, uscc: str, appeal: str) -> dict[str, str]:
    """Every answer that shows what people are named in, as the association reads it."""
    ask = world.association.get
    paths: dict[str, tuple[str, dict[str, Any]]] = {
        "trail": (f"/v1/agencies/{uscc}/events", {"limit": 500}),
        "subjects": (f"/v1/agencies/{uscc}/subjects", {"limit": 500}),
        "appeal": (f"/v1/appeals/{appeal}", {}),
        "appeals": ("/v1/appeals", {"status": "all"}),
        "impacts": ("/v1/impacts", {"status": "all"}),
        "decisions": ("/v1/assessments/2024/events", {}),
        "log": ("/v1/log", {"limit": 500}),
        "hints": (f"/v1/agencies/{uscc}/hints", {"status": "all"}),
    }
    found = {}
    for name, (path, query) in paths.items():
        response = ask(path, **query)
        assert response.status_code == 200, response.text
        assert "immutable" not in response.headers["cache-control"], "what may be erased is not to be kept for ever"
        found[name] = response.text
    with zipfile.ZipFile(io.BytesIO(ask(f"/v1/appeals/{appeal}/dossier").content)) as archive:
        found["dossier"] = "\n".join(archive.read(one).decode("utf-8", "replace") for one in archive.namelist())
    return found


def test_what_was_erased_is_shown_nowhere_and_the_rest_stays(own_world: World) -> None:
    """Trail, appeal, dossier, lists: the texts are gone, marked as erased; results and hashes are the same bytes."""
    world = own_world
    uscc, appeal = contested(world)
    before = answers(world, uscc, appeal)
    kept = [
        world.association.get(f"/v1/agencies/{uscc}/{what}", as_of="2024-12-31", known_at="version:6").content
        for what in ("standing", "sheets/2024")
    ]
    with world.service.ledger.reading() as reader:
        leaves = set(reader.connection.execute(select(events.c.event_id, events.c.state, events.c.leaf_hash)))
    assert "赫连城" in before["trail"] + before["appeal"]
    for row in listed(world, uscc):
        if "赫连城" in str(row) or "13800138000" in str(row):
            world.must(erase(world, row["subject"]))
    after = answers(world, uscc, appeal)
    for name, text in after.items():
        assert "赫连城" not in text, name
        assert "13800138000" not in text, name
    for name in ("trail", "subjects", "appeal", "dossier"):
        assert '"erased"' in after[name], name
        assert "林晓梅" in after["trail"], "nobody else is forgotten"
    assert kept == [
        world.association.get(f"/v1/agencies/{uscc}/{what}", as_of="2024-12-31", known_at="version:6").content
        for what in ("standing", "sheets/2024")
    ]
    with world.service.ledger.reading() as reader:
        now = set(reader.connection.execute(select(events.c.event_id, events.c.state, events.c.leaf_hash)))
    assert leaves < now


def test_the_erasure_itself_is_recorded(own_world: World) -> None:
    """One event on the ledger's own stream, by who decided it, with its ground; a retry gives the first answer."""
    world = own_world
    subject = subject_of(world, world.filed(), "陈国栋")
    path = f"/v1/subjects/{subject}/erasure"
    first = world.association.post(path, GROUND, Idempotency_Key="e-1")
    again = world.association.post(path, GROUND, Idempotency_Key="e-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert first.json() == again.json()
    event = first.json()["events"][0]
    assert (first.json()["subject"], event["type"], event["occurred_on"]) == (subject, "SubjectErased", "2025-05-20")
    while seal(world.service.ledger.engine):
        pass
    entry = world.association.get("/v1/log", limit=500).json()["items"][-1]
    assert (entry["id"], entry["stream"], entry["agency"]) == (event["id"], "ledger", None)
    assert GROUND["ground"] in entry["state"]
    assert f'"actor":"{world.association.person_id}"' in entry["state"]
    trail = world.association.post(
        f"/v1/agencies/{world.filed()}/annulments",
        {"event_id": event["id"], "annulled_on": today(), "reason": "x", "basis": "y"},
    )
    assert trail.status_code == 422


def test_refusals(world: World) -> None:
    """Unknown 404, twice 409, a day to come 422, another role 403, a field too much 422; nothing of it is recorded."""
    subject = subject_of(world, world.filed(), "陈国栋")
    for role in set(Role) - {Role.ASSOCIATION}:
        assert world.speaker(role, new_uscc()).post(f"/v1/subjects/{subject}/erasure", GROUND).status_code == 403
    for unknown in ("nobody", "x" * 200):
        assert erase(world, unknown).status_code == 404
    assert erase(world, subject, erased_on="2099-01-01").json()["errors"][0]["pointer"] == "/erased_on"
    assert erase(world, subject, name="陈国栋").status_code == 422
    assert erase(world, subject).status_code == 201
    refused = erase(world, subject)
    assert refused.status_code == 409
    assert today() in refused.json()["detail"]


def test_the_same_certificate_makes_a_new_subject(world: World) -> None:
    """Who is recorded again afterwards is a new subject: the two cannot be told to be one by their id."""
    uscc = world.filed()
    number = certificate_of(uscc)
    old = subject_of(world, uscc, number)
    erase(world, old)
    member = {**body_of("FileAgency")["personnel"][0], "certificate_no": number}
    world.done("ReportChange", uscc, fields={"personnel": [member]})
    new = subject_of(world, uscc, number)
    assert new != old
    (row,) = [row for row in listed(world, uscc) if row["subject"] == old]
    assert row["erased_at"] is not None
    assert {str(place["text"]) for place in row["places"]} == {"{'erased': True}"}


def test_the_key_is_gone_from_the_database_and_its_files(own_world: World) -> None:
    """Neither the key nor its wrapped form is in any row, nor, for SQLite, in the bytes of its files."""
    world = own_world
    uscc = world.filed()
    for _ in range(5):
        world.done("RecordInspection", world.filed(), findings="隐患已整改")
    subject = subject_of(world, uscc, "陈国栋")
    engine = world.service.ledger.engine
    with world.service.ledger.reading() as reader:
        row = reader.connection.execute(select(vault).where(vault.c.subject_id == subject)).one()
        plain = keys_of(reader.connection).named(row.master).unwrap(f"vault/{subject}", bytes(row.key))
    wrapped = bytes(row.key)
    if engine.dialect.name == "sqlite":
        assert wrapped in raw(world)
    world.must(erase(world, subject))
    world.service.housekeeper.tidy()
    with world.service.ledger.reading() as reader:
        gone = reader.connection.execute(select(vault).where(vault.c.subject_id == subject)).one()
        assert (bytes(gone.key), gone.master, gone.hint) == (b"", None, None)
        assert not any(one in (plain, wrapped) for one in reader.connection.scalars(select(vault.c.key)))
    if engine.dialect.name == "sqlite":
        left = raw(world)
        pieces = [one[at : at + 8] for one in (plain, wrapped) for at in range(len(one) - 7)]
        assert not [piece for piece in pieces if piece in left], "not even a piece of it"


def raw(world: World) -> bytes:
    """All that lies on disk of the database: the file, its log and whatever is beside it."""
    file = Path(make_url(world.service.ledger.engine.url).database or "")
    return b"".join(one.read_bytes() for one in file.parent.iterdir() if one.name.startswith(file.name))


def test_subjects_are_listed_in_pages_for_readers_only(world: World) -> None:
    """With cursor, filter, and pointers that lead to the field in the trail; the agency itself does not read it."""
    uscc = world.filed()
    world.done("ReceiveComplaint", uscc)
    every = listed(world, uscc)
    first = world.association.get(f"/v1/agencies/{uscc}/subjects", limit=2).json()
    second = world.association.get(f"/v1/agencies/{uscc}/subjects", limit=2, cursor=first["next_cursor"]).json()
    assert [*first["items"], *second["items"]] == every[:4]
    trail = {row["id"]: row for row in world.trail(uscc)}
    for row in every:
        for place in row["places"]:
            value: Any = trail[place["event"]]
            for step in place["pointer"].split("/")[1:]:
                value = value[int(step)] if step.isdecimal() else value[step]
            assert value == place["text"]
    assert world.person(Role.AGENCY, uscc).get(f"/v1/agencies/{uscc}/subjects").status_code == 403


def test_quick_answers_go_on(own_world: World) -> None:
    """An erasure adds to the ledger's stream; the short way of `standing` takes note and is short again."""
    uscc = own_world.filed()
    path = f"/v1/agencies/{uscc}/standing"
    own_world.association.get(path)
    own_world.must(erase(own_world, subject_of(own_world, uscc, "陈国栋")))
    own_world.association.get(path)
    with counted(own_world) as reads:
        assert own_world.association.get(path).status_code == 200
        assert (reads.asked, reads.found) == (1, 1)
