"""Verifying a paper, a certificate or a receipt: for everybody, without script; what is sent in is not kept."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.application.questions.papers.verdicts import Verdict, log_shown, verified_code, verified_file
from api.http.limits.rates import address_of, asker_of
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.render import page
from domain.proof.paper_codes import MOST_CODE

MOST_BYTES = 8 * 1024 * 1024
"""Of a file: the certificate of an agency with some 20,000 facts."""


class VerifyRoute(PageRoute):
    """A page that takes larger files than forms are."""

    MOST_BYTES = MOST_BYTES


router = APIRouter(route_class=VerifyRoute)
Code = Annotated[str, Query(max_length=MOST_CODE)]


@router.get("/verify")
async def verify(request: Request, code: Code = "") -> Response:
    """The page, and of a code (that of a QR code) what it proves."""
    found = await _checked(request, verified_code, code) if code.strip() else None
    return await _page(request, found, code)


@router.post("/verify")
async def verify_file(request: Request) -> Response:
    """What a file or a pasted code proves. Nothing is recorded and nothing kept, so the answer has no address."""
    sent = request.state.form.get("file")
    content = await sent.read() if isinstance(sent, UploadFile) else b""
    code = text_of(request.state.form, "code")
    if content:
        return await _page(request, await _checked(request, verified_file, content), "")
    return await _page(request, await _checked(request, verified_code, code) if code.strip() else None, code)


async def _checked(request: Request, check: Any, given: str | bytes) -> Verdict:
    """In its turn: a certificate is worked out anew."""
    visitor = getattr(request.state, "visitor", None)
    asker = asker_of(None if visitor is None else visitor.caller, address_of(request.scope))
    async with request.app.state.printing.place(asker):
        found: Verdict = await run_in_threadpool(check, request.app.state.service, given)
        return found


async def _page(request: Request, found: Verdict | None, code: str) -> Response:
    log = await run_in_threadpool(log_shown, request.app.state.service)
    limit = MOST_BYTES // 1024 // 1024
    return page(request, "verify.html", name="verify", storable=False, found=found, code=code, limit=limit, log=log)
