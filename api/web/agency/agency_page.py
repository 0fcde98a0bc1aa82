"""The page of one agency: what stands at the basis, the timeline of a chosen stretch, the latest changes in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Query, Request
from markupsafe import Markup
from pydantic import StringConstraints
from starlette.responses import RedirectResponse, Response

from api.application.privacy.authorisation import rights_of
from api.application.questions.agency.certificate_questions import certificate_of
from api.application.questions.agency.course_questions import course_between, hints_of
from api.application.questions.agency.standing_questions import standing_of
from api.application.questions.agency.trail_questions import events_of
from api.application.questions.inquiry import Answer
from api.application.questions.year.matter_questions import matters_waiting
from api.web.agency.timeline_svg import Item, timeline_svg
from api.web.agency.timeline_words import Words
from api.web.forms.matter_deeds import deed_of
from api.web.frame.basis_picker import asked, keeping
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import Given, ask, ask_together, events_named, passed_on, waived_of
from api.web.frame.render import language_of, page
from domain.commands.fields import EARLIEST_DAY, LATEST_DAY
from domain.errors import NotFound
from domain.events import AgencySucceeded, FactsInherited
from domain.values import Role
from projections.answers.trail_items import EntryRow

router = APIRouter(route_class=PageRoute)
Day = Annotated[str, StringConstraints(max_length=40)]
"""A date as a form's field sends it, maybe empty; the API says what is wrong with it."""
OWED = 8
"""How many matters an agency's own page names: what is due first."""
FEW_SUCCESSIONS = 100
"""So many facts about successions are looked through for those that stand."""
FEW_ENOUGH = 2_000
"""Up to how many records of an agency its open hints are counted at once: hints are found by replay."""
SPANS = (
    (7, "一周", "Week"),
    (31, "一个月", "Month"),
    (92, "一个季度", "Quarter"),
    (365, "一年", "Year"),
    (1096, "三年", "3 years"),
)
"""Stretches that a link leads to, in days."""
COMMANDS = (
    ("record-lapse", "lapses", "登记扣分事项", "Record a lapse"),
    ("enter-bad-record", "bad-records", "登记不良信息", "Enter a bad record"),
    ("receive-complaint", "complaints", "登记投诉", "Receive a complaint"),
    ("report-behaviour", "reports", "举报不良行为", "Report a behaviour"),
    ("score-effect", "effect-scores", "服务效果评分", "Score the effect"),
    ("impose-penalty", "penalties", "登记行政处罚", "Record a penalty"),
    ("award-honour", "honours", "登记荣誉", "Record an honour"),
    ("start-project", "projects", "登记项目", "Record a project"),
    ("report-change", "changes", "报送信息变更", "Report a change"),
    ("file-objection", "objections", "申请更正记录", "Object to a record"),
    ("file-statement", "statements", "申辩", "Make a statement"),
    ("file-appeal", "appeals", "提出异议", "Appeal"),
)
"""What is recorded most, as far as the visitor's role may: form, end of the API's path, what it is called."""


class Stretch(NamedTuple):
    """A link to the timeline of another stretch."""

    text: str
    text_en: str
    address: str
    current: bool = False


