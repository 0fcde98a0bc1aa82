"""The Measures and the rulebooks as they are asked for.

How the service itself does, and how it answers what it cannot do (RFC 9457).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.application.answers.pages import NextCursor
from projections.answers.scalars import Article, Day, En, EventId, Moment, Zh, member
from projections.answers.standings import Demonstration, RulebookUsed

ReadingRef = Annotated[str, member("理解的编号", "number of a reading", examples=["R16"])]


class RulebookHeading(msgspec.Struct, frozen=True, kw_only=True):
    """A rulebook by its name, content's hash and first day / 一部规则库."""

    id: Annotated[str, member("名称", "its name", examples=["dayawan-2021"])]
    sha256: Annotated[str, member("内容的摘要", "SHA-256 of its content")]
    effective_from: Annotated[Day, member("施行日", "the day on which it takes effect")]
    title: Zh
    title_en: En


class RulebookValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the rulebook, with the article and the reading that it follows from / 规则库的一个数值."""

    options: Annotated[tuple[str, ...] | None, member("可选的取法；不是选项为空", "null where it is no choice")]
    article: Article
    in_force: Annotated[Day, member("起效日", "since when")]
    name: Annotated[str, member("名称", "its name", examples=["ladder.window_years"])]
    note: Zh
    note_en: En
    reading: Annotated[str, member("所依据的理解", "the reading it follows from", examples=["R16"])]
    unit: Annotated[str, member("单位", "its unit", examples=["day"])]
    value: Annotated[Any, member("数值、文本、清单或表", "a number, a text, a list or a table")]


class ReadingShown(msgspec.Struct, frozen=True, kw_only=True):
    """How the association reads a place where the Measures are silent (art.28) / 一项理解."""

    ref: ReadingRef
    articles: tuple[Article, ...] | UnsetType = UNSET
    note: Zh | UnsetType = UNSET
    note_en: En | UnsetType = UNSET
    confirmed_by: Annotated[str | UnsetType, member("确认人", "who confirmed it; empty until then")] = UNSET
    confirmed_on: date | UnsetType | None = UNSET
    confirmed: Annotated[bool | UnsetType, member("协会已确认", "confirmed by the association")] = UNSET


class ReadingPaper(msgspec.Struct, frozen=True, kw_only=True):
    """The paper by which a reading was confirmed, such as the minutes of a meeting / 据以确认的文件."""

    title: str
    uri: Annotated[str | None, member("存放处", "where it lies")]
    sha256: Annotated[str | None, member("内容的摘要", "SHA-256 of its content")]


class ReadingDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmation of a reading, or its withdrawal (art.28) / 对一项理解的确认或撤回."""

    id: EventId
    type: Literal["ReadingConfirmed", "ConfirmationWithdrawn"]
    on: Annotated[Day, member("自哪天起", "the day from which it holds")]
    by: Annotated[str, member("协会的哪个机构或职务", "which organ or office of the association")]
    document: ReadingPaper
    reason: Annotated[Zh | None, member("撤回的理由", "why it was withdrawn")]
    recorded_at: Moment
    same_words: Annotated[bool, member("与现在的内容相同", "it was about what the reading says in this rulebook")]


class ReadingStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A reading, what follows from it, and whether the association has confirmed it (art.28) / 一项理解及其确认."""

    ref: ReadingRef
    articles: tuple[Article, ...]
    note: Zh
    note_en: En
    values: tuple[RulebookValue, ...]
    sha256: Annotated[str, member("内容与数值的摘要", "digest of its words and values: name it when it is confirmed")]
    confirmed: Annotated[bool, member("协会已确认", "confirmed by the association on that day")]
    confirmed_by: Annotated[str, member("确认人", "who confirmed it; empty until then")]
    confirmed_on: Day | None
    document: ReadingPaper | None
    history: Annotated[
        tuple[ReadingDecision, ...], member("历次确认与撤回", "every decision, by the day it holds from")
    ]


class ReadingsPage(msgspec.Struct, frozen=True, kw_only=True):
    """The readings of a rulebook on a day, as known at an instant / 某日的各项理解."""

    as_of: Day
    known_at: Moment
    rulebook: RulebookUsed
    open: Annotated[int, member("尚待确认的项数", "how many are not confirmed on that day")]
    total: Annotated[int, member("全部项数", "how many readings there are")]
    demonstration: Demonstration = UNSET
    items: tuple[ReadingStanding, ...]
    next_cursor: NextCursor


class TextDefect(msgspec.Struct, frozen=True, kw_only=True):
    """A known defect of the Measures' text, and the readings that deal with it / 办法文本的已知缺陷."""

    articles: tuple[Article, ...]
    readings: tuple[ReadingRef, ...]
    note: Zh
    note_en: En


