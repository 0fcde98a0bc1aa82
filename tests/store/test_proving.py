"""The tree over the sealed log: what the definition says, whoever seals, appends, or dies meanwhile."""

from __future__ import annotations

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import DBAPIError

from domain.proof import check
from domain.proof.check import Checkpoint, parse_checkpoint, parse_note
from domain.proof.receipts import SigningKey, checkpoint_text, signed_note
from domain.store.db.engine import open_migration_engine, reading, writing
from domain.store.db.schema import events, log_index, sealed_heads
from domain.store.log.sequencer import SealingError, seal
from domain.store.proof import tree_writer as proving
from domain.store.proof.proof_reader import (
    HeadsKept,
    Signed,
    checkpoint_at,
    checkpoints_after,
    consistency_proof,
    head_signed,
    inclusion_proof,
    latest_checkpoint,
    placed,
    root_at,
)
from domain.store.proof.tree_writer import Prover
from domain.values import agency_stream
from tests.proof.test_tree import obvious_root
from tests.store.makers import append, append_within
from tests.store.test_sealer import seal_all

KEY = SigningKey("steward-ledger/test", bytes(range(32)))


class Signer:
    """Signs with a fixed key, and notes after what."""

    origin = KEY.name

    def __init__(self) -> None:
        self.after: list[int] = []

    def sign(self, checkpoint: Checkpoint, previous: Signed | None) -> str:
        """The note."""
        self.after.append(0 if previous is None else previous.size)
        return signed_note(checkpoint_text(checkpoint), [KEY])


def entries(engine: Engine) -> list[tuple[str, int, bytes]]:
    """Stream, version and leaf hash of all that is sealed, from the stored bytes."""
    query = select(events.c.stream, events.c.originator_version, events.c.state)
    joined = query.join(log_index, log_index.c.position == events.c.position).order_by(log_index.c.log_index)
    with reading(engine) as connection:
        return [
            (one, version, hashlib.sha256(b"\0" + state).digest()) for one, version, state in connection.execute(joined)
        ]


def obvious_heads(log: list[tuple[str, int, bytes]]) -> dict[str, tuple[int, bytes]]:
    """By stream the longest beginning without a gap: how many, and their chain."""
    heads = {}
    for stream in {one for one, _, _ in log}:
        leaves = {version: leaf for one, version, leaf in log if one == stream}
        count, chain = 0, bytes(32)
        while count + 1 in leaves:
            count += 1
            chain = hashlib.sha256(chain + leaves[count]).digest()
        heads[stream] = (count, chain)
    return heads


def require_proven(engine: Engine) -> list[Signed]:
    """Every checkpoint is what the definition says of its part of the log, every proof of it holds; all of them."""
    log = entries(engine)
    with reading(engine) as connection:
        made = checkpoints_after(connection, 0, 10_000)
        assert made[-1].size == len(log)
        assert latest_checkpoint(connection) == made[-1]
        for one in made:
            leaves = [leaf for _, _, leaf in log[: one.size]]
            heads = obvious_heads(log[: one.size])
            heads_root = obvious_root([check.head_leaf(name, *heads[name]) for name in sorted(heads)])
            said = check.verify_checkpoint(one.note.encode(), [KEY.verifier])
            assert (said.size, said.root, said.heads) == (one.size, obvious_root(leaves), (len(heads), heads_root))
            assert (one.root, one.heads_count, one.heads_root) == (said.root, len(heads), heads_root)
            assert root_at(connection, one.size) == one.root
            assert checkpoint_at(connection, one.size) == one
        last = made[-1]
        for index, (_, _, leaf) in enumerate(log):
            proof = inclusion_proof(connection, index + 1, last.size)
            check.verify_inclusion(leaf, index, last.size, proof, last.root)
        for before in made:
            proof = consistency_proof(connection, before.size, last.size)
            check.verify_consistency(before.size, last.size, before.root, last.root, proof)
        tree = HeadsKept().at(connection, last.size)
        for name, (count, chain) in obvious_heads(log).items():
            head = head_signed(connection, name)
            assert (head.count, head.hash) == (count, chain)
            at, proof = tree.proof(name)
            check.verify_inclusion(head.leaf, at, len(tree), proof, last.heads_root)
    return made


