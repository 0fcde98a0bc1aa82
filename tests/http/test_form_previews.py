"""What a form says before anything is recorded, and what happens when that has moved; on both databases."""

from __future__ import annotations

import re

import pytest

from api.http.documentation.examples import CLIENT_USCC
from api.web.frame.field_names import EVENTS
from domain.values import Role
from tests.http.desk import Desk, fields_of
from tests.http.test_form_pages import hidden, main_of, previewed, typed
from tests.http.world import APPEALED, World, new_uscc, today


def test_the_preview_tells_what_recording_does(world: World) -> None:
    """The second counted complaint: tier with its dates, score, bad records and the line with its article (art.17)."""
    uscc = world.assessed()
    world.upheld(uscc, "2024-03-04")
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2024-05-01")
    desk = Desk(world, Role.ASSOCIATION)
    fields = {
        "agency": uscc,
        "id": complaint,
        "/outcome": "upheld",
        "/decided_on": "2024-05-06",
        "/verified_grounds": "missed_hazard",
        "/findings": "现场核查记录",
    }
    text = desk.send("/record/decide-complaint", fields).text
    for said in (
        "这是一年内第 2 次有效投诉：“警示提醒”，自 2024-05-06 至 2025-05-06",
        "2024 年度得分：",
        "不良信息累计：1 → 2 次",
        "投诉于 2024-05-06 经核实属实",
        "第十六条",
        "今天的惩戒等级",
    ):
        assert said in text, main_of(text)
    assert "what-if" not in text
    english = desk.client.post("/record/decide-complaint?lang=en", data={"csrf": desk.csrf(), **fields}).text
    assert "counted complaint no. 2 within one year: warned, from 2024-05-06 to 2025-05-06" in english
    assert "counts now: complaint upheld of 2024-05-06" in english
    assert not re.search(rf">[^<]*\b(?:{'|'.join(EVENTS)})\b", main_of(english))


def test_the_preview_and_the_receipt_name_a_published_result_that_is_touched(world: World) -> None:
    """A late fact of a published year: said before and after it is recorded (R36)."""
    uscc = world.appealable()
    desk = Desk(world, Role.ASSOCIATION)
    fields = {"agency": uscc, "key": uscc, "/item": "4", "/occurred_on": f"{APPEALED}-06-06"}
    response = desk.send("/record/record-lapse", fields)
    assert f"会影响已公布的 {APPEALED} 年度考评结果" in response.text
    receipt = desk.send("/record/record-lapse", {**hidden(response.text), "do": "record"}).text
    assert "影响已公布的结果，已列入委员会的处理清单" in receipt
    impact = world.association.get("/v1/impacts", limit=500).json()["items"][-1]["id"]
    assert f'href="/impacts/{impact}"' in receipt.replace("%7E", "~")


@pytest.mark.parametrize("day", ["2015-01-05", "2021-10-31", "2023-12-31"])
def test_a_fact_from_before_the_filing_or_the_measures_is_previewed_too(world: World, day: str) -> None:
    """Days that no sheet and no rulebook covers: the preview comes, and what is recorded is what it showed."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    carried = previewed(desk, "record-lapse", {"agency": uscc, "/item": "4", "/occurred_on": day})
    assert "已记录" in desk.send("/record/record-lapse", {**carried, "do": "record"}).text
    ending = {"agency": uscc, "/effective_on": "2199-12-30"}
    text = desk.send("/record/terminate-agency", ending).text
    assert "备案状态：已备案 → 已终止" in text


def test_what_moved_meanwhile_is_previewed_again(world: World) -> None:
    """Recording goes with the version that was seen; what was changed after the preview is shown before it counts."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    carried = previewed(desk, "record-lapse", {"agency": uscc, "/item": "4", "/occurred_on": "2024-05-20"})
    other = {**carried, "/item": "9", "do": "record"}
    text = desk.send("/record/record-lapse", other).text
    assert "内容与上次核对时不同" in text
    world.done("EnterBadRecord", uscc)
    before = len(world.trail(uscc))
    moved = desk.send("/record/record-lapse", {**carried, "do": "record"})
    assert "该机构又有了新的记录" in moved.text
    assert len(world.trail(uscc)) == before
    assert "已记录" in desk.send("/record/record-lapse", {**hidden(moved.text), "do": "record"}).text
    assert len(world.trail(uscc)) == before + 1


