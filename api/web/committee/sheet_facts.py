"""The facts behind a published sheet, told apart: of which client each is, what it says by itself (art.22, art.23)."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.application.questions.service.law_questions import adopted_law
from api.web.forms.form_lists import told_of_form, trail
from domain.measures.annex2_survey import answers_total
from domain.measures.rulebook.rulebook import Rulebook
from domain.values import Bilingual


class Behind(NamedTuple):
    """A fact that a line of a sheet rests on, maybe together with others."""

    id: str
    type: str
    occurred_on: str
    counts: bool
    client: str | None
    """The enterprise that it is about."""
    own: Bilingual | None
    """What it says by itself, where a line is worked out from several."""


async def facts_behind(request: Request, uscc: str, year: int) -> dict[str, Behind]:
    """The agency's facts that the visitor may read, by id; what survey forms are worth by the rulebook of the year."""
    books = (await run_in_threadpool(adopted_law, request.app.state.service)).rulebooks
    book = books.for_sheet(year, books.span_of(year)[1])
    return {one["id"]: _behind(one, book) for one in await trail(request, uscc)}


def _behind(entry: dict[str, Any], book: Rulebook) -> Behind:
    client = entry["fact"].get("client")
    name = client.get("name") if isinstance(client, dict) else None
    return Behind(entry["id"], entry["type"], entry["occurred_on"], entry["counts"], name, _own(entry, book))


def _own(entry: dict[str, Any], book: Rulebook) -> Bilingual | None:
    match entry["type"]:
        case "SurveySubmitted" if entry.get("form"):
            return told_of_form(entry["form"])
        case "SurveySubmitted":
            total = answers_total(entry["fact"]["answers"], book)
            return f"本份 {total} 分", f"this form: {total} points"
        case "EffectScored":
            value = entry["fact"]["value"]
            return f"本次评分 {value}", f"this score: {value}"
    return None
