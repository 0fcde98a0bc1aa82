"""A part of a file on request, so that a broken download goes on and a player can jump (RFC 9110, 14)."""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.datastructures import Headers

from api.application.problem_types import NotSatisfiable

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.ASCII | re.IGNORECASE)


class FilePart(NamedTuple):
    """The bytes that are handed out: from the first, `length` of them, of `size` in all."""

    first: int
    length: int
    size: int
    is_part: bool

    @property
    def headers(self) -> dict[str, str]:
        """What says which part it is."""
        part = {"Content-Range": f"bytes {self.first}-{self.first + self.length - 1}/{self.size}"}
        return {"Accept-Ranges": "bytes", "Content-Length": str(self.length), **(part if self.is_part else {})}


def span_of(headers: Headers, size: int, etag: str) -> FilePart:
    """The part that a request wants; the whole where it wants several, or says it in another way (RFC 9110, 14.2).

    `If-Range` with another ETag, or with a date, wants the whole: the file is not the one whose part is known (13.1.5).
    Raises: NotSatisfiable for a part that begins after the end.
    """
    whole = FilePart(0, size, size, is_part=False)
    found = _ONE_RANGE.fullmatch(headers.get("range", "").strip())
    if found is None or headers.get("if-range", etag).strip() != etag:
        return whole
    first, last = found[1], found[2]
    if not first and not last:
        return whole
    if not first:  # the last so many bytes
        begin, end = max(0, size - int(last)), size - 1
    else:
        begin, end = int(first), min(int(last) if last else size - 1, size - 1)
        if last and int(last) < begin:
            return whole
    if begin >= size:
        raise NotSatisfiable(
            f"文件只有 {size} 字节，没有所要的部分",
            f"the file has {size} bytes: there is no such part",
            remedy="请从头下载，或改小 Range 的起点",
            remedy_en="Fetch it whole, or begin the Range earlier.",
            size=size,
        )
    return FilePart(begin, end - begin + 1, size, is_part=True)
