"""Pages of recording: a form for every command, what it would do, the receipt; on both databases."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from api.application.commands import find_command
from api.http.documentation.examples import CLIENT_USCC
from api.web.forms.form_fields import FORMS, form_fields, form_name
from api.web.forms.form_filling import said_values
from api.web.forms.form_texts import command_text
from api.web.forms.form_values import inputs_of
from api.web.frame.page_table import RECORDING
from domain.values import Role
from tests.http.desk import Desk, fields_of
from tests.http.test_pages import HOSTILE
from tests.http.world import World, body_of, new_uscc, prepared, today

Pairs = dict[str, Any]


def typed(command: str, body: dict[str, Any]) -> Pairs:
    """What somebody types to say what a body says, by name of the input."""
    fields = form_fields(command)
    replace = body.get("replace", ())
    values = said_values(fields, {name: value for name, value in body.items() if name != "replace"})
    if "replace" in body:
        values["replace"] = [_replacement(one) for one in replace]
    found: Pairs = {}
    for name, text in inputs_of(fields, values):
        found.setdefault(name, []).append(text)
    return found


def _replacement(one: dict[str, Any]) -> dict[str, Any]:
    known = find_command(one["post"])
    assert known is not None
    command = form_name(known[0])
    return {"command": command, "id": known[2] or "", "body": said_values(form_fields(command), one["body"])}


def desk_for(world: World, command: str) -> Desk:
    """Somebody who may give this command."""
    roles = FORMS[command].roles
    return Desk(world, next(one for one in (Role.ASSOCIATION, Role.REGULATOR) if one in roles))


def previewed(desk: Desk, command: str, fields: Pairs) -> dict[str, str]:
    """The preview of what was typed has to come; its hidden inputs."""
    response = desk.send(f"/record/{command}", fields | {"do": "preview"})
    assert response.status_code == 200, main_of(response.text)
    assert 'value="record"' in response.text, main_of(response.text)
    return hidden(response.text)


def first_step(command: str) -> dict[str, Any]:
    """What a form wants to know before it opens: which particulars changed (art.12)."""
    return {"what": "name,address"} if command == "report-change" else {}


def hidden(text: str) -> dict[str, Any]:
    """The hidden inputs of the form `entry`, several of one name as a list."""
    form = text[text.index('id="entry"') :]
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form):
        found.setdefault(unescape(name), []).append(unescape(value))
    return found


def next_of(text: str) -> list[str]:
    """Where a receipt leads next."""
    part = text[text.index('<section class="next"') :]
    return [unescape(one) for one in re.findall(r'href="([^"]+)"', part[: part.index("</section>")])]


def main_of(text: str) -> str:
    """What a page says."""
    return text[text.index("<main") : text.index("</main>")]


@pytest.mark.parametrize("command", [name for name in FORMS if name != "delist-agency"])
def test_every_command_is_recorded_by_its_form(world: World, command: str) -> None:
    """The form opens in both languages, the preview carries exactly what was typed, and the receipt names the fact."""
    path, body, uscc = prepared(world, FORMS[command].body.__name__)
    known = find_command(path)
    assert known is not None
    desk, id_ = desk_for(world, command), known[2] or ""
    text = ""
    for lang in ("en", "zh"):
        text = desk.shown(f"/record/{command}", uscc=uscc, id=id_, lang=lang, **first_step(command))
        assert fields_of(text)["agency"] == ("" if command == "file-agency" else uscc)
        assert not id_ or f'<option value="{id_}" selected>' in text
    before = len(world.trail(uscc)) if command != "file-agency" else 0
    fields = {"agency": fields_of(text)["agency"], "key": fields_of(text)["key"], "id": id_, **typed(command, body)}
    carried = previewed(desk, command, fields)
    assert {name: carried[name] for name in typed(command, body)} == typed(command, body)
    assert command == "file-agency" or len(world.trail(uscc)) == before
    sent = desk.send(f"/record/{command}", {**carried, "do": "record"})
    assert sent.status_code == 303, main_of(sent.text)
    last = [one for one in world.trail(uscc) if one["version"] > before]
    receipt = f"/agencies/{uscc}/events/{last[0]['id']}/receipt"
    assert sent.headers["location"].partition("?")[0] == receipt
    assert {one["via"] for one in last} == {"page"}
    for _ in range(2):
        text = desk.shown_at(sent.headers["location"])
        assert f"已记录：{command_text(command).title[0]}" in text
        assert all(one["id"] in text for one in last)
        assert "what-if" not in text
    for link in next_of(text):
        shown = desk.shown_at(link)
        asked = dict(parse_qsl(urlsplit(link).query))
        chosen = f'value="{asked.get("id")}" selected' in shown
        assert "id" not in asked or chosen, f"{link}: what it is about cannot be chosen there"
    again = desk.followed(f"/record/{command}", {**carried, "do": "record"})
    assert "没有重复记录" in again.text
    assert len(world.trail(uscc)) == before + len(last)


def test_what_the_rules_do_not_know_is_refused_with_rule_and_remedy(world: World) -> None:
    """Under the adopted rulebook nobody is delisted by decision (R16): the form says so before anything is recorded."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    response = desk.send("/record/delist-agency", {"agency": uscc, "/decided_on": "2025-05-06", "do": "preview"})
    assert response.status_code == 409
    for said in ("标签到期自行消除", "第十七条第（三）项、R16", "请撤销相应的投诉决定"):
        assert said in main_of(response.text)
    assert 'value="2025-05-06"' in response.text


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(world: World) -> None:
    """A hostile paste: control characters, 10,000 characters, markup; each message at its field, all of it kept."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    long, markup = "长" * 10_000, HOSTILE
    fields = {
        "agency": uscc,
        "key": "one",
        "/client/uscc": "9144130",
        "/client/name": markup,
        "/contract_no": "a\x07b",
        "/started_on": "2024-13-01",
        "/due_on": "2024-12-31",
        "/technicians/4/name": long,
        "/technicians/9/years": "-1",
    }
    response = desk.send("/record/start-project", {**fields, "do": "preview"})
    assert response.status_code == 422
    text = main_of(response.text)
    for id_, said in (
        ("f-client-uscc", "GB 32100-2015"),
        ("f-contract_no", "控制字符"),
        ("f-started_on", "没有这一天"),
        ("f-technicians-0-name", "至多 300 个字符"),
        ("f-technicians-1-name", "缺少这一项"),
        ("f-technicians-1-years", "须为非负数"),
    ):
        assert re.search(rf'id="{id_}-problem">[^<]*{said}', text), id_
        assert f'href="#{id_}"' in text
        assert re.search(rf'id="{id_}"[^>]*aria-invalid="true"', text), id_
    sent = fields_of(response.text)
    for name in ("/client/name", "/contract_no", "/started_on", "/due_on"):
        assert sent[name] == fields[name]
    assert sent["/technicians/0/name"] == long
    assert "<script>alert" not in text
    assert len(world.trail(uscc)) == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refusal_never_says_the_key_of_a_field(world: World, language: str) -> None:
    """People read its name beside the message, programs have the pointer. Roles too are called by their names."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    for command, body, said, said_en in (
        (
            "receive-complaint",
            {**body_of("ReceiveComplaint"), "received_on": "2100-01-01"},
            "2100-01-01 晚于今天",
            "2100-01-01 lies after today",
        ),
        (
            "start-project",
            {**body_of("StartProject"), "started_on": "2024-05-01", "due_on": "2024-03-01"},
            "期限（2024-03-01）早于起始日期（2024-05-01）",
            "the due date (2024-03-01) lies before the first day",
        ),
        (
            "close-survey",
            {**body_of("CloseSurvey"), "year": 2099, "closed_on": "2024-12-31"},
            "2099 考评年度在 2024-12-31 尚未开始",
            "the assessment year 2099 had not begun on 2024-12-31",
        ),
    ):
        desk.shown("/record", lang=language)
        response = desk.send(f"/record/{command}", {"agency": uscc, **typed(command, body), "do": "preview"})
        if response.status_code == 200:
            response = desk.send(f"/record/{command}", {**hidden(response.text), "do": "record"})
        shown = unescape(re.sub(r"<[^>]*>", " ", main_of(response.text)))
        assert (said if language == "zh" else said_en) in shown
        assert not re.search(r"\b(received_on|due_on|started_on|closed_on)\b|\byear (is|是)", shown)
    refused = Desk(world, Role.CLIENT, CLIENT_USCC).get("/agencies", lang=language)
    assert refused.status_code == 403
    assert ("您以“生产经营单位”的角色登录" if language == "zh" else "signed in as client,") in refused.text
    assert "client 的角色" not in refused.text


