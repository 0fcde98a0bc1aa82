"""A form for every command: fill in, see what it would do, record, receipt.

Every step is a form that posts all that was typed to the same address, so that nothing is kept on the server and
nothing typed is lost; which step is meant says the button (`do`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.beforehand import beforehand
from api.application.privacy.authorisation import READERS, rights_of
from api.application.questions.agency.course_questions import hints_listed
from api.application.questions.inquiry import Answer, require_right
from api.application.questions.year.worklist_questions import objections_waiting
from api.http.public_address import base_of
from api.http.query_params import Cursor, LooseText, LooseUscc
from api.web.forms.appeal_form import LIST as APPEALED
from api.web.forms.appeal_form import appealable, begin, filed, filing
from api.web.forms.form_effects import effect_of, own_errors
from api.web.forms.form_entry import ID, Entry, command_of, is_day, new_entry, sent_entry, today
from api.web.forms.form_fields import FORMS, REPLACING, FormField, every_field, form_fields
from api.web.forms.form_filling import filled
from api.web.forms.form_lists import MOST_OPTIONS, Option, described, options, trail
from api.web.forms.form_particulars import COMMAND, SAID_BY, ChangedParticular, begun, changes, on_file
from api.web.forms.form_preview import PART_NAMES
from api.web.forms.form_texts import command_text, questions
from api.web.forms.form_values import any_filled, values_of
from api.web.forms.record_pages import agency_shown, own_agency, searched
from api.web.frame.page_acts import tell
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_problems import PageAnswer
from api.web.frame.page_questions import ask
from api.web.frame.render import page
from domain.values import Role, new_id

MOVED, REUSED = "version-moved", "idempotency-key-reused"


def _prefilled() -> frozenset[str]:
    """The fields that an address can fill in: those of the body, `group.part` for parts."""
    return frozenset(
        one.path.replace("/", ".")
        for name in FORMS
        for one in every_field(form_fields(name))
        if "/" not in one.path or one.path.split("/")[0] in ("client", "appellant")
    )


class FormRoute(PageRoute):
    """A page whose address may fill in fields."""

    def parameters(self) -> frozenset[str]:
        """The page's own parameters, and every field's name."""
        return super().parameters() | _prefilled()


router = APIRouter(route_class=FormRoute)


@router.get("/record/{command}")
async def form(
    request: Request,
    command: str,
    uscc: LooseUscc = "",
    id: LooseText = "",  # noqa: A002
    q: LooseText = "",
    cursor: Cursor = None,
) -> Response:
    """The empty form, or first the agency."""
    _may(request, command_of(command))
    visitor = request.state.visitor
    chosen = own_agency(request) or uscc or await _agency_of(request, command, id)
    if not chosen and command != "file-agency":
        return page(
            request,
            "choose-agency.html",
            name="form",
            command=command,
            text=command_text(command),
            search=await searched(request, q, cursor),
        )
    named = visitor.account.uscc if visitor.role is Role.CLIENT else None
    entry = new_entry(command, chosen, dict(request.query_params), today(), visitor.role, named)
    await _client_of_project(request, entry)
    await begin(request, entry)
    if command == COMMAND:
        entry.begun_at = str(max(one["version"] for one in await _particulars(request, chosen)))
        await _begin(request, entry)
        entry.values["fields"] = entry.begun
    return await _form(request, entry)


@router.post("/record/{command}")
async def sent(request: Request, command: str) -> Response:
    """The next step, as the button says; the preview where none was pressed."""
    _may(request, command_of(command))
    pairs = [(name, text) for name, text in request.state.form.multi_items() if isinstance(text, str)]
    given = dict(pairs)
    do, _, at = given.get("do", "preview").partition(":")
    if do == "remove":
        pairs = [(name, text) for name, text in pairs if not name.startswith(f"{at}/")]
    entry = sent_entry(command, pairs)
    if own_agency(request) is not None and command != "file-agency":
        entry.uscc = str(own_agency(request))
    await _client_of_project(request, entry)
    await _begin(request, entry)
    if do in ("preview", "check"):
        return await _preview(request, entry, further=do == "preview")
    if do == "record":
        return await _record(request, entry, given)
    if do == "fill":
        await _fill(request, entry)
    return await _form(request, entry, opened=at if do == "add" else "")


def _may(request: Request, command: str) -> None:
    """Raises: Forbidden for a command that is not the role's."""
    require_right(rights_of("POST", FORMS[command].path), request.state.visitor.caller, None)


