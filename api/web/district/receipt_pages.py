"""The receipt of what was recorded, at an address of its own: read from the ledger by its event, as often as one likes.

It is asked of the same question as the record (`event_of`), so whoever may read the record may read its receipt, and
nobody else: a client its own, an agency its own. What it did is told as of when it was recorded; what comes next is
what waits now.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.categories import of_words
from api.application.privacy.authorisation import READERS
from api.application.questions.agency.trail_questions import event_of
from api.application.questions.service.log_questions import inclusion_of
from api.http.public_address import base_of
from api.http.query_params import LooseText
from api.web.district.list_pages import together as together_of
from api.web.district.receipt_effects import effect_of_act
from api.web.district.receipt_next import next_deeds
from api.web.forms.appeal_form import filed
from api.web.forms.form_fields import FORMS
from api.web.forms.form_filling import command_for
from api.web.forms.form_lists import Fact
from api.web.forms.form_preview import PART_NAMES, Item
from api.web.forms.form_texts import command_text
from api.web.forms.record_pages import agency_shown, own_agency
from api.web.frame.field_names import EVENTS, VIA, told
from api.web.frame.form_leads import shown_once
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask, events_named, look
from api.web.frame.render import page
from domain.values import Role

router = APIRouter(route_class=PageRoute)


@router.get("/agencies/{uscc}/events/{event}/receipt")
async def receipt(request: Request, uscc: str, event: str, again: LooseText = "", once: LooseText = "") -> Response:
    """The receipt. `again`: a form that was sent a second time led here, and nothing was recorded twice; `once`: the
    form behind which a link is shown this once.
    """
    answer = await ask(request, event_of, uscc=uscc, id=event)
    item, code = answer["event"], answer["agency"]["uscc"]
    together = [one["id"] for one in answer["recorded_with"]] or [item["id"]]
    gone = [one["id"] for one in answer["annuls"]]
    rows = told(item["fact"], item["id"])
    named = [id_ for one in rows if one.kind == "events" for id_ in one.value]
    cited = await events_named(request, code, [*together, *gone, *named, item["annulled_by"] or event])
    facts = [cited[one] for one in together if one in cited]
    command = _command_of([one["type"] for one in facts])
    proof = await look(request, inclusion_of, event_id=event)
    return page(
        request,
        "receipt.html",
        name="receipt",
        agency=await agency_shown(request, code),
        answer=answer,
        item=item,
        title=EVENTS[item["type"]] if command is None else command_text(command).told(request.state.visitor.role).title,
        command=command,
        same_again=_again_at(request, command_for(item["type"]), command, f"{code}:{item['id']}"),
        facts_recorded=facts,
        rows=rows,
        cited=cited,
        via=VIA,
        again=bool(again),
        link_once=await shown_once(request, once),
        origin=base_of(request),
        is_named=bool(request.app.state.service.settings.public_url),
        proof=None if proof.refused else proof.content,
        said={"similar": answer["similar"], **await _category(request, code, item)},
        filing=await filed(request, item["id"]) if item["type"] == "AppealFiled" else None,
        effect=await effect_of_act(request, code, facts, answer["annuls"]),
        part_names=PART_NAMES,
        deeds=await next_deeds(request, code, facts, answer["annuls"], command),
        shows_events=request.state.visitor.role in (*READERS, Role.AGENCY),
    )


def _again_at(request: Request, repeats: str, command: str | None, like: str) -> str | None:
    """Where the same is recorded of another agency: in the grid, else on its form; None where that cannot be."""
    if not command or repeats != command:
        return None
    if command in [name for name, _ in together_of(request.state.visitor.role)]:
        return f"/grid?like={like}"
    chosen = own_agency(request) is None and request.state.visitor.role in FORMS[command].roles
    return f"/record/{command}?like={like}" if chosen and command_text(command).list is None else None


def _command_of(types: list[str]) -> str | None:
    """The command that records these kinds of facts in one act; None where no form does."""
    if types[0] == "EventAnnulled":
        return "annul-event" if len(types) == 1 else "correct-event"
    return next((name for name in FORMS if types[0] in command_text(name).makes), None)


async def _category(request: Request, uscc: str, item: Fact) -> Item:
    """Whether a category in the record is new (R47)."""
    part = item["fact"].get({"FilingSubmitted": "profile", "InformationChanged": "fields"}.get(item["type"], ""))
    words = part.get("category") if isinstance(part, dict) else None
    if not isinstance(words, str):
        return {}
    day = date.fromisoformat(item["occurred_on"])
    return await run_in_threadpool(partial(of_words, request.app.state.service.ledger, uscc, words, day))
