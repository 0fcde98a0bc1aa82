"""Forms tell what the ledger knows already: what is decided on, as far as its reader may read it; on both databases."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest

from api.application.commands import find_command
from api.http.documentation.examples import CLIENT_USCC
from api.web.forms.form_fields import FORMS
from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_form_pages import desk_for, main_of, previewed, typed
from tests.http.world import APPEALED, Person, World, body_of, new_uscc, prepared, today

WORDS = "储罐区报警器早已失效"


def about(text: str) -> str:
    """What a form shows of the things that it is about."""
    main = main_of(text)
    found = re.search(r'<div id="about">(.*?)</div>\s*(?:<div class="field|<fieldset|<details)', main, re.DOTALL)
    assert found is not None, main
    return found[1]


@pytest.mark.shows("R39")
def test_a_decision_shows_what_it_decides_on(world: World) -> None:
    """Complaint, report, filing, request, project, record and objection stand beside the form that deals with them."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    complaint = world.id_of("ReceiveComplaint", uscc, content=WORDS, note="电话记录在案")
    text = about(desk.shown("/record/decide-complaint", uscc=uscc, id=complaint))
    assert WORDS in text
    assert "电话记录在案" in text
    report = world.id_of("ReportBehaviour", uscc, content="四月未到场")
    assert "四月未到场" in about(desk.shown("/record/dismiss-report", uscc=uscc, id=report))
    assert "四月未到场" in about(desk.shown("/record/enter-bad-record", uscc=uscc, report_id=report))
    request = world.id_of("RequestSubmission", uscc, title="半年总结")
    assert "半年总结" in about(desk.shown("/record/receive-submission", uscc=uscc, id=request))
    project = world.id_of("StartProject", uscc, contract_no="HT-77")
    assert "HT-77" in about(desk.shown("/record/complete-project", uscc=uscc, id=project))
    lapse = world.id_of("RecordLapse", uscc, item=4)
    assert "第 4 项" in about(desk.shown("/record/annul-event", uscc=uscc, event_id=lapse))
    objection = world.id_of("FileObjection", uscc, event_id=lapse, grounds="当日已到场")
    text = about(desk.shown("/record/answer-objection", uscc=uscc, id=objection))
    assert "当日已到场" in text
    assert "第 4 项" in text, "the record that is objected to stands beside the objection"


def test_a_filing_is_decided_with_its_particulars_in_view(world: World) -> None:
    """The latest undecided one (R6), with nothing chosen; once it is decided there is none."""
    uscc = new_uscc()
    body = {**body_of("FileAgency"), "uscc": uscc, "address": "澳头街道 5 号"}
    world.must(world.association.post("/v1/agencies", body))
    desk = Desk(world, Role.ASSOCIATION)
    assert "澳头街道 5 号" in about(desk.shown("/record/decide-filing", uscc=uscc))
    world.done("DecideFiling", uscc)
    assert "澳头街道 5 号" not in about(desk.shown("/record/decide-filing", uscc=uscc))


def test_another_choice_is_shown_without_script(world: World) -> None:
    """The button beside the list shows what was chosen, and keeps what was typed."""
    uscc = world.filed()
    first = world.id_of("ReceiveComplaint", uscc, content=WORDS)
    desk = Desk(world, Role.ASSOCIATION)
    assert WORDS not in about(desk.shown("/record/decide-complaint", uscc=uscc))
    sent = desk.send("/record/decide-complaint", {"agency": uscc, "id": first, "/findings": "已核查", "do": "stay"})
    assert WORDS in about(sent.text)
    assert "已核查" in main_of(sent.text)


@pytest.mark.shows("R39")
def test_the_agency_concerned_reads_no_words_of_a_complaint_beside_a_form(world: World) -> None:
    """It may object to a complaint's record, and sees of it what its trail shows: not who said what."""
    uscc = world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc, content=WORDS, complainant="李甲乙")
    desk = Desk(world, Role.AGENCY, uscc)
    text = about(desk.shown("/record/file-objection", uscc=uscc, event_id=complaint))
    assert WORDS not in text
    assert "李甲乙" not in text
    assert "不向您公开" in text


