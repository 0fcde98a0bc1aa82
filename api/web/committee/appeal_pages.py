"""An appeal before the committee: both sheets, what a decision would change, the decision (art.20, R33-R35)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api.application.assessing.appeal_decisions import may_decide
from api.application.parsing.refused_bodies import ProblemBody
from api.application.questions.agency.trail_questions import event_of
from api.application.questions.service.law_questions import adopted_law
from api.application.questions.year.appeal_questions import appeal_in_full, decision_supposed, dossier_of
from api.application.questions.year.assessment_questions import assessment_of, decisions_of
from api.http.query_params import LooseText
from api.web.committee.confirmation import (
    LABELS,
    Behind,
    ConfirmQuestion,
    FilesRoute,
    Trouble,
    confirm,
    facts_behind,
    files_refused,
    given,
    key_of,
    paper_removed,
    papers_of,
    ranks_moved,
    text_of,
    time_left,
    version_of,
)
from api.web.committee.replacing import KINDS, ReplacementRow, choices, rows_of
from api.web.frame.field_names import GRADES
from api.web.frame.form_leads import see_other
from api.web.frame.page_acts import tell
from api.web.frame.page_problems import refusal_of, wrong
from api.web.frame.page_questions import Given, ask, look, passed_on, waived_of
from api.web.frame.render import page
from api.web.printing.paper_files import paper_file
from domain.commands.appeals import AdmitAppeal, DecideAppeal, WithdrawAppeal
from domain.values import Bilingual, new_id
from projections.answers.results import DecisionSupposed
from projections.answers.scalars import read_as

router = APIRouter(route_class=FilesRoute)
NAME = "appeal-desk"
OUTCOMES: dict[str, Bilingual] = {
    "upheld": ("成立", "upheld"),
    "partly_upheld": ("部分成立", "partly upheld"),
    "dismissed": ("不成立", "dismissed"),
}
STATUS: dict[str, Bilingual] = {
    **OUTCOMES,
    "open": ("待决定", "to be decided"),
    "withdrawn": ("已撤回", "withdrawn"),
    "awaiting_admission": ("逾期提出，待受理", "late, awaiting admission"),
}
_SIMPLE: dict[str, tuple[Any, tuple[str, ...]]] = {
    "admit": (AdmitAppeal, ("reason", "decided_on")),
    "withdraw": (WithdrawAppeal, ("withdrawn_on",)),
}


@router.get("/appeals/{appeal}")
async def appeal(
    request: Request, appeal: str, dossier: LooseText = "", receipt: LooseText = "", paper: LooseText = ""
) -> Response:
    """The appeal as it stands; `?receipt=decision`: what its decision changed. `?dossier=zip`, `?paper=`: as files."""
    if paper or dossier:
        return await (paper_file(request, paper, appeal=appeal) if paper else passed_on(request, dossier_of, id=appeal))
    return (await _decided(request, appeal) if receipt else None) or await _shown(request, appeal)


@router.post("/appeals/{appeal}")
async def act(request: Request, appeal: str) -> Response:
    """Try a decision, ask once more, or record it; also admission and withdrawal."""
    paper_removed(request)
    wanted = text_of(form := request.state.form, "act")
    if (simple := wanted.removeprefix("check-")) in _SIMPLE:
        return await _simple(request, appeal, simple, sure=wanted == simple)
    if wanted == "try" and text_of(form, "part"):
        return await _part(request, appeal)
    if wanted in ("check", "decide"):
        return await _decide(request, appeal, sure=wanted == "decide")
    return await _shown(request, appeal, rows=rows_of(form))


async def _shown(
    request: Request, id_: str, trouble: Trouble | None = None, *, rows: list[ReplacementRow] | None = None
) -> Response:
    """The page, with what was typed and what the form supposes, if one was sent."""
    form: FormData | None = getattr(request.state, "form", None)
    found = await ask(request, appeal_in_full, id=id_)
    rows = rows or []
    supposed, troubled = None, trouble
    if form is not None and found["status"] in ("open", "awaiting_admission"):
        supposed, problem = await _what_if(request, id_, found["agency"]["uscc"], form.getlist("annul"), rows)
        troubled = trouble or problem
    now, law = datetime.now(UTC), await run_in_threadpool(adopted_law, request.app.state.service)
    facts = await facts_behind(request, found["agency"]["uscc"], found["year"])
    return page(
        request,
        "appeal-desk.html",
        name=NAME,
        status=422 if trouble else 200,
        appeal=found,
        waived=await waived_of(request, found["agency"]["uscc"], found["year"], found["contested"]["id"]),
        form=form or FormData(),
        trouble=troubled,
        rows=rows,
        supposed=supposed,
        kinds=KINDS,
        choices=choices(),
        labels=LABELS,
        outcomes=OUTCOMES,
        statuses=STATUS,
        ticked=form.getlist("annul") if form else [],
        facts=facts,
        left=time_left(now, date.fromisoformat(found["deadline"]["day"]), law.calendar),
        lines=_lines(found["disputed_event_ids"], found["published_sheet"].get("lines", ()), facts),
        key=text_of(form, "key") if form and text_of(form, "key") else new_id(),
    )


async def _what_if(
    request: Request, id_: str, uscc: str, annul: Sequence[Any], rows: list[ReplacementRow]
) -> tuple[Given | None, Trouble | None]:
    """What the API says a decision would change, or why it cannot be."""
    body = {"annul": list(annul), "replace": [row.command(uscc) for row in rows]}
    answer = await look(request, decision_supposed, id=id_, body=body)
    return (None, Trouble(answer.problem)) if answer.refused else (answer.content, None)


async def _part(request: Request, id_: str) -> Response:
    """Only what the ticked boxes would change, for the script that puts it in place."""
    form: FormData = request.state.form
    rows, uscc = rows_of(form), text_of(form, "uscc")
    supposed, trouble = await _what_if(request, id_, uscc, form.getlist("annul"), rows)
    facts = await facts_behind(request, uscc, supposed["year"]) if supposed else {}
    return page(request, "appeal-what-if.html", name=NAME, supposed=supposed, trouble=trouble, facts=facts)


async def _decide(request: Request, id_: str, *, sure: bool) -> Response:
    """Ask once more with what will change, or record the decision and show what did."""
    form: FormData = request.state.form
    rows, uscc = rows_of(form), text_of(form, "uscc")
    body = {
        **given(form, "outcome", "decided_on", "reasons"),
        "annul": form.getlist("annul"),
        "replace": [row.command(uscc) for row in rows],
    }
    if not sure:
        problem = await wrong(request, DecideAppeal, body) or await _refusal(request, id_, body)
        found = await ask(request, appeal_in_full, id=id_)
        supposed, trouble = await _what_if(request, id_, found["agency"]["uscc"], form.getlist("annul"), rows)
        if problem is not None or supposed is None:
            return await _shown(request, id_, Trouble(problem) if problem else trouble, rows=rows)
        counts = len(form.getlist("annul")), len(rows)
        would = read_as(DecisionSupposed, supposed)
        return confirm(
            request,
            NAME,
            _question(str(body["outcome"]), str(body["decided_on"]), counts, would),
            agency=found["agency"],
            supposed=supposed,
            details="appeal-what-if.html",
            back=f"/appeals/{id_}",
            trouble=None,
            facts=await facts_behind(request, found["agency"]["uscc"], found["year"]),
        )
    answer = await tell(request, DecideAppeal, body, id=id_, key=key_of(form), version=version_of(form))
    if answer.refused:
        return await _shown(request, id_, Trouble(answer.problem), rows=rows)
    return see_other(request, f"/appeals/{id_}?receipt=decision")


async def _decided(request: Request, id_: str) -> Response | None:
    """What the decision recorded and changed, read from the ledger; None while there is none."""
    found = await ask(request, appeal_in_full, id=id_)
    decision = next((one for one in found["proceedings"] if one["type"] in _DECISIONS), None)
    if decision is None:
        return None
    record = await ask(request, event_of, uscc=found["agency"]["uscc"], id=decision["id"])
    revised = next((one for one in found["proceedings"] if one["type"] == "ResultRevised"), None)
    year = await look(request, decisions_of, year=str(found["year"]), limit=500)
    facts = [one["fact"] for one in ([] if year.refused else year.content["items"]) if one["type"] == "RanksRevised"]
    moved = [other for fact in facts if fact["appeal_id"] == id_ for other in fact["moved"]]
    return page(
        request,
        "appeal-done.html",
        name=NAME,
        appeal=found,
        decision=decision,
        recorded=record["recorded_with"],
        revised=revised,
        moved=moved,
        statuses=STATUS,
        names_of=await _names(request, found["year"], {one["uscc"] for one in moved}),
    )


_DECISIONS = ("AppealUpheld", "AppealPartlyUpheld", "AppealDismissed")


async def _refusal(request: Request, id_: str, body: Mapping[str, object]) -> ProblemBody | None:
    """What the API would refuse of a decision, said before anybody confirms it."""
    decision, ledger = DecideAppeal.model_validate(body), request.app.state.service.ledger
    return await refusal_of(request, f"/v1/appeals/{id_}/decision", lambda: may_decide(ledger, id_, decision))


async def _names(request: Request, year: int, usccs: set[str]) -> dict[str, str]:
    """Names of the agencies whose ranks moved, as far as the first page of the year's results tells them."""
    if not usccs:
        return {}
    items = (await ask(request, assessment_of, year=year, limit=500))["items"]
    return {one["agency"]["uscc"]: one["agency"]["name"] for one in items if one["agency"]["uscc"] in usccs}


