"""What recording a form would do, asked of `what-if` with exactly the body that would be recorded.

A fact can change several years: the one of its day, the one that it names, and every later one up to today. Each is
asked for by itself, because a what-if answers with the sheets of one year only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.application.questions.agency.comparison_questions import what_if_of
from api.application.questions.service.law_questions import adopted_law
from api.web.forms.form_entry import ID, Entry
from api.web.forms.form_lists import Fact, trail
from api.web.forms.form_preview import Item, PreviewEffect
from api.web.frame.page_problems import PageAnswer
from api.web.frame.page_questions import look
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.values import Bilingual, Role

MOST_YEARS = 8
"""So many sheets are worked out for one preview; the preview names the years that it has not looked at."""
MOST_DAYS = 3
"""The days of facts on which the standing is looked at: that of an annulled one and those of its replacements."""
_WITHOUT = frozenset(
    {
        "file-agency",
        "dismiss-hint",
        "file-statement",
        "decide-repair",
        "record-service",
        "acknowledge-notice",
        "give-notice-link",
    }
)
"""Commands that no what-if takes: the agency is not there yet, or nothing about it changes.

A what-if supposes the association's act: what an agency may do without a paper of its own would be refused in it.
"""


async def effect_of(request: Request, entry: Entry) -> PreviewEffect | PageAnswer | None:
    """What recording the entry would do; the problem when it would be refused; None where nobody can tell.

    Enterprises are shown nothing of an agency's standing, so they get none either.
    """
    if entry.command in _WITHOUT or request.state.visitor.role is Role.CLIENT:
        return None
    facts = await trail(request, entry.uscc)
    gone = _annulled(entry, facts)
    if entry.command == "answer-objection" and gone is None:
        return None
    asking, today = _Asking(request, entry, gone), request.state.today
    now = await asking.answer(today)
    if now.refused:
        return now
    days, seen = _days(entry, gone), []
    for day in days:
        then = await asking.answer(day)
        if then.refused and then.status != 404:
            return then
        if not then.refused:  # nothing is judged before the Measures: what it does today is all there is to say
            seen.append(then.content)
    year_of = await years_by(request)
    wanted = _years(entry, gone, facts, [*map(year_of, days), now.content["year"]])
    sheets: list[Item] = []
    while wanted and len(sheets) < MOST_YEARS:
        year = wanted.pop(0)
        as_of = max([today, *(day for day in days if year_of(day) == year)])
        answer = await asking.answer(as_of, year)
        if not answer.refused:
            sheets.append(answer.content)
        elif not _is_no_year(answer):
            return answer
    sheets.sort(key=lambda one: int(one["year"]))
    days_apart = [one for one in seen if one["before"]["standing"]["as_of"] != today]
    return PreviewEffect(days_apart, now.content, sheets, sorted(wanted), _notes(entry, facts, sheets))


class _Asking:
    """One what-if, asked as of several days about several years; each answer once."""

    def __init__(self, request: Request, entry: Entry, gone: Fact | None) -> None:
        self._request, self._uscc = request, entry.uscc
        self._supposed = _supposed(entry, gone)
        self._known: dict[tuple[str, int], PageAnswer] = {}

    async def answer(self, as_of: str, year: int | None = None) -> PageAnswer:
        """As of a day, with the sheets of a year: by default of the one in which the day lies."""
        if year is not None and (as_of, year) in self._known:
            return self._known[as_of, year]
        body = self._supposed if year is None else {**self._supposed, "year": year}
        found = await look(self._request, what_if_of, uscc=self._uscc, body=body, as_of=as_of)
        if not found.refused:
            self._known[as_of, found.content["year"]] = found
        return found


def _annulled(entry: Entry, facts: list[Fact]) -> Fact | None:
    """The fact of the trail that would stop counting: what changes is looked for in its year."""
    by_id = {one["id"]: one for one in facts}
    body = entry.body
    if entry.command in ("annul-event", "correct-event"):
        return by_id.get(body["event_id"])
    if entry.command != "answer-objection" or body["outcome"] != "annulled" or entry.id not in by_id:
        return None
    return by_id.get(str(by_id[entry.id]["fact"].get("event_id")))


def _supposed(entry: Entry, gone: Fact | None) -> Item:
    """The what-if's body. What annuls and does more is supposed as an annulment, with what takes its place."""
    body = entry.body
    if entry.command == "correct-event":
        return {"annul": [body["event_id"]], "add": body["replace"]}
    if entry.command == "answer-objection" and gone is not None:
        return {"annul": [gone["id"]]}
    return {"add": [{"post": entry.path, "body": body}]}


