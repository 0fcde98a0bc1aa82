"""What a form says before anything is recorded, and what happens when that has moved; on both databases."""

from __future__ import annotations

import re

import pytest

from api.http.documentation.examples import CLIENT_USCC
from api.web.frame.field_names import EVENTS
from domain.values import Role
from tests.http.desk import Desk, fields_of
from tests.http.test_form_pages import hidden, main_of, previewed, typed
from tests.http.world import APPEALED, World, body_of, new_uscc, today


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
    receipt = desk.followed("/record/record-lapse", {**hidden(response.text), "do": "record"}).text
    assert "影响已公布的结果，已列入委员会的处理清单" in receipt
    impact = world.association.get("/v1/impacts", limit=500).json()["items"][-1]["id"]
    assert f'href="/impacts/{impact}"' in receipt.replace("%7E", "~")


@pytest.mark.parametrize("day", ["2015-01-05", "2021-10-31", "2023-12-31"])
def test_a_fact_from_before_the_filing_or_the_measures_is_previewed_too(world: World, day: str) -> None:
    """Days that no sheet and no rulebook covers: the preview comes, and what is recorded is what it showed."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    carried = previewed(desk, "record-lapse", {"agency": uscc, "/item": "4", "/occurred_on": day})
    assert "已记录" in desk.followed("/record/record-lapse", {**carried, "do": "record"}).text
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
    assert "已记录" in desk.followed("/record/record-lapse", {**hidden(moved.text), "do": "record"}).text
    assert len(world.trail(uscc)) == before + 1


def test_a_form_that_was_recorded_and_changed_gets_a_key_of_its_own(world: World) -> None:
    """Back, change, record: that is another fact, said so, and recorded when it is wanted."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    fields = {"agency": uscc, "key": f"key-{uscc}", "/item": "4", "/occurred_on": "2024-05-20"}
    carried = previewed(desk, "record-lapse", fields)
    assert "已记录" in desk.followed("/record/record-lapse", {**carried, "do": "record"}).text
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
    receipt = desk.followed("/record/receive-complaint", {**hidden(text), "do": "record"}).text
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
    receipt = desk.followed("/record/file-agency", {**hidden(text), "do": "record"}).text
    assert "这是一个新的机构类型" in receipt


@pytest.mark.shows("R46")
def test_a_correction_is_told_what_its_replacement_repeats(world: World) -> None:
    """Of what takes the place of the annulled record, too, the equal one is named before it is recorded."""
    uscc = world.filed()
    first, other = world.id_of("RecordLapse", uscc, item=2), world.id_of("RecordLapse", uscc, item=4)
    same = {**body_of("RecordLapse"), "item": 2}
    replacing = [{"post": f"/v1/agencies/{uscc}/lapses", "body": same}]
    body = {**body_of("CorrectEvent"), "event_id": other, "replace": replacing}
    desk = Desk(world, Role.ASSOCIATION)
    text = desk.send("/record/correct-event", {"agency": uscc, **typed("correct-event", body)}).text
    assert "同样内容的记录已有 1 条（R46）" in text, main_of(text)
    assert f"/events/{first}" in main_of(text)
    replacing[0]["body"] = {**same, "item": 4}
    text = desk.send("/record/correct-event", {"agency": uscc, **typed("correct-event", body)}).text
    assert "R46" not in main_of(text)


@pytest.mark.shows("R15")
def test_complaints_about_one_matter_can_be_decided_together(world: World) -> None:
    """Another complaint of the same enterprise: three ways are offered, and merging keeps the link in the decision."""
    uscc = world.filed()
    words = "储罐区报警器失效"
    first = world.id_of("ReceiveComplaint", uscc, received_on="2024-05-01", complainant="甲", content=words)
    desk = Desk(world, Role.ASSOCIATION)
    fields = {"agency": uscc, "/received_on": "2024-05-20", "/grounds": "missed_hazard", "/client_uscc": CLIENT_USCC}
    text = main_of(desk.send("/record/receive-complaint", fields).text)
    for said in ("可能是同一事项的投诉", "2024-05-01 收到", "同一企业", "尚待核实决定", words):
        assert said in text
    carried = hidden(text)
    stranger = {**fields, "/client_uscc": new_uscc()}
    assert "同一事项" not in main_of(desk.send("/record/receive-complaint", stranger).text)
    on_its_way = desk.send("/record/receive-complaint", {**carried, "do": f"record:merge:{first}"})
    assert on_its_way.status_code == 303
    second = world.trail(uscc)[-1]["id"]
    decide = desk.shown_at(on_its_way.headers["location"])
    assert f'<option value="{second}" selected>' in decide
    assert f'<option value="{first}" selected>' in decide
    assert 'value="merged" checked' in decide
    merged = {"agency": uscc, "id": second, "/outcome": "merged", "/merged_into": first, "/findings": "同一处隐患"}
    carried = previewed(desk, "decide-complaint", {**merged, "/decided_on": "2024-06-01"})
    desk.send("/record/decide-complaint", {**carried, "do": "record"})
    assert world.trail(uscc)[-1]["fact"]["merged_into"] == first
    third = main_of(desk.send("/record/receive-complaint", fields).text)
    assert f"record:merge:{second}" not in third, "one that is merged is no place to merge into"
    assert f"record:merge:{first}" in third


