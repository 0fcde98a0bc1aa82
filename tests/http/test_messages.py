"""Who is told of what (R41): once each, by role and agency, never with words of a record; on both databases."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta
from html import unescape
from typing import Any, get_args

import pytest
from sqlalchemy import func, select

from api.application.messages import telling
from api.application.messages.reminders import ARISEN, REMINDED
from api.application.messages.telling import tell
from api.application.messages.told import TOLD, WORDS, MessageKind
from api.http.documentation.examples import CLIENT_USCC
from domain.errors import Busy
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_token
from domain.store.db.engine import writing
from domain.store.db.schema import accounts
from domain.store.db.tables.message_tables import messages
from domain.store.log.sequencer import seal, unsealed
from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_service_of_notices import path_of
from tests.http.world import APPEALED, Person, World, new_uscc, today

PERSONAL = ("张先生", "138****5678", "上门检查后三天", "未发现储罐区")


def in_days(number: int) -> str:
    """A day so many days from today."""
    return (date.fromisoformat(today()) + timedelta(days=number)).isoformat()


def told(world: World, *, mails: bool = False) -> None:
    """Everybody is told of all that is recorded by now, once it has its place: another transaction may hold that up."""
    ledger, end = world.service.ledger, time.monotonic() + 60
    while True:
        seal(ledger.engine)
        with ledger.reading() as reader:
            waiting, _ = unsealed(reader.connection)
        if not waiting:
            break
        assert time.monotonic() < end, waiting
        time.sleep(0.05)
    while not tell(ledger, mails=mails):
        pass


class Somebody:
    """A person who signs in to the pages and has a token too."""

    def __init__(self, world: World, role: Role, uscc: str | None = None) -> None:
        self.world, self.desk = world, Desk(world, role, uscc)
        with writing(world.service.ledger.engine) as connection:
            mine = accounts.c.login == self.desk.login
            self.person_id = str(connection.scalar(select(accounts.c.person_id).where(mine)))
            token = create_token(connection, self.person_id, role, uscc, by=COMMAND_LINE)
        self.api = Person(world.client, token, self.person_id)

    def messages(self, **asked: Any) -> list[dict[str, Any]]:
        """What they were told, the latest first."""
        answer = self.api.get("/v1/messages", **asked)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def kinds(self, uscc: str) -> list[str]:
        """The kinds of what they were told of an agency, in order of kind."""
        return sorted(one["kind"] for one in self.messages(limit=500) if (one["agency"] or {}).get("uscc") == uscc)


def test_every_kind_has_its_words_and_is_told_of_something() -> None:
    """A kind that joins the table needs words; one that nothing tells is dead."""
    reached = {one.kind for tellings in TOLD.values() for one in tellings} | {one.kind for one in REMINDED.values()}
    reached |= {one.kind for one in ARISEN.values()}
    assert reached | {"corrected", "target_disabled"} == set(WORDS) == set(get_args(MessageKind))
    for words in WORDS.values():
        given = {"year": 2024, "due": "2024-07-15", "uscc": "U", "cause": "C"}
        assert words.text.format(**given)
        assert words.path.format(**given).startswith("/")


@pytest.mark.shows("art.17", "R39", "R41")
def test_a_complaint_reaches_the_desk_then_the_agency_and_who_complained(world: World) -> None:
    """Each once, however often it is told; nobody else, and no words of it. Once annulled, who was told is told so."""
    uscc, other = world.filed(), world.filed()
    desk, agency = Somebody(world, Role.ASSOCIATION), Somebody(world, Role.AGENCY, uscc)
    elsewhere, client = Somebody(world, Role.AGENCY, other), Somebody(world, Role.CLIENT, CLIENT_USCC)
    stranger = Somebody(world, Role.CLIENT, new_uscc())
    told(world)
    complaint = world.id_of("ReceiveComplaint", uscc)
    told(world)
    assert desk.kinds(uscc) == ["complaint_received"]
    assert agency.kinds(uscc) == client.kinds(uscc) == []
    decision = world.done("DecideComplaint", uscc, complaint)["events"][0]["id"]
    for _ in range(3):
        told(world)
    assert agency.kinds(uscc) == ["complaint_decided"]
    assert client.kinds(uscc) == ["complaint_outcome"]
    assert elsewhere.kinds(uscc) == stranger.kinds(uscc) == []
    assert not any(word in str(one.messages()) for one in (desk, agency, client) for word in PERSONAL)
    (message,) = agency.messages()
    assert (message["path"], message["article"]) == (f"/agencies/{uscc}/events/{decision}", "art.17")
    world.done("AnnulEvent", uscc, event_id=decision)
    told(world)
    assert agency.kinds(uscc) == ["complaint_decided", "corrected"]
    assert client.kinds(uscc) == ["complaint_outcome", "corrected"]
    assert desk.kinds(uscc) == ["complaint_received"]


@pytest.mark.shows("art.9", "art.21", "R38", "R41")
def test_the_agency_is_told_what_concerns_it_and_the_desk_what_waits(world: World) -> None:
    """Filing, material, bad record, objection; an account that is closed is told nothing."""
    uscc = world.submitted()
    desk, agency, closed = (
        Somebody(world, *of) for of in ((Role.ASSOCIATION,), (Role.AGENCY, uscc), (Role.AGENCY, uscc))
    )
    with writing(world.service.ledger.engine) as connection:
        id_ = connection.scalar(select(accounts.c.id).where(accounts.c.login == closed.desk.login))
    world.must(world.people[Role.ADMIN].post(f"/v1/accounts/{id_}/access", {"access": "disabled"}))
    world.done("DecideFiling", uscc)
    world.done("RequestSubmission", uscc)
    record = world.id_of("EnterBadRecord", uscc)
    grounds = {"event_id": record, "grounds": "不是我机构人员", "filed_on": today()}
    objection = world.must(agency.api.post(f"/v1/agencies/{uscc}/objections", grounds))["ids"]["objection"]
    world.done("AnswerObjection", uscc, objection, outcome="refused")
    told(world)
    assert agency.kinds(uscc) == ["bad_record", "filing_decided", "material_requested", "objection_answered"]
    assert desk.kinds(uscc) == ["objection_filed"]
    material = next(one for one in agency.messages() if one["kind"] == "material_requested")
    assert (material["due_on"], material["title"]["text"]) == ("2024-07-15", "须在 2024-07-15 前报送材料")
    with world.service.ledger.reading() as reader:
        count = select(func.count()).where(messages.c.person_id == closed.person_id)
        assert reader.connection.scalar(count) == 0


@pytest.mark.shows("art.20", "R3", "R41")
def test_a_published_result_says_the_last_day_for_an_appeal(own_world: World) -> None:
    """To the agency, with its published sheet; the committee hears of the appeal, the agency of its decision."""
    world = own_world
    uscc = world.assessed(year=APPEALED)
    agency, committee = Somebody(world, Role.AGENCY, uscc), Somebody(world, Role.COMMITTEE)
    world.publish(APPEALED)
    told(world)
    result = next(one for one in agency.messages(limit=500) if one["kind"] == "result_published")
    assert result["due_on"] in result["title"]["text"]
    assert "期限自公布起算，与通知何时送达无关" in result["title"]["text"]
    assert agency.desk.get(result["path"]).status_code == 200
    assert committee.kinds(uscc) == []
    world._appealable = uscc
    world.appeal()
    told(world)
    assert committee.kinds(uscc) == ["appeal_filed"]
    appealed = next(one for one in committee.messages() if one["kind"] == "appeal_filed")
    assert committee.desk.get(appealed["path"]).status_code == 200


@pytest.mark.shows("art.17", "art.20", "R41")
def test_the_agency_is_asked_to_acknowledge_and_the_desk_hears_how_service_goes(world: World) -> None:
    """A notice leads to where it is acknowledged, one that came back to what waits; signed, the desk hears of it."""
    uscc = world.filed()
    agency, desk = Somebody(world, Role.AGENCY, uscc), Somebody(world, Role.ASSOCIATION)
    world.upheld(uscc, in_days(-14), in_days(-7))
    due = world.association.get("/v1/notices", limit=500, q=uscc).json()["items"]
    (of_agency,) = (one["id"] for one in due if one["recipient"] == "agency")
    sent = str(world.done("SendNotice", uscc, of_agency, sent_on=today())["events"][0]["id"])
    told(world)
    notice = next(one for one in agency.messages(limit=500) if one["kind"] == "tier_notice")
    assert "请签收；签收不改变任何期限" in notice["title"]["text"]
    assert f"/record/acknowledge-notice?uscc={uscc}&amp;id={sent}" in agency.desk.shown_at(notice["path"])
    back = {"served_on": today(), "outcome": "undeliverable", "way": "post"}
    world.must(world.association.post(path_of(uscc, sent, "service"), back))
    told(world)
    returned = next(one for one in desk.messages(limit=500) if one["kind"] == "notice_returned")
    assert uscc in desk.desk.shown_at(returned["path"])
    world.must(agency.api.post(path_of(uscc, sent, "acknowledgement"), {"acknowledged_on": today()}))
    told(world)
    assert {"notice_returned", "notice_acknowledged"} <= set(desk.kinds(uscc))


@pytest.mark.shows("art.21", "R8", "R41")
def test_material_is_reminded_of_around_its_day_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven days and one day before, the day after; a missed day is made up for; received, it is silent."""
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    request = world.id_of("RequestSubmission", uscc, requested_on=today(), due_on=in_days(8))
    kept = world.id_of("RequestSubmission", uscc, requested_on=today(), due_on=in_days(8), title="乙材料")
    world.done("ReceiveSubmission", uscc, kept, received_on=today())

    def on(day: str) -> int:
        """So many reminders in all, once the day's were looked for."""
        monkeypatch.setattr(telling, "shanghai_date", lambda _: date.fromisoformat(day))
        for _ in range(2):
            told(world)
        return len([one for one in agency.kinds(uscc) if one == "material_due"])

    assert [on(in_days(number)) for number in (0, 1, 2, 7)] == [0, 1, 1, 2]
    assert on(in_days(12)) == 3, "the day after was missed, and is made up for"
    world.done("ReceiveSubmission", uscc, request, received_on=today())
    assert on(in_days(13)) == 3