def _days(entry: Entry, gone: Fact | None) -> list[str]:
    """The days of the facts that come and go. An annulment's own is for display only."""
    found = [entry.day()] if gone is None else [gone["occurred_on"]]
    return list(dict.fromkeys([*found, *entry.replacing_days()]))[:MOST_DAYS]


def _years(entry: Entry, gone: Fact | None, facts: list[Fact], known: list[int]) -> list[int]:
    """The years whose sheets may change, those of the facts and of today first, then those between, newest first.

    Nothing that is recorded changes a year before its own; one that is over can bear on each that follows: a project
    that still runs, an honour given before, a complaint within one year of another. `known`: the years of the facts'
    days, and of today, as the last one.
    """
    bodies = [entry.body, *(one["body"] for one in entry.body.get("replace", ()))]
    named = [body["year"] for body in bodies if isinstance(body.get("year"), int)]
    if gone is not None:
        with_it = [one for one in facts if gone["id"] in one["fact"].values()]
        named += [one["fact"]["year"] for one in (gone, *with_it) if isinstance(one["fact"].get("year"), int)]
        named += [int(one["occurred_on"][:4]) for one in with_it if one["counts"]]
    return years_between(named, known)


def years_between(named: Sequence[int], known: Sequence[int]) -> list[int]:
    """These years, newest first, then those between the earliest and today's, which `known` ends with."""
    first = sorted({*named, *known}, reverse=True)
    return list(dict.fromkeys([*first, *range(known[-1], first[-1], -1)]))


async def years_by(request: Request) -> Callable[[str], int]:
    """What tells the assessment year of a day; one before the Measures by the year that they begin with (R20)."""
    books = (await run_in_threadpool(adopted_law, request.app.state.service)).rulebooks

    def year_of(text: str) -> int:
        day = date.fromisoformat(text)
        return assessment_year_of(day, books.on(max(day, books.first_day)))

    return year_of


def _is_no_year(answer: PageAnswer) -> bool:
    """Whether a what-if was refused for its year alone: one that the Measures do not assess."""
    return [one["pointer"] for one in answer.content.get("errors", ())] == ["/year"]


def _notes(entry: Entry, facts: list[Fact], sheets: list[Item]) -> list[Bilingual]:
    """What a closing of a year's survey does to forms that are still to come (R22)."""
    if entry.command not in ("close-survey", "invite-survey", "submit-survey"):
        return []
    body, year = entry.body, int(entry.body["year"])
    if entry.command == "close-survey":
        ends = [one["before"]["sheet"]["to"] for one in sheets if one["year"] == year]
        return [_closes_early(year, ends[0], body["closed_on"])] if ends and body["closed_on"] <= ends[0] else []
    closed = [one for one in facts if one["type"] == "SurveyClosed" and one["counts"] and one["fact"]["year"] == year]
    if not closed or (entry.command == "submit-survey" and body["submitted_on"] <= closed[0]["occurred_on"]):
        return []
    return [_closed_already(year, closed[0]["occurred_on"])]


def _closes_early(year: int, ends: str, closed_on: str) -> Bilingual:
    return (
        f"{year} 年度到 {ends} 才结束：在 {closed_on} 之后提交的 {year} 年度调查表，一律不再计入（R22）。",
        f"{year} ends on {ends} only: no survey of {year} that is submitted after {closed_on} will count (R22).",
    )


def _closed_already(year: int, closed_on: str) -> Bilingual:
    return (
        f"{year} 年度的满意度调查已于 {closed_on} 关闭：此后提交的调查表不计入该年度（R22）。",
        f"The survey of {year} was closed on {closed_on}: forms submitted after that do not count (R22).",
    )


def own_errors(entry: Entry, problem: Item) -> list[dict[str, str]]:
    """The errors of a refused what-if, pointing into the entry's own body."""
    return [{**one, "pointer": _own_pointer(entry, one["pointer"])} for one in problem.get("errors", ())]


def _own_pointer(entry: Entry, pointer: str) -> str:
    if entry.command == "correct-event":
        return pointer.replace("/annul/0", "/event_id").replace("/add/", "/replace/")
    if pointer in ("/add/0/post", "/annul/0"):
        return ID
    return pointer.removeprefix("/add/0/body")
