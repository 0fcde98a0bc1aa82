"""A workbook on its way as HTTP answers it: its progress, and what is wrong from a row on."""

from __future__ import annotations

from api.application.answers.workbooks import EqualRecord, EqualSheetRow, RunProblem, WorkbookRun, WrongCell
from api.application.bringing.run_found import BookFound, RunSeen
from api.application.workbooks.row_bodies import RowFault

MOST_ERRORS = 1_000


def run_answer(seen: RunSeen, after_row: int = 0, limit: int = MOST_ERRORS) -> WorkbookRun:
    """How far it is, with so many errors and equal rows below a row of the sheet."""
    titles = {one.field: one.title[0] for one in seen.kind.columns}

    def cell(one: RowFault) -> WrongCell:
        said, said_en = one.said
        return WrongCell(row=one.row, column=titles.get(one.field, ""), field=one.field, detail=said, detail_en=said_en)

    found = seen.found or BookFound()
    faults = [one for one in found.faults if one.row > after_row]
    equal = [one for one in found.equal if one.row > after_row]
    is_known = seen.found is not None and found.refused is None
    return WorkbookRun(
        id=seen.id,
        kind=seen.kind.name,
        file=seen.file_name,
        uploaded_at=seen.created_at,
        state=seen.state,
        part=seen.part,
        rows_checked=seen.done if seen.state == "checking" else found.rows,
        rows=found.rows if is_known else None,
        good=found.good if is_known else None,
        wrong=found.wrong if is_known else None,
        recorded_before=found.before if is_known else None,
        nothing_to_record=found.nothing if is_known else None,
        facts=0 if seen.state == "checking" else seen.facts,
        recorded=seen.recorded,
        unread_columns=found.unknown,
        errors=tuple(cell(one) for one in faults[:limit]),
        errors_left=max(0, len(faults) - limit),
        similar=tuple(
            EqualSheetRow(
                row=one.row,
                earlier=one.earlier,
                events=tuple(EqualRecord(event=each.event, recorded_at=each.recorded_at) for each in one.events),
            )
            for one in equal[:limit]
        ),
        similar_left=max(0, len(equal) - limit),
        stopped=None if found.stopped is None else cell(found.stopped),
        problem=None
        if found.refused is None
        else RunProblem(
            detail=found.refused.text,
            detail_en=found.refused.text_en,
            remedy=found.refused.remedy,
            remedy_en=found.refused.remedy_en,
        ),
    )
