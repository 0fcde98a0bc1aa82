"""The acts on a year's assessment and on personal data, by the body that asks for them (`commands.ACTS`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.application.action_context import ActionContext, ActionOf
from api.application.assessing.appeal_decisions import decide, simple
from api.application.assessing.impact_decisions import dispose
from api.application.assessing.publishing import close_year, publish_year
from api.application.background.service import Service
from api.application.commands import ActRoute
from api.application.idempotency import Answered
from api.application.privacy.erasing_subjects import erase
from api.application.questions.inquiry import path_year
from domain.commands import appeals, rounds
from domain.commands.erasing import EraseSubject

_CARRY_OUT: dict[Any, Callable[[ActionContext, Any, Any], Answered]] = {
    rounds.PublishYear: publish_year,
    rounds.CloseYear: close_year,
    appeals.AdmitAppeal: simple,
    appeals.WithdrawAppeal: simple,
    appeals.DecideAppeal: decide,
    rounds.DisposeImpact: dispose,
    EraseSubject: erase,
}


def carry_out(service: Service, row: ActRoute, given: Mapping[str, str], body: Any, action: ActionOf) -> Answered:
    """Carry out an act. `given`: what its path names, a year or an id. Raises: a Refusal; then nothing was recorded."""
    subject: Any = path_year(given["year"]) if "year" in given else given["id"]
    answered = _CARRY_OUT[row.body](action(row.path.format(**{**given, "year": subject})), subject, body)
    service.housekeeper.recorded(erased=row.body is EraseSubject)
    return answered
