"""The form of an appeal: what it may name, whether it is in time, and what follows (art.20, R3, R33)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from starlette.requests import Request

from api.application.questions.year.appeal_questions import appeal_in_full
from api.application.questions.year.assessment_questions import result_of
from api.web.forms.form_entry import Entry
from api.web.forms.form_lists import Fact, Option, described, trail
from api.web.frame.page_questions import ask, look
from domain.measures.chapter4_appeals import appealed_result
from domain.measures.text.official_text import cited_in_chinese
from domain.values import Bilingual

FORM = "file-appeal"
LIST = "appealed"
"""What `disputed_event_ids` is chosen from, as `form_fields.toml` names it."""
_RESULTS = ("ResultPublished", "ResultRevised")
_PROCEEDINGS = ("Result", "Appeal", "Impact")


class AppealFiling(NamedTuple):
    """An appeal that is about to be recorded, or was: which result it is against and until when that could be."""

    year: int
    published_on: str
    """When the result that it is against was published."""
    last: str
    """The last day on which it is in time (R3)."""
    days_late: int
    """By how many days it comes later; 0 for one in time."""
    id: str | None = None
    """Once it is recorded."""
    waits: bool = False
    """Whether it waits to be admitted."""


async def filing(request: Request, entry: Entry) -> AppealFiling | None:
    """Whether the appeal that a form holds is in time, before it is recorded; None for another form or no result."""
    if entry.command != FORM:
        return None
    year = entry.body["year"]
    answer = await look(request, result_of, uscc=entry.uscc, year=year)
    if answer.refused:
        return None
    day = date.fromisoformat(entry.day())
    against = appealed_result(answer.content["results"], day, lambda one: date.fromisoformat(one["published_on"]))
    if against is None or against["deadline"] is None:
        return None
    late = _days_late(entry.day(), against["deadline"]["day"])
    return AppealFiling(year, against["published_on"], against["deadline"]["day"], late, waits=late > 0)


async def filed(request: Request, appeal: str) -> AppealFiling:
    """The appeal that was recorded, as the register of appeals holds it."""
    found = await ask(request, appeal_in_full, id=appeal)
    last = found["deadline"]["day"]
    late = 0 if found["in_time"] else _days_late(found["filed_on"], last)
    waits = found["status"] == "awaiting_admission"
    return AppealFiling(found["year"], found["contested"]["published_on"], last, late, found["id"], waits)


async def begin(request: Request, entry: Entry) -> None:
    """A new form is about the year that was published last, unless the address says which."""
    if entry.command == FORM and entry.uscc and "year" not in request.query_params:
        years = [one["fact"]["year"] for one in await trail(request, entry.uscc) if one["type"] in _RESULTS]
        if years:
            entry.values["year"] = str(max(years))


async def appealable(request: Request, entry: Entry) -> list[Option]:
    """What an appeal against the form's year can name: what the published sheet names, then what else is of that year.

    Each group has the newest first; only what counts.
    """
    year = entry.values["year"].strip()
    sheet = await _published_sheet(request, entry.uscc, year)
    named = {
        id_ for part in ("lines", "considered", "override") for one in sheet.get(part, ()) for id_ in one["events"]
    }
    facts = [one for one in reversed(await trail(request, entry.uscc)) if one["counts"]]
    on_sheet = [one for one in facts if one["id"] in named]
    others = [one for one in facts if one["id"] not in named and _is_of(one, year, sheet)]
    costs = _costs(sheet)
    return [_with_cost(described(one), costs.get(one["id"], ())) for one in (*on_sheet, *others)]


def _costs(sheet: dict[str, Any]) -> dict[str, list[Bilingual]]:
    """What each record cost or earned on the published sheet, under which article, by its id."""
    found: dict[str, list[Bilingual]] = {}
    for line in sheet.get("lines", ()):
        points, article, others = line["points"], line["article"], len(line["events"]) - 1
        beside = (f"，与另 {others} 条合计", f", with {others} more") if others else ("", "")
        said = f"{points} 分（{cited_in_chinese(article)}{beside[0]}）", f"{points} points ({article}{beside[1]})"
        for id_ in line["events"]:
            found.setdefault(id_, []).append(said)
    for one in sheet.get("override", ()):
        said = f"直接记为不合格（{cited_in_chinese(one['article'])}）", f"unqualified outright ({one['article']})"
        for id_ in one["events"]:
            found.setdefault(id_, []).append(said)
    return found


def _with_cost(option: Option, costs: Sequence[Bilingual]) -> Option:
    text, text_en = ("".join(f" · {one[place]}" for one in costs) for place in (0, 1))
    return option._replace(text=option.text + text, text_en=option.text_en + text_en)


async def _published_sheet(request: Request, uscc: str, year: str) -> dict[str, Any]:
    """The sheet of the result that stands; empty where none was published."""
    if not (year.isascii() and year.isdecimal()):
        return {}
    answer = await look(request, result_of, uscc=uscc, year=year)
    found: dict[str, object] = {} if answer.refused else answer.content["answers"][0]["sheet"]
    return found


def _is_of(one: Fact, year: str, sheet: dict[str, object]) -> bool:
    """Whether a fact is of the year, by what it says itself, else by its day; what came of results is not disputed."""
    if one["type"].startswith(_PROCEEDINGS):
        return False
    own = one["fact"].get("year")
    if own is not None:
        return str(own) == year
    first, last = sheet.get("from", f"{year}-01-01"), sheet.get("to", f"{year}-12-31")
    return str(first) <= one["occurred_on"] <= str(last)


def _days_late(filed_on: str, last: str) -> int:
    return max(0, (date.fromisoformat(filed_on) - date.fromisoformat(last)).days)
