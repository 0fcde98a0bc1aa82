"""The veil over survey forms at every request of an agency: handles in, handles out (R39, `privacy/veiled.py`)."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.application.privacy.callers import Caller
from api.application.privacy.veiled import Veil, may_name, veil_of
from domain.errors import Refusal
from domain.ledger.ledger import Ledger

_JSON = "application/json"


def forms_meant(request: Request) -> None:
    """Put the forms in place of the handles by which path, query and body name them."""
    body = getattr(request.state, "body", None)
    query = request.scope["query_string"].decode("latin-1")
    parts = [query, *map(str, request.path_params.values())]
    if not any(map(may_name, parts)) and (body is None or not may_name(msgspec.json.encode(body).decode())):
        return
    veil = _veil(request.app.state.service.ledger, request.state.caller)
    if veil is None or not veil.by_id:
        return
    request.scope["query_string"] = veil.meant(query).encode("latin-1")
    vars(request).pop("_query_params", None)  # what was read of it already
    request.scope["path_params"] = veil.meant(dict(request.path_params))
    if body is not None:
        request.state.body = request._json = veil.meant(body)


def veiled_refusal(ledger: Ledger, caller: Caller, refusal: Refusal) -> Refusal:
    """The refusal, with handles in its texts."""
    texts = (refusal.text, refusal.text_en, refusal.remedy, refusal.remedy_en)
    if (
        any(map(may_name, (*texts, *(text for _, text, _ in refusal.more))))
        and (veil := _veil(ledger, caller)) is not None
    ):
        refusal.text, refusal.text_en, refusal.remedy, refusal.remedy_en = map(veil.text, texts)
        refusal.more = tuple((at, veil.text(text), veil.text(text_en)) for at, text, text_en in refusal.more)
    return refusal


def veiled_response(request: Request, response: Response) -> Response:
    """The answer to what was posted, as its caller may read it."""
    if not (response.headers.get("content-type", "").startswith(_JSON) and may_name(bytes(response.body).decode())):
        return response
    veil = _veil(request.app.state.service.ledger, request.state.caller)
    if veil is None or not veil.by_id:
        return response
    body = msgspec.json.encode(veil.redacted(msgspec.json.decode(response.body)))
    headers = {name: value for name, value in response.headers.items() if name not in ("content-length", "etag")}
    return Response(body, response.status_code, headers)


def _veil(ledger: Ledger, caller: Caller) -> Veil | None:
    with ledger.reading() as reader:
        return veil_of(reader, caller)
