"""An agency's file (档案) as a page: what is on file, what expires when, projects, open matters, papers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.file_questions import MOST_FILES, file_of
from api.application.questions.year.matter_questions import matters_waiting
from api.http.query_params import LooseText
from api.web.agency.trail_pages import KINDS
from api.web.frame.basis_picker import asked
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask, ask_together
from api.web.frame.render import page
from api.web.printing.paper_files import paper_file

router = APIRouter(route_class=PageRoute)
MOST_MATTERS, MOST_LIVE, MOST_ENDED = 50, 50, 20
"""Listed on the page; who wants all asks the API or looks through the trail."""
MOST_GROUPED = 500
"""Matters that are looked at for those that read alike: the most that are answered at once."""
ABOUT = dict.fromkeys(("project", "survey", "effect", "qualification", "certificate"), ("about",))
"""Kinds of matter whose row says what it is about."""


class Mark(NamedTuple):
    """How a state is shown: never by colour alone."""

    sign: str
    badge: str
    zh: str
    en: str


EXPIRY_MARKS = {
    "expired": Mark("▲", "unqualified", "已过期", "expired"),
    "within_30_days": Mark("●", "open", "30 天内到期", "within 30 days"),
    "within_60_days": Mark("◐", "open", "60 天内到期", "within 60 days"),
    "later": Mark("✓", "excellent", "有效", "valid"),
}
PROJECT_MARKS = {
    "overdue": Mark("▲", "unqualified", "逾期未完成", "overdue"),
    "running": Mark("○", "qualified", "进行中", "running"),
    "completed": Mark("✓", "excellent", "已完成", "completed"),
    "cancelled": Mark("–", "none", "已取消", "cancelled"),
    "terminated": Mark("–", "none", "随机构终止而了结", "ended with the agency"),
}


@router.get("/agencies/{uscc}/file")
async def agency_file(request: Request, uscc: str, notice: LooseText = "", paper: LooseText = "notice") -> Response:
    """The file at the basis of the address; what waits is of now, so it stands there only without another basis.

    `?notice=` is the letter of a notice about the agency, `&paper=notice.docx` the one to edit.
    """
    if notice:
        return await paper_file(request, paper, uscc=uscc, notice=notice)
    basis = asked(request).query
    about = {"uscc": uscc, **basis}
    waiting = None
    if basis:
        found = await ask(request, file_of, **about)
    else:
        matters = {"uscc": uscc, "whose": "all", "limit": MOST_GROUPED}
        found, waiting = await ask_together(request, (file_of, about), (matters_waiting, matters))
    return page(
        request,
        "file.html",
        name="file",
        agency=found["agency"],
        echo=found,
        file=found,
        waiting=waiting,
        about=ABOUT,
        alike=_alike(waiting["items"]) if waiting else [],
        most_matters=MOST_MATTERS,
        expiries=EXPIRY_MARKS,
        states=PROJECT_MARKS,
        live=[one for one in found["projects"] if one["days_left"] is not None],
        ended=[one for one in found["projects"] if one["days_left"] is None],
        most_live=MOST_LIVE,
        most_ended=MOST_ENDED,
        most_files=MOST_FILES,
        kinds=KINDS,
    )


def _alike(matters: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Matters that read alike once each, in their order, with how many they are; hints of a year whatever their day.

    What a cause suggests again and again stands once (R37, R40).
    """

    def reading(one: Mapping[str, Any]) -> str:
        when = () if one["kind"] == "hint" else ("due_on", "since")
        return repr([one[name] for name in ("kind", "title", "year", "acts", *when, *ABOUT.get(one["kind"], ()))])

    counted = Counter(map(reading, matters))
    first = {reading(one): one for one in reversed(matters)}
    return [(first[text], times) for text, times in counted.items()]
