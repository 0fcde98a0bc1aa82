"""Strict reading of what came from outside: JSON, instants, placeholders.

One JSON object taken strictly, from a request's body or a line of a file: what is read here is kept for ever.

Refused, where Python's parser would let it pass: doubled keys (which one was meant?), NaN and Infinity, other encodings
than UTF-8, lone surrogates, numbers beyond any sense, and nesting or numbers of members that serve only to hurt: a
name that no field has costs an error of its own when the body is validated, so they are counted before. A byte order
mark is passed over (RFC 8259, 8.1).

`known_at` as people and programs write it, for HTTP and the command line alike.

`"$name"` in paths and bodies stands for the id of an earlier command; `"$$"` begins text with a dollar (api.md).
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn

from api.application.problem_types import Malformed
from domain.commands.fields import wrong
from domain.values import instant

_SURROGATE = re.compile("[\ud800-\udfff]")
"""In text that was read from UTF-8 or from JSON's escapes, each of these stands alone."""
MOST_LEVELS = 32
MOST_DIGITS = 30
MOST_NAMES = 200
"""Of one object: ten times what the largest command has."""
MOST_MEMBERS = 20_000
"""Names and items of a whole body, unless its route says otherwise (`rates.py`)."""


def parse_object(raw: bytes, most_members: int = MOST_MEMBERS) -> dict[str, object]:
    """One JSON object from its bytes. Raises: Malformed, which never repeats what was sent."""
    if not raw.removeprefix(BOM_UTF8).strip():
        raise _malformed("请求体是空的", "the body is empty")
    try:
        parsed = json.loads(
            raw.removeprefix(BOM_UTF8).decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except UnicodeDecodeError as error:
        raise _malformed(f"第 {error.start + 1} 个字节不是 UTF-8", f"byte {error.start + 1} is not UTF-8") from None
    except json.JSONDecodeError as error:
        place, place_en = (
            f"第 {error.lineno} 行第 {error.colno} 个字符",
            f"line {error.lineno}, character {error.colno}",
        )
        raise _malformed(f"{place}：不是合格的 JSON", f"{place_en}: not proper JSON") from None
    except RecursionError:
        raise _too_deep() from None
    if not isinstance(parsed, dict):
        raise _malformed("请求体须为一个 JSON 对象", "the body has to be one JSON object")
    _check(parsed, most_members)
    return parsed


def _malformed(text: str, text_en: str) -> Malformed:
    return Malformed(
        text, text_en, remedy="请按接口文档改正请求体", remedy_en="Correct the body as the API documentation says."
    )


def _too_deep() -> Malformed:
    return _malformed(f"嵌套超过 {MOST_LEVELS} 层", f"nested more than {MOST_LEVELS} levels deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, object]:
    if len(pairs) > MOST_NAMES:
        raise _malformed(f"一个对象里超过 {MOST_NAMES} 个键", f"an object has more than {MOST_NAMES} keys")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _malformed("同一个对象里有重复的键", "an object has the same key twice")
    return found


def _constant(_: str) -> NoReturn:
    raise _malformed("JSON 里没有 NaN 和 Infinity", "JSON knows no NaN and no Infinity")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise _malformed(f"数字超过 {MOST_DIGITS} 位", f"a number has more than {MOST_DIGITS} digits")
    return int(digits)


def _float(digits: str) -> float:
    """Kept a float, so that the fields refuse it by name: no number that counts may be binary (R26)."""
    if len(digits) > MOST_DIGITS:
        raise _malformed(f"数字超过 {MOST_DIGITS} 位", f"a number has more than {MOST_DIGITS} digits")
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _malformed("数字超出范围", "a number is out of range")
    return value


def _check(parsed: dict[str, object], most_members: int) -> None:
    """Depth, how many members there are in all, and text that could not be written down as UTF-8."""
    waiting: list[tuple[Any, int]] = [(parsed, 1)]
    members = 0
    while waiting:
        value, level = waiting.pop()
        if isinstance(value, (dict, list)):
            if level > MOST_LEVELS:
                raise _too_deep()
            members += len(value)
            if members > most_members:
                raise _malformed(
                    f"请求体里超过 {most_members} 个成员（键和列表项）",
                    f"the body has more than {most_members} members (keys and list items)",
                )
            inside = [*value.keys(), *value.values()] if isinstance(value, dict) else value
            waiting += [(one, level + 1) for one in inside]
        elif isinstance(value, str) and _SURROGATE.search(value):
            raise _malformed("文本里有不成对的代理字符", "a text has a lone surrogate")


_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)  # RFC 3339, 5.6
_SPACED = re.compile(r"\S+ \d{2}:\d{2}", re.ASCII)
_POSITION = re.compile(r"(version|log):(\d{1,18})", re.ASCII)
MICROSECONDS = 6


def known_at(value: Any) -> str:
    """An instant in UTC to the microsecond, or `version:N` or `log:N` as given (api.md, Reading)."""
    text = str(value)
    if _POSITION.fullmatch(text):
        return text
    if _SPACED.fullmatch(text):
        raise wrong(
            "known_at",
            "时刻里有空格：查询串中的 + 会被读作空格，请写作 %2B",
            "there is a space in the instant: a + in a query string is read as a space, write it as %2B",
        )
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise wrong(
            "known_at",
            "须为 RFC 3339 时刻（如 2024-07-01T08:00:00Z 或 2024-07-01T16:00:00+08:00）、version:N 或 log:N",
            "has to be an RFC 3339 instant (2024-07-01T08:00:00Z or 2024-07-01T16:00:00+08:00), version:N or log:N",
        )
    day, clock, fraction, zone = found.groups()
    if len(fraction or "") > MICROSECONDS:
        raise wrong("known_at", "时刻至多精确到微秒（六位小数）", "an instant has at most six decimals (microseconds)")
    try:
        aware = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0'):0<6}{zone.upper().replace('Z', '+00:00')}")
        return instant(aware.astimezone(UTC))
    except (ValueError, OverflowError):
        raise wrong("known_at", "没有这个时刻", "there is no such instant") from None


Find = Callable[[str, str], str]
"""Gives the id that a name stands for; told the pointer at which it stands, for the refusal that it raises."""


def resolved(post: str, body: dict[str, object], find: Find) -> tuple[str, dict[str, object]]:
    """Path and body with ids in place of names. Raises: what `find` raises."""
    parts = post.split("/")
    path = "/".join(_text(part, "/post", find) if part.startswith("$") else part for part in parts)
    return path, {key: _value(value, f"/body/{escaped(key)}", find) for key, value in body.items()}


def _value(value: Any, pointer: str, find: Find) -> Any:
    if isinstance(value, str):
        return _text(value, pointer, find)
    if isinstance(value, list):
        return [_value(one, f"{pointer}/{place}", find) for place, one in enumerate(value)]
    if isinstance(value, dict):
        return {key: _value(one, f"{pointer}/{escaped(key)}", find) for key, one in value.items()}
    return value


def _text(text: str, pointer: str, find: Find) -> str:
    if not text.startswith("$"):
        return text
    return text[1:] if text.startswith("$$") else find(text[1:], pointer)


def escaped(key: str) -> str:
    """A key as a part of a pointer (RFC 6901), not over-long."""
    return key[:100].replace("~", "~0").replace("/", "~1")
