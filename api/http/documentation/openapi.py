"""What FastAPI is told of each operation: its answer with an example, every error that can occur."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from api.application.commands import CommandRoute, WritingRoute
from api.http.documentation.answers import ACCESS_EXAMPLES, ANSWERS, COMMAND
from api.http.documentation.document import problem_docs, reference
from api.http.documentation.examples import (
    QUESTION_BODIES,
    act_answer,
    command_answer,
    command_example,
    question_answer,
)
from api.http.responses import ATOM

BEARER: dict[str, Any] = {"security": [{"token": []}]}
_OPEN: dict[str, Any] = {"security": []}
_ALWAYS = ("too-many-requests", "internal", "busy")
_BODY = ("malformed-request", "too-slow", "too-large", "unsupported-media-type", "invalid")
_TOKEN = ("unauthenticated", "forbidden")


def _text(schema: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "string", **(schema or {}), **more}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": _text()}


def command_docs(row: CommandRoute) -> dict[str, Any]:
    """What FastAPI is told of a command's route."""
    return _writing_docs(row, _recorded(command_answer(row)))


def act_docs(row: WritingRoute) -> dict[str, Any]:
    """What FastAPI is told of an act's route, which answers with more than a command."""
    return _writing_docs(row, _recorded(act_answer(row.name), row.name))


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


def _recorded(example: dict[str, Any], name: str = COMMAND) -> dict[str, Any]:
    return {"description": "已记录 / recorded", "content": _json(name, example), "headers": _REPLAYED}


def _json(name: str, example: Any) -> dict[str, Any]:
    """JSON of the type that this operation answers."""
    return {"application/json": {"schema": reference(ANSWERS[name]), "example": example}}


def _body_example(body: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"example": body}}}}


_WRITING = [
    _header("Idempotency-Key", "重试时用同一个键 / the same key for retries of one request"),
    _header("If-Match", '"<version>" 或 * / or *'),
]


def question_docs(
    name: str, *, one_agency: bool = False, not_found: bool = False, content: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What FastAPI is told of a question's route. `content`: of what is no JSON, by media type."""
    names = [*_TOKEN, "invalid", *_ALWAYS] + ["not-found"] * (one_agency or not_found)
    return {
        "operation_id": name,
        "response_model": None,
        "responses": {
            200: _answered(name, content),
            304: {"description": "没有变化 / unchanged"},
            **problem_docs(names),
        },
        "openapi_extra": {**BEARER, "parameters": [_header("If-None-Match", "上一次的 ETag / the ETag of last time")]},
    }


def body_question_docs(name: str) -> dict[str, Any]:
    """What FastAPI is told of a question that has a body."""
    return {
        "operation_id": name,
        "status_code": 200,
        "response_model": None,
        "responses": {
            200: {"description": "回答 / the answer", "content": _json(name, question_answer(name))},
            **problem_docs([*_TOKEN, *_BODY, "not-found", "contradiction", "out-of-time", *_ALWAYS]),
        },
        "openapi_extra": {**BEARER, **_body_example(QUESTION_BODIES[name])},
    }


ZIP_EXAMPLE = "PK: README.txt, MANIFEST.json, appeal.json, sheets/published.pdf, ..."


def dossier_docs() -> dict[str, Any]:
    """What FastAPI is told of a dossier, which is a ZIP."""
    return _file_docs("appeal_dossier", "卷宗 / the dossier", "application/zip", ZIP_EXAMPLE)


PDF_EXAMPLE = "%PDF-1.7 ..."


def pdf_docs() -> dict[str, Any]:
    """What FastAPI is told of a printed sheet."""
    return _file_docs("sheet_pdf", "打分表 / the sheet", "application/pdf", PDF_EXAMPLE)


def _file_docs(name: str, description: str, kind: str, example: str) -> dict[str, Any]:
    content = {kind: {"schema": _text(format="binary"), "example": example}}
    docs = question_docs(name, not_found=True, content=content)
    docs["responses"][200] = {"description": description, "content": content}
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


def _answered(name: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "description": "回答 / the answer",
        "content": content or _json(name, question_answer(name)),
        "headers": {"ETag": {"schema": _text()}, "Cache-Control": {"schema": _text()}},
    }


def public_docs(name: str, problems: Iterable[str], content: dict[str, Any] | None = None) -> dict[str, Any]:
    """What FastAPI is told of a question that needs no token. `content`: of what is no JSON, by media type."""
    content = content or _json(name, question_answer(name))
    return {
        "operation_id": name,
        "response_model": None,
        "responses": {200: {"description": "回答 / the answer", "content": content}, **problem_docs(problems)},
        "openapi_extra": _OPEN,
    }


def metrics_docs() -> dict[str, Any]:
    """What FastAPI is told of the figures, which are plain text."""
    content = {"text/plain": {"schema": _text(), "example": question_answer("metrics")}}
    return public_docs("metrics", ["not-found", "invalid", *_ALWAYS], content) | {"response_class": Response}


def public_list_docs(name: str, feed: str, *, not_found: bool = False) -> dict[str, Any]:
    """What FastAPI is told of a list that everybody may read, as JSON or, by `Accept`, as the feed of that name."""
    return _listed_docs(name, {**_json(name, question_answer(name)), **_feed(feed)}, not_found=not_found)


def public_question_docs(name: str, *, not_found: bool = False) -> dict[str, Any]:
    """What FastAPI is told of a question for everybody whose answer caches may keep a while."""
    return _listed_docs(name, _json(name, question_answer(name)), not_found=not_found)


def feed_docs(name: str, *, not_found: bool = False) -> dict[str, Any]:
    """What FastAPI is told of a feed (RFC 4287)."""
    return _listed_docs(name, _feed(name), not_found=not_found) | {"response_class": Response}


def _listed_docs(name: str, content: dict[str, Any], *, not_found: bool) -> dict[str, Any]:
    docs = public_docs(name, ["invalid", *_ALWAYS] + ["not-found"] * not_found, content)
    docs["responses"][200] |= {"headers": _CACHED}
    return docs | _CONDITIONAL | {"responses": {304: {"description": "没有变化 / unchanged"}, **docs["responses"]}}


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
    names = [*_TOKEN, *_BODY, "not-found", "contradiction", *_ALWAYS]
    return {
        "operation_id": name,
        "status_code": 201,
        "response_model": None,
        "responses": {201: {"description": "已办理 / done", "content": _json(name, made)}, **problem_docs(names)},
        "openapi_extra": {**BEARER, **_body_example(body)},
    }
