"""The evidence files of a dossier: those of its facts that the caller reads, and the list of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from api.application.evidence.file_kinds import KINDS
from api.application.evidence.reading_files import opened
from domain.errors import Unreadable
from domain.ledger.reader import Reader
from domain.store.files.file_rows import used
from domain.store.files.objects import Objects

MOST_BYTES = 64 * 1024 * 1024
"""Of all files in one dossier: it is put together in memory. What is left out is named, with where to get it."""
LIST = "evidence/list.json"
_UNSAFE = re.compile(r"[^\w.\-（）()]+")


def evidence_of(reader: Reader, objects: Objects, trail: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """The files by their names in the archive, with the list. `trail`: the facts as the caller may see them."""
    files: dict[str, bytes] = {}
    rows: list[dict[str, object]] = []
    taken = 0
    for fact in trail:
        for place, paper in enumerate(fact["evidence"], start=1):
            row = {"event": fact["id"], **paper, "file": None}
            rows.append(row)
            if "size" not in paper:
                continue
            if taken + paper["size"] > MOST_BYTES:
                row["left_out"] = f"GET /v1/evidence/{paper['sha256']}"
                continue
            content = _content(reader, objects, fact["id"], paper["sha256"])
            if content is None:
                row["left_out"] = "erased"
                continue
            taken += len(content)
            kind = KINDS.get(paper["media_type"])
            ending = "bin" if kind is None else kind.extension
            title = _UNSAFE.sub("_", paper["title"])[:60].strip("._") or "evidence"
            row["file"] = f"evidence/{fact['version']:06d}-{place}-{title}.{ending}"
            files[row["file"]] = content
    listed = msgspec.json.format(msgspec.json.encode(rows, order="sorted"), indent=1) + b"\n"
    return {LIST: listed, **files}


def _content(reader: Reader, objects: Objects, event_id: str, sha256: str) -> bytes | None:
    """The bytes of a file of a fact; None for one whose subject was erased. Raises: StoreUnavailable, Unreadable."""
    file = used(reader.connection, reader.vault, event_id, sha256)
    if file is None:
        return None
    content = opened(objects, file).read()
    if len(content) != file.size:
        raise Unreadable(f"the file {sha256} is shorter than it was")
    return content
