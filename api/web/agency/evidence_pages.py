"""Evidence for browsers, which have no token: uploaded by script with its progress, handed out, shown in small."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from api.application.evidence.reading_files import FileToRead, file_of
from api.application.privacy.authorisation import EVIDENCE, EVIDENCE_FILE, THUMBNAIL
from api.application.questions.inquiry import Inquiry, QuestionName, Snapshot, require_right
from api.http.files.handing_out import handed_out_file, small_picture
from api.http.files.uploading import uploaded
from api.http.problems import on_refusal
from api.http.request import note_reading
from api.web.frame.page_guard import PageRoute, to_sign_in
from api.web.frame.visitors import FIELD, Visitor
from domain.errors import Forbidden, Refusal
from domain.values import normal_uscc

FORM_HEADER = "x-steward-form"
"""The header in which script says the session's own field, before anything of a file is taken."""


class FileRoute(PageRoute):
    """Takes a file and no form: whose it is say the session and a header that only a page of ours can set."""

    async def sent(self, request: Request, visitor: Visitor | None) -> FormData:
        """In place of a form the field of the session alone: the file is taken when all else is right."""
        return FormData([(FIELD, request.headers.get(FORM_HEADER, ""))])


router = APIRouter(route_class=FileRoute)


@router.post("/evidence")
async def upload(request: Request) -> Response:
    """Keep one file, as `POST /v1/evidence` does; a refusal is a problem (RFC 9457), for the script that sent it."""
    visitor = request.state.visitor
    try:
        if visitor is None:
            raise Forbidden(
                "登录已失效",
                "the session is over",
                remedy="请重新登录后再上传",
                remedy_en="Sign in again, then upload it.",
            )
        require_right(QuestionName("POST", EVIDENCE).rights, visitor.caller, None)
        request.state.caller = visitor.caller
        kept = (await uploaded(request)).answer
    except Refusal as refusal:
        return await on_refusal(request, refusal)
    content = {"sha256": kept.sha256, "size": kept.size, "media_type": kept.media_type, "thumbnail": kept.thumbnail}
    return JSONResponse(content, 201, {"Cache-Control": "no-store"})


@router.get("/evidence/{sha256}")
async def evidence_file(request: Request, sha256: str) -> Response:
    """A file of evidence, to be saved."""
    return await _handed_out(request, sha256, EVIDENCE_FILE, handed_out_file)


@router.get("/evidence/{sha256}/thumbnail")
async def thumbnail(request: Request, sha256: str) -> Response:
    """A picture in small."""
    return await _handed_out(request, sha256, THUMBNAIL, small_picture)


async def _handed_out(
    request: Request, sha256: str, path: str, make: Callable[[Request, FileToRead], Response]
) -> Response:
    """As the route of the interface answers, with the same right and the same note of who read it."""
    visitor = request.state.visitor
    if visitor is None:
        return to_sign_in(request)
    name, service = QuestionName("GET", path), request.app.state.service
    inquiry = Inquiry(Snapshot(service, visitor.caller), require_right(name.rights, visitor.caller, None))
    found = await run_in_threadpool(file_of, inquiry, sha256)
    response = await run_in_threadpool(make, request, found)
    if inquiry.about is not None:
        await note_reading(service.readings, request, visitor.caller, normal_uscc(inquiry.about), " ".join(name))
    return response
