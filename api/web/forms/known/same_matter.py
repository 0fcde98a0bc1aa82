"""Complaints that may be about one matter (R15): told before another is recorded, so that they are decided together.

Whether they are is for the officer to say: nothing is merged by itself. The link that is kept is the decision
“merged” of the one, which names the other (`merged_into`); it counts with it, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from api.application.privacy.authorisation import rights_of
from api.web.forms.form_entry import Entry
from api.web.forms.form_fields import FORMS
from api.web.forms.form_lists import Fact, trail
from domain.folding import compared
from domain.measures.calendar import add_years
from domain.measures.text.implements import implements
from domain.values import Bilingual, Role

RECEIVED = "ComplaintReceived"
_DECIDED = ("ComplaintUpheld", "ComplaintDismissed", "ComplaintMerged")
_SHARED: dict[str, Bilingual] = {
    "client_uscc": ("同一企业", "the same enterprise"),
    "complainant": ("同一投诉人", "the same complainant"),
    "content": ("同样的内容", "the same words"),
}
MOST = 5
RECEIVING, DECIDING = "receive-complaint", "decide-complaint"
MERGE = "merge:"
"""How the button of the preview begins that records and goes on to merging; an id follows."""


class SameMatter(NamedTuple):
    """A complaint on record that shares something with the one in question."""

    complaint: Fact
    shared: tuple[Bilingual, ...]
    decided: str
    """The kind of its decision; empty while it waits for one."""

    @property
    def words(self) -> str:
        """What happened, as far as the reader may know it; empty where nothing was written."""
        said = self.complaint["fact"].get("content")
        return said if isinstance(said, str) else ""


@implements("R15")
def same_matter(facts: Iterable[Fact], given: Mapping[str, object], day: str, own_id: str = "") -> list[SameMatter]:
    """The complaints, of all these facts, that share an enterprise, a complainant or the words with `given`.

    Those that count, are not merged themselves and were received within one year of `day`, newest first, at most MOST;
    `own_id` is left out. Of what the reader may not read, or what was erased, nothing is the same.
    """
    held = [one for one in facts if one["counts"]]
    decided = {one["fact"]["complaint_id"]: one["type"] for one in held if one["type"] in _DECIDED}
    found = []
    for one in reversed(held):
        if one["type"] != RECEIVED or one["id"] == own_id or decided.get(one["id"]) == _DECIDED[-1]:
            continue
        shared = tuple(words for name, words in _SHARED.items() if _same(one["fact"].get(name), given.get(name)))
        if shared and _within_a_year(one["occurred_on"], day):
            found.append(SameMatter(one, shared, decided.get(one["id"], "")))
    return found[:MOST]


async def same_matter_of(request: Request, entry: Entry) -> list[SameMatter]:
    """What may be about the same matter as the complaint that a form holds; none for other forms."""
    if entry.command != RECEIVING:
        return []
    facts, given = await trail(request, entry.uscc), entry.values
    if request.state.visitor.role is Role.CLIENT:  # the complaints that it sees are its own, whoever entered them
        own = {"client_uscc": given["client_uscc"] or request.state.visitor.account.uscc}
        facts = [{**one, "fact": {**one["fact"], **own}} if one["type"] == RECEIVED else one for one in facts]
        given = {**given, **own}
    return same_matter(facts, given, entry.day())


def may_merge(request: Request) -> bool:
    """Whether the visitor decides complaints."""
    return request.state.visitor.role in rights_of("POST", FORMS[DECIDING].path)


def merging(request: Request, entry: Entry, do: str, recorded: str) -> str:
    """Where the decision that merges a complaint just recorded is made, as the button asked; empty for any other."""
    into = do.removeprefix(f"record:{MERGE}")
    if entry.command != RECEIVING or into == do or not may_merge(request):
        return ""
    fields = {"uscc": entry.uscc, "id": recorded, "outcome": "merged", "merged_into": into}
    return f"/record/{DECIDING}?{urlencode(fields)}"


def _same(one: object, other: object) -> bool:
    """Two texts that say the same, folded; nothing is the same as no text."""
    return isinstance(one, str) and isinstance(other, str) and bool(compared(one)) and compared(one) == compared(other)


def _within_a_year(one: str, other: str) -> bool:
    try:
        first, last = sorted((date.fromisoformat(one), date.fromisoformat(other)))
    except ValueError:
        return False
    return last <= add_years(first, 1)
