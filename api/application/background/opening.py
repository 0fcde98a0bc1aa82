"""What is asked before a ledger is opened: that its file is whole, that it is the one whose keys lie here, and that it
holds what was signed before. What is not as it must be is refused, or the ledger takes no writes (`write_guard.py`)."""

from __future__ import annotations

from pathlib import Path

from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.degraded import Degraded, DegradedReason
from api.application.problem_types import problem_type_of
from api.settings import Settings
from domain.store.db.db_errors import DatabaseRefused
from domain.store.db.engine import Engine, embedded_file, reading, require_sound, was_stopped_uncleanly
from domain.store.db.state import holds_events
from domain.store.db.write_guard import guard_of
from domain.store.proof.checkpoint_archive import LogRewritten, NotKept
from domain.store.proof.log_keys import CURRENT, PUBLIC


class KeysOfAnother(DatabaseRefused):
    """There is no ledger in the database, and the keys or checkpoints of one lie here: it is missing, not new."""


def require_whole(engine: Engine, settings: Settings) -> None:
    """SQLite: the file is whole; looked at thoroughly when whoever wrote it last has not ended in order.

    Raises: DatabaseDamaged, DatabaseForeign.
    """
    require_sound(engine, thoroughly=was_stopped_uncleanly(settings.database))


def require_own_keys(settings: Settings, engine: Engine | None = None) -> None:
    """A new ledger is never opened where keys or checkpoints of another lie: its own was deleted or not mounted.

    Without an engine: SQLite before its file is made. A setting allows several ledgers in one folder of keys.
    Raises: KeysOfAnother.
    """
    if settings.shared_keys or (engine is None and not _missing(settings)):
        return
    found = _signed_before(settings)
    if found is None or (engine is not None and _holds_a_ledger(engine)):
        return
    raise KeysOfAnother(
        f"数据库中没有台账，但此处已有一个台账的密钥或检查点（{found.name}）：台账文件丢失了，不能另建新的",
        f"there is no ledger in the database, but keys or checkpoints of one lie here ({found.name}): it is missing, "
        "and no new one is opened in its place",
        remedy="请核对 STEWARD_DATABASE_URL 与挂载，或用 steward restore FILE 恢复；确要另建新台账，请为它另设 "
        "STEWARD_KEY_DIR 与 STEWARD_CHECKPOINT_DIR（或以 STEWARD_SHARED_KEYS=true 表明多个台账共用）",
        remedy_en="Check STEWARD_DATABASE_URL and what is mounted, or restore with steward restore FILE. For another, "
        "new ledger name other folders (STEWARD_KEY_DIR, STEWARD_CHECKPOINT_DIR), or say with STEWARD_SHARED_KEYS=true "
        "that several ledgers share them.",
    )


def compare_with_signed(engine: Engine, settings: Settings) -> bool:
    """Whether the ledger holds what was signed before; where it does not, it takes no writes from now on.

    What cannot be compared at the moment (a folder that cannot be read) is found out when the log is signed.
    """
    try:
        CheckpointSigner(engine, settings).require_same_past()
    except LogRewritten:
        return False
    except NotKept:
        return True
    return True


def watch_writes(degraded: Degraded, engine: Engine) -> None:
    """Let `readyz` and the figures say why nothing is written, as it is at the moment they ask."""
    guard = guard_of(engine)
    degraded.watch(
        lambda: tuple(DegradedReason(problem_type_of(why).name, why.text, why.text_en) for why in guard.stops())
    )


def _missing(settings: Settings) -> bool:
    file = embedded_file(settings.database)
    return file is not None and (not file.exists() or file.stat().st_size == 0)


def _signed_before(settings: Settings) -> Path | None:
    """Something that only a ledger leaves that was opened: what it signs with, or a checkpoint."""
    named = [settings.keys / CURRENT, settings.keys / PUBLIC]
    kept = sorted([*settings.checkpoints.glob("*.txt"), *settings.checkpoints.glob("*.log")])
    return next((file for file in (*named, *kept) if file.exists()), None)


def _holds_a_ledger(engine: Engine) -> bool:
    with reading(engine) as connection:
        return holds_events(connection)
