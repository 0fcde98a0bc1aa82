"""Erasing a subject: its key is destroyed and the fact that it was is recorded, in one transaction.

What was sealed under the key stays where it is, so hashes, proofs and scores stay valid; nobody can read it any more.
"""

from __future__ import annotations

from typing import Any

from api.assessing.act import Act
from domain.assessment import not_after
from domain.commands.base import already
from domain.commands.erasing import EraseSubject
from domain.errors import NotFound
from domain.events import SubjectErased
from domain.ledger import Unit
from domain.store.vault import Vault
from domain.values import LEDGER_STREAM, instant, shanghai_date

MOST_CHARACTERS = 64


def erase(act: Act, subject: str, body: EraseSubject) -> tuple[dict[str, Any], bool]:
    """Erase a subject; nobody seals or opens anything for it meanwhile. Raises: NotFound, Contradiction, Invalid."""
    if len(subject) > MOST_CHARACTERS:
        raise unknown_subject()
    return act.carry_out(lambda unit: _erase(act, unit, subject, body))


def _erase(act: Act, unit: Unit, subject: str, body: EraseSubject) -> dict[str, Any]:
    head = unit.lock(LEDGER_STREAM)  # all who record wait: none of them can have taken the key out before
    not_after("erased_on", body.erased_on, shanghai_date(instant(head.db_now)))
    standing = unit.vault.standing([subject]).get(subject)
    if standing is None:
        raise unknown_subject()
    if standing.erased_at is not None:
        day = shanghai_date(standing.erased_at)
        raise already(f"该主体已于 {day} 删除", f"this subject was erased on {day}", "events.md")
    event = unit.adopt(
        SubjectErased, act.caller.person_id, body.erased_on,
        subject=subject, ground=body.ground, reference=body.reference,
    )  # fmt: skip
    Vault(unit.connection).erase(subject, event.recorded_at)
    return {
        "subject": subject, "version": event.version, "recorded_at": event.recorded_at,
        "events": [
            {
                "id": event.id, "type": type(event).__name__, "version": event.version,
                "occurred_on": event.occurred_on.isoformat(), "recorded_at": event.recorded_at,
            }
        ],
        "ids": {SubjectErased.KIND: event.id},
    }  # fmt: skip


def unknown_subject() -> NotFound:
    """The refusal of a path's id that is no subject's."""
    return NotFound(
        "没有路径里这个编号的主体", "there is no such subject as the path names", cites=("events.md",),
        remedy="请在 GET /v1/agencies/{uscc}/subjects 里核对编号",
        remedy_en="Look the id up in GET /v1/agencies/{uscc}/subjects.",
    )  # fmt: skip