class RulebookShown(RulebookHeading, frozen=True, kw_only=True):
    """A rulebook with each value, each reading, and the known defects of the text / 规则库的全部内容."""

    values: tuple[RulebookValue, ...]
    readings: tuple[ReadingShown, ...]
    defects: tuple[TextDefect, ...]


class CodePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where in the code a paragraph is carried out / 实现该条款的代码."""

    module: str
    qualname: str
    source: Annotated[str, member("源文件", "source file", examples=["domain/measures/chapter3_sanctions.py"])]
    line: Annotated[int, member("行号", "line, from 1", ge=1)]
    summary: str


class MeasureShown(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph of the Measures or a reading: what it says, its values, its code / 办法的一条或一项理解."""

    ref: Annotated[str, member("条款或理解", "paragraph or reading", examples=["art.17(2)", "R16"])]
    title: Zh
    title_en: En
    text: Zh | None
    text_en: En | None
    official: Annotated[str | None, member("办法原文", "the official text")]
    readings: tuple[ReadingShown, ...]
    values: tuple[RulebookValue, ...]
    parts: Annotated[tuple[Article, ...], member("所含的款项，或依据它的条款", "its parts, or who rests on it")]
    no_code: Annotated[Zh | None, member("没有代码的理由", "why there is no code")]
    no_code_en: En | None
    rulebook: RulebookUsed
    code: tuple[CodePlace, ...]
    rows: Annotated[tuple[CodePlace, ...], member("所写入和读取的行", "what writes and reads its rows")]
    routes: Annotated[tuple[str, ...], member("接口", "its routes", examples=["GET /v1/public/blacklist"])]
    pages: Annotated[tuple[str, ...], member("页面", "its pages, by path", examples=["/blacklist"])]
    tests: Annotated[tuple[str, ...], member("案例和测试", "the worked cases and tests that show it")]


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The process lives / 进程在运行."""

    status: Literal["ok"] = "ok"
    version: Annotated[str, member("程序版本", "version of the code", examples=["1.0.0+abd23607767d"])]


class StandsStill(msgspec.Struct, frozen=True, kw_only=True):
    """Something that stands still / 停下来的一项."""

    name: Annotated[str, member("名称", "its name")]
    detail: Zh
    detail_en: En


class ReplicaShown(msgspec.Struct, frozen=True, kw_only=True):
    """The read replica, as it was looked at last / 只读副本."""

    in_use: Annotated[bool, member("查询是否由它回答", "whether questions go to it; degraded says why not")]
    behind_seconds: Annotated[int, member("落后的秒数", "for how many seconds it has lacked something", ge=0)]
    behind_events: Annotated[int, member("落后的日志条数", "how many places of the log it lacks", ge=0)]


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Facts are recorded; what stands still can wait / 可以记录."""

    status: Literal["ready"] = "ready"
    replica: Annotated[ReplicaShown | UnsetType, member("设置了只读副本时", "where a read replica is set")] = UNSET
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


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why one row of a batch is refused: as the problem of its single command would say it / 批次中一行的错误."""

    row: Annotated[int, member("第几行，从 1 起", "which row, from 1", examples=[3])]
    post: Annotated[str, member("该行的命令路径", "the command's path as the row writes it")]
    agency: Annotated[str | None, member("涉及的机构", "the agency concerned, where it is known")]
    because_of_row: Annotated[int | None, member("因所引用的行被拒绝", "the refused row that it refers to")] = None
    type: Annotated[str, member("种类", "its kind", examples=["/problems/contradiction"])]
    status: Annotated[int, member("单独提交时的 HTTP 状态", "HTTP status, were it sent alone", examples=[409])]
    title: Zh
    title_en: En
    detail: Zh
    detail_en: En
    errors: Annotated[tuple[ProblemPlace, ...], member("指向整个请求体", "with pointers into the whole body")]
    article: Annotated[str, member("依据的条款，可为空", "the article it rests on, or empty")]
    rule: Annotated[str, member("依据的理解，可为空", "the reading it rests on, or empty")]
    remedy: Zh
    remedy_en: En


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
    rows: Annotated[tuple[RowProblem, ...] | UnsetType, member("批次中被拒绝的行", "refused rows of a batch")] = UNSET
