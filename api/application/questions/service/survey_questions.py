"""What the one-time link of a survey invitation shows to whoever holds it, without a token (art.23, R22)."""

from __future__ import annotations

from typing import NamedTuple

from api.application.answers.public import SurveyLinkShown
from api.application.background.readiness import Service
from api.application.problem_types import Gone
from api.application.questions.inquiry import now
from api.application.survey_secrets import find_link
from domain.commands.surveys import still_open
from domain.errors import Contradiction, NotFound
from domain.events import ProjectStarted, SurveyInvited, SurveySubmitted
from domain.store.access.tokens import Link
from domain.trail.trail import Trail
from domain.values import shanghai_date
from projections.replay.queries import ReplayQueries
from projections.replay.standing import agency_name


def about_link(service: Service, secret: str, *, used: bool = False) -> SurveyLinkShown:
    """What `GET` of a link answers; `used`: for the receipt of who has just used it, whatever became of the link.

    Raises: NotFound; Contradiction or Gone for a link that can no longer be used.
    """
    with service.ledger.reading() as reader:
        link = find_link(reader.connection, secret)
        basis = ReplayQueries(reader, now()).basis(link.uscc)
    invitation = basis.trail.by_id[link.invitation_id] if used else invitation_of(basis.trail, link)
    assert isinstance(invitation, SurveyInvited)  # noqa: S101
    return SurveyLinkShown(
        agency=agency_name(basis).name,
        client=invitation.client.name,
        service_type=_service_type(basis.trail, invitation),
        year=invitation.year,
        expires_on=link.expires_on,
        disclosure=basis.law.rulebooks.on(shanghai_date(now())).survey.disclosure,
    )


class SentForm(NamedTuple):
    """A form as it came in by a link."""

    event: SurveySubmitted
    uscc: str
    comments: str | None
    """What was written beside the answers; None where nothing was, or it was erased."""


def sent_by_link(service: Service, secret: str, event: str) -> SentForm:
    """The form that came in by this link, for who has its receipt: link and event together. Raises: NotFound."""
    with service.ledger.reading() as reader:
        link = find_link(reader.connection, secret)
        found = Trail(reader.agency_events(link.uscc)).by_id.get(event)
        if not isinstance(found, SurveySubmitted) or found.invitation_id != link.invitation_id:
            raise NotFound(
                "没有这份回执",
                "there is no such receipt",
                remedy="请完整复制回执的地址，或联系协会",
                remedy_en="Copy the receipt's whole address, or ask the association.",
            )
        comments = None if found.comments is None else reader.vault.open_many([found.comments])[0]
    return SentForm(found, link.uscc, comments)


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
        still_open(trail, invitation.year, shanghai_date(now()))
    except Contradiction as closed:
        remedy, remedy_en = _CLOSED
        raise Gone(closed.text, closed.text_en, closed.cites, remedy, remedy_en) from None
    if shanghai_date(now()) > link.expires_on:
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


def _gone(text: str, text_en: str) -> Gone:
    return Gone(text, text_en, remedy="请向协会索取新的链接", remedy_en="Ask the association for a new link.")