@pytest.mark.shows("R39")
def test_an_enterprise_is_told_only_of_its_own_complaints(world: World) -> None:
    """The same words from somebody else are nobody's business but the officers'; and it cannot merge."""
    uscc = world.filed()
    world.done("ReceiveComplaint", uscc, client_uscc=new_uscc(), content="现场无人")
    desk = Desk(world, Role.CLIENT, CLIENT_USCC)
    fields = {"agency": uscc, "/received_on": today(), "/grounds": "other", "/content": "现场无人"}
    assert "同一事项" not in main_of(desk.send("/record/receive-complaint", fields).text)
    carried = previewed(desk, "receive-complaint", {**fields, "/content": "设备未检"})
    assert desk.send("/record/receive-complaint", {**carried, "do": "record"}).status_code < 400
    text = main_of(desk.send("/record/receive-complaint", fields).text)
    assert "设备未检" in text
    assert "merge" not in text


@pytest.mark.shows("art.17(3)", "R18")
def test_the_preview_names_the_notices_that_fall_due(world: World) -> None:
    """The third counted complaint within a year: to whom, from when, under which article; none for a fact without."""
    uscc = world.filed()
    world.upheld(uscc, "2026-03-04", "2026-04-04")
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2026-05-01")
    desk = Desk(world, Role.ASSOCIATION)
    decision = {"agency": uscc, "id": complaint, "/outcome": "upheld", "/verified_grounds": "missed_hazard"}
    text = main_of(
        desk.send("/record/decide-complaint", {**decision, "/decided_on": "2026-05-06", "/findings": "属实"}).text
    )
    for said in ("协会网站公布", "上报区安全监管部门", "通报区内全部生产经营单位", "告知服务机构"):
        assert f"将有通知应发出：列入黑名单：{said}，2026-05-06 起应发（第十七条第（三）项）" in text
    dismissed = {"agency": uscc, "id": complaint, "/outcome": "dismissed"}
    text = main_of(
        desk.send("/record/decide-complaint", {**dismissed, "/decided_on": "2026-05-06", "/findings": "不实"}).text
    )
    assert "通知应发" not in text
    ending = main_of(desk.send("/record/terminate-agency", {"agency": uscc, "/effective_on": "2199-12-30"}).text)
    assert "将有通知应发出：终止业务：在门户网站公布，2199-12-30 起应发（第十一条）" in ending


@pytest.mark.shows("art.15(1)", "R37")
def test_the_preview_names_flags_and_hints(world: World) -> None:
    """A team below art.15(1) is flagged and gives a hint; the bad record entered for it settles that (R37)."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    weak = {**body_of("StartProject"), "technicians": [], "service_type": None}
    text = main_of(desk.send("/record/start-project", {"agency": uscc, **typed("start-project", weak)}).text)
    assert "将标注：" in text
    assert "第十五条第（一）项" in text
    assert "将产生线索" in text
    assert "总结报告尚未报送" not in text, "missing of every project that begins"
    whole = {**body_of("StartProject"), "service_type": None}
    text = main_of(desk.send("/record/start-project", {"agency": uscc, **typed("start-project", whole)}).text)
    assert "将标注" not in text
    world.done("StartProject", uscc, **{name: weak[name] for name in ("technicians", "service_type")})
    hint = world.hints(uscc, behaviour="16.10")[0]["id"]
    record = {"behaviour": "16.10", "entered_on": today(), "content": "小组人数不足", "hint_id": hint}
    text = main_of(desk.send("/record/enter-bad-record", {"agency": uscc, **typed("enter-bad-record", record)}).text)
    assert "线索随之了结：" in text
