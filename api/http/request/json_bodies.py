"""Reading a request's body: declared as JSON, plain, no longer than it may be, and strictly one object."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.application.parsing.strict_json import MOST_MEMBERS, parse_object
from api.application.problem_types import TooLarge, WrongMediaType

PARSED_AT_ONCE_BYTES = 16 * 1024
"""What is longer is parsed in a thread, so that others are answered meanwhile."""


async def read_json_object(request: Request, limit_bytes: int, most_members: int = MOST_MEMBERS) -> dict[str, Any]:
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
