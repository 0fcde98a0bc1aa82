"""What a form is about, told beside it: the complaint that is decided, the report, the filing, what is annulled.

As its reader may read it (R39): it comes from the trail that the visitor may read, withheld texts stay withheld.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request

from api.web.forms.form_entry import Entry
from api.web.forms.form_lists import HINTS, NOTICES, Fact, trail, waiting
from api.web.forms.known.same_matter import RECEIVED, SameMatter, same_matter
from api.web.frame.field_names import EVENTS, Told, told
from domain.values import Bilingual

_DECIDED = ("AgencyFiled", "FilingReturned")
_ABOUT_ONE = ("ObjectionFiled", "RepairApplied")
"""Matters that are about one record: it stands beside the form as well."""
_RESULTS = ("ResultPublished", "ResultRevised")
"""Their sheets are too long to be told beside a form."""
_BESIDE: dict[str, Bilingual] = {"note": ("备注", "Note"), "evidence": ("佐证", "Evidence")}
"""What stands in a record beside its fact."""
STATED: Bilingual = ("机构申辩", "The agency states")
MOST_EVENTS = 3
"""So many of the facts behind a hint are told."""


class DecidedOn(NamedTuple):
    """One thing that a form is about: a record of the trail, or a hint or notice that follows from records."""

    name: Bilingual
    day: str
    id: str
    """Of the record; empty for a hint or a notice."""
    rows: list[Told]
    said: Bilingual | None = None
    """What a hint or a notice says."""
    same: tuple[SameMatter, ...] = ()
    """Of a complaint that waits, the others that may be about the same matter (R15)."""


async def decided_on(request: Request, entry: Entry) -> list[DecidedOn]:
    """What stands beside a form: each thing that it names so far, in the order of its fields, once."""
    if not entry.uscc:
        return []
    lists = {entry.text.list: entry.id}
    lists |= {one.text.list: entry.values[one.name] for one in entry.fields if one.kind == "id"}
    said = [
        one for name in (HINTS, NOTICES) if lists.get(name) for one in await _said(request, entry, name, lists[name])
    ]
    ids = [entry.id, *(entry.values[one.name] for one in entry.fields if one.kind == "id")]
    ids += [id_ for _, behind in said for id_ in behind]
    is_filing = entry.command == "decide-filing"
    if not is_filing and not any(ids):
        return []
    facts = await trail(request, entry.uscc)
    known = {one["id"]: one for one in facts}
    ids += [one["fact"]["event_id"] for one in map(known.get, ids) if one and one["type"] in _ABOUT_ONE]
    ids += _undecided(facts) if is_filing else []
    found = [known[id_] for id_ in dict.fromkeys(ids) if id_ in known and known[id_]["type"] not in _RESULTS]
    return [*(one for one, _ in said), *(_record(one, facts, entry) for one in found)]


async def _said(request: Request, entry: Entry, name: str, id_: str) -> list[tuple[DecidedOn, list[str]]]:
    """The hint or the notice of this id, with the records behind it."""
    title = ("线索", "Hint") if name == HINTS else ("应发通知", "Notice due")
    return [
        (
            DecidedOn(title, one["day" if name == HINTS else "due_on"], "", [], (one["text"], one["text_en"])),
            one["events"][:MOST_EVENTS] if name == HINTS else [one["cause"]],
        )
        for one in await waiting(request, name, entry.uscc)
        if one["id"] == id_
    ]


def _undecided(facts: list[Fact]) -> list[str]:
    """The filing that a decision would concern: the latest undecided one (R6)."""
    done = {one["fact"]["filing_id"] for one in facts if one["type"] in _DECIDED}
    return [one["id"] for one in facts if one["type"] == "FilingSubmitted" and one["id"] not in done][-1:]


def _record(one: Fact, facts: list[Fact], entry: Entry) -> DecidedOn:
    said: Mapping[str, object] = one
    beside = [row._replace(name=name) for key, name in _BESIDE.items() for row in told({key: said[key]})]
    stated = told({"statement": one["statement"]["content"]}) if one.get("statement") else []
    rows = [*told(one["fact"], one["id"]), *beside, *(row._replace(name=STATED) for row in stated)]
    waits = one["type"] == RECEIVED and one["id"] == entry.id
    same = same_matter(facts, one["fact"], one["occurred_on"], one["id"]) if waits else []
    return DecidedOn(EVENTS[one["type"]], one["occurred_on"], one["id"], rows, same=tuple(same))
