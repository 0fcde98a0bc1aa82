"""What FastAPI is told of each operation: its answer with an example, every error that can occur."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from api.application.commands import CommandRoute, WritingRoute
from api.application.exports.exporting import FORMS, MEDIA_TYPES, FileForm
from api.http.documentation.answers import ACCESS_EXAMPLES, ANSWERS, COMMAND, LINE
from api.http.documentation.document import problem_docs, reference
from api.http.documentation.examples import (
    QUESTION_BODIES,
    JsonObject,
    act_answer,
    command_answer,
    command_example,
    question_answer,
)
from api.http.query_params import MIN_LOG
from api.http.responses import ATOM
from api.http.table_forms import FORMAT

BEARER: JsonObject = {"security": [{"token": []}]}
_OPEN: JsonObject = {"security": []}
_ALWAYS = ("too-many-requests", "internal", "busy")
_BODY = ("malformed-request", "too-slow", "too-large", "unsupported-media-type", "invalid")
_TOKEN = ("unauthenticated", "forbidden")


def _text(schema: JsonObject | None = None, **more: Any) -> JsonObject:
    return {"type": "string", **(schema or {}), **more}


def _header(name: str, description: str) -> JsonObject:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": _text()}


def command_docs(row: CommandRoute) -> JsonObject:
    """What FastAPI is told of a command's route."""
    return _writing_docs(row, _recorded(command_answer(row)))


def act_docs(row: WritingRoute) -> JsonObject:
    """What FastAPI is told of an act's route, which answers with more than a command."""
    return _writing_docs(row, _recorded(act_answer(row.name), row.name))


def _writing_docs(row: WritingRoute, recorded: JsonObject) -> JsonObject:
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


def batch_docs() -> JsonObject:
    """What FastAPI is told of recording a batch."""
    names = [*_TOKEN, *_BODY, "batch-refused", "idempotency-key-reused", *_ALWAYS]
    return {
        "operation_id": "batch",
        "status_code": 201,
        "response_model": None,
        "responses": {201: _recorded(question_answer("batch"), "batch"), **problem_docs(names)},
        "openapi_extra": {**BEARER, "parameters": _WRITING[:1], **_body_example(QUESTION_BODIES["batch_preview"])},
    }


_REPLAYED = {
    "Idempotent-Replayed": {"schema": _text(), "description": "true：重试，回答同第一次 / a retry, answered as before"}
}


def _recorded(example: JsonObject, name: str = COMMAND) -> JsonObject:
    return {"description": "已记录 / recorded", "content": _json(name, example), "headers": _REPLAYED}


def _json(name: str, example: Any) -> JsonObject:
    """JSON of the type that this operation answers."""
    return {"application/json": {"schema": reference(ANSWERS[name]), "example": example}}


def _body_example(body: JsonObject) -> JsonObject:
    return {"requestBody": {"content": {"application/json": {"example": body}}}}


_WRITING = [
    _header("Idempotency-Key", "重试时用同一个键 / the same key for retries of one request"),
    _header("If-Match", '"<version>" 或 * / or *'),
]


_MIN_LOG = {
    "name": MIN_LOG,
    "in": "query",
    "required": False,
    "description": "日志至少须到此序号，否则 409 / the log has to have come to this place, else 409",
    "schema": {"type": "integer", "minimum": 0},
}


def question_docs(
    name: str, *, one_agency: bool = False, not_found: bool = False, content: JsonObject | None = None
) -> JsonObject:
    """What FastAPI is told of a question's route. `content`: of what is no JSON, by media type."""
    names = [*_TOKEN, "invalid", "contradiction", *_ALWAYS] + ["not-found"] * (one_agency or not_found)
    parameters = [_header("If-None-Match", "上一次的 ETag / the ETag of last time"), _MIN_LOG]
    return {
        "operation_id": name,
        "response_model": None,
        "responses": {
            200: _answered(name, content),
            304: {"description": "没有变化 / unchanged"},
            **problem_docs(names),
        },
        "openapi_extra": {**BEARER, "parameters": parameters},
    }


def list_docs(name: str, *forms: FileForm, one_agency: bool = False, not_found: bool = False) -> JsonObject:
    """What FastAPI is told of a list, which answers in pages, or whole as a file (`forms` besides CSV and XLSX)."""
    return with_files(question_docs(name, one_agency=one_agency, not_found=not_found), *forms)


def _line(name: str) -> JsonObject:
    """An item of a list as a line of its own, which says its basis itself."""
    answer: JsonObject = question_answer(name)
    return {**answer["items"][0], **{member: value for member, value in answer.items() if member != "items"}}


def with_files(docs: JsonObject, *forms: FileForm) -> JsonObject:
    """What FastAPI is told of a list (`docs`), with the files that it is handed out as besides pages of JSON."""
    offered = ["json", *forms, *FORMS]
    said = "json：分页（默认）；其余为整份清单的文件，也可用 Accept / pages as JSON, or the whole list as a file"
    parameter = {"name": FORMAT, "in": "query", "required": False, "description": said}
    docs["openapi_extra"]["parameters"].append(parameter | {"schema": _text(enum=offered, default="json")})
    content = docs["responses"][200]["content"]
    for form in forms:
        content[MEDIA_TYPES[form]] = {"schema": reference(ANSWERS[LINE]), "example": _line(docs["operation_id"])}
    content[MEDIA_TYPES["csv"]] = {"schema": _text(), "example": CSV_EXAMPLE}
    content[MEDIA_TYPES["xlsx"]] = {"schema": _text(format="binary"), "example": "PK: xl/workbook.xml, ..."}
    return docs


