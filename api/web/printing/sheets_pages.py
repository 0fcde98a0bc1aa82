"""All sheets of a year as one file: begun on the page of the year, its progress shown, cancelled, fetched later."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api.application.evidence.reading_files import file_of
from api.application.privacy.authorisation import EVIDENCE_FILE
from api.application.questions.inquiry import Inquiry, QuestionName, Snapshot, require_right
from api.application.questions.papers.sheets_making import SHEETS, SheetsMaker, SheetsRun
from api.http.files.handing_out import handed_out_file
from api.web.frame.form_leads import see_other
from api.web.frame.render import page
from domain.errors import NotFound
from domain.values import Bilingual

MAKE, CANCEL = "make-sheets", "cancel-sheets"
STATES: dict[str, Bilingual] = {
    "waiting": ("排队中", "waiting"),
    "making": ("正在制作", "being made"),
    "made": ("已做好", "made"),
    "failed": ("没有做成", "failed"),
    "cancelled": ("已取消", "cancelled"),
}
_SECONDS = "1"
"""After which a page of work in progress asks again."""


async def sheets_shown(request: Request, year: int, file: str) -> Response:
    """How far the files of the visitor are; `file`: one that is made. Raises: Forbidden, NotFound, Gone."""
    maker: SheetsMaker = request.app.state.sheets
    caller = request.state.visitor.caller
    require_right(QuestionName("GET", SHEETS).rights, caller, None)
    if file:
        return await run_in_threadpool(_file, request, maker.seen(caller, file))
    runs = maker.of(caller, year)
    response = page(request, "sheets-run.html", name="year-desk", year=year, runs=runs, states=STATES)
    if any(one.busy for one in runs):
        response.headers["Refresh"] = _SECONDS
    return response


async def sheets_acted(request: Request, year: int) -> Response:
    """Have the file made, or cancel it; back to the page that shows how far it is."""
    maker: SheetsMaker = request.app.state.sheets
    form: FormData = request.state.form
    caller = request.state.visitor.caller
    if form.get("act") == MAKE:
        await run_in_threadpool(maker.begin, caller, year)
    else:
        maker.cancel(caller, str(form.get("run", "")))
    return see_other(request, f"/years/{year}?paper=sheets")


def _file(request: Request, run: SheetsRun) -> Response:
    if run.state != "made":
        raise NotFound("文件还没有做好", "the file is not made yet", remedy="请稍候", remedy_en="Wait a moment.")
    caller = request.state.visitor.caller
    rights = QuestionName("GET", EVIDENCE_FILE).rights
    inquiry = Inquiry(Snapshot(request.app.state.service, caller), require_right(rights, caller, None))
    found = file_of(inquiry, run.sha256)._replace(title=f"{run.year} 年度全部打分表 log{run.at.log_index}")
    return handed_out_file(request, found)
