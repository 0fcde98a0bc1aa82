"""The invitations of a batch as a QR sheet, for who recorded it: its links are told to nobody else (art.23, R22)."""

from __future__ import annotations

from typing import NamedTuple

from api.application import survey_secrets
from api.application.privacy.authorisation import INVITATION_SHEET
from api.application.questions.inquiry import FileAnswer, Inquiry, question
from api.application.questions.papers.issuing import PDF, issuer_of
from domain.errors import NotFound
from domain.events import SurveyInvited
from domain.measures.text.implements import implements
from domain.store.log.batch_rows import recorded_rows
from domain.values import agency_stream
from projections.rows.read.published import LATEST, names_on


class _Invited(NamedTuple):
    """An invitation of the batch that still counts."""

    uscc: str
    event: SurveyInvited


@question(INVITATION_SHEET)
@implements("art.13", "art.23", "R22")
def invitation_sheet_of(inquiry: Inquiry, batch: str) -> FileAnswer:
    """A card for each invitation with its QR code. Raises: NotFound for what is not the caller's own, or has none."""
    from projections.paper.letters.invitation_sheet import InvitationCard, invitation_sheet  # typefaces load slowly

    with inquiry.looking_up() as (look_ups, reader):
        rows = recorded_rows(reader.connection, inquiry.service.ledger.memory.mapper, batch)
        own = [
            _Invited(event.stream.removeprefix(agency_stream("")), event)
            for _, event, counts in rows
            if counts and isinstance(event, SurveyInvited) and event.actor == inquiry.caller.person_id
        ]
        if not own:
            raise NotFound(
                "您没有用这个批次发出过调查邀请",
                "you have sent no invitation to a survey in this batch",
                cites=("art.23",),
                remedy="链接只给发出邀请的人；请由其打印",
                remedy_en="The links are for who sent them: let them print it.",
            )
        basis = look_ups.district(None, None)
        names = names_on(reader.connection, {one.uscc for one in own}, LATEST, basis.known_at)
        address = inquiry.service.settings.address()
        cards = [
            InvitationCard(
                client=one.event.client.name,
                agency=names.get(one.uscc) or one.uscc,
                year=one.event.year,
                until=one.event.expires_on.isoformat(),
                address=address + survey_secrets.link_to(reader.vault, one.event.id)["page"],
            )
            for one in own
        ]
        known_at = max(one.event.recorded_at for one in own)
        demonstration = basis.law is not None and basis.law.demonstration
        content = invitation_sheet(cards, issuer_of(reader, known_at), known_at, demonstration=demonstration)
    return FileAnswer(content, f"invitations-{batch}.pdf", PDF)
