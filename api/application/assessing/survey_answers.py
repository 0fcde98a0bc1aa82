"""The survey form of annex 2 sent through the one-time link of its invitation, without a token (art.23, R22)."""

from __future__ import annotations

from collections.abc import Callable

from api.application.action_context import ActionContext, CommandRequest
from api.application.background.readiness import Service
from api.application.idempotency import Answered
from api.application.privacy.authorisation import Caller
from api.application.questions.inquiry import now
from api.application.questions.service.survey_questions import invitation_of
from api.application.record import record
from api.application.survey_secrets import find_link
from domain.agency import Agency
from domain.commands.surveys import AnswerInvitation
from domain.events import SurveyInvited
from domain.ledger.ledger import UnitOfWork
from domain.store.access.tokens import note_use
from domain.trail.trail import Trail
from domain.values import Role, shanghai_date

LINK_PERSON = "survey-link"
"""The actor of what comes in through a link: nobody knows which person of the enterprise it was."""


def answer_by_link(
    service: Service, secret: str, body: AnswerInvitation, action: Callable[[Caller], ActionContext]
) -> Answered:
    """Record the form, once. Raises: NotFound; Contradiction or Gone for a link that can no longer be used; Invalid."""
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
    answered = record(action(caller), asked)
    service.housekeeper.recorded()
    return answered