DATE_INPUT = re.compile(
    r'<input id="[^"]*" name="(/[^"]*)" value="[^"]*" type="date" min="([^"]*)"'
    r'(?: max="([^"]*)")?(?: data-after="([^"]*)")?'
)
Limits = dict[str, tuple[str, str, str]]
"""By the pointer of a date field: the first day, the last one, and the field that it may not precede."""


def day_after(day: str, days: int = 1) -> str:
    """Another day, as an address has it."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def with_day(body: dict[str, Any], pointer: str, day: str) -> dict[str, Any]:
    """The body with another day at a pointer into it."""
    changed: Any = deepcopy(body)
    inner, parts = changed, pointer[1:].split("/")
    for part in parts[:-1]:
        inner = inner[int(part)] if isinstance(inner, list) else inner[part]
    inner[parts[-1]] = day
    return dict(changed)


@pytest.mark.shows("R8b")
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("command", [name for name in FORMS if name != "delist-agency"])
def test_a_date_field_offers_the_days_that_its_command_takes(world: World, command: str) -> None:
    """The day after the last and the day before the first are refused at the field; the last one is taken.

    Where a later day is allowed no last one is said.
    """
    path, body, uscc = prepared(world, FORMS[command].body.__name__)
    fields = shown_limits(desk_for(world, command), command, path, body, uscc)
    who = world.association if Role.ASSOCIATION in FORMS[command].roles else world.regulator
    assert f"/{FORMS[command].body.FACT_DATE}" in fields
    assert {last for _, last, _ in fields.values()} <= {"", today()}
    late = {pointer: last or "2199-12-31" for pointer, (_, last, _) in fields.items()}
    for pointer, day in late.items():
        body = body if late[pointer] == today() else with_day(body, pointer, day)
    refused_beyond(who, path, body, fields)
    for pointer, day in late.items():
        body = with_day(body, pointer, day)
    recorded = who.post(path, body)
    assert recorded.status_code == 201, recorded.text


@pytest.mark.shows("R8b")
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("command", [name for name, row in FORMS.items() if Role.AGENCY in row.roles])
def test_an_agency_is_offered_today_where_it_may_not_date_back(world: World, command: str) -> None:
    """The day before is refused where the field begins today (an appeal's yesterday, R33), and nowhere else (R8b)."""
    path, body, uscc = prepared(world, FORMS[command].body.__name__)
    fields = shown_limits(Desk(world, Role.AGENCY, uscc), command, path, body, uscc)
    kind = FORMS[command].body
    fields = {pointer: limits for pointer, limits in fields.items() if pointer.count("/") == 1}
    earlier = {pointer for pointer, (first, _, _) in fields.items() if first < day_after(today(), -1)}
    assert earlier == {f"/{name}" for name in kind.ANY_DAY if name in kind.model_fields}
    body |= {pointer[1:]: today() if last else "2199-12-31" for pointer, (_, last, _) in fields.items()}
    refused_beyond(world.speaker(Role.AGENCY, uscc), path, body, fields)


def shown_limits(desk: Desk, command: str, path: str, body: dict[str, Any], uscc: str) -> Limits:
    """What the form says of its date fields, with this body typed in; rows that are not there are left out."""
    found = find_command(path)
    assert found is not None
    agency = "" if command == "file-agency" else uscc
    pairs = {"agency": agency, "id": found[2] or "", **typed(command, body), "do": "stay"}
    text = re.sub(r"<template.*?</template>", "", desk.send(f"/record/{command}", pairs).text, flags=re.DOTALL)
    main = main_of(text)
    limits = {name: (first, last, after) for name, first, last, after in DATE_INPUT.findall(main)}
    assert len(limits) == main.count('type="date"'), "a date field without a first day"
    return limits


def refused_beyond(who: Person, path: str, body: dict[str, Any], fields: Limits) -> None:
    """What lies outside is refused, at that field or at the one that it may not precede."""
    for pointer, (first, last, after) in fields.items():
        for day in (day_after(first, -1), *([day_after(last)] if last else [])):
            answer = who.post(path, with_day(body, pointer, day))
            assert answer.status_code in (409, 422), (pointer, day, answer.text)
            assert {one["pointer"] for one in answer.json()["errors"]} & {pointer, after}, (pointer, day, answer.text)


def offered(text: str, name: str) -> list[str]:
    """The values that a form offers under a name, for its browser to show."""
    found = re.search(rf'<datalist id="known-{name}">(.*?)</datalist>', main_of(text), re.DOTALL)
    return [] if found is None else re.findall(r'<option value="([^"]*)"', found[1])


def test_a_form_offers_what_the_ledger_knows_of_the_agency(world: World) -> None:
    """Clients, staff, scope as of the form's day; what was left empty follows from what was picked, without script."""
    uscc = world.filed()
    staff = [{"name": "林晓梅", "qualification": "安全工程师", "certificate_no": f"K-{uscc}"}, {"name": "王海涛"}]
    change = {"changed_on": "2024-06-01", "reported_on": "2024-06-02"}
    world.done("ReportChange", uscc, **change, fields={"personnel": staff, "scope": ["隐患排查", "应急值守"]})
    world.done("StartProject", uscc, client={"uscc": CLIENT_USCC, "name": "海湾化工"}, started_on="2024-07-01")
    desk = Desk(world, Role.ASSOCIATION)
    text = desk.shown("/record/start-project", uscc=uscc)
    assert offered(text, "clients") == [CLIENT_USCC]
    assert offered(text, "client-names") == ["海湾化工"]
    assert offered(text, "staff") == ["林晓梅", "王海涛"]
    assert offered(text, "scope") == ["隐患排查", "应急值守"]
    assert re.search(r'<input id="f-client-uscc"[^>]* list="known-clients"', text)
    assert re.search(r'<input id="f-service_type"[^>]* list="known-scope"', text)
    early = desk.shown("/record/start-project", uscc=uscc, started_on="2024-05-01")
    assert "应急值守" not in offered(early, "scope"), "on that day it was not on file yet"
    typed_in = {
        "agency": uscc,
        "/client/uscc": CLIENT_USCC,
        "/started_on": "2024-08-01",
        "/due_on": "2024-12-01",
        "/quality_lead/name": "林晓梅",
        "/quality_lead/years": "3",
        "/service_type": "应急演练",
        "/technicians/0/name": "外聘张三",
        "/technicians/0/years": "2",
    }
    carried: dict[str, Any] = previewed(desk, "start-project", typed_in)
    assert carried["/client/name"] == ["海湾化工"]
    assert carried["/quality_lead/certificate_no"] == [f"K-{uscc}"]
    assert "/technicians/0/certificate_no" not in carried
    assert carried["/service_type"] == ["应急演练"], "a new one is taken"
    filing = desk.shown("/record/file-agency")
    assert body_of("FileAgency")["category"] in offered(filing, "categories")


@pytest.mark.shows("R39")
def test_an_enterprise_is_offered_no_staff_of_the_agency(world: World) -> None:
    """It picks its own projects; who works for the agency is not told to it."""
    uscc = world.filed()
    world.done("StartProject", uscc)
    desk = Desk(world, Role.CLIENT, CLIENT_USCC)
    assert offered(desk.shown("/record/receive-complaint", uscc=uscc), "staff") == []
    assert "陈国栋" not in desk.shown("/record/receive-complaint", uscc=uscc)


def test_an_appeal_lists_what_each_record_cost(world: World) -> None:
    """Points and article of the published sheet stand beside the record that may be disputed (art.20)."""
    uscc = world.appealable()
    desk = Desk(world, Role.ASSOCIATION)
    answer = world.association.get(f"/v1/agencies/{uscc}/results/{APPEALED}").json()
    line = next(one for one in answer["answers"][0]["sheet"]["lines"] if one["events"])
    text = main_of(desk.shown("/record/file-appeal", uscc=uscc, year=APPEALED))
    option = re.search(rf'value="{line["events"][0]}"[^>]*> <span>([^<]*)</span>', text)
    assert option is not None
    assert f"{line['points']} 分（" in option[1]
    assert "第" in option[1].rpartition("分（")[2]


@pytest.mark.shows("R39")
def test_the_committees_forms_say_who_reads_their_reasons(world: World) -> None:
    """Before anything is typed: a decision on an appeal, on a late fact, and the publication of a year."""
    desk = Desk(world, Role.COMMITTEE)
    said = "谁会看到：协会、委员会、监管部门和审计人员，以及所涉机构。"
    impact = world.impact()
    assert said in desk.shown(f"/impacts/{impact}")
    assert said in desk.shown(f"/appeals/{world.appeal()}")
    assert said in desk.shown("/years/2024")
