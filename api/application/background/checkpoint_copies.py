"""Checkpoints at a second place: a folder on another disk, and a command of the operator's (S3, mail, anything).

A copy is worth something only where whoever can change the ledger cannot change it too: not beside the keys. Neither
holds up recording or signing; what fails is logged, counted in the metrics, and tried again after RETRY_SECONDS.
"""

from __future__ import annotations

import shlex
import subprocess
import time

import structlog

from api.settings import Settings
from domain.errors import Refusal
from domain.store.db.engine import Engine
from domain.store.keys.secret_files import replace
from domain.store.proof.checkpoint_archive import NotKept, Witness
from domain.store.proof.proof_reader import Signed

log = structlog.get_logger("steward")
RETRY_SECONDS = 60.0
HOOK_SECONDS = 60.0
"""How long the command may take; then it is ended."""


_PLACES = {
    "folder": ("第二个目录（STEWARD_CHECKPOINT_COPY_DIR）", "the second folder (STEWARD_CHECKPOINT_COPY_DIR)"),
    "hook": ("外部命令（STEWARD_CHECKPOINT_HOOK）", "the command (STEWARD_CHECKPOINT_HOOK)"),
}


class NotCopied(NotKept):
    """Checkpoints do not get to their second place at the moment."""


class CheckpointCopies:
    """What is to be done with a checkpoint once it is signed. Called from the housekeeper's thread only."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings
        self._copied = self._handed_over = 0
        self._tried = {"folder": float("-inf"), "hook": float("-inf")}
        self._failing = {"folder": False, "hook": False}
        self.failures = {"folder": 0, "hook": 0}
        """How often each has failed since the process began (`metrics.py`)."""

    def follow(self, origin: str, signed: Signed) -> None:
        """Bring both places up to a checkpoint, if they are set and not there yet."""
        folder = self._settings.checkpoint_copy_dir
        if folder is not None and self._copied < signed.size and self._due("folder", 0.0):
            try:
                Witness(folder, origin).follow(self._engine)
                self._copied, self._failing["folder"] = signed.size, False
            except Refusal as refusal:
                self._failed("folder", refusal.text_en)
        every = self._settings.checkpoint_hook_seconds
        if self._settings.checkpoint_hook and self._handed_over < signed.size and self._due("hook", every):
            self._hand_over(origin, signed)

    def require_well(self) -> None:
        """Raises: NotCopied, as long as the last try of a place failed, so that `readyz` names it as degraded."""
        failing = [place for place, fails in self._failing.items() if fails]
        if failing:
            raise NotCopied(
                f"检查点未送到：{'、'.join(_PLACES[one][0] for one in failing)}",
                f"checkpoints do not get to: {', '.join(_PLACES[one][1] for one in failing)}",
                remedy="见日志 checkpoint_copy_failed；记录和签署照常，一分钟后重试",
                remedy_en="See checkpoint_copy_failed in the log. Recording and signing go on; it is tried again.",
            )

    def _due(self, place: str, every: float) -> bool:
        """Whether it is time again: not at once after a failure, and the command not for every single checkpoint."""
        wait = max(every, RETRY_SECONDS) if self._failing[place] else every
        return time.monotonic() - self._tried[place] >= wait

    def _hand_over(self, origin: str, signed: Signed) -> None:
        """Run the command with the file of the note as its last argument."""
        self._tried["hook"] = time.monotonic()
        file = self._settings.checkpoints / f"{origin.rpartition('/')[2]}.handed-over.txt"
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace(file, signed.note.encode())
            command = [*shlex.split(self._settings.checkpoint_hook), str(file)]
            subprocess.run(  # noqa: S603  # the operator's own command, without a shell
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=HOOK_SECONDS, check=True
            )
            self._handed_over, self._failing["hook"] = signed.size, False
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode("utf-8", "replace").strip()[-200:]
            self._failed("hook", f"exit code {error.returncode}: {said}")
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            self._failed("hook", f"{type(error).__name__}: {error}"[:200])

    def _failed(self, place: str, why: str) -> None:
        self._tried[place] = time.monotonic()
        self._failing[place] = True
        self.failures[place] += 1
        log.error("checkpoint_copy_failed", place=place, why=why)
