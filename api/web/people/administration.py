"""Accounts and tokens as pages, for the administrator: what the API's routes of the same name answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.access_acts import (
    AccessWanted,
    FactorReset,
    NewAccount,
    NewPassword,
    NewToken,
    Revocation,
    SubjectLinked,
    link_account,
    make_account,
    make_token,
    reset_password,
    revoke_token,
    set_access,
    take_off_factor,
)
from api.application.answers.access import AccessToken, AccountShown
from api.application.idempotency import Answered
from api.application.inviting import InvitationWanted, NewInvitation, change_invitation, invite_person
from api.application.privacy.authorisation import rights_of
from api.application.questions.inquiry import Answer, require_right
from api.application.questions.service.access_questions import account_shown, accounts_listed, tokens_listed
from api.http.public_address import base_of
from api.http.query_params import Cursor, LooseText, LooseUscc
from api.web.forms.form_filling import Refused, refused
from api.web.frame.basis_picker import list_order
from api.web.frame.form_leads import Keep, ShownOnce, done_once, name_of_form, see_other, shown_once
from api.web.frame.page_acts import STAY, carried_out, valid
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_problems import PageAnswer
from api.web.frame.page_questions import ask_counted
from api.web.frame.render import page
from api.web.printing.whole_lists import PrintedList, WholeList, asked_parts, printed, whole_link
from domain.store.access.admin import account_counts, account_found, known_people
from domain.store.db.engine import Connection
from domain.values import Bilingual, Role, new_id
from projections.answers.scalars import plain

router = APIRouter(route_class=PageRoute)
_LISTS: dict[str, Callable[..., Answer]] = {"accounts": accounts_listed, "tokens": tokens_listed}
ROWS, MOST_PEOPLE, NOT_FOUND = 50, 500, 404
STATES: dict[str, Bilingual] = {
    "enabled": ("启用", "enabled"),
    "disabled": ("停用", "disabled"),
    "handed_out": ("密码还未由本人更改", "password still handed out"),
    "invited": ("已邀请，还未设密码", "invited, no password yet"),
    "without_second_factor": ("未启用两步验证", "without a second factor"),
}
_HOLDER = ("role", "uscc", "person_id", "person")
_FIELDS = (*_HOLDER, "login", "expires_on")


@router.get("/admin")
async def admin(request: Request) -> Response:
    """How many accounts and tokens there are, and the way to them."""
    return await run_in_threadpool(_admin, request)


def _admin(request: Request) -> Response:
    with request.app.state.service.ledger.reading() as reader:
        counts = account_counts(reader.connection)
    return page(request, "admin.html", name="admin", counts=counts, enabled=sum(counts.get(one, 0) for one in Role))


@router.get("/admin/accounts")
async def accounts(
    request: Request,
    q: LooseText = "",
    role: LooseText = "",
    uscc: LooseUscc = "",
    state: LooseText = "",
    sort: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """Who may sign in, searched and filtered, and the form for another account."""
    sought = {"q": q.strip(), "role": role if role in set(Role) else "", "uscc": uscc}
    sought |= {"state": state if state in STATES else "", "sort": sort.strip(), "order": order.strip()}
    if whole:
        said = {"q": sought["q"], "role": sought["role"], "uscc": uscc, "state": STATES.get(sought["state"])}
        return await _printed(request, "accounts", ("账户清单", "Accounts"), sought, said)
    return await _list(request, "accounts", cursor=cursor, sought=sought)


@router.get("/admin/accounts/{account}")
async def one_account(request: Request, account: str, once: LooseText = "") -> Response:
    """One account and what can be done with it; `once`: the form whose password or link is shown here this once."""
    return await run_in_threadpool(_one, request, account, 200, None, await shown_once(request, once))


def _one(request: Request, id_: str, status: int, problem: Refused | None, made: ShownOnce | None = None) -> Response:
    with request.app.state.service.ledger.reading() as reader:
        found = account_found(reader.connection, id_)
    reason = text_of(request.state.form, "reason") if request.method == "POST" else ""
    kept = (found.subject or "").rpartition("|")[2]
    return page(
        request,
        "admin-account.html",
        name="admin-account",
        status=status,
        one=plain(account_shown(found)),
        refused=problem,
        made=made,
        base=base_of(request),
        reason=reason,
        subject=kept if problem is None else text_of(request.state.form, "subject"),
        linked=found.subject is not None,
        key=new_id(),
    )


@router.post("/admin/accounts")
async def change_accounts(request: Request) -> Response:
    """A new account, another password, or other access, by the button that was pressed; then to the account's page."""
    form = request.state.form
    act, _, which = text_of(form, "act").partition(":")
    if act == STAY:
        return await _list(request, "accounts", given=_given(form, "login"))
    if act in ("create", "invite"):
        return await _create_account(request, invited=act == "invite")
    if act == "password":
        made = await _told(request, reset_password, NewPassword, {}, which)
    elif act in ("again", "revoked"):
        made = await _told(request, change_invitation, InvitationWanted, {"invitation": act}, which)
    elif act == "subject":
        made = await _told(request, link_account, SubjectLinked, {"subject": text_of(form, "subject")}, which)
    elif act == "factor":
        made = await _told(request, take_off_factor, FactorReset, {"reason": text_of(form, "reason")}, which)
    else:
        made = await _told(request, set_access, AccessWanted, {"access": act}, which)
    if made.refused and act in ("factor", "subject") and made.status != NOT_FOUND:
        places = {"/reason": "reason", "/subject": "subject"}
        return await run_in_threadpool(_one, request, which, made.status, refused(made.problem, places))
    if made.refused:
        return await _list(request, "accounts", made, problem=refused(made.problem, {}))
    return see_other(request, made.content["location"])


