"""Field types of command bodies: strict where a wrong reading could cost somebody a point."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Self, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from domain import events
from domain.folding import seen
from domain.values import normal_uscc


def wrong(kind: str, text: str, text_en: str) -> PydanticCustomError:
    """A validation error that carries both languages; `api/http/problems.py` shows them."""
    return PydanticCustomError(kind, "{text_en}", {"text": text, "text_en": text_en})


EARLIEST_DAY, LATEST_DAY = date(1990, 1, 1), date(2200, 12, 31)
"""What a date lies between, both included."""


def read_day(value: Any) -> date:
    """A day as people and programs write it. Raises: PydanticCustomError (a ValueError)."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        said = "日期须写作 YYYY-MM-DD 的文本，如 2024-05-05", "a date is text of the form YYYY-MM-DD, like 2024-05-05"
        raise wrong("day", *said)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise wrong("day", "没有这一天", "there is no such day") from None
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        said = f"日期须在 {EARLIEST_DAY} 至 {LATEST_DAY} 之间", f"a date lies between {EARLIEST_DAY} and {LATEST_DAY}"
        raise wrong("day", *said)
    return day


def read_uscc(value: Any) -> str:
    """A USCC as people and programs write it. Raises: PydanticCustomError (a ValueError)."""
    if not isinstance(value, str):
        raise wrong("uscc", "统一社会信用代码是 18 位文本", "a USCC is text of 18 characters")
    try:
        return normal_uscc(value)
    except ValueError as error:
        raise wrong(
            "uscc",
            "统一社会信用代码的长度、字符或校验位不对（GB 32100-2015）：请与营业执照核对",
            f"not a valid USCC (GB 32100-2015): {error} Compare it with the business licence.",
        ) from None


_SPACING = frozenset("\n\t")


def _clean(value: str) -> str:
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in _SPACING:
            raise wrong("text", "文本里有控制字符：请删去", "the text has a control character: remove it")
    return value


def _seen(value: Any) -> Any:
    """Pasted text brings along what nobody sees (zero width, marks of direction): two equal labels would differ."""
    return seen(value) if isinstance(value, str) else value


def _points(value: Any) -> str:
    """A number that counts, as canonical text; a binary float is not what was written, so it is refused (R26)."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise wrong(
            "number",
            '须为整数，或最多两位小数的文本（如 "82.5"），不收二进制浮点数',
            'an integer, or text with at most two decimals (like "82.5"); binary floats are refused',
        )
    text = str(value)
    if not re.fullmatch(r"\d{1,9}(\.\d{1,2})?", text, re.ASCII):
        raise wrong("number", "须为非负数，最多两位小数", "a number that is not negative, with at most two decimals")
    number = Decimal(text)
    return str(number.to_integral_value()) if number == number.to_integral_value() else str(number.normalize())


def _hundred(value: str) -> str:
    if Decimal(value) > 100:
        raise wrong("number", "百分制分值须在 0 到 100 之间（annex1.item11）", "a value from 0 to 100 (annex1.item11)")
    return value


def _whole(value: Any) -> int:
    """An item's number as an integer and nothing that merely equals one: JSON's `1.0` and `true` are not `1`."""
    if type(value) is not int:
        raise wrong("int", "须为整数", "an integer")
    return value


_NUMBER_SCHEMA = WithJsonSchema(
    {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d{1,9}(\.\d{1,2})?$"}]}
)
_DAY_SCHEMA = WithJsonSchema({"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"})

USCC_PATTERN = "^[0-9ANY][0-9]{7}[0-9A-HJ-NP-RTUWXY]{10}$"

Day = Annotated[date, BeforeValidator(read_day), _DAY_SCHEMA]
Uscc = Annotated[
    str,
    BeforeValidator(read_uscc),
    WithJsonSchema({"type": "string", "pattern": USCC_PATTERN, "description": "统一社会信用代码"}),
]
Label = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_clean),
    BeforeValidator(_seen),
]
Prose = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(_clean)
]
Id = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64), AfterValidator(_clean)]
Years = Annotated[str, BeforeValidator(_points), _NUMBER_SCHEMA]
Percent = Annotated[
    str,
    BeforeValidator(_points),
    AfterValidator(_hundred),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 100},
                {"type": "string", "pattern": r"^(100(\.00?)?|\d{1,2}(\.\d{1,2})?)$"},
            ]
        }
    ),
]
LapseItem = Annotated[events.LapseItem, BeforeValidator(_whole)]
SubmissionItem = Annotated[events.SubmissionItem, BeforeValidator(_whole)]
AssessmentYear = Annotated[StrictInt, Field(ge=2000, le=2199)]
Flag = StrictBool


EMPTY_IS_NONE = "空文本等于不填 / an empty text is none"


class Body(BaseModel):
    """What every body and every piece of one has in common: nothing unknown, and an empty optional text is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    VERBATIM: ClassVar[frozenset[str]] = frozenset()
    """Texts in which also spaces say something."""

    @model_validator(mode="before")
    @classmethod
    def _empty_is_none(cls, given: Any) -> Any:
        """What a client sends for a text area that was left empty (api.md, Conventions)."""
        if not isinstance(given, dict):
            return given
        empty = [name for name in _optional_texts(cls) if isinstance(given.get(name), str) and not given[name].strip()]
        return {**given, **dict.fromkeys(empty)} if empty else given

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """As the model has it, and true of optional texts: an empty one is taken, as none."""
        schema = handler(core)
        members = handler.resolve_ref_schema(schema).get("properties", {})
        for member in (members[name] for name in _optional_texts(cls) if name in members):
            for branch in member.get("anyOf", ()):
                branch.pop("minLength", None)
            member.setdefault("description", EMPTY_IS_NONE)
        return schema


