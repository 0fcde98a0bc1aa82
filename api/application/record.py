"""Record a command: the one use case behind HTTP, pages and survey links (api.md, Commands)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from api.application import survey_secrets
from api.application.action_context import ActionContext, ActionOf, CommandRequest
from api.application.answers.receipts import ImpactTouched, Receipt, Recorded, RecordedFact, SimilarFact
from api.application.background.readiness import Service
from api.application.categories import said_of_category
from api.application.commands import CommandRoute
from api.application.idempotency import Answered, attempt
from api.application.nested_commands import record_facts
from api.application.path_subjects import Subject
from api.application.privacy.authorisation import Caller
from api.application.questions.inquiry import path_uscc
from domain.agency import Agency
from domain.commands.base import Command
from domain.events import Event, EventAnnulled, NoticeLinkGiven, SurveyInvited
from domain.ledger.ledger import UnitOfWork
from domain.ledger.read_models import Touched
from domain.store.access.notice_secrets import notice_secret
from domain.store.db.engine import Connection
from domain.values import Role

NOTICE_PAGE, NOTICE_LINK = "/acknowledge/{secret}", "/v1/notice-links/{secret}"
"""Where a notice is acknowledged by its one-time link (`api/web/portal/acknowledging_pages.py`)."""


def action_context(
    service: Service, caller: Caller, path: str, body: Any, key: str | None, expected: int | Literal["*"] | None
) -> ActionContext:
    """Who acts, under a key and on a version. `body`: as it was sent, for retries. Raises: Malformed, Invalid."""
    attempted = attempt(caller.scope, key, path, body)
    return ActionContext(service.ledger, caller, attempted, expected, service.settings.separate_duties)


def record(context: ActionContext, request: CommandRequest) -> Answered:
    """Record what is asked for, or answer as the first time. Raises: a Refusal; then nothing was recorded."""
    return context.carry_out(lambda unit: _record(context, unit, request), link_of)


def link_of(unit: UnitOfWork, answer: dict[str, Any]) -> dict[str, str]:
    """The members of an answer that lead to what somebody without an account is asked for: they are not kept."""
    notice_link = answer["ids"].get(NoticeLinkGiven.KIND)
    if notice_link is not None:
        secret = notice_secret(unit.connection, notice_link)
        return {"link": NOTICE_LINK.format(secret=secret), "page": NOTICE_PAGE.format(secret=secret)}
    return survey_secrets.link_of(unit, answer)


def record_at(
    service: Service, caller: Caller, row: CommandRoute, given: Mapping[str, str], body: Command, action: ActionOf
) -> Answered:
    """Record a row of the table of commands. `given`: what its path names. Raises: a Refusal."""
    path_id = given.get("id")
    if row.subject is not None:
        uscc = _found(service, caller, row.subject, path_id or "")
    else:
        uscc = path_uscc(given["uscc"]) if "uscc" in given else str(getattr(body, "uscc"))  # noqa: B009
    may_create = "uscc" not in given and path_id is None
    answered = record(
        action(row.path.format(uscc=uscc, id=path_id)), CommandRequest(body, uscc, path_id, may_create=may_create)
    )
    service.housekeeper.recorded()
    return answered


def _found(service: Service, caller: Caller, subject: Subject, id_: str) -> str:
    with service.ledger.reading() as reader:
        return agency_about(reader.connection, caller, subject, id_)


def agency_about(connection: Connection, caller: Caller, subject: Subject, id_: str) -> str:
    """The agency that an id is about. Raises: NotFound, also for what is another agency's."""
    uscc = subject.agency_of(connection, id_)
    if uscc is None or (caller.role is Role.AGENCY and uscc != caller.uscc):
        raise subject.unknown()
    return uscc


def _record(context: ActionContext, unit: UnitOfWork, request: CommandRequest) -> Recorded:
    events = record_in_unit(context, unit, request)
    return Recorded(**asdict(receipt_of(unit, request.uscc, events)), **said_of_category(unit, events))


def record_in_unit(
    context: ActionContext, unit: UnitOfWork, request: CommandRequest, event_id: str | None = None
) -> list[Event]:
    """Record what is asked for in a transaction that may hold more: the fact itself first. Raises: a Refusal.

    `event_id`: the id of the fact, where others name it already.
    """
    agency = context.agency(unit, request.uscc, new=request.may_create)
    if request.before is not None:
        request.before(unit, agency)
    events = record_facts(context, unit, request, event_id)
    for event in events:
        if isinstance(event, SurveyInvited):
            survey_secrets.keep_link(unit, request.uscc, event)
    return events


def receipt_of(unit: UnitOfWork, uscc: str, events: Sequence[Event]) -> Receipt:
    """The answer to what was recorded at an agency: all its events, the fact itself first, and what they touch."""
    agency = unit.agency(uscc)
    similar = unit.similar([event for event in events if event.stream == agency.stream])
    return recorded(uscc, agency, events, unit.projected().touched, similar)


def recorded(
    uscc: str, agency: Agency, events: Sequence[Event], touched: Sequence[Touched] = (), similar: Sequence[Event] = ()
) -> Receipt:
    """The answer to a command as api.md writes it: what was recorded at this agency, in order, the fact itself first.

    `ids` names the first of each kind; annulments name what stops counting with their events; `similar` what was there
    before and says the same (R46); `touched` the published results that a fact would change, each of which stays on the
    worklist of impacts until disposed of (R36).
    """
    own = [event for event in events if event.stream == agency.stream]
    ids: dict[str, str] = {}
    for event in own:
        if event.KIND is not None:
            ids.setdefault(event.KIND, event.id)
    hit = tuple(ImpactTouched(impact=one.impact_id, result=one.result_id, year=one.year) for one in touched)
    return Receipt(
        agency=uscc,
        version=own[-1].version,
        recorded_at=own[-1].recorded_at,
        events=tuple(RecordedFact.of(event) for event in own),
        ids=ids,
        similar=tuple(SimilarFact(event=one.id, version=one.version, recorded_at=one.recorded_at) for one in similar),
        touched=hit or UNSET,
        also_annulled=_gone(agency, [event for event in own if isinstance(event, EventAnnulled)]),
    )


def _gone(agency: Agency, annulments: Sequence[EventAnnulled]) -> tuple[str, ...] | UnsetType:
    """What stops counting with what was annulled, in order; nothing is said of it where nothing was."""
    if not annulments:
        return UNSET
    named = {event.event_id for event in annulments}
    gone = [one for event in annulments for one in agency.trail.gone_with(event) if one.id not in named]
    return tuple(one.id for one in sorted(gone, key=lambda one: one.version))
