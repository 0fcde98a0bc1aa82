"""What people are told of a late fact, in an earlier role, in a demonstration, and by a clock that was ahead (R41)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from api.app import create_app
from api.application.messages import telling
from api.application.messages.readership import scopes_for
from api.application.privacy.authorisation import Caller
from api.settings import Settings
from domain.store.db.engine import writing
from domain.store.db.schema import accounts
from domain.store.db.tables.message_tables import deliveries
from domain.store.messages.message_rows import messages_of, unread_of
from domain.values import Role, instant
from tests.http.test_mail import Mailing, mailing, written_to
from tests.http.test_messages import Somebody, told
from tests.http.test_public_feeds import demonstration
from tests.http.test_successions import succeed
from tests.http.world import APPEALED, World, today
from tests.mail_server import text_of_mail

__all__ = ["mailing"]


@pytest.mark.shows("R36", "R39", "R41")
def test_an_agency_is_told_of_the_decision_about_a_late_fact_not_of_its_shadow(own_world: World) -> None:
    """The fact when it is recorded, then the decision, kept or anew; annulled, that it does not count any more."""
    world = own_world
    uscc, other = world.assessed(year=APPEALED), world.filed()
    agency, elsewhere = Somebody(world, Role.AGENCY, uscc), Somebody(world, Role.AGENCY, other)
    world.publish(APPEALED)
    late = world.done("RecordLapse", uscc, item=4, occurred_on=f"{APPEALED}-09-09")
    told(world)
    assert "impact_disposed" not in agency.kinds(uscc)
    path = f"/v1/impacts/{late['touched'][0]['impact']}/disposal"
    body = {"outcome": "kept", "disposed_on": today(), "reason": "张先生的说法未核实"}
    event = world.must(world.people[Role.COMMITTEE].post(path, body))["events"][0]["id"]
    for _ in range(2):
        told(world)
    (message,) = [one for one in agency.messages(limit=500) if one["kind"] == "impact_disposed"]
    assert message["path"] == f"/agencies/{uscc}/events/{event}"
    assert agency.desk.get(message["path"]).status_code == 200
    assert "张先生" not in str(message)
    assert elsewhere.kinds(uscc) == []


@pytest.mark.shows("R39", "R41")
def test_what_an_earlier_role_was_told_is_not_shown_counted_or_opened(world: World) -> None:
    """An officer who works for an agency by now, and one who audits: neither reads on; back in the role, they do."""
    uscc, other = world.filed(), world.filed()
    person = Somebody(world, Role.ASSOCIATION)
    world.id_of("ReceiveComplaint", uscc)
    told(world)
    (before,) = [one for one in person.messages(limit=500) if one["kind"] == "complaint_received"][:1]
    assert person.kinds(uscc) == ["complaint_received"]

    def becomes(role: Role, of: str | None) -> Somebody:
        with writing(world.service.ledger.engine) as connection:
            mine = accounts.c.login == person.desk.login
            connection.execute(update(accounts).where(mine).values(role=role, uscc=of))
        return person

    def reads(role: Role, of: str | None) -> list[str]:
        with world.service.ledger.reading() as reader:
            caller = Caller(person.person_id, role, of, bytes(32), "api")
            scopes = scopes_for(reader.connection, caller)
            assert (unread_of(reader.connection, person.person_id, scopes) > 0) is (role is Role.ASSOCIATION)
            return [one.kind for one in messages_of(reader.connection, person.person_id, scopes, limit=500)]

    for role, of in ((Role.AGENCY, other), (Role.AGENCY, uscc), (Role.AUDITOR, None)):
        becomes(role, of)
        assert reads(role, of) == [], role
    becomes(Role.ASSOCIATION, None)
    assert "complaint_received" in reads(Role.ASSOCIATION, None)
    assert before["id"] in [one["id"] for one in person.messages(limit=500)]


@pytest.mark.shows("R38", "R41")
def test_a_digest_names_a_correction_and_not_what_it_takes_back(mailing: Mailing) -> None:
    """Both were told on one day: the record that does not count any more needs no line beside that news."""
    world, server = mailing.world, mailing.server
    uscc, other = world.filed(), world.filed()
    desk = Somebody(world, Role.ASSOCIATION)
    written_to(mailing, desk, "desk@association.example.cn")
    complaint = world.id_of("ReceiveComplaint", uscc)
    told(world, mails=True)
    world.done("AnnulEvent", uscc, event_id=complaint)
    world.id_of("ReceiveComplaint", other)
    chosen = {"kinds": {"corrected": "daily"}}
    world.must(desk.api.post("/v1/mail-settings/preferences", chosen))
    told(world, mails=True)
    mailing.later()
    mailing.delivered()
    (mail,) = server.taken
    text = text_of_mail(mail)
    assert text.count("被投诉，等待核实") == 1, "the other agency's alone"
    assert "× 2" not in text
    assert text.count("已撤销") == 1


@pytest.mark.shows("R41")
def test_what_a_clock_ahead_put_off_goes_out_once_the_clock_is_right(mailing: Mailing) -> None:
    """A year ahead for a moment: not in a year. What waits for its next try in a day is left to wait."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)

    def put_off(by: timedelta) -> None:
        with writing(world.service.ledger.engine) as connection:
            mine = deliveries.c.kind == "bad_record"
            at = instant(datetime.now(UTC) + by)
            connection.execute(update(deliveries).where(mine).values(next_at=at, claim="of a process that died"))

    put_off(timedelta(hours=28))
    mailing.delivered()
    assert server.taken == []
    put_off(timedelta(days=365))
    mailing.delivered()
    assert len(server.taken) == 1
    (row,) = mailing.rows("bad_record")
    assert row.state == "sent"