def test_a_refusal_of_the_trail_names_article_rule_and_remedy(world: World) -> None:
    """What only recording finds out comes back to the form: R8b for an agency's earlier date, at the date."""
    uscc = world.filed()
    desk = Desk(world, Role.AGENCY, uscc)
    fields = {"agency": uscc, "key": "two", "/signed_on": "2024-01-10", "/note": "已盖章"}
    carried = previewed(desk, "sign-pledge", fields)
    response = desk.send("/record/sign-pledge", {**carried, "do": "record"})
    assert response.status_code == 422
    text = main_of(response.text)
    assert re.search(r'id="f-signed_on-problem">[^<]*机构和企业只记录当天发生的事', text)
    assert "R8b" in text
    assert "较早的日期由协会补录" in text
    assert "已盖章</textarea>" in text
    english = desk.client.post("/record/sign-pledge?lang=en", data={"csrf": desk.csrf(), **carried, "do": "stay"})
    assert "Nothing has been recorded" not in english.text
    assert "已盖章</textarea>" in english.text
    assert "<h1>Sign the pledge</h1>" in english.text


def test_who_may_record_what(world: World) -> None:
    """Each role finds its own commands; another's form is 403, another agency's 404, nobody's leads to sign in."""
    uscc, other = world.filed(), world.filed()
    for role in RECORDING:
        desk = Desk(world, role, {Role.AGENCY: uscc, Role.CLIENT: CLIENT_USCC}.get(role))
        text = desk.shown("/record")
        for name, row in FORMS.items():
            assert (f'href="/record/{name}' in text) is (role in row.roles), (role, name)
            if role not in row.roles:
                assert desk.get(f"/record/{name}", uscc=uscc).status_code == 403
                assert desk.send(f"/record/{name}", {"agency": uscc}).status_code == 403
    own = Desk(world, Role.AGENCY, uscc)
    assert uscc in own.shown("/record/sign-pledge", uscc=other)
    day = today()
    carried = previewed(own, "sign-pledge", {"agency": other, "/signed_on": day})
    assert "已记录" in own.followed("/record/sign-pledge", {**carried, "agency": other, "do": "record"}).text
    assert (world.trail(uscc)[-1]["type"], world.trail(other)[-1]["type"]) == ("PledgeSigned", "AgencyFiled")
    assert Desk(world, Role.AUDITOR).get("/record").status_code == 403
    assert world.stranger.client.get("/record/sign-pledge", follow_redirects=False).status_code == 303
    desk = Desk(world, Role.ASSOCIATION)
    assert desk.get("/record/nothing").status_code == 404
    assert desk.get("/record/sign-pledge", uscc=new_uscc()).status_code == 404
    assert desk.get("/record/sign-pledge", uscc=uscc, nothing="1").status_code == 422


