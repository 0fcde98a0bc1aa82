"""Evidence as files: uploaded, handed out, shown in small (api.md, Evidence)."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.evidence.file_kinds import KINDS
from api.application.evidence.reading_files import FileToRead, file_of
from api.application.evidence.thumbnails import MEDIA_TYPE
from api.application.privacy.authorisation import EVIDENCE, EVIDENCE_FILE, THUMBNAIL
from api.http.documentation.evidence_docs import JPEG_EXAMPLE, evidence_docs, evidence_file_docs
from api.http.documentation.file_docs import PDF_EXAMPLE
from api.http.files.handing_out import handed_out_file, small_picture
from api.http.files.uploading import uploaded
from api.http.guard import GuardedRoute
from api.http.recording import REPLAYED
from api.http.responses import inquiry_of

PROVING = "证据文件"
router = APIRouter(route_class=GuardedRoute)


@router.post(EVIDENCE, tags=[PROVING], **evidence_docs())
async def upload(request: Request) -> Response:
    """上传一个证据文件（最多 50 MB），可放心重试；24 小时内随记录登记 / Upload a file of evidence; safe to retry."""
    received = await uploaded(request)
    more = {REPLAYED: "true"} if received.before else {}
    return Response(
        msgspec.json.encode(received.answer), 201, {"Cache-Control": "no-store", **more}, "application/json"
    )


@router.get(
    EVIDENCE_FILE,
    tags=[PROVING],
    **evidence_file_docs("evidence_file", "文件 / the file", ["application/pdf", *KINDS], PDF_EXAMPLE),
)
def evidence_file(request: Request, sha256: str) -> Response:
    """证据文件，只作附件下载 / A file of evidence, for who reads the evidence of a fact that it proves."""
    return handed_out_file(request, found_file(request, sha256))


@router.get(
    THUMBNAIL,
    tags=[PROVING],
    **evidence_file_docs("evidence_thumbnail", "缩略图 / in small", [MEDIA_TYPE], JPEG_EXAMPLE),
)
def thumbnail(request: Request, sha256: str) -> Response:
    """图片的缩略图，重新编码，不含拍摄地点 / The picture in small, encoded anew, without where it was taken."""
    return small_picture(request, found_file(request, sha256))


def found_file(request: Request, sha256: str) -> FileToRead:
    """The file for who asks; whose agency it is about is noted. Raises: NotFound, Gone."""
    inquiry = inquiry_of(request)
    found = file_of(inquiry, sha256)
    request.state.about = inquiry.about
    return found
