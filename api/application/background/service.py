"""What a running service consists of, as routes, pages and questions are given it."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.degraded import Degraded
from api.application.background.housekeeper import Housekeeper
from api.application.privacy.reading_log import ReadingLog
from api.settings import Settings
from domain.ledger.ledger import Ledger
from domain.store.proof.proof_reader import HeadsKept
from projections.public.remembered import Remembered


@dataclass(frozen=True)
class Service:
    """What the routes need."""

    settings: Settings
    ledger: Ledger
    housekeeper: Housekeeper
    readings: ReadingLog
    notary: CheckpointSigner
    degraded: Degraded = field(default_factory=Degraded)
    heads: HeadsKept = field(default_factory=HeadsKept)
    remembered: Remembered = field(default_factory=Remembered)
