"""Programs and robots that are told what a person in a role would be (R41), for the administrator."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.answers.targets import TargetShown
from api.application.delivering.mail_questions import title_of
from api.application.delivering.target_acts import (
    NewTarget,
    TargetWanted,
    change_target,
    kinds_to_choose,
    make_target,
    targets_listed,
)
from api.application.messages.told import MessageKind
from api.http.query_params import LooseText
from api.web.forms.form_filling import Refused
from api.web.frame.form_leads import kept_beside, led_before, name_of_form, see_other, shown_once
from api.web.frame.page_acts import valid
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_questions import ask
from api.web.frame.render import page
from api.web.people.mail_pages import CHANNELS
from domain.errors import Contradiction, Invalid
from domain.values import Role, new_id

router = APIRouter(route_class=PageRoute)
HERE = "/admin/targets"
_FIELDS = ("name", "channel", "url", "role", "uscc")


@router.get(HERE)
async def targets(request: Request, once: LooseText = "", edit: LooseText = "") -> Response:
    """The targets, and the form for another. `once`: the form that made a secret, which is shown here this once.

    `edit`: the target whose kinds, secret and end are asked for.
    """
    return await _shown(request, 200, None, dict.fromkeys(_FIELDS, ""), once, edit)


@router.post(HERE)
async def change(request: Request) -> Response:
    """Make a target or change one, by the button that was pressed."""
    if (before := await led_before(request)) is not None:
        return before
    form, service, caller = request.state.form, request.app.state.service, request.state.visitor.caller
    act, _, which = text_of(form, "act").partition(":")
    if act != "create":
        more = {"kinds": form.getlist("kind") or None} if act == "kinds" else {}
        wanted = valid(TargetWanted, {"act": act.removesuffix("-now"), "at_once": act == "secret-now", **more})
        changed = await run_in_threadpool(change_target, service, caller, which, wanted)
        location = "/admin/deliveries?state=waiting" if act == "test" else f"{HERE}#{which}"
        location = f"{HERE}?once={name_of_form(request)}" if changed.secret else location
        await run_in_threadpool(kept_beside, request, location, _secret_of(changed) if changed.secret else None)
        return see_other(request, location)
    given = {name: text_of(form, name).strip() for name in _FIELDS}
    try:
        body = NewTarget.model_validate({name: value for name, value in given.items() if value})
        made = await run_in_threadpool(make_target, service, caller, body)
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
        said = dict.fromkeys(wrong & set(_FIELDS), ("没有填写，或填写不对", "missing, or not right"))
        return await _shown(
            request, 422, Refused(("请改正后再提交", "Correct it and send it again."), ("", ""), said), given
        )
    except (Invalid, Contradiction) as refusal:
        said = {(refusal.pointer or "/name").lstrip("/"): (refusal.text, refusal.text_en)}
        status = 422 if isinstance(refusal, Invalid) else 409
        return await _shown(request, status, Refused((refusal.remedy, refusal.remedy_en), ("", ""), said), given)
    location = f"{HERE}?once={name_of_form(request)}"
    await run_in_threadpool(kept_beside, request, location, _secret_of(made))
    return see_other(request, location)


def _kind(kind: MessageKind) -> dict[str, object]:
    title = title_of(kind)
    return {"kind": kind, "title": (title.text, title.text_en)}


def _secret_of(made: TargetShown) -> dict[str, str]:
    return {"name": made.name, "secret": made.secret or ""}


async def _shown(
    request: Request, status: int, problem: Refused | None, given: dict[str, str], once: str = "", edit: str = ""
) -> Response:
    found = await ask(request, targets_listed, limit=500)
    edited = next((one for one in found["items"] if one["id"] == edit), None)
    return page(
        request,
        "targets.html",
        name="targets",
        status=status,
        items=found["items"],
        edited=edited,
        kinds=[] if edited is None else [_kind(one) for one in kinds_to_choose(Role(edited["role"]))],
        channels={name: words for name, words in CHANNELS.items() if name != "email"},
        roles=[one for one in Role if one is not Role.ADMIN],
        made=await shown_once(request, once),
        refused=problem,
        given=given,
        key=new_id(),
    )