def test_an_enterprise_complains_and_answers_for_itself(world: World) -> None:
    """A client finds the agency among those on file; its own code stands there; it sees no standing of the agency."""
    uscc = world.filed()
    desk = Desk(world, Role.CLIENT, CLIENT_USCC)
    assert f"/record?uscc={uscc}" in desk.shown("/record", q=uscc)
    text = desk.shown("/record/receive-complaint", uscc=uscc)
    assert fields_of(text)["/client_uscc"] == CLIENT_USCC
    fields = {"agency": uscc, "/received_on": today(), "/grounds": "poor_quality", "/client_uscc": CLIENT_USCC}
    response = desk.send("/record/receive-complaint", fields)
    assert "记录以后会怎样" not in response.text
    assert "已记录" in desk.followed("/record/receive-complaint", {**hidden(response.text), "do": "record"}).text
    assert world.trail(uscc)[-1]["type"] == "ComplaintReceived"


def test_the_address_fills_in_what_it_names(world: World) -> None:
    """`?outcome=…&id=…` of another page; what names no field is refused; the agency is found by a hint's id."""
    uscc = world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc)
    desk = Desk(world, Role.ASSOCIATION)
    text = desk.shown("/record/decide-complaint", uscc=uscc, id=complaint, outcome="merged", decided_on="2024-05-06")
    assert '<option value="' + complaint + '" selected>' in text
    assert 'value="merged" checked' in text
    assert fields_of(text)["/decided_on"] == "2024-05-06"
    world.done("SubmitSurvey", uscc)
    hint = world.hints(uscc, behaviour="16.4")[0]["id"]
    assert uscc in desk.shown("/record/dismiss-hint", uscc=uscc, id=hint)
    assert desk.shown("/record/decide-complaint").count("<form") >= 2


