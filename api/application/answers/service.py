"""How the service itself does, and how it answers what it cannot do (RFC 9457)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from projections.answers.scalars import En, Zh, member


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The process lives / 进程在运行."""

    status: Literal["ok"] = "ok"
    version: Annotated[str, member("程序版本", "version of the code", examples=["0.1.0+abd23607767d"])]


class StandsStill(msgspec.Struct, frozen=True, kw_only=True):
    """Something that stands still / 停下来的一项."""

    name: Annotated[str, member("名称", "its name")]
    detail: Zh
    detail_en: En


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Facts are recorded; what stands still can wait / 可以记录."""

    status: Literal["ready"] = "ready"
    degraded: Annotated[
        tuple[StandsStill, ...] | UnsetType, member("停下来但可以等的", "what stands still and can wait")
    ] = UNSET


class ProblemKind(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of problem means / 一种错误的说明."""

    type: Annotated[str, member("种类", "its kind", examples=["/problems/contradiction"])]
    status: Annotated[int, member("HTTP 状态", "HTTP status", examples=[409])]
    title: Zh
    title_en: En
    description: Zh
    description_en: En


class ProblemPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, and where / 一处错误."""

    pointer: Annotated[
        str, member("RFC 6901；查询参数写作 ?name", "RFC 6901; ?name for a query parameter", examples=["/occurred_on"])
    ]
    detail: Zh
    detail_en: En


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong and what to do about it (RFC 9457); members that say nothing are left out / 错误."""

    type: Annotated[
        str,
        member("种类，见该路径", "its kind: the path explains it", examples=["/problems/invalid"],
               extra_json_schema={"format": "uri-reference"}),
    ]  # fmt: skip
    title: Zh
    status: Annotated[int, member("HTTP 状态", "HTTP status", examples=[422])]
    detail: Zh
    title_en: En
    detail_en: En
    errors: tuple[ProblemPlace, ...] | UnsetType = UNSET
    article: Annotated[str | UnsetType, member("办法的条款", "article of the Measures", examples=["art.17"])] = UNSET
    rule: Annotated[str | UnsetType, member("对办法的理解", "reading of the Measures", examples=["R15"])] = UNSET
    remedy: Annotated[str | UnsetType, member("怎么办", "what to do, in Chinese")] = UNSET
    remedy_en: Annotated[str | UnsetType, member("怎么办（英文）", "what to do")] = UNSET
    reference: Annotated[str | UnsetType, member("日志编号（500）", "number in the log (500)")] = UNSET
    degraded: Annotated[tuple[StandsStill, ...] | UnsetType, member("停下来的（503）", "what stands still (503)")] = (
        UNSET
    )
