"""A change of the particulars begins with what is on file, and its preview tells old and new (art.12, R7)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, cast

from api.web.forms.form_filling import said_values
from api.web.forms.form_particulars import SAID_BY, on_file, parts
from domain.values import Role
from projections.answers.trail_items import EntryRow
from tests.http.desk import Desk
from tests.http.test_erasing import erase, subject_of
from tests.http.test_form_pages import hidden, main_of
from tests.http.world import World, body_of, new_uscc, today

STAFF = [
    {"name": "林晓梅", "qualification": "安全工程师", "certificate_no": "ZA-1", "valid_until": "2098-06-30"},
    {"name": "王海涛", "qualification": "工程师", "certificate_no": "ZA-2"},
    {"name": "李静", "certificate_no": "ZA-3"},
]


def filed(world: World) -> str:
    """An agency with three people and two qualifications."""
    uscc = new_uscc()
    staff = [{**one, "certificate_no": f"{one['certificate_no']}-{uscc}"} for one in STAFF]
    papers = [{"name": "安全评价", "no": "A-1", "scope": ["危化"], "valid_until": "2099-12-31"}, {"name": "检测检验"}]
    body = {**body_of("FileAgency"), "uscc": uscc, "personnel": staff, "qualifications": papers}
    world.must(world.association.post("/v1/agencies", body))
    world.done("DecideFiling", uscc)
    return uscc


def begun(desk: Desk, uscc: str, *what: str) -> dict[str, Any]:
    """The inputs of the form as it opens, as a browser would send them: of these particulars, by default of all."""
    asked = list(what or (one.name for one in parts()))
    text = desk.shown("/record/report-change", uscc=uscc, what=",".join(asked))
    return {**shown_inputs(main_of(text)), "asked": asked}


def shown_inputs(text: str) -> dict[str, Any]:
    """Names and values of every input, select and textarea of a form, the templates of rows left out."""
    text = re.sub(r"<template.*?</template>", "", text, flags=re.DOTALL)
    found = {}
    for one in re.findall(r"<input\b[^>]*>", text):
        name, value = (re.search(rf'\b{key}="([^"]*)"', one) for key in ("name", "value"))
        if name and value and 'type="search"' not in one:
            found[unescape(name[1])] = unescape(value[1])
    for name, value in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', text, flags=re.DOTALL):
        found[name] = unescape(value)
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, flags=re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name] = chosen[1] if chosen else ""
    return found


def test_the_form_begins_with_what_is_on_file_and_records_what_differs(world: World) -> None:
    """Somebody leaves, somebody comes, a certificate is another: the preview names each, the rest is not recorded."""
    uscc = filed(world)
    desk = Desk(world, Role.AGENCY, uscc)
    fields = begun(desk, uscc)
    assert [fields[f"/fields/personnel/{place}/name"] for place in range(3)] == ["林晓梅", "王海涛", "李静"]
    assert fields["/fields/qualifications/0/scope"] == "危化"
    assert fields["/fields/personnel/0/valid_until"] == "2098-06-30"
    fields["/fields/personnel/1/name"] = "陈新来"
    fields["/fields/personnel/1/certificate_no"] = f"ZA-9-{uscc}"
    fields["/fields/personnel/2/certificate_no"] = f"ZA-8-{uscc}"
    fields["/fields/address"] = "澳头街道新址 8 号"
    preview = desk.send("/record/report-change", fields)
    text = " ".join(main_of(preview.text).split())
    for said in (
        f"去</span> <bdi>王海涛</bdi> · <bdi>工程师</bdi> · <bdi>ZA-2-{uscc}</bdi>",
        f"增</span> <bdi>陈新来</bdi> · <bdi>工程师</bdi> · <bdi>ZA-9-{uscc}",
        f"改</span> <bdi>李静</bdi> · <bdi>ZA-3-{uscc}</bdi> → <bdi>李静</bdi> · <bdi>ZA-8-{uscc}</bdi>",
        "不变：1 项",
        "澳头街道新址 8 号",
    ):
        assert said in text, text
    assert "安全评价" not in text[: text.index('<form id="entry"')]
    receipt = desk.followed("/record/report-change", {**hidden(preview.text), "do": "record"}).text
    assert "已记录" in receipt, main_of(receipt)
    fact = world.trail(uscc)[-1]["fact"]
    assert set(fact["fields"]) == {"personnel", "address"} == set(fact["old"])
    assert [one["name"] for one in fact["fields"]["personnel"]] == ["林晓梅", "陈新来", "李静"]
    assert [one["valid_until"] for one in fact["fields"]["personnel"]] == ["2098-06-30", None, None]
    assert "没有重复记录" in desk.followed("/record/report-change", {**hidden(preview.text), "do": "record"}).text


def test_what_is_emptied_is_recorded_as_empty(world: World) -> None:
    """A removed list and a cleared text are changes too; a name cannot be none; nothing changed is refused."""
    uscc = filed(world)
    desk = Desk(world, Role.AGENCY, uscc)
    fields = begun(desk, uscc)
    assert "至少写明一项变更的内容" in desk.send("/record/report-change", fields).text
    assert "name 不能改为空" in desk.send("/record/report-change", {**fields, "/fields/name": ""}).text
    kept = {name: text for name, text in fields.items() if not name.startswith("/fields/qualifications/")}
    preview = desk.send("/record/report-change", {**kept, "/fields/technical_lead": ""}).text
    assert "检测检验" in preview
    assert "（空）" in preview
    assert "已记录" in desk.followed("/record/report-change", {**hidden(preview), "do": "record"}).text
    assert world.trail(uscc)[-1]["fact"]["fields"] == {"qualifications": [], "technical_lead": None}


def test_what_changed_meanwhile_is_not_changed_back(world: World) -> None:
    """Another change after the form was opened: what was left alone stays as it is now."""
    uscc = filed(world)
    desk = Desk(world, Role.AGENCY, uscc)
    fields = begun(desk, uscc)
    world.done("ReportChange", uscc, changed_on=today(), reported_on=today(), fields={"address": "新址"})
    preview = desk.send("/record/report-change", {**fields, "/fields/name": "惠州市某某新名公司"}).text
    assert "已记录" in desk.followed("/record/report-change", {**hidden(preview), "do": "record"}).text
    assert set(world.trail(uscc)[-1]["fact"]["fields"]) == {"name"}


def test_what_is_on_file_is_what_recording_calls_old(world: World) -> None:
    """Late changes, one annulled, a filing anew: on every day the page reads what the ledger reads (R7)."""
    uscc = filed(world)
    first: dict[str, Any] = {
        "changed_on": "2024-05-01",
        "reported_on": "2024-05-02",
        "fields": {"address": "甲", "local": False},
    }
    world.done("ReportChange", uscc, **first)
    world.done(
        "ReportChange", uscc, **first | {"changed_on": "2024-03-01", "fields": {"address": "乙", "scope": ["丙"]}}
    )
    gone = world.id_of("ReportChange", uscc, **first | {"changed_on": "2024-06-01", "fields": {"address": "丁"}})
    world.done("AnnulEvent", uscc, event_id=gone)
    world.done("TerminateAgency", uscc, effective_on="2024-08-01")
    again = {**body_of("FileAgency"), "uscc": uscc, "address": "戊", "personnel": [], "submitted_on": "2024-09-01"}
    world.must(world.association.post("/v1/agencies", again))
    world.done("DecideFiling", uscc, decided_on="2024-10-01")
    asked = {"address": "己", "local": True, "scope": ["庚"], "personnel": [], "technical_lead": "辛"}
    for day in ("2023-01-01", "2024-02-01", "2024-04-01", "2024-06-15", "2024-09-15", "2024-10-01", today()):
        facts = [one for one in world.trail(uscc) if one["type"] in SAID_BY]
        seen = on_file(cast("list[EntryRow]", facts), day)
        done = world.done("ReportChange", uscc, changed_on=day, reported_on=day, fields=asked)
        old = next(one for one in world.trail(uscc) if one["id"] == done["events"][0]["id"])["fact"]["old"]
        recorded = said_values(parts(), old)
        assert {name: seen[name] for name in asked} == {name: recorded[name] for name in asked}, day
        world.done("AnnulEvent", uscc, event_id=done["events"][0]["id"])


def test_who_was_forgotten_is_not_filled_in(world: World) -> None:
    """An erased name stands as an empty input, and a list that was left alone is not recorded anew."""
    uscc = filed(world)
    world.must(erase(world, subject_of(world, uscc, "王海涛")))
    desk = Desk(world, Role.AGENCY, uscc)
    fields = begun(desk, uscc)
    assert (fields["/fields/personnel/0/name"], fields["/fields/personnel/1/name"]) == ("林晓梅", "")
    assert "erased" not in str(fields)
    preview = desk.send("/record/report-change", {**fields, "/fields/address": "新址"}).text
    assert "已记录" in desk.followed("/record/report-change", {**hidden(preview), "do": "record"}).text
    assert set(world.trail(uscc)[-1]["fact"]["fields"]) == {"address"}


def test_a_change_asks_first_what_changed(world: World) -> None:
    """Ticked first, with what is on file; only that is asked for then, the rest is kept and not recorded (art.12)."""
    uscc = filed(world)
    desk = Desk(world, Role.AGENCY, uscc)
    first = main_of(desk.shown("/record/report-change", uscc=uscc))
    assert re.findall(r'name="what" value="(\w+)"', first) == [one.name for one in parts()]
    assert "林晓梅" in first, "what is on file stands beside each"
    assert 'name="/fields/' not in first
    begins = {**shown_inputs(first), "do": "choose", "what": []}
    assert "请至少勾选一项" in desk.send("/record/report-change", begins).text
    ticked = ["address", "legal_representative"]
    fields = {
        **shown_inputs(main_of(desk.send("/record/report-change", {**begins, "what": ticked}).text)),
        "asked": ticked,
    }
    assert fields["/fields/address"] == body_of("FileAgency")["address"]
    assert {name for name in fields if name.startswith("/fields/")} == {
        "/fields/address",
        "/fields/legal_representative",
    }
    preview = desk.send("/record/report-change", {**fields, "/fields/address": "澳头街道新址 8 号"}).text
    assert desk.send("/record/report-change", {**hidden(preview), "do": "record"}).status_code == 303
    assert set(world.trail(uscc)[-1]["fact"]["fields"]) == {"address"}


def test_what_else_changed_is_added_without_losing_what_was_typed(world: World) -> None:
    """A button of the same form asks for more; a name that is none asks for nothing."""
    uscc = filed(world)
    desk = Desk(world, Role.AGENCY, uscc)
    fields = {**begun(desk, uscc, "address"), "/fields/address": "新址"}
    added = {**fields, "what": ["personnel", "nothing"], "do": "stay"}
    more = shown_inputs(main_of(desk.send("/record/report-change", added).text))
    assert more["/fields/address"] == "新址"
    assert more["/fields/personnel/0/name"] == "林晓梅"
    assert "/fields/name" not in more
