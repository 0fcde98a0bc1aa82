"""The second factor of one's own account: switched on with a QR code, its recovery codes, switched off."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import segno
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http.query_params import LooseText
from api.web.forms.form_filling import Refused
from api.web.frame.form_leads import Keep, done_once, name_of_form, see_other, shown_once
from api.web.frame.menu import needs_factor
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.render import page
from api.web.frame.visitors import Visitor
from api.web.people.sign_in import start_of, too_often
from domain.errors import Contradiction, Invalid
from domain.store.access.access_audit import By
from domain.store.access.second_factor import (
    EVERYWHERE,
    address_of_secret,
    begin_factor,
    confirm_factor,
    new_recovery_codes,
    pending_secret,
    recovery_left,
    switch_off,
)
from domain.store.access.sign_in_failures import note_failure, seconds_to_wait
from domain.store.db.engine import Connection, writing
from domain.values import Bilingual, new_id

router = APIRouter(route_class=PageRoute)
PAGE = "/account/second-factor"
_NEEDED: Bilingual = (
    "您的角色必须使用两步验证，不能停用。换手机请换发备用码后由管理员重设。",
    "Your role needs the second factor: it cannot be switched off. For another one, ask an administrator.",
)


@router.get(PAGE)
async def second_factor(request: Request, once: LooseText = "") -> Response:
    """Whether it is on; where it is being set up, the QR code once more; `once`: the form behind which recovery codes
    are shown this once.
    """
    made = await shown_once(request, once)
    if made is None or not made.shown:
        return await run_in_threadpool(partial(_shown, request, 200, gone=made is not None))
    onward = start_of(request.state.visitor.account)
    return page(request, "recovery-codes.html", name="second-factor", codes=made.value, onward=onward)


@router.post(PAGE)
async def change_second_factor(request: Request) -> Response:
    """Begin, confirm by a code, other recovery codes, or off, by the button that was pressed."""
    return await run_in_threadpool(_change, request)


def _change(request: Request) -> Response:
    visitor: Visitor = request.state.visitor
    form, ledger = request.state.form, request.app.state.service.ledger
    act, code = text_of(form, "act"), text_of(form, "code")[:100]
    account, by = visitor.account, By(visitor.account.person_id, "page")
    if act == "begin":
        if account.factor_at is None:
            with writing(ledger.engine) as connection:
                begin_factor(connection, account.id)
        return see_other(request, PAGE)
    if act == "off" and needs_factor(request, account.role):
        return _shown(request, 403, Refused(_NEEDED, ("", ""), {}))
    acts: dict[str, Callable[..., Any]] = {"confirm": confirm_factor, "codes": new_recovery_codes, "off": switch_off}
    if act not in acts:
        return _shown(request, 200)
    with ledger.reading() as reader:
        wait = seconds_to_wait(reader.connection, account.id, EVERYWHERE)
    if wait:
        return _shown(request, 429, Refused(too_often(wait), ("", ""), {}))

    def do(keep: Keep) -> None:
        with writing(ledger.engine) as connection:
            codes = acts[act](connection, account.id, code, by=by)
            keep(connection, PAGE if codes is None else f"{PAGE}?once={name_of_form(request)}", codes)

    try:
        return see_other(request, done_once(request, do))
    except (Invalid, Contradiction) as refusal:
        with writing(ledger.engine) as connection:
            note_failure(connection, account.id, EVERYWHERE)
        said = {"code": (refusal.text, refusal.text_en)}
        return _shown(request, 422, Refused((refusal.remedy, refusal.remedy_en), ("", ""), said))


def _shown(request: Request, status: int, problem: Refused | None = None, *, gone: bool = False) -> Response:
    account = request.state.visitor.account
    with request.app.state.service.ledger.reading() as reader:
        secret, left = _standing(reader.connection, account.id)
    picture = None if secret is None else qr_picture(address_of_secret(secret, account.login))
    return page(
        request,
        "second-factor.html",
        name="second-factor",
        status=status,
        refused=problem,
        on=account.factor_at,
        secret=secret,
        picture=picture,
        left=left,
        needed=needs_factor(request, account.role),
        gone=gone,
        key=new_id(),
    )


def _standing(connection: Connection, account_id: str) -> tuple[str | None, int]:
    return pending_secret(connection, account_id), recovery_left(connection, account_id)


def qr_picture(text: str) -> str:
    """A QR code as SVG within the page, drawn from modules alone: nothing is loaded for it, no text stands in it."""
    return segno.make(text, error="m").svg_inline(scale=5, border=4, light="#fff", svgclass=None, lineclass=None)
