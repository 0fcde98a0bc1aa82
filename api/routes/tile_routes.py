"""The log for witnesses and monitors, as c2sp.org/tlog-tiles has it: its checkpoint and the hashes of its tree.

Everybody may read them: there are hashes, a size and signatures in them, and no event. Entry bundles are not served:
events are read with a token, at `GET /v1/log`.
"""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.service.log_questions import proven
from api.http.documentation.openapi import tile_docs
from api.http.guard import GuardedRoute
from api.http.responses import FOR_EVERYBODY_FOR_EVER, PageBytes
from domain.errors import NotFound
from domain.store.proof.outside_notes import OutsideNotes
from domain.store.proof.proof_reader import tile

router = APIRouter(route_class=GuardedRoute)
TAG, TEXT, BYTES = "公开", "text/plain; charset=utf-8", "application/octet-stream"
WIDE = 256
"""Hashes in a full tile."""
_TILE = re.compile(r"(0|[1-9]\d?)/((?:x\d{3}/){0,5}\d{3})(?:\.p/([1-9]\d{0,2}))?")


@router.get("/v1/public/log/checkpoint", tags=[TAG], **tile_docs("public_checkpoint", TEXT))
def public_checkpoint(request: Request) -> Response:
    """日志的检查点（C2SP tlog-tiles），设有见证人时为已联署者 / The checkpoint, cosigned where witnesses are set."""
    service = request.app.state.service
    with proven(service) as (_, signed):
        note = signed.note
    if service.settings.witnesses:
        note = OutsideNotes(service.settings.checkpoints, service.notary.origin).cosigned() or note
    return PageBytes(note.encode(), {"Cache-Control": "public, max-age=2"}, TEXT).response(request)


@router.get("/v1/public/log/tile/{place:path}", tags=[TAG], **tile_docs("public_tile", BYTES))
def public_tile(request: Request, place: str) -> Response:
    """散列树的一块（C2SP tlog-tiles）：层/序号[.p/宽] / A tile of the tree: LEVEL/INDEX, or LEVEL/INDEX.p/WIDTH."""
    asked = _TILE.fullmatch(place)
    if asked is None:
        raise _no_tile()
    level, index = int(asked[1]), int(asked[2].replace("x", "").replace("/", ""))
    width = WIDE if asked[3] is None else int(asked[3])
    if width > WIDE - (asked[3] is not None):
        raise _no_tile()
    with proven(request.app.state.service) as (connection, signed):
        hashes = tile(connection, signed.size, level, index, width)
    if hashes is None:
        raise _no_tile()
    return PageBytes(hashes, {"Cache-Control": FOR_EVERYBODY_FOR_EVER}, BYTES).response(request)


def _no_tile() -> NotFound:
    return NotFound(
        "没有这一块：写法不对，或超出已签署的日志",
        "there is no such tile: it is not written as it should be, or lies beyond what is signed",
        cites=("c2sp.org/tlog-tiles",),
        remedy="请先取检查点，按其条数推算；序号写作 x001/x234/067",
        remedy_en="Read the checkpoint first and go by its size; an index is written like x001/x234/067.",
    )
