"""The events that a page names, so that it can say what they are instead of showing a bare id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request

from api.application.questions.agency.trail_questions import events_of
from api.http.query_params import MOST_IDS
from api.web.frame.page_questions import ask

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
Part = tuple[str, str | None]
"""A piece of text, and the id that it is, if it is one."""


async def events_named(
    request: Request, uscc: str, ids: Iterable[str], known_at: str | None = None
) -> dict[str, dict[str, Any]]:
    """The entries of these events in the agency's trail, by id; those that the visitor may not see are not there."""
    found: dict[str, dict[str, Any]] = {}
    wanted = list(dict.fromkeys(ids))
    for place in range(0, len(wanted), MOST_IDS):
        some = wanted[place : place + MOST_IDS]
        answer = await ask(request, events_of, uscc=uscc, ids=",".join(some), limit=len(some), known_at=known_at)
        found |= {one["id"]: one for one in answer["items"]}
    return found


def ids_in(*texts: str) -> list[str]:
    """The ids that stand in texts."""
    return [id_ for text in texts for id_ in _ID.findall(text)]


def parted(text: str) -> list[Part]:
    """A text cut at the ids that stand in it."""
    parts: list[Part] = []
    place = 0
    for found in _ID.finditer(text):
        parts += [(text[place : found.start()], None), (found[0], found[0])]
        place = found.end()
    return [one for one in [*parts, (text[place:], None)] if one[0]]
