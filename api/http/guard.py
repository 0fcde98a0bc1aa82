"""What stands before every route: token, role, own agency, query parameters, body, in this order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi._compat import ModelField
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import PydanticCustomError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.application.background.which_database import NotByReplica, may_ask_replica, only_primary
from api.application.exports.registry import BY_PATH
from api.application.parsing.validation_texts import MOST_ERRORS
from api.application.privacy.authorisation import APPEAL_WHAT_IF, PUBLIC, WHAT_IF, Caller, authenticate, rights_of
from api.application.questions.inquiry import QuestionName, require_right
from api.application.questions.service.log_places import REACH_SECONDS, require_log
from api.http.limits.rates import HEAVY, address_of, asker_of, limits_of
from api.http.query_params import MIN_LOG, log_place
from api.http.request import forms_meant, note_answer, read_json_object, secret_of, veiled_refusal, veiled_response
from api.http.table_forms import FORMAT, form_wanted
from domain.errors import Refusal
from domain.values import Role, loose_uscc

QUERY_PARAMETERS: dict[QuestionName, list[ModelField]] = {}
"""The query parameters of each route, so that a page reads what its address says of a question as the route does."""


class GuardedRoute(APIRoute):
    """A route of this API. Building one fails where `authorisation.py` has no row for it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the guard. The body is parsed here: FastAPI takes what the request already has."""
        method = "".join(self.methods or ())  # one method to a route
        rights = rights_of(method, self.path)
        allowed = frozenset(field.alias for field in self.dependant.query_params)
        QUERY_PARAMETERS[QuestionName(method, self.path)] = self.dependant.query_params
        takes_body, limits = self.body_field is not None, limits_of(method, self.path)
        answer = on_one_database(super().get_route_handler())
        named = f"{method} {self.path}"
        heavy = (method, self.path) in HEAVY
        has_table = method == "GET" and self.path in BY_PATH
        allowed |= {FORMAT} if has_table else frozenset()
        allowed |= {MIN_LOG} if method == "GET" and rights is not PUBLIC else frozenset()
        consulting = rights is not PUBLIC and (method == "GET" or self.path in (WHAT_IF, APPEAL_WHAT_IF))

        async def guarded(request: Request) -> Response:
            service = request.app.state.service
            fold_path(request)
            if rights is not PUBLIC:
                caller = await _by_token(request)
                request.state.caller = caller
                request.state.reach = require_right(rights, caller, request.path_params.get("uscc"))
            require_known_parameters(request, allowed)
            if MIN_LOG in request.query_params:
                await _log_reached(request)
            request.state.form = form_wanted(request, self.path) if has_table else None
            if takes_body:
                parsed = await read_json_object(request, limits.within(service.settings.body_limit), limits.members)
                request._json = parsed
                request._body = b"{}"  # what it was is parsed already; FastAPI only looks whether there is one
                request.state.body = parsed
            veiling = rights is not PUBLIC and request.state.caller.role is Role.AGENCY
            if veiling:
                await run_in_threadpool(forms_meant, request)
            try:
                places = "heavy" if heavy else "printing" if request.state.form is not None else None
                if places is not None:
                    asker = asker_of(getattr(request.state, "caller", None), address_of(request.scope))
                    async with getattr(request.app.state, places).place(asker):
                        response = await answer(request)
                else:
                    response = await answer(request)
            except Refusal as refusal:
                if not veiling:
                    raise
                ledger, caller = service.ledger, request.state.caller
                raise (await run_in_threadpool(veiled_refusal, ledger, caller, refusal)) from None
            if veiling and method == "POST":
                response = await run_in_threadpool(veiled_response, request, response)
            if consulting:
                await note_answer(request, response, named)
            return response

        return guarded


def on_one_database(
    answer: Callable[[Request], Coroutine[Any, Any, Response]],
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """What only asks may be answered by a replica. One that fails in the middle says nothing: the primary is asked,
    from the start."""

    async def answered(request: Request) -> Response:
        if request.method != "GET":
            only_primary()
            return await answer(request)
        may_ask_replica()
        try:
            return await answer(request)
        except NotByReplica:
            only_primary()
            return await answer(request)

    return answered


async def _log_reached(request: Request) -> None:
    """The log has come as far as the question wants it to. Raises: RequestValidationError, Contradiction."""
    wanted = request.query_params[MIN_LOG]
    try:
        place = log_place(wanted)
    except PydanticCustomError as error:
        wrong = {"type": error.type, "loc": ("query", MIN_LOG), "ctx": error.context}
        raise RequestValidationError([wrong]) from error
    ledger = request.app.state.service.ledger
    await run_in_threadpool(require_log, ledger, place, f"?{MIN_LOG}", REACH_SECONDS)


async def _by_token(request: Request) -> Caller:
    """The caller by their token, whose use is noted. Raises: Unauthenticated."""
    service = request.app.state.service
    caller, token = await run_in_threadpool(authenticate, service.ledger, secret_of(request))
    service.housekeeper.used(token)
    return caller


def fold_path(request: Request) -> None:
    """Let a path lead to the agency however its code was typed: what comes after sees the canonical one."""
    given = request.path_params
    if "uscc" in given:
        request.scope["path_params"] = {**given, "uscc": loose_uscc(given["uscc"])}


def require_known_parameters(request: Request, allowed: frozenset[str], repeated: frozenset[str] = frozenset()) -> None:
    """A misspelt `as_of` must not be ignored silently, and of two values neither can be right. Raises: 422.

    `repeated`: those that may be given more than once.
    """
    errors: list[dict[str, object]] = []
    names = [name for name, _ in request.query_params.multi_items()]
    for name in dict.fromkeys(names):
        if len(errors) >= MOST_ERRORS:  # more are not shown, and each costs
            break
        if name not in allowed:
            listed = ", ".join(sorted(allowed)) or "—"
            errors.append({"type": "unknown_parameter", "loc": ("query", name), "ctx": {"allowed": listed}})
        elif name not in repeated and names.count(name) > 1:
            errors.append({"type": "doubled_parameter", "loc": ("query", name)})
    if errors:
        raise RequestValidationError(errors)
