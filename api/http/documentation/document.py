"""The OpenAPI document as a whole: its operations, the schemas that they name, its tags, where it is served."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.application.answers.service import Problem
from api.application.privacy.authorisation import PERMISSIONS
from api.http.documentation.access_examples import ACCESS_EXAMPLES
from api.http.documentation.answers import ANSWERS
from api.http.documentation.examples import act_answer, question_answer
from api.http.documentation.schemas import components
from api.http.documentation.tags import TAGS, declared

TITLE = "安全管家服务质量台账 Steward Ledger"
DESCRIPTION = (
    "按《大亚湾区“安全管家”服务质量保障管理办法（试行）》记录事实、查询状态。"
    "日期为亚洲/上海的日历日，时刻为 UTC，分值为两位小数的文本。\n\n"
    "Records facts under the Measures and answers what an agency's tier, bad-record count and score were on any day, "
    "as known at any instant. Dates are calendar days in Asia/Shanghai, instants are UTC, points are decimal text."
)


def _complete(document: dict[str, Any]) -> None:
    """Who may use each operation; its tag in English; the nulls of examples, which FastAPI drops, though answered."""
    for (method, path), rights in PERMISSIONS.items():
        operation = document["paths"][path.replace(":path", "")][method.lower()]
        operation["x-roles"] = {str(role): str(reach) for role, reach in sorted(rights.items())}
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["tags"] = [TAGS[tag] for tag in operation["tags"]]
            answered = operation["responses"].get("200") or operation["responses"]["201"]
            example = answer_example(operation["operationId"])
            if example is not None and "application/json" in answered["content"]:
                answered["content"]["application/json"]["example"] = example


def answer_example(name: str) -> Any:
    """The example answer of an operation with its nulls; None for a command, whose receipt has none."""
    _, made = ACCESS_EXAMPLES.get(name, ({}, None))
    return made or act_answer(name) or question_answer(name)


def install(app: FastAPI, public_url: str) -> None:
    """Let the application serve this document; `public_url` is where it is reached from outside, empty: here."""

    def document() -> dict[str, Any]:
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


def _together(bodies: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    """The schemas of bodies and of answers. Raises: ValueError for a name that stands for one of each."""
    both = bodies.keys() & answers.keys()
    if twice := [one for one in both if bodies[one].get("enum") is None]:  # of an enumeration both say the same
        raise ValueError(f"a body and an answer have one name: {sorted(twice)}")
    return dict(sorted({**bodies, **answers}.items()))
