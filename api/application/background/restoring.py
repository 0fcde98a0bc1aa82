"""Going on after a restore: accepted by name, with a new name of the log; and in another PostgreSQL cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from api.application.background.checkpoint_signer import CheckpointSigner
from domain.errors import Contradiction, Invalid
from domain.events import HorizonBegun, RestoreAccepted
from domain.ledger.ledger import Ledger
from domain.ledger.unit_of_work import UnitOfWork
from domain.proof.check import Checkpoint, ProofError, parse_checkpoint, parse_note
from domain.store.access.tokens import create_person, person_named
from domain.store.db.dialect import is_postgresql
from domain.store.db.write_guard import OtherCluster, guard_of
from domain.store.log import new_horizon
from domain.store.log.sequencer import require_same_cluster, seal, sealed_until, skipped
from domain.store.proof.checkpoint_archive import LogRewritten, kept_in
from domain.store.proof.restored import holds, longest, still_held
from domain.store.proof.tree_writer import root_of_log
from domain.values import LEDGER_STREAM

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
