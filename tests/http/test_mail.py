"""E-mail to people (R41) through a real mail server that takes, refuses, stalls and hangs up; on both databases."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background.degraded import Degraded
from api.application.delivering import smtp_sending
from api.application.delivering.courier import MAIL, Courier
from api.application.delivering.outcomes import DELAYS, delay_after
from api.application.delivering.smtp_sending import without_addresses
from api.application.messages.told import MessageKind
from api.settings import Settings
from domain.errors import Busy
from domain.events import Sealed
from domain.store.db.engine import writing
from domain.store.db.schema import accounts
from domain.store.db.tables.message_tables import contact_addresses, deliveries
from domain.store.keys.vault import Vault
from domain.store.messages.contact_rows import MOST_CODES
from domain.store.messages.delivery_rows import Delivery, keep_deliveries
from domain.values import Role, instant, moment
from tests.http.test_messages import PERSONAL, Somebody, in_days, told
from tests.http.world import World, today
from tests.mail_server import OK, MailServer, certificate, html_of_mail, text_of_mail

SITE = "https://ledger.example.cn"


class Mailing(NamedTuple):
    """A service that sends e-mail, its mail server, and who delivers by hand."""

    world: World
    server: MailServer
    courier: Courier
    degraded: Degraded

    def delivered(self) -> None:
        """Tell what is recorded, and deliver what is due."""
        told(self.world, mails=True)
        while self.courier.deliver():
            pass

    def later(self) -> None:
        """What waits for another try is due now."""
        with writing(self.world.service.ledger.engine) as connection:
            now = update(deliveries).where(deliveries.c.state == "waiting").values(next_at=deliveries.c.made_at)
            connection.execute(now)

    def rows(self, kind: str) -> list[Any]:
        """The deliveries of a kind as they stand."""
        with self.world.service.ledger.reading() as reader:
            return list(reader.connection.execute(select(deliveries).where(deliveries.c.kind == kind)))


@pytest.fixture
def mailing(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailing]:
    """On a database of its own; nothing is delivered by itself, so that a test sees each try."""
    monkeypatch.setattr(Courier, "start", lambda _: None)
    with MailServer() as server:
        settings = Settings(
            database_url=migrated_url,
            data_dir=tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_security="none",
            mail_from="ledger@example.cn",
            public_url=SITE,
            smtp_seconds=0.6,
        )
        with TestClient(create_app(settings)) as client:
            world, degraded = World(client), Degraded()
            yield Mailing(world, server, Courier(world.service.ledger, settings, degraded), degraded)


def written_to(mailing: Mailing, somebody: Somebody, email: str, language: str = "zh") -> None:
    """Somebody gives an address and types the code that comes there."""
    body = {"email": email, "language": language}
    given = mailing.world.must(somebody.api.post("/v1/mail-settings/address", body))
    assert (given["email"], given["verified_at"]) == (email, None)
    before = len(mailing.server.taken)
    mailing.courier.deliver()
    (check,) = mailing.server.taken[before:]
    code = re.search(r"\b\d{6}\b", text_of_mail(check))
    assert code is not None
    verified = somebody.api.post("/v1/mail-settings/verification", {"code": code[0]})
    assert mailing.world.must(verified)["verified_at"] is not None
    mailing.server.taken.clear()


@pytest.mark.shows("art.17", "R39", "R41")
def test_a_message_goes_out_once_in_the_readers_language_without_anything_personal(mailing: Mailing) -> None:
    """Text and HTML, the agency's own name, a link; nobody else's address is used; told again, sent once."""
    world = mailing.world
    uscc = world.filed()
    agency, silent = Somebody(world, Role.AGENCY, uscc), Somebody(world, Role.AGENCY, uscc)
    client = Somebody(world, Role.CLIENT, "91441300MA4WEF001X")
    written_to(mailing, agency, "zhang@agency.example.cn")
    written_to(mailing, client, "li@client.example.cn", "en")
    complaint = world.id_of("ReceiveComplaint", uscc)
    world.done("DecideComplaint", uscc, complaint)
    for _ in range(3):
        mailing.delivered()
    by_reader = {str(one["To"]): one for one in mailing.server.taken}
    assert len(mailing.server.taken) == len(by_reader)
    mine = by_reader["zhang@agency.example.cn"]
    assert "投诉已核实并作出决定" in str(mine["Subject"])
    name = world.association.get(f"/v1/agencies/{uscc}/standing").json()["agency"]["name"]
    assert f"{name}：投诉已核实并作出决定（第十七条）" in text_of_mail(mine)
    assert f"{SITE}/agencies/{uscc}/events/" in text_of_mail(mine)
    assert f'href="{SITE}/agencies/{uscc}/events/' in html_of_mail(mine)
    assert mine["Auto-Submitted"] == "auto-generated"
    assert set(by_reader) <= {"zhang@agency.example.cn", "li@client.example.cn"}
    assert silent.kinds(uscc) == agency.kinds(uscc)
    assert not any(word in text for word in PERSONAL for text in mailing.server.texts())
    (row,) = mailing.rows("complaint_decided")
    assert (row.state, row.attempts, row.failure) == ("sent", 1, None)
    assert str(mine["Message-ID"]) == f"<{row.id[:32]}@example.cn>", "on one line: a folded one is lost by some servers"


@pytest.mark.shows("R41")
def test_refusals_for_now_are_tried_again_and_at_last_given_up(mailing: Mailing) -> None:
    """4xx of the recipient or of the text, a server that hangs up or stalls: each costs a try, none is lost."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("EnterBadRecord", uscc)
    server.of_recipient = lambda address: f"451 4.7.1 <{address}> greylisted, try later"
    mailing.delivered()
    (row,) = mailing.rows("bad_record")
    assert (row.state, row.attempts) == ("waiting", 1)
    assert "451" in row.failure
    assert "zhang" not in row.failure
    mailing.later()
    server.of_recipient, server.of_data = (lambda _: OK), (lambda _: "452 4.3.1 no space")
    mailing.delivered()
    mailing.later()
    server.of_data = lambda _: None
    mailing.delivered()
    mailing.later()
    server.of_data, server.stalls = (lambda _: OK), 3.0
    mailing.delivered()
    assert "background.mail" in {one.name for one in mailing.degraded.reasons()}
    (row,) = mailing.rows("bad_record")
    assert (row.state, row.attempts) == ("waiting", 4)
    mailing.later()
    server.stalls = 0.0
    server.taken.clear()
    mailing.delivered()
    (row,) = mailing.rows("bad_record")
    assert (row.state, row.attempts, len(server.taken)) == ("sent", 5, 1)
    assert mailing.degraded.reasons() == ()


