"""What goes on behind the requests: sealing and signing the log, noting who used a token and who read, clearing up."""

from __future__ import annotations

import threading
import time

import structlog
from sqlalchemy import Engine

from api.checkpoint_copies import CheckpointCopies
from api.readings import Readings
from api.sealing import Notary
from api.settings import Settings
from domain.store.engine import leave_no_trace, writing
from domain.store.people import Token, is_stale, touch_token
from domain.store.proofs import Signed
from domain.store.sealer import seal

log = structlog.get_logger("steward")

IDLE_SECONDS = 2.0
"""How often to look when this process has recorded nothing: an import or another process may have."""
CHECKPOINT_SECONDS = 1.0
"""A busy ledger is signed no more often than this: a checkpoint stays for ever, here and with the witness."""

PRUNE_SECONDS = 3600.0
"""How often consultations that need not be kept any longer are looked for."""


class Housekeeper:
    """One background thread. It logs what fails and goes on; `stop` ends it and waits for it."""

    def __init__(self, engine: Engine, settings: Settings, notary: Notary, readings: Readings) -> None:
        self._engine, self._seal_seconds, self._notary = engine, settings.seal_seconds, notary
        self._readings, self._reading_days = readings, settings.reading_days
        self._proved, self._pruned, self._signed = -CHECKPOINT_SECONDS, -PRUNE_SECONDS, 0
        self._stop, self._recorded = threading.Event(), threading.Event()
        self._latest: Signed | None = None
        self.copies = CheckpointCopies(engine, settings)
        self._used: dict[bytes, Token] = {}
        self._erased = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="steward-housekeeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, wait_seconds: float = 15.0) -> None:
        """End after what is under way, sealing once more what was recorded."""
        self._stop.set()
        self._recorded.set()
        if self._thread.is_alive():
            self._thread.join(wait_seconds)

    def recorded(self, *, erased: bool = False) -> None:
        """Something was recorded and is to be sealed. `erased`: a key was destroyed, and is to leave no trace."""
        self._erased = self._erased or erased
        self._recorded.set()

    def used(self, token: Token) -> None:
        """A token was used; written down later, at most once a minute."""
        if is_stale(token):
            with self._lock:
                self._used[token.token_sha256] = token

    def _run(self) -> None:
        while not self._stop.is_set():
            self._recorded.wait(IDLE_SECONDS)
            self._stop.wait(self._seal_seconds)
            self._recorded.clear()
            self.tidy()
        self.tidy()  # what came while the last round was under way

    def tidy(self) -> None:
        """One round: seal what can be sealed, sign how far that is, note what was used and read."""
        for task in (
            self._seal,
            self._prove,
            self._copy,
            self._touch,
            self._note_readings,
            self._prune,
            self._leave_no_trace,
        ):
            try:
                task()
            except Exception as error:  # noqa: BLE001  # whatever it was, the next round has to come
                log.error("housekeeping_failed", task=task.__name__, error=f"{type(error).__name__}: {error}"[:300])

    def _seal(self) -> None:
        if seal(self._engine):
            self._recorded.set()  # more may have come meanwhile, or wait for a transaction that is still open

    def _prove(self) -> None:
        """At most so often, and once more at the end; what is left is found by the next round."""
        if time.monotonic() - self._proved >= CHECKPOINT_SECONDS or self._stop.is_set():
            self._proved = time.monotonic()
            signed = self._latest = self._notary.bring_up()
            if signed is not None and signed.size > self._signed:
                self._signed = signed.size
                log.info("checkpoint", size=signed.size, root=signed.root.hex())

    def _copy(self) -> None:
        if self._latest is not None:
            self.copies.follow(self._notary.origin, self._latest)

    def _note_readings(self) -> None:
        self._readings.flush()

    def _prune(self) -> None:
        if time.monotonic() - self._pruned > PRUNE_SECONDS and not self._readings.prune(self._reading_days):
            self._pruned = time.monotonic()

    def _leave_no_trace(self) -> None:
        if self._erased:
            self._erased = not leave_no_trace(self._engine)  # readers of an older moment: in the next round

    def _touch(self) -> None:
        with self._lock:
            used, self._used = self._used, {}
        if used:
            with writing(self._engine) as connection:
                for token in used.values():
                    touch_token(connection, token)
