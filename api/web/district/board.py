"""The board: the district in numbers, what waits to be dealt with, and the way to everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.commands import COMMANDS
from api.application.questions.agency.course_questions import hints_grouped
from api.application.questions.agency.district_questions import statistics_of
from api.application.questions.inquiry import name_of
from api.application.questions.year.assessment_questions import years_of
from api.application.questions.year.matter_questions import MATTER_KINDS, matters_counted
from api.application.questions.year.worklist_questions import counts_waiting
from api.web.district.board_charts import complaints_chart, scores_chart
from api.web.district.hint_pages import group_of_hints
from api.web.district.matter_pages import URGENCIES
from api.web.district.worklist_pages import KINDS, Item, items_of
from api.web.forms.form_fields import form_name
from api.web.frame.basis_picker import asked
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask_together
from api.web.frame.render import page
from domain.commands.base import Command
from domain.commands.filing import FileAgency
from domain.commands.projects import RecordLapse, RequestSubmission
from domain.commands.reports import ReportBehaviour
from domain.commands.sanctions import EnterBadRecord, FindAccidentLiability, ReceiveComplaint
from domain.commands.surveys import AwardHonour, ImposePenalty, ScoreEffect
from domain.values import Role
from projections.answers.districts import DistrictStatistics, HintGroup
from projections.answers.matters import MatterCount
from projections.answers.scalars import read_as

router = APIRouter(route_class=PageRoute)
MOST_URGENT = 3
"""How many of each list the board shows."""
_OFTEN: tuple[tuple[type[Command], str, str], ...] = (
    (ReceiveComplaint, "登记投诉", "Receive a complaint"),
    (RecordLapse, "登记服务规范扣分", "Record a lapse"),
    (EnterBadRecord, "登记不良信息", "Enter a bad record"),
    (RequestSubmission, "要求报送材料", "Request a submission"),
    (FileAgency, "登记备案材料", "File an agency"),
    (AwardHonour, "登记荣誉", "Record an honour"),
    (FindAccidentLiability, "登记事故责任认定", "Record an accident’s liability"),
    (ImposePenalty, "登记行政处罚", "Record a penalty"),
    (ScoreEffect, "登记服务效果评分", "Score the effect"),
    (ReportBehaviour, "举报不良行为", "Report a behaviour"),
)
"""What is recorded often; only what the visitor's role may record is shown."""


class Waiting(NamedTuple):
    """One list on the board."""

    name: str
    open: int
    overdue: int
    items: list[Item]


class Counted(NamedTuple):
    """How many of a list are open, and of these overdue."""

    open: int
    overdue: int


@router.get("/board")
async def board(request: Request) -> Response:
    """The district on the basis; what waits, always of now."""
    role = request.state.visitor.role
    statistics, years, counts, every = await ask_together(
        request,
        (statistics_of, asked(request).query),
        (years_of, {}),
        (counts_waiting, {}),
        (matters_counted, {"whose": "all"}),
    )
    known = read_as(DistrictStatistics, statistics)
    mine = [one for one in every["items"] if role is Role.AUDITOR or role in MATTER_KINDS[one["kind"]].acts]
    waiting = {one["list"]: Counted(one["open"], one["overdue"]) for one in counts["items"]}
    waiting |= _counted(read_as(list[MatterCount], every["items"]))
    return page(
        request,
        "board.html",
        name="board",
        statistics=statistics,
        scores=scores_chart(known.scores, known.published_before.scores if known.published_before else ()),
        complaints=complaints_chart(known.complaints),
        matters={name: sum(one[name] for one in mine) for name in (*URGENCIES, "lapsed")},
        urgencies=URGENCIES,
        counted=every,
        waiting=await _waiting(request, role, waiting),
        kinds=KINDS,
        quick=_quick(role),
        years=years["items"],
    )


def _counted(matters: Iterable[MatterCount]) -> dict[str, Counted]:
    """The lists that are counted as matters: hints, and notices with referrals and corrections."""
    of_kind = {one.kind: one for one in matters}
    found = {}
    for name, kinds in (("hints", ("hint",)), ("notices", ("notice", "referral", "correction"))):
        rows = [of_kind[kind] for kind in kinds if kind in of_kind]
        waiting = sum(getattr(row, urgency) for row in rows for urgency in URGENCIES)
        found[name] = Counted(waiting, sum(row.overdue for row in rows))
    return found


async def _waiting(request: Request, role: Role, counts: Mapping[str, Counted]) -> list[Waiting]:
    """Each list with its count and the few that come first; what waits longest over its day goes first."""
    opened = [name for name, count in counts.items() if count.open and name in KINDS]
    firsts_of = {name: hints_grouped if name == "hints" else KINDS[name].question for name in opened}
    lists = await ask_together(request, *((firsts_of[name], {"limit": MOST_URGENT}) for name in opened))
    firsts = {name: one["items"] for name, one in zip(opened, lists, strict=True)}
    found = []
    for name, kind in KINDS.items():
        if role not in name_of(kind.question).rights:
            continue
        count, first = counts[name], firsts.get(name, [])
        overdue = count.overdue if kind.has_term else 0
        found.append(Waiting(name, count.open, overdue, _firsts(name, first, role)))
    return sorted(found, key=lambda one: (not one.overdue, one.open == 0))


def _firsts(name: str, rows: list[dict[str, object]], role: Role) -> list[Item]:
    """The rows of a list that come first; hints by cause and agency, this year's first (R40)."""
    return [group_of_hints(read_as(HintGroup, row)) for row in rows] if name == "hints" else items_of(name, rows, role)


def _quick(role: Role) -> list[dict[str, object]]:
    """The forms for what this role records often."""
    rows = {row.body: row for row in COMMANDS}
    return [
        {"path": f"/record/{form_name(rows[body])}", "title": (title, title_en)}
        for body, title, title_en in _OFTEN
        if role in rows[body].roles
    ]
