"""What whoever recorded something is answered: what was recorded, under which ids, and what it touches."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from domain.events import Event
from domain.values import Grade
from projections.answers.comparisons import AnswerDifference
from projections.answers.scalars import Day, En, EventId, Moment, PointsText, Uscc, Version, Year, Zh, member
from projections.answers.standings import Demonstration
from projections.answers.trail_items import EventType


class RecordedFact(msgspec.Struct, frozen=True, kw_only=True):
    """One event that was recorded / 记录下的一条."""

    id: EventId
    type: EventType
    version: Version
    occurred_on: Day
    recorded_at: Moment

    @classmethod
    def of(cls, event: Event) -> RecordedFact:
        """An event in short, as a receipt names it."""
        return cls(
            id=event.id,
            type=type(event).__name__,
            version=event.version,
            occurred_on=event.occurred_on,
            recorded_at=event.recorded_at,
        )


class SimilarFact(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier fact of the same content (R46) / 同样内容的较早记录."""

    event: EventId
    version: Version
    recorded_at: Moment


class ImpactTouched(msgspec.Struct, frozen=True, kw_only=True):
    """A published result that the fact would change: it waits on the worklist of impacts (R36) / 受影响的公布结果."""

    impact: Annotated[str, member("影响的编号", "id of the impact")]
    result: EventId
    year: Year


Ids = Annotated[
    dict[str, EventId],
    member("按种类的编号，以后的命令用它们", "ids by kind, for later commands", examples=[{"complaint": "0193…"}]),
]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded at an agency, the fact itself first, and what it touches / 已记录的内容."""

    agency: Uscc
    version: Version
    recorded_at: Moment
    events: tuple[RecordedFact, ...]
    ids: Ids
    similar: Annotated[tuple[SimilarFact, ...], member("同样内容的较早记录（R46）", "earlier facts alike (R46)")]
    touched: tuple[ImpactTouched, ...] | UnsetType = UNSET
    also_annulled: Annotated[
        tuple[EventId, ...] | UnsetType,
        member("因撤销而一并不再计入的记录", "what stops counting with what was annulled"),
    ] = UNSET


class Recorded(Receipt, frozen=True, kw_only=True):
    """The receipt of a command / 命令的回执."""

    category_new: Annotated[
        bool | UnsetType, member("没有其他机构属于此类型（R47）", "no other agency is of this category (R47)")
    ] = UNSET
    categories_in_use: Annotated[
        tuple[str, ...] | UnsetType, member("现有的类型", "the categories in use, beside a new one")
    ] = UNSET
    demonstration: Demonstration = UNSET
    link: Annotated[
        str | UnsetType,
        member("一次性链接，给程序：调查，或签收", "one-time link for programs: of a survey, or of a notice"),
    ] = UNSET
    page: Annotated[
        str | UnsetType,
        member("一次性链接的页面：调查，或签收", "one-time link as a page: of a survey, or to acknowledge a notice"),
    ] = UNSET


class RevisedRank(msgspec.Struct, frozen=True, kw_only=True):
    """Another agency's rank that moved with a revision (R30, R34) / 随之变动的名次."""

    uscc: Uscc
    category: str | None
    before: int | None
    after: int | None
    result: EventId


class DecidedResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result after a decision: revised, or kept with the reason (R34) / 决定之后的结果."""

    id: EventId
    year: Year
    kept: Annotated[bool | UnsetType, member("维持公布的结果", "what was published stands")] = UNSET
    text: Zh | UnsetType = UNSET
    text_en: En | UnsetType = UNSET
    total: PointsText | UnsetType | None = UNSET
    grade: Grade | UnsetType | None = UNSET
    rank: int | UnsetType | None = UNSET
    replaces: EventId | UnsetType | None = UNSET
    difference: tuple[AnswerDifference, ...] | UnsetType = UNSET
    deadline: Day | UnsetType | None = UNSET


class AppealDecision(Receipt, frozen=True, kw_only=True):
    """The receipt of a decision on an appeal: the result after it, and whose ranks moved (R34) / 异议的决定."""

    appeal: EventId
    result: Annotated[DecidedResult | None, member("没有改动任何记录为空", "null where no record was changed")]
    ranks: tuple[RevisedRank, ...]
    demonstration: Demonstration = UNSET


class ImpactDecision(Receipt, frozen=True, kw_only=True):
    """The receipt of disposing of an impact: the revised result, where the year was reopened (R36) / 影响的处理."""

    result: DecidedResult | UnsetType = UNSET
    ranks: tuple[RevisedRank, ...] | UnsetType = UNSET
    demonstration: Demonstration = UNSET


class RoundRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt of an act on a whole year / 年度考评的一项决定."""

    assessment: Year
    version: Annotated[int, member("该年度考评最后一条记录的序号", "number of the last event of the year")]
    recorded_at: Moment
    count: Annotated[int, member("公布或办结的结果数", "how many results are published or closed")]
    events_url: Annotated[str, member("该年度的各项决定", "where the decisions on the year are")]
    demonstration: Demonstration = UNSET


class SubjectErasure(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt of erasing somebody's personal data / 个人信息的删除."""

    subject: Annotated[str, member("个人信息主体的编号", "id of the person's data")]
    version: Version
    recorded_at: Moment
    events: tuple[RecordedFact, ...]
    ids: Ids
    demonstration: Demonstration = UNSET


class ReadingsDecided(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt of a decision on how the Measures are read (art.28): one event a reading / 对理解的确认或撤回."""

    readings: Annotated[tuple[str, ...], member("理解的编号", "numbers of the readings", examples=[["R16"]])]
    version: Annotated[int, member("账本自身记录的最后序号", "number of the last event of the ledger's own stream")]
    recorded_at: Moment
    events: Annotated[tuple[RecordedFact, ...], member("每项理解一条", "one for each reading, in their order")]
    demonstration: Demonstration = UNSET


RowNumber = Annotated[int, member("第几行，从 1 起", "which row, from 1", examples=[1])]
BatchId = Annotated[str, member("批次编号", "id of the batch", examples=["019331d2-6c3a-7b1e-9f00-4d2a8c5e7f11"])]
Ref = Annotated[str | UnsetType, member("该行自己取的名称", "the name that the row bears")]


class RecordedRow(Recorded, frozen=True, kw_only=True):
    """One row of a recorded batch: the receipt of its command / 批次中一行的回执."""

    row: RowNumber
    ref: Ref = UNSET


class BatchRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt of a batch: all its rows were recorded together / 批次的回执."""

    batch: BatchId
    recorded_at: Annotated[Moment, member("最后一条的记录时刻", "when the last of them was recorded")]
    count: Annotated[int, member("记录的行数", "how many rows were recorded")]
    rows: tuple[RecordedRow, ...]
    demonstration: Demonstration = UNSET


AnyReceipt = (
    Recorded | BatchRecorded | AppealDecision | ImpactDecision | RoundRecorded | SubjectErasure | ReadingsDecided
)
"""What whoever recorded something is answered."""
