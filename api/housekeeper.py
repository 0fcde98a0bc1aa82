"""What goes on behind the requests: sealing and signing the log, and noting when tokens were used."""

from __future__ import annotations

import threading
import time

import structlog
from sqlalchemy import Engine

from api.sealing import Notary
from domain.store.engine import writing
from domain.store.people import Token, is_stale, touch_token
from domain.store.sealer import seal

log = structlog.get_logger("steward")

IDLE_SECONDS = 2.0
"""How often to look when this process has recorded nothing: an import or another process may have."""
CHECKPOINT_SECONDS = 1.0
"""A busy ledger is signed no more often than this: a checkpoint stays for ever, here and with the witness."""


class Housekeeper:
    """One background thread. It logs what fails and goes on; `stop` ends it and waits for it."""

    def __init__(self, engine: Engine, seal_seconds: float, notary: Notary) -> None:
        self._engine, self._seal_seconds, self._notary = engine, seal_seconds, notary
        self._proved, self._signed = -CHECKPOINT_SECONDS, 0
        self._stop, self._recorded = threading.Event(), threading.Event()
        self._used: dict[bytes, Token] = {}
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

    def recorded(self) -> None:
        """Something was recorded: there is something to seal."""
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

    def tidy(self) -> None:
        """One round: seal what can be sealed, sign how far that is, note what was used."""
        for task in (self._seal, self._prove, self._touch):
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
            signed = self._notary.bring_up()
            if signed is not None and signed.size > self._signed:
                self._signed = signed.size
                log.info("checkpoint", size=signed.size, root=signed.root.hex())

    def _touch(self) -> None:
        with self._lock:
            used, self._used = self._used, {}
        if used:
            with writing(self._engine) as connection:
                for token in used.values():
                    touch_token(connection, token)
