"""A form for every command: fill in, see what it would do, record, receipt.

Every step is a form that posts all that was typed to the same address, so that nothing is kept on the server and
nothing typed is lost; which step is meant says the button (`do`).
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.beforehand import beforehand
from api.application.privacy.authorisation import READERS, rights_of
from api.application.questions.inquiry import require_right
from api.http.files.form_files import say_problems
from api.http.query_params import Cursor, LooseText, LooseUscc
from api.web.forms.appeal_form import FORM as APPEAL_FORM
from api.web.forms.appeal_form import LIST as APPEALED
from api.web.forms.appeal_form import appealable, begin, filing
from api.web.forms.form_beginning import (
    agency_of,
    begin_again,
    begin_change,
    begin_like,
    changed_particulars,
    client_of_project,
    fill_replacement,
    what_changes,
)
from api.web.forms.form_effects import effect_of, own_errors
from api.web.forms.form_entry import ID, WHAT, Entry, command_of, is_day, new_entry, sent_entry, today
from api.web.forms.form_fields import FORMS, REPLACING, every_field, form_fields
from api.web.forms.form_lists import MOST_OPTIONS, Option, described, options, trail
from api.web.forms.form_particulars import COMMAND, particulars_of
from api.web.forms.form_preview import PART_NAMES
from api.web.forms.form_texts import command_text, questions
from api.web.forms.form_values import any_filled, blank_value
from api.web.forms.known.day_limits import day_limits
from api.web.forms.known.decided_on import decided_on
from api.web.forms.known.known_values import fill_in, known_values
from api.web.forms.known.same_matter import may_merge, merging, same_matter_of
from api.web.forms.record_pages import agency_shown, own_agency, searched
from api.web.frame.form_leads import kept_beside, name_of_form, see_other
from api.web.frame.page_acts import tell
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_problems import PageAnswer
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
    """A page whose address may fill in fields, and whose form brings files."""

    TAKES_FILES = True

    def parameters(self) -> frozenset[str]:
        """The page's own parameters, and every field's name."""
        return super().parameters() | _prefilled() | {WHAT}


router = APIRouter(route_class=FormRoute)


@router.get("/record/{command}")
async def form(
    request: Request,
    command: str,
    uscc: LooseUscc = "",
    id: LooseText = "",  # noqa: A002
    q: LooseText = "",
    cursor: Cursor = None,
    like: LooseText = "",
) -> Response:
    """The empty form, or first the agency. `like`: a record of another agency to repeat (`USCC:id`)."""
    _may(request, command_of(command))
    visitor = request.state.visitor
    chosen = own_agency(request) or uscc or await agency_of(request, command, id)
    if not chosen and command != "file-agency":
        return page(
            request,
            "choose-agency.html",
            name="form",
            command=command,
            text=command_text(command).told(visitor.role),
            like=like,
            search=await searched(request, q, cursor),
        )
    named = visitor.account.uscc if visitor.role is Role.CLIENT else None
    entry = new_entry(command, chosen, dict(request.query_params), today(), visitor.role, named)
    if like:
        await begin_like(request, entry, like)
    await client_of_project(request, entry)
    await begin(request, entry)
    if command == COMMAND:
        entry.what = particulars_of(request.query_params.get(WHAT, "").split(","))
        await begin_change(request, entry)
        if not entry.what:
            return await _what_changed(request, entry)
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
    await client_of_project(request, entry)
    await begin_again(request, entry)
    await fill_in(request, entry)
    if say_problems(request, entry.say):
        return await _form(request, entry, 422)
    if do in ("preview", "check"):
        return await _preview(request, entry, further=do == "preview")
    if do == "record":
        return await _record(request, entry, given)
    if do == "choose" and not entry.what:
        return await _what_changed(request, entry)
    if do == "fill":
        await fill_replacement(request, entry)
    return await _form(request, entry, opened=at if do == "add" else "")


def _may(request: Request, command: str) -> None:
    """Raises: Forbidden for a command that is not the role's."""
    require_right(rights_of("POST", FORMS[command].path), request.state.visitor.caller, None)


async def _what_changed(request: Request, entry: Entry) -> Response:
    """A change begins with what changed: only that is asked for then (art.12)."""
    return page(
        request,
        "choose-changes.html",
        name="form",
        status=422 if request.method == "POST" else 200,
        entry=entry,
        agency=await _agency(request, entry),
        parts_on_file=await what_changes(request, entry.uscc),
        any_filled=any_filled,
        unsaid=request.method == "POST",
    )


async def _form(request: Request, entry: Entry, status: int = 200, opened: str = "") -> Response:
    """The form as it stands. `opened`: the rows to which an empty one is added."""
    if entry.command == "correct-event" and not entry.values["replace"]:
        opened = opened or "/replace"
    about = await decided_on(request, entry)
    facts = await trail(request, entry.uscc) if about or entry.command == APPEAL_FORM else []
    more = any(pointer.startswith(("/note", "/evidence")) for pointer in (*entry.problems, opened))
    return page(
        request,
        "form.html",
        name="form",
        status=status,
        opened=opened,
        blank=blank_value,
        is_day=is_day,
        more=more or any_filled([entry.values["note"], entry.values["evidence"]]),
        replacing={name: command_text(name).title for name in REPLACING},
        about=about,
        offered=await known_values(request, entry),
        cited={one["id"]: one for one in facts},
        limits=day_limits(entry, request.state.visitor.role, today(), facts),
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


async def _agency(request: Request, entry: Entry) -> dict[str, object] | None:
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
        changes=await changed_particulars(request, entry),
        filing=await filing(request, entry),
        same=await same_matter_of(request, entry),
        may_merge=may_merge(request),
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
    if next_step := merging(request, entry, given["do"], answer.content["events"][0]["id"]):
        return see_other(request, next_step)
    return await _to_receipt(request, answer)


async def _to_receipt(request: Request, answer: PageAnswer) -> Response:
    """To the receipt's own address (303), whatever is done there; the link of an invitation is shown there once."""
    recorded = answer.content
    there = f"/agencies/{recorded['agency']}/events/{recorded['events'][0]['id']}/receipt"
    query = {"again": "yes"} if answer.replayed else {}
    if "page" in recorded:
        query["once"] = name_of_form(request)
        await run_in_threadpool(kept_beside, request, there, recorded["page"])
    return see_other(request, there, **query)


def _beforehand(request: Request, entry: Entry) -> dict[str, object]:
    """Equal facts that stand already, and whether the category is new (R46, R47)."""
    command = entry.row.body.model_validate(entry.body)
    uscc = entry.uscc or getattr(command, "uscc", "")
    return beforehand(request.app.state.service.ledger, request.state.visitor.caller, command, uscc, entry.id)


async def _refused(request: Request, entry: Entry, answer: PageAnswer, errors: list[dict[str, str]]) -> Response:
    """The form again, with everything that was typed, and what was said about it."""
    problem = answer.problem
    entry.problem = problem
    entry.refused(errors)
    if not entry.problems:
        at = ID if answer.status == 404 and entry.text.list is not None else ""
        entry.say(at, (problem["detail"], problem["detail_en"]))
    return await _form(request, entry, answer.status)
