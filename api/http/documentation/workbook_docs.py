"""What FastAPI is told of workbooks that are brought, which are no JSON."""

from __future__ import annotations

from starlette.responses import Response

from api.application.exports.exporting import MEDIA_TYPES
from api.http.documentation.answers import ANSWERS
from api.http.documentation.document import problem_docs, reference
from api.http.documentation.examples import JsonObject, question_answer
from api.http.documentation.openapi import BEARER, question_docs

XLSX_EXAMPLE = "PK: xl/workbook.xml, xl/worksheets/sheet1.xml, ..."
_BINARY: JsonObject = {"type": "string", "format": "binary"}
_REFUSED = ("unauthenticated", "forbidden", "not-found", "malformed-request", "too-slow", "too-large", "invalid")
_UPLOAD = ("unsupported-media-type", "scanner-down", "evidence-store", "evidence-store-full")
_FAILED = ("too-many-requests", "internal", "busy")


def workbook_file_docs(name: str, description: str, *, contradicts: bool = False) -> JsonObject:
    """What FastAPI is told of a workbook that is handed out."""
    content = {MEDIA_TYPES["xlsx"]: {"schema": _BINARY, "example": XLSX_EXAMPLE}}
    docs = question_docs(name, not_found=True, content=content)
    docs["responses"][200] = {"description": description, "content": content}
    del docs["responses"][304]
    docs["responses"] |= problem_docs(["contradiction", "evidence-store"] if contradicts else [])
    return docs | {"response_class": Response}


def facts_docs() -> JsonObject:
    """What FastAPI is told of the facts of a kind in the columns of its workbook."""
    docs = workbook_file_docs("workbook_facts", "已登记的事实 / the facts that are recorded")
    csv = {"schema": {"type": "string"}, "example": "\ufeff序号,统一社会信用代码,机构名称\r\n"}
    docs["responses"][200]["content"][MEDIA_TYPES["csv"]] = csv
    return docs


def bring_docs() -> JsonObject:
    """What FastAPI is told of sending a workbook."""
    file = {**_BINARY, "description": "XLSX 或 CSV，最多 20 MB / XLSX or CSV, 20 MB at most"}
    form = {"schema": {"type": "object", "required": ["file"], "properties": {"file": file}}}
    said = "重试时用同一个键 / the same key for retries of one request"
    key = {"name": "Idempotency-Key", "in": "header", "required": False, "description": said}
    extra = {
        "parameters": [{**key, "schema": {"type": "string"}}],
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": form, "application/octet-stream": {"schema": file}},
        },
    }
    return _accepted("bring_workbook", [*_REFUSED, *_UPLOAD, "idempotency-key-reused", *_FAILED], extra)


def confirm_docs() -> JsonObject:
    """What FastAPI is told of confirming that a workbook is recorded."""
    body = {"requestBody": {"content": {"application/json": {"example": {"part": "good"}}}}}
    return _accepted("confirm_workbook", [*_REFUSED, "unsupported-media-type", "contradiction", *_FAILED], body)


def _accepted(name: str, problems: list[str], extra: JsonObject) -> JsonObject:
    answer = {"schema": reference(ANSWERS["workbook_run"]), "example": question_answer("workbook_run")}
    where = {"schema": {"type": "string"}, "description": "进度的地址 / where to ask how far it is"}
    accepted = {"description": "已收下 / accepted", "content": {"application/json": answer}}
    return {
        "operation_id": name,
        "status_code": 202,
        "response_model": None,
        "responses": {202: {**accepted, "headers": {"Location": where}}, **problem_docs(problems)},
        "openapi_extra": {**BEARER, **extra},
    }
