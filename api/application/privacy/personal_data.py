"""Personal data in the audit trail: who may read it in clear, and what others see in its place.

Events hold it sealed (events.md). Here, at the edge, it is opened for those who may read it, and for nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.application.privacy.authorisation import Caller
from api.application.privacy.veiled import WITHHELD, veil_of
from domain.disclosure.who_reads import INFORMANTS, OFFICERS, SURVEYS, TextKind, kind_of, may_read
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
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.store.access.tokens import colleagues_of, person_names
from domain.store.keys.vault import Vault
from domain.trail.trail import Trail
from domain.values import Role
from projections.answers.scalars import plain
from projections.answers.trail_items import EntryRow, RecordedEvent

ERASED = {"erased": True}
"""In place of what was forgotten: the subject's key is gone."""
HASHES = frozenset({"certificate_hash", "client_hash", "name_hash", "reporter_hash"})
"""Keyed hashes serve comparison only (R37): nobody is shown them."""
_DECISIONS = (ComplaintUpheld, ComplaintDismissed, ComplaintMerged)


def is_of_informant(topic: str) -> bool:
    """Whether the bytes of such an event name who complained or reported, if only by a hash or as who recorded it."""
    return topic.removeprefix("steward.") in INFORMANTS


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


def shown(reader: Reader, caller: Caller, events: Sequence[RecordedEvent]) -> list[EntryRow]:
    """Rows of the trail as the caller may see them: by the table of readers, and what they wrote themselves."""
    veil = veil_of(reader, caller)
    colleagues = colleagues_of(reader.connection, caller.uscc) if caller.role is Role.AGENCY and caller.uscc else ()
    rows = [_readable(caller, row, row["actor"] in {caller.person_id, *colleagues}) for row in plain(events)]
    found: list[Sealed] = []
    for row in rows:
        _collect(row, found)
    texts = dict(zip(found, reader.vault.open_many(found), strict=True))
    opened: list[EntryRow] = [_replaced(row, texts) for row in rows]
    if caller.role in OFFICERS:
        names = person_names(reader.connection, {row["actor"] for row in rows})
        opened = [{**row, "actor_name": names.get(row["actor"])} for row in opened]
    return opened if veil is None else [veil.row(row) if row["id"] in veil.by_id else row for row in opened]


@implements("R39")
def _readable(caller: Caller, row: EntryRow, own: bool) -> EntryRow:
    """A row without what the caller may not read, still sealed. `own`: they, or their agency, recorded it."""
    if caller.role in OFFICERS:
        return row
    row = _without_team(caller, row)
    if "statement" in row and not may_read(caller.role, kind_of("StatementFiled", "content")):
        row = row.copy()
        del row["statement"]  # between agency and officers
    event, audience = row["type"], row["note_audience"]
    if own and not (caller.role is Role.AGENCY and event in SURVEYS):
        return row

    def may(field: str) -> bool:
        kind = kind_of(event, field, audience)
        return may_read(caller.role, kind, "named")  # who is told less of forms sees `Veil.row` in place of the row

    fact = {
        name: WITHHELD if _is_words(event, name, value) and not may(name) else value
        for name, value in row["fact"].items()
    }
    told: EntryRow = {**row, "fact": fact}
    if row["note"] is not None and not may("note"):
        told["note"] = WITHHELD
    if row["evidence"] and not may("evidence"):
        told["evidence"] = []
    if caller.role is Role.AGENCY and not may("actor"):
        told["actor"] = WITHHELD
    return told


def _is_words(event: str, field: str, value: Any) -> bool:
    """Whether a member of a fact is something that the table of readers is about."""
    found: list[Sealed] = []
    _collect(value, found)
    return bool(found) or kind_of(event, field) is TextKind.COMPLAINT


def _without_team(caller: Caller, row: EntryRow) -> EntryRow:
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


def _replaced(value: Any, texts: dict[Sealed, str | None]) -> Any:
    """The value with texts in place of what is sealed, and without keyed hashes."""
    if is_sealed(value):
        text = texts[Sealed(**value)]
        return ERASED if text is None else text
    if isinstance(value, dict):
        return {name: _replaced(inner, texts) for name, inner in value.items() if name not in HASHES}
    if isinstance(value, (list, tuple)):
        return [_replaced(inner, texts) for inner in value]
    return value
