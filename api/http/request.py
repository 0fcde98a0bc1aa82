"""What is read off a request before it is answered: token, wished-for kind of answer, body, who reads what.

Where in a request it stands who is asking: a Bearer token (RFC 6750), the cookie of a session.

Which of two kinds of answer a request would rather have: `Accept` (RFC 9110, 12.5.1).

Reading a request's body: declared as JSON, plain, no longer than it may be, and strictly one object.

Behind an answer about one agency: it is noted that it was given (`application/privacy/reading_log.py`).

The veil over survey forms at every request of an agency: handles in, handles out (R39, `privacy/veiled.py`).
"""

from __future__ import annotations

import re
import time

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.application.parsing.strict_json import MOST_MEMBERS, parse_object
from api.application.privacy.authorisation import Caller, no_token
from api.application.privacy.reading_log import NotedReading, ReadingLog
from api.application.privacy.veiled import Veil, may_name, veil_of
from api.application.problem_types import BatchRefused, TooLarge, WrongMediaType
from domain.errors import Refusal
from domain.ledger.ledger import Ledger
from domain.values import normal_uscc

MOST_CHARACTERS = 512
COOKIE = "steward_session"
"""The cookie that carries the session of who is signed in to the pages."""


def secret_of(request: Request) -> str:
    """The token that a request carries. Raises: Unauthenticated."""
    given = request.headers.getlist("authorization")
    if not given:
        raise no_token("需要令牌", "a token is needed")
    scheme, _, secret = given[0].partition(" ")
    secret = secret.strip()
    if len(given) > 1 or scheme.lower() != "bearer" or not 0 < len(secret) <= MOST_CHARACTERS:
        raise no_token(
            "Authorization 头须写作 Bearer 加一个令牌", "the Authorization header has to be Bearer and one token"
        )
    return secret


_QUALITY = re.compile(r"[01](\.\d{0,3})?", re.ASCII)


def prefers(request: Request, wanted: str, usual: str) -> bool:
    """Whether `wanted` is accepted more gladly than `usual`, or as gladly but by name where `usual` is not named.

    What cannot be read counts as not said: nothing is refused for its `Accept`.
    """
    ranges = [_parsed(one) for line in request.headers.getlist("accept") for one in line.split(",")]
    for_wanted = _welcome(ranges, wanted)
    return for_wanted[0] > 0 and for_wanted > _welcome(ranges, usual)


def _parsed(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    return kind, float(quality) if _QUALITY.fullmatch(quality) else 0.0


def _welcome(ranges: list[tuple[str, float]], kind: str) -> tuple[float, int]:
    """The quality of the range that says most about a kind, and how much it says; nothing when none does."""
    for says, pattern in enumerate(("*/*", f"{kind.partition('/')[0]}/*", kind)[::-1]):
        for named, quality in ranges:
            if named == pattern:
                return quality, -says
    return 0.0, 0


PARSED_AT_ONCE_BYTES = 16 * 1024
"""What is longer is parsed in a thread, so that others are answered meanwhile."""


async def read_json_object(request: Request, limit_bytes: int, most_members: int = MOST_MEMBERS) -> dict[str, object]:
    """The request's body as an object. Raises: WrongMediaType, TooLarge (counted while it arrives), Malformed."""
    _require_plain(request.headers.getlist("content-encoding"))
    _require_json(request.headers.getlist("content-type"))
    raw = await _read(request, limit_bytes)
    if len(raw) <= PARSED_AT_ONCE_BYTES:
        return parse_object(raw, most_members)
    return await run_in_threadpool(parse_object, raw, most_members)


def _require_plain(encodings: list[str]) -> None:
    """A compressed body is named as such (RFC 9110, 8.4): taken for JSON it would only look broken."""
    used = [one.strip().lower() for line in encodings for one in line.split(",")]
    if any(one not in ("", "identity") for one in used):
        raise WrongMediaType(
            "请求体不能压缩（Content-Encoding）",
            "the body must not be compressed (Content-Encoding)",
            remedy="请去掉 Content-Encoding（如 gzip），按原样发送 JSON",
            remedy_en="Send the JSON as it is, without Content-Encoding (like gzip).",
        )


def _require_json(declared: list[str]) -> None:
    kind, _, parameters = (declared[0] if len(declared) == 1 else "").partition(";")
    kind, parameters = kind.strip().lower(), parameters.replace(" ", "").replace('"', "").lower()
    is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    if not is_json or parameters not in ("", "charset=utf-8"):
        raise WrongMediaType(
            "请求体须声明为 application/json（UTF-8）",
            "the body has to be declared as application/json (UTF-8)",
            remedy="请加上请求头 Content-Type: application/json",
            remedy_en="Send the header Content-Type: application/json.",
        )


async def _read(request: Request, limit_bytes: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit_bytes:
        raise _too_large(limit_bytes)
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit_bytes:
            raise _too_large(limit_bytes)
    return bytes(received)


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(
        f"请求体超过 {limit_bytes} 字节",
        f"the body is over {limit_bytes} bytes",
        remedy="请分成几次提交；大量事实请用 steward import",
        remedy_en="Send it in parts; use steward import for many facts.",
    )


async def note_reading(readings: ReadingLog, request: Request, caller: Caller, uscc: str, route: str) -> None:
    """Note an answered question. Raises: Busy when so many wait that they have to be written now, and cannot be."""
    scope = request.scope
    if readings.note(NotedReading(time.time(), caller, uscc, route, scope["query_string"], scope["path_params"])):
        await run_in_threadpool(readings.flush)


async def note_answer(request: Request, response: Response, route: str) -> None:
    """Note an answer, if it is one and about one agency: the path's, or the one that the question found."""
    caller = getattr(request.state, "caller", None)
    uscc = getattr(request.state, "about", None) or request.path_params.get("uscc")
    if caller is None or uscc is None or response.status_code not in (200, 304):
        return
    await note_reading(request.app.state.service.readings, request, caller, normal_uscc(uscc), route)


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
    for row in refusal.rows if isinstance(refusal, BatchRefused) else ():
        veiled_refusal(ledger, caller, row.refusal)
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
