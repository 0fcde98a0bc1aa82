"""One's own account: who one is here, another password, and the browsers in which one is signed in.

There is no route of the API for it: a token has no password and no sessions.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.rates import address_of
from api.web.refused import Refused, Said
from api.web.render import page
from api.web.routes import PageRoute, text_of
from api.web.sign_in import TOO_OFTEN, hashing
from api.web.visitors import Visitor, remember
from domain.errors import Invalid
from domain.store.access import end_own_sessions, own_sessions
from domain.store.access_changes import Act, By
from domain.store.accounts import (
    account_of,
    begin_session,
    hash_password,
    is_slowed_down,
    note_failure,
    password_fits,
    require_good,
    set_password,
)
from domain.store.engine import writing

router = APIRouter(route_class=PageRoute)
_DONE: dict[str, Said] = {
    "password": (
        "密码已更改。其他浏览器里的登录都已结束。",
        "The password has been changed. You are signed out everywhere else.",
    ),
    "ended": ("已结束所选的登录。", "The chosen session has been ended."),
}
_WRONG = ("现在的密码不对。", "The present password is wrong.")
_DIFFERENT = ("两次输入的新密码不一样。", "The two new passwords are not the same.")


@router.get("/account")
def account(request: Request, done: str = "") -> Response:
    """Who one is here, with one's sessions."""
    return _shown(request, 200, None, _DONE.get(done))


@router.post("/account")
def change_account(request: Request) -> Response:
    """Another password, or the end of sessions, by the button that was pressed."""
    visitor: Visitor = request.state.visitor
    act = text_of(request.state.form, "act")
    if act == "password":
        return _change_password(request, visitor)
    only = None if act == "others" else act.removeprefix("end-")
    with writing(request.app.state.service.ledger.engine) as connection:
        end_own_sessions(connection, visitor.account.id, visitor.session.session_sha256, only)
    return RedirectResponse("/account?done=ended", 303, {"Cache-Control": "no-store"})


def _change_password(request: Request, visitor: Visitor) -> Response:
    """Only who knows the present one; the browser before us stays signed in, in a new session, all others end."""
    form, login = request.state.form, visitor.account.login
    present, new, again = (text_of(form, name) for name in ("present", "new", "again"))
    source, ledger = address_of(request.scope), request.app.state.service.ledger
    problem = _new_password_problem(new, again)
    with hashing():
        with ledger.reading() as reader:
            slowed = is_slowed_down(reader.connection, login, source)
            found = account_of(reader.connection, login)
        fits = not slowed and password_fits(None if found is None else found[1], present)
        hashed = hash_password(new) if fits and problem is None else ""
    if slowed:
        return _shown(request, 429, Refused(TOO_OFTEN, ("", ""), {}))
    if not fits:
        with writing(ledger.engine) as connection:
            note_failure(connection, login, source)
        problem = {"present": _WRONG, **(problem or {})}
    if problem is not None:
        said = ("密码没有更改。", "The password was not changed.")
        return _shown(request, 403 if not fits else 422, Refused(said, ("", ""), problem))
    with writing(ledger.engine) as connection:
        by = By(visitor.account.person_id, "page")
        set_password(connection, visitor.account.id, hashed, by=by, act=Act.OWN_PASSWORD)
        secret = begin_session(connection, visitor.account, source)
    response = RedirectResponse("/account?done=password", 303, {"Cache-Control": "no-store"})
    remember(response, request, secret)
    return response


def _new_password_problem(new: str, again: str) -> dict[str, Said] | None:
    """What is wrong with the new password, at which field."""
    try:
        require_good(new)
    except Invalid as error:  # shown at a field of this form, not as a page of its own
        return {"new": (error.text, error.text_en)}
    return None if new == again else {"again": _DIFFERENT}


def _shown(request: Request, status: int, problem: Refused | None, done: Said | None = None) -> Response:
    visitor: Visitor = request.state.visitor
    with request.app.state.service.ledger.reading() as reader:
        sessions = own_sessions(reader.connection, visitor.account.id)
    own = visitor.session.session_sha256.hex()
    return page(
        request, "account.html", name="account", status=status, refused=problem, done=done, sessions=sessions, own=own
    )
