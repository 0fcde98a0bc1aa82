"""What was told of something that does not hold any more (R38, R41): not sent, not in a digest, and corrected; whatever
it was told of: the record, what names it, the matter that it opened. And who has left an enterprise reads no more.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from api.application.delivering import courier
from api.application.importer.run import run_import
from api.application.messages import telling
from api.application.messages.readership import scopes_for
from api.application.messages.telling import tell
from api.application.privacy.authorisation import Caller
from api.http.documentation.examples import CLIENT_USCC
from domain.store.db.engine import writing
from domain.store.db.schema import accounts
from domain.store.log.sequencer import seal
from domain.store.messages.message_rows import messages_of, unread_of
from domain.values import Role, instant, moment
from tests.cli.import_files import write
from tests.http.test_mail import Mailing, mailing, written_to
from tests.http.test_messages import Somebody, in_days, told
from tests.http.world import World, body_of, new_uscc, today
from tests.mail_server import text_of_mail

__all__ = ["mailing"]


@pytest.mark.shows("art.17", "R38", "R41")
def test_whoever_was_told_of_what_rests_on_an_annulled_record_is_told_so(world: World) -> None:
    """The complaint is annulled: the agency was told of its decision, the association of the notice that was due."""
    uscc = world.filed()
    agency, desk = Somebody(world, Role.AGENCY, uscc), Somebody(world, Role.ASSOCIATION)
    first, second = (
        world.id_of("ReceiveComplaint", uscc, received_on=in_days(-number), content=f"第 {number} 件")
        for number in (14, 7)
    )
    decisions = [world.done("DecideComplaint", uscc, one, decided_on=today()) for one in (first, second)]
    assert len(decisions) == 2
    told(world)
    assert agency.kinds(uscc) == ["complaint_decided"] * 2
    assert "notice_due" in desk.kinds(uscc)
    world.done("AnnulEvent", uscc, event_id=first)
    told(world)
    assert agency.kinds(uscc) == ["complaint_decided"] * 2 + ["corrected"]
    assert desk.kinds(uscc).count("corrected") == 1
    world.done("RequestSubmission", uscc, requested_on=today(), due_on=in_days(40))
    told(world)
    assert agency.kinds(uscc).count("corrected") == 1, "nothing was annulled since"


@pytest.mark.shows("art.17", "R38", "R41")
def test_who_was_told_only_of_the_notice_that_was_due_is_told_that_it_is_not(own_world: World) -> None:
    """Nobody told the association of the decision itself: it fell due by two of them, one is annulled."""
    world = own_world
    uscc = world.filed()
    decisions = world.upheld(uscc, in_days(-14), in_days(-7))
    desk = Somebody(world, Role.ASSOCIATION)
    told(world)
    assert desk.kinds(uscc) == ["notice_due"] * desk.kinds(uscc).count("notice_due") != []
    world.done("AnnulEvent", uscc, event_id=decisions[0])
    told(world)
    assert desk.kinds(uscc).count("corrected") == 1


@pytest.mark.shows("art.21", "R8", "R38", "R41")
def test_of_an_annulled_request_no_reminder_leaves_any_more_and_those_told_are_corrected(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One waits in the outbox of a mail server that was away; a request that stands is reminded of all the same."""
    world = mailing.world
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    gone = world.id_of("RequestSubmission", uscc, requested_on=today(), due_on=in_days(8))
    met = world.id_of("RequestSubmission", uscc, requested_on=today(), due_on=in_days(8), title="乙材料")
    world.id_of("RequestSubmission", uscc, requested_on=today(), due_on=in_days(8), title="丙材料")
    with monkeypatch.context() as patch:
        patch.setattr(telling, "shanghai_date", lambda _: date.fromisoformat(in_days(1)))
        told(world, mails=True)
    assert len(mailing.rows("material_due")) == 3
    world.done("AnnulEvent", uscc, event_id=gone)
    world.done("ReceiveSubmission", uscc, met, received_on=today())
    mailing.delivered()
    states = {one.cause.partition("@")[0].partition(":")[2]: one.state for one in mailing.rows("material_due")}
    assert (states.pop(gone), states.pop(met), [*states.values()]) == ("closed", "closed", ["sent"])
    assert agency.kinds(uscc).count("corrected") == 1


@pytest.mark.shows("art.17", "R38", "R41")
def test_a_digest_drops_all_that_rested_on_what_was_annulled(mailing: Mailing) -> None:
    """The complaint, the notice that was due by it; another agency's stays."""
    world, server = mailing.world, mailing.server
    uscc, other = world.filed(), world.filed()
    desk = Somebody(world, Role.ASSOCIATION)
    written_to(mailing, desk, "desk@association.example.cn")
    first = world.id_of("ReceiveComplaint", uscc, received_on=in_days(-14))
    second = world.id_of("ReceiveComplaint", uscc, received_on=in_days(-7), content="另一件")
    for one in (first, second):
        world.done("DecideComplaint", uscc, one, decided_on=today())
    world.id_of("ReceiveComplaint", other)
    told(world, mails=True)
    assert "notice_due" in desk.kinds(uscc)
    for one in (first, second):
        world.done("AnnulEvent", uscc, event_id=one)
    world.must(desk.api.post("/v1/mail-settings/preferences", {"kinds": {"corrected": "daily"}}))
    told(world, mails=True)
    mailing.later()
    mailing.delivered()
    (mail,) = server.taken
    text = text_of_mail(mail)
    assert "应当发出" not in text
    assert text.count("被投诉，等待核实") == 1, "the other agency's alone"
    assert text.count("已撤销") == 1