def _question(outcome: str, day: str, counts: tuple[int, int], supposed: DecisionSupposed) -> ConfirmQuestion:
    """`counts`: how many facts are annulled and put in."""
    (zh, en), (annulled, replaced) = OUTCOMES[outcome], counts
    lines: list[Bilingual] = [
        (f"异议{zh}，决定日期 {day}", f"The appeal is {en}, on {day}"),
        (
            f"撤销 {annulled} 条有争议的记录，补录 {replaced} 条",
            f"{annulled} disputed facts annulled, {replaced} put in",
        ),
    ]
    before, after = supposed.before, supposed.after
    if supposed.kept:
        lines.append((supposed.text, supposed.text_en))
    else:
        was, will = (GRADES.get(one or "", ("未评定", "not assessed")) for one in (before.grade, after.grade))
        others = ranks_moved(supposed.ranks.moved)
        grades = (
            (f"仍为{will[0]}", f"grade {will[1]} as before")
            if was == will
            else (f"由{was[0]}变为{will[0]}", f"grade from {was[1]} to {will[1]}")
        )
        lines.append(
            (
                f"总分由 {before.total or '—'} 变为 {after.total or '—'}，结果{grades[0]}，"
                f"{others[0]}；修订结果公布后，受影响的机构重新有一周可提出异议",
                f"Total from {before.total or '—'} to {after.total or '—'}, {grades[1]}; "
                f"{others[1]}; all affected have a new week to appeal",
            )
        )
    title = ("确认对异议的决定", "Confirm the decision on the appeal")
    return ConfirmQuestion(title, lines, "decide", ("作出决定", "Decide"))


