"""What is to be known before a fact is recorded: which equal ones stand already, and whether its category is new.

The command decides as it would, on the trail as it is; nothing is written (R46, R47). The answer says the same again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from api.application.categories import of_profile
from api.application.nested_commands import embedded
from api.application.parsing.validation_texts import WrongFields
from api.application.privacy.authorisation import Caller
from domain.agency import Agency
from domain.commands.base import Command, Recording
from domain.commands.reports import CorrectEvent
from domain.errors import Refusal
from domain.events import Event, Sealed
from domain.ledger.ledger import Ledger
from domain.ledger.reader import CrossAgency
from domain.similar import content_key, same_words, sealed_content
from domain.store.keys.vault import Vault
from domain.store.log.event_index_sql import MOST_SIMILAR, StoredEntries
from domain.trail.indexed_trail import IndexedTrail
from domain.values import FOREVER, agency_stream, instant, new_id


class OpenVault:
    """Stands for the vault while nothing is written: what would be sealed is kept in clear, to be compared."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal(self, text: str, *, subject: str | None = None, hint: str | None = None) -> Sealed:
        """The text as it is: for this moment only."""
        return Sealed(subject=subject or "", sealed=text)

    def keyed_hash(self, text: str) -> str:
        """As it would be kept."""
        return self._vault.keyed_hash(text)


def beforehand(ledger: Ledger, caller: Caller, command: Command, uscc: str, path_id: str | None) -> dict[str, object]:
    """`similar` with the type and day of each, and what is said of a category; empty for what would be refused.

    Of a correction also what takes the place of the annulled fact is looked at: that one itself is not named.
    """
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
            vault=OpenVault(reader.vault),
            path_id=path_id or None,
            enterprise=caller.uscc,
            elsewhere=CrossAgency(reader, agency.stream),
        )
        try:
            events = list(_decided(agency, recording, command, uscc))
        except (Refusal, WrongFields):
            return {}
        found: dict[str, Event] = {}
        for event in events:
            found |= {one.id: one for one in equal_before(reader.vault, entries, event)}
        shown = [
            {
                "event": one.id,
                "version": one.version,
                "recorded_at": one.recorded_at,
                "type": type(one).__name__,
                "occurred_on": one.occurred_on.isoformat(),
            }
            for one in sorted(found.values(), key=lambda one: one.version)
        ]
        return {"similar": shown, **of_profile(reader.connection, law.rulebooks, events[0])}


def _decided(agency: Agency, recording: Recording, command: Command, uscc: str) -> Iterator[Event]:
    """The fact of a command and, of a correction, those that it puts in place of another. Raises: as these do."""
    yield command.record(agency, recording)
    if isinstance(command, CorrectEvent):
        for one in embedded(command.replace, "replace", uscc):
            yield one.command.record(agency, replace(recording, path_id=one.path_id, event_id=one.event_id))


def equal_before(vault: Vault, entries: StoredEntries, event: Event) -> list[Event]:
    """The stored facts that say what an event would that was decided with an `OpenVault`, the latest first (R46)."""
    key = content_key(event)
    before = [] if key is None else entries.latest(key, MOST_SIMILAR)
    own = [one.sealed for one in sealed_content(event)]
    return [one for one in before if same_words(own, vault.open_many(sealed_content(one)))]
