"""What is asked before a ledger is opened: that its file is whole, that it is the one whose keys lie here, and that it
holds what was signed before. What is not as it must be is refused, or the ledger takes no writes (`write_guard.py`).

Going on after a restore: accepted by name, with a new name of the log; and in another PostgreSQL cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.degraded import Degraded, DegradedReason
from api.application.problem_types import problem_type_of
from api.settings import Settings
from domain.errors import Contradiction, Invalid
from domain.events import HorizonBegun, RestoreAccepted
from domain.ledger.ledger import Ledger
from domain.ledger.unit_of_work import UnitOfWork
from domain.proof.check import Checkpoint, ProofError, parse_checkpoint, parse_note
from domain.store.access.tokens import create_person, person_named
from domain.store.db.db_errors import DatabaseRefused
from domain.store.db.dialect import is_postgresql
from domain.store.db.engine import Engine, embedded_file, reading, require_sound, was_stopped_uncleanly, writing
from domain.store.db.migrate import require_current
from domain.store.db.state import holds_events
from domain.store.db.write_guard import OtherCluster, guard_of
from domain.store.files.objects import Objects
from domain.store.keys.master_key import use_keys
from domain.store.keys.vault import Vault
from domain.store.log import new_horizon
from domain.store.log.sequencer import require_same_cluster, seal, sealed_until, skipped
from domain.store.proof.checkpoint_archive import LogRewritten, NotKept, kept_in
from domain.store.proof.log_keys import CURRENT, PUBLIC
from domain.store.proof.restored import holds, longest, still_held
from domain.store.proof.tree_writer import root_of_log
from domain.values import FOREVER, LEDGER_STREAM
from projections.rows.write.projector import open_ledger


class KeysOfAnother(DatabaseRefused):
    """There is no ledger in the database, and the keys or checkpoints of one lie here: it is missing, not new."""


def files_of(ledger: Ledger, settings: Settings) -> Objects:
    """The store of the ledger's evidence files, as settings name it."""
    with ledger.reading() as reader:
        return settings.evidence_objects(reader.events(LEDGER_STREAM)[0].id)


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


def made_ready_before(engine: Engine, settings: Settings) -> Ledger:
    """The ledger, as another process has made it ready: only what this one needs for itself is looked at.

    Raises: DatabaseRefused for one that must not be served.
    """
    use_keys(engine, settings.keys)
    guard_of(engine).found_sound()
    require_current(engine)
    compare_with_signed(engine, settings)
    return open_ledger(engine)


def ensure_secret(engine: Engine) -> None:
    """The secret under which equal texts are found stands before anybody asks: questions cannot write it (R37, R46)."""
    with writing(engine) as connection:
        Vault(connection).keyed_hash("")


def watch_writes(degraded: Degraded, engine: Engine) -> None:
    """Let `readyz` and the figures say why nothing is written, as it is at the moment they ask."""
    guard = guard_of(engine)
    degraded.watch(
        lambda: tuple(DegradedReason(problem_type_of(why).name, why.text, why.text_en) for why in guard.stops())
    )


def watch_clock(ledger: Ledger, settings: Settings) -> None:
    """Believe the clock no longer than it runs as clocks do. A demonstration has had clocks of its own."""
    if settings.clock_seconds and not is_demonstration(ledger):
        ledger.clock_watch = settings.clock_watch()


def is_demonstration(ledger: Ledger) -> bool:
    """Whether all in it is invented: said once, when it was opened."""
    with ledger.reading() as reader:
        law = reader.law(FOREVER)
    return law is not None and law.demonstration


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


MOST_REASON = 1000


def accept(ledger: Ledger, notary: CheckpointSigner, person: str, reason: str) -> RestoreAccepted:
    """Accept that the ledger goes on from what it holds, though more was signed; the event that says so.

    Raises: Contradiction when it holds all that was signed; LogRewritten when the files cannot be read.
    """
    _require_reason(reason)
    old = longest(notary.witness, notary.keys.signed_last())
    while seal(ledger.engine):
        pass
    guard_of(ledger.engine).go_on(LogRewritten)
    with ledger.writing() as unit:
        unit.lock(LEDGER_STREAM)
        if old is None or holds(unit.connection, old):
            raise Contradiction(
                "台账包含此前签署的全部内容，没有什么要接受的",
                "the ledger holds all that was signed: there is nothing to accept",
            )
        size = sealed_until(unit.connection)[0]
        made = unit.adopt(
            RestoreAccepted,
            _actor(unit, person),
            unit.today(),
            old_origin=old.origin,
            old_size=old.size,
            old_root=old.root.hex(),
            kept_size=still_held(unit.connection, _known(notary)),
            new_size=size,
            new_root=root_of_log(unit.connection, size).hex(),
            reason=reason,
        )
    assert isinstance(made, RestoreAccepted)  # noqa: S101  # what was asked for
    return made


def sequence(ledger: Ledger, person: str, reason: str) -> HorizonBegun:
    """Give every event without a place its place, in this cluster, and begin a new horizon; the event that says so.

    Raises: Contradiction where the log can simply go on.
    """
    _require_reason(reason)
    if not is_postgresql(ledger.engine):
        raise _goes_on()
    for kind in (OtherCluster, LogRewritten):  # a ledger that differs as well is accepted after this
        guard_of(ledger.engine).go_on(kind)
    with ledger.writing() as unit:
        unit.lock(LEDGER_STREAM)
        before = new_horizon.standing(unit.connection)
        _require_moved(unit)
        made = unit.adopt(
            HorizonBegun,
            _actor(unit, person),
            unit.today(),
            cluster=before.cluster,
            after_index=before.last_log_index,
            sequenced=before.waiting + 1,
            reason=reason,
        )
        unit.flush()
        new_horizon.begin(unit.connection, before)
    assert isinstance(made, HorizonBegun)  # noqa: S101  # what was asked for
    return made


def _require_moved(unit: UnitOfWork) -> None:
    with suppress(OtherCluster):
        require_same_cluster(unit.connection)
        if not skipped(unit.connection):
            raise _goes_on()


def _goes_on() -> Contradiction:
    return Contradiction(
        "台账没有换集群，日志也没有漏过记录，不需要接续",
        "the ledger has not moved to another PostgreSQL cluster and its log left nothing out: it simply goes on",
    )


def _known(notary: CheckpointSigner) -> Iterator[Checkpoint]:
    """Every checkpoint of this log that can be read outside the database."""
    for one in kept_in(notary.witness.folder, notary.origin):
        with suppress(ProofError):  # a half line of a crash: it shows nothing
            yield parse_checkpoint(parse_note(one.note.encode()).text, notary.origin)


def _actor(unit: UnitOfWork, person: str) -> str:
    return person_named(unit.connection, person) or create_person(unit.connection, person)


def _require_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > MOST_REASON:
        raise Invalid(
            "事由不能为空，也不能过长",
            "the reason is empty or too long",
            remedy="请用 --reason 写明事由",
            remedy_en="Say with --reason why.",
            pointer="/reason",
        )
