"""The readings of the Measures, the text beside each, and the association's confirmation of one or many (art.28)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from api.application.questions.service.law_questions import rulebooks_adopted
from api.application.questions.service.reading_questions import readings_confirmed
from api.http.query_params import Confirmed, LooseText, RulebookId
from api.web.forms.form_filling import Refused, refused
from api.web.frame.basis_picker import keeping
from api.web.frame.page_acts import STAY, tell
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_questions import ask
from api.web.frame.render import page, today
from domain.commands.confirming import ConfirmReadings, WithdrawConfirmations
from domain.measures.text.official_text import official_text
from domain.measures.text.paragraphs import paragraphs

router = APIRouter(route_class=PageRoute)
HERE = "/readings"
_TEXTS = ("day", "by", "title", "uri", "reason")
_NONE_CHOSEN = ("请勾选至少一项理解", "Tick at least one reading")
_ACTS: dict[str, tuple[type[BaseModel], str, str]] = {
    "confirm": (ConfirmReadings, "confirmed_on", "confirmed_by"),
    "withdraw": (WithdrawConfirmations, "withdrawn_on", "withdrawn_by"),
}
"""By the button that was pressed: what is recorded, and what its day and who decided are called."""


@router.get("/readings")
async def readings(
    request: Request,
    confirmed: Confirmed = "all",
    rulebook: RulebookId = None,
    done: LooseText = "",
    tick: LooseText = "",
) -> Response:
    """All readings, or those that wait; `done`: the event with which a decision began; `tick`: `all` to begin with."""
    return await _shown(request, confirmed, rulebook, done=done, all_ticked=tick == "all")


@router.post("/readings")
async def decide(request: Request) -> Response:
    """Confirm the chosen readings by one paper, or withdraw it; what is refused records nothing and keeps the form."""
    form = request.state.form
    given: dict[str, Any] = {name: text_of(form, name).strip() for name in (*_TEXTS, "key", "rulebook", "confirmed")}
    given["chosen"] = [str(one) for one in form.getlist("chosen")]
    shown: dict[str, Any] = {"confirmed": given["confirmed"] or "all", "rulebook": given["rulebook"] or None}
    act = text_of(form, "act")
    if act == STAY or act not in _ACTS:
        return await _shown(request, **shown, given=given)
    kind, day, by = _ACTS[act]
    if not given["chosen"]:
        problem = Refused(_NONE_CHOSEN, ("", ""), {"chosen": _NONE_CHOSEN})
        return await _shown(request, **shown, given=given, problem=problem, status=422)
    sent = await tell(request, kind, _body(given, day, by), key=given["key"], id=given["rulebook"])
    if sent.refused:
        places = {f"/{day}": "day", f"/{by}": "by", "/document/title": "title", "/document/uri": "uri"}
        places |= {"/reason": "reason"} | {
            f"/readings/{place}/{part}": one.partition(":")[0]
            for place, one in enumerate(given["chosen"])
            for part in ("reading", "sha256")
        }
        return await _shown(request, **shown, given=given, problem=refused(sent.content, places), status=sent.status)
    there = keeping(request, HERE, done=sent.content["events"][0]["id"], rulebook=given["rulebook"])
    return RedirectResponse(there, 303, {"Cache-Control": "no-store"})


def _body(given: dict[str, Any], day: str, by: str) -> dict[str, Any]:
    """The decision as the API takes it: each chosen reading with the digest of the words that were shown."""
    chosen = [one.partition(":") for one in given["chosen"]]
    paper = {name: given[name] for name in ("title", "uri") if given[name]}
    body: dict[str, Any] = {
        "readings": [{"reading": ref, **({"sha256": sha256} if sha256 else {})} for ref, _, sha256 in chosen],
        "document": paper,
        **{name: given[field] for name, field in ((day, "day"), (by, "by")) if given[field]},
    }
    return body if day == "confirmed_on" or not given["reason"] else {**body, "reason": given["reason"]}


async def _shown(
    request: Request,
    confirmed: str,
    rulebook: str | None,
    *,
    done: str = "",
    all_ticked: bool = False,
    given: dict[str, Any] | None = None,
    problem: Refused | None = None,
    status: int = 200,
) -> Response:
    found = await ask(request, readings_confirmed, confirmed=confirmed, rulebook=rulebook, limit=500)
    books = (await ask(request, rulebooks_adopted, limit=500))["items"]
    ticked = [f"{one['ref']}:{one['sha256']}" for one in found["items"]] if all_ticked else []
    return page(
        request,
        "readings.html",
        name="readings",
        status=status,
        found=found,
        confirmed=confirmed,
        rulebook=rulebook or "",
        books=books,
        titles={one.ref: one for one in paragraphs()},
        official=official_text,
        done=_done(found["items"], done),
        refused=problem,
        given=given or {**_blank(), "chosen": ticked},
        path=HERE,
    )


def _done(items: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """What was decided together with this event: the same paper, day and kind, recorded in one go."""
    decided = [{**one, "ref": item["ref"]} for item in items for one in item["history"]]
    first = next((one for one in decided if one["id"] == event), None)
    if first is None:
        return []
    same = ("type", "on", "by", "document", "reason")
    return [one for one in decided if all(one[name] == first[name] for name in same)]


def _blank() -> dict[str, Any]:
    return {**dict.fromkeys(_TEXTS, ""), "key": str(uuid4()), "day": today().isoformat()}
