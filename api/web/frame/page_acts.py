"""Pages record by the use cases that the API's routes call, in the visitor's name: same rights, bodies and refusals.

What a form had sent when its session was over or another one, kept so that nothing is typed twice.

Of a session that is over the browser keeps it, in a hidden field. Nothing of it is stored here, and nothing is done
with it until the person who has signed in sends it on, to a page of ours, under that page's own rights and checks.
Of a session that was replaced the page itself shows it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request

from api.application.assessing.appeal import carry_out
from api.application.background.readiness import Service
from api.application.commands import ACTS, COMMANDS, ActRoute, CommandRoute
from api.application.idempotency import Answered
from api.application.privacy.authorisation import Caller, rights_of
from api.application.privacy.veiled import may_name
from api.application.questions.inquiry import Snapshot, require_right
from api.application.record import action_context, record_at
from api.http.request import veiled_refusal
from api.web.frame.page_problems import PageAnswer, body_errors, or_problem
from api.web.frame.visitors import FIELD
from domain.errors import Refusal
from domain.values import Role, loose_uscc

CREATED = 201
M = TypeVar("M", bound=BaseModel)
_ACTS = {row.body: row for row in ACTS}
_COMMANDS: dict[type[BaseModel], CommandRoute] = {row.body: row for row in COMMANDS}


async def tell(
    request: Request,
    kind: type[BaseModel],
    body: dict[str, Any],
    *,
    key: str | None = None,
    version: int | None = None,
    **given: str,
) -> PageAnswer:
    """Record what a form says, or the problem it is refused with, so that the form can show it.

    `kind`: what is recorded; `given`: what its path names (uscc, id, year); `key`: the Idempotency-Key, so that a form
    sent twice records once; `version`: of the agency that has to stand.
    """
    row = _COMMANDS.get(kind) or _ACTS[kind]
    caller = request.state.visitor.caller
    told = partial(_told, request.app.state.service, caller, row, given, body, key, version)
    return await carried_out(request, row.path, told)


async def carried_out(request: Request, path: str, do: Callable[[], Answered]) -> PageAnswer:
    """What was recorded in a thread of its own, or the problem that the API would answer at `path`."""

    async def answering() -> PageAnswer:
        answered = await run_in_threadpool(do)
        return PageAnswer(CREATED, msgspec.to_builtins(answered.content), replayed=answered.replayed)

    return await or_problem(request, path, answering())


def _told(
    service: Service,
    caller: Caller,
    row: CommandRoute | ActRoute,
    given: dict[str, str],
    body: dict[str, object],
    key: str | None,
    version: int | None,
) -> Answered:
    """Raises: a Refusal, RequestValidationError; then nothing was recorded."""
    if "uscc" in given:
        given = {**given, "uscc": loose_uscc(given["uscc"])}
    require_right(rights_of("POST", row.path), caller, given.get("uscc"))
    snapshot = Snapshot(service, caller)
    if caller.role is Role.AGENCY and may_name(msgspec.json.encode([given, body]).decode()):
        with snapshot.open():
            if snapshot.veil is not None:
                given, body = snapshot.veil.meant([given, body])

    def action(path: str) -> Any:
        return action_context(service, caller, path, body, key, version)

    try:
        if isinstance(row, CommandRoute):
            answered = record_at(service, caller, row, given, valid(row.body, body), action)
        else:
            answered = carry_out(service, row, given, valid(row.body, body), action)
    except Refusal as refusal:
        raise (veiled_refusal(service.ledger, caller, refusal) if caller.role is Role.AGENCY else refusal) from None
    if caller.role is not Role.AGENCY:
        return answered
    with snapshot.open():
        veil = snapshot.veil
    return answered if veil is None else answered._replace(content=veil.redacted(answered.content))


def valid(model: type[M], body: Mapping[str, object]) -> M:
    """The body as a model. Raises: RequestValidationError, which names each field as the API does."""
    errors = body_errors(model, body)
    if errors:
        raise RequestValidationError(errors, body=body)
    return model.model_validate(body)


Fields = list[tuple[str, str]]
STAY = "stay"
"""What the button's field of a form says to be shown the form again, with all that was typed; nothing is recorded."""
NOT_SENT = (
    "登录已结束，还没有提交。您填的内容都在：登录后再点一次“继续提交”即可。",
    "Your session is over and nothing has been sent yet. What you filled in is kept: sign in and send it again.",
)
STAYING = {
    "/record/{command}": "do",
    "/grid": "do",
    "/appeals/{appeal}": "act",
    "/years/{year}": "act",
    "/impacts/{impact}": "act",
    "/survey/{secret}": "act",
    "/acknowledge/{secret}": "act",
    "/pledge": "act",
    "/invitations": "act",
    "/agencies/{uscc}/subjects": "act",
    "/readings": "act",
    "/todo/hints": "act",
    "/setup": "act",
    "/admin/accounts": "act",
    "/admin/tokens": "act",
    "/admin/calendar": "act",
}
"""The pages that know this, with the name of that field."""


def pack(form: FormData) -> str:
    """The form's fields in their order, without the old session's own; as text for one hidden field."""
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name != FIELD]
    return msgspec.json.encode(fields).decode()


def unpack(carried: str) -> Fields:
    """The fields again; none where it is not what `pack` writes."""
    try:
        fields = msgspec.json.decode(carried, type=Fields)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return []
    return [(name, value) for name, value in fields if name != FIELD]


def staying(form: FormData, button: str) -> FormData:
    """A form as if it had been sent by the button that only shows it again."""
    kept = [(name, value) for name, value in form.multi_items() if name not in (button, FIELD)]
    return FormData([*kept, (button, STAY)])
