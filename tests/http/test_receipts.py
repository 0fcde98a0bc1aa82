"""Receipts with an address: read from the ledger by their event, under the rights of the record; on both databases."""

from __future__ import annotations

import re
from html import unescape

import pytest

from api.http.documentation.examples import CLIENT_USCC
from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_form_pages import main_of, next_of, previewed, typed
from tests.http.world import World, body_of, today


def receipt_at(uscc: str, event: str) -> str:
    """The address of a receipt."""
    return f"/agencies/{uscc}/events/{event}/receipt"


@pytest.mark.shows("art.17(2)", "art.17(3)", "R18")
def test_after_a_step_of_the_ladder_the_receipt_leads_to_the_notices_that_are_due(world: World) -> None:
    """Three complaints upheld: the notices of the blacklisting by name, each a form in which it is chosen already;
    recorded as sent they go from the receipt, one after the other, and nothing leads to a form that is refused."""
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    world.upheld(uscc, "2024-05-06", "2024-08-20")
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2024-11-20")
    fields = {
        "agency": uscc,
        "id": complaint,
        "/outcome": "upheld",
        "/verified_grounds": "missed_hazard",
        "/decided_on": "2024-11-20",
        "/findings": "经核实属实",
    }
    receipt = desk.followed("/record/decide-complaint", {**previewed(desk, "decide-complaint", fields), "do": "record"})
    notices = world.association.get("/v1/notices", limit=500).json()["items"]
    due = {one["id"] for one in notices if one["agency"]["uscc"] == uscc and one["kind"] == "blacklisted"}
    links = [one for one in next_of(receipt.text) if one.startswith("/record/send-notice")]
    assert {re.findall(r"[?&]id=([^&]+)", one)[0] for one in links} == due
    assert len(due) > 1
    for number, link in enumerate(links):
        shown, id_ = desk.shown_at(link), re.findall(r"[?&]id=([^&]+)", link)[0]
        assert f'value="{id_}" selected' in shown
        typed_in = typed("send-notice", body_of("SendNotice")) | {"/sent_on": today()}
        carried = previewed(desk, "send-notice", {"agency": uscc, "id": id_, **typed_in})
        receipt = desk.followed("/record/send-notice", {**carried, "do": "record"})
        left = [one for one in next_of(receipt.text) if one.startswith("/record/send-notice")]
        assert len(left) == len(links) - number - 1


@pytest.mark.shows("art.17")
def test_a_receipt_tells_what_the_recording_did_then_whatever_came_later(world: World) -> None:
    """The second complaint: the step, the points, the bad record, as its preview said; a year on, the same words."""
    uscc, desk = world.assessed(), Desk(world, Role.ASSOCIATION)
    _, second = world.upheld(uscc, "2024-05-06", "2024-11-20")
    text = main_of(desk.shown(receipt_at(uscc, second)))
    said = (
        "这是一年内第 2 次有效投诉：“警示提醒”，自 2024-11-20 至 2025-11-20",
        "不良信息累计：1 → 2 次",
        "2024 年度得分：",
    )
    assert [one for one in said if one not in text] == []
    world.upheld(uscc, "2025-01-06")
    after = main_of(desk.shown(receipt_at(uscc, second)))
    assert [one for one in said if one not in after] == []
    assert "第 3 次" not in after
    annulment = world.id_of("AnnulEvent", uscc, event_id=second)
    gone = main_of(desk.shown(receipt_at(uscc, second)))
    assert "这条记录后来已撤销" in gone
    assert [one for one in said if one not in gone] == []
    undone = main_of(desk.shown(receipt_at(uscc, annulment)))
    assert "已记录：撤销记录" in undone
    assert "不良信息累计：3 → 2 次" in undone
    english = main_of(desk.shown(receipt_at(uscc, second), lang="en"))
    assert "counted complaint no. 2 within one year: warned" in english


def test_a_receipt_is_read_by_who_may_read_the_record_and_by_nobody_else(world: World) -> None:
    """The link sent to a colleague opens; an agency sees its own, a client its complaint, others 404."""
    uscc, other = world.filed(), world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc, client_uscc=CLIENT_USCC)
    lapse = world.id_of("RecordLapse", uscc)
    for role in (Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR):
        assert "已记录" in Desk(world, role).shown(receipt_at(uscc, lapse))
    own = Desk(world, Role.AGENCY, uscc)
    assert "已记录：记服务规范扣分" in own.shown(receipt_at(uscc, lapse))
    assert body_of("ReceiveComplaint")["complainant"] not in own.shown(receipt_at(uscc, complaint))
    client = Desk(world, Role.CLIENT, CLIENT_USCC)
    told = client.shown(receipt_at(uscc, complaint))
    assert "已记录：提出投诉" in told
    assert "记录时带来的变化" not in told
    assert client.get(receipt_at(uscc, lapse)).status_code == 404
    assert Desk(world, Role.AGENCY, other).get(receipt_at(uscc, lapse)).status_code == 404
    assert own.get(receipt_at(uscc, "nobody")).status_code == 404
    assert own.get(receipt_at(uscc, lapse), nothing="1").status_code == 422
    stranger = world.stranger.client.get(receipt_at(uscc, lapse), follow_redirects=False)
    assert stranger.headers["location"].startswith("/sign-in?next=")


