"""The OpenAPI document as a whole: its operations, the schemas that they name, its tags, where it is served.

The groups of operations: an English name for programs, and what the Measures call it.

Named schemas of the document, made from the types of the answers: none is written by hand.

The answers that refuse, for the document: one named schema, one example for each kind of problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from inspect import cleandoc
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.application.answers.law import Problem
from api.application.commands import ASSESSMENT, BUSINESS, FILING, SANCTIONS, TRAIL
from api.application.privacy.authorisation import PERMISSIONS
from api.application.problem_types import MEDIA_TYPE, PROBLEM_TYPES
from api.http.documentation.answers import ACCESS_EXAMPLES, ANSWERS
from api.http.documentation.examples import JsonObject, act_answer, problem_example, question_answer

TEMPLATE = "#/components/schemas/{name}"
_GENERIC = re.compile(r"(?<=/)(\w+?)_(\w+?)_\Z|\A(\w+?)_(\w+?)_\Z")


def reference(kind: Any) -> JsonObject:
    """The schema of an answer by its name in the document."""
    return {"$ref": _place(kind)}


@cache
def _place(kind: Any) -> str:
    """Where the document has it: worked out once, as hundreds of routes name the same few."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=TEMPLATE)
    return _name(schema["$ref"])


def components(kinds: Iterable[Any]) -> JsonObject:
    """All schemas that these types of answers need, by name."""
    _, found = msgspec.json.schema_components(list(kinds), ref_template=TEMPLATE)
    return {_name(name): _readable(schema, _name(name)) for name, schema in found.items()}


def _name(name: str) -> str:
    """`Listing[AccountShown]` is called `AccountShownListing`: what a generated client can call a class."""
    return _GENERIC.sub(lambda found: f"{found[2] or found[4]}{found[1] or found[3]}", name)


def _readable(schema: JsonObject, name: str) -> JsonObject:
    said = {"description": cleandoc(schema["description"])} if "description" in schema else {}
    made: JsonObject = _renamed(schema) | {"title": name} | said
    return made | ({"type": "string"} if "enum" in schema else {})


def _renamed(value: Any) -> Any:
    """A schema with references by the names of the document, the type of enumerations, the items of lists."""
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _name(one) if name == "$ref" else _renamed(one) for name, one in value.items()}
    if made.get("type") == "array":
        made.setdefault("items", {})
    if isinstance(made.get("enum"), list) and all(isinstance(one, str) for one in made["enum"]):
        made["type"] = "string"
    return made


TAGS = {
    FILING: "Filing",
    BUSINESS: "Business",
    SANCTIONS: "Sanctions",
    ASSESSMENT: "Assessment",
    TRAIL: "Records and objections",
    "一次记录多件": "Many at once",
    "证据文件": "Evidence",
    "问：一家机构": "One agency",
    "问：全区": "The district",
    "日志与证明": "Log and proofs",
    "办法与规则库": "The Measures",
    "公开": "Public",
    "满意度调查链接": "Survey links",
    "签收链接": "Links to acknowledge a notice",
    "账户与令牌": "Accounts and tokens",
    "消息": "Messages",
    "监督": "Supervision",
    "运行": "Service",
}
"""By the Chinese name, under which a route stands in the code; in the order of the document."""


def declared() -> list[dict[str, str]]:
    """The tags as the document declares them."""
    return [{"name": name, "description": chinese} for chinese, name in TAGS.items()]


TITLE = "安全管家服务质量台账 Steward Ledger"
DESCRIPTION = (
    "按《大亚湾区“安全管家”服务质量保障管理办法（试行）》记录事实、查询状态。"
    "日期为亚洲/上海的日历日，时刻为 UTC，分值为两位小数的文本。\n\n"
    "Records facts under the Measures and answers what an agency's tier, bad-record count and score were on any day, "
    "as known at any instant. Dates are calendar days in Asia/Shanghai, instants are UTC, points are decimal text."
)


def _complete(document: JsonObject) -> None:
    """Who may use each operation; its tag in English; the nulls of examples, which FastAPI drops, though answered."""
    for (method, path), rights in PERMISSIONS.items():
        operation = document["paths"][path.replace(":path", "")][method.lower()]
        operation["x-roles"] = {str(role): str(reach) for role, reach in sorted(rights.items())}
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["tags"] = [TAGS[tag] for tag in operation["tags"]]
            answered = next(
                operation["responses"][one] for one in ("200", "201", "202") if one in operation["responses"]
            )
            example = answer_example(operation["operationId"])
            if example is not None and "application/json" in answered["content"]:
                answered["content"]["application/json"]["example"] = example


_ANSWERED_AS = {"bring_workbook": "workbook_run", "confirm_workbook": "workbook_run"}
"""Operations that answer what a question answers."""


def answer_example(name: str) -> Any:
    """The example answer of an operation with its nulls; None for a command, whose receipt has none."""
    _, made = ACCESS_EXAMPLES.get(name, ({}, None))
    return made or act_answer(name) or question_answer(_ANSWERED_AS.get(name, name))


def install(app: FastAPI, public_url: str) -> None:
    """Let the application serve this document; `public_url` is where it is reached from outside, empty: here."""

    def document() -> JsonObject:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes, tags=declared(),
                servers=[{"url": public_url or "/", "description": "本台账 / this ledger"}],
            )  # fmt: skip
            parts = made.setdefault("components", {})
            parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            parts["schemas"] = _together(parts.get("schemas", {}), components([*ANSWERS.values(), Problem]))
            _complete(made)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to change the document


def _together(bodies: JsonObject, answers: JsonObject) -> JsonObject:
    """The schemas of bodies and of answers. Raises: ValueError for a name that stands for one of each."""
    both = bodies.keys() & answers.keys()
    if twice := [one for one in both if bodies[one].get("enum") is None]:  # of an enumeration both say the same
        raise ValueError(f"a body and an answer have one name: {sorted(twice)}")
    return dict(sorted({**bodies, **answers}.items()))


def problem_docs(names: Iterable[str]) -> dict[int | str, JsonObject]:
    """The responses for these kinds of problem; two kinds of one status become two examples."""
    found: dict[int | str, JsonObject] = {}
    for name in names:
        kind = PROBLEM_TYPES[name]
        entry = found.setdefault(
            kind.status,
            {
                "description": f"{kind.title} / {kind.title_en}",
                "content": {MEDIA_TYPE: {"schema": reference(Problem), "examples": {}}},
            },
        )
        entry["content"][MEDIA_TYPE]["examples"][name] = {"value": problem_example(name)}
    if 401 in found:
        found[401]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    for status in (429, 503):
        if status in found:
            found[status]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return found
