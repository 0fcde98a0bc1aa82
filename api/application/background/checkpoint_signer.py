"""Sealing at once, and proving what is sealed: for who needs everything recorded by now, in the log and signed.

Checkpoints at a second place: a folder on another disk, and a command of the operator's (S3, mail, anything).

A copy is worth something only where whoever can change the ledger cannot change it too: not beside the keys. Neither
holds up recording or signing; what fails is logged, counted in the metrics, and tried again after RETRY_SECONDS.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Lock

import structlog
from msgspec import UNSET
from msgspec.structs import asdict

from api.application.answers.log import (
    AcceptedRestore,
    CheckpointShown,
    Cosignature,
    CosignedNote,
    LogCheckpoint,
    StampedNote,
    StreamHeads,
)
from api.settings import Settings
from domain.errors import Busy, Refusal
from domain.ledger.ledger import Ledger
from domain.proof.check import Checkpoint, ProofError, parse_checkpoint, parse_note
from domain.proof.cosignatures import said_of
from domain.store.db.copies import make_folder
from domain.store.db.engine import Engine, reading
from domain.store.db.write_guard import guard_of
from domain.store.keys.secret_files import replace
from domain.store.log.sequencer import has_sealed, seal, sealed_until, to_be_sealed
from domain.store.proof.checkpoint_archive import LogRewritten, NotKept, Witness, log_rewritten
from domain.store.proof.log_keys import LogKeys
from domain.store.proof.outside_notes import OutsideNotes
from domain.store.proof.proof_reader import HeadsKept, Signed, latest_checkpoint, origin_of
from domain.store.proof.restored import require_signed
from domain.store.proof.tree_writer import Prover
from domain.values import instant
from projections.answers.scalars import read_as

SEALING_SECONDS = 20
"""How long a transaction that writes for long may hold the log back."""


def sealed_up(ledger: Ledger) -> int:
    """Wait until all that is committed by now has its place in the log; the last place. Raises: Busy."""
    engine = ledger.engine
    with ledger.reading() as reader:
        mark = to_be_sealed(reader.connection)
    until = time.monotonic() + SEALING_SECONDS
    while True:
        seal(engine)
        with ledger.reading() as reader:
            if has_sealed(reader.connection, mark):
                return reader.sealed()[0]
        if time.monotonic() > until:
            raise Busy(
                "日志暂时无法封存：另有长时间未结束的写入",
                "the log cannot be sealed: a long write has not ended",
                remedy="请稍后用同一 Idempotency-Key 重试",
                remedy_en="Try again in a moment with the same key.",
            )
        time.sleep(0.05)


class CheckpointSigner:
    """Signs how far one ledger's log goes, and keeps every checkpoint outside the database as well."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings
        self.settings = settings
        self._prover, self._lock = Prover(engine), Lock()
        self.kept_heads = HeadsKept()
        """The heads under the latest checkpoint, for proofs."""

    @property
    def origin(self) -> str:
        """The log's name; empty as long as no ledger was opened. An accepted restore gives it another."""
        with reading(self._engine) as connection:
            return origin_of(connection) or ""

    @property
    def keys(self) -> LogKeys:
        """The keys that sign, as they are in their files now."""
        return LogKeys(self._settings.keys, self.origin)

    @property
    def witness(self) -> Witness:
        """The files outside the database."""
        return Witness(self._settings.checkpoints, self.origin)

    def bring_up(self) -> Signed | None:
        """Prove all that is sealed, batch by batch; the latest checkpoint there is. None before a ledger was opened.

        What another process is proving at this moment is left to it. Raises: Busy; LogKeyMissing, UnsafeKeyFile,
        LogRewritten, NotKept, SealingError when nothing may or can be signed.
        """
        origin = self.origin
        if not origin:
            return None
        keys, witness = LogKeys(self._settings.keys, origin), Witness(self._settings.checkpoints, origin)
        with self._lock:
            self.require_same_past()
            while self._behind():
                witness.require_same_past(self._engine)
                if self._prover.run(keys) is None:
                    break
            witness.follow(self._engine)
        with reading(self._engine) as connection:
            return latest_checkpoint(connection)

    def require_same_past(self) -> None:
        """The ledger holds what was signed before, as the files of checkpoints and the key's own memory know it.

        Where it does not, it takes no writes until it does, or a restore was accepted. Raises: LogRewritten, NotKept.
        """
        guard, origin = guard_of(self._engine), self.origin
        try:
            if origin:
                signed = self._signed_last(origin)
                Witness(self._settings.checkpoints, origin).require_same_past(self._engine)
                with reading(self._engine) as connection:
                    require_signed(connection, signed)
        except LogRewritten as rewritten:
            guard.stop(rewritten)
            raise
        guard.go_on(LogRewritten)

    def _signed_last(self, origin: str) -> Checkpoint | None:
        try:
            return LogKeys(self._settings.keys, origin).signed_last()
        except ProofError as error:
            raise log_rewritten(
                f"密钥目录中最后签署的检查点无法读取（{error.text}）",
                f"what the key has signed last cannot be read in the folder of keys ({error.text_en})",
            ) from error

    def _behind(self) -> bool:
        with reading(self._engine) as connection:
            last = latest_checkpoint(connection)
            return sealed_until(connection)[0] > (0 if last is None else last.size)


