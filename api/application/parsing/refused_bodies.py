"""The members of a problem body (RFC 9457) that come from a refusal: of a command, or of each row of a batch."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from api.application.answers.law import ProblemPlace, RowProblem
from api.application.problem_types import BatchRefused, RefusedRow, problem_type_of
from domain.errors import Refusal


class ErrorPlace(TypedDict):
    """One thing that is wrong, and where: a `ProblemPlace` as JSON has it."""

    pointer: str
    detail: str
    detail_en: str


class RefusalBody(TypedDict):
    """What a problem says of a refusal; an empty text says nothing and is left out of the answer."""

    errors: list[ErrorPlace]
    article: str
    rule: str
    remedy: str
    remedy_en: str
    rows: NotRequired[list[RowProblem]]


class ProblemBody(TypedDict, total=False):
    """A `Problem` as JSON has it (RFC 9457): what says nothing is not there. The first six always are."""

    type: str
    title: str
    status: int
    detail: str
    title_en: str
    detail_en: str
    errors: list[ErrorPlace]
    article: str
    rule: str
    remedy: str
    remedy_en: str


def refusal_body(refusal: Refusal) -> RefusalBody:
    """The members of a problem body that come from a refusal: articles, readings, remedy, fields, rows."""
    places = refusal.more or (() if refusal.pointer is None else ((refusal.pointer, refusal.text, refusal.text_en),))
    body: RefusalBody = {
        "errors": [{"pointer": pointer, "detail": text, "detail_en": text_en} for pointer, text, text_en in places],
        "article": ", ".join(one for one in refusal.cites if one.startswith(("art.", "annex"))),
        "rule": ", ".join(one for one in refusal.cites if one[:1] == "R" and one[1:2].isdigit()),
        "remedy": refusal.remedy,
        "remedy_en": refusal.remedy_en,
    }
    rows = refusal.rows if isinstance(refusal, BatchRefused) else ()
    if rows:
        body["rows"] = [row_problem(one) for one in rows]
    return body


def row_problem(row: RefusedRow) -> RowProblem:
    """What is said of a refused row of a batch."""
    kind, said = problem_type_of(row.refusal), refusal_body(row.refusal)
    return RowProblem(
        row=row.number,
        post=row.post,
        agency=row.uscc,
        because_of_row=row.because,
        type=kind.uri,
        status=kind.status,
        title=kind.title,
        title_en=kind.title_en,
        detail=row.refusal.text,
        detail_en=row.refusal.text_en,
        errors=tuple(ProblemPlace(**one) for one in said["errors"]),
        article=said["article"],
        rule=said["rule"],
        remedy=said["remedy"],
        remedy_en=said["remedy_en"],
    )
