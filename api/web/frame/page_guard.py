"""What stands before every page: parameters, who is signed in, who may see it, and that forms are our own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

import structlog
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.application.parsing.refused_bodies import ProblemBody
from api.application.problem_types import TooLarge
from api.http.files.form_files import FormOf, form_with_files
from api.http.files.uploading import is_form_with_files
from api.http.guard import fold_path, on_one_database, require_known_parameters
from api.http.public_address import origin_and_host
from api.web.frame.basis_picker import NAMES as BASIS_NAMES
from api.web.frame.form_leads import STEP, page_at_step, with_address
from api.web.frame.menu import is_in, needs_factor, waits_for
from api.web.frame.page_acts import NOT_SENT, STAYING, pack, staying, unpack
from api.web.frame.page_table import page_at
from api.web.frame.render import page
from api.web.frame.visitors import FIELD, Visitor, comes_from_elsewhere, comes_from_here, is_of_session, visitor_of
from domain.errors import Forbidden
from domain.values import ROLE_NAMES

log = structlog.get_logger("steward")
_ALWAYS = frozenset({"lang"})
SIGN_IN, ACCOUNT, FACTOR = "/sign-in", "/account", "/account/second-factor"
"""Where a password that was handed out is changed, before any page for the signed-in is shown or taken."""
FORM = "application/x-www-form-urlencoded"


class PageRoute(APIRoute):
    """A page: not in the OpenAPI document; no parameter that it does not know; for whom the table of pages says.

    `request.state.visitor` is who is signed in, or None; of a form, `request.state.form` is what was sent.
    """

    MOST_FIELDS = 2_000
    """Of one form."""
    MOST_BYTES: int | None = None
    """Of one form; None for as many as the setting `body_limit` says."""
    TAKES_FILES = False
    """Whether its form may bring files of evidence, which are kept as they arrive (`form_files.py`)."""
    REPEATED: frozenset[str] = frozenset()
    """Query parameters that may be given more than once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "include_in_schema": False})

    def parameters(self) -> frozenset[str]:
        """The names of its query parameters."""
        return frozenset(field.alias for field in self.dependant.query_params)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind these checks."""
        answer = on_one_database(super().get_route_handler())
        entry = page_at(self.path)
        roles = getattr(entry, "roles", None)
        allowed = _ALWAYS | self.parameters()
        if roles is not None:
            allowed |= BASIS_NAMES | {STEP}

        async def checked(request: Request) -> Response:
            fold_path(request)
            visitor = await run_in_threadpool(visitor_of, request)
            request.state.visitor = visitor
            if roles is not None and visitor is None and request.method == "GET":
                return to_sign_in(request)
            if roles is not None and visitor is not None:
                _require_role(roles, visitor)
                if (first := _to_be_done_first(request, visitor, self.path)) is not None:
                    return RedirectResponse(first, 303, {"Cache-Control": "no-store"})
            if entry is not None and visitor is not None and is_in(request, visitor):
                request.state.waiting, request.state.unread = await run_in_threadpool(waits_for, request, visitor)
            require_known_parameters(request, allowed, self.REPEATED)
            if request.method == "POST":
                request.state.form = await self.sent(request, visitor)
                # signing in anew needs no session's own field: another site's form would come without the session
                right = visitor is None or self.path == SIGN_IN or is_of_session(visitor, request.state.form)
                if comes_from_elsewhere(request) or not (right or comes_from_here(request)):
                    return not_our_form(request)
                if not right:
                    return await shown_again(request, self.path, answer)
                if roles is not None and visitor is None:
                    return sign_in_again(request)
            step = request.query_params.get(STEP)
            if step is not None and roles is not None and request.method == "GET":
                return await page_at_step(request, step)
            try:
                answered = await answer(request)
                is_step = request.method == "POST" and roles is not None  # of public pages nothing is kept
                return await with_address(request, answered) if is_step else answered
            finally:
                await request.close()  # files that a form brought

        return checked

    async def sent(self, request: Request, visitor: Visitor | None) -> Any:
        """What a form sent. Raises: TooLarge, Malformed."""
        limit = self.MOST_BYTES or request.app.state.service.settings.body_limit
        if not (self.TAKES_FILES and is_form_with_files(request)):
            return await _form(request, limit, self.MOST_FIELDS)
        stranger = visitor is None or comes_from_elsewhere(request)
        known = None if stranger or visitor is None else FormOf(visitor.caller, FIELD, visitor.csrf)
        sent = await form_with_files(request, known, limit, self.MOST_FIELDS)
        request.state.file_problems = sent.problems
        return FormData(list[tuple[str, str | UploadFile]](sent.fields))


def _to_be_done_first(request: Request, visitor: Visitor, path: str) -> str | None:
    """Where a password that was handed out is changed, or a second factor set up, before anything else; or None."""
    if visitor.account.handed_out_at is not None and path != ACCOUNT:
        return ACCOUNT
    lacks = visitor.account.factor_at is None and needs_factor(request, visitor.role)
    return FACTOR if lacks and path not in (ACCOUNT, FACTOR) else None


def to_sign_in(request: Request) -> Response:
    """To the page for signing in, in the language of the link, and from there back to where one wanted to go."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    said = {"lang": request.query_params["lang"]} if "lang" in request.query_params else {}
    return RedirectResponse(f"{SIGN_IN}?{urlencode({'next': asked, **said})}", 303, {"Cache-Control": "no-store"})