@pytest.mark.shows("art.15", "art.21", "R8", "R41")
def test_reminders_come_over_spring_festival_too_and_follow_a_day_that_was_moved(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the Shanghai day itself, a holiday or not; a request annulled and made anew reminds of its new day alone."""
    world = own_world
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    first = world.id_of("RequestSubmission", uscc, requested_on=today(), due_on="2027-02-10")

    def on(day: str) -> list[str | None]:
        """The last days of which the agency was reminded, once the day's reminders were looked for."""
        monkeypatch.setattr(telling, "shanghai_date", lambda _: date.fromisoformat(day))
        told(world)
        return [one["due_on"] for one in reversed(agency.messages(limit=500)) if one["kind"] == "material_due"]

    assert on("2027-02-02") == []
    assert on("2027-02-03") == ["2027-02-10"], "seven days before"
    world.done("AnnulEvent", uscc, event_id=world.trail(uscc)[-1]["id"])
    assert first
    world.done("RequestSubmission", uscc, requested_on=today(), due_on="2027-02-15")
    assert on("2027-02-08") == ["2027-02-10", "2027-02-15"], "new year’s holidays: reminded all the same"
    assert on("2027-02-09") == ["2027-02-10", "2027-02-15"], "the day before the old last day: of that nothing"
    assert on("2027-02-14") == ["2027-02-10", "2027-02-15", "2027-02-15"]


@pytest.mark.shows("art.17", "art.20", "R36", "R40", "R41")
def test_what_no_single_fact_tells_is_told_when_it_begins_to_wait(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice that is due, a result touched by a late fact, a year whose weeks are over: each once, to who acts."""
    world = own_world
    uscc = world.assessed(year=APPEALED)
    desk, committee = Somebody(world, Role.ASSOCIATION), Somebody(world, Role.COMMITTEE)
    agency = Somebody(world, Role.AGENCY, uscc)
    world.publish(APPEALED)
    told(world)
    assert committee.kinds(uscc) == []
    assert world.done("RecordLapse", uscc, item=4, occurred_on=f"{APPEALED}-09-09")["touched"]
    world.upheld(uscc, today(), today())
    for _ in range(2):
        told(world)
    assert committee.kinds(uscc).count("impact_opened") >= 1
    assert len(committee.kinds(uscc)) == len({(one["kind"], one["path"], one["id"]) for one in committee.messages()})
    assert "notice_due" in desk.kinds(uscc)
    assert not {"notice_due", "impact_opened"} & set(agency.kinds(uscc))
    before = len(desk.kinds(uscc))
    monkeypatch.setattr(telling, "shanghai_date", lambda _: date.fromisoformat(in_days(20)))
    for _ in range(2):
        told(world)
    assert [one["kind"] for one in committee.messages(limit=500)].count("year_to_close") == 1
    assert len(desk.kinds(uscc)) == before


@pytest.mark.shows("R41")
def test_what_was_not_committed_is_told_again_and_old_news_is_no_news(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies while it tells: nothing is kept, nothing is lost. What is a month old wakes nobody up."""
    world = own_world
    uscc = world.filed()
    agency = Somebody(world, Role.AGENCY, uscc)
    world.done("EnterBadRecord", uscc)

    def dies(*_: Any) -> None:
        raise Busy("断电", "the power failed")

    with monkeypatch.context() as patch:
        patch.setattr(telling, "told_up_to", dies)
        with pytest.raises(Busy):
            told(world)
    assert agency.messages() == []
    told(world)
    assert agency.kinds(uscc) == ["bad_record"]
    world.done("EnterBadRecord", uscc, content="又一条")
    monkeypatch.setattr(telling, "OLD", timedelta())
    told(world)
    assert agency.kinds(uscc) == ["bad_record"]


def test_one_reads_ones_own_messages_alone(world: World) -> None:
    """Unread ones are counted on every page; opening one leads on and marks it, all can be marked; not another's."""
    uscc = world.filed()
    agency, colleague = Somebody(world, Role.AGENCY, uscc), Somebody(world, Role.AGENCY, uscc)
    told(world)
    for content in ("甲", "乙", "丙"):
        world.done("EnterBadRecord", uscc, content=content)
    told(world)
    assert re.search(r'class="menu-count">3<', agency.desk.shown("/messages"))
    (first, *_) = agency.messages()
    stolen = colleague.api.post("/v1/messages/read", {"ids": [first["id"]]}).json()
    assert stolen == {"marked": 0, "unread": 3}
    opened = agency.desk.send("/messages", {"open": first["id"]})
    assert (opened.status_code, opened.headers["location"]) == (303, first["path"])
    assert agency.desk.get(first["path"]).status_code == 200
    assert len(agency.messages(unread=True)) == 2
    for bad in ("nothing", "//evil.example", colleague.messages()[0]["id"]):
        assert agency.desk.send("/messages", {"open": bad}).status_code == 404, bad
    assert agency.desk.send("/messages", {}).headers["location"] == "/messages"
    assert agency.messages(unread=True) == []
    assert len(colleague.messages(unread=True)) == 3
    shown = agency.desk.shown("/messages")
    assert "已读" in unescape(shown)
    assert "menu-count" not in shown[shown.index('class="who told"') :][:200]
    assert Person(world.client, None).get("/v1/messages").status_code == 401
