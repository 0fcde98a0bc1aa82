"""The receipt of a recorded batch: an address of its own, with every row and what can be done next."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.batches.batch_questions import batch_of
from api.application.batches.invitation_sheets import invitation_sheet_of
from api.http.public_address import base_of
from api.http.query_params import LooseText
from api.web.forms.form_filling import command_for
from api.web.forms.form_texts import command_text
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask, passed_on
from api.web.frame.render import page
from api.web.grid.grid_matters import offered

router = APIRouter(route_class=PageRoute)


@router.get("/batches/{batch}")
async def batch(request: Request, batch: str, paper: LooseText = "") -> Response:
    """What was recorded together, row by row, as long as the ledger is kept; `?paper=invitations`: as QR codes."""
    if paper:
        return await passed_on(request, invitation_sheet_of, batch=batch)
    shown = await ask(request, batch_of, batch=batch)
    kinds = {one["event"]["type"] for one in shown["rows"]}
    matter = command_for(next(iter(kinds))) if len(kinds) == 1 else ""
    return page(
        request,
        "batch.html",
        name="batch",
        batch=shown,
        text=command_text(matter) if matter else None,
        like=shown["rows"][0] if matter in offered(request.state.visitor.role) else None,
        origin=base_of(request),
    )