def prove_all(engine: Engine, prover: Prover | None = None) -> int:
    """Run until nothing is left; how many checkpoints were made."""
    prover, signer = prover or Prover(engine), Signer()
    while prover.run(signer):
        pass
    return len(signer.after)


def test_the_tree_follows_the_log(engine: Engine) -> None:
    """Each run goes on where the last one ended, in one process or another; without new events nothing is made."""
    prover, signer = Prover(engine), Signer()
    assert prover.run(signer) is None
    append(engine, agency_stream("b"), 3)
    assert prover.run(signer) is None  # recorded, but not sealed
    seal_all(engine, 3)
    first = prover.run(signer)
    assert first is not None
    assert (first.size, first.heads_count) == (3, 1)
    append(engine, agency_stream("a"), 2)
    append(engine, agency_stream("b"), 2)
    seal_all(engine, 4)
    second = Prover(engine).run(signer)
    assert second is not None
    append(engine, agency_stream("c"))
    seal_all(engine, 1)
    assert prover.run(signer) is not None
    assert prover.run(signer) is None
    assert signer.after == [0, 3, 7]
    assert [one.size for one in require_proven(engine)] == [3, 7, 8]


def test_many_events_come_in_batches(engine: Engine) -> None:
    """A ledger that was there before is brought in piece by piece, each with a checkpoint of its own."""
    for number in range(7):
        append(engine, agency_stream(f"{number % 3}"), 5)
    seal_all(engine, 35)
    assert prove_all(engine, Prover(engine, batch=8)) == 5
    assert [one.size for one in require_proven(engine)] == [8, 16, 24, 32, 35]


def test_a_head_waits_for_what_is_missing(engine: Engine) -> None:
    """A version that the log has before a lower one counts when the gap is closed, also in a later batch."""
    facts = append(engine, agency_stream("a"), 4)
    other = append(engine, agency_stream("b"), 2)
    order = [facts[1], facts[3], other[0], facts[0], other[1], facts[2]]
    with open_migration_engine(engine.url).begin() as connection:  # as a sealer would, had transactions begun that way
        for place, fact in enumerate(order, start=1):
            position = connection.scalar(select(events.c.position).where(events.c.event_id == fact.id))
            connection.execute(insert(log_index).values(log_index=place, position=position))
        connection.execute(text("UPDATE sealer SET last_log_index = 6"))
    prover, seen = Prover(engine, batch=1), list[int]()
    while prover.run(Signer()):
        with reading(engine) as connection:
            seen.append(head_signed(connection, agency_stream("a")).count)
    assert seen == [0, 0, 0, 2, 2, 4]
    require_proven(engine)


def test_an_event_is_found_with_its_place(engine: Engine) -> None:
    """Before it is sealed without one; an unknown id is nothing."""
    fact = append(engine)[0]
    with reading(engine) as connection:
        before = placed(connection, fact.id)
        assert placed(connection, "no such id") is None
    seal_all(engine, 1)
    with reading(engine) as connection:
        after = placed(connection, fact.id)
    assert before is not None
    assert after is not None
    assert (before.log_index, after.log_index, after.stream, after.version) == (None, 1, fact.stream, 1)
    assert check.leaf_hash(after.state) == after.leaf_hash


def test_a_run_that_dies_leaves_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes, heads and checkpoint come together or not at all; the same process and another one go on."""
    append(engine, count=5)
    seal_all(engine, 5)
    prover, real = Prover(engine), proving._write

    def dies(connection: object, batch: object) -> None:
        real(connection, batch)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(proving, "_write", dies)
    for one in (prover, Prover(engine)):
        with pytest.raises(KeyboardInterrupt):
            one.run(Signer())
    with reading(engine) as connection:
        assert latest_checkpoint(connection) is None
        assert connection.execute(select(sealed_heads)).all() == []
        assert connection.scalar(text("SELECT count(*) FROM tree_nodes")) == 0
    monkeypatch.setattr(proving, "_write", real)
    assert prove_all(engine, prover) == 1
    require_proven(engine)


def test_two_at_once_do_not_get_in_each_others_way(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that comes while another one writes, or is overtaken by it, makes nothing; the one checkpoint stands."""
    append(engine, count=3)
    seal_all(engine, 3)
    inner: list[Signed | None] = []

    class Overtaken(Signer):
        def sign(self, checkpoint: Checkpoint, previous: Signed | None) -> str:
            inner.append(Prover(engine).run(Signer()))
            return super().sign(checkpoint, previous)

    outer = Prover(engine).run(Overtaken())
    assert [one is None for one in (outer, *inner)].count(False) == 1
    assert len(require_proven(engine)) == 1


