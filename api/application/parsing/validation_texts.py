"""What is wrong with a field, in both languages, and where: from pydantic's errors to `errors` of a problem body.

What the caller wrote is never repeated: it may be personal data. Only names of fields are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_ERRORS = 100
MOST_NAME_CHARACTERS = 100

_TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("缺少这一项", "this is required"),
    "extra_forbidden": ("没有这一项：请核对拼写", "there is no such field: check the spelling"),
    "literal_error": ("须为以下之一：{expected}", "has to be one of: {expected}"),
    "enum": ("须为以下之一：{expected}", "has to be one of: {expected}"),
    "string_type": ("须为文本", "has to be text"),
    "string_too_short": ("至少 {min_length} 个字符", "at least {min_length} characters"),
    "string_too_long": ("至多 {max_length} 个字符", "at most {max_length} characters"),
    "string_pattern_mismatch": ("写法不符合 {pattern}", "does not match {pattern}"),
    "int_type": ("须为整数（不加引号、不带小数点）", "has to be an integer (no quotes, no decimal point)"),
    "int_parsing": ("须为整数", "has to be an integer"),
    "int_from_float": ("须为整数", "has to be an integer"),
    "int_parsing_size": ("数字过大", "the number is too large"),
    "greater_than_equal": ("不得小于 {ge}", "has to be {ge} or more"),
    "less_than_equal": ("不得大于 {le}", "has to be {le} or less"),
    "bool_type": ("须为 true 或 false", "has to be true or false"),
    "list_type": ("须为列表", "has to be a list"),
    "too_short": ("至少 {min_length} 项", "at least {min_length} items"),
    "too_long": ("至多 {max_length} 项", "at most {max_length} items"),
    "dict_type": ("须为对象", "has to be an object"),
    "model_type": ("须为对象", "has to be an object"),
    "model_attributes_type": ("须为对象", "has to be an object"),
    "none_required": ("须为 null", "has to be null"),
    "unknown_parameter": (
        "没有这个查询参数；可用的：{allowed}",
        "there is no such query parameter; allowed: {allowed}",
    ),
    "doubled_parameter": ("这个查询参数写了不止一次", "this query parameter is given more than once"),
}
_OTHERWISE = ("这一项的内容不对，请对照接口文档", "this is wrong: compare it with the API documentation")


class WrongFields(Exception):
    """A body whose fields are wrong, found by a use case: with pydantic's errors and the parsed body they are about."""

    def __init__(self, errors: Sequence[Mapping[str, Any]], body: Any) -> None:
        super().__init__("fields of a body are wrong")
        self.of_fields, self.body = errors, body

    def errors(self) -> Sequence[Mapping[str, Any]]:
        """Pydantic's errors, with the places of the whole body."""
        return self.of_fields


def field_errors(errors: Sequence[Mapping[str, Any]], body: Any) -> list[dict[str, str]]:
    """The `errors` of a problem body from pydantic's errors; `body` is the parsed body that they are about."""
    return [_field_error(error, body) for error in errors[:MOST_ERRORS]]


def _field_error(error: Mapping[str, Any], body: Any) -> dict[str, str]:
    context = error.get("ctx") or {}
    if "text" in context and "text_en" in context:  # our own errors (domain/commands/fields.py) carry both languages
        text, text_en = str(context["text"]), str(context["text_en"])
    else:
        shown = {name: _and_or(value) for name, value in context.items()}
        pattern, pattern_en = _TEXTS.get(error["type"], _OTHERWISE)
        text, text_en = pattern.format_map(shown), pattern_en.format_map(shown)
    return {"pointer": pointer_of(error, body), "detail": text, "detail_en": text_en}


def _and_or(value: Any) -> str:
    """Pydantic lists choices as `'a', 'b' or 'c'`; the same list serves both languages without its English word."""
    return str(value).replace(" or ", ", ")


def pointer_of(error: Mapping[str, Any], body: Any) -> str:
    """RFC 6901 pointer into the body; `?name` for a query parameter.

    Pydantic puts names of a union's branches into the location: what does not exist in the body is left out.
    """
    source, *parts = error["loc"]
    if source == "query":
        return "?" + _name(parts[0] if parts else "")
    if source != "body":
        return ""
    if not parts and "text" in (error.get("ctx") or {}):
        return f"/{error['type']}"  # a rule over several fields names the field to be mended (domain/commands)
    pointer, here = "", body
    for index, part in enumerate(parts):
        is_missing = error["type"] == "missing" and index == len(parts) - 1
        there = (isinstance(here, dict) and (part in here or is_missing)) or (
            isinstance(here, list) and isinstance(part, int) and part < len(here)
        )
        if there:
            pointer += "/" + _name(part)
            here = None if is_missing else here[part]
    return pointer


def _name(part: Any) -> str:
    return str(part)[:MOST_NAME_CHARACTERS].replace("~", "~0").replace("/", "~1")
