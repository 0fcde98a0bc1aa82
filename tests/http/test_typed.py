"""What people and programs type: codes and labels however they were copied, empty texts, packed and marked bodies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from stdnum.cn.uscc import calc_check_digit

from api.http.documentation.examples import CLIENT_NAME
from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World, body_of, new_uscc

FULL_WIDTH = {ord(one): chr(ord(one) + 0xFEE0) for one in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
WAYS: dict[str, Callable[[str], str]] = {
    "lower": lambda code: code.lower(),
    "full width": lambda code: code.translate(FULL_WIDTH),
    "spaces": lambda code: f" {code[:4]} {code[4:10]}\u3000{code[10:]} ",
    "zero width": lambda code: f"\ufeff{code[:9]}\u200b{code[9:]}\u2060",
    "dashes": lambda code: f"{code[:8]}-{code[8:]}",
}


def lettered(letter: str) -> str:
    """A code of this registering department."""
    text = letter + new_uscc()[1:-1]
    return text + str(calc_check_digit(text))


@pytest.mark.parametrize("letter", list("NYA"))
def test_codes_of_every_registering_department_are_taken(world: World, letter: str) -> None:
    """Rural collective organisations (N), others (Y), the forces (A): as agency and as client; still check-digited."""
    code = lettered(letter)
    World.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": code}))
    assert world.association.get(f"/v1/agencies/{code}/standing").status_code == 200
    world.done("DecideFiling", code)
    client = lettered(letter)
    world.done("StartProject", code, client={"uscc": client, "name": CLIENT_NAME})
    wrong = client[:-1] + ("0" if client[-1] != "0" else "1")
    body = {**body_of("StartProject"), "client": {"uscc": wrong, "name": CLIENT_NAME}}
    response = world.association.post(f"/v1/agencies/{code}/projects", body)
    assert response.status_code == 422
    assert [one["pointer"] for one in response.json()["errors"]] == ["/client/uscc"]


@pytest.mark.parametrize("letter", list("BZIO"))
def test_a_letter_of_no_department_is_refused(world: World, letter: str) -> None:
    """Only A, N and Y stand for departments (GB 32100)."""
    body = {**body_of("FileAgency"), "uscc": letter + new_uscc()[1:]}
    assert world.association.post("/v1/agencies", body).status_code == 422


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_code_leads_to_the_agency_however_it_was_typed(world: World, way: str) -> None:
    """In a body, a path of the interface, a page's address, a page's and the interface's queries: all the same."""
    code = world.filed()
    typed = WAYS[way](code)
    path = f"/v1/agencies/{typed}/standing"
    assert world.association.get(path).json()["agency"]["uscc"] == code
    assert world.person(Role.AGENCY, code).get(path).status_code == 200
    done = world.must(world.association.post(f"/v1/agencies/{typed}/lapses", body_of("RecordLapse")))
    assert done["agency"] == code
    client = new_uscc()
    world.done("StartProject", code, client={"uscc": WAYS[way](client), "name": CLIENT_NAME})
    assert world.trail(code)[-1]["fact"]["client"]["uscc"] == client
    found = world.association.get("/v1/agencies", q=typed).json()["items"]
    assert [one["agency"]["uscc"] for one in found] == [code]
    assert [one["uscc"] for one in world.stranger.get("/v1/public/agencies", q=typed).json()["items"]] == [code]
    desk = Desk(world, Role.ASSOCIATION)
    assert code in desk.shown(f"/agencies/{typed}")
    for address in ("/record", "/record/record-lapse"):
        assert code in desk.shown(address, uscc=typed)
    auditor = world.people[Role.AUDITOR]
    assert auditor.get("/v1/consultations", uscc=typed).status_code == 200


def test_a_lapse_given_through_the_form_keeps_the_canonical_code(world: World) -> None:
    """The form folds a client's code as the interface does."""
    code, client = world.filed(), new_uscc()
    body = {**body_of("ScoreEffect"), "client": {"uscc": WAYS["full width"](client), "name": CLIENT_NAME}}
    World.must(world.regulator.post(f"/v1/agencies/{code}/effect-scores", body))
    assert world.trail(code)[-1]["fact"]["client"]["uscc"] == client


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_optional_text_is_none(world: World, empty: str) -> None:
    """Words, ids, codes and dates that may be left out: empty is left out, at the top and inside (api.md)."""
    code = world.filed()
    for name, changes in (
        ("RecordInspection", {"findings": empty, "note": empty}),
        ("SubmitSurvey", {"comments": empty, "project_id": empty}),
        ("EnterBadRecord", {"behaviour_on": empty, "report_id": empty}),
        ("ReceiveComplaint", {"complainant": empty, "client_uscc": empty}),
        ("StartProject", {"contract_no": empty, "service_type": empty}),
        ("RecordLapse", {"evidence": [{"title": "照片", "uri": empty, "sha256": empty}]}),
    ):
        world.done(name, code, **changes)
    last = {one["type"]: one for one in world.trail(code)}
    assert last["InspectionRecorded"]["fact"]["findings"] is None
    assert last["InspectionRecorded"]["note"] is None
    assert last["SurveySubmitted"]["fact"]["comments"] is None
    assert last["BadRecordEntered"]["fact"]["behaviour_on"] is None
    assert last["LapseRecorded"]["evidence"][0]["uri"] is None


