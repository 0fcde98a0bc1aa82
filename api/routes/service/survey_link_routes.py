"""The one-time link of a survey invitation: whoever holds it may see what is asked and answer once, without a token."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.assessing.survey_answers import answer_by_link
from api.application.questions.service.survey_questions import about_link
from api.application.survey_secrets import PATH
from api.http.documentation.examples import AGENCY_USCC
from api.http.documentation.openapi import link_docs, public_docs
from api.http.guard import GuardedRoute
from api.http.recording import action_of, created
from api.http.responses import answer
from domain.commands.surveys import AnswerInvitation

router = APIRouter(route_class=GuardedRoute)
TAG = "满意度调查链接"

_EXAMPLE = {
    "agency": AGENCY_USCC,
    "version": 9,
    "recorded_at": "2024-12-10T06:12:44.902113Z",
    "events": [
        {
            "id": "0193aef1-1f0b-7a44-8d11-c5be2f7e9036",
            "type": "SurveySubmitted",
            "version": 9,
            "occurred_on": "2024-12-10",
            "recorded_at": "2024-12-10T06:12:44.902113Z",
        }
    ],
    "ids": {"survey": "0193aef1-1f0b-7a44-8d11-c5be2f7e9036"},
    "similar": [],
}


@router.get(
    PATH,
    tags=[TAG],
    **public_docs("survey_link", ["not-found", "contradiction", "gone", "invalid", "internal", "busy"]),
)
def survey_link(request: Request, secret: str) -> Response:
    """调查的对象和期限 / Whom the survey is about, and until when it can be answered."""
    return answer(request, about_link(request.app.state.service, secret))


@router.post(PATH, tags=[TAG], **link_docs(AnswerInvitation, _EXAMPLE))
def answer_invitation(request: Request, secret: str, body: AnswerInvitation) -> Response:
    """提交调查表，一次为限 / Send the form, once."""
    service = request.app.state.service
    return created(answer_by_link(service, secret, body, lambda caller: action_of(request, PATH, caller)))