def test_the_link_of_a_survey_is_on_the_receipt_once_and_stands_in_no_address(world: World) -> None:
    """Shown when it was made, to who made it; loaded again, or by a colleague, it is gone and that is said."""
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    project = world.id_of("StartProject", uscc)
    fields = {
        "agency": uscc,
        "/project_id": project,
        "/year": "2024",
        "/invited_on": "2024-12-01",
        "/expires_on": "2099-12-31",
    }
    carried = previewed(desk, "invite-survey", fields)
    sent = [desk.send("/record/invite-survey", {**carried, "do": "record"}) for _ in range(2)]
    there = [one.headers["location"] for one in sent]
    assert all("/survey" not in one for one in there)
    colleague = Desk(world, Role.ASSOCIATION)
    assert "链接已经显示过一次" in colleague.shown_at(there[0])
    first = desk.shown_at(there[1])
    (link,) = set(re.findall(r"/survey/[A-Za-z0-9_-]+", first))
    assert "没有重复记录" in first
    for address in there:
        text = desk.shown_at(address)
        assert link not in text
        assert "链接已经显示过一次，不再显示" in text
    assert world.client.get(link).status_code == 200
    assert len([one for one in world.trail(uscc) if one["type"] == "SurveyInvited"]) == 1


def test_one_act_with_several_facts_has_one_receipt(world: World) -> None:
    """A correction: opened by either of its events, it names both and what it did on the whole; its neighbours not."""
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    lapse = world.id_of("RecordLapse", uscc, item=4, occurred_on="2024-05-20")
    body = body_of("CorrectEvent") | {"event_id": lapse}
    for one in body["replace"]:
        one["post"] = f"/v1/agencies/{uscc}/lapses"
    made = world.done("CorrectEvent", uscc, **body)
    ids = [one["id"] for one in made["events"]]
    later = world.id_of("RecordLapse", uscc, item=9, occurred_on="2024-06-20")
    for id_ in ids:
        text = main_of(desk.shown(receipt_at(uscc, id_)))
        assert all(f"/events/{one}" in text for one in ids)
        assert "已记录：更正记录" in text
        assert f"/events/{later}" not in text
    answer = world.association.get(f"/v1/agencies/{uscc}/events/{ids[0]}").json()
    assert [one["id"] for one in answer["recorded_with"]] == ids
    assert [
        one["id"] for one in world.association.get(f"/v1/agencies/{uscc}/events/{later}").json()["recorded_with"]
    ] == [later]


@pytest.mark.shows("art.15", "R39")
def test_the_same_again_of_another_agency_where_there_is_no_grid(world: World) -> None:
    """A project: first the other agency, then its form with client, dates and words; nobody of the first agency."""
    uscc, other = world.filed(), world.filed()
    body = {"contract_no": "HT-同样-7", "started_on": "2025-03-04", "due_on": "2025-09-30"}
    people = {"quality_lead": {"name": "欧阳质控", "years": "6"}, "technicians": [{"name": "司徒技术", "years": "4"}]}
    event = world.id_of("StartProject", uscc, **body, **people)
    desk = Desk(world, Role.ASSOCIATION)
    receipt = desk.shown(f"/agencies/{uscc}/events/{event}/receipt")
    (link,) = re.findall(r'href="(/record/start-project\?like=[^"]+)"', receipt)
    choosing = desk.shown_at(f"{link}&q={other}")
    (chosen,) = re.findall(rf'href="(/record/start-project\?[^"]*uscc={other}[^"]*)"', choosing)
    page = desk.shown_at(unescape(chosen))
    for text in ("HT-同样-7", "2025-03-04", "2025-09-30", other):
        assert text in page
    for text in ("欧阳质控", "司徒技术"):
        assert text not in page
    wrong = desk.get("/record/receive-complaint", uscc=other, like=f"{uscc}:{event}")
    assert (wrong.status_code, "请从那条记录的回执打开" in wrong.text) == (404, True)
    own = Desk(world, Role.AGENCY, uscc).shown(f"/agencies/{uscc}/events/{event}/receipt")
    assert "like=" not in own, "an agency records its own"
