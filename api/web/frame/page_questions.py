"""Pages ask the application's questions directly, in the visitor's name: no HTTP inside the process.

Rights, parameters, the veil, the limit of heavy questions, the access log and the texts of refusals are those of the
route, so that whatever a page shows can be asked by a machine too, and nothing else.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints
from urllib.parse import urlencode

import msgspec
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from api.application.background.which_database import NotByReplica, only_primary
from api.application.privacy.authorisation import Caller, Reach
from api.application.privacy.reading_log import NotedReading
from api.application.privacy.veiled import may_name
from api.application.questions.agency.course_questions import READS_HINTS, hints_brought_up
from api.application.questions.agency.trail_questions import events_of
from api.application.questions.inquiry import (
    Answer,
    FileAnswer,
    Inquiry,
    QuestionName,
    Snapshot,
    name_of,
    require_right,
)
from api.application.questions.service.public_questions import waived_for
from api.http.guard import QUERY_PARAMETERS
from api.http.limits.rates import HEAVY, address_of, asker_of
from api.http.query_params import MOST_IDS
from api.http.request import veiled_refusal
from api.web.frame.page_problems import PageAnswer, body_errors, or_problem
from domain.errors import Refusal
from domain.values import Role, loose_uscc, normal_uscc
from projections.answers.results import WaiverReason
from projections.answers.scalars import plain, read_as
from projections.answers.trail_items import EntryRow

T = TypeVar("T")
Given = dict[str, Any]
"""Parameters by their names in the interface, as a page's address or form has them: texts, not checked yet. `body`: of
a question that is posted, as JSON."""
_EVENT = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
Part = tuple[str, str | None]
"""A piece of text, and the id that it is, if it is one."""
_IN_PATH = re.compile(r"\{(\w+)(?::path)?\}")


@dataclass
class _Prepared:
    """A question with its right, before its parameters are read."""

    question: Callable[..., Any]
    name: QuestionName
    reach: Reach
    path: dict[str, str]
    query: dict[str, object]
    body: Given | None
    wants_total: bool = False
    inquiry: Inquiry | None = None


async def ask(request: Request, question: Callable[..., Answer], **given: Any) -> dict[str, Any]:
    """The answer to one question, as plain data; parameters that are None or empty are left out.

    Raises: whatever the route refuses with, to be shown as a page.
    """
    (found,) = await ask_together(request, (question, given))
    return found


async def ask_for(request: Request, kind: type[T], question: Callable[..., Answer], **given: Any) -> T:
    """The answer to one question as the struct that it is: for pages that walk it and do not only show it.

    Raises: whatever the route refuses with; `msgspec.ValidationError` where `kind` is not what the question answers.
    """
    (found,) = await _answered(request, [(question, given)])
    return found.content if isinstance(found.content, kind) else read_as(kind, plain(found.content))


async def ask_counted(request: Request, question: Callable[..., Answer], **given: Any) -> tuple[Given, int | None]:
    """The answer to a question, and of a list that it is a part of, how many rows the whole has."""
    prepared = _prepared(question, given, request.state.visitor.caller)
    prepared.wants_total = True
    (found,) = await _read(request, [prepared])
    return plain(found.content), None if prepared.inquiry is None else prepared.inquiry.total


async def ask_together(request: Request, *asked: tuple[Callable[..., Answer], Given]) -> list[dict[str, Any]]:
    """The answers to several questions, of one snapshot of the ledger. Raises: what the first refused one does."""
    return [plain(one.content) for one in await _answered(request, asked)]


async def look(request: Request, question: Callable[..., Answer], **given: Any) -> PageAnswer:
    """The answer to one question, or the problem it is refused with, for pages that say more than an error page."""

    async def answering() -> PageAnswer:
        content, total = await ask_counted(request, question, **given)
        return PageAnswer(200, content, total=total)

    return await or_problem(request, name_of(question).path, answering())


async def events_named(
    request: Request, uscc: str, ids: Iterable[str], known_at: str | None = None
) -> dict[str, EntryRow]:
    """The entries of these events in the agency's trail, by id; those that the visitor may not see are not there."""
    found: dict[str, EntryRow] = {}
    wanted = list(dict.fromkeys(ids))
    for place in range(0, len(wanted), MOST_IDS):
        some = wanted[place : place + MOST_IDS]
        answer = await ask(request, events_of, uscc=uscc, ids=",".join(some), limit=len(some), known_at=known_at)
        found |= {one["id"]: one for one in answer["items"]}
    return found


def ids_in(*texts: str) -> list[str]:
    """The ids that stand in texts."""
    return [id_ for text in texts for id_ in _EVENT.findall(text)]


