"""A year before the committee: preview, publication with what is missing, results, closing (art.19, R32, R36)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api.application.answers.years import AssessmentYearPage, IncompleteSheet
from api.application.assessing.publishing import may_publish
from api.application.parsing.refused_bodies import ErrorPlace, ProblemBody
from api.application.questions.inquiry import Answer, path_year
from api.application.questions.service.law_questions import adopted_law
from api.application.questions.year.assessment_questions import assessment_of, decisions_of
from api.application.questions.year.conduct_questions import bad_records_of, surveys_of
from api.application.questions.year.worklist_questions import appeals_waiting
from api.http.query_params import Cursor, LooseText
from api.web.committee.appeal_pages import STATUS as APPEALS
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
    text_of,
    time_left,
)
from api.web.frame.basis_picker import asked, keeping
from api.web.frame.field_names import GRADES, PARTS
from api.web.frame.form_leads import see_other
from api.web.frame.page_acts import tell
from api.web.frame.page_problems import refusal_of, wrong
from api.web.frame.page_questions import ask, look
from api.web.frame.render import page
from api.web.printing.paper_files import paper_file
from api.web.printing.sheets_pages import CANCEL, MAKE, sheets_acted
from api.web.printing.whole_lists import PrintedList, WholeList, asked_parts, of_row, printed, whole_link, whole_table
from domain.commands.rounds import CloseYear, PublishYear
from domain.values import Bilingual, new_id
from projections.answers.scalars import read_as

router = APIRouter(route_class=FilesRoute)
NAME, ROWS = "year-desk", 25
MOST_NAMED = 40  # missing parts that have a field of their own; the others share one reason
_SETTLED, _DAY = "settled-waivers", timedelta(days=1)
TABLES_OF_YEAR: dict[str, Callable[..., Answer]] = {"bad-records": bad_records_of, "survey-summaries": surveys_of}
"""What else is exported of a year (`?table=`)."""
STATUS: dict[str, Bilingual] = {
    "unpublished": ("尚未公布", "not published"),
    "published": ("已公布，异议期内或待办结", "published, not final"),
    "closed": ("已办结，结果为最终结果", "closed: the results are final"),
}


@router.get("/years/{year}")
async def year(
    request: Request,
    year: str,
    cursor: Cursor = None,
    whole: WholeList = "",
    paper: LooseText = "",
    file: LooseText = "",
    table: LooseText = "",
) -> Response:
    """Where the year stands, and what the committee can do about it; `?paper=results`, `?paper=sheets`: its papers."""
    if paper:
        return await paper_file(request, paper, year=year, file=file)
    if table in TABLES_OF_YEAR:
        return await whole_table(request, TABLES_OF_YEAR[table], {"year": year, **asked(request).query})
    if whole:
        return await _printed(request, year)
    return await _shown(request, year, cursor=cursor)


@router.post("/years/{year}")
async def act(request: Request, year: str) -> Response:
    """Publish or close the year; each is asked about once more."""
    wanted = text_of(request.state.form, "act")
    if wanted in (MAKE, CANCEL):
        return await sheets_acted(request, path_year(year))
    if paper_removed(request):
        return await _shown(request, year)
    if wanted in ("check", "publish"):
        return await _publish(request, year, sure=wanted == "publish")
    if wanted in ("check-close", "close"):
        return await _close(request, year, sure=wanted == "close")
    return await _shown(request, year)


async def _printed(request: Request, year_: str) -> Response:
    """The results of a year whole: as they were published, or the preview on the day that is asked for."""
    as_of = asked(request).as_of
    found = await ask(request, assessment_of, year=year_, as_of=as_of, limit=1)
    number, preview = found["year"], found["status"] == "unpublished"
    title = (
        (f"{number} 年度考评结果预览（尚未公布）", f"Preview of the results of {number}, not published")
        if preview
        else (f"{number} 年度考评结果", f"Results of {number}")
    )
    parts, address = (
        asked_parts(request, assessment_of, {"year": year_, "as_of": as_of}),
        keeping(request, f"/years/{number}"),
    )
    return await printed(
        request, PrintedList("year", title, address, parts, {}, more={"preview": preview}, points=of_row)
    )


async def _shown(
    request: Request, year_: str, trouble: Trouble | None = None, *, cursor: str | None = None
) -> Response:
    form: FormData | None = getattr(request.state, "form", None)
    found = await ask(request, assessment_of, year=year_, as_of=asked(request).as_of, limit=ROWS, cursor=cursor)
    published = found["status"] != "unpublished"
    decisions = await ask(request, decisions_of, year=year_, limit=100) if published else {"items": []}
    waiting = await _undecided(request, found["year"]) if found["open_appeals"] else []
    law = await run_in_threadpool(adopted_law, request.app.state.service)
    last = found["last_deadline"] or (found["deadline"] if published else None)
    left = time_left(datetime.now(UTC), date.fromisoformat(last["day"]), law.calendar) if last else None
    missing = [(row["agency"], part) for row in found["incomplete"] for part in row["missing"]]
    return page(
        request,
        "year-desk.html",
        name=NAME,
        status=422 if trouble else 200,
        year=found,
        trouble=trouble,
        form=form or FormData(),
        key=text_of(form, "key") if form and text_of(form, "key") else new_id(),
        decisions=decisions["items"],
        left=left,
        after_year=law.rulebooks.span_of(found["year"])[1] + _DAY,
        after_windows="" if last is None else date.fromisoformat(last["day"]) + _DAY,
        statuses=STATUS,
        parts=PARTS,
        missing=missing[:MOST_NAMED],
        all_missing=len(missing),
        paged=cursor is not None,
        whole=whole_link(
            keeping(request, f"/years/{found['year']}"), len(found["items"]), found["count"] if published else None
        ),
        waiting=waiting,
        appeal_statuses=APPEALS,
        ready={"window": left is not None and left.over, "appeals": not found["open_appeals"]},
    )


async def _undecided(request: Request, year_: int) -> list[dict[str, object]]:
    """The appeals that stand in the way of closing the year (R36), the first few."""
    items = (await ask(request, appeals_waiting, status="undecided", limit=500))["items"]
    return [one for one in items if one["year"] == year_][:MOST_NAMED]


async def _publish(request: Request, year_: str, *, sure: bool) -> Response:
    """With the waivers that the form gives a reason for; what else is missing the API refuses by name (R25, R32)."""
    form: FormData = request.state.form
    days = {**given(form, "published_on", "meeting_on", "reason"), "evidence": papers_of(form)}
    if sure:
        return await _record(request, year_, {**days, "waivers": _settled(form)})
    if (not_kept := files_refused(request)) is not None:
        return await _shown(request, year_, Trouble(not_kept))
    preview = await look(request, assessment_of, year=year_, as_of=days.get("published_on"), limit=1)
    if preview.refused:
        return await _shown(request, year_, Trouble(_at_field(preview.problem)))
    found = read_as(AssessmentYearPage, preview.content)
    waivers = _waivers(form, found.incomplete)
    body = {**days, "waivers": waivers}
    problem = await wrong(request, PublishYear, body) or await _refusal(request, found, body)
    lacking = sum(len(row.missing) for row in found.incomplete) - len(waivers)
    if problem is not None or lacking:
        return await _shown(request, year_, Trouble(problem or _lacking(lacking)))
    settled, question = [(_SETTLED, msgspec.json.encode(waivers).decode())], _question(found, body, len(waivers))
    return confirm(request, NAME, question, settled=settled, agency=None, details=None, back=f"/years/{year_}")


async def _refusal(request: Request, found: AssessmentYearPage, body: Mapping[str, object]) -> ProblemBody | None:
    """What the API would refuse of a publication, said before anybody confirms it: its days, and one of no result."""
    year_, count = found.year, found.expected or 0
    publication, ledger = PublishYear.model_validate(body), request.app.state.service.ledger
    path = f"/v1/assessments/{year_}/publication"
    return await refusal_of(request, path, lambda: may_publish(ledger, year_, publication, count))


async def _record(request: Request, year_: str, body: dict[str, object]) -> Response:
    form: FormData = request.state.form
    answer = await tell(request, PublishYear, body, year=year_, key=key_of(form))
    if answer.refused:
        return await _shown(request, year_, Trouble(answer.problem))
    return see_other(request, f"/years/{year_}#state")


def _settled(form: FormData) -> Any:
    """The waivers that were confirmed, whatever has come in since: the same form is the same request (idempotency)."""
    try:
        return msgspec.json.decode(text_of(form, _SETTLED) or "[]")
    except msgspec.DecodeError:
        return []


def _waivers(form: FormData, incomplete: Iterable[IncompleteSheet]) -> list[dict[str, str]]:
    """The waivers of the missing parts, each with a reason of its own or with the common one."""
    common = text_of(form, "rest_reason") if text_of(form, "rest") else ""
    named = [(row.agency.uscc, part) for row in incomplete for part in row.missing]
    reasons = [(uscc, part, text_of(form, f"waive-{uscc}-{part}") or common) for uscc, part in named]
    return [{"uscc": uscc, "part": part, "reason": reason} for uscc, part, reason in reasons if reason]


def _lacking(count: int) -> ProblemBody:
    """Said before the confirmation, so that nobody confirms what will be refused."""
    said = (f"还有 {count} 项缺失没有写明豁免理由", f"{count} missing parts have no reason for a waiver yet")
    return {
        "title": "尚不能公布",
        "title_en": "Not ready to be published",
        "detail": said[0],
        "detail_en": said[1],
        "remedy": "请补录，或逐项写明理由，或勾选“其余缺失”写一个共同理由",
        "rule": "R25",
        "remedy_en": "Record what is missing, or give a reason for each or one for all others.",
        "errors": [{"pointer": "/waivers", "detail": said[0], "detail_en": said[1]}],
    }


def _at_field(problem: ProblemBody) -> ProblemBody:
    """A refused day of the preview is the day of publication in this form."""
    errors: list[ErrorPlace] = [
        {**one, "pointer": "/published_on" if one["pointer"] == "?as_of" else one["pointer"]}
        for one in problem.get("errors", ())
    ]
    return {**problem, "errors": errors}


def _question(found: AssessmentYearPage, body: Mapping[str, Any], waived: int) -> ConfirmQuestion:
    year_, count = found.year, found.expected or 0
    lines: list[Bilingual] = [
        _results(year_, count, found.grades),
        (
            f"会议日期 {body['meeting_on']}，公布日期 {body['published_on']}",
            f"Meeting on {body['meeting_on']}, published on {body['published_on']}",
        ),
        (
            f"豁免缺失 {waived} 项，理由随结果公开（R44）",
            f"{waived} missing parts waived; the reasons are made public (R44)",
        ),
        (
            "公布后只能通过异议或结果影响的处理来修订；自今天的次日起一周可提出异议（第二十条、R45）",
            "Afterwards results change only by appeals or impacts; appeals run for a week from tomorrow (art.20, R45)",
        ),
        *papers_said(body["evidence"]),
    ]
    return ConfirmQuestion(
        (f"确认公布 {year_} 年度考评结果", f"Confirm the publication of {year_}"),
        lines,
        "publish",
        (f"公布 {count} 个结果", f"Publish {count} results"),
    )


def _results(year_: int, count: int, grades: dict[str, int]) -> Bilingual:
    """What is published, in a sentence."""
    counts = [(GRADES.get(name, ("未评定", "without a grade")), number) for name, number in grades.items()]
    return (
        f"公布 {year_} 年度共 {count} 个结果：" + "、".join(f"{said[0]} {number}" for said, number in counts),
        f"{count} results of {year_} are published: " + ", ".join(f"{said[1]} {number}" for said, number in counts),
    )


async def _close(request: Request, year_: str, *, sure: bool) -> Response:
    form: FormData = request.state.form
    papers, day = papers_of(form), given(form, "closed_on")
    body = {**day, "evidence": papers}
    if not sure:
        problem = files_refused(request) or await wrong(request, CloseYear, body)
        if problem is not None:
            return await _shown(request, year_, Trouble(problem))
        on = day["closed_on"]
        final: Bilingual = (f"自 {on} 起，{year_} 年度的结果为最终结果", f"The results of {year_} are final from {on}")
        title: Bilingual = (f"确认办结 {year_} 年度", f"Confirm the closing of {year_}")
        lines = [final, *papers_said(papers)]
        question = ConfirmQuestion(title, lines, "close", ("办结", "Close the year"), "check-close")
        return confirm(request, NAME, question, agency=None, details=None, back=f"/years/{year_}")
    answer = await tell(request, CloseYear, body, year=year_, key=key_of(form))
    if answer.refused:
        return await _shown(request, year_, Trouble(answer.problem))
    return see_other(request, f"/years/{year_}#state")
