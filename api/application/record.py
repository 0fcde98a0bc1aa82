"""Record a command: the one use case behind HTTP, pages and survey links (api.md, Commands)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.application import survey_secrets
from api.application.action_context import ActionContext, CommandRequest
from api.application.categories import said_of_category
from api.application.idempotency import Answered
from api.application.several_facts import facts_of
from domain.agency import Agency
from domain.events import Event, EventAnnulled, SurveyInvited
from domain.ledger.ledger import UnitOfWork
from domain.ledger.read_models import Touched


def record(context: ActionContext, request: CommandRequest) -> Answered:
    """Record what is asked for, or answer as the first time. Raises: a Refusal; then nothing was recorded."""
    return context.carry_out(lambda unit: _record(context, unit, request), survey_secrets.link_of)


def _record(context: ActionContext, unit: UnitOfWork, request: CommandRequest) -> dict[str, Any]:
    agency = context.agency(unit, request.uscc, new=request.may_create)
    if request.before is not None:
        request.before(unit, agency)
    events = facts_of(request.command)(context, unit, request)
    for event in events:
        if isinstance(event, SurveyInvited):
            survey_secrets.keep_link(unit, request.uscc, event)
    return {**answer_of(unit, request.uscc, events), **said_of_category(unit, events)}


def answer_of(unit: UnitOfWork, uscc: str, events: Sequence[Event]) -> dict[str, Any]:
    """The answer to what was recorded at an agency: all its events, the fact itself first, and what they touch."""
    agency = unit.agency(uscc)
    similar = unit.similar([event for event in events if event.stream == agency.stream])
    return recorded(uscc, agency, events, unit.projected().touched, similar)


def touched_json(touched: Sequence[Touched]) -> list[dict[str, Any]]:
    """The published results that a fact would change: each stays on the worklist of impacts until disposed of (R36)."""
    return [{"impact": one.impact_id, "result": one.result_id, "year": one.year} for one in touched]


def recorded(
    uscc: str, agency: Agency, events: Sequence[Event], touched: Sequence[Touched] = (), similar: Sequence[Event] = ()
) -> dict[str, Any]:
    """The answer to a command as api.md writes it: what was recorded at this agency, in order, the fact itself first.

    `ids` names the first of each kind; annulments name what stops counting with their events; `similar` what was there
    before and says the same (R46).
    """
    own = [event for event in events if event.stream == agency.stream]
    ids: dict[str, str] = {}
    for event in own:
        if event.KIND is not None:
            ids.setdefault(event.KIND, event.id)
    answer: dict[str, Any] = {
        "agency": uscc,
        "version": own[-1].version,
        "recorded_at": own[-1].recorded_at,
        "events": [
            {
                "id": event.id,
                "type": type(event).__name__,
                "version": event.version,
                "occurred_on": event.occurred_on.isoformat(),
                "recorded_at": event.recorded_at,
            }
            for event in own
        ],
        "ids": ids,
        "similar": [{"event": one.id, "recorded_at": one.recorded_at} for one in similar],
    }
    if touched:
        answer["touched"] = touched_json(touched)
    annulments = [event for event in own if isinstance(event, EventAnnulled)]
    if annulments:
        named = {event.event_id for event in annulments}
        gone = [one for event in annulments for one in agency.trail.gone_with(event) if one.id not in named]
        answer["also_annulled"] = [one.id for one in sorted(gone, key=lambda one: one.version)]
    return answer
