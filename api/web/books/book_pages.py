"""Workbooks in: a file is sent, checked whole with its progress shown, its wrong cells marked, recorded on a word."""

from __future__ import annotations

import hashlib
from functools import partial

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.application.bringing.book_runs import bring, confirm, marked_run, own_runs, run_seen
from api.application.bringing.run_found import BookFound
from api.application.evidence.receiving import Incoming
from api.application.privacy.authorisation import Reach
from api.application.questions.inquiry import Inquiry, Snapshot
from api.application.workbooks.facts_given_out import facts_given_out
from api.application.workbooks.kinds.book_registry import book_named, books_for
from api.application.workbooks.kinds.sheet_kinds import SheetKind
from api.application.workbooks.reading_books import MOST_FILE_BYTES, MOST_ROWS
from api.application.workbooks.written_books import template as made_template
from api.http.limits.rates import address_of, asker_of
from api.http.query_params import LooseText
from api.http.responses import file_sent, workbook_sent
from api.web.forms.form_filling import Refused
from api.web.frame.form_leads import name_of_form, see_other
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.render import page
from domain.errors import Forbidden, Refusal
from domain.values import Bilingual, new_id

HERE, ACT = "/workbooks", "act"
SHOWN_FAULTS = 100
"""So many wrong cells are listed on the page; the marked workbook has all of them."""
_PORTION = 256 * 1024
_SECONDS = "2"
"""After which a page of work in progress asks again."""


class UploadRoute(PageRoute):
    """A page whose form brings a file."""

    MOST_BYTES = MOST_FILE_BYTES + 64 * 1024


router = APIRouter(route_class=UploadRoute)


@router.get("/workbooks")
async def workbooks(request: Request, template: LooseText = "", facts: LooseText = "") -> Response:
    """The kinds that the visitor may record, with their templates; or one template, or what is recorded of a kind."""
    if facts:
        return await _facts(request, book_named(facts))
    if template:
        of = book_named(template)
        return workbook_sent(made_template(of), f"{of.title[0]}-模板.xlsx")
    return await run_in_threadpool(_shown, request)


async def _facts(request: Request, kind: SheetKind) -> Response:
    """What is recorded of a kind, in the visitor's name."""
    visitor = request.state.visitor
    _must_be_offered(request, kind)
    inquiry = Inquiry(Snapshot(request.app.state.service, visitor.caller), Reach.ALL)
    made = partial(facts_given_out, inquiry, kind, "xlsx", by=visitor.account.person_name)
    async with request.app.state.printing.place(asker_of(visitor.caller, address_of(request.scope))):
        return file_sent(request, await run_in_threadpool(made))


@router.post("/workbooks")
async def sent(request: Request) -> Response:
    """A file comes in: to the page that shows how far its check is. One that cannot be read says why."""
    form = request.state.form
    kind, file = text_of(form, "kind"), form.get("file")
    try:
        of = book_named(kind)
        _must_be_offered(request, of)
        if not isinstance(file, UploadFile) or not file.size:
            lacking: Bilingual = ("请选择要上传的文件", "Choose the file to be sent")
            problem = Refused(lacking, ("", ""), {"file": lacking})
            return await run_in_threadpool(_shown, request, kind, problem, 422)
        run = await run_in_threadpool(_brought, request, of, file, name_of_form(request))
    except Refusal as refusal:
        said: Bilingual = (refusal.text, refusal.text_en)
        problem = Refused(said, (refusal.remedy, refusal.remedy_en), {"file": said})
        return await run_in_threadpool(_shown, request, kind, problem, 422)
    return see_other(request, f"{HERE}/{run}")


def _brought(request: Request, kind: SheetKind, file: UploadFile, form: str) -> str:
    """Keep the file encrypted, a portion at a time; the id under which its page is. `form`: what it is called."""
    service, caller = request.app.state.service, request.state.visitor.caller
    with Incoming(service.files, MOST_FILE_BYTES) as incoming:
        while portion := file.file.read(_PORTION):
            incoming.write(portion)
        # a form that is sent again with another file chosen brings another workbook
        run_id = hashlib.sha256(f"{form}\0{incoming.sha256}".encode()).hexdigest()[:32]
        return bring(service, request.app.state.books, caller, kind, incoming, file.filename or "", run_id).id


@router.get("/workbooks/{job}")
def at_work(request: Request, job: str, file: LooseText = "") -> Response:
    """How far a file is, what is wrong with it, what was recorded; `file=marked`: the same workbook, marked."""
    service, caller = request.app.state.service, request.state.visitor.caller
    if file == "marked":
        return workbook_sent(*marked_run(service, caller, job))
    seen = run_seen(service, caller, job)
    found = seen.found or BookFound()
    titles = {one.field: one.title for one in seen.kind.columns}
    response = page(
        request,
        "book-job.html",
        name="workbook",
        job=seen,
        found=None if seen.found is None or found.refused is not None else found,
        refused=found.refused,
        faults=[(one, titles.get(one.field, _WHOLE_ROW)) for one in found.faults[:SHOWN_FAULTS]],
        more=max(0, len(found.faults) - SHOWN_FAULTS),
        equal=found.equal[:SHOWN_FAULTS],
        more_equal=max(0, len(found.equal) - SHOWN_FAULTS),
        key=new_id(),
    )
    if seen.busy:
        response.headers["Refresh"] = _SECONDS
    return response


@router.post("/workbooks/{job}")
def record(request: Request, job: str) -> Response:
    """Record what is right, on the officer's word; back to the page that shows how far it is."""
    service, caller = request.app.state.service, request.state.visitor.caller
    if text_of(request.state.form, ACT) == "record":
        confirm(service, request.app.state.books, caller, job, "good")
    else:
        run_seen(service, caller, job)
    return see_other(request, f"{HERE}/{job}")


_WHOLE_ROW: Bilingual = ("整行", "the row")


def _must_be_offered(request: Request, kind: SheetKind) -> None:
    if kind not in books_for(request.state.visitor.role):
        raise Forbidden(
            f"您的角色不能登记“{kind.title[0]}”",
            f"your role may not record {kind.title[1]}",
            remedy="请由有权的人员办理",
            remedy_en="Let somebody who may do it.",
        )


def _shown(request: Request, kind: str = "", problem: Refused | None = None, status: int = 200) -> Response:
    return page(
        request,
        "books.html",
        name="workbooks",
        status=status,
        kinds=books_for(request.state.visitor.role),
        runs=own_runs(request.app.state.service, request.state.visitor.caller),
        kind=kind,
        refused=problem,
        key=new_id(),
        most_rows=MOST_ROWS,
        most_megabytes=MOST_FILE_BYTES // 2**20,
    )
