"""What pages that decide share: what a form says, the step of confirming, the time that is left.

The facts behind a published sheet, told apart: of which client each is, what it says by itself (art.22, art.23).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.application.parsing.refused_bodies import ErrorPlace, ProblemBody
from api.application.questions.service.law_questions import adopted_law
from api.http.files.form_files import say_problems
from api.web.forms.form_lists import told_of_form, trail
from api.web.frame.page_guard import PageRoute
from api.web.frame.render import page
from api.web.frame.visitors import FIELD
from domain.measures.annex2_survey import answers_total
from domain.measures.calendar import Calendar
from domain.measures.rulebook.rulebook import Rulebook
from domain.values import SHANGHAI, Bilingual, new_id
from projections.answers.trail_items import EntryRow

LABELS: dict[str, Bilingual] = {
    "outcome": ("结论", "Outcome"), "reasons": ("理由", "Reasons"), "annul": ("拟撤销的记录", "What would be annulled"),
    "withdrawn_on": ("撤回日期", "Day of withdrawal"), "published_on": ("公布日期", "Day of publication"),
    "meeting_on": ("会议日期", "Day of the meeting"), "closed_on": ("办结日期", "Day of closing"),
    "disposed_on": ("处理日期", "Day of the decision"), "waivers": ("缺失的部分", "Missing parts"),
    "post": ("补录", "What is put in"), "client": ("企业", "Client"),
    "item": ("扣分项目", "Item"), "occurred_on": ("发生日期", "Day it happened"), "behaviour": ("行为", "Behaviour"),
    "entered_on": ("登记日期", "Day of entry"), "behaviour_on": ("行为日期（可不填）", "Its day (optional)"),
    "content": ("情况说明", "What happened"),
    "complaint": ("哪一件投诉", "Which complaint"), "verified_grounds": ("经核实的事由", "Verified grounds"),
    "decided_on": ("决定日期", "Day of the decision"), "findings": ("核实情况", "Findings"),
    "level": ("级别", "Level"), "reason": ("事由、理由", "Reason"), "title": ("荣誉名称（可不填）", "Title (optional)"),
    "authority": ("授予机关（可不填）", "Authority (optional)"), "authority_kind": ("机关类别", "Kind of authority"),
    "awarded_on": ("授予日期", "Day it was awarded"),
    "client-uscc": ("企业统一社会信用代码", "Client’s credit code"), "client-name": ("企业名称", "Client’s name"),
    "year": ("考评年度", "Assessment year"), "value": ("百分制评分", "Score out of 100"),
    "scored_on": ("评分日期", "Day of scoring"),
}  # fmt: skip
"""What a field is called where a refusal names it."""
_OURS = frozenset({FIELD, "act", "part"})


_PAPER = re.compile(r"/(?:evidence|document)/(\d{1,9})/(title|sha256|size|media_type)", re.ASCII)


def text_of(form: FormData, name: str) -> str:
    """What a field of a form says, without blanks around it; empty for one that was not sent."""
    given = form.get(name, "")
    return given.strip() if isinstance(given, str) else ""


def given(form: FormData, *names: str) -> dict[str, str]:
    """What was filled in of these fields, as members of a body: what is empty is left out, so that the API asks."""
    return {name: text for name in names if (text := text_of(form, name))}


class FilesRoute(PageRoute):
    """A page whose form brings files of evidence."""

    TAKES_FILES = True


def papers_of(form: FormData) -> list[dict[str, str | int]]:
    """The papers of a form: the one that lies elsewhere, by what is typed, and the files that were uploaded."""
    files: dict[str, dict[str, str | int]] = {}
    for name, text in form.multi_items():
        found = _PAPER.fullmatch(name)
        if found is not None and isinstance(text, str):
            files.setdefault(found[1], {})[found[2]] = int(text) if found[2] == "size" and text.isdecimal() else text
    typed = text_of(form, "evidence")
    elsewhere: list[dict[str, str | int]] = [{"title": typed}] if typed else []
    return [*elsewhere, *files.values()]


def files_refused(request: Request, at: str = "/evidence") -> ProblemBody | None:
    """The problem of files that were not kept, at the field of the evidence; None where all were."""
    said: list[Bilingual] = []
    if not say_problems(request, lambda _, why: said.append(why)):
        return None
    zh, en = "；".join(one for one, _ in said), "; ".join(one for _, one in said)
    errors: list[ErrorPlace] = [{"pointer": at, "detail": zh, "detail_en": en}]
    return {"title": "文件没有保存", "title_en": "Not kept", "detail": zh, "detail_en": en, "errors": errors}


def paper_removed(request: Request) -> bool:
    """Whether the form was sent to take one of its papers out again: its fields are left out from now on."""
    form: FormData = request.state.form
    gone = text_of(form, "act").removeprefix("remove:")
    if gone == text_of(form, "act"):
        return False
    request.state.form = FormData(
        [(name, text) for name, text in form.multi_items() if not name.startswith(gone + "/")]
    )
    return True


def papers_said(papers: Iterable[Mapping[str, object]]) -> list[Bilingual]:
    """How many papers are recorded with a decision, as a line of its confirmation."""
    titles = [str(one["title"]) for one in papers]
    listed = "、".join(titles)
    return [(f"附材料 {len(titles)} 份：{listed}", f"With {len(titles)} papers: {listed}")] if titles else []


def key_of(form: FormData) -> str:
    """The form's own key, so that a form sent twice records once."""
    return text_of(form, "key") or new_id()