@router.get("/admin/tokens")
async def tokens(request: Request, cursor: Cursor = None, whole: WholeList = "", once: LooseText = "") -> Response:
    """Which machines may speak to the service, and the form for another token; `once`: the form that made one."""
    if whole:
        return await _printed(request, "tokens", ("令牌清单", "Tokens"), {}, {})
    return await _list(request, "tokens", cursor=cursor, made_once=await shown_once(request, once))


@router.post("/admin/tokens")
async def change_tokens(request: Request) -> Response:
    """A new token, or the end of one."""
    form = request.state.form
    act, _, which = text_of(form, "act").partition(":")
    if act == STAY:
        return await _list(request, "tokens", given=_given(form, "expires_on"))
    if act == "revoke":
        made = await _told(request, revoke_token, Revocation, {"revoked": True}, which)
        if not made.refused:
            return see_other(request, made.content["location"])
        return await _list(request, "tokens", made, problem=refused(made.problem, {}))
    given = _given(form, "expires_on")
    made = await _told(request, make_token, NewToken, _body(given))
    if made.refused:
        return await _list(request, "tokens", made, given, refused(made.problem, _places("expires_on")))
    return see_other(request, made.content["location"])


def _people(request: Request) -> list[tuple[str, str]]:
    with request.app.state.service.ledger.reading() as reader:
        return known_people(reader.connection, MOST_PEOPLE)


async def _told(
    request: Request,
    act: Callable[..., AccountShown | AccessToken],
    kind: type[BaseModel],
    body: Mapping[str, str | bool],
    *which: str,
) -> PageAnswer:
    """Carry out an act on accounts or tokens, which the page's row lets administrators alone do: where it leads."""
    service, caller = request.app.state.service, request.state.visitor.caller

    def do(keep: Keep) -> None:
        require_right(rights_of("POST", "/v1/accounts"), caller, None)

        def beside(connection: Connection, made: AccountShown | AccessToken) -> None:
            secrets = {name: one for name, one in plain(made).items() if name in _SHOWN_ONCE}
            shown = {"person": made.person, "role": made.role, **secrets} if secrets else None
            keep(connection, _leads(request, made, shows=bool(secrets)), shown)

        act(service, caller, *which, valid(kind, body), beside)

    def once() -> Answered:
        return Answered({"location": done_once(request, do)}, replayed=False)

    return await carried_out(request, "/v1/accounts", once)


_SHOWN_ONCE = ("password", "link", "token")


def _leads(request: Request, made: AccountShown | AccessToken, *, shows: bool) -> str:
    """The page of the account, or the token in its list; with the form's name where something is shown there once."""
    query = f"?{urlencode({'once': name_of_form(request)})}" if shows else ""
    return f"/admin/tokens{query}#{made.id}" if isinstance(made, AccessToken) else f"/admin/accounts/{made.id}{query}"


async def _create_account(request: Request, *, invited: bool) -> Response:
    """An account whose owner sets the password by a link, or one with a password that is handed out."""
    given = _given(request.state.form, "login")
    act: Callable[..., AccountShown] = invite_person if invited else make_account
    made = await _told(request, act, NewInvitation if invited else NewAccount, _body(given))
    if made.refused:
        return await _list(request, "accounts", made, given, refused(made.problem, _places("login")))
    return see_other(request, made.content["location"])


def _given(form: Any, own: str) -> dict[str, str]:
    return {name: text_of(form, name) for name in (own, *_HOLDER)}


def _body(given: dict[str, str]) -> dict[str, str]:
    """What was filled in: an empty field is no value."""
    return {name: value.strip() for name, value in given.items() if value.strip()}


def _places(own: str) -> dict[str, str]:
    return {f"/{name}": name for name in (own, *_HOLDER)}


async def _printed(
    request: Request, kind: str, title: Bilingual, sought: dict[str, str], said: Mapping[str, str | Bilingual | None]
) -> Response:
    """Accounts or tokens whole."""
    asked = {name: value for name, value in sought.items() if value}
    address, parts = f"/admin/{kind}?{urlencode(asked)}".rstrip("?"), asked_parts(request, _LISTS[kind], asked)
    return await printed(request, PrintedList(kind, title, address, parts, said, with_rulebook=False))


async def _list(
    request: Request,
    kind: str,
    made: PageAnswer | None = None,
    given: dict[str, str] | None = None,
    problem: Refused | None = None,
    cursor: str | None = None,
    sought: dict[str, str] | None = None,
    made_once: ShownOnce | None = None,
) -> Response:
    """The list with its form; `made`: what was refused; `made_once`: the token that is shown this once."""
    asked = {name: value for name, value in (sought or {}).items() if value}
    part, total = await ask_counted(request, _LISTS[kind], limit=ROWS, cursor=cursor, **asked)
    path, following = f"/admin/{kind}", part["next_cursor"]
    first = path + (f"?{urlencode(asked)}" if asked else "")
    return page(
        request,
        f"admin-{kind}.html",
        name=f"admin-{kind}",
        status=made.status if made is not None and made.refused else 200,
        items=part["items"],
        given=dict.fromkeys(_FIELDS, "") | (given or {}),
        filled=given is not None,
        refused=problem,
        roles=list(Role),
        people=await run_in_threadpool(_people, request),
        sought=dict.fromkeys(("q", "role", "uscc", "state"), "") | (sought or {}),
        sorting=list_order(request, path, asked, "login"),
        states=STATES,
        made=made_once,
        key=text_of(request.state.form, "key") if given is not None else new_id(),
        paged=cursor is not None,
        first=first,
        whole=whole_link(first, len(part["items"]), total),
        following=None if following is None else f"{path}?{urlencode({**asked, 'cursor': following})}",
    )
