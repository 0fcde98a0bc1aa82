"""One matter, many agencies: rows typed, found or pasted, one preview, one confirmation, all or nothing."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.application.batches.batch_lines import MOST_ROWS, BatchIn
from api.application.batches.batch_questions import batch_previewed
from api.application.batches.recording_batches import record_batch
from api.application.idempotency import Answered
from api.application.privacy.authorisation import BATCHES, rights_of
from api.application.questions.agency.district_questions import agencies_listed, statistics_of
from api.application.questions.agency.trail_questions import event_of
from api.application.questions.inquiry import require_right
from api.application.record import action_context
from api.http.files.form_files import say_problems
from api.http.query_params import LooseText
from api.web.forms.form_entry import ID, is_day, new_entry, today
from api.web.forms.form_fields import FORMS, form_fields
from api.web.forms.form_filling import command_for, filled, repeatable
from api.web.forms.form_lists import MOST_OPTIONS, Option
from api.web.forms.form_preview import Item
from api.web.forms.form_texts import command_text, questions
from api.web.forms.form_values import any_filled, values_of
from api.web.forms.known.day_limits import day_limits
from api.web.frame.page_acts import STAY, carried_out
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_problems import PageAnswer
from api.web.frame.page_questions import ask, look
from api.web.frame.render import page
from api.web.grid.batch_words import effects_in_words
from api.web.grid.grid_adding import add, meant, on_file, paste
from api.web.grid.grid_matters import GRID, chooses, heading_of, offered, shared_of
from api.web.grid.grid_paste import AGENCY
from api.web.grid.grid_rows import Grid, GridRow, sent_grid
from domain.errors import NotFound
from domain.values import new_id

MOST_FOUND = 50
REUSED, MOVED = "idempotency-key-reused", 412


class GridRoute(PageRoute):
    """A page of a thousand rows, and with many agencies in its address."""

    MOST_FIELDS = 12_000
    TAKES_FILES = True
    REPEATED = frozenset({AGENCY})


router = APIRouter(route_class=GridRoute)


@router.get("/grid")
async def grid(request: Request, matter: LooseText = "", agency: LooseText = "", like: LooseText = "") -> Response:
    """The choice of a matter; or its grid, with the agencies of the address. `like`: a record to repeat (`USCC:id`)."""
    role = request.state.visitor.role
    entry = await _like(request, like) if like else None
    if entry is not None:
        matter = entry.command
    if not matter:
        matters = [(name, command_text(name)) for name in offered(role)]
        return page(request, "grid-choose.html", name="grid", matters=matters, agencies=_named(request))
    _must_be_offered(request, matter)
    begun = Grid(entry or new_entry(matter, "", {}, today(), role, None))
    await add(request, begun, _named(request))
    return await _shown(request, begun)


@router.post("/grid")
async def grid_sent(request: Request) -> Response:
    """The next step, as the button says; the preview where none was pressed. Rows are added before anything else."""
    form = request.state.form
    matter = text_of(form, "matter")
    _must_be_offered(request, matter)
    pairs = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
    do, _, at = text_of(form, "do").partition(":")
    if do == "remove" and at.startswith("/"):
        pairs = [(name, text) for name, text in pairs if not name.startswith(f"{at}/")]
    sent = sent_grid(matter, pairs)
    not_kept = say_problems(request, sent.entry.say)
    if do == "remove" and at.isdecimal() and int(at) < len(sent.rows):
        del sent.rows[int(at)]
    if do in ("preview", "paste", "") and sent.paste.strip():
        await paste(request, sent)
    if do == "pick":
        await add(request, sent, [text for name, text in pairs if name == "pick"])
    if do == "category":
        await add(request, sent, await on_file(request, text_of(form, "category")))
    if do == "record":
        return await _record(request, sent, text_of(form, "seen"), text_of(form, "versions"))
    await meant(request, sent)
    if not_kept:
        return await _shown(request, sent, 422)
    if do in (STAY, "edit", "add", "find", "pick", "category", "remove"):
        q, category, opened = text_of(form, "q"), text_of(form, "category"), at if do == "add" else ""
        return await _shown(request, sent, q=q, find=do == "find", category=category, opened=opened)
    if do == "paste":
        sent.check()
        return await _shown(request, sent, 422 if sent.problems else 200)
    return await _preview(request, sent)


def _named(request: Request) -> list[str]:
    return [text for text in request.query_params.getlist(AGENCY) if text.strip()][: MOST_ROWS + 1]


def _must_be_offered(request: Request, matter: str) -> None:
    """Raises: NotFound for what is no matter, Forbidden for one that is not the role's."""
    if matter not in GRID:
        raise NotFound(
            "这件事不能一次登记多家",
            "this cannot be recorded of many agencies at once",
            remedy="请从“批量登记”页面选择",
            remedy_en="Choose from the page “Many at once”.",
        )
    require_right(rights_of("POST", FORMS[matter].path), request.state.visitor.caller, None)