def test_a_form_that_was_recorded_and_changed_gets_a_key_of_its_own(world: World) -> None:
    """Back, change, record: that is another fact, said so, and recorded when it is wanted."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    fields = {"agency": uscc, "key": f"key-{uscc}", "/item": "4", "/occurred_on": "2024-05-20"}
    carried = previewed(desk, "record-lapse", fields)
    assert "已记录" in desk.send("/record/record-lapse", {**carried, "do": "record"}).text
    carried = previewed(desk, "record-lapse", {**fields, "/item": "9"})
    refused = desk.send("/record/record-lapse", {**carried, "do": "record"})
    assert refused.status_code == 422
    assert fields_of(refused.text)["key"] != fields["key"]
    assert fields_of(refused.text)["/occurred_on"] == "2024-05-20"


def test_a_practitioner_who_appeals_is_named(world: World) -> None:
    """Without a name nobody can tell whether it is one of the agency's (R33): said at the field, by the API too."""
    uscc = world.appealable()
    appeal = {"year": APPEALED, "filed_on": f"{APPEALED + 1}-03-12", "grounds": "评分有误"}
    nameless = {**appeal, "appellant": {"kind": "practitioner"}}
    refused = world.association.post(f"/v1/agencies/{uscc}/appeals", nameless)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/appellant/name"]
    desk, before = Desk(world, Role.ASSOCIATION), len(world.trail(uscc))
    fields = {"agency": uscc, **typed("file-appeal", nameless)}
    response = desk.send("/record/file-appeal", fields)
    assert response.status_code == 422
    assert re.search(r'id="f-appellant-name-problem">[^<]*须写明姓名', response.text), main_of(response.text)
    assert len(world.trail(uscc)) == before
    assert previewed(desk, "file-appeal", {**fields, "/appellant/name": "邓海生"})
    assert previewed(desk, "file-appeal", {**fields, "/appellant/kind": "agency"})


@pytest.mark.shows("R46")
@pytest.mark.parametrize("role", [Role.ASSOCIATION, Role.CLIENT])
def test_the_preview_and_the_receipt_name_an_equal_fact(world: World, role: Role) -> None:
    """Complaints whose words are sealed: the earlier one stands in preview and receipt; another word, and it does not.

    A client is told of its own, which the association recorded in its name.
    """
    uscc = world.filed()
    given = {
        "received_on": today(),
        "complainant": "李 四",
        "client_uscc": CLIENT_USCC,
        "grounds": "other",
        "content": "",
        "contact": "",
    }
    first = world.id_of("ReceiveComplaint", uscc, **given)
    desk = Desk(world, role, CLIENT_USCC if role is Role.CLIENT else None)
    fields = {"agency": uscc, **{f"/{name}": value for name, value in given.items()}, "/complainant": "李四"}
    text = desk.send("/record/receive-complaint", fields).text
    assert "同样内容的记录已有 1 条（R46）" in text, main_of(text)
    assert first in text
    receipt = desk.send("/record/receive-complaint", {**hidden(text), "do": "record"}).text
    assert "已记录" in receipt
    assert first in receipt
    other = desk.send("/record/receive-complaint", {**fields, "/complainant": "王五"}).text
    assert "R46" not in main_of(other)


@pytest.mark.shows("R47")
def test_the_preview_says_that_a_category_is_new(own_world: World) -> None:
    """With those in use, before anything is recorded; a spelling that folds to one of them is not new."""
    own_world.filed()
    desk = Desk(own_world, Role.ASSOCIATION)
    fields = {"/uscc": new_uscc(), "/name": "乙公司", "/category": "检测检验", "/submitted_on": "2024-01-05"}
    text = desk.send("/record/file-agency", fields).text
    assert "这是一个新的机构类型" in text
    assert "已在使用的类型：综合安全服务" in text
    assert "新的机构类型" not in desk.send("/record/file-agency", {**fields, "/category": "综合 安全服务"}).text
    receipt = desk.send("/record/file-agency", {**hidden(text), "do": "record"}).text
    assert "这是一个新的机构类型" in receipt