def parted(text: str) -> list[Part]:
    """A text cut at the ids that stand in it."""
    parts: list[Part] = []
    place = 0
    for found in _EVENT.finditer(text):
        parts += [(text[place : found.start()], None), (found[0], found[0])]
        place = found.end()
    return [one for one in [*parts, (text[place:], None)] if one[0]]


async def waived_of(request: Request, uscc: str, year: int, result: str) -> tuple[WaiverReason, ...]:
    """The waived parts of a published result with their reasons, wherever it is shown (R44)."""
    return await run_in_threadpool(waived_for, request.app.state.service, uscc, year, result)


async def passed_on(request: Request, question: Callable[..., FileAnswer], **given: Any) -> Response:
    """The file that answers a question, for a browser: it has a session, and no token to ask the API itself.

    Raises: whatever the route refuses with.
    """
    (found,) = await _answered(request, [(question, given)])
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"', "Cache-Control": "no-store"}
    return Response(found.body, 200, headers, found.media_type)


async def _answered(request: Request, asked: Sequence[tuple[Callable[..., Any], Given]]) -> list[Any]:
    caller = request.state.visitor.caller
    return await _read(request, [_prepared(question, given, caller) for question, given in asked])


async def _read(request: Request, prepared: list[_Prepared]) -> list[Any]:
    service, caller = request.app.state.service, request.state.visitor.caller
    is_heavy = any(one.name in HEAVY for one in prepared)
    place = request.app.state.heavy.place(asker_of(caller, address_of(request.scope)))
    async with place if is_heavy else nullcontext():
        found = await run_in_threadpool(_answers, service, caller, prepared)
    for one in prepared:
        about = (one.inquiry and one.inquiry.about) or one.path.get("uscc")
        if about is not None:
            query = urlencode(one.query).encode()
            noted = NotedReading(time.time(), caller, normal_uscc(about), " ".join(one.name), query, one.path)
            if service.readings.note(noted):
                await run_in_threadpool(service.readings.flush)
    return found


def _prepared(question: Callable[..., Any], given: Given, caller: Caller) -> _Prepared:
    """Raises: Forbidden, NotFound for an agency that is not the caller's."""
    name = name_of(question)
    given = {key.rstrip("_"): value for key, value in given.items() if value not in (None, "")}
    path = {key: str(given.pop(key, "")) for key in _IN_PATH.findall(name.path)}
    if "uscc" in path:
        path["uscc"] = loose_uscc(path["uscc"])
    reach = require_right(name.rights, caller, path.get("uscc"))
    return _Prepared(question, name, reach, path, given, given.pop("body", None))


def _answers(service: Any, caller: Caller, prepared: list[_Prepared]) -> list[Any]:
    """The answers in one snapshot, one after the other, as the caller may read them."""
    if caller.role not in (Role.AGENCY, Role.CLIENT) and any(one.name.path in READS_HINTS for one in prepared):
        hints_brought_up(service)  # else the snapshot that an earlier question opens is older than they are
    try:
        return _of_one_snapshot(Snapshot(service, caller), prepared)
    except NotByReplica:  # here and not at the page: a list that is printed has begun to go out
        only_primary()
        return _answers(service, caller, prepared)
    except Refusal as refusal:
        raise (veiled_refusal(service.ledger, caller, refusal) if caller.role is Role.AGENCY else refusal) from None


def _of_one_snapshot(snapshot: Snapshot, prepared: list[_Prepared]) -> list[Any]:
    with snapshot.kept():
        return [_answer(snapshot, one) for one in prepared]


def _answer(snapshot: Snapshot, one: _Prepared) -> Any:
    path, query, body = one.path, {name: str(value) for name, value in one.query.items()}, one.body
    if snapshot.caller.role is Role.AGENCY and may_name(msgspec.json.encode([path, query, body]).decode()):
        with snapshot.open():
            if snapshot.veil is not None:
                path, query, body = snapshot.veil.meant([path, query, body])
    values, errors = request_params_to_args(QUERY_PARAMETERS[one.name], QueryParams(list(query.items())))
    parameters: dict[str, object] = {**path, **values}
    if body is not None:
        model = get_type_hints(one.question)["body"]
        wrong = body_errors(model, body)
        errors += wrong
        if not wrong:
            parameters["body"] = model.model_validate(body)
    if errors:
        raise RequestValidationError(errors, body=body)
    one.inquiry = Inquiry(snapshot, one.reach, wants_total=one.wants_total)
    found = one.question(one.inquiry, **parameters)
    return one.inquiry.told(found) if isinstance(found, Answer) else found
