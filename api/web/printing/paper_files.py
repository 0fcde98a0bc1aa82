"""Papers for a browser, from the page that they belong to: `?paper=`, as a PDF or as a document to edit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.questions.inquiry import FileAnswer, Inquiry, Snapshot, name_of, path_year, require_right
from api.application.questions.papers.appeal_papers import explanation_of
from api.application.questions.papers.decision_letters import decision_letter_of
from api.application.questions.papers.notice_papers import notice_letter_of
from api.application.questions.papers.year_papers import results_paper_of, sheets_paper_of
from api.application.workbooks.sheets_given_out import sheets_given_out
from api.http.limits.rates import address_of, asker_of
from api.http.responses import file_sent
from api.web.frame.page_questions import passed_on
from api.web.frame.render import language_of
from api.web.printing.sheets_pages import sheets_shown
from domain.errors import NotFound

_LETTERS: dict[str, Callable[..., FileAnswer]] = {
    "explanation": explanation_of,
    "decision": decision_letter_of,
    "notice": notice_letter_of,
    "results": results_paper_of,
}


async def paper_file(request: Request, paper: str, **about: str) -> Response:
    """The paper of this name (`decision`, `decision.docx`) about what a page is about.

    Raises: NotFound for another name; what its question refuses with.
    """
    if paper == "sheets":
        return await sheets_shown(request, path_year(about["year"]), about["file"])
    about.pop("file", None)
    if paper == "sheets.xlsx":
        return await _sheets_table(request, about["year"])
    name, _, kind = paper.partition(".")
    if name not in _LETTERS:
        raise NotFound(
            "没有这种文书", "there is no such paper", remedy="请从页面上的链接打开", remedy_en="Follow a link."
        )
    return await passed_on(request, _LETTERS[name], format=kind or "pdf", **about)


async def _sheets_table(request: Request, year: str) -> Response:
    """All sheets of a year as one table, in the visitor's name."""
    visitor = request.state.visitor
    reach = require_right(name_of(sheets_paper_of).rights, visitor.caller, None)
    inquiry = Inquiry(Snapshot(request.app.state.service, visitor.caller), reach)
    made = partial(sheets_given_out, inquiry, year, "xlsx", by=visitor.account.person_name)
    async with request.app.state.heavy.place(asker_of(visitor.caller, address_of(request.scope))):
        return file_sent(request, await run_in_threadpool(made, chinese=language_of(request) == "zh"))
