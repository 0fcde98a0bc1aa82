"""What is answered about a workbook that was brought: how far it is, what is wrong in which cell, what was recorded."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from projections.answers.scalars import member


class WrongCell(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong in one place of a workbook / 一处有误."""

    row: Annotated[int, member("表格中的行号", "row of the sheet, from 1", ge=1)]
    column: Annotated[str, member("列名（模板的表头）；整行有误时为空", "heading of the column; empty: the whole row")]
    field: Annotated[str, member("对应的字段；整行为 row", "the field that the column fills; row: the whole row")]
    detail: Annotated[str, member("原因和改法", "what is wrong and what to do")]
    detail_en: Annotated[str, member("英文", "the same in English")]


class EqualRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that stands and says the same / 已有的同样记录."""

    event: Annotated[str, member("记录编号", "id of the event")]
    recorded_at: Annotated[str, member("登记时间", "when it was recorded")]


class EqualSheetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that says what stands already, or what an earlier row says (R46) / 与已有记录或前面的行内容相同的行."""

    row: Annotated[int, member("表格中的行号", "row of the sheet, from 1", ge=1)]
    earlier: Annotated[int | None, member("文件中内容相同的最前一行", "the first row of the file that says so")]
    events: Annotated[tuple[EqualRecord, ...], member("已有的同样记录", "facts that stand and say so")]


class RunProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a workbook was not finished / 没有办完的原因."""

    detail: Annotated[str, member("原因", "why")]
    detail_en: Annotated[str, member("英文", "the same in English")]
    remedy: Annotated[str, member("办法", "what to do")]
    remedy_en: Annotated[str, member("英文", "the same in English")]


class WorkbookRun(msgspec.Struct, frozen=True, kw_only=True):
    """A workbook that was brought: nothing of it is recorded before it is confirmed / 已上传的工作簿."""

    id: Annotated[str, member("编号", "its id")]
    kind: Annotated[str, member("种类", "what it holds", examples=["attendance"])]
    file: Annotated[str, member("文件名", "name of the file")]
    uploaded_at: Annotated[str, member("上传时间；满一天后清除", "when it was sent; it goes after a day")]
    state: Annotated[
        Literal["checking", "checked", "recording", "recorded", "failed"],
        member("进度：检查中、已检查、登记中、已登记、没有办完", "how far it is"),
    ]
    part: Annotated[Literal["all", "good"] | None, member("确认登记的部分", "what was confirmed to be recorded")]
    rows_checked: Annotated[int, member("检查中已查的行数", "rows checked so far, while it is checked", ge=0)]
    rows: Annotated[int | None, member("行数", "its rows, once it is checked")]
    good: Annotated[int | None, member("正确、待登记的行数", "rows that are right and not recorded yet")]
    wrong: Annotated[int | None, member("有误的行数", "rows in which something is wrong")]
    recorded_before: Annotated[int | None, member("此前已登记的行数", "rows that were recorded before")]
    nothing_to_record: Annotated[int | None, member("无须登记的行数", "rows with nothing to record")]
    facts: Annotated[int, member("将登记的件数", "facts that its good rows make", ge=0)]
    recorded: Annotated[int, member("已登记的件数", "facts recorded so far", ge=0)]
    unread_columns: Annotated[tuple[str, ...], member("没有读的列", "headings that nobody reads")]
    errors: Annotated[tuple[WrongCell, ...], member("有误之处，按行", "what is wrong, by row, so many as asked for")]
    errors_left: Annotated[int, member("其后还有几处", "how many more there are after these", ge=0)]
    similar: Annotated[tuple[EqualSheetRow, ...], member("内容相同的行（R46）", "rows with equal facts (R46)")]
    similar_left: Annotated[int, member("其后还有几行", "how many more there are after these", ge=0)]
    stopped: Annotated[WrongCell | None, member("登记时被拒绝的行，其后未登记", "the row at which recording stopped")]
    problem: Annotated[RunProblem | None, member("没有办完的原因", "why it was not finished")]