CSV_EXAMPLE = "\ufeff序号,统一社会信用代码,机构名称\r\n1,91441300MA4X2Y7K18,惠州市安恒安全技术服务有限公司\r\n"


def body_question_docs(name: str) -> JsonObject:
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


def certificate_docs() -> JsonObject:
    """What FastAPI is told of a certificate, which is a file."""
    docs = question_docs("certificate", one_agency=True)
    docs["responses"][200]["description"] = (
        "证书；用 steward verify 验证 / the certificate: check it with steward verify"
    )
    del docs["responses"][304], docs["responses"][200]["headers"]["ETag"]
    return docs | {"response_class": Response}


def log_docs() -> JsonObject:
    """What FastAPI is told of the log, which answers in pages or as a stream."""
    docs = question_docs("log")
    example = 'retry: 2000\n\nid: 1\nevent: recorded\ndata: {"log_index": 1, ...}\n\n'
    docs["responses"][200]["content"]["text/event-stream"] = {"schema": _text(), "example": example}
    last = _header("Last-Event-ID", "断线后从此序号之后继续，优先于 after / go on after this index; wins over after")
    docs["openapi_extra"]["parameters"].append(last)
    return docs


def checkpoint_docs() -> JsonObject:
    """What FastAPI is told of the signed checkpoint: JSON, or the note alone."""
    docs = question_docs("log_checkpoint")
    docs["responses"][200]["content"]["text/plain"] = {"schema": _text(), "example": NOTE_EXAMPLE}
    return docs


TILE_EXAMPLE = "SHA-256 SHA-256 ..."
NOTE_EXAMPLE = "steward-ledger/0190…\n3\nroot\nheads 2 root of heads\n\n— steward-ledger/0190… signature\n"


def _answered(name: str, content: JsonObject | None = None) -> JsonObject:
    return {
        "description": "回答 / the answer",
        "content": content or _json(name, question_answer(name)),
        "headers": {"ETag": {"schema": _text()}, "Cache-Control": {"schema": _text()}},
    }


def public_docs(name: str, problems: Iterable[str], content: JsonObject | None = None) -> JsonObject:
    """What FastAPI is told of a question that needs no token. `content`: of what is no JSON, by media type."""
    content = content or _json(name, question_answer(name))
    return {
        "operation_id": name,
        "response_model": None,
        "responses": {200: {"description": "回答 / the answer", "content": content}, **problem_docs(problems)},
        "openapi_extra": _OPEN,
    }


def metrics_docs() -> JsonObject:
    """What FastAPI is told of the figures, which are plain text."""
    content = {"text/plain": {"schema": _text(), "example": question_answer("metrics")}}
    return public_docs("metrics", ["not-found", "invalid", *_ALWAYS], content) | {"response_class": Response}


def public_list_docs(name: str, feed: str, *, not_found: bool = False) -> JsonObject:
    """What FastAPI is told of a list that everybody may read, as JSON or, by `Accept`, as the feed of that name."""
    return with_files(_listed_docs(name, {**_json(name, question_answer(name)), **_feed(feed)}, not_found=not_found))


def public_question_docs(name: str, *, not_found: bool = False) -> JsonObject:
    """What FastAPI is told of a question for everybody whose answer caches may keep a while."""
    return _listed_docs(name, _json(name, question_answer(name)), not_found=not_found)


def tile_docs(name: str, media_type: str) -> JsonObject:
    """What FastAPI is told of a part of the log that everybody may read (c2sp.org/tlog-tiles)."""
    text = media_type.startswith("text/")
    content: JsonObject = {"schema": _text() if text else {"type": "string", "format": "binary"}}
    content["example"] = NOTE_EXAMPLE if text else TILE_EXAMPLE
    docs = _listed_docs(name, {media_type.partition(";")[0]: content}, not_found=not text)
    return docs | {"response_class": Response}


def feed_docs(name: str, *, not_found: bool = False) -> JsonObject:
    """What FastAPI is told of a feed (RFC 4287)."""
    return _listed_docs(name, _feed(name), not_found=not_found) | {"response_class": Response}


def _listed_docs(name: str, content: JsonObject, *, not_found: bool) -> JsonObject:
    docs = public_docs(name, ["invalid", *_ALWAYS] + ["not-found"] * not_found, content)
    docs["responses"][200] |= {"headers": _CACHED}
    return docs | conditional() | {"responses": {304: {"description": "没有变化 / unchanged"}, **docs["responses"]}}


def _feed(name: str) -> JsonObject:
    return {ATOM: {"schema": _text(), "example": question_answer(name)}}


_CACHED = {"ETag": {"schema": _text()}, "Cache-Control": {"schema": _text()}}


def conditional() -> JsonObject:
    """What is said of a public question that caches may ask again for."""
    parameters = [_header("If-None-Match", "上一次的 ETag / the ETag of last time")]
    return {"openapi_extra": {**_OPEN, "parameters": parameters}}


def link_docs(name: str, body: JsonObject, answer: JsonObject) -> JsonObject:
    """What FastAPI is told of answering by a one-time link. `body`: an example."""
    names = [*_BODY, "not-found", "contradiction", "gone", "version-moved", "idempotency-key-reused", *_ALWAYS]
    return {
        "operation_id": name,
        "status_code": 201,
        "response_model": None,
        "responses": {201: _recorded(answer), **problem_docs(names)},
        "openapi_extra": {**_OPEN, "parameters": _WRITING, **_body_example(body)},
    }


def access_docs(name: str) -> JsonObject:
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
