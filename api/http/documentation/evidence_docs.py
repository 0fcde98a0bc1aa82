"""What FastAPI is told of files of evidence, which are no JSON."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from api.http.documentation.answers import ANSWERS
from api.http.documentation.document import problem_docs, reference
from api.http.documentation.examples import JsonObject, question_answer
from api.http.documentation.openapi import BEARER, question_docs

JPEG_EXAMPLE = "JFIF ..."
_BINARY: JsonObject = {"type": "string", "format": "binary"}
_REFUSED = ("unauthenticated", "forbidden", "malformed-request", "too-slow", "too-large", "unsupported-media-type")
_FAILED = ("invalid", "scanner-down", "evidence-store", "evidence-store-full", "too-many-requests", "internal", "busy")


def evidence_docs() -> JsonObject:
    """What FastAPI is told of uploading a file."""
    file = {**_BINARY, "description": "最多 50 MB / 50 MB at most"}
    form = {"schema": {"type": "object", "required": ["file"], "properties": {"file": file}}}
    content = {"application/json": {"schema": reference(ANSWERS["evidence"]), "example": question_answer("evidence")}}
    replayed = {"Idempotent-Replayed": {"schema": {"type": "string"}, "description": "true：已有 / it was there"}}
    body = {"multipart/form-data": form, "application/octet-stream": {"schema": file}}
    return {
        "operation_id": "evidence",
        "status_code": 201,
        "response_model": None,
        "responses": {
            201: {"description": "已保存 / kept", "content": content, "headers": replayed},
            **problem_docs([*_REFUSED, *_FAILED]),
        },
        "openapi_extra": {**BEARER, "requestBody": {"required": True, "content": body}},
    }


def evidence_file_docs(name: str, description: str, kinds: Iterable[str], example: str) -> JsonObject:
    """What FastAPI is told of a file of evidence of some kinds."""
    content: JsonObject = {kind: {"schema": _BINARY, "example": example} for kind in kinds}
    docs = question_docs(name, not_found=True, content=content)
    docs["responses"][200] = {"description": description, "content": content}
    del docs["responses"][304]
    docs["responses"] |= problem_docs(["gone", "evidence-store"])
    if name == "evidence_file":
        part = {"Content-Range": {"schema": {"type": "string"}, "description": "哪一部分 / which part"}}
        docs["responses"][206] = {"description": "文件的一部分 / a part of it", "content": content, "headers": part}
        docs["responses"] |= problem_docs(["range-not-satisfiable"])
    return docs | {"response_class": Response}
