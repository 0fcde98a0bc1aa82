"""The OpenAPI document: an example for each answer, every error that can occur, and who may ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from api.application.commands import COMMANDS, CommandRoute, WritingRoute
from api.application.privacy.authorisation import PERMISSIONS
from api.application.problem_types import MEDIA_TYPE, PROBLEM_TYPES
from api.http.atom import ATOM
from api.http.documentation.access_examples import ACCESS_EXAMPLES
from api.http.documentation.examples import (
    QUESTION_BODIES,
    act_answer,
    command_answer,
    command_example,
    problem_example,
    question_answer,
)

TITLE = "安全管家服务质量台账 Steward Ledger"
DESCRIPTION = (
    "按《大亚湾区“安全管家”服务质量保障管理办法（试行）》记录事实、查询状态。"
    "日期为亚洲/上海的日历日，时刻为 UTC，分值为两位小数的文本。\n\n"
    "Records facts under the Measures and answers what an agency's tier, bad-record count and score were on any day, "
    "as known at any instant. Dates are calendar days in Asia/Shanghai, instants are UTC, points are decimal text."
)
BEARER: dict[str, Any] = {"security": [{"token": []}]}
_OPEN: dict[str, Any] = {"security": []}
_ALWAYS = ("too-many-requests", "internal", "busy")
_BODY = ("malformed-request", "too-slow", "too-large", "unsupported-media-type", "invalid")
_TOKEN = ("unauthenticated", "forbidden")


def _text(schema: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "string", **(schema or {}), **more}


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "detail_en"],
    "properties": {
        "type": _text(format="uri-reference"),
        "title": _text(),
        "title_en": _text(),
        "status": {"type": "integer"},
        "detail": _text(),
        "detail_en": _text(),
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail", "detail_en"],
                "properties": {
                    "pointer": _text(description="RFC 6901；查询参数写作 ?name / ?name for a query parameter"),
                    "detail": _text(),
                    "detail_en": _text(),
                },
            },
        },
        "article": _text(description="办法的条款 / article of the Measures"),
        "rule": _text(description="对办法的理解 / reading of the Measures"),
        "remedy": _text(),
        "remedy_en": _text(),
        "reference": _text(description="日志编号 / number in the log (500)"),
    },
}
RECORDED_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Recorded",
    "required": ["agency", "version", "recorded_at", "events", "ids", "similar"],
    "properties": {
        "agency": _text(),
        "version": {"type": "integer"},
        "recorded_at": _text(format="date-time"),
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type", "version", "occurred_on", "recorded_at"],
                "properties": {
                    "id": _text(),
                    "type": _text(),
                    "version": {"type": "integer"},
                    "occurred_on": _text(format="date"),
                    "recorded_at": _text(format="date-time"),
                },
            },
        },
        "ids": {"type": "object", "additionalProperties": _text()},
        "similar": {
            "type": "array",
            "description": "同样内容的较早记录（R46）/ earlier facts of the same content (R46)",
            "items": {
                "type": "object",
                "required": ["event", "recorded_at"],
                "properties": {"event": _text(), "recorded_at": _text(format="date-time")},
            },
        },
        "category_new": {"type": "boolean"},
        "categories_in_use": {"type": "array", "items": _text()},
        "also_annulled": {"type": "array", "items": _text()},
        "touched": {"type": "array", "items": {"type": "object"}},
        "appeal": _text(),
        "result": {"type": ["object", "null"]},
        "ranks": {"type": "array", "items": {"type": "object"}},
        "link": _text(),
        "page": _text(),
        "demonstration": {"type": "boolean"},
    },
}


ROUND_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "RoundRecorded",
    "required": ["assessment", "version", "recorded_at", "count", "events_url"],
    "properties": {
        "assessment": {"type": "integer"},
        "version": {"type": "integer"},
        "recorded_at": _text(format="date-time"),
        "count": {"type": "integer"},
        "events_url": _text(),
        "demonstration": {"type": "boolean"},
    },
}


ERASED_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "SubjectErased",
    "required": ["subject", "version", "recorded_at", "events", "ids"],
    "properties": {
        "subject": _text(),
        "demonstration": {"type": "boolean"},
        **{name: RECORDED_SCHEMA["properties"][name] for name in ("version", "recorded_at", "events", "ids")},
    },
}


SCHEMAS = {
    "Problem": PROBLEM_SCHEMA,
    "Recorded": RECORDED_SCHEMA,
    "RoundRecorded": ROUND_SCHEMA,
    "SubjectErased": ERASED_SCHEMA,
}


def problem_docs(names: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """The responses for these kinds of problem; two kinds of one status become two examples."""
    found: dict[int | str, dict[str, Any]] = {}
    for name in names:
        kind = PROBLEM_TYPES[name]
        entry = found.setdefault(
            kind.status,
            {
                "description": f"{kind.title} / {kind.title_en}",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        entry["content"][MEDIA_TYPE]["examples"][name] = {"value": problem_example(name)}
    if 401 in found:
        found[401]["headers"] = {"WWW-Authenticate": {"schema": _text()}}
    for status in (429, 503):
        if status in found:
            found[status]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return found


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": _text()}


def command_docs(row: CommandRoute) -> dict[str, Any]:
    """What FastAPI is told of a command's route."""
    return _writing_docs(row, _recorded(command_answer(row)))


