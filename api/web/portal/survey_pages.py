"""The satisfaction survey of annex 2 behind a one-time link (art.23, R22): for a telephone, without signing in.

A worked example of a score: a small invented history, decided by the real commands and scored by the real code.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.assessing.survey_answers import answer_by_link
from api.application.background.readiness import Service
from api.application.commands import find_command
from api.application.idempotency import Answered
from api.application.questions.service.law_questions import adopted_law
from api.application.questions.service.survey_questions import about_link, sent_by_link
from api.application.record import action_context
from api.application.survey_secrets import PATH
from api.http.documentation.examples import AGENCY_USCC, CLIENT_NAME, CLIENT_USCC, command_example
from api.http.query_params import LooseText
from api.web.forms.form_filling import Refused, refused
from api.web.forms.form_texts import DISCLOSURES
from api.web.frame.form_leads import see_other
from api.web.frame.page_acts import STAY, carried_out, valid
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_problems import PageAnswer, or_problem, over_or_busy, problem_of
from api.web.frame.page_questions import Given
from api.web.frame.render import page
from domain.agency import Agency
from domain.commands.base import Recording
from domain.commands.surveys import AnswerInvitation
from domain.disclosure.who_reads import Disclosure
from domain.errors import NotFound
from domain.law import Law
from domain.measures.annex2_survey import answers_total
from domain.measures.text.annex_texts import survey_form
from domain.measures.text.implements import implements
from domain.trail.trail import Trail
from domain.values import Bilingual, moment, next_instant
from projections.answers.scalars import plain
from projections.replay.known_at import Basis
from projections.replay.standing import sheet_answer

router = APIRouter(route_class=PageRoute)
_OVER = frozenset({404, 409, 410})
_REUSED = "/problems/idempotency-key-reused"


@router.get("/survey/{secret}")
async def survey(request: Request, secret: str, sent: LooseText = "", again: LooseText = "") -> Response:
    """The form, or why the link cannot be used and what to do; `sent`: the receipt of the form that came in by it.

    `again`: it was sent a second time, and nothing was recorded twice.
    """
    if sent:
        return await _receipt(request, secret, sent, again=bool(again))
    found = await _about(request, secret)
    if found.refused:
        return _over(request, found)
    return _form(request, found.content, {"key": str(uuid4())}, None, 200)


@implements("annex2")
@router.post("/survey/{secret}")
async def send_survey(request: Request, secret: str) -> Response:
    """Send the form, once: the receipt, or the form again with all that was filled in."""
    given = _given(request.state.form)
    if text_of(request.state.form, "act") == STAY:
        found = await _about(request, secret)
        given["key"] = given["key"] or str(uuid4())
        return _over(request, found, given) if found.refused else _form(request, found.content, given, None, 200)
    body: dict[str, object] = {"answers": [given[_field(one.number)] for one in survey_form().questions]}
    if given["comments"].strip():
        body["comments"] = given["comments"]
    sent = await carried_out(request, PATH, partial(_sent, request.app.state.service, secret, body, given["key"]))
    if not sent.refused:
        query = {"sent": sent.content["events"][0]["id"], **({"again": "yes"} if sent.replayed else {})}
        return _kept_from_others(see_other(request, f"/survey/{secret}", **query))
    about = await _about(request, secret)
    if about.refused or sent.status in _OVER or sent.content["type"] == _REUSED:
        return _over(request, about if about.refused else sent, given)
    return _form(request, about.content, given, _refused(sent, given), sent.status)


def _sent(service: Service, secret: str, body: dict[str, object], key: str) -> Answered:
    """Raises: a Refusal, RequestValidationError; then nothing was recorded."""
    form = valid(AnswerInvitation, body)
    return answer_by_link(
        service, secret, form, lambda caller: action_context(service, caller, PATH, body, key or None, None)
    )


async def _about(request: Request, secret: str) -> PageAnswer:
    """What the link is about, or why it cannot be used."""

    async def answering() -> PageAnswer:
        return PageAnswer(200, plain(await run_in_threadpool(about_link, request.app.state.service, secret)))

    return await or_problem(request, PATH, answering())


async def _receipt(request: Request, secret: str, event: str, *, again: bool) -> Response:
    """What came in by the link, read from the ledger, for who has link and event: whom it was about, what it says, and
    what its answers are worth under the rulebook of its year (R4, R22)."""
    service = request.app.state.service
    try:
        sent = await run_in_threadpool(sent_by_link, service, secret, event)
    except NotFound as refusal:
        return _over(request, await problem_of(request, PATH, refusal))
    about = await run_in_threadpool(partial(about_link, service, secret, used=True))
    day = sent.event.occurred_on
    book = (await run_in_threadpool(adopted_law, service)).rulebooks.for_sheet(about.year, day)
    return _shown(
        request,
        "survey-sent.html",
        200,
        sent=sent,
        about=about,
        reads=DISCLOSURES[await run_in_threadpool(_disclosure, request, day)],
        total=answers_total(sent.event.answers, book),
        points=book.survey.points,
        form=survey_form(),
        again=again,
    )


def _disclosure(request: Request, day: date) -> Disclosure:
    """What the rated agency is told of a form of this day (R39)."""
    return adopted_law(request.app.state.service).rulebooks.on(day).survey.disclosure


def _field(number: int) -> str:
    return f"q{number}"


def _given(form: Any) -> dict[str, str]:
    names = ["key", "comments", *(_field(one.number) for one in survey_form().questions)]
    return {name: text_of(form, name) for name in names}


def _refused(sent: PageAnswer, given: dict[str, str]) -> Refused:
    """What is wrong at which question; an empty one is told in words that fit a form."""
    fields = [_field(one.number) for one in survey_form().questions]
    places = {f"/answers/{index}": field for index, field in enumerate(fields)}
    found = refused(sent.problem, {**places, "/comments": "comments"})
    at = {field: said if given[field] else _unanswered(field) for field, said in found.at.items()}
    return Refused(found.said, found.remedy, at)


def _unanswered(field: str) -> Bilingual:
    number = field.removeprefix("q")
    return f"第 {number} 题还没有回答，请选择一项", f"Question {number} is not answered yet: choose one"


def _form(request: Request, about: Given, given: dict[str, str], problem: Refused | None, status: int) -> Response:
    told = DISCLOSURES[about["disclosure"]]
    return _shown(
        request, "survey.html", status, about=about, reads=told, given=given, refused=problem, form=survey_form()
    )


def _over(request: Request, found: PageAnswer, given: dict[str, str] | None = None) -> Response:
    return _shown(request, over_or_busy(found, "survey-over.html"), found.status, why=found.content, given=given)


def _shown(request: Request, template: str, status: int, **content: Any) -> Response:
    """Nobody keeps the page, and nobody is told its address, which is a secret.

    With a still stricter policy browsers would send the form as `Origin: null`.
    """
    return _kept_from_others(page(request, template, name="survey", status=status, storable=False, **content))


def _kept_from_others(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


YEAR = 2024
AS_OF = date(2024, 12, 31)
_RECORDED = "2025-01-15T04:00:00.000000Z"
_OTHER = {"uscc": "91441300MA51C1EN7F", "name": "大亚湾石化仓储有限公司"}
_SAME = {"uscc": CLIENT_USCC, "name": CLIENT_NAME}
_LINES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("/v1/agencies", "filing", {}),
    ("/v1/agencies/{uscc}/filing-decision", "filed", {}),
    ("/v1/agencies/{uscc}/projects", "first", {"started_on": "2024-02-01", "due_on": "2025-06-30"}),
    ("/v1/agencies/{uscc}/projects", "second", {"client": _OTHER, "started_on": "2024-03-01", "due_on": "2025-06-30"}),
    ("/v1/agencies/{uscc}/lapses", "absent", {"item": 4, "occurred_on": "2024-05-20"}),
    ("/v1/agencies/{uscc}/complaints", "complaint", {"received_on": "2024-06-03"}),
    ("/v1/agencies/{uscc}/complaints/complaint/decision", "upheld", {"decided_on": "2024-06-17"}),
    ("/v1/agencies/{uscc}/surveys", "form-1", {
        "project_id": "first", "year": YEAR, "submitted_on": "2024-12-10", "answers": list("AAAAABBBAA")}),
    ("/v1/agencies/{uscc}/surveys", "form-2", {
        "client": _OTHER, "project_id": "second", "year": YEAR, "submitted_on": "2024-12-12",
        "answers": list("AABBBBCABA")}),
    ("/v1/agencies/{uscc}/effect-scores", "effect-1", {
        "client": _SAME, "year": YEAR, "value": 95, "scored_on": "2024-12-20"}),
    ("/v1/agencies/{uscc}/effect-scores", "effect-2", {
        "client": _OTHER, "year": YEAR, "value": 88, "scored_on": "2024-12-20"}),
    ("/v1/agencies/{uscc}/honours", "honour", {
        "level": "district", "authority_kind": "emergency_management", "awarded_on": "2024-09-05"}),
)  # fmt: skip


def worked_example(law: Law) -> dict[str, object]:
    """The sheet of the invented agency under this law, as `GET …/sheets/{year}` would answer. Nothing is written."""
    agency = Agency.of(AGENCY_USCC)
    at = _RECORDED
    for post, event_id, changes in _LINES:
        found = find_command(post.format(uscc=AGENCY_USCC))
        assert found is not None, post  # noqa: S101  # the paths above are those of the table of commands
        route, _, path_id = found
        command = route.body.model_validate({**command_example(route.body).body, **changes})
        at = next_instant(moment(at), at)
        command.record(agency, Recording.supposed(law, at, event_id, "page", path_id=path_id))
    told: dict[str, object] = plain(sheet_answer(Basis(Trail(agency.trail.events), law, AS_OF, at), YEAR))
    return told
