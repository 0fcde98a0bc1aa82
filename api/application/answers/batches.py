"""What is answered about a batch of commands: what each row would do, what was recorded, and the batch shown again."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from api.application.answers.law import RowProblem
from api.application.answers.receipts import BatchId, RecordedFact, RowNumber, SimilarFact
from projections.answers.comparisons import AnswerDifference, TouchedResult
from projections.answers.districts import DueNotice
from projections.answers.scalars import Day, Moment, Uscc, Version, Year, member
from projections.answers.standings import AgencyName
from projections.answers.trail_items import EventType


class BatchedFact(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a batch shown again / 批次中一行的记录."""

    row: RowNumber
    agency: AgencyName
    event: RecordedFact
    counts: Annotated[bool, member("目前是否计入（未被撤销）", "whether it counts by now")]
    link: Annotated[str | UnsetType, member("调查的一次性链接", "one-time link, for who recorded it")] = UNSET
    page: Annotated[str | UnsetType, member("调查的一次性链接，给人", "the same as a page, for people")] = UNSET


class BatchShown(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded batch with its rows / 已记录的批次."""

    batch: BatchId
    recorded_at: Moment
    recorded_by: Annotated[str | None, member("记录人", "who recorded it")]
    count: int
    rows: tuple[BatchedFact, ...]


class EqualFact(SimilarFact, frozen=True, kw_only=True):
    """A fact that stands already and says the same (R46) / 同样内容的已有记录."""

    type: EventType
    occurred_on: Day


class SheetChange(msgspec.Struct, frozen=True, kw_only=True):
    """What would differ in the sheet of a year / 某年打分表的变动."""

    year: Year
    difference: tuple[AnswerDifference, ...]


class RowEffects(msgspec.Struct, frozen=True, kw_only=True):
    """What recording a row would do, after the rows before it / 一行记录的后果."""

    difference: Annotated[tuple[AnswerDifference, ...], member("今天状态的变动", "of today's standing")]
    sheets: Annotated[tuple[SheetChange, ...], member("各年度打分表的变动", "of the sheets of the years it bears on")]
    notices: Annotated[tuple[DueNotice, ...], member("因此应发的通知", "notices that fall due by it")]
    touched: Annotated[tuple[TouchedResult, ...], member("受影响的公布结果", "published results it would change (R36)")]


class PreviewedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one row of a batch would do, or why it would be refused / 批次中一行的预览."""

    row: RowNumber
    post: str
    agency: AgencyName | None
    event: Annotated[EventType | None, member("将记录的种类", "what it would record; null: refused")] = None
    occurred_on: Day | None = None
    similar: Annotated[tuple[EqualFact, ...], member("同样内容的已有记录（R46）", "equal facts that stand (R46)")] = ()
    effects: Annotated[
        RowEffects | None, member("后果；被拒绝或未及计算的为空", "null: refused, or not worked out in time")
    ] = None
    refused: RowProblem | None = None


class BatchPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch would do, were it recorded now; nothing was written / 批次的预览."""

    as_of: Day
    recordable: Annotated[int, member("可以记录的行数", "how many rows could be recorded")]
    refused: Annotated[int, member("被拒绝的行数：为零才能记录整批", "the batch is recorded only where this is 0")]
    worked_out: Annotated[bool, member("各行的后果是否都已算出", "whether the effects of every row were worked out")]
    versions: Annotated[
        dict[Uscc, Version],
        member("各机构的序号，可随批次送回", "of the agencies, to be sent with the batch so that none has moved"),
    ]
    rows: tuple[PreviewedRow, ...]