def test_hostile_names_are_only_text(world: World) -> None:
    """Names with markup, marks of direction and 300 characters: in the search, the form, the preview, the receipt."""
    uscc = new_uscc()
    world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": HOSTILE}))
    world.done("DecideFiling", uscc)
    world.done("StartProject", uscc, client={"uscc": CLIENT_USCC, "name": HOSTILE})
    desk = Desk(world, Role.ASSOCIATION)
    project = next(one["id"] for one in world.trail(uscc) if one["type"] == "ProjectStarted")
    pages = [desk.shown("/record", q=uscc), desk.shown("/record/invite-survey", uscc=uscc, project_id=project)]
    fields = {
        "agency": uscc,
        "/project_id": project,
        "/year": "2024",
        "/invited_on": "2024-12-01",
        "/expires_on": "2099-12-31",
        "/note": HOSTILE,
    }
    preview = desk.send("/record/invite-survey", fields).text
    receipt = desk.followed("/record/invite-survey", {**hidden(preview), "do": "record"}).text
    assert "/survey/" in receipt
    for text in (*pages, preview, receipt):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(
    "typed_day",
    ["20240505", "2024/5/5", "2024.5.5", "2024年5月5日", "２０２４-０５-０５", " 2024-05-05\u200b", "2024-5-5"],
)
def test_a_form_reads_days_as_people_write_them(world: World, typed_day: str) -> None:
    """The year first: only one day can be meant. The preview shows it as it will be recorded; nonsense is refused."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    fields = {"agency": uscc, "/item": "4", "/occurred_on": typed_day}
    carried: dict[str, Any] = previewed(desk, "record-lapse", fields)
    assert carried["/occurred_on"] == ["2024-05-05"]
    desk.followed("/record/record-lapse", {**carried, "do": "record"})
    assert world.trail(uscc)[-1]["occurred_on"] == "2024-05-05"
    assert desk.send("/record/record-lapse", {**fields, "/occurred_on": "5/5/2024"}).status_code == 422
    assert desk.send("/record/record-lapse", {**fields, "/occurred_on": "20241305"}).status_code == 422


def test_a_form_reads_codes_and_numbers_in_full_width(world: World) -> None:
    """What an input method leaves behind."""
    uscc = world.filed()
    desk = Desk(world, Role.REGULATOR)
    wide = "".join(chr(ord(one) + 0xFEE0) for one in CLIENT_USCC)
    fields = {
        "agency": uscc,
        "/client/uscc": f" {wide} ",
        "/client/name": "乙厂",
        "/year": "２０２４",
        "/value": "８２．５",
        "/scored_on": "2024-12-28",
    }
    carried: dict[str, Any] = previewed(desk, "score-effect", fields)
    assert (carried["/client/uscc"], carried["/value"]) == ([CLIENT_USCC], ["82.5"])
    desk.followed("/record/score-effect", {**carried, "do": "record"})
    assert world.trail(uscc)[-1]["fact"]["value"] == "82.5"