def test_appenders_and_sealers_of_all_kinds(engine: Engine) -> None:
    """Three writers, two sealers, two provers with small batches: in the end the tree is what the definition says."""
    done = threading.Event()

    def keep_sealing(number: int) -> None:
        prover = Prover(engine, batch=3 + number)
        while not done.is_set():
            seal(engine)
            prover.run(Signer())
            time.sleep(0.002)

    def keep_writing(number: int) -> None:
        for turn in range(12):
            with writing(engine) as connection:
                append_within(connection, agency_stream(f"{(number + turn) % 4}"), 1 + turn % 3)

    with ThreadPoolExecutor(5) as pool:
        sealers = [pool.submit(keep_sealing, number) for number in range(2)]
        try:
            for one in [pool.submit(keep_writing, number) for number in range(3)]:
                one.result(60)
        finally:
            done.set()
        for one in sealers:
            one.result(60)
    until = time.monotonic() + 20
    while len(entries(engine)) < 72 and time.monotonic() < until:
        seal(engine)
    prove_all(engine)
    assert len(entries(engine)) == 72
    require_proven(engine)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tree_nodes SET hash = (SELECT hash FROM tree_nodes WHERE level = 0 AND place = 1) WHERE level = 2",
        "DELETE FROM tree_nodes WHERE level = 2",
        "UPDATE sealed_heads SET count = count - 1",
        "DELETE FROM sealed_heads",
    ],
)
def test_what_is_not_what_was_signed_is_not_built_on(engine: Engine, change: str) -> None:
    """Nodes or heads that somebody with all rights has changed: stop by name, sign nothing more."""
    append(engine, count=4)
    seal_all(engine, 4)
    prove_all(engine)
    dialect = engine.dialect.name
    with open_migration_engine(engine.url).begin() as connection:
        if dialect == "postgresql":
            connection.execute(text("ALTER TABLE tree_nodes DISABLE TRIGGER tree_nodes_append_only"))
        else:
            connection.execute(text("DROP TRIGGER tree_nodes_no_update"))
            connection.execute(text("DROP TRIGGER tree_nodes_no_delete"))
        connection.execute(text(change))
    append(engine)
    seal_all(engine, 1)
    with pytest.raises(SealingError, match="not"):
        Prover(engine).run(Signer())
    with reading(engine) as connection:
        latest = latest_checkpoint(connection)
    assert latest is not None
    assert latest.size == 4


def test_a_checkpoint_is_a_note_of_the_log(engine: Engine) -> None:
    """Its text names the log, the size, the root and the heads, in this order."""
    append(engine)
    seal_all(engine, 1)
    prove_all(engine)
    with reading(engine) as connection:
        latest = latest_checkpoint(connection)
    assert latest is not None
    text_ = parse_note(latest.note.encode()).text
    assert text_.splitlines()[0] == KEY.name
    assert parse_checkpoint(text_, KEY.name).heads == (1, latest.heads_root)


@pytest.mark.parametrize("table", ["tree_nodes", "checkpoints"])
def test_what_was_signed_is_not_changed(engine: Engine, table: str) -> None:
    """The database refuses to change or delete it, for the owner of the tables too."""
    append(engine, count=2)
    seal_all(engine, 2)
    prove_all(engine)
    column = "hash" if table == "tree_nodes" else "root"
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):  # noqa: S608
        with (
            pytest.raises(DBAPIError, match=r"never changed or deleted.*只增不改"),
            open_migration_engine(engine.url).begin() as connection,
        ):
            connection.execute(text(statement))
    require_proven(engine)
