"""A batch asked about: what each row would do before anything is recorded, and what was recorded with its rows."""

from __future__ import annotations

from collections.abc import Iterable

from api.application import survey_secrets
from api.application.answers.batches import BatchedFact, BatchShown
from api.application.answers.receipts import RecordedFact
from api.application.batches.batch_lines import BatchIn
from api.application.batches.supposed_batches import Preview
from api.application.privacy.authorisation import BATCH, BATCH_PREVIEW, READERS, Caller
from api.application.questions.inquiry import Answer, Inquiry, question
from api.application.record import NOTICE_PAGE
from domain.errors import NotFound
from domain.events import Event, NoticeLinkGiven, SurveyInvited
from domain.store.access.notice_secrets import notice_secret
from domain.store.access.tokens import person_names
from domain.store.log.batch_rows import recorded_rows
from domain.values import Role, agency_stream
from projections.answers.standings import AgencyName
from projections.rows.read.published import LATEST, names_on


@question(BATCH_PREVIEW, method="POST")
def batch_previewed(inquiry: Inquiry, body: BatchIn) -> Answer:
    """What each row would do after those before it, and which would be refused; nothing is written."""
    with inquiry.replaying() as (questions, reader):
        return Answer(Preview(inquiry, questions, reader).of(body))


@question(BATCH)
def batch_of(inquiry: Inquiry, batch: str) -> Answer:
    """A recorded batch with its rows: for officers, and for who recorded it. Raises: NotFound."""
    caller = inquiry.caller
    with inquiry.looking_up() as (look_ups, reader):
        rows = recorded_rows(reader.connection, inquiry.service.ledger.memory.mapper, batch)
        if not rows or not _may_read(caller, [one.event for one in rows]):
            raise NotFound("没有这个批次", "there is no such batch", remedy="请核对编号", remedy_en="Check the id.")
        by = rows[0].event.actor
        usccs = {_uscc(one.event) for one in rows}
        names = names_on(reader.connection, usccs, LATEST, look_ups.district(None, None).known_at)
        shown = []
        for number, event, counts in rows:
            is_own = isinstance(event, SurveyInvited) and by == caller.person_id
            link = survey_secrets.link_to(reader.vault, event.id) if is_own else {}
            if isinstance(event, NoticeLinkGiven) and by == caller.person_id:
                link = {"page": NOTICE_PAGE.format(secret=notice_secret(reader.connection, event.id))}
            agency = AgencyName(_uscc(event), names.get(_uscc(event)))
            shown.append(BatchedFact(row=number, agency=agency, event=RecordedFact.of(event), counts=counts, **link))
        known = person_names(reader.connection, {by})
    return Answer(
        BatchShown(
            batch=batch,
            recorded_at=max(one.event.recorded_at for one in rows),
            recorded_by=known.get(by),
            count=len(rows),
            rows=tuple(shown),
        )
    )


def _may_read(caller: Caller, events: Iterable[Event]) -> bool:
    """Officers read every batch, others their own, and of agencies none but their own (api.md, Who reads)."""
    own = agency_stream(caller.uscc) if caller.uscc else None
    return caller.role in READERS or all(
        one.actor == caller.person_id and (caller.role is not Role.AGENCY or one.stream == own) for one in events
    )


def _uscc(event: Event) -> str:
    return event.stream.removeprefix(agency_stream(""))
