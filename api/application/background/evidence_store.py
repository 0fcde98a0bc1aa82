"""The store of a ledger's evidence files, as settings name it."""

from __future__ import annotations

from api.settings import Settings
from domain.ledger.ledger import Ledger
from domain.store.files.objects import Objects
from domain.values import LEDGER_STREAM


def files_of(ledger: Ledger, settings: Settings) -> Objects:
    """The store of the ledger's evidence files."""
    with ledger.reading() as reader:
        return settings.evidence_objects(reader.events(LEDGER_STREAM)[0].id)
