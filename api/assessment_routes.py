"""Questions about a year's assessment and the week after it: results, appeals, and what waits to be dealt with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import answer
from api.assessing.publishing import round_of
from api.auth import Caller
from api.guard import GuardedRoute, path_uscc
from api.openapi import question_docs
from api.pages import page
from api.permissions import Reach
from api.personal import shown
from api.queries import AppealStatus, Cursor, DueBefore, ImpactStatus, Limit, ObjectionStatus, ReportStatus
from api.question_routes import MANY, ONE, asking, looking_up, path_year
from domain.errors import NotFound
from domain.events import AppealFiled, Event
from domain.ledger import Reader
from domain.measures.chapter4_appeals import appeal_state
from domain.values import assessment_stream
from projections.basis import Basis
from projections.contested import deadline_json, result_json, three_answers
from projections.difference import sheet_differences
from projections.look_ups import must_be_assessed
from projections.publication import published
from projections.questions import Questions
from projections.rows.published import LATEST, Waiting, Wanted, matters, results_of_year
from projections.trail import entry, recorded_entry

router = APIRouter(route_class=GuardedRoute)


# ---- a year ----


@router.get("/v1/assessments/{year}", tags=[MANY], **question_docs("assessment", not_found=True))
def assessment(request: Request, year: str, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """年度考评：公布前为预览（缺什么、为什么），公布后为结果 / A year: a preview, or what was published."""
    number = path_year(year)
    wanted = page(cursor, limit, question=("assessment", number))
    with looking_up(request) as (look_ups, reader):
        basis = look_ups.district(None, wanted.known_at)
        own = _own(request)
        if basis.law is None:
            raise _no_such_year(number)
        must_be_assessed(basis.law, number)
        round_ = round_of(reader, number)
        content = _round(reader, number)
        if round_.published is None:
            rows = look_ups.ranking(basis, number, uscc=own, offset=wanted.offset, limit=wanted.limit + 1)
            content["incomplete"] = [] if own else _incomplete(look_ups.ranking(basis, number))
        else:
            part = results_of_year(
                reader.connection, number, LATEST, basis.known_at, uscc=own, offset=wanted.offset,
                limit=wanted.limit + 1,
            )  # fmt: skip
            rows = [_standing(one) for one in part]
            open_ = matters(reader.connection, Wanted("appeal", year=number))
            content["open_appeals"] = 0 if own else len(list(open_))
        items, next_cursor = wanted.part(rows, None, basis.known_at)
        first, last = basis.law.rulebooks.span_of(number)
        content |= {"year": number, "from": first.isoformat(), "to": last.isoformat(), **basis.echo()}
    return answer(request, {**content, "items": items, "next_cursor": next_cursor})


def _no_such_year(year: int) -> NotFound:
    return NotFound(f"没有 {year} 年度的考评", f"there is no assessment of {year}")


def _incomplete(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whose sheet cannot be published without a waiver, and what is missing (R25)."""
    return [
        {"agency": row["agency"], "missing": row["missing"], "text": "尚无数据：须补录，或由委员会豁免并说明理由",
         "text_en": "nothing has come in: record it, or let the committee waive it with a reason"}
        for row in rows
        if row["assessed"] and row["missing"]
    ]  # fmt: skip


def _round(reader: Reader, year: int) -> dict[str, Any]:
    """The state of a year's round."""
    round_ = round_of(reader, year)
    published_, closed = round_.published, round_.closed
    return {
        "status": round_.status, "version": round_.version,
        "published_on": None if published_ is None else published_.occurred_on.isoformat(),
        "meeting_on": None if published_ is None else published_.meeting_on.isoformat(),
        "deadline": None if published_ is None else deadline_json(published_.deadline),
        "count": None if published_ is None else published_.count,
        "results_sha256": None if published_ is None else published_.results_sha256,
        "log_index": None if published_ is None else published_.log_index,
        "waivers": [] if published_ is None else [
            {"uscc": one.uscc, "part": one.part} for one in published_.waivers
        ],
        "revisions": len(round_.revisions),
        "closed_on": None if closed is None else closed.occurred_on.isoformat(),
        "incomplete": [], "open_appeals": 0,
    }  # fmt: skip


def _standing(one: Any) -> dict[str, Any]:
    """A row of a published year."""
    result = one.result
    return {
        "agency": {"uscc": one.uscc, "name": result.name}, "category": result.category, "rank": result.rank,
        "assessed": result.assessed, "total": result.total, "grade": result.grade, "revised": result.revised,
        "result": one.event_id, "published_on": one.published_on.isoformat(),
        "deadline": deadline_json(result.deadline),
    }  # fmt: skip


