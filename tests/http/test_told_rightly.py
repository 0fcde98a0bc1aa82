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