@pytest.mark.shows("R38", "R41")
def test_of_an_annulled_record_nothing_more_is_sent_and_what_was_is_corrected(mailing: Mailing) -> None:
    """One e-mail still waits for another try, another was sent, when their records are annulled."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    sent = world.id_of("EnterBadRecord", uscc)
    mailing.delivered()
    server.of_recipient = lambda _: "451 4.7.1 later"
    waiting = world.id_of("EnterBadRecord", uscc, content="又一条")
    mailing.delivered()
    for one in (sent, waiting):
        world.done("AnnulEvent", uscc, event_id=one)
    told(world, mails=True)
    server.of_recipient = lambda _: OK
    mailing.later()
    mailing.delivered()
    assert {one.cause: one.state for one in mailing.rows("bad_record")} == {sent: "sent", waiting: "closed"}
    subjects = [str(one["Subject"]) for one in server.taken]
    assert len([one for one in subjects if "不良信息" in one]) == 1
    assert len([one for one in subjects if "已撤销" in one]) == 2, "both were told of in the message centre"


@pytest.mark.shows("R41")
def test_a_dead_letter_is_seen_tried_again_and_closed_by_an_administrator(mailing: Mailing) -> None:
    """After the last try it is given up; without naming the address; nobody else sees or changes it."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("EnterBadRecord", uscc)
    server.of_recipient = lambda address: "450 4.2.1 busy"
    for _ in range(len(DELAYS) + 1):
        mailing.delivered()
        mailing.later()
    admin = world.people[Role.ADMIN]
    (dead,) = admin.get("/v1/deliveries").json()["items"]
    assert (dead["state"], dead["attempts"], dead["kind"]) == ("dead", len(DELAYS) + 1, "bad_record")
    assert "zhang@" not in str(dead)
    for other in (world.association, agency.api):
        assert other.get("/v1/deliveries").status_code == 403
        assert other.post("/v1/deliveries/state", {"state": "waiting"}).status_code == 403
    server.of_recipient = lambda _: OK
    assert world.must(admin.post("/v1/deliveries/state", {"state": "waiting", "ids": [dead["id"]]})) == {"changed": 1}
    mailing.delivered()
    assert len(server.taken) == 1
    (sent,) = admin.get("/v1/deliveries", state="sent").json()["items"][:1]
    assert sent["state"] == "sent"
    assert world.must(admin.post("/v1/deliveries/state", {"state": "closed", "ids": [dead["id"]]})) == {"changed": 0}


