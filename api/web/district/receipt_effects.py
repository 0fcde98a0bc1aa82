"""What recording an act did, told as its preview told it, from the ledger: what was known before it and right after it.

The two bases are a microsecond before the first and the instant of the last of the act's events, each asked as of the
days of its facts and of the day on which it was recorded (R5): what came in later is not in it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request

from api.application.questions.agency.comparison_questions import comparison_of
from api.web.forms.form_effects import MOST_DAYS, MOST_YEARS, years_between, years_by
from api.web.forms.form_lists import Fact
from api.web.forms.form_preview import Item, PreviewEffect
from api.web.frame.page_questions import look
from domain.values import Role, instant, moment, shanghai_date

_WITHOUT = frozenset({"FilingSubmitted", "HintDismissed", "AppealFiled"})
"""Facts that change nothing of what a preview tells; an appeal has words of its own."""
_NO_RANKS: Item = {"before": None, "after": None, "moved": 0}


async def effect_of_act(request: Request, uscc: str, facts: list[Fact], gone: list[Fact]) -> PreviewEffect | None:
    """What the act that recorded these facts did; None where there is nothing to tell, or the visitor may not know.

    `facts`: the entries of its events, in order; `gone`: what stopped counting by it.
    """
    if request.state.visitor.role is Role.CLIENT or facts[0]["type"] in _WITHOUT or None in _instants(facts):
        return None
    first, last = _instants(facts)
    asking = _Comparing(request, uscc, before=instant(moment(first) - timedelta(microseconds=1)), after=last)
    day = shanghai_date(last).isoformat()
    now = await asking.answer(day)
    if now is None:  # it is the agency's first, or of a time in which the Measures judged nothing
        return None
    own = [one["occurred_on"] for one in (*gone[:1], *(one for one in facts if one["type"] != "EventAnnulled"))]
    days = list(dict.fromkeys(own))[:MOST_DAYS]
    seen = [one for one in [await asking.answer(other) for other in days if other != day] if one is not None]
    year_of = await years_by(request)
    named = [one["fact"]["year"] for one in facts if isinstance(one["fact"].get("year"), int)]
    wanted = years_between(named, [*map(year_of, days), year_of(day)])
    sheets = []
    for year in wanted[:MOST_YEARS]:
        as_of = max([day, *(other for other in days if year_of(other) == year)])
        found = await asking.answer(as_of, year)
        sheets += [found] if found is not None and "sheet" in found["before"] else []
    sheets.sort(key=lambda one: int(one["year"]))
    return PreviewEffect(seen, now, sheets, sorted(wanted[MOST_YEARS:]), [])


def _instants(facts: list[Fact]) -> tuple[Any, Any]:
    """When the first and the last of them were recorded; None for a form of which that is not told (R39)."""
    return facts[0]["recorded_at"], facts[-1]["recorded_at"]


class _Comparing:
    """The comparison of both bases, as of several days about several years; each answer once."""

    def __init__(self, request: Request, uscc: str, *, before: str, after: str) -> None:
        self._request, self._asked = request, {"uscc": uscc, "known_at": before, "known_at_2": after}
        self._known: dict[tuple[str, int | None], Item | None] = {}

    async def answer(self, as_of: str, year: int | None = None) -> Item | None:
        """As a what-if answers, as of a day, with the sheets of a year where they had begun; None where refused."""
        if (as_of, year) not in self._known:
            asked = {**self._asked, "as_of": as_of, "as_of_2": as_of, "year": year}
            found = await look(self._request, comparison_of, **asked)
            self._known[as_of, year] = None if found.refused else _as_supposed(found.content, year)
        return self._known[as_of, year]


def _as_supposed(compared: Item, year: int | None) -> Item:
    """A comparison in the shape of a what-if's answer."""
    both, own = compared["sheets"], compared["after"]["assessment"]["year"]
    wanted = own if year is None else year
    sheet = next((one for one in both if one["year"] == wanted and one["before"] and one["after"]), None)
    sides = {
        side: {"standing": compared[side], **({"sheet": sheet[side]} if sheet else {})} for side in ("before", "after")
    }
    of_sheet = [{**one, "field": f"sheet.{one['field']}"} for one in (sheet["difference"] if sheet else ())]
    return {
        **sides,
        "year": wanted,
        "difference": [*compared["difference"], *of_sheet],
        "touched": [],
        "ranks": _NO_RANKS,
        "version": compared["after"]["version"],
    }
