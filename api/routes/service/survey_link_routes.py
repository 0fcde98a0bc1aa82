"""The one-time link of a survey invitation: whoever holds it may see what is asked and answer once, without a token."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.action_context import CommandRequest
from api.application.privacy.callers import Caller
from api.application.questions.inquiry import now
from api.application.questions.service.survey_questions import about_link, invitation_of
from api.application.record import record
from api.application.survey_secrets import PATH, find_link
from api.http.documentation.examples import AGENCY_USCC
from api.http.documentation.openapi import link_docs, public_docs
from api.http.guard import GuardedRoute
from api.http.recording import action_of, created
from api.http.responses import answer
from domain.agency import Agency
from domain.commands.surveys import AnswerInvitation
from domain.events import SurveyInvited
from domain.ledger.ledger import UnitOfWork
from domain.store.access.survey_tokens import note_use
from domain.trail.trail import Trail
from domain.values import Role, shanghai_date

router = APIRouter(route_class=GuardedRoute)
TAG = "满意度调查链接"
LINK_PERSON = "survey-link"
"""The actor of what comes in through a link: nobody knows which person of the enterprise it was."""

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
    with service.ledger.reading() as reader:
        link = find_link(reader.connection, secret)
        trail = Trail(reader.agency_events(link.uscc))
    invitation = trail.by_id[link.invitation_id]
    assert isinstance(invitation, SurveyInvited)  # noqa: S101

    def use(unit: UnitOfWork, agency: Agency) -> None:
        """Under the lock, and only when this is no retry."""
        invitation_of(agency.trail, link)
        note_use(unit.connection, link, now())

    if body.submitted_on is None:
        body = body.model_copy(update={"submitted_on": shanghai_date(now())})
    caller = Caller(LINK_PERSON, Role.CLIENT, invitation.client.uscc, link.secret_sha256)
    asked = CommandRequest(body, link.uscc, link.invitation_id, before=use)
    answered = record(action_of(request, PATH, caller), asked)
    service.housekeeper.recorded()
    return created(answered)
