"""What the cases of `test_refusals.py` are made of: their registry, the problem body, a fact that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.http.test_commands import officer
from tests.http.world import ROWS, World, prepared

ALREADY = {
    "remedy": "如前一记录有误，请先撤销它（annulments），再重新记录",
    "remedy_en": "If the one that stands is wrong, annul it first, then record anew.",
}
CHECKED: dict[str, Callable[[World], tuple[str, str, dict[str, Any], dict[str, Any]]]] = {}
"""Command -> what makes (agency, path, body, the members of the problem that are its own)."""

Case = tuple[str, str, dict[str, Any], dict[str, Any]]


def case(name: str) -> Callable[[Callable[[World], Case]], Callable[[World], Case]]:
    def keep(make: Callable[[World], Case]) -> Callable[[World], Case]:
        CHECKED[name] = make
        return make

    return keep


def problem(text: str, text_en: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "/problems/contradiction",
        "title": "与记录相矛盾",
        "title_en": "It contradicts the trail",
        "status": 409,
        "detail": text,
        "detail_en": text_en,
        **more,
    }


def twice(world: World, name: str) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    """The example once; what a second time is refused with follows."""
    path, body, uscc = prepared(world, name)
    first = World.must(world.people[officer(ROWS[name])].post(path, body))["events"][0]
    return uscc, path, body, first