@pytest.mark.shows("R41")
def test_a_demonstration_takes_no_address_whose_code_would_never_come(database_url: str, tmp_path: Path) -> None:
    """With a mail server set all the same; it says why, in the refusal and on the page."""
    demonstration(database_url).engine.dispose()
    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path,
        smtp_host="127.0.0.1",
        mail_from="ledger@example.cn",
        public_url="http://testserver",
    )
    with TestClient(create_app(settings)) as client:
        world = World(client)
        desk = Somebody(world, Role.AUDITOR)
        assert desk.api.get("/v1/mail-settings").json()["offered"] is False
        refused = desk.api.post("/v1/mail-settings/address", {"email": "a@example.cn"})
        assert (refused.status_code, "演示系统" in refused.text) == (409, True)
        shown = desk.desk.shown("/account/mail")
        assert "不向外发送任何邮件" in shown
        assert 'name="email"' not in shown


@pytest.mark.shows("art.15", "R40", "R41")
def test_a_project_whose_day_was_extended_over_spring_festival_reminds_of_the_new_day_alone(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each on its Shanghai day, holiday or not, and once; the day before the extension counts no more."""
    world = own_world
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    project = world.id_of("StartProject", uscc, started_on=today(), due_on="2027-02-10")

    def on(day: str) -> list[str | None]:
        monkeypatch.setattr(telling, "shanghai_date", lambda _: date.fromisoformat(day))
        for _ in range(2):
            told(world)
        return [one["due_on"] for one in reversed(agency.messages(limit=500)) if one["kind"] == "project_due"]

    assert on("2027-01-11") == ["2027-02-10"], "thirty days before"
    world.done("ExtendProject", uscc, project, agreed_on=today(), due_on="2027-02-17")
    assert on("2027-01-18") == ["2027-02-10", "2027-02-17"]
    assert on("2027-02-03") == ["2027-02-10", "2027-02-17"], "seven days before the old day: nothing"
    assert on("2027-02-10") == ["2027-02-10", "2027-02-17", "2027-02-17"], "a holiday, and seven days before"
    assert on("2027-02-16") == ["2027-02-10", *["2027-02-17"] * 3]


@pytest.mark.shows("art.25", "R38a", "R39", "R41", "R42")
def test_penalty_statement_and_credit_repair_are_told_to_who_has_to_know(world: World) -> None:
    """The agency of penalty and decision, the desk of what it says and asks for; no words; annulled, corrected."""
    uscc, other = world.filed(), world.filed()
    agency, elsewhere = Somebody(world, Role.AGENCY, uscc), Somebody(world, Role.AGENCY, other)
    desk = Somebody(world, Role.ASSOCIATION)
    penalty = world.id_of("ImposePenalty", uscc)
    said = {"event_id": penalty, "filed_on": today(), "content": "张先生当日在场"}
    statement = world.must(agency.api.post(f"/v1/agencies/{uscc}/statements", said))["events"][0]["id"]
    asked = {"event_id": penalty, "applied_on": today(), "grounds": "张先生已整改"}
    repair = world.must(agency.api.post(f"/v1/agencies/{uscc}/repairs", asked))["ids"]["repair"]
    told(world)
    assert agency.kinds(uscc) == ["penalty_recorded"]
    assert desk.kinds(uscc) == ["repair_applied", "statement_filed"]
    decision = world.done("DecideRepair", uscc, repair, decided_on=today())["events"][0]["id"]
    told(world)
    assert agency.kinds(uscc) == ["penalty_recorded", "repair_decided"]
    paths = {one["kind"]: one["path"] for who in (agency, desk) for one in who.messages(limit=500) if uscc in str(one)}
    assert paths["penalty_recorded"] == f"/agencies/{uscc}/events/{penalty}"
    assert paths["repair_decided"] == f"/agencies/{uscc}/events/{decision}"
    assert paths["statement_filed"] == f"/agencies/{uscc}/events/{statement}"
    for who, kinds in ((agency, ("penalty_recorded", "repair_decided")), (desk, ("statement_filed", "repair_applied"))):
        assert "张先生" not in str(who.messages(limit=500))
        assert all(who.desk.shown_at(paths[kind]) for kind in kinds)
    world.done("AnnulEvent", uscc, event_id=penalty)
    told(world)
    assert agency.kinds(uscc) == ["corrected", "penalty_recorded", "repair_decided"]
    assert desk.kinds(uscc).count("corrected") == 1
    assert elsewhere.kinds(uscc) == elsewhere.kinds(other) == []


@pytest.mark.shows("art.12", "R39", "R41", "R43")
def test_a_succession_is_told_to_both_agencies_each_of_its_own_trail(own_world: World) -> None:
    """The successor again where what it inherits changes, as when the succession is annulled; a third agency never."""
    world = own_world
    old, new, third = world.filed(), world.filed(), world.filed()
    before, after, other = (Somebody(world, Role.AGENCY, one) for one in (old, new, third))
    world.upheld(old, today(), today())
    told(world)
    theirs = before.kinds(old)
    succession = world.must(succeed(world, old, new))["ids"]["succession"]
    told(world)
    assert before.kinds(old) == sorted([*theirs, "succeeded"])
    assert after.kinds(new) == ["inherited"]
    for who in (before, after):
        (message,) = [one for one in who.messages(limit=500) if one["kind"] in ("succeeded", "inherited")]
        assert who.desk.shown_at(message["path"])
    assert old not in str(after.messages(limit=500))
    world.done("AnnulEvent", old, event_id=succession)
    told(world)
    assert before.kinds(old) == sorted([*theirs, "succeeded", "corrected"])
    assert after.kinds(new) == ["inherited", "inherited"]
    assert other.messages(limit=500) == []


@pytest.mark.shows("R18", "R40", "R41")
def test_a_correction_that_is_due_is_told_to_the_desk_however_old_its_notice(mailing: Mailing) -> None:
    """Once, in the message centre and by e-mail; one that was sent meanwhile leaves no more. The agency is not."""
    world = mailing.world
    desk = Somebody(world, Role.ASSOCIATION)
    written_to(mailing, desk, "desk@association.example.cn")
    world.must(desk.api.post("/v1/mail-settings/preferences", {"kinds": {"correction_due": "at_once"}}))
    waits, done = world.filed(), world.filed()
    agency = Somebody(world, Role.AGENCY, waits)
    for uscc in (waits, done):
        world.warned(uscc)
        upheld = next(one["id"] for one in world.trail(uscc) if one["type"] == "ComplaintUpheld")
        world.done("AnnulEvent", uscc, event_id=upheld)
    for _ in range(2):
        told(world, mails=True)
    assert [desk.kinds(uscc).count("correction_due") for uscc in (waits, done)] == [1, 1]
    assert "correction_due" not in agency.kinds(waits)
    items = world.association.get("/v1/notices", limit=500).json()["items"]
    due = next(one["id"] for one in items if (one["agency"]["uscc"], one["kind"]) == (done, "correction"))
    world.done("SendNotice", done, due, sent_on=today())
    mailing.delivered()
    assert sorted((one.uscc, one.state) for one in mailing.rows("correction_due")) == sorted(
        [(waits, "sent"), (done, "closed")]
    )
    message = next(one for one in desk.messages(limit=500) if one["kind"] == "correction_due")
    assert message["path"] == "/matters?kind=correction"
    assert waits in world.association.get("/v1/matters", kind="correction", limit=500).text