async def _agency_of(request: Request, command: str, id_: str) -> str:
    """The agency that the id of a hint or an objection is about; empty when it is not found."""
    lists: dict[str, Callable[..., Answer]] = {"dismiss-hint": hints_listed, "answer-objection": objections_waiting}
    if command not in lists or not id_:
        return ""
    answer = await ask(request, lists[command], limit=500)
    return next((str(one["agency"]["uscc"]) for one in answer["items"] if one["id"] == id_), "")


async def _client_of_project(request: Request, entry: Entry) -> None:
    """The client of the project that was chosen, where none was typed."""
    client, project = entry.values.get("client"), entry.values.get("project_id")
    if client is None or not project or client["name"].strip():
        return
    for one in await trail(request, entry.uscc):
        known = one["fact"].get("client") if one["id"] == project else None
        if known is not None and client["uscc"] in ("", known["uscc"]):
            client |= known


async def _particulars(request: Request, uscc: str) -> list[dict[str, Any]]:
    """The records that say what is on file."""
    return [one for kind in SAID_BY for one in await trail(request, uscc, kind)]


async def _begin(request: Request, entry: Entry) -> None:
    """What a change of the particulars began with (art.12), where its form was filled in."""
    if entry.command == COMMAND and entry.uscc and re.fullmatch(r"[0-9]{1,9}", entry.begun_at):
        entry.begun = begun(on_file(await _particulars(request, entry.uscc), today(), int(entry.begun_at)))


async def _changes(request: Request, entry: Entry) -> list[ChangedParticular]:
    """Old and new of what is reported as changed (R7)."""
    if entry.command != COMMAND:
        return []
    old = on_file(await _particulars(request, entry.uscc), entry.day())
    return changes(old, entry.values["fields"], set(entry.body["fields"]))


async def _fill(request: Request, entry: Entry) -> None:
    chosen = entry.values.get("event_id", "")
    found = [one for one in await trail(request, entry.uscc) if one["id"] == chosen]
    if found:
        entry.values["replace"] = [filled(found[0])]
    else:
        entry.say("/event_id", ("请先选择记录", "choose the record first"))


async def _form(request: Request, entry: Entry, status: int = 200, opened: str = "") -> Response:
    """The form as it stands. `opened`: the rows to which an empty one is added."""
    if entry.command == "correct-event" and not entry.values["replace"]:
        opened = opened or "/replace"
    more = any(pointer.startswith(("/note", "/evidence")) for pointer in (*entry.problems, opened))
    return page(
        request,
        "form.html",
        name="form",
        status=status,
        opened=opened,
        blank=_blank,
        is_day=is_day,
        more=more or any_filled([entry.values["note"], entry.values["evidence"]]),
        replacing={name: command_text(name).title for name in REPLACING},
        **await _shared(request, entry),
    )


async def _shared(request: Request, entry: Entry) -> dict[str, Any]:
    """What the templates of every step use."""
    lists = await _lists(request, entry)
    known = {one.value: one for found in lists.values() for one in found}
    if lists and entry.uscc:
        known |= {one["id"]: described(one) for one in await trail(request, entry.uscc)}
    return {
        "entry": entry,
        "agency": await _agency(request, entry),
        "lists": lists,
        "known": known,
        "fields_of": form_fields,
        "text_of": command_text,
        "questions": questions(),
        "any_filled": any_filled,
        "most": MOST_OPTIONS,
        "shows_events": request.state.visitor.role in (*READERS, Role.AGENCY),
    }


def _blank(one: FormField) -> dict[str, Any]:
    if one.kind == "commands":
        return {"command": "", "id": "", "body": {}}
    return values_of(one.parts, {})


