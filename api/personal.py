"""Personal data in the audit trail: who may read it in clear, and what others see in its place.

Events hold it sealed (events.md). Here, at the edge, it is opened for those who may read it, and for nobody else.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from api.auth import Caller
from domain.events import (
    BehaviourReported,
    ComplaintDismissed,
    ComplaintMerged,
    ComplaintReceived,
    ComplaintUpheld,
    Event,
    ProjectStarted,
    ReportDismissed,
    Sealed,
    SurveyInvited,
    SurveySubmitted,
)
from domain.store.people import person_names
from domain.store.vault import Vault
from domain.trail import Trail
from domain.values import Role

ERASED = {"erased": True}
"""In place of what was forgotten: the subject's key is gone."""
WITHHELD = {"withheld": True}
"""In place of what this caller may not read."""
HASHES = frozenset({"certificate_hash", "client_hash", "name_hash", "reporter_hash"})
"""Keyed hashes serve comparison only (R37): nobody is shown them."""
_DECISIONS = (ComplaintUpheld, ComplaintDismissed, ComplaintMerged)
_INFORMANTS = {ComplaintReceived.__name__: ("complainant", "client_uscc"), BehaviourReported.__name__: ("reporter",)}
_NAMES_OFFICERS = frozenset({Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR})


def is_of_informant(topic: str) -> bool:
    """Whether the bytes of such an event name who complained or reported, if only by a hash or as who recorded it."""
    return topic.removeprefix("steward.") in _INFORMANTS


def is_of_client(event: Event, uscc: str | None, trail: Trail, vault: Vault) -> bool:
    """Whether an event is the enterprise's own survey, complaint or report, or a decision on one of these (api.md).

    A project of which it is the client too: its survey has to name it (R22).
    """
    if isinstance(event, (SurveyInvited, SurveySubmitted, ProjectStarted)):
        return event.client.uscc == uscc
    if isinstance(event, ComplaintReceived):
        return uscc is not None and event.client_hash == vault.keyed_hash(uscc)
    if isinstance(event, BehaviourReported):
        return uscc is not None and event.reporter_hash == vault.keyed_hash(uscc)
    if isinstance(event, ReportDismissed):
        report = trail.by_id.get(event.report_id)
        return report is not None and is_of_client(report, uscc, trail, vault)
    if isinstance(event, _DECISIONS):
        complaint = trail.by_id.get(event.complaint_id)
        return complaint is not None and is_of_client(complaint, uscc, trail, vault)
    return False


def shown(connection: Connection, caller: Caller, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the trail as the caller may see them: a client reads in clear only what it wrote itself."""
    vault = Vault(connection)
    rows = [_without_team(caller, _without_informant(caller, row)) for row in rows]
    found: list[Sealed] = []
    for row in rows:
        if _may_open(caller, row):
            _collect(row, found)
    texts = dict(zip(found, vault.open_many(found), strict=True))
    opened = [_replaced(row, texts if _may_open(caller, row) else None) for row in rows]
    if caller.role in _NAMES_OFFICERS:
        names = person_names(connection, {row["actor"] for row in rows})
        opened = [{**row, "actor_name": names.get(row["actor"])} for row in opened]
    return opened


def _may_open(caller: Caller, row: dict[str, Any]) -> bool:
    return caller.role is not Role.CLIENT or row["actor"] == caller.person_id


def _without_informant(caller: Caller, row: dict[str, Any]) -> dict[str, Any]:
    """Who complained or reported, person or enterprise, is not told to the agency concerned; what about is.

    Nor who recorded it: a client's person is the actor of its surveys too, which name the client.
    """
    if caller.role is not Role.AGENCY or row["type"] not in _INFORMANTS:
        return row
    who = {name: WITHHELD for name in _INFORMANTS[row["type"]] if row["fact"][name] is not None}
    return {**row, "actor": WITHHELD, "fact": {**row["fact"], **who}}


def _without_team(caller: Caller, row: dict[str, Any]) -> dict[str, Any]:
    """A client knows its project by its contract. Who works on it, and what is wrong with that, is the agency's."""
    if caller.role is not Role.CLIENT or row["type"] != ProjectStarted.__name__:
        return row
    team = dict.fromkeys(("quality_lead", "technicians"), WITHHELD)
    return {**row, "fact": {**row["fact"], **team}, "flags": []}


def is_sealed(value: Any) -> bool:
    """Whether a member of an event, as JSON, is something sealed."""
    return isinstance(value, dict) and value.keys() == {"subject", "sealed"}


def _collect(value: Any, found: list[Sealed]) -> None:
    if is_sealed(value):
        found.append(Sealed(**value))
    elif isinstance(value, dict):
        for inner in value.values():
            _collect(inner, found)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _collect(inner, found)


def _replaced(value: Any, texts: dict[Sealed, str | None] | None) -> Any:
    """The value with texts in place of what is sealed, and without keyed hashes."""
    if is_sealed(value):
        if texts is None:
            return WITHHELD
        text = texts[Sealed(**value)]
        return ERASED if text is None else text
    if isinstance(value, dict):
        return {name: _replaced(inner, texts) for name, inner in value.items() if name not in HASHES}
    if isinstance(value, (list, tuple)):
        return [_replaced(inner, texts) for inner in value]
    return value