async def _simple(request: Request, id_: str, name: str, *, sure: bool) -> Response:
    """Admission or withdrawal; a withdrawal is asked about once more, as nobody can take it back."""
    form: FormData = request.state.form
    model, fields = _SIMPLE[name]
    body: dict[str, object] = {**given(form, *fields)}
    body |= {"evidence": papers} if name == "withdraw" and (papers := papers_of(form)) else {}
    if not sure:
        problem = files_refused(request) or await wrong(request, model, body)
        if problem is not None:
            return await _shown(request, id_, Trouble(problem))
        question = ConfirmQuestion(
            ("确认撤回异议", "Confirm the withdrawal"),
            [
                (
                    f"自 {body['withdrawn_on']} 起撤回；撤回后，这件异议不再作出决定，公布的结果维持不变",
                    f"Withdrawn on {body['withdrawn_on']}; it will not be decided, and the published result stands",
                )
            ],
            name,
            ("撤回异议", "Withdraw the appeal"),
            f"check-{name}",
        )
        found = await ask(request, appeal_in_full, id=id_)
        return confirm(request, NAME, question, agency=found["agency"], details=None, back=f"/appeals/{id_}")
    answer = await tell(request, model, body, id=id_, key=key_of(form), version=version_of(form))
    if answer.refused:
        return await _shown(request, id_, Trouble(answer.problem))
    return see_other(request, f"/appeals/{id_}#history")


def _lines(disputed: Sequence[str], lines: Iterable[Given], facts: dict[str, Behind]) -> list[dict[str, object]]:
    """Facts that a box can be ticked for: the disputed ones first, then all others behind the published sheet."""
    told: dict[str, list[Given]] = {}
    for line in lines:
        for event in line["events"]:
            told.setdefault(event, []).append(line)
    return [
        {"id": one, "fact": facts.get(one), "lines": told.get(one, []), "disputed": one in disputed}
        for one in dict.fromkeys([*disputed, *told])
    ]