@pytest.mark.shows("R39", "R41")
def test_who_has_left_an_enterprise_reads_no_more_of_what_it_was_told(mailing: Mailing) -> None:
    """Neither in the message centre nor by e-mail; nor does who works for another agency by now."""
    world = mailing.world
    uscc, elsewhere = world.filed(), world.filed()
    project = world.id_of("StartProject", uscc)
    client, agency = Somebody(world, Role.CLIENT, CLIENT_USCC), Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, client, "li@client.example.cn")
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("InviteSurvey", uscc, project_id=project, invited_on=today(), expires_on=in_days(20))
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)
    assert client.kinds(uscc) == ["survey_invited"]
    assert agency.kinds(uscc) == ["bad_record"]

    def works_for(somebody: Somebody, role: Role, code: str) -> list[str]:
        """What they read once their account is of another enterprise."""
        with writing(world.service.ledger.engine) as connection:
            mine = accounts.c.login == somebody.desk.login
            connection.execute(update(accounts).where(mine).values(uscc=code))
        with world.service.ledger.reading() as reader:
            scopes = scopes_for(reader.connection, Caller(somebody.person_id, role, code, bytes(32), "api"))
            found = messages_of(reader.connection, somebody.person_id, scopes)
            assert unread_of(reader.connection, somebody.person_id, scopes) == len(found)
            return [one.kind for one in found]

    assert works_for(client, Role.CLIENT, new_uscc()) == []
    assert works_for(agency, Role.AGENCY, elsewhere) == []
    mailing.delivered()
    assert mailing.server.taken == []
    assert {one.state for kind in ("survey_invited", "bad_record") for one in mailing.rows(kind)} == {"closed"}
    assert works_for(client, Role.CLIENT, CLIENT_USCC) == ["survey_invited"]


@pytest.mark.shows("R41")
def test_a_claim_runs_by_the_database_s_clock(mailing: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a machine whose own clock is ahead the claims end as those of all others do: nothing is sent twice."""
    world = mailing.world
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    world.done("EnterBadRecord", uscc)
    told(world, mails=True)
    (waits,) = mailing.rows("bad_record")
    then = moment(waits.next_at) + timedelta(days=1)
    monkeypatch.setattr(courier, "database_clock", lambda _: then)
    seen = []

    def while_it_is_sent(_: str) -> str:
        seen.append(next(one.next_at for one in mailing.rows("bad_record")))
        return "250 OK"

    mailing.server.of_recipient = while_it_is_sent
    mailing.courier.deliver()
    assert seen == [instant(then + timedelta(seconds=courier.LEASE_SECONDS))]


@pytest.mark.shows("R41")
@pytest.mark.parametrize("room", ["domain/store/messages", "api/application/messages", "api/application/delivering"])
def test_what_waits_is_put_off_by_no_machine_s_own_clock(room: str) -> None:
    """Two machines whose clocks differ would take each other's claims: only the head of an e-mail and the time that a
    webhook is signed at are the sender's own."""
    own = {"mail_letters.py": 1, "hooks.py": 1}
    for module in sorted((Path(__file__).parents[2] / room).glob("*.py")):
        count = module.read_text(encoding="utf-8").count("datetime.now(")
        assert count == own.get(module.name, 0), module.name


@pytest.mark.shows("R41")
def test_of_what_is_recorded_quietly_nobody_is_told_then_or_later(mailing: Mailing) -> None:
    """`STEWARD_QUIET`, for an import of years, say: no message and no e-mail; of what comes after it there are."""
    world = mailing.world
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    written_to(mailing, agency, "zhang@agency.example.cn")
    told(world, mails=True)
    world.service.housekeeper.stop()
    world.done("EnterBadRecord", uscc)
    seal(world.service.ledger.engine)
    while not tell(world.service.ledger, mails=True, quiet=True):
        pass
    mailing.delivered()
    assert (agency.kinds(uscc), mailing.server.taken) == ([], [])
    world.done("EnterBadRecord", uscc, content="另一条")
    mailing.delivered()
    assert (agency.kinds(uscc), len(mailing.server.taken)) == (["bad_record"], 1)


@pytest.mark.shows("R41")
def test_an_import_tells_nobody_and_the_next_single_fact_does(mailing: Mailing, tmp_path: Path) -> None:
    """What a file of commands brings is no news, to the agency or the desk; what is recorded by itself after it is."""
    world = mailing.world
    uscc = world.filed()
    agency, desk = Somebody(world, Role.AGENCY, uscc), Somebody(world, Role.ASSOCIATION)
    written_to(mailing, agency, "zhang@agency.example.cn")
    told(world, mails=True)
    names = {"bad-records": "EnterBadRecord", "penalties": "ImposePenalty", "reports": "ReportBehaviour"}
    lines = [{"post": f"/v1/agencies/{uscc}/{tail}", "body": body_of(name)} for tail, name in names.items()]
    errors: list[object] = []
    ledger = world.service.ledger
    outcome = run_import(ledger, write(tmp_path / "years.jsonl", lines), "赵六", on_error=errors.append)
    assert (outcome.recorded, errors) == (3, [])
    mailing.delivered()
    assert (agency.kinds(uscc), desk.kinds(uscc), mailing.server.taken) == ([], [], [])
    world.done("EnterBadRecord", uscc, content="另一条")
    mailing.delivered()
    assert (agency.kinds(uscc), len(mailing.server.taken)) == (["bad_record"], 1)