@pytest.mark.shows("art.17", "R41")
def test_a_notice_that_no_address_takes_is_a_matter_of_the_association(mailing: Mailing) -> None:
    """Only when the last one is refused for good; another e-mail that bounces is nobody's matter."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    world.upheld(uscc, "2024-05-06", "2024-05-20")
    items = world.association.get("/v1/notices", limit=500).json()["items"]
    notice = next(one["id"] for one in items if one["agency"]["uscc"] == uscc and one["recipient"] == "agency")
    people = [Somebody(world, Role.AGENCY, uscc) for _ in range(2)]
    for number, one in enumerate(people):
        written_to(mailing, one, f"p{number}@agency.example.cn")
    server.of_recipient = lambda address: "550 5.1.1 no such user" if address.startswith("p0") else "450 later"
    sent = world.done("SendNotice", uscc, notice, sent_on=today())["events"][0]["id"]
    mailing.delivered()

    def undeliverable() -> list[Any]:
        found = world.association.get("/v1/matters", kind="undeliverable", limit=500).json()["items"]
        return [one for one in found if one["agency"]["uscc"] == uscc]

    assert {one.state for one in mailing.rows("tier_notice")} == {"dead", "waiting"}
    assert undeliverable() == []
    server.of_recipient = lambda address: "550 5.1.1 no such user"
    mailing.later()
    mailing.delivered()
    assert {one.state for one in mailing.rows("tier_notice")} == {"dead"}
    assert len(undeliverable()) == 1
    facts = world.trail(uscc)
    (came_back,) = [one for one in facts if one["type"] == "NoticeUndeliverable"]
    assert sent in str(came_back)
    assert "p0@" not in str(facts)
    ids = [one.id for one in mailing.rows("tier_notice")]
    world.must(world.people[Role.ADMIN].post("/v1/deliveries/state", {"state": "waiting", "ids": ids}))
    mailing.delivered()
    assert len([one for one in world.trail(uscc) if one["type"] == "NoticeUndeliverable"]) == 1


@pytest.mark.shows("R41")
def test_a_process_that_dies_after_the_server_took_it_sends_the_same_id_again(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it: nothing was sent. Two processes at once: once. A claim that has run out is taken by another."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Courier, "_settle", dies)
        with pytest.raises(KeyboardInterrupt):
            mailing.courier.deliver()
    assert len(server.taken) == 1
    assert mailing.courier.deliver() == 0, "claimed by the one that died"
    mailing.later()
    assert mailing.courier.deliver() == 1
    assert len(server.taken) == 2
    assert len({str(one["Message-ID"]) for one in server.taken}) == 1
    (row,) = mailing.rows("bad_record")
    assert row.state == "sent"


@pytest.mark.shows("R41")
def test_a_database_that_is_busy_does_not_make_an_accepted_e_mail_go_twice(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was accepted is written down as soon as the database answers again."""
    world = mailing.world
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)
    busy, writes = [True], Courier._write_down

    def sometimes(self: Courier, *given: Any) -> None:
        if busy:
            busy.pop()
            raise Busy("数据库忙", "the database is busy")
        writes(self, *given)

    monkeypatch.setattr(Courier, "_write_down", sometimes)
    mailing.courier.deliver()
    (row,) = mailing.rows("bad_record")
    assert (row.state, len(mailing.server.taken)) == ("sent", 1)


