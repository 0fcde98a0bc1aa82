"""Somebody is found by the whole name; every search is on record; who is erased is found no more. Both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, func, select

from api.application.privacy.people_indexed import ensure_people_indexed
from domain.disclosure.who_reads import TextKind, kind_of
from domain.store.db.engine import reading, writing
from domain.store.db.schema import consultations, person_index, vault_secrets
from domain.trail.people import NAMING_PEOPLE, PLACES
from domain.values import Role, new_id
from tests.http.desk import Desk
from tests.http.test_agency_pages import main_of
from tests.http.world import CLIENT_PARTY, World, body_of, new_uscc, today


def surname() -> str:
    """A name that no other test uses."""
    return "欧阳" + "".join(chr(0x4E00 + int(one, 16) * 97) for one in new_id()[-6:].replace("-", ""))


def agency(world: World, **profile: Any) -> str:
    """An agency on file whose people are named by nobody else."""
    uscc = new_uscc()
    body = {**body_of("FileAgency"), "uscc": uscc, "legal_representative": None, "technical_lead": None}
    world.must(world.association.post("/v1/agencies", {**body, "personnel": [], **profile}))
    world.done("DecideFiling", uscc)
    return uscc


def found(world: World, words: str, role: Role = Role.REGULATOR) -> list[dict[str, Any]]:
    answer = world.people[role].get("/v1/people", q=words)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def placed(world: World, words: str) -> set[tuple[str, str, bool | None]]:
    return {(one["agency"], one["place"], one["current"]) for one in found(world, words)}


def member(name: str, number: str | None = None) -> dict[str, Any]:
    return {"name": name, "years": "6", "qualification": "注册安全工程师", "certificate_no": number}


def on_record(world: World, **query: Any) -> list[dict[str, Any]]:
    """What the auditor reads of consultations, the latest first."""
    answer = world.people[Role.AUDITOR].get("/v1/consultations", **query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.shows("R37", "R39")
def test_somebody_is_found_as_whatever_they_are_named(world: World) -> None:
    """Particulars, teams, bad records; by name however typed, or certificate; never by a part of the name."""
    name, number = surname(), f"ZB{new_id()[-10:]}"
    leads = agency(world, legal_representative=name)
    staff = agency(world, personnel=[{"name": name, "certificate_no": number}], technical_lead=name)
    works = agency(world)
    dates = {"started_on": "2024-02-01", "due_on": "2024-12-01"}
    world.done("StartProject", works, client=CLIENT_PARTY, quality_lead=member(name), technicians=[], **dates)
    ended = world.id_of("StartProject", works, client=CLIENT_PARTY, quality_lead=None, technicians=[member(name)])
    world.done("CancelProject", works, ended, cancelled_on=today())
    world.done("EnterBadRecord", works, practitioner=name)
    expected = {
        (leads, "legal_representative", True),
        (staff, "staff", True),
        (staff, "technical_lead", True),
        (works, "quality_lead", True),
        (works, "technician", False),
        (works, "practitioner", None),
    }
    for typed in (name, f" {name[:2]}　{name[2:]}", f"{name[:1]}\u200b{name[1:]}"):
        assert placed(world, typed) == expected
    rows = [(one["agency"], PLACES.index(one["place"])) for one in found(world, name)]
    assert rows == sorted(rows), "by agency, then in the order of places, whatever order the database reads in"
    assert placed(world, number.lower()) == {(staff, "staff", True)}
    assert found(world, name[:-1]) == found(world, "欧阳") == []
    world.done("ReportChange", leads, fields={"legal_representative": surname()})
    assert (leads, "legal_representative", False) in placed(world, name)
    wrong = next(one for one in found(world, name) if one["place"] == "practitioner")
    world.done("AnnulEvent", works, event_id=wrong["event"], annulled_on=today())
    assert (works, "practitioner", None) not in placed(world, name), "what was annulled says nothing"


@pytest.mark.shows("R39")
def test_who_may_not_read_staff_may_not_look_for_people(world: World) -> None:
    """Officers alone: not the agency itself, nor clients, administrators, strangers; every place is kind STAFF."""
    name = surname()
    uscc = agency(world, legal_representative=name)
    for role in (Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR):
        assert [one["agency"] for one in found(world, name, role)] == [uscc]
    for who in (world.person(Role.AGENCY, uscc), world.client_person, world.people[Role.ADMIN]):
        assert who.get("/v1/people", q=name).status_code == 403
    assert world.stranger.get("/v1/people", q=name).status_code == 401
    assert Desk(world, Role.AGENCY, uscc).get("/people", q=name).status_code == 403
    fields = {
        "FilingSubmitted": ("profile",),
        "InformationChanged": ("fields",),
        "ProjectStarted": ("quality_lead", "technicians"),
        "BadRecordEntered": ("practitioner",),
        "AppealFiled": ("appellant",),
    }
    assert {kind.__name__ for kind in NAMING_PEOPLE} == set(fields)
    assert {kind_of(event, one) for event, names in fields.items() for one in names} == {TextKind.STAFF}


@pytest.mark.shows("R39")
def test_every_search_is_on_record_and_the_record_names_nobody_in_clear(world: World) -> None:
    """Who searched, when, whom it found where; one that found nobody too; the auditor asks who looked for somebody."""
    name, nobody = surname(), surname()
    uscc = agency(world, legal_representative=name)
    searcher = world.person(Role.COMMITTEE)
    for words in (name, nobody):
        assert searcher.get("/v1/people", q=words).status_code == 200
    rows = on_record(world, person=searcher.person_id)
    assert {one["route"] for one in rows} == {"GET /v1/people"}
    assert [(one["agency"], one["whom"]) for one in rows] == [(None, None), ({"uscc": uscc}, name), (None, None)]
    assert rows[0]["asked"].startswith("found=0&")
    assert rows[2]["asked"].startswith("found=1&")
    assert [one["whom"] for one in on_record(world, uscc=uscc, person=searcher.person_id)] == [name]
    assert [one["person"] for one in on_record(world, name=f" {nobody}")] == [searcher.person_id]
    assert on_record(world, name=surname()) == []
    with reading(world.service.ledger.engine) as connection:
        kept = connection.execute(select(consultations)).all()
    assert not any(words in str(row) for row in kept for words in (name, nobody))
    page = main_of(Desk(world, Role.AUDITOR).shown("/consultations", name=nobody))
    assert "按姓名或证书编号查人" in page
    assert "查到 0 处" in page
    assert name in main_of(Desk(world, Role.AUDITOR).shown("/consultations", uscc=uscc))


@pytest.mark.shows("R39")
def test_who_is_erased_is_found_no_more_and_stands_in_no_row(world: World) -> None:
    """Hashes go with the key; the record of earlier searches shows a mark; another of the same name is still found."""
    name = surname()
    gone, stays = agency(world, legal_representative=name), agency(world, legal_representative=name)
    assert {one["agency"] for one in found(world, name)} == {gone, stays}
    subject = world.association.get(f"/v1/agencies/{gone}/subjects", q=name).json()["items"][0]["subject"]
    assert indexed(world, subject) == 1
    erasure = {"erased_on": today(), "ground": "本人申请"}
    world.must(world.association.post(f"/v1/subjects/{subject}/erasure", erasure))
    assert indexed(world, subject) == 0
    assert [one["agency"] for one in found(world, name)] == [stays]
    whom = [one["whom"] for one in on_record(world, uscc=gone) if one["route"] == "GET /v1/people"]
    assert whom == [{"erased": True}]
    rebuilt(world)
    assert indexed(world, subject) == 0
    assert [one["agency"] for one in found(world, name)] == [stays]


def indexed(world: World, subject: str) -> int:
    with reading(world.service.ledger.engine) as connection:
        query = select(func.count()).select_from(person_index).where(person_index.c.subject_id == subject)
        return connection.scalar(query) or 0


def rebuilt(world: World) -> None:
    """As at the first start of this version: no row is there."""
    with writing(world.service.ledger.engine) as connection:
        connection.execute(delete(person_index))
    ensure_people_indexed(world.service.ledger)


def test_a_ledger_from_before_is_indexed_at_the_first_start_and_a_killed_start_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows come back as they were; one that was killed between pieces is gone on with."""
    name = surname()
    uscc = agency(world, legal_representative=name)
    engine = world.service.ledger.engine
    every = select(person_index.c.mac, person_index.c.subject_id, person_index.c.event_id)
    with reading(engine) as connection:
        before = sorted(map(tuple, connection.execute(every)))
    rebuilt(world)
    with reading(engine) as connection:
        assert sorted(map(tuple, connection.execute(every))) == before
    monkeypatch.setattr("domain.store.log.person_index.PIECE", 7)
    with writing(engine) as connection:
        connection.execute(delete(person_index))
        names = set(connection.scalars(select(vault_secrets.c.name)))
    with monkeypatch.context() as patched:
        patched.setattr("api.application.privacy.people_indexed.mark_complete", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ensure_people_indexed(world.service.ledger)
    ensure_people_indexed(world.service.ledger)
    with reading(engine) as connection:
        assert sorted(map(tuple, connection.execute(every))) == before
        assert set(connection.scalars(select(vault_secrets.c.name))) == names
    assert [one["agency"] for one in found(world, name)] == [uscc]


def test_the_page_finds_people_and_says_that_it_is_on_record(world: World) -> None:
    """In words, with links to file and record; the search of agencies leads to it for who may."""
    name = surname()
    uscc = agency(world, legal_representative=name)
    desk = Desk(world, Role.ASSOCIATION)
    assert "每次查找都记入查阅记录" in main_of(desk.shown("/people"))
    text = desk.shown("/people", q=name)
    assert f'href="/agencies/{uscc}/file"' in text
    assert "法定代表人" in main_of(text)
    assert "legal_representative" not in main_of(text)
    assert "没有查到" in main_of(desk.shown("/people", q=name[:2]))
    assert 'href="/people"' in desk.shown("/search", q="安全")
    assert 'href="/people"' not in Desk(world, Role.AGENCY, uscc).shown("/search", q="安全")
