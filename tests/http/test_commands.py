"""Every row of the table of commands over HTTP, on both databases: accepted, refused, unknown, forbidden."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from api.application.commands import COMMANDS, CommandRoute
from api.http.documentation.examples import command_example
from domain.events import EVENT_TYPES
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.values import Role
from tests.http.world import BOUND, ROWS, World, body_of, new_uscc, prepared, today, with_dates

EACH = pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
UNKNOWN_ID = "019331d2-6c3a-7b1e-9f00-000000000000"


def officer(row: CommandRoute) -> Role:
    return next(role for role in (Role.ASSOCIATION, Role.REGULATOR, Role.COMMITTEE) if role in row.roles)


def by_decision(world: World) -> None:
    """Let the ledger adopt a rulebook under which a delisting is possible (R16)."""
    with world.service.ledger.writing() as unit:
        unit.adopt_rulebook(shipped_rulebook().override({"ladder.tag_term": "by_decision"}), "system")


@EACH
def test_a_command_is_answered_as_the_contract_says(world: World, row: CommandRoute, request: Any) -> None:
    """201 with exactly the contract's members, the example's fact, and the same fact in the trail afterwards."""
    if row.body.__name__ == "DelistAgency":
        world = request.getfixturevalue("own_world")
        by_decision(world)
    path, body, uscc = prepared(world, row.body.__name__)
    if row.body.__name__ == "FileAppeal":
        own = f"{body['grounds']} {secrets.token_hex(4)}"  # the one agency with a result is shared by all tests
        body = {**body, "grounds": own}
    response = world.people[officer(row)].post(path, body)
    assert response.status_code == 201, response.text
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    example = command_example(row.body)
    extra = {"InviteSurvey": {"link", "page"}, "GiveNoticeLink": {"link", "page"}}.get(row.body.__name__, set())
    extra |= {"also_annulled"} if "EventAnnulled" in (example.event, *example.more) else set()
    names_category = answer["events"][0]["type"] == "FilingSubmitted" or "category" in body.get("fields", {})
    extra |= {"category_new"} if names_category else set()
    always = {"agency", "version", "recorded_at", "events", "ids", "similar"}
    assert set(answer) - {"categories_in_use"} == always | extra
    assert answer["similar"] == []
    facts, members = answer["events"], ("id", "type", "version", "occurred_on", "recorded_at")
    assert [one["type"] for one in facts] == [example.event, *example.more]
    assert all(set(one) == set(members) for one in facts)
    assert facts[0]["occurred_on"] == body[row.body.FACT_DATE]
    assert (answer["agency"], answer["version"]) == (uscc, facts[-1]["version"])
    assert answer["recorded_at"] == facts[-1]["recorded_at"]
    last = world.trail(uscc)[-len(facts) :]
    assert [{name: one[name] for name in members} for one in last] == facts
    assert {one["actor"] for one in last} == {world.people[officer(row)].person_id}
    assert {one["via"] for one in last} == {"api"}
    kinds = {kind: one["id"] for one in facts if (kind := EVENT_TYPES[f"steward.{one['type']}"].KIND) is not None}
    assert answer["ids"] == kinds


@EACH
def test_agencies_and_clients_record_what_happens_today(world: World, row: CommandRoute) -> None:
    """Where a row lets an agency or a client speak, today's date is accepted and an earlier one refused."""
    speakers = [role for role in BOUND if role in row.roles]
    for role in speakers:
        path, body, uscc = prepared(world, row.body.__name__)
        who = world.speaker(role, uscc)
        if row.body.__name__ != "StartProject":  # an existing contract may have begun earlier
            refused = who.post(path, body)
            assert refused.status_code == 422
            assert refused.json()["rule"] == "R8b"
        accepted = who.post(path, with_dates(row, body, today()))
        assert accepted.status_code == 201, accepted.text
        assert accepted.json()["events"][0]["type"] == command_example(row.body).event
    assert bool(speakers) == bool(set(BOUND) & row.roles)


@EACH
def test_a_date_in_the_future_is_refused(world: World, row: CommandRoute) -> None:
    """The exact problem body of a fact dated tomorrow or later; nothing is recorded. A termination may lie ahead."""
    path, body, uscc = prepared(world, row.body.__name__)
    field = row.body.FACT_DATE
    later = {name: "2100-01-02" for name in row.body.MAY_BE_LATER if name in body}
    before = len(world.trail(uscc)) if row.body.__name__ != "FileAgency" else 0
    response = world.people[officer(row)].post(path, {**body, **later, field: "2100-01-01"})
    if row.body.__name__ == "TerminateAgency":
        assert response.status_code == 201
        return
    text, text_en = (
        f"2100-01-01 晚于今天（{today()}）：事实不能记在将来",
        f"2100-01-01 lies after today ({today()}): a fact cannot lie in the future",
    )
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "/problems/invalid",
        "title": "内容有误",
        "title_en": "The content is wrong",
        "status": 422,
        "detail": text,
        "detail_en": text_en,
        "errors": [{"pointer": f"/{field}", "detail": text, "detail_en": text_en}],
        "remedy": "请在那一天到来之后再记录，或改正日期",
        "remedy_en": "Record it when that day has come, or correct the date.",
    }
    if row.body.__name__ != "FileAgency":
        assert len(world.trail(uscc)) == before