async def _like(request: Request, like: str) -> Any:
    """The form of a record that is to be repeated: item, dates, words and evidence. Raises: NotFound."""
    uscc, _, id_ = like.partition(":")
    fact = (await ask(request, event_of, uscc=uscc, id=id_))["event"]
    matter = command_for(fact["type"])
    _must_be_offered(request, matter)
    entry = new_entry(matter, "", {}, today(), request.state.visitor.role, None)
    entry.values = repeatable(matter, filled(fact)["body"])
    return entry


async def _preview(request: Request, sent: Grid, said: str = "") -> Response:
    """What each row would do; the grid again where one would be refused, everything kept."""
    if not sent.check():
        return await _shown(request, sent, 422)
    answer = await look(request, batch_previewed, body={"commands": sent.commands()})
    if answer.refused:
        return await _refused(request, sent, answer)
    rows = answer.content["rows"]
    if answer.content["refused"]:
        sent.refused(one["refused"] for one in rows if one["refused"] is not None)
        return await _shown(request, sent, 422)
    shown = [
        {**one, "told": effects_in_words(one), "own": row, "about": _about(row)}
        for one, row in zip(rows, sent.rows, strict=True)
    ]
    return page(
        request,
        "grid-preview.html",
        name="grid",
        grid=sent,
        said=said,
        rows=shown,
        versions=json.dumps(answer.content["versions"]),
        worked_out=answer.content["worked_out"],
        **_forms(sent),
    )


def _about(row: GridRow) -> Option | None:
    return next((one for one in row.choices if one.value == row.id), None)


async def _record(request: Request, sent: Grid, seen: str, versions: str) -> Response:
    """Record what was previewed and lead to its receipt. Nothing is recorded where any row is refused."""
    await meant(request, sent)
    if not sent.check():
        return await _shown(request, sent, 422)
    if seen != sent.digest:
        return await _preview(request, sent, "changed")
    body = {"commands": sent.commands(), "versions": _read(versions)}
    answer = await carried_out(request, BATCHES, lambda: _told(request, body, sent.entry.key))
    if not answer.refused:
        return RedirectResponse(f"/batches/{answer.content['batch']}", 303, {"Cache-Control": "no-store"})
    if any(one["status"] == MOVED for one in answer.content.get("rows", ())):
        return await _preview(request, sent, "moved")
    return await _refused(request, sent, answer)


def _read(versions: str) -> dict[str, int]:
    try:
        found = json.loads(versions)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _told(request: Request, body: Item, key: str) -> Answered:
    """Raises: a Refusal."""
    service, caller = request.app.state.service, request.state.visitor.caller
    require_right(rights_of("POST", BATCHES), caller, None)
    context = action_context(service, caller, BATCHES, body, key, None)
    return record_batch(service, context, BatchIn.model_validate(body))


async def _refused(request: Request, sent: Grid, answer: PageAnswer) -> Response:
    """The grid with what was said of its rows, or on the whole."""
    problem = answer.content
    if problem["type"].rpartition("/")[2] == REUSED:
        sent.entry.key = new_id()
    sent.refused(problem.get("rows", ()))
    if not sent.is_wrong:
        sent.problems.append((problem["detail"], problem["detail_en"]))
    return await _shown(request, sent, answer.status)


async def _categories(request: Request) -> list[str]:
    """The categories in use, for "all agencies on file of a category"."""
    counted = await ask(request, statistics_of)
    return [str(one["category"]) for one in counted["categories"] if one["category"]]


async def _shown(
    request: Request,
    sent: Grid,
    status: int = 200,
    *,
    q: str = "",
    find: bool = False,
    category: str = "",
    opened: str = "",
) -> Response:
    """The grid as it stands."""
    found: list[Item] = []
    if find and q.strip():
        answer = await ask(request, agencies_listed, q=q.strip(), limit=MOST_FOUND)
        found = [one["agency"] for one in answer["items"]]
    there = {row.agency for row in sent.rows}
    return page(
        request,
        "grid.html",
        name="grid",
        offered={},
        limits=day_limits(sent.entry, request.state.visitor.role, today(), ()),
        status=status,
        grid=sent,
        q=q,
        find=find,
        found=[one for one in found if one["uscc"] not in there],
        category=category,
        categories=await _categories(request),
        opened=opened,
        blank=lambda one: values_of(one.parts, {}),
        is_day=is_day,
        evidence_open=any_filled([sent.entry.values["note"], sent.entry.values["evidence"]]),
        most_rows=MOST_ROWS,
        **_forms(sent),
    )


def _forms(sent: Grid) -> Item:
    """What the templates of forms use."""
    return {
        "entry": sent.entry,
        "columns": [(one, heading_of(sent.matter, one.path)) for one in sent.columns],
        "shared": shared_of(sent.matter),
        "chooses": chooses(sent.matter),
        "lists": {},
        "known": {},
        "questions": questions(),
        "fields_of": form_fields,
        "text_of": command_text,
        "any_filled": any_filled,
        "most": MOST_OPTIONS,
        "ID": ID,
    }