def proven_up(ledger: Ledger, notary: CheckpointSigner) -> Signed | None:
    """Seal and prove all that is committed by now; the checkpoint. None before a ledger was opened.

    Raises: Busy, and as `CheckpointSigner.bring_up`.
    """
    place = sealed_up(ledger)
    until = time.monotonic() + SEALING_SECONDS
    while True:
        signed = notary.bring_up()
        if signed is None or signed.size >= place:
            return signed
        if time.monotonic() > until:
            raise Busy(
                "日志正由另一进程签署",
                "another process is signing the log",
                remedy="请稍后重试",
                remedy_en="Try again in a moment.",
            )
        time.sleep(0.05)


def signed_log(notary: CheckpointSigner, signed: Signed, restores: Sequence[dict[str, object]] = ()) -> LogCheckpoint:
    """A checkpoint with the log's name and keys, the restores that were accepted, and what others vouch for."""
    cosigned, stamped = vouched_for(notary)
    return LogCheckpoint(
        origin=notary.origin,
        **asdict(shown(signed)),
        keys=tuple(str(key) for key in notary.keys.known()),
        restores=read_as(tuple[AcceptedRestore, ...], restores) if restores else UNSET,
        cosigned=UNSET if cosigned is None else cosigned,
        timestamped=UNSET if stamped is None else stamped,
    )


def vouched_for(notary: CheckpointSigner) -> tuple[CosignedNote | None, StampedNote | None]:
    """The latest checkpoints that witnesses have cosigned and that an authority has stamped, as far as any are set."""
    notes, settings = OutsideNotes(notary.settings.checkpoints, notary.origin), notary.settings
    cosigned = stamped = None
    note = notes.cosigned() if settings.witnesses else None
    said = () if note is None else said_of(note.encode(), [one.key for one in settings.witnesses_asked()])
    right = tuple(
        Cosignature(witness=one.key.name, key=str(one.key), at=instant(datetime.fromtimestamp(one.seconds, UTC)))
        for one in said
        if one.seconds is not None
    )
    if note is not None and right:  # none where other witnesses were set since
        size = parse_checkpoint(parse_note(note.encode()).text).size
        cosigned = CosignedNote(size=size, note=note, cosignatures=right)
    found = notes.stamped() if settings.timestamp_url else None
    if found is not None:
        size = parse_checkpoint(parse_note(found.note.encode()).text).size
        stamped = StampedNote(size=size, note=found.note, token=found.token, at=found.at)
    return cosigned, stamped


def shown(signed: Signed) -> CheckpointShown:
    """A checkpoint as clients see it: hashes in hexadecimal, and the note as it was signed."""
    return CheckpointShown(
        size=signed.size,
        root=signed.root.hex(),
        heads=StreamHeads(count=signed.heads_count, root=signed.heads_root.hex()),
        note=signed.note,
        sealed_at=signed.sealed_at,
    )


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
            make_folder(file.parent)
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