def version_of(form: FormData) -> int | None:
    """The version of the agency that the person has seen."""
    text = text_of(form, "version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def ranks_moved(count: int) -> Bilingual:
    """How many other agencies' ranks a decision moves, within a sentence."""
    if not count:
        return "其他机构的名次不变", "no other rank moves"
    return (
        f"另有 {count} 家机构名次变动",
        f"{count} other rank{'' if count == 1 else 's'} move{'s' if count == 1 else ''}",
    )


def target_of(pointer: str) -> str:
    """The id of the field that a refusal points to: `/replace/0/body/item` is `replace-0-body-item`."""
    parts = pointer.strip("/?").split("/")
    return parts[0] if parts[0] in ("annul", "waivers") else "-".join(parts)


@dataclass(frozen=True)
class Trouble:
    """A refused form: the problem, and what it says about which field."""

    problem: ProblemBody

    @property
    def fields(self) -> dict[str, ErrorPlace]:
        """By the field's id."""
        return {target_of(one["pointer"]): one for one in self.problem.get("errors", ())}

    @staticmethod
    def label(id_: str) -> Bilingual:
        """What the field of this id is called; the id itself for one that no form here has."""
        return LABELS.get(id_.rpartition("body-")[2], LABELS.get(id_.rpartition("-")[2], (id_, id_)))


@dataclass(frozen=True)
class ConfirmQuestion:
    """A decision that is asked about once more before it is recorded."""

    title: Bilingual
    lines: list[Bilingual]
    """What will be recorded, as sentences."""
    act: str
    """The form's `act` when it is confirmed."""
    label: Bilingual
    """Of the button."""
    check: str = "check"
    """The form's `act` that asks this."""


def confirm(
    request: Request, name: str, question: ConfirmQuestion, *, settled: Sequence[tuple[str, str]] = (), **content: Any
) -> Response:
    """The page that asks once more: it carries the whole form along, and leads back to it with everything typed.

    `settled`: what follows from the form and from what stood when it was checked; it is recorded as it was shown.
    """
    form: FormData = request.state.form
    ours = _OURS.union(name for name, _ in settled)
    kept = [(key, value) for key, value in form.multi_items() if key not in ours and isinstance(value, str)]
    return page(request, "acting-confirm.html", name=name, question=question, kept=[*kept, *settled], **content)


@dataclass(frozen=True)
class TimeLeft:
    """The time that is left until the end of a day, in working days and hours (R2)."""

    last: date
    over: bool
    days: tuple[date, ...]
    """Working days after today, up to the last."""
    hours: int
    """Whole hours of today."""


def time_left(now: datetime, last: date, calendar: Calendar) -> TimeLeft:
    """What is left at an instant until the end of the last day of a period; of a rest day no hours are counted."""
    there = now.astimezone(SHANGHAI)
    today = there.date()
    coming = (today + timedelta(days=number) for number in range(1, (last - today).days + 1))
    days = tuple(day for day in coming if calendar.is_working_day(day))
    hours = 23 - there.hour if calendar.is_working_day(today) or not days else 0
    return TimeLeft(last, today > last, days, hours)


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
    statement: Mapping[str, object] | None = None
    """What the agency states beside it (R38a)."""


async def facts_behind(request: Request, uscc: str, year: int) -> dict[str, Behind]:
    """The agency's facts that the visitor may read, by id; what survey forms are worth by the rulebook of the year."""
    books = (await run_in_threadpool(adopted_law, request.app.state.service)).rulebooks
    book = books.for_sheet(year, books.span_of(year)[1])
    return {one["id"]: _behind(one, book) for one in await trail(request, uscc)}


def _behind(entry: EntryRow, book: Rulebook) -> Behind:
    client = entry["fact"].get("client")
    name = client.get("name") if isinstance(client, dict) else None
    own, stated = _own(entry, book), entry.get("statement")
    return Behind(entry["id"], entry["type"], entry["occurred_on"], entry["counts"], name, own, stated)


def _own(entry: EntryRow, book: Rulebook) -> Bilingual | None:
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