@EACH
def test_an_unknown_agency_or_id_in_the_path_is_404(world: World, row: CommandRoute) -> None:
    """The exact body for an agency that does not exist, for what is no code at all, and for an unknown id."""
    if row.body.__name__ == "FileAgency":
        response = world.association.post(row.path, {**body_of("FileAgency"), "uscc": "914413000000000000"})
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == "/uscc"
        return
    who, body = world.people[officer(row)], body_of(row.body.__name__)
    for uscc in (new_uscc(), "no-such-code") if "{uscc}" in row.path else ():
        response = who.post(row.path.format(uscc=uscc, id=UNKNOWN_ID), body)
        assert response.status_code == 404
        assert response.json() == unknown_agency(uscc)
    if "{id}" in row.path:
        response = who.post(row.path.format(uscc=world.filed(), id=UNKNOWN_ID), body)
        assert response.status_code == 404
        assert response.json()["type"] == "/problems/not-found"
        whose = "" if row.subject is not None else "该机构"
        named = {"SendNotice": "通知", "DismissHint": "线索", "AnswerObjection": "异议", "DecideRepair": "信用修复申请"}
        what = named.get(row.body.__name__, "这类记录")
        assert response.json()["detail"] == f"{whose}没有路径里这个编号的{what}"


def unknown_agency(uscc: str) -> dict[str, Any]:
    return {
        "type": "/problems/not-found",
        "title": "没有这项内容",
        "title_en": "There is no such thing",
        "status": 404,
        "detail": f"没有统一社会信用代码为 {uscc} 的机构",
        "detail_en": f"there is no agency with the USCC {uscc}",
        "remedy": "请核对代码；机构须先备案（第八条）",
        "remedy_en": "Check the code; an agency has to be filed first (art.8).",
    }


@EACH
def test_every_other_role_is_forbidden(world: World, row: CommandRoute) -> None:
    """403 for each role that the row does not name, 401 without a token; the trail stays as it was."""
    path, body, uscc = prepared(world, row.body.__name__)
    before = 0 if row.body.__name__ == "FileAgency" else len(world.trail(uscc))
    for role in set(Role) - row.roles:
        response = world.speaker(role, uscc).post(path, body)
        assert response.status_code == 403, role
        assert response.json()["type"] == "/problems/forbidden"
    assert world.stranger.post(path, body).status_code == 401
    if row.body.__name__ == "FileAgency":
        assert world.association.get(f"/v1/agencies/{uscc}/standing").status_code == 404
    else:
        assert len(world.trail(uscc)) == before


@EACH
def test_another_agency_is_answered_like_one_that_does_not_exist(world: World, row: CommandRoute) -> None:
    """An agency's token at another's path: the same body as for an unknown code, whatever the request's body is."""
    if Role.AGENCY not in row.roles or "{uscc}" not in row.path:
        return
    path, body, uscc = prepared(world, row.body.__name__)
    somebody, nowhere = world.person(Role.AGENCY, world.filed()), new_uscc()
    for sent in (body, {"nonsense": 1}):
        there, not_there = somebody.post(path, sent), somebody.post(path.replace(uscc, nowhere), sent)
        assert (there.status_code, not_there.status_code) == (404, 404)
        assert there.json() == unknown_agency(uscc)
        assert not_there.json() == unknown_agency(nowhere)


@EACH
def test_wrong_fields_are_named(world: World, row: CommandRoute) -> None:
    """A body without its required fields and with one that does not exist: 422 that names each by its pointer."""
    path, _, _ = prepared(world, row.body.__name__)
    response = world.people[officer(row)].post(path, {"sumbitted~on/x": 1})
    assert response.status_code == 422
    problem = response.json()
    pointers = {one["pointer"]: one["detail"] for one in problem["errors"]}
    required = {f"/{name}" for name, field in row.body.model_fields.items() if field.is_required()}
    assert set(pointers) == required | {"/sumbitted~0on~1x"}
    assert all(pointers[name] == "缺少这一项" for name in required)
    assert pointers["/sumbitted~0on~1x"] == "没有这一项：请核对拼写"


def test_the_table_and_its_examples_fit() -> None:
    """Each row has an example body that its model accepts; a new row without one fails here."""
    for row in COMMANDS:
        body = row.body.model_validate(command_example(row.body).body)
        assert body.valid_from().isoformat() == command_example(row.body).body[row.body.FACT_DATE]
    assert len(ROWS) == len(COMMANDS)