def act_docs(row: WritingRoute) -> dict[str, Any]:
    """What FastAPI is told of an act's route, which answers with more than a command."""
    names = {"{year}": "RoundRecorded", "/subjects/": "SubjectErased"}
    schema = "#/components/schemas/" + next((name for part, name in names.items() if part in row.path), "Recorded")
    content = {"application/json": {"schema": {"$ref": schema}, "example": act_answer(row.name)}}
    return _writing_docs(row, {"description": "已记录 / recorded", "content": content, "headers": _REPLAYED})


def _writing_docs(row: WritingRoute, recorded: dict[str, Any]) -> dict[str, Any]:
    example = command_example(row.body)
    names = [*_TOKEN, *_BODY, "version-moved", "idempotency-key-reused", *_ALWAYS]
    names += ["not-found"] * ("{" in row.path) + ["contradiction"] * example.can_contradict
    roles = ", ".join(sorted(row.roles))
    return {
        "operation_id": row.name,
        "tags": [row.tag],
        "summary": row.body.__doc__,
        "description": f"角色 / roles: {roles}",
        "status_code": 201,
        "response_model": None,
        "responses": {201: recorded, **problem_docs(names)},
        "openapi_extra": {**BEARER, "parameters": _WRITING, **_body_example(example.body)},
    }


_REPLAYED = {
    "Idempotent-Replayed": {"schema": _text(), "description": "true：重试，回答同第一次 / a retry, answered as before"}
}


def _recorded(example: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Recorded"}
    return {
        "description": "已记录 / recorded",
        "content": {"application/json": {"schema": schema, "example": example}},
        "headers": _REPLAYED,
    }


def _body_example(body: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"example": body}}}}


_WRITING = [
    _header("Idempotency-Key", "重试时用同一个键 / the same key for retries of one request"),
    _header("If-Match", '"<version>" 或 * / or *'),
]


def question_docs(name: str, *, one_agency: bool = False, not_found: bool = False) -> dict[str, Any]:
    """What FastAPI is told of a question's route."""
    names = [*_TOKEN, "invalid", *_ALWAYS] + ["not-found"] * (one_agency or not_found)
    return {
        "operation_id": name,
        "response_model": None,
        "responses": {200: _answered(name), 304: {"description": "没有变化 / unchanged"}, **problem_docs(names)},
        "openapi_extra": {**BEARER, "parameters": [_header("If-None-Match", "上一次的 ETag / the ETag of last time")]},
    }


def body_question_docs(name: str) -> dict[str, Any]:
    """What FastAPI is told of a question that has a body."""
    return {
        "operation_id": name,
        "status_code": 200,
        "response_model": None,
        "responses": {
            200: {
                "description": "回答 / the answer",
                "content": {"application/json": {"schema": {"type": "object"}, "example": question_answer(name)}},
            },
            **problem_docs([*_TOKEN, *_BODY, "not-found", "contradiction", "out-of-time", *_ALWAYS]),
        },
        "openapi_extra": {**BEARER, **_body_example(QUESTION_BODIES[name])},
    }


ZIP_EXAMPLE = "PK: README.txt, MANIFEST.json, appeal.json, sheets/published.pdf, ..."


def dossier_docs() -> dict[str, Any]:
    """What FastAPI is told of a dossier, which is a ZIP."""
    docs = question_docs("appeal_dossier", not_found=True)
    content = {"application/zip": {"schema": _text(format="binary"), "example": ZIP_EXAMPLE}}
    docs["responses"][200] = {"description": "卷宗 / the dossier", "content": content}
    del docs["responses"][304]
    return docs | {"response_class": Response}


PDF_EXAMPLE = "%PDF-1.7 ..."


def pdf_docs() -> dict[str, Any]:
    """What FastAPI is told of a printed sheet."""
    docs = question_docs("sheet_pdf", one_agency=True)
    content = {"application/pdf": {"schema": _text(format="binary"), "example": PDF_EXAMPLE}}
    docs["responses"][200] = {"description": "打分表 / the sheet", "content": content}
    del docs["responses"][304]
    return docs | {"response_class": Response}


def certificate_docs() -> dict[str, Any]:
    """What FastAPI is told of a certificate, which is a file."""
    docs = question_docs("certificate", one_agency=True)
    docs["responses"][200]["description"] = (
        "证书；用 steward verify 验证 / the certificate: check it with steward verify"
    )
    del docs["responses"][304], docs["responses"][200]["headers"]["ETag"]
    return docs | {"response_class": Response}


def log_docs() -> dict[str, Any]:
    """What FastAPI is told of the log, which answers in pages or as a stream."""
    docs = question_docs("log")
    docs["responses"] |= problem_docs(["contradiction"])  # a place beyond the end of the log
    example = 'retry: 2000\n\nid: 1\nevent: recorded\ndata: {"log_index": 1, ...}\n\n'
    docs["responses"][200]["content"]["text/event-stream"] = {"schema": _text(), "example": example}
    last = _header("Last-Event-ID", "断线后从此序号之后继续，优先于 after / go on after this index; wins over after")
    docs["openapi_extra"]["parameters"].append(last)
    return docs


