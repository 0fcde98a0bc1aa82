"""What HTTP adds to a use case that records: key and version from the headers, 201 with the answer (api.md)."""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.application import idempotency
from api.application.action_context import ANY_VERSION, ActionContext
from api.application.batches.batch_lines import BatchIn
from api.application.idempotency import CREATED, Answered
from api.application.privacy.authorisation import BATCHES, Caller
from api.application.problem_types import Malformed
from api.application.record import action_context
from domain.errors import Invalid

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


def action_of_batch(request: Request, batch: BatchIn) -> ActionContext:
    """Who sends a batch, under the key of its header or of its body. Raises: Malformed, Invalid."""
    headers, caller = request.headers, request.state.caller
    key, given = headers.get(idempotency.HEADER), batch.key
    if key is not None and given not in (None, key):
        raise _unclear(
            "请求头 Idempotency-Key 与请求体的 key 不同",
            "the header Idempotency-Key and the key of the body differ",
            "请只写其中一个",
            "Give one of them.",
            "/key",
        )
    if "if-match" in headers:
        raise _unclear(
            "批次涉及多家机构，不能用 If-Match",
            "a batch is about several agencies: If-Match does not say which",
            "请把预览给出的 versions 写在请求体里",
            "Send the versions that a preview gave in the body.",
        )
    body = {name: value for name, value in request.state.body.items() if name != "key"}
    return action_context(request.app.state.service, caller, BATCHES, body, key if given is None else given, None)


def _unclear(text: str, text_en: str, remedy: str, remedy_en: str, pointer: str | None = None) -> Invalid:
    return Invalid(text, text_en, cites=("api.md",), remedy=remedy, remedy_en=remedy_en, pointer=pointer)


def created(answered: Answered) -> Response:
    """201 with the answer; a header says that it was given before."""
    more = {REPLAYED: "true"} if answered.replayed else {}
    headers = {"Cache-Control": "no-store", **more}
    return Response(msgspec.json.encode(answered.content), CREATED, headers, "application/json")
