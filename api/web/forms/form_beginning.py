"""What a form begins with, and what is filled in of what the ledger knows, before it is checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from api.application.questions.agency.course_questions import hints_listed
from api.application.questions.agency.trail_questions import event_of
from api.application.questions.inquiry import Answer
from api.application.questions.year.worklist_questions import objections_waiting
from api.web.forms.form_entry import Entry, today
from api.web.forms.form_fields import FormField
from api.web.forms.form_filling import command_for, filled, repeatable
from api.web.forms.form_lists import Fact, trail
from api.web.forms.form_particulars import COMMAND, SAID_BY, ChangedParticular, begun, changes, on_file, parts
from api.web.frame.page_questions import ask
from domain.errors import NotFound


async def agency_of(request: Request, command: str, id_: str) -> str:
    """The agency that the id of a hint or an objection is about; empty when it is not found."""
    lists: dict[str, Callable[..., Answer]] = {"dismiss-hint": hints_listed, "answer-objection": objections_waiting}
    if command not in lists or not id_:
        return ""
    answer = await ask(request, lists[command], limit=500)
    return next((str(one["agency"]["uscc"]) for one in answer["items"] if one["id"] == id_), "")


async def begin_like(request: Request, entry: Entry, like: str) -> None:
    """A new form that says what a record of another agency (`USCC:id`) says, as far as it is not about that agency:

    neither people nor records of it (R39). Raises: NotFound for a record of another kind, or not for this reader.
    """
    uscc, _, id_ = like.partition(":")
    fact = (await ask(request, event_of, uscc=uscc, id=id_))["event"]
    if command_for(fact["type"]) != entry.command:
        raise NotFound(
            "这条记录不是用这张表单登记的",
            "this record is none of this form",
            remedy="请从那条记录的回执打开",
            remedy_en="Open the form from the receipt of that record.",
        )
    entry.values = repeatable(entry.command, filled(fact)["body"])


async def client_of_project(request: Request, entry: Entry) -> None:
    """The client of the project that was chosen, where none was typed."""
    client, project = entry.values.get("client"), entry.values.get("project_id")
    if client is None or not project or client["name"].strip():
        return
    for one in await trail(request, entry.uscc):
        known = one["fact"].get("client") if one["id"] == project else None
        if known is not None and client["uscc"] in ("", known["uscc"]):
            client |= known


async def particulars(request: Request, uscc: str) -> list[Fact]:
    """The records that say what is on file."""
    return [one for kind in SAID_BY for one in await trail(request, uscc, kind)]


async def begin_again(request: Request, entry: Entry) -> None:
    """What a change of the particulars began with (art.12), where its form was filled in."""
    if entry.command == COMMAND and entry.uscc and re.fullmatch(r"[0-9]{1,9}", entry.begun_at):
        entry.begun = begun(on_file(await particulars(request, entry.uscc), today(), int(entry.begun_at)))
        entry.keep_what_did_not_change()


async def what_changes(request: Request, uscc: str) -> list[tuple[FormField, Any]]:
    """The first question of a change (art.12): each particular with what is on file today."""
    held = on_file(await particulars(request, uscc), today())
    return [(one, held[one.name]) for one in parts()]


async def changed_particulars(request: Request, entry: Entry) -> list[ChangedParticular]:
    """Old and new of what is reported as changed (R7)."""
    if entry.command != COMMAND:
        return []
    old = on_file(await particulars(request, entry.uscc), entry.day())
    return changes(old, entry.values["fields"], set(entry.body["fields"]))


async def fill_replacement(request: Request, entry: Entry) -> None:
    chosen = entry.values.get("event_id", "")
    found = [one for one in await trail(request, entry.uscc) if one["id"] == chosen]
    if found:
        entry.values["replace"] = [filled(found[0])]
    else:
        entry.say("/event_id", ("请先选择记录", "choose the record first"))


async def begin_change(request: Request, entry: Entry) -> None:
    """A new form of a change begins with what is on file by now (art.12)."""
    entry.begun_at = str(max(one["version"] or 0 for one in await particulars(request, entry.uscc)))
    await begin_again(request, entry)
    entry.values["fields"] = dict(entry.begun or {})
