"""The small types that answers are made of, and how an answer becomes plain data."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")


def member(zh: str, en: str, **more: Any) -> Meta:
    """What a member of an answer means, in both languages; `more` as msgspec's `Meta` takes it."""
    return Meta(description=f"{zh} / {en}", **more)


def _form(name: str) -> dict[str, object]:
    return {"extra_json_schema": {"format": name}}


Moment = Annotated[
    str,
    member(
        "UTC 时刻，定长文本", "a UTC instant as fixed-width text", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$",
        examples=["2024-12-30T02:41:07.183902Z"], **_form("date-time"),
    ),
]  # fmt: skip
Day = Annotated[date, member("上海时区的日历日", "a calendar day in Asia/Shanghai", examples=["2024-12-31"])]
EventId = Annotated[str, member("记录编号", "id of an event", examples=["019331d2-6c3a-7b1e-9f00-4d2a8c5e7f10"])]
PointsText = Annotated[
    str, member("分，两位小数的文本", "points, as text with two decimals", pattern=r"^-?\d+\.\d\d$", examples=["84.50"])
]
"""Points as they are shown: rounded half up (R26)."""
ExactText = Annotated[
    str, member("分，精确值", "points, exact: whole or a fraction", pattern=r"^-?\d+(/\d+)?$", examples=["169/2"])
]
Uscc = Annotated[
    str,
    member("统一社会信用代码", "unified social credit code", examples=["91441300MA4X2Y7K18"],
           pattern=r"^[0-9ANY][0-9]{7}[0-9A-HJ-NP-RTUWXY]{10}$"),
]  # fmt: skip
Year = Annotated[int, member("考评年度", "assessment year", examples=[2024])]
Version = Annotated[int, member("该机构最后一条记录的序号", "number of the agency's last event", ge=0)]
Article = Annotated[str, member("办法的条款", "article of the Measures", examples=["art.17", "art.16(12)"])]
Zh = Annotated[str, member("中文", "Chinese")]
En = Annotated[str, member("英文", "English")]


class SheetCategoryName(StrEnum):
    """Category of annex 1 (附件1 的四个部分)."""

    CONDUCT = "conduct"
    QUALITY = "quality"
    EFFECT = "effect"
    HONOURS = "honours"


class JudgedPart(StrEnum):
    """A part of the sheet that others have to judge before anything is deducted in it (R25)."""

    QUALITY = "quality"
    EFFECT = "effect"


class BilingualText(msgspec.Struct, frozen=True):
    """A text for people in both languages / 中英文文本."""

    text: Zh
    text_en: En


def plain(answer: Any) -> Any:
    """An answer as dicts, lists and texts, as its JSON has them: for those who walk or store it. Not for hot paths."""
    return msgspec.json.decode(msgspec.json.encode(answer))


def read_as(kind: type[T], value: Any) -> T:
    """Plain data as the struct that it was made from. Raises: `msgspec.ValidationError` for another form."""
    return msgspec.convert(value, kind)