def checkpoint_docs() -> dict[str, Any]:
    """What FastAPI is told of the signed checkpoint: JSON, or the note alone."""
    docs = question_docs("log_checkpoint")
    docs["responses"][200]["content"]["text/plain"] = {"schema": _text(), "example": NOTE_EXAMPLE}
    return docs


NOTE_EXAMPLE = "steward-ledger/0190…\n3\nroot\nheads 2 root of heads\n\n— steward-ledger/0190… signature\n"


def _answered(name: str) -> dict[str, Any]:
    example = question_answer(name)
    return {
        "description": "回答 / the answer",
        "content": {"application/json": {"schema": {"type": "object"}, "example": example}},
        "headers": {"ETag": {"schema": _text()}, "Cache-Control": {"schema": _text()}},
    }


def public_docs(name: str, problems: Iterable[str]) -> dict[str, Any]:
    """What FastAPI is told of a question that needs no token."""
    content = {"application/json": {"schema": {"type": "object"}, "example": question_answer(name)}}
    return {
        "operation_id": name,
        "response_model": None,
        "responses": {200: {"description": "回答 / the answer", "content": content}, **problem_docs(problems)},
        "openapi_extra": _OPEN,
    }


def metrics_docs() -> dict[str, Any]:
    """What FastAPI is told of the figures, which are plain text."""
    docs = public_docs("metrics", ["not-found", "invalid", *_ALWAYS])
    docs["responses"][200]["content"] = {"text/plain": {"schema": _text(), "example": question_answer("metrics")}}
    return docs | {"response_class": Response}


def public_list_docs(name: str, feed: str, *, not_found: bool = False) -> dict[str, Any]:
    """What FastAPI is told of a list that everybody may read, as JSON or, by `Accept`, as the feed of that name."""
    docs = public_docs(name, ["invalid", *_ALWAYS] + ["not-found"] * not_found)
    docs["responses"][200] |= {"headers": _CACHED}
    docs["responses"][200]["content"] |= _feed(feed)
    return docs | _CONDITIONAL | {"responses": {304: {"description": "没有变化 / unchanged"}, **docs["responses"]}}


def feed_docs(name: str, *, not_found: bool = False) -> dict[str, Any]:
    """What FastAPI is told of a feed (RFC 4287)."""
    docs = public_list_docs(name, name, not_found=not_found)
    del docs["responses"][200]["content"]["application/json"]
    return docs | {"response_class": Response}


def _feed(name: str) -> dict[str, Any]:
    return {ATOM: {"schema": _text(), "example": question_answer(name)}}


_CACHED = {"ETag": {"schema": _text()}, "Cache-Control": {"schema": _text()}}
_CONDITIONAL: dict[str, Any] = {
    "openapi_extra": {**_OPEN, "parameters": [_header("If-None-Match", "上一次的 ETag / the ETag of last time")]}
}


def link_docs(body: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """What FastAPI is told of answering by a one-time link."""
    names = [*_BODY, "not-found", "contradiction", "gone", "version-moved", "idempotency-key-reused", *_ALWAYS]
    return {
        "operation_id": "answer_invitation",
        "status_code": 201,
        "response_model": None,
        "responses": {201: _recorded(answer), **problem_docs(names)},
        "openapi_extra": {**_OPEN, "parameters": _WRITING, **_body_example(command_example(body).body)},
    }


def access_docs(name: str) -> dict[str, Any]:
    """What FastAPI is told of an administrator's change of accounts or tokens."""
    body, made = ACCESS_EXAMPLES[name]
    content = {"application/json": {"schema": {"type": "object"}, "example": made}}
    names = [*_TOKEN, *_BODY, "not-found", "contradiction", *_ALWAYS]
    return {
        "operation_id": name,
        "status_code": 201,
        "response_model": None,
        "responses": {201: {"description": "已办理 / done", "content": content}, **problem_docs(names)},
        "openapi_extra": {**BEARER, **_body_example(body)},
    }


def _complete(document: dict[str, Any]) -> None:
    """Who may use each operation; and the nulls of examples, which FastAPI drops though they are part of the answer."""
    for (method, path), rights in PERMISSIONS.items():
        operation = document["paths"][path.replace(":path", "")][method.lower()]
        operation["x-roles"] = {str(role): str(reach) for role, reach in sorted(rights.items())}
    for methods in document["paths"].values():
        for operation in methods.values():
            answered = operation["responses"].get("200")
            if answered is not None and "application/json" in answered["content"]:
                answered["content"]["application/json"]["example"] = question_answer(operation["operationId"])


def install(app: FastAPI) -> None:
    """Let the application serve this document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            tags = [{"name": tag} for tag in dict.fromkeys(row.tag for row in COMMANDS)]
            made = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes, tags=tags
            )
            components = made.setdefault("components", {})
            components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            components.setdefault("schemas", {}).update(SCHEMAS)
            _complete(made)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to change the document