@pytest.mark.shows("R41")
def test_one_chooses_at_once_daily_or_not_and_offices_get_a_digest(mailing: Mailing) -> None:
    """The digest holds what is unread of the day, comes the next morning, and only once."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    desk, agency = Somebody(world, Role.ASSOCIATION), Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, desk, "desk@association.example.cn")
    written_to(mailing, agency, "zhang@agency.example.cn")
    off: dict[MessageKind, str] = {"bad_record": "off"}
    kinds = world.must(agency.api.post("/v1/mail-settings/preferences", {"kinds": off}))["kinds"]
    assert {one["kind"]: one["email"] for one in kinds}["bad_record"] == "off"
    world.done("EnterBadRecord", uscc)
    for _ in range(2):
        world.id_of("ReceiveComplaint", uscc)
    mailing.delivered()
    assert server.taken == []
    assert "bad_record" in agency.kinds(uscc), "in the message centre it stands all the same"
    (digest,) = mailing.rows("digest")
    eight = moment(digest.next_at).astimezone(moment(digest.made_at).tzinfo) - moment(digest.made_at)
    assert timedelta(0) < eight <= timedelta(hours=32)
    mailing.later()
    mailing.delivered()
    (mail,) = server.taken
    assert str(mail["To"]) == "desk@association.example.cn"
    assert "被投诉，等待核实" in text_of_mail(mail)
    mailing.later()
    mailing.delivered()
    assert len(server.taken) == 1
    wrong = agency.api.post("/v1/mail-settings/preferences", {"kinds": {"appeal_filed": "off"}})
    assert wrong.status_code == 422
    assert "GET /v1/mail-settings" in wrong.text


@pytest.mark.shows("art.17", "art.20", "R41")
def test_the_digest_tells_the_desk_how_service_goes_and_the_agency_to_acknowledge(mailing: Mailing) -> None:
    """The agency's e-mail asks for the acknowledgement; the desk's of the next morning says that it came, by a link."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    desk, agency = Somebody(world, Role.ASSOCIATION), Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, desk, "desk@association.example.cn")
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.upheld(uscc, in_days(-14), in_days(-7))
    due = world.association.get("/v1/notices", limit=500).json()["items"]
    notice = next(one["id"] for one in due if one["agency"]["uscc"] == uscc and one["recipient"] == "agency")
    sent = str(world.done("SendNotice", uscc, notice, sent_on=today())["events"][0]["id"])
    mailing.delivered()
    (mail,) = (one for one in server.taken if "签收" in text_of_mail(one))
    assert str(mail["To"]) == "zhang@agency.example.cn"
    assert "请签收；签收不改变任何期限" in text_of_mail(mail)
    page = str(world.done("GiveNoticeLink", uscc, sent, given_on=today())["page"])
    world.client.cookies.clear()
    signed = world.client.post(page, data={"signer": "林晓工", "key": "k"}, follow_redirects=False)
    assert signed.status_code == 303
    mailing.delivered()
    mailing.later()
    mailing.delivered()
    digest = server.taken[-1]
    assert str(digest["To"]) == "desk@association.example.cn"
    assert "已签收发给它的通知" in text_of_mail(digest)
    assert "林晓工" not in text_of_mail(digest)


