"""What HTTP adds to a use case that records: key and version from the headers, 201 with the answer (api.md)."""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.application import idempotency
from api.application.action_context import ANY_VERSION, ActionContext
from api.application.idempotency import CREATED, Answered
from api.application.privacy.authorisation import Caller
from api.application.problem_types import Malformed
from api.application.record import action_context

REPLAYED = "Idempotent-Replayed"
_VERSION = re.compile(r'"(\d{1,9})"', re.ASCII)


def action_of(request: Request, path: str, caller: Caller | None = None) -> ActionContext:
    """Who acts by this request, under its key and on its version.

    `path` counts for retries: the request's with its USCC in the canonical form. `caller`: where no token says it.
    Raises: Malformed, Invalid.
    """
    headers, caller = request.headers, caller or request.state.caller
    expected = expected_version(headers.get("if-match"))
    return action_context(
        request.app.state.service, caller, path, request.state.body, headers.get(idempotency.HEADER), expected
    )


def expected_version(given: str | None) -> int | Literal["*"] | None:
    """The version that `If-Match` names, `*` for any that exists (RFC 9110, 13.1.1). Raises: Malformed."""
    if given is None or given.strip() == ANY_VERSION:
        return None if given is None else ANY_VERSION
    found = _VERSION.fullmatch(given.strip())
    if found is None:
        raise Malformed(
            'If-Match 须写作 "版本号"（含引号）或 *',
            'If-Match has to be "<version>", with its quotes, or *',
            remedy="请填写上一次读取时的 version",
            remedy_en="Give the version that was read last.",
        )
    return int(found[1])


def created(answered: Answered) -> Response:
    """201 with the answer; a header says that it was given before."""
    more = {REPLAYED: "true"} if answered.replayed else {}
    headers = {"Cache-Control": "no-store", **more}
    return Response(msgspec.json.encode(answered.content), CREATED, headers, "application/json")
