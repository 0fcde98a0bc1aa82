"""What is to be known before a fact is recorded: which equal ones stand already, and whether its category is new.

The command decides as it would, on the trail as it is; nothing is written (R46, R47). The answer says the same again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api.application.categories import of_profile
from api.application.privacy.authorisation import Caller
from domain.agency import Agency
from domain.commands.base import Command, Recording
from domain.errors import Refusal
from domain.events import Event, Sealed
from domain.ledger.ledger import Ledger
from domain.similar import content_key, same_words, sealed_content
from domain.store.keys.vault import Vault
from domain.store.log.event_index_sql import MOST_SIMILAR, StoredEntries
from domain.trail.indexed_trail import IndexedTrail
from domain.values import FOREVER, agency_stream, instant, new_id


class _Open:
    """Stands for the vault while nothing is written: what would be sealed is kept in clear, to be compared."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal(self, text: str, *, subject: str | None = None, hint: str | None = None) -> Sealed:
        """The text as it is: for this moment only."""
        return Sealed(subject=subject or "", sealed=text)

    def keyed_hash(self, text: str) -> str:
        """As it would be kept."""
        return self._vault.keyed_hash(text)


def beforehand(ledger: Ledger, caller: Caller, command: Command, uscc: str, path_id: str | None) -> dict[str, Any]:
    """`similar` with the type and day of each, and what is said of a category; empty for what would be refused."""
    if command.SEVERAL_FACTS:
        return {}
    now = instant(datetime.now(UTC))
    with ledger.reading() as reader:
        law = reader.law(FOREVER)
        if law is None:
            return {}
        entries = StoredEntries(reader.connection, agency_stream(uscc), ledger.memory.mapper)
        agency = Agency.of(uscc)
        agency.trail = IndexedTrail(entries)
        recording = Recording(
            actor=caller.person_id,
            role=caller.role,
            via=caller.via,
            law=law,
            recorded_at=now,
            event_id=new_id(),
            vault=_Open(reader.vault),
            path_id=path_id or None,
            enterprise=caller.uscc,
        )
        try:
            event = command.record(agency, recording)
        except Refusal:
            return {}
        key = content_key(event)
        found = _alike(reader.vault, event, [] if key is None else entries.latest(key, MOST_SIMILAR))
        shown = [
            {
                "event": one.id,
                "recorded_at": one.recorded_at,
                "type": type(one).__name__,
                "occurred_on": one.occurred_on.isoformat(),
            }
            for one in found
        ]
        return {"similar": shown, **of_profile(reader.connection, law.rulebooks, event)}


def _alike(vault: Vault, event: Event, before: list[Event]) -> list[Event]:
    own = [one.sealed for one in sealed_content(event)]
    return [one for one in reversed(before) if same_words(own, vault.open_many(sealed_content(one)))]