@pytest.mark.shows("R39", "R41")
def test_an_address_counts_once_its_code_is_typed_and_is_forgotten_with_its_key(mailing: Mailing) -> None:
    """Wrong codes are counted; another address or none destroys the key; an erased subject is not written to."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    for bad in ("nobody", "a@b", "a b@example.cn", "a@example.cn\r\nBcc: b@example.cn", "张@example.cn"):
        assert agency.api.post("/v1/mail-settings/address", {"email": bad}).status_code == 422, bad
    world.must(agency.api.post("/v1/mail-settings/address", {"email": "zhang@agency.example.cn"}))
    assert agency.api.post("/v1/mail-settings/address", {"email": "other@agency.example.cn"}).status_code == 409
    world.done("EnterBadRecord", uscc)
    mailing.delivered()
    (check,) = server.taken
    assert mailing.rows("bad_record") == [], "not verified yet"
    for _ in range(5):
        assert agency.api.post("/v1/mail-settings/verification", {"code": "abcdef"}).status_code == 422
    code = re.search(r"\b\d{6}\b", text_of_mail(check))
    assert code is not None
    late = agency.api.post("/v1/mail-settings/verification", {"code": code[0]})
    assert late.status_code == 409, "too many wrong ones"
    with writing(world.service.ledger.engine) as connection:
        row = connection.execute(select(contact_addresses)).one()
        earlier = instant(moment(row.given_at) - timedelta(minutes=2))
        connection.execute(update(deliveries).values(made_at=earlier))
    assert b"zhang@" not in str(row).encode()
    server.taken.clear()
    written_to(mailing, agency, "zhang@agency.example.cn")
    with world.service.ledger.reading() as reader:
        old = Vault(reader.connection).open(Sealed(subject=row.subject, sealed=row.sealed))
        assert old is None, "the key of the address before is gone"
        now = reader.connection.execute(select(contact_addresses)).one()
    world.done("EnterBadRecord", uscc, content="又一条")
    told(world, mails=True)
    with writing(world.service.ledger.engine) as connection:
        Vault(connection).erase(now.subject, instant(moment(row.given_at)))
    mailing.delivered()
    assert server.taken == []
    assert {one.state for one in mailing.rows("bad_record")} == {"closed"}
    settings = world.must(agency.api.post("/v1/mail-settings/address", {"email": None}))
    assert (settings["email"], settings["verified_at"]) == (None, None)


@pytest.mark.shows("R39", "R41")
def test_who_may_not_sign_in_any_more_is_not_written_to(mailing: Mailing) -> None:
    """An account closed between telling and sending: the e-mail is not sent, and stands as closed."""
    world = mailing.world
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)
    with world.service.ledger.reading() as reader:
        mine = accounts.c.login == agency.desk.login
        id_ = reader.connection.scalar(select(accounts.c.id).where(mine))
    world.must(world.people[Role.ADMIN].post(f"/v1/accounts/{id_}/access", {"access": "disabled"}))
    mailing.delivered()
    assert mailing.server.taken == []
    (row,) = mailing.rows("bad_record")
    assert row.state == "closed"


@pytest.mark.shows("R39", "R41")
def test_what_a_role_was_told_is_not_mailed_to_who_left_it(mailing: Mailing) -> None:
    """An officer who is an administrator only by now, or wants no such e-mail any more: it is not sent."""
    world = mailing.world
    uscc = world.filed()
    desk, agency = Somebody(world, Role.ASSOCIATION), Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, desk, "desk@association.example.cn")
    written_to(mailing, agency, "zhang@agency.example.cn")
    at_once: dict[MessageKind, str] = {"complaint_received": "at_once"}
    world.must(desk.api.post("/v1/mail-settings/preferences", {"kinds": at_once}))
    world.id_of("ReceiveComplaint", uscc)
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)
    off: dict[MessageKind, str] = {"bad_record": "off"}
    world.must(agency.api.post("/v1/mail-settings/preferences", {"kinds": off}))
    with writing(world.service.ledger.engine) as connection:
        connection.execute(update(accounts).where(accounts.c.login == desk.desk.login).values(role=Role.ADMIN))
    mailing.delivered()
    assert mailing.server.taken == []
    assert {one.state for kind in ("complaint_received", "bad_record") for one in mailing.rows(kind)} == {"closed"}


@pytest.mark.shows("R39", "R41")
def test_an_address_taken_away_while_a_slow_server_takes_others_is_not_written_to(mailing: Mailing) -> None:
    """The e-mails of a round are written together; each is looked at again when its turn comes."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    people = {f"p{number}@agency.example.cn": Somebody(world, Role.AGENCY, uscc) for number in range(2)}
    for email, one in people.items():
        written_to(mailing, one, email)
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)

    def meanwhile(first: str) -> str:
        for email, one in people.items():
            if email != first:
                world.must(one.api.post("/v1/mail-settings/address", {"email": None}))
        return OK

    server.of_recipient = meanwhile
    mailing.courier.deliver()
    assert len(server.taken) == 1
    assert sorted(one.state for one in mailing.rows("bad_record")) == ["closed", "sent"]


