"""The one-time link of a survey invitation: whoever holds it may see what is asked and answer once, without a token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.action_context import CommandRequest
from api.application.privacy.callers import Caller
from api.application.problem_types import Gone
from api.application.record import record
from api.application.survey_secrets import PATH, Link, find_link, note_use
from api.http.documentation.examples import AGENCY_USCC
from api.http.documentation.openapi import link_docs, public_docs
from api.http.guard import GuardedRoute
from api.http.recording import action_of, created
from api.http.responses import answer
from domain.agency import Agency
from domain.commands.surveys import AnswerInvitation, still_open
from domain.errors import Contradiction
from domain.events import ProjectStarted, SurveyInvited, SurveySubmitted
from domain.ledger.ledger import UnitOfWork
from domain.trail.trail import Trail
from domain.values import Instant, Role, instant, shanghai_date
from projections.replay.queries import ReplayQueries
from projections.replay.standing import agency_name

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


def invitation_of(trail: Trail, link: Link) -> SurveyInvited:
    """The invitation behind a link, as long as it can be answered. Raises: Contradiction when used, Gone when over."""
    invitation = trail.by_id[link.invitation_id]
    assert isinstance(invitation, SurveyInvited)  # noqa: S101  # written in one transaction with the link
    if next(trail.naming(invitation.id, SurveySubmitted), None) is not None:
        raise Contradiction(
            "这个链接已经用过：调查表已收到",
            "this link has been used: the form has come in",
            cites=("art.23", "R22"),
            remedy="如填写有误，请联系协会",
            remedy_en="If something in it was wrong, ask the association.",
        )
    if not trail.counts(invitation):
        raise _gone("邀请已撤回", "the invitation has been withdrawn")
    try:
        still_open(trail, invitation.year, shanghai_date(_now()))
    except Contradiction as closed:
        remedy, remedy_en = _CLOSED
        raise Gone(closed.text, closed.text_en, closed.cites, remedy, remedy_en) from None
    if shanghai_date(_now()) > link.expires_on:
        raise _gone(f"这个链接已于 {link.expires_on} 过期", f"this link expired on {link.expires_on}")
    return invitation


_CLOSED = (
    "这一年度的调查表不再接收；对服务的意见和投诉，请直接向区安协提出",
    "Forms of that year are no longer taken; tell the association directly what you think of the service, or complain.",
)


def _service_type(trail: Trail, invitation: SurveyInvited) -> str | None:
    """服务项目类型 of the form: of the project that the invitation names, where it names one."""
    project = trail.by_id.get(invitation.project_id or "")
    return project.service_type if isinstance(project, ProjectStarted) else None


def _now() -> Instant:
    return instant(datetime.now(UTC))


def _gone(text: str, text_en: str) -> Gone:
    return Gone(text, text_en, remedy="请向协会索取新的链接", remedy_en="Ask the association for a new link.")


@router.get(
    PATH,
    tags=[TAG],
    **public_docs("survey_link", ["not-found", "contradiction", "gone", "invalid", "internal", "busy"]),
)
def survey_link(request: Request, secret: str) -> Response:
    """调查的对象和期限 / Whom the survey is about, and until when it can be answered."""
    return answer(request, about_link(request, secret))


def about_link(request: Request, secret: str, *, used: bool = False) -> dict[str, Any]:
    """What `GET` of a link answers; `used`: for the receipt of who has just used it, whatever became of the link.

    Raises: NotFound; Contradiction or Gone for a link that can no longer be used.
    """
    with request.app.state.service.ledger.reading() as reader:
        link = find_link(reader.connection, secret)
        basis = ReplayQueries(reader, _now()).basis(link.uscc)
    invitation = basis.trail.by_id[link.invitation_id] if used else invitation_of(basis.trail, link)
    assert isinstance(invitation, SurveyInvited)  # noqa: S101
    return {
        "agency": agency_name(basis)["name"],
        "client": invitation.client.name,
        "service_type": _service_type(basis.trail, invitation),
        "year": invitation.year,
        "expires_on": link.expires_on.isoformat(),
        "disclosure": basis.law.rulebooks.on(shanghai_date(_now())).survey.disclosure,
    }


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
        note_use(unit.connection, link, _now())

    if body.submitted_on is None:
        body = body.model_copy(update={"submitted_on": shanghai_date(_now())})
    caller = Caller(LINK_PERSON, Role.CLIENT, invitation.client.uscc, link.secret_sha256)
    asked = CommandRequest(body, link.uscc, link.invitation_id, before=use)
    answered = record(action_of(request, PATH, caller), asked)
    service.housekeeper.recorded()
    return created(answered)