async def _agency(request: Request, entry: Entry) -> dict[str, Any] | None:
    return await agency_shown(request, entry.uscc) if entry.uscc else None


async def _lists(request: Request, entry: Entry) -> dict[str, list[Option]]:
    """What the ids of the form, and of the commands inside it, can be chosen from."""
    commands = [entry.command, *(row["command"] for row in entry.values.get("replace", ()) if row["command"])]
    names = {command_text(one).list for one in commands}
    names |= {one.text.list for command in commands for one in every_field(form_fields(command))}
    if not entry.uscc:
        return {name: [] for name in names if name is not None}
    found = {name: await options(request, name, entry.uscc) for name in names if name not in (None, APPEALED)}
    return found | ({APPEALED: (await appealable(request, entry))[:MOST_OPTIONS]} if APPEALED in names else {})


async def _preview(request: Request, entry: Entry, said: str = "", *, further: bool = True) -> Response:
    """What would be recorded and what it would do; the form again when it would be refused, or not `further`."""
    if not entry.check():
        return await _form(request, entry, 422)
    request.state.today = today()
    effect = await effect_of(request, entry)
    if isinstance(effect, PageAnswer):
        return await _refused(request, entry, effect, own_errors(entry, effect.content))
    if not further:
        return await _form(request, entry)
    shared = await _shared(request, entry)
    return page(
        request,
        "preview.html",
        name="form",
        effect=effect,
        said=said,
        part_names=PART_NAMES,
        before=await run_in_threadpool(_beforehand, request, entry),
        changes=await _changes(request, entry),
        filing=await filing(request, entry),
        **shared,
    )


async def _record(request: Request, entry: Entry, given: dict[str, str]) -> Response:
    """Record what was previewed. Raises nothing of the command: what is refused is the form again."""
    if given.get("seen") != entry.digest:
        return await _preview(request, entry, said="changed")
    version = given.get("version", "")
    expected = int(version) if version.isdecimal() else None
    answer = await tell(request, entry.row.body, entry.body, key=entry.key, version=expected, **entry.in_path)
    if answer.refused:
        problem = answer.content
        kind = problem["type"].rpartition("/")[2]
        if kind == MOVED:
            return await _preview(request, entry, said="moved")
        if kind == REUSED:
            entry.key = new_id()
        return await _refused(request, entry, answer, problem.get("errors", []))
    entry.uscc = str(answer.content["agency"])
    shared = await _shared(request, entry)
    if entry.command == "file-agency":
        entry.uscc = ""  # so that the receipt's form, sent again, is the same request
    return page(
        request,
        "receipt.html",
        name="form",
        receipt=answer.content,
        given=given,
        may_next=_may_next(request, entry),
        again=answer.replayed,
        origin=base_of(request),
        is_named=bool(request.app.state.service.settings.public_url),
        filing=await filed(request, entry, answer.content),
        **shared,
    )


def _beforehand(request: Request, entry: Entry) -> dict[str, Any]:
    """Equal facts that stand already, and whether the category is new (R46, R47)."""
    command = entry.row.body.model_validate(entry.body)
    uscc = entry.uscc or getattr(command, "uscc", "")
    return beforehand(request.app.state.service.ledger, request.state.visitor.caller, command, uscc, entry.id)


def _may_next(request: Request, entry: Entry) -> list[str]:
    """The commands that usually follow and that the visitor may give."""
    role = request.state.visitor.role
    return [name for name in entry.text.next if role in rights_of("POST", FORMS[name].path)]


async def _refused(request: Request, entry: Entry, answer: PageAnswer, errors: list[dict[str, str]]) -> Response:
    """The form again, with everything that was typed, and what was said about it."""
    problem = answer.content
    entry.problem = problem
    entry.refused(errors)
    if not entry.problems:
        at = ID if answer.status == 404 and entry.text.list is not None else ""
        entry.say(at, (problem["detail"], problem["detail_en"]))
    return await _form(request, entry, answer.status)
