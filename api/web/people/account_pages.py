"""One's own account: who one is here, another password, and the browsers in which one is signed in.

There is no route of the API for it: a token has no password and no sessions.
"""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http.limits.fair import Asker
from api.web.forms.form_filling import Refused
from api.web.frame.form_leads import see_other
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.render import page
from api.web.frame.visitors import Visitor, remember
from api.web.people.sign_in import passwords_of, start_of, too_often
from domain.errors import Invalid
from domain.store.access.access_audit import AccessAction, By
from domain.store.access.accounts import account_of, begin_session, set_password
from domain.store.access.admin import end_own_sessions, own_sessions
from domain.store.access.invitations import NO_PASSWORD
from domain.store.access.passwords import hash_password, password_fits, require_good
from domain.store.access.sign_in_failures import note_failure, seconds_to_wait
from domain.store.db.engine import reading, writing
from domain.values import Bilingual

router = APIRouter(route_class=PageRoute)
_DONE: dict[str, Bilingual] = {
    "password": (
        "密码已更改。其他浏览器里的登录都已结束。",
        "The password has been changed. You are signed out everywhere else.",
    ),
    "ended": ("已结束所选的登录。", "The chosen session has been ended."),
}
_WRONG = ("现在的密码不对。", "The present password is wrong.")
_THE_SAME = ("新密码与现在的密码相同。", "The new password is the present one.")
_DIFFERENT = ("两次输入的新密码不一样。", "The two new passwords are not the same.")


@router.get("/account")
def account(request: Request, done: str = "") -> Response:
    """Who one is here, with one's sessions."""
    return _shown(request, 200, None, _DONE.get(done))


@router.post("/account")
async def change_account(request: Request) -> Response:
    """Another password, or the end of sessions, by the button that was pressed."""
    visitor: Visitor = request.state.visitor
    act = text_of(request.state.form, "act")
    if act == "password":
        async with passwords_of(request).place(Asker("known", _source(visitor))):
            return await run_in_threadpool(_change_password, request, visitor)
    return await run_in_threadpool(_end_sessions, request, visitor, None if act == "others" else act)


def _end_sessions(request: Request, visitor: Visitor, only: str | None) -> Response:
    with writing(request.app.state.service.ledger.engine) as connection:
        named = None if only is None else only.removeprefix("end-")
        end_own_sessions(connection, visitor.account.id, visitor.session.session_sha256, named)
    return see_other(request, "/account?done=ended")


def _source(visitor: Visitor) -> str:
    """Who guesses in a borrowed browser is counted by its session: what others guess elsewhere makes nobody wait."""
    return f"session:{visitor.session.session_sha256.hex()[:32]}"


def _change_password(request: Request, visitor: Visitor) -> Response:
    """Only who knows the present one; the browser before us stays signed in, in a new session, all others end."""
    form, login = request.state.form, visitor.account.login
    present, new, again = (text_of(form, name) for name in ("present", "new", "again"))
    source, ledger = _source(visitor), request.app.state.service.ledger
    problem = _new_password_problem(present, new, again, login, visitor.account.person_name)
    with ledger.reading() as reader:
        wait = seconds_to_wait(reader.connection, login, source)
        found = account_of(reader.connection, login)
    if wait:
        response = _shown(request, 429, Refused(too_often(wait), ("", ""), {}))
        response.headers["Retry-After"] = str(wait)
        return response
    fits = password_fits(None if found is None else found[1], present)
    if not fits:
        with writing(ledger.engine) as connection:
            note_failure(connection, login, source)
        problem = {"present": _WRONG, **(problem or {})}
    if problem is not None:
        said = ("密码没有更改。", "The password was not changed.")
        return _shown(request, 403 if not fits else 422, Refused(said, ("", ""), problem))
    hashed = hash_password(new, login, visitor.account.person_name)
    with writing(ledger.engine) as connection:
        by = By(visitor.account.person_id, "page")
        set_password(connection, visitor.account.id, hashed, by=by, act=AccessAction.OWN_PASSWORD)
        secret = begin_session(connection, visitor.account, source)
    first = visitor.account.handed_out_at is not None
    there = start_of(replace(visitor.account, handed_out_at=None)) if first else "/account?done=password"
    response = see_other(request, there)
    remember(response, request, secret)
    return response


def _new_password_problem(present: str, new: str, again: str, *names: str) -> dict[str, Bilingual] | None:
    """What is wrong with the new password, at which field."""
    if new == present:
        return {"new": _THE_SAME}
    try:
        require_good(new, *names)
    except Invalid as error:  # shown at a field of this form, not as a page of its own
        return {"new": (error.text, error.text_en)}
    return None if new == again else {"again": _DIFFERENT}


def _shown(request: Request, status: int, problem: Refused | None, done: Bilingual | None = None) -> Response:
    visitor: Visitor = request.state.visitor
    with reading(request.app.state.service.ledger.engine) as connection:  # of no rows of an agency's
        sessions = own_sessions(connection, visitor.account.id)
        found = account_of(connection, visitor.account.login)
    own = visitor.session.session_sha256.hex()
    return page(
        request,
        "account.html",
        name="account",
        status=status,
        refused=problem,
        done=done,
        sessions=sessions,
        own=own,
        has_password=found is not None and found[1] != NO_PASSWORD,
    )
