"""The records of who read and of who changed access, sorted by a column, by the interface and by their headings."""

from __future__ import annotations

import re
from html import unescape
from operator import itemgetter
from typing import Any

import pytest

from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World


@pytest.fixture(scope="module")
def world(module_world: World) -> World:
    """Two people have read about two agencies; an administrator has made an account, so has the operator."""
    for who in (module_world.association, module_world.people[Role.COMMITTEE]):
        for uscc in (module_world.filed(), module_world.filed()):
            assert who.get(f"/v1/agencies/{uscc}/standing").status_code == 200
    admin = module_world.people[Role.ADMIN]
    module_world.must(admin.post("/v1/accounts", {"login": "zhouba", "person": "周八", "role": "auditor"}))
    Desk(module_world, Role.AUDITOR)
    return module_world


@pytest.mark.parametrize(
    ("path", "columns"),
    [
        ("/v1/consultations", {"at": "at", "person": "person_name", "agency": "agency"}),
        ("/v1/access-changes", {"at": "number", "act": "act", "person": "person_name", "by": "by_name"}),
    ],
)
def test_they_come_by_every_column(world: World, path: str, columns: dict[str, str]) -> None:
    """The latest first by itself; by another column from below; a page goes on in its own order only."""
    auditor = world.people[Role.AUDITOR]
    whole = auditor.get(path, limit=500).json()["items"]
    assert whole == sorted(whole, key=itemgetter("at"), reverse=True)
    for column, member in columns.items():
        for order in ("asc", "desc"):
            found = auditor.get(path, sort=column, order=order, limit=len(whole)).json()["items"]
            values = [_said(one[member]) for one in found]
            assert values == sorted(values, reverse=order == "desc"), (column, order)
            assert len(set(values)) > 1, f"nothing was sorted by {column}"
    assert auditor.get(path, sort="at", limit=1).json()["items"][0]["at"] == whole[0]["at"]
    first = auditor.get(path, sort="person", limit=1).json()
    assert auditor.get(path, sort="person", order="desc", limit=1, cursor=first["next_cursor"]).status_code == 422
    wrong = auditor.get(path, sort="colour")
    assert (wrong.status_code, [one["pointer"] for one in wrong.json()["errors"]]) == (422, ["?sort"])


def _said(value: Any) -> Any:
    return (value["uscc"] if isinstance(value, dict) else value) or ""


@pytest.mark.parametrize(("path", "column"), [("/consultations", "person"), ("/access-changes", "by")])
def test_their_headings_sort_without_a_script(world: World, path: str, column: str) -> None:
    """From below first, then the other way round; by time it goes back until its heading is used."""
    desk = Desk(world, Role.AUDITOR)
    begun = desk.shown(path, **{"from": "2020-01-01"})
    assert begun.count("aria-sort") == begun.count('aria-sort="descending"') == 1
    once = desk.shown_at(sorting_link(begun, column))
    assert once.count('aria-sort="ascending"') == 1
    again = sorting_link(once, column)
    assert "from=2020-01-01" in again
    assert desk.shown_at(again).count('aria-sort="descending"') == 1
    by_time = desk.shown_at(sorting_link(begun, "at"))
    assert by_time.count('aria-sort="ascending"') == 1
    assert desk.shown_at(sorting_link(by_time, "at")).count('aria-sort="descending"') == 1
    assert desk.get(path, sort="colour").status_code == 422


def sorting_link(text: str, column: str) -> str:
    """Where the heading of a column leads."""
    links = [unescape(one) for one in re.findall(r'<a class="sort" href="([^"]+)"', text)]
    return next(one for one in links if f"sort={column}" in one)
