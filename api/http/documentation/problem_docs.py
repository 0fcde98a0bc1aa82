"""The answers that refuse, for the document: one named schema, one example for each kind of problem."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.application.answers.service import Problem
from api.application.problem_types import MEDIA_TYPE, PROBLEM_TYPES
from api.http.documentation.examples import problem_example
from api.http.documentation.schemas import reference


def problem_docs(names: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """The responses for these kinds of problem; two kinds of one status become two examples."""
    found: dict[int | str, dict[str, Any]] = {}
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
