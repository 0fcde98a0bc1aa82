"""Where and of what one is written to (R41); and, for an administrator, what left the service or could not."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.delivering.mail_acts import (
    AddressCode,
    DeliveriesWanted,
    MailAddress,
    MailPreferences,
    change_deliveries,
    give_mail_address,
    set_mail_preferences,
    verify_mail_address,
)
from api.application.delivering.mail_questions import deliveries_listed, mail_settings_asked
from api.http.query_params import Cursor, LooseText
from api.web.forms.form_filling import Refused
from api.web.frame.basis_picker import keeping
from api.web.frame.form_leads import kept_beside, led_before, see_other
from api.web.frame.page_acts import valid
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_questions import ask
from api.web.frame.render import page
from domain.errors import Contradiction, Invalid
from domain.store.db.dialect import database_clock
from domain.store.messages.contact_rows import Language
from domain.store.messages.delivery_rows import STATES, depth
from domain.values import Bilingual, instant, new_id

router = APIRouter(route_class=PageRoute)
HERE, DESK, ROWS, MOST_ADDRESS = "/account/mail", "/admin/deliveries", 50, 254
_DONE: dict[str, Bilingual] = {
    "sent": ("验证码已发出，请在一小时内输入。", "A code is on its way; type it within an hour."),
    "verified": ("邮箱已验证。", "The address is verified."),
    "none": ("邮箱已删除，不再发邮件。", "The address is forgotten; no e-mail is sent any more."),
    "kept": ("已保存。", "Saved."),
}
HOW: dict[str, Bilingual] = {
    "at_once": ("即时", "at once"),
    "daily": ("每日汇总", "once a day"),
    "off": ("不发", "not"),
}
STATE_NAMES: dict[str, Bilingual] = {
    "dead": ("已放弃", "Given up"),
    "waiting": ("等待发送", "Waiting"),
    "sent": ("已发出", "Sent"),
    "closed": ("已关闭", "Closed"),
}
CHANNELS: dict[str, Bilingual] = {
    "email": ("邮件", "e-mail"),
    "webhook": ("Webhook", "webhook"),
    "wecom": ("企业微信群机器人", "WeCom group robot"),
}


@router.get(HERE)
async def mail(request: Request, done: LooseText = "") -> Response:
    """The address, its code, and how each kind is mailed."""
    return await _shown(request, 200, None, _DONE.get(done))


@router.post(HERE)
async def change_mail(request: Request) -> Response:
    """An address, none, the code, or other preferences, by the button that was pressed."""
    if (before := await led_before(request)) is not None:
        return before
    try:
        done = await run_in_threadpool(_change, request)
    except (Invalid, Contradiction) as refusal:
        field = refusal.pointer.lstrip("/") if refusal.pointer else "email"
        said = {field: (refusal.text, refusal.text_en)}
        status = 422 if isinstance(refusal, Invalid) else 409
        return await _shown(request, status, Refused((refusal.remedy, refusal.remedy_en), ("", ""), said))
    location = f"{HERE}?done={done}"
    await run_in_threadpool(kept_beside, request, location)
    return see_other(request, location)


def _change(request: Request) -> str:
    """Do what the button says; the name of what was done. Raises: Invalid, Contradiction."""
    form, act = request.state.form, text_of(request.state.form, "act")
    service, caller = request.app.state.service, request.state.visitor.caller
    if act == "none":
        give_mail_address(service, caller, MailAddress())
        return "none"
    if act == "code":
        verify_mail_address(service, caller, AddressCode(code=text_of(form, "code").strip()[:20] or "-"))
        return "verified"
    if act == "preferences":
        kinds = {name.removeprefix("kind-"): form[name] for name in form if name.startswith("kind-")}
        set_mail_preferences(service, caller, valid(MailPreferences, {"kinds": kinds}))
        return "kept"
    language: Language = "en" if text_of(form, "language") == "en" else "zh"
    given = text_of(form, "email").strip()[:MOST_ADDRESS]
    give_mail_address(service, caller, MailAddress(email=given, language=language))
    return "sent"


async def _shown(request: Request, status: int, problem: Refused | None, done: Bilingual | None = None) -> Response:
    found = await ask(request, mail_settings_asked)
    given = text_of(request.state.form, "email") if problem is not None else ""
    return page(
        request,
        "mail.html",
        name="mail",
        status=status,
        mail=found,
        how=HOW,
        refused=problem,
        done=done,
        given=given or found["email"] or "",
        key=new_id(),
    )


@router.get(DESK)
async def deliveries(request: Request, state: LooseText = "", cursor: Cursor = None) -> Response:
    """What leaves the service: first what was given up."""
    chosen = state if state in STATES else "dead"
    found = await ask(request, deliveries_listed, limit=ROWS, cursor=cursor, state=chosen)
    following = found["next_cursor"]
    return page(
        request,
        "deliveries.html",
        name="deliveries",
        items=found["items"],
        chosen=chosen,
        states=STATE_NAMES,
        channels=CHANNELS,
        depth=await run_in_threadpool(_depth, request),
        first=keeping(request, DESK, state=chosen),
        following=keeping(request, DESK, state=chosen, cursor=following) if following else None,
        paged=cursor is not None,
        key=new_id(),
    )


@router.post(DESK)
async def change(request: Request) -> Response:
    """Try again or close those that were marked, or all that were given up."""
    if (before := await led_before(request)) is not None:
        return before
    form, service, caller = request.state.form, request.app.state.service, request.state.visitor.caller
    act, _, every = text_of(form, "act").partition(":")
    ids = None if every == "all" else form.getlist("id")
    body = valid(DeliveriesWanted, {"state": act, "ids": ids})
    await run_in_threadpool(change_deliveries, service, caller, body)
    location = f"{DESK}?state={text_of(form, 'state') or 'dead'}"
    await run_in_threadpool(kept_beside, request, location)
    return see_other(request, location)


def _depth(request: Request) -> dict[str, object]:
    with request.app.state.service.ledger.reading() as reader:
        found = depth(reader.connection, instant(database_clock(reader.connection)))
    return found._asdict()
