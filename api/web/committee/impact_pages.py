"""A published result that a later fact would change: kept with a reason, or reopened (R36)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.application.questions.year.appeal_questions import impact_in_full
from api.web.committee.confirmation import (
    ConfirmQuestion,
    FilesRoute,
    Trouble,
    confirm,
    files_refused,
    given,
    key_of,
    paper_removed,
    papers_of,
    papers_said,
    ranks_moved,
    text_of,
    version_of,
)
from api.web.frame.field_names import GRADES
from api.web.frame.form_leads import see_other
from api.web.frame.page_acts import tell
from api.web.frame.page_problems import wrong
from api.web.frame.page_questions import ask, ask_for, waived_of
from api.web.frame.render import page
from domain.commands.rounds import DisposeImpact
from domain.values import Bilingual, new_id
from projections.answers.results import ImpactInFull, RevisionForeseen

router = APIRouter(route_class=FilesRoute)
NAME = "impact"
STATUS: dict[str, Bilingual] = {
    "open": ("待处理", "open"),
    "kept": ("维持公布的结果", "kept"),
    "reopened": ("已重开并修订", "reopened"),
}


@router.get("/impacts/{impact}")
async def impact(request: Request, impact: str) -> Response:
    """Which late fact, which result, what reopening would change, and what was decided."""
    return await _shown(request, impact)


@router.post("/impacts/{impact}")
async def dispose(request: Request, impact: str) -> Response:
    """Ask once more, then record what becomes of the result."""
    form: FormData = request.state.form
    act = text_of(form, "act")
    body: dict[str, object] = {
        **given(form, "outcome", "disposed_on", "hearing_on", "reason"),
        "evidence": papers_of(form),
    }
    if paper_removed(request) or act not in ("check", "dispose"):
        return await _shown(request, impact)
    if act == "check":
        problem = files_refused(request) or await wrong(request, DisposeImpact, body)
        if problem is not None:
            return await _shown(request, impact, Trouble(problem))
        found = await ask_for(request, ImpactInFull, impact_in_full, id=impact)
        question = _question(found, body, papers_of(form))
        return confirm(request, NAME, question, agency=found.agency, details=None, back=f"/impacts/{impact}")
    answer = await tell(request, DisposeImpact, body, id=impact, key=key_of(form), version=version_of(form))
    if answer.refused:
        return await _shown(request, impact, Trouble(answer.problem))
    return see_other(request, f"/impacts/{impact}#disposal")


def _question(
    found: ImpactInFull, body: Mapping[str, object], papers: Iterable[Mapping[str, object]]
) -> ConfirmQuestion:
    year, would = found.year, found.reopened
    if body["outcome"] == "kept" or would is None:
        line: Bilingual = (
            f"{year} 年度公布的结果维持不变，并记录理由",
            f"The published result of {year} stands; the reason is recorded",
        )
    else:
        line = _revision(year, would)
    when: Bilingual = (f"处理日期 {body['disposed_on']}", f"On {body['disposed_on']}")
    lines = [line, when, *papers_said(papers)]
    return ConfirmQuestion(("确认处理", "Confirm"), lines, "dispose", ("记录处理决定", "Record it"))


def _revision(year: int | None, would: RevisionForeseen) -> Bilingual:
    """What reopening changes: total, grade, the agency's own rank and those of others."""
    before, after, others = would.before, would.after, ranks_moved(would.ranks.moved)
    was, will = (GRADES.get(one or "", ("未评定", "not assessed")) for one in (before.grade, after.grade))
    grade = (
        (f"结果仍为{will[0]}", f"grade {will[1]} as before")
        if was == will
        else (f"结果由{was[0]}变为{will[0]}", f"grade from {was[1]} to {will[1]}")
    )
    first, last = (rank or "—" for rank in (would.ranks.before, would.ranks.after))
    rank = (
        (f"名次仍为 {last}", f"rank {last} as before")
        if first == last
        else (f"名次由 {first} 变为 {last}", f"rank from {first} to {last}")
    )
    return (
        f"{year} 年度的结果重开并修订：总分 {before.total or '—'} → {after.total or '—'}，"
        f"{grade[0]}，{rank[0]}；{others[0]}；受影响的机构重新有一周可提出异议",
        f"The result of {year} is reopened and revised: total {before.total or '—'} → {after.total or '—'}, "
        f"{grade[1]}, {rank[1]}; {others[1]}; all affected have a new week to appeal",
    )


async def _shown(request: Request, id_: str, trouble: Trouble | None = None) -> Response:
    form: FormData | None = getattr(request.state, "form", None)
    found = await ask(request, impact_in_full, id=id_)
    key = text_of(form, "key") if form else ""
    return page(
        request,
        "impact.html",
        name=NAME,
        status=422 if trouble else 200,
        impact=found,
        waived=await waived_of(request, found["agency"]["uscc"], found["year"], found["contested"]["id"]),
        trouble=trouble,
        form=form or FormData(),
        key=key or new_id(),
        statuses=STATUS,
    )