@cache
def _optional_texts(body: type[Body]) -> tuple[str, ...]:
    """The fields that may be null and are written as text otherwise: words, ids, codes, dates."""
    fields = ((name, field.annotation) for name, field in body.model_fields.items() if name not in body.VERBATIM)
    return tuple(name for name, annotation in fields if _may_be_none_or_text(annotation))


def _may_be_none_or_text(annotation: Any) -> bool:
    branches = [_bare(one) for one in get_args(annotation)]
    return type(None) in branches and not {str, date}.isdisjoint(branches)


def _bare(annotation: Any) -> Any:
    return _bare(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


class Part(Body):
    """A nested piece of a body: unknown fields are refused, so that a misspelt one is not lost."""


class EvidenceIn(Part):
    """Where the paper lies, or a file that was uploaded before. Put no personal data into the title.

    A file is named by its SHA-256; with `sha256` alone it is the caller's uploaded file, if there is one of that hash.
    """

    title: Label
    uri: Annotated[str, StringConstraints(strict=True, max_length=2000), AfterValidator(_clean)] | None = None
    sha256: Annotated[str, StringConstraints(strict=True, pattern="^[0-9a-f]{64}$")] | None = None
    size: Annotated[StrictInt, Field(ge=1, le=50 * 1024 * 1024)] | None = None
    media_type: Annotated[str, StringConstraints(strict=True, pattern="^[a-z]+/[a-z0-9.+-]{1,100}$")] | None = None

    @property
    def says_file(self) -> bool:
        """Whether it says that it is an uploaded file."""
        return self.size is not None or self.media_type is not None

    @model_validator(mode="after")
    def _file_or_place(self) -> Self:
        if self.says_file and self.sha256 is None:
            raise wrong("evidence", "上传的文件须写明 sha256", "an uploaded file is named by its sha256: give it")
        if self.says_file and self.uri is not None:
            said = (
                "上传的文件没有 uri：uri 只用于存放在别处的材料",
                "an uploaded file has no uri: that is for what lies elsewhere",
            )
            raise wrong("evidence", *said)
        return self


class ClientIn(Part):
    """A served enterprise (生产经营单位)."""

    uscc: Uscc
    name: Label


class QualificationIn(Part):
    """A qualification of the agency (art.7)."""

    name: Label
    no: Label | None = None
    scope: Annotated[list[Label], Field(max_length=100)] | Label | None = None
    valid_until: Day | None = None


class PersonIn(Part):
    """A member of staff."""

    name: Label
    qualification: Label | None = None
    certificate_no: Label | None = None


class StaffIn(PersonIn):
    """A member of staff on file, with the last day on which the certificate is valid (art.7)."""

    valid_until: Day | None = None


class MemberIn(PersonIn):
    """A member of a project's team; `years` of relevant work (art.15(1))."""

    years: Years


class CommandIn(Part):
    """A command inside a command; a later one may write `"$name"` where an id is needed (api.md)."""

    post: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]
    body: dict[str, object]
    ref: Annotated[str, StringConstraints(strict=True, pattern=r"^[^\s/$\x00-\x1f\x7f]{1,64}$")] | None = None


Commands = Annotated[tuple[CommandIn, ...], Field(max_length=50)]
"""What replaces what is annulled, or what a what-if adds, in order."""