def sign_in_again(request: Request) -> Response:
    """A form that came in after its session had ended: the form for signing in, which carries all that was sent."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return page(
        request,
        "sign-in.html",
        name="sign-in",
        status=403,
        onward=path,
        login="",
        problem=NOT_SENT,
        carried=pack(request.state.form),
    )


async def shown_again(
    request: Request, path: str, answer: Callable[[Request], Coroutine[Any, Any, Response]]
) -> Response:
    """A form of ours that carries another session's field (signed out and in since): to be sent again from this one.

    The page shows itself with all that was sent; one that cannot has a page of its own that carries it. Neither
    records anything.
    """
    request.state.held = (
        "登录已更换，还没有提交；请核对后再提交。",
        "You have signed in anew since, and nothing has been sent yet: please check it and send it again.",
    )
    form = request.state.form
    if path in STAYING:
        request.state.form = staying(form, STAYING[path])
        response = await answer(request)
        response.status_code = 403
        return response
    there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    csrf = request.state.visitor.csrf
    return page(
        request, "send-again.html", name="sign-in", status=403, there=there, fields=unpack(pack(form)), csrf=csrf
    )


def not_our_form(request: Request) -> Response:
    """A form that another site's page may have sent (CSRF) is refused, and nothing of it is shown or carried.

    Behind a proxy that hides the host our own forms look like that too: so it is said what the browser and the request
    say, and which setting puts it right; and it is logged, as nobody could sign in.
    """
    problem: ProblemBody = {
        "title": "表单未被接受",
        "title_en": "This form was not accepted",
        "status": 403,
        "detail": "这份表单不是从本系统的页面提交的，或登录会话已经更换",
        "detail_en": "this form was not sent from a page of this service, or the session is another one by now",
        "remedy": "请重新打开页面后再提交",
        "remedy_en": "Open the page again and send it from there.",
    }
    origin, host = origin_and_host(request)
    if comes_from_elsewhere(request):
        log.warning("form_from_elsewhere", origin=origin, host=host, remedy="STEWARD_PUBLIC_URL")
    if comes_from_elsewhere(request) and "sec-fetch-site" not in request.headers:
        problem |= {
            "detail": f"浏览器说表单来自 {origin}，而请求是以 {host} 之名送到本系统的",
            "detail_en": f"the browser says that the form comes from {origin}, but the request came in for {host}",
            "remedy": f"如果 {origin} 正是您打开本系统的地址，请管理员设置 STEWARD_PUBLIC_URL={origin}"
            "（有子路径时连同子路径），或让反向代理传递主机名"
            "（nginx：proxy_set_header Host $http_host;）；否则请从本系统重新打开页面",
            "remedy_en": f"If {origin} is where you opened this service, the administrator sets "
            f"STEWARD_PUBLIC_URL={origin} (with the sub-path, where there is one) or lets the reverse proxy pass the "
            "host on (nginx: proxy_set_header Host $http_host;). If not, open the page from this service again.",
        }
    return page(request, "error.html", name="home", status=403, problem=problem)


def _require_role(roles: frozenset[Any], visitor: Visitor) -> None:
    if visitor.role not in roles:
        name, name_en = ROLE_NAMES[visitor.role]
        raise Forbidden(
            f"您以“{name}”的角色登录，不能使用这个页面",
            f"you are signed in as {name_en}, a role that may not use this page",
            remedy="请由有权的人员办理",
            remedy_en="Let somebody who may do it.",
        )


def text_of(form: Any, name: str) -> str:
    """A field of a form; empty when it is missing."""
    given = form.get(name, "")
    return given if isinstance(given, str) else ""


async def _form(request: Request, limit_bytes: int, most_fields: int) -> Any:
    """What a form sent, counted while it arrives. Raises: TooLarge."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit_bytes:
            raise TooLarge(
                f"表单超过 {limit_bytes} 字节",
                f"the form is over {limit_bytes} bytes",
                remedy="请缩短文字后再提交",
                remedy_en="Shorten the texts and send it again.",
            )
    request._body = bytes(received)
    return await request.form(max_fields=most_fields)
