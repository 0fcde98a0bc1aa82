"""A file of evidence as an answer: saved by a browser, never opened in a page of ours; and its picture in small."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from api.application.evidence.file_kinds import KINDS, must_open
from api.application.evidence.reading_files import FileToRead
from api.application.evidence.thumbnails import MEDIA_TYPE
from api.http.files.ranges import span_of
from domain.errors import NotFound, Unreadable
from domain.store.files.cipher import OpenedFile
from domain.store.files.objects import StoreUnavailable

PORTION_BYTES = 256 * 1024
HARMLESS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}
"""Whatever a file holds, no browser runs it: it is saved, never opened in a page of ours."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|]+')


def handed_out_file(request: Request, found: FileToRead) -> Response:
    """The file as an attachment, or a part of it, decrypted while it goes out.

    Raises: StoreUnavailable; NotSatisfiable for a part that is not in it.

    Its ETag is its SHA-256: whoever goes on with a broken download gets the rest of the very same file.
    """
    opened, file = found.opened(request.app.state.service.files), found.file
    etag = f'"{file.sha256}"'
    span = span_of(request.headers, file.size, etag)
    require_sound(opened, span.first)
    name = _UNSAFE.sub("_", found.title)[:80].strip(" .") or "evidence"
    ending = f".{KINDS[file.media_type].extension}" if file.media_type in KINDS else ""
    name = name if name.lower().endswith(ending) else name + ending
    headers = {
        **HARMLESS,
        "Content-Disposition": f"attachment; filename=\"{file.sha256[:16]}{ending}\"; filename*=UTF-8''{quote(name)}",
        "ETag": etag,
        **span.headers,
    }
    return StreamingResponse(_portions(opened, span.length), 206 if span.is_part else 200, headers, file.media_type)


def small_picture(request: Request, found: FileToRead) -> Response:
    """The picture in small. Raises: NotFound for a file without one; StoreUnavailable."""
    if not found.file.thumbnail:
        raise NotFound(
            "该文件没有缩略图",
            "there is no picture of this file in small",
            remedy="请下载文件本身",
            remedy_en="Download the file itself.",
        )
    opened = found.opened(request.app.state.service.files, "thumbnail")
    require_sound(opened)
    return Response(opened.read(), 200, HARMLESS, MEDIA_TYPE)


def require_sound(opened: OpenedFile, first: int = 0) -> None:
    """Refuse what is damaged before its answer begins, as far as its first pieces tell. Raises: StoreUnavailable."""
    try:
        must_open(opened, first)
    except Unreadable as error:
        raise StoreUnavailable(
            "证据文件库中的这个文件不见了，或与保存时不符",
            "this file is gone from the store of evidence, or is not what was stored",
            remedy="请管理员运行 steward audit，并从备份恢复该文件",
            remedy_en="Have the administrator run steward audit and restore the file from a copy.",
        ) from error


def _portions(opened: OpenedFile, length: int) -> Iterator[bytes]:
    while length > 0 and (portion := opened.read(min(PORTION_BYTES, length))):
        length -= len(portion)
        yield portion