def test_an_empty_text_that_is_needed_is_still_refused(world: World) -> None:
    """Where words have to be, none are no words; and a name cannot be changed to nothing."""
    code = world.filed()
    refused = world.association.post(f"/v1/agencies/{code}/annulments", {**body_of("AnnulEvent"), "reason": ""})
    assert refused.status_code == 422
    assert "/reason" in {one["pointer"] for one in refused.json()["errors"]}
    change = {**body_of("ReportChange"), "fields": {"name": ""}}
    assert world.association.post(f"/v1/agencies/{code}/changes", change).status_code == 422
    change = {**body_of("ReportChange"), "fields": {"address": ""}}
    World.must(world.association.post(f"/v1/agencies/{code}/changes", change))
    assert world.trail(code)[-1]["fact"]["fields"] == {"address": None}


@pytest.mark.parametrize("unseen", ["\u200b", "\u00ad", "\u202e", "\ufeff", "\u2066", "\u3164"])
def test_what_nobody_sees_is_no_part_of_a_label(world: World, unseen: str) -> None:
    """Names, categories, titles: stored without format characters and fillers; of nothing else nothing is left."""
    code = new_uscc()
    labels = {"name": f"惠州市{unseen}甲公司{unseen}", "category": f"综合{unseen}安全服务"}
    body = {**body_of("FileAgency"), "uscc": code, **labels}
    World.must(world.association.post("/v1/agencies", body))
    profile = world.trail(code)[0]["fact"]["profile"]
    assert (profile["name"], profile["category"]) == ("惠州市甲公司", "综合安全服务")
    nothing = {**body, "uscc": new_uscc(), "name": unseen * 3}
    assert world.association.post("/v1/agencies", nothing).status_code == 422


@pytest.mark.parametrize("day", ["20240505", "2024/5/5", "2024-5-5", 20240505, "２０２４-05-05"])
def test_a_day_written_otherwise_is_refused_by_name(world: World, day: Any) -> None:
    """The interface takes YYYY-MM-DD alone and says so; so do its queries."""
    code = world.filed()
    body = {**body_of("RecordLapse"), "occurred_on": day}
    response = world.association.post(f"/v1/agencies/{code}/lapses", body)
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {
            "pointer": "/occurred_on",
            "detail": "日期须写作 YYYY-MM-DD 的文本，如 2024-05-05",
            "detail_en": "a date is text of the form YYYY-MM-DD, like 2024-05-05",
        }
    ]
    assert world.association.get(f"/v1/agencies/{code}/standing", as_of=str(day)).status_code == 422


def send(world: World, code: str, content: bytes, **headers: str) -> Any:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.client.post(
        f"/v1/agencies/{code}/lapses",
        content=content,
        headers={**world.association.headers, "Content-Type": "application/json", **more},
    )


def test_a_byte_order_mark_is_passed_over(world: World) -> None:
    """Editors and spreadsheets of one maker put it there."""
    content = b"\xef\xbb\xbf" + json.dumps(body_of("RecordLapse")).encode()
    assert send(world, world.filed(), content).status_code == 201


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x-unknown"])
def test_a_packed_body_is_415_and_named(world: World, encoding: str) -> None:
    """It is not taken for broken JSON: the header that has to go is named."""
    code = world.filed()
    response = send(world, code, gzip.compress(json.dumps(body_of("RecordLapse")).encode()), Content_Encoding=encoding)
    assert response.status_code == 415
    assert "Content-Encoding" in response.json()["detail"]
    assert "Content-Encoding" in response.json()["remedy"]
    assert len(world.trail(code)) == 2
    plain = json.dumps(body_of("RecordLapse")).encode()
    assert send(world, code, plain, Content_Encoding="identity").status_code == 201


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    "path", ["/nothing", "/nothing/here", "/wp-login.php", "http://testserver//evil.example/", "/board/x", "/机构"]
)
def test_an_unknown_address_is_a_page_to_a_browser(world: World, path: str) -> None:
    """404 in Chinese with a way home, in English where that was chosen; a program still gets the problem."""
    shown = world.client.get(path, headers=BROWSER)
    assert shown.status_code == 404
    assert shown.headers["content-type"].startswith("text/html")
    assert "没有这个路径" in shown.text
    assert 'href="/"' in shown.text
    if not path.startswith("/board"):
        asked = world.client.get(path, headers={"Accept": "application/json"})
        assert asked.headers["content-type"] == "application/problem+json"
    assert world.client.get("/v1/nothing", headers=BROWSER).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/register", "/agencies", "/rules", "/record", "/board"])
def test_a_slash_too_many_leads_to_the_page(world: World, path: str) -> None:
    """With its query, and nowhere else; what is no page without the slash stays 404."""
    answer = world.client.get(f"{path}/", params={"lang": "en"}, headers=BROWSER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"{path}?lang=en")
    assert world.client.get(f"{path}/x/y/z/", headers=BROWSER, follow_redirects=False).status_code == 404
    away = world.client.get("http://testserver//evil.example/", headers=BROWSER, follow_redirects=False)
    assert away.status_code == 404
