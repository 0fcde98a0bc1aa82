"""Workbooks in: templates, a file sent and checked, its errors cell by cell, the marked file, recorded on a word."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import BeforeValidator, WithJsonSchema
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.answers.workbooks import WorkbookRun
from api.application.bringing.book_runs import bring, confirm, marked_run, own_runs, run_seen
from api.application.bringing.run_answers import run_answer
from api.application.bringing.run_found import RunSeen
from api.application.exports.exporting import MEDIA_TYPES, FileForm
from api.application.idempotency import HEADER, attempt
from api.application.privacy.authorisation import (
    MARKED_WORKBOOK,
    WORKBOOK,
    WORKBOOK_FACTS,
    WORKBOOK_RECORDING,
    WORKBOOK_RUN,
    WORKBOOK_RUNS,
    WORKBOOK_TEMPLATE,
)
from api.application.workbooks.facts_given_out import facts_given_out
from api.application.workbooks.kinds.book_registry import book_named
from api.application.workbooks.reading_books import MOST_FILE_BYTES
from api.application.workbooks.written_books import template
from api.http.documentation.openapi import question_docs
from api.http.documentation.workbook_docs import bring_docs, confirm_docs, facts_docs, workbook_file_docs
from api.http.files.uploading import arrived
from api.http.guard import GuardedRoute
from api.http.query_params import Limit
from api.http.request import prefers
from api.http.responses import answer, file_sent, inquiry_of, workbook_sent
from api.http.table_forms import in_chinese
from domain.commands.fields import Body, wrong
from domain.values import new_id

MANY_AT_ONCE = "一次记录多件"
router = APIRouter(route_class=GuardedRoute)


class ConfirmWorkbook(Body):
    """Which part of a checked workbook is to be recorded / 确认登记的部分."""

    part: Literal["all", "good"]


def _row(value: Any) -> int:
    if not re.fullmatch(r"\d{1,7}", str(value), re.ASCII):
        raise wrong("after_row", "须为行号（0 或正整数）", "has to be a row of the sheet: 0 or a positive integer")
    return int(value)


FactsForm = Annotated[Literal["xlsx", "csv"] | None, Query(description="默认 xlsx / xlsx by default")]
AfterRow = Annotated[
    int,
    BeforeValidator(_row),
    WithJsonSchema({"type": "integer", "minimum": 0, "default": 0}),
    Query(description="此行之后的错误 / what is wrong below this row"),
]


@router.get(WORKBOOK_TEMPLATE, tags=[MANY_AT_ONCE], **workbook_file_docs("workbook_template", "模板 / the template"))
def workbook_template(kind: str) -> Response:
    """一种工作簿的模板：表头、下拉选项、说明和示例 / The template of a kind of workbook."""
    of = book_named(kind)
    return workbook_sent(template(of), f"{of.title[0]}-模板.xlsx")


@router.get(WORKBOOK_FACTS, tags=[MANY_AT_ONCE], **facts_docs())
def workbook_facts(request: Request, kind: str, format: FactsForm = None) -> Response:  # noqa: A002
    """已登记的同类事实，按模板的列，可再导入 / The facts of a kind in its columns, to be brought in again."""
    of, inquiry = book_named(kind), inquiry_of(request)
    form: FileForm = format or ("csv" if prefers(request, MEDIA_TYPES["csv"], MEDIA_TYPES["xlsx"]) else "xlsx")
    return file_sent(request, facts_given_out(inquiry, of, form, chinese=in_chinese(request)))


@router.post(WORKBOOK, tags=[MANY_AT_ONCE], **bring_docs())
async def bring_workbook(request: Request, kind: str) -> Response:
    """上传一份工作簿并检查；确认之前什么都不登记 / Send a workbook to be checked; nothing is recorded yet."""
    of, caller = book_named(kind), request.state.caller
    tried = attempt(caller.scope, request.headers.get(HEADER), request.url.path, None)
    said = b"" if tried is None else b"\0".join((b"workbook", tried.scope, tried.key.encode(), kind.encode()))
    run_id = hashlib.sha256(said).hexdigest()[:32] if said else new_id()
    state = request.app.state
    async with arrived(request, MOST_FILE_BYTES) as (incoming, name):
        seen = await run_in_threadpool(
            bring, state.service, state.books, caller, of, incoming, name or of.title[0], run_id
        )
    return _accepted(seen)


@router.get(WORKBOOK_RUNS, tags=[MANY_AT_ONCE], **question_docs("workbook_runs"))
def workbook_runs(request: Request) -> Response:
    """本人一天内上传的工作簿，最新的在前 / The workbooks that the caller has sent within the day."""
    seen = own_runs(request.app.state.service, request.state.caller)
    return answer(request, {"items": [run_answer(one, limit=0) for one in seen], "next_cursor": None})


@router.get(WORKBOOK_RUN, tags=[MANY_AT_ONCE], **question_docs("workbook_run", not_found=True))
def workbook_run(request: Request, run: str, after_row: AfterRow = 0, limit: Limit = 500) -> Response:
    """一份工作簿的进度和逐格的错误 / How far a workbook is, and what is wrong in which cell."""
    seen = run_seen(request.app.state.service, request.state.caller, run)
    return answer(request, run_answer(seen, after_row, limit))


@router.get(
    MARKED_WORKBOOK,
    tags=[MANY_AT_ONCE],
    **workbook_file_docs("marked_workbook", "标出错误的工作簿 / the workbook with its errors marked", contradicts=True),
)
def marked_workbook(request: Request, run: str) -> Response:
    """同一份工作簿，错误的单元格已标出 / The same workbook with its wrong cells marked and commented."""
    file, name = marked_run(request.app.state.service, request.state.caller, run)
    return workbook_sent(file, name)


@router.post(WORKBOOK_RECORDING, tags=[MANY_AT_ONCE], **confirm_docs())
def confirm_workbook(request: Request, run: str, body: ConfirmWorkbook) -> Response:
    """确认登记：全部，或正确的部分；每行只登记一次 / Record all of it, or its good part; each row once."""
    state = request.app.state
    return _accepted(confirm(state.service, state.books, request.state.caller, run, body.part))


def _accepted(seen: RunSeen) -> Response:
    """202: work goes on behind; `Location` says where to ask."""
    said: WorkbookRun = run_answer(seen)
    headers = {"Location": WORKBOOK_RUN.replace("{run}", seen.id), "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(said), 202, headers, "application/json")