@pytest.mark.shows("R41")
def test_a_server_that_connects_too_late_gets_nothing_of_this_round(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim could run out while the e-mail is under way, and another process would send it too."""
    world, server = mailing.world, mailing.server
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)
    connected = smtp_sending._connected

    async def slowly(settings: Settings) -> Any:
        await asyncio.sleep(0.6)
        return await connected(settings)

    with monkeypatch.context() as patch:
        patch.setattr(smtp_sending, "_connected", slowly)
        Courier(world.service.ledger, mailing.courier._settings, Degraded(), lease=1.0).deliver()
    assert server.taken == []
    (row,) = mailing.rows("bad_record")
    assert (row.state, row.attempts) == ("waiting", 0)
    mailing.later()
    mailing.delivered()
    assert len(server.taken) == 1


@pytest.mark.shows("R41")
def test_one_delivery_that_cannot_be_written_holds_up_no_other(mailing: Mailing) -> None:
    """Of a later version that runs beside this one, say: it is tried again, the others go out, and no round ends."""
    world = mailing.world
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)
    (row,) = mailing.rows("bad_record")
    with writing(world.service.ledger.engine) as connection:
        odd = Delivery("email", agency.person_id, "of_tomorrow", "x", uscc, None, None, row.made_at, row.made_at)
        keep_deliveries(connection, [odd])
    mailing.delivered()
    assert len(mailing.server.taken) == 1
    (left,) = mailing.rows("of_tomorrow")
    assert (left.state, left.attempts) == ("waiting", 1)
    assert "of_tomorrow" in left.failure


@pytest.mark.shows("R41")
def test_nobody_fills_a_strangers_mailbox_with_codes(mailing: Mailing) -> None:
    """Neither by taking the address away in between, nor all day long."""
    world, server = mailing.world, mailing.server
    agency = Somebody(world, Role.AGENCY, world.filed())
    stranger = {"email": "stranger@example.cn"}
    world.must(agency.api.post("/v1/mail-settings/address", stranger))
    world.must(agency.api.post("/v1/mail-settings/address", {"email": None}))
    refused = agency.api.post("/v1/mail-settings/address", stranger)
    assert refused.status_code == 409, refused.text
    sent = 1
    for _ in range(30):
        with writing(world.service.ledger.engine) as connection:
            for one in connection.execute(select(deliveries.c.id, deliveries.c.made_at)).all():
                earlier = instant(moment(one.made_at) - timedelta(minutes=2))
                connection.execute(update(deliveries).where(deliveries.c.id == one.id).values(made_at=earlier))
        sent += agency.api.post("/v1/mail-settings/address", stranger).status_code == 201
    assert sent == MOST_CODES
    mailing.delivered()
    assert len(server.taken) <= MOST_CODES


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_and_sign_in_are_used_as_set_and_never_left_out(
    security: Any, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server whose certificate nobody vouches for gets nothing; a wrong password is no address's fault."""
    monkeypatch.setattr(Courier, "start", lambda _: None)
    context, trusted = certificate(tmp_path)
    password = tmp_path / "password"
    password.write_text("open sesame\n")
    password.chmod(0o600)
    signs_in = security == "starttls"  # the mail server of the tests knows no other way
    with MailServer(tls=context, starttls=signs_in, login="ledger:open sesame" if signs_in else None) as server:
        settings = Settings(
            database_url=migrated_url,
            data_dir=tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_security=security,
            mail_from="ledger@example.cn",
            public_url=SITE,
            smtp_seconds=5,
            smtp_user="ledger" if signs_in else "",
            smtp_password_file=password if signs_in else None,
            smtp_ca_file=trusted,
        )
        with TestClient(create_app(settings)) as client:
            world = World(client)
            courier = Courier(world.service.ledger, settings, Degraded())
            mailing = Mailing(world, server, courier, Degraded())
            uscc = world.filed()
            agency = Somebody(world, Role.AGENCY, uscc)
            written_to(mailing, agency, "zhang@agency.example.cn")
            world.done("EnterBadRecord", uscc)
            degraded = Degraded()
            strict = settings.model_copy(update={"smtp_ca_file": None})
            told(world, mails=True)
            Courier(world.service.ledger, strict, degraded).deliver()
            assert MAIL in {one.name for one in degraded.reasons()}
            password.write_text("wrong")
            if signs_in:
                mailing.later()
                courier.deliver()
            assert server.taken == []
            (row,) = mailing.rows("bad_record")
            assert row.state == "waiting"
            password.write_text("open sesame")
            mailing.later()
            courier.deliver()
            assert len(server.taken) == 1


def test_what_is_half_set_is_refused_at_the_start() -> None:
    """E-mail without a sender, or without an address to lead to; a user without a password."""
    half: tuple[dict[str, Any], ...] = (
        {"smtp_host": "mail"},
        {"smtp_host": "mail", "mail_from": "a@example.cn"},
        {"smtp_user": "a"},
    )
    for wrong in half:
        with pytest.raises(ValueError, match="STEWARD_"):
            Settings(**wrong)
    with pytest.raises(ValueError, match="mail_from"):
        Settings(mail_from="nobody")


def test_waiting_grows_and_ends() -> None:
    """Each delay is longer than the one before, each by chance a little more or less; what is kept names no address."""
    known = [delay_after(number, DELAYS) for number in range(1, len(DELAYS) + 2)]
    assert known[-1] is None
    times = [one for one in known if one is not None]
    assert list(DELAYS) == sorted(DELAYS)
    assert all(0.8 * due <= one <= 1.2 * due for one, due in zip(times, DELAYS, strict=True))
    said = "550 5.1.1 <zhang@agency.example.cn>: zhang@agency.example.cn unknown; no mailbox Zhang here, nor zhang_2"
    assert "zhang" not in without_addresses(said, "zhang@agency.example.cn").lower().replace("zhang_2", "")
    assert without_addresses("550 no such user", "n@example.cn") == "550 no such user"