@router.get("/v1/assessments/{year}/events", tags=[MANY], **question_docs("assessment_events", not_found=True))
def assessment_events(request: Request, year: str, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """年度考评的决定：公布、名次变动、办结 / The decisions on a year: publication, moved ranks, closing."""
    number = path_year(year)
    wanted = page(cursor, limit, question=("assessment events", number))
    with asking(request) as (questions, reader):
        events = reader.events(assessment_stream(number))
        if not events:
            raise _no_such_year(number)
        at = wanted.known_at or questions.now
        rows = [recorded_entry(event) for event in events if event.recorded_at <= at]
        items, next_cursor = wanted.cut(rows, None, at)
        items = shown(reader.connection, request.state.caller, items)
    return answer(request, {"year": number, "known_at": at, "items": items, "next_cursor": next_cursor})


# ---- what waits ----


@router.get("/v1/appeals", tags=[MANY], **question_docs("appeals"))
def appeals(
    request: Request,
    status: AppealStatus = "undecided",
    due_before: DueBefore = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """申诉登记簿，先到期的在前（R33）/ The register of appeals, what is due first first; an agency sees its own."""
    asked = None if status == "undecided" else status
    return _worklist(request, Wanted("appeal", asked, due_before, _own(request)), limit, cursor, _appeal_row)


@router.get("/v1/objections", tags=[MANY], **question_docs("objections"))
def objections(
    request: Request, status: ObjectionStatus = "open", limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """对单条记录的异议（R38）/ Objections to single records; an agency sees its own."""
    return _worklist(request, Wanted("objection", status, uscc=_own(request)), limit, cursor, _fact_row)


@router.get("/v1/reports", tags=[MANY], **question_docs("reports"))
def reports(request: Request, status: ReportStatus = "open", limit: Limit = 50, cursor: Cursor = None) -> Response:
    """不良行为举报（R11）/ Reports of behaviours, until a bad record is entered or they are dismissed."""
    return _worklist(request, Wanted("report", status), limit, cursor, _fact_row)


@router.get("/v1/impacts", tags=[MANY], **question_docs("impacts"))
def impacts(request: Request, status: ImpactStatus = "open", limit: Limit = 50, cursor: Cursor = None) -> Response:
    """迟到的事实对已公布结果的影响（R36）/ Published results that later facts would change."""
    return _worklist(request, Wanted("impact", status, uscc=_own(request)), limit, cursor, _impact_row)


Row = Callable[[Waiting, dict[str, Event]], dict[str, Any]]


def _worklist(request: Request, wanted: Wanted, limit: int, cursor: str | None, row: Row) -> Response:
    """A page of matters, with the facts that they are about."""
    part = page(cursor, limit, question=("matters", *wanted))
    with looking_up(request) as (look_ups, reader):
        basis = look_ups.district(None, part.known_at)
        found = list(
            matters(reader.connection, wanted, LATEST, basis.known_at, offset=part.offset, limit=part.limit + 1)
        )
        found, next_cursor = part.part(found, None, basis.known_at)
        facts = reader.named(id_ for one in found for id_ in (one.id, one.matter.about) if id_ is not None)
        opened = {
            one["id"]: one
            for one in shown(reader.connection, request.state.caller, [recorded_entry(e) for e in facts.values()])
        }
        items = [{**_matter(one), **row(one, facts), "recorded": opened.get(_fact_of(one))} for one in found]
    return answer(request, {"known_at": basis.known_at, "items": items, "next_cursor": next_cursor})


def _fact_of(one: Waiting) -> str:
    """The event whose content a worklist shows: of an impact its cause, else what began the matter."""
    return str(one.matter.about) if one.matter.kind == "impact" else one.id


def _matter(one: Waiting) -> dict[str, Any]:
    return {
        "id": one.id, "agency": {"uscc": one.uscc}, "status": one.matter.status, "since": one.since.isoformat(),
        "begun_on": one.matter.begun_on.isoformat(),
    }  # fmt: skip


def _appeal_row(one: Waiting, facts: dict[str, Event]) -> dict[str, Any]:
    filed = facts[one.id]
    if not isinstance(filed, AppealFiled):
        raise LookupError(f"{one.id} is no appeal: run steward check")
    return _filed(filed)


def _filed(filed: AppealFiled) -> dict[str, Any]:
    return {
        "year": filed.year, "filed_on": filed.occurred_on.isoformat(), "in_time": filed.in_time,
        "deadline": deadline_json(filed.deadline), "result": filed.result_id,
        "appellant_kind": filed.appellant_kind, "disputed_event_ids": list(filed.disputed),
    }  # fmt: skip


def _fact_row(one: Waiting, facts: dict[str, Event]) -> dict[str, Any]:
    return {"about": one.matter.about}


def _impact_row(one: Waiting, facts: dict[str, Event]) -> dict[str, Any]:
    return {"year": one.matter.about_year, "result": one.id.partition("~")[0], "cause": one.matter.about}


# ---- one appeal, one result ----


@router.get("/v1/appeals/{id}", tags=[MANY], **question_docs("appeal", not_found=True))
def appeal(request: Request, id: str) -> Response:  # noqa: A002  # the name in the path
    """一件申诉：公布的打分表、现在的打分表及差异 / An appeal: the published sheet, today's, and the difference."""
    with asking(request) as (questions, reader):
        uscc, filed = appeal_of(reader, id, _own(request))
        content = appeal_answer(questions, reader, uscc, filed, request.state.caller)
    return answer(request, content)


def appeal_of(reader: Reader, appeal_id: str, own: str | None) -> tuple[str, AppealFiled]:
    """An appeal and its agency. Raises: NotFound, also where it is not that of the caller's agency."""
    filed = reader.named([appeal_id]).get(appeal_id)
    uscc = "" if filed is None else filed.stream.removeprefix("agency/")
    if not isinstance(filed, AppealFiled) or own not in (None, uscc):
        raise NotFound(
            "没有路径里这个编号的申诉", "there is no such appeal as the path names", cites=("R33",),
            remedy="请在申诉登记簿（GET /v1/appeals）里核对编号", remedy_en="Look the id up in GET /v1/appeals.",
        )  # fmt: skip
    return uscc, filed


def appeal_answer(
    questions: Questions, reader: Reader, uscc: str, filed: AppealFiled, caller: Caller
) -> dict[str, Any]:
    """An appeal with all that belongs to it."""
    found = published(reader, uscc, filed.year)
    if found is None:
        raise NotFound("申诉所针对的结果不存在", "the result that is appealed does not exist")
    basis = questions.basis(uscc, found.day)
    trail = basis.trail
    state = appeal_state(trail, filed)
    contested = next(one for one in found.events if one.id == filed.result_id)
    answers = three_answers(found, basis, questions.today)
    events = [one for one in trail.events if filed.id in one.named() or getattr(one, "appeal_id", None) == filed.id]
    disputed = [trail.by_id[one] for one in filed.disputed]
    more = [one for one in trail.events if any(id_ in one.named() for id_ in filed.disputed) and one not in disputed]
    return {
        "id": filed.id, "agency": answers[1]["sheet"]["agency"], "status": state.status, **_filed(filed),
        "known_at": basis.known_at, "version": basis.version,
        "filed": _shown(reader, caller, [filed], basis)[0],
        "proceedings": _shown(reader, caller, [one for one in events if one.id != filed.id], basis),
        "disputed": _shown(reader, caller, [*disputed, *more], basis),
        "contested": result_json(contested, found.events),  # type: ignore[arg-type]  # an appeal names a result
        "standing": result_json(found.standing, found.events, with_sheet=False),
        "published_sheet": answers[0]["sheet"], "today_sheet": answers[1]["sheet"],
        "difference": sheet_differences(answers[0]["sheet"], answers[1]["sheet"]), "answers": answers,
    }  # fmt: skip


def _shown(reader: Reader, caller: Caller, events: list[Event], basis: Basis) -> list[dict[str, Any]]:
    return shown(reader.connection, caller, [entry(event, basis) for event in events])


@router.get("/v1/agencies/{uscc}/results/{year}", tags=[ONE], **question_docs("result", one_agency=True))
def result(request: Request, uscc: str, year: str) -> Response:
    """公布的结果及其更正，以及对有争议结果的三种回答 / Published results, and three answers to a contested one."""
    number = path_year(year)
    with asking(request) as (questions, reader):
        code = path_uscc(uscc)
        found = published(reader, code, number)
        if found is None:
            reader.agency_events(code)
            raise NotFound(
                f"没有公布过该机构 {number} 年度的考评结果",
                f"no result of {number} has been published for this agency",
                cites=("R32",), remedy="公布之前请用 sheets 查询打分表", remedy_en="Before that, ask for its sheet.",
            )  # fmt: skip
        basis = questions.basis(code, found.day)
        of_year = [one for one in found.events if getattr(one, "sheet", None) is not None and one.year == number]  # type: ignore[attr-defined]
        content = {
            "year": number, "known_at": basis.known_at, "as_of": found.day.isoformat(),
            "results": [result_json(one, found.events, with_sheet=False) for one in of_year],  # type: ignore[arg-type]
            "answers": three_answers(found, basis, questions.today),
        }  # fmt: skip
    return answer(request, content)


def _own(request: Request) -> str | None:
    """The agency to which the answer is narrowed, for a caller who may see only that."""
    own: str | None = request.state.caller.uscc if request.state.reach is Reach.PART else None
    return own