@router.get("/agencies/{uscc}")
async def agency(
    request: Request,
    uscc: str,
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
    part: Literal["", "timeline"] = "",
    as_: Annotated[Literal["page", "certificate"], Query(alias="as")] = "page",
) -> Response:
    """The overview; with `part=timeline` only what another stretch changes of it, for the script.

    `as=certificate` is the file that proves the standing: a browser has no token to ask the API itself.
    """
    basis = asked(request)
    if as_ == "certificate":
        return await passed_on(request, certificate_of, uscc=uscc, **basis.query)
    about = {"uscc": uscc, **basis.query}
    try:
        standing, course = await ask_together(
            request, (standing_of, about), (course_between, {**about, "from": first, "to": last})
        )
    except NotFound:
        own = request.state.visitor.account
        if own.role is Role.AGENCY and own.uscc == uscc and not basis.query:
            return RedirectResponse(f"/record/file-agency?uscc={uscc}", 303, {"Cache-Control": "no-store"})
        raise
    latest, code = course["latest_result"], course["agency"]["uscc"]
    path, span = f"/agencies/{code}", (date.fromisoformat(course["from"]), date.fromisoformat(course["to"]))
    known = (min(course["first_fact"], course["to"]), max(course["last_fact"], course["to"]))
    shown = {
        "agency": course["agency"],
        "waived": await waived_of(request, code, latest["year"], latest["event"]) if latest else (),
        "course": course,
        "picture": picture(request, course, standing["as_of"]),
        "stretches": stretches(request, path, span, known),
        "beside": beside(request, path, *span),
    }
    if part:
        return page(request, "agency-timeline.html", name="agency", **shown)
    few = standing["version"] <= FEW_ENOUGH
    hinted = [(hints_of, {"limit": 500, **about})] if few else []
    had, given, *hints = await ask_together(request, *succession_questions(code, basis.query.get("known_at")), *hinted)
    role = request.state.visitor.role
    owed = None
    if role is Role.AGENCY and not basis.query:
        listed = (await ask(request, matters_waiting, limit=OWED))["items"]
        owed = [{**one, "deed": deed_of(one, role)} for one in listed]
    reasons = (standing["sanction"], *standing["assessment"]["override"], *standing["advisories"])
    behind = [id_ for one in reasons for id_ in one["events"]]
    forms = [
        (name, text, text_en)
        for name, tail, text, text_en in COMMANDS
        if role in rights_of("POST", f"/v1/agencies/{{uscc}}/{tail}")
    ]
    return page(
        request,
        "agency.html",
        name="agency",
        echo=standing,
        standing=standing,
        forms=forms,
        hints=len(hints[0]["items"]) if few else None,
        owed=owed,
        successions=successions_in(had, given, standing["as_of"]),
        cited=await events_named(request, code, behind, basis.query.get("known_at")),
        **shown,
    )


def succession_questions(uscc: str, known_at: str | None) -> tuple[tuple[Callable[..., Answer], Given], ...]:
    """What was inherited, and who has taken the agency's place (R43)."""
    about: Given = {"uscc": uscc, "known_at": known_at, "limit": FEW_SUCCESSIONS, "order": "latest"}
    return (
        (events_of, {**about, "type": FactsInherited.__name__}),
        (events_of, {**about, "type": AgencySucceeded.__name__, "counts": "true"}),
    )


def successions_in(had: Given, given: Given, as_of: str) -> list[dict[str, object]]:
    """Who stands in whose place by the day, from the answers to these."""
    latest: dict[str, EntryRow] = {}
    for one in had["items"]:
        latest.setdefault(one["fact"]["succession_id"], one)
    found = [one for one in latest.values() if one["fact"]["stands"]]
    return [one for one in (*found, *given["items"]) if one["occurred_on"] <= as_of]


def picture(request: Request, course: Item, as_of: str) -> Markup:
    """The timeline as SVG, whose marks keep the basis; everything in it is escaped where it is made."""
    path = f"/agencies/{course['agency']['uscc']}"
    english = language_of(request) == "en"
    words = Words(
        t=lambda chinese, english_: english_ if english else chinese,
        event=lambda id_: keeping(request, f"{path}/events/{id_}"),
        stretch=lambda since, until: keeping(request, "", from_=since, to=until),
        replay=lambda day: keeping(request, f"{path}/replay", day=day),
    )
    return Markup(timeline_svg(course, words, date.fromisoformat(as_of)))  # noqa: S704


def stretches(request: Request, path: str, span: tuple[date, date], known: tuple[str, str]) -> list[Stretch]:
    """Stretches that end where this one ends, and the whole history: all days of which something is `known`."""
    first, last = span
    found = []
    for days, text, text_en in SPANS:
        since = within(last, timedelta(days=1 - days))
        address = keeping(request, path, from_=since.isoformat(), to=last.isoformat())
        found.append(Stretch(text, text_en, address, since == first))
    whole = keeping(request, path, from_=known[0], to=known[1])
    return [*found, Stretch("全部", "All", whole, known == (first.isoformat(), last.isoformat()))]


def beside(request: Request, path: str, first: date, last: date) -> list[Stretch]:
    """The stretches before and after, and half and twice as long: what pan and zoom do without a script."""
    days = last - first + timedelta(days=1)
    moves = (
        ("← 更早", "← Earlier", -days, -days),
        ("更晚 →", "Later →", days, days),
        ("放大", "Zoom in", days // 4, -(days // 4)),
        ("缩小", "Zoom out", -(days // 2), days // 2),
    )
    return [
        Stretch(text, text_en, keeping(request, path, from_=within(first, by), to=within(last, to)))
        for text, text_en, by, to in moves
    ]


def within(day: date, by: timedelta) -> date:
    """A day moved, but not beyond the days that can be asked about."""
    return min(max(day + by, EARLIEST_DAY), LATEST_DAY)
