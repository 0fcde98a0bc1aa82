"""Pages of recording: a form for every command, what it would do, the receipt; on both databases."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from api.commands import find_command
from api.web.form_fields import FORMS, form_fields, form_name
from api.web.form_filling import said_values
from api.web.form_values import inputs_of
from domain.values import Role
from tests.http.desk import Desk, fields_of
from tests.http.world import World, prepared

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


def hidden(text: str) -> dict[str, Any]:
    """The hidden inputs of the form `entry`, several of one name as a list."""
    form = text[text.index('id="entry"') :]
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form):
        found.setdefault(unescape(name), []).append(unescape(value))
    return found


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
    for lang in ("en", "zh"):
        text = desk.shown(f"/record/{command}", uscc=uscc, id=id_, lang=lang)
        assert fields_of(text)["agency"] == ("" if command == "file-agency" else uscc)
        assert not id_ or f'<option value="{id_}" selected>' in text
    before = len(world.trail(uscc)) if command != "file-agency" else 0
    fields = {"agency": fields_of(text)["agency"], "key": fields_of(text)["key"], "id": id_, **typed(command, body)}
    carried = previewed(desk, command, fields)
    assert {name: carried[name] for name in typed(command, body)} == typed(command, body)
    assert command == "file-agency" or len(world.trail(uscc)) == before
    response = desk.send(f"/record/{command}", {**carried, "do": "record"})
    assert response.status_code == 200, main_of(response.text)
    assert "已记录" in response.text
    last = [one for one in world.trail(uscc) if one["version"] > before]
    assert last[0]["id"] in response.text
    assert {one["via"] for one in last} == {"page"}
    again = desk.send(f"/record/{command}", {**carried, "do": "record"})
    assert "没有重复记录" in again.text
    assert len(world.trail(uscc)) == before + len(last)


def test_what_the_rules_do_not_know_is_refused_with_rule_and_remedy(world: World) -> None:
    """Under the adopted rulebook nobody is delisted by decision (R16): the form says so before anything is recorded."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    response = desk.send("/record/delist-agency", {"agency": uscc, "/decided_on": "2025-05-06", "do": "preview"})
    assert response.status_code == 409
    for said in ("tag_term", "art.17(3), R16", "请撤销相应的投诉决定"):
        assert said in main_of(response.text)
    assert 'value="2025-05-06"' in response.text
