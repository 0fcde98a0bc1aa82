"""Papers over HTTP: an appeal explained and decided, notices as letters, a year's results and sheets (art.11-20)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.application.questions.papers.appeal_papers import explanation_of
from api.application.questions.papers.decision_letters import decision_letter_of
from api.application.questions.papers.issuing import LetterFormat
from api.application.questions.papers.notice_papers import notice_letter_of
from api.application.questions.papers.year_papers import results_paper_of, sheets_paper_of
from api.application.workbooks.sheets_given_out import sheets_given_out
from api.http.documentation.file_docs import paper_docs, sheets_paper_docs
from api.http.guard import GuardedRoute
from api.http.query_params import KnownAt
from api.http.responses import file_sent, handed_out, inquiry_of
from api.http.table_forms import in_chinese
from api.routes.agency_routes import MANY, ONE

router = APIRouter(route_class=GuardedRoute)
SheetsFormatAsked = Annotated[
    Literal["pdf", "xlsx", "csv"], Query(alias="format", description="pdf，或一张长表 / a PDF, or one long table")
]
LetterFormatAsked = Annotated[
    LetterFormat, Query(alias="format", description="pdf，或可编辑的 docx / a PDF, or a document to edit")
]


@router.get("/v1/appeals/{appeal}/explanation", tags=[MANY], **paper_docs("appeal_explanation"))
def appeal_explanation(
    request: Request, appeal: str, known_at: KnownAt = None, wanted: LetterFormatAsked = "pdf"
) -> Response:
    """异议说明：问题、两个答案、差异的原因、记录和证据 / An appeal explained: both answers, causes, records."""
    return handed_out(request, explanation_of, appeal, known_at, wanted)


@router.get("/v1/appeals/{appeal}/decision-letter", tags=[MANY], **paper_docs("appeal_decision_letter"))
def appeal_decision_letter(
    request: Request, appeal: str, known_at: KnownAt = None, wanted: LetterFormatAsked = "pdf"
) -> Response:
    """异议处理决定书 / The letter in which an appeal is answered."""
    return handed_out(request, decision_letter_of, appeal, known_at, wanted)


@router.get("/v1/agencies/{uscc}/notices/{notice}/letter", tags=[ONE], **paper_docs("notice_letter"))
def notice_letter(
    request: Request, uscc: str, notice: str, known_at: KnownAt = None, wanted: LetterFormatAsked = "pdf"
) -> Response:
    """应发通知的文书：第十一、十六至十九条 / A due notice as a letter to its recipient."""
    return handed_out(request, notice_letter_of, uscc, notice, known_at, wanted)


@router.get("/v1/assessments/{year}/results-paper", tags=[MANY], **paper_docs("results_paper"))
def results_paper(request: Request, year: str, known_at: KnownAt = None, wanted: LetterFormatAsked = "pdf") -> Response:
    """年度考评结果，供公示张贴 / The published results of a year for the notice board."""
    return handed_out(request, results_paper_of, year, known_at, wanted)


@router.get("/v1/assessments/{year}/sheets-paper", tags=[MANY], **sheets_paper_docs())
def sheets_paper(request: Request, year: str, known_at: KnownAt = None, wanted: SheetsFormatAsked = "pdf") -> Response:
    """全部机构的打分表，合为一个文件：PDF，或逐行的表格 / The sheets of all agencies as one file, or as one table."""
    if wanted == "pdf":
        return handed_out(request, sheets_paper_of, year, known_at)
    made = sheets_given_out(inquiry_of(request), year, wanted, known_at, chinese=in_chinese(request))
    return file_sent(request, made)
