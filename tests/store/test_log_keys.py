"""The log's key and the files outside the database: made once, changed without a break, never replaced unsaid."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from api.application.background.checkpoint_signer import CheckpointSigner
from api.settings import Settings
from domain.proof import check
from domain.proof.check import VerifierKey
from domain.store.db.engine import open_engine, open_migration_engine, reading
from domain.store.db.migrate import migrate
from domain.store.keys.secret_files import UnsafeKeyFile
from domain.store.proof.checkpoint_archive import LogRewritten
from domain.store.proof.log_keys import LogKeyMissing, LogKeys
from domain.store.proof.proof_reader import Signed, checkpoints_after, latest_checkpoint
from domain.values import LEDGER_STREAM
from tests.store.makers import append
from tests.store.test_sealer import seal_all


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    """Keys and checkpoints in a folder of this test."""
    return Settings(database_url=url, data_dir=tmp_path / "data", key_dir=tmp_path / "data" / "keys")


@pytest.fixture
def notary(engine: Engine, settings: Settings) -> CheckpointSigner:
    """A notary of a ledger whose first event is there and sealed."""
    append(engine, LEDGER_STREAM)
    seal_all(engine, 1)
    return CheckpointSigner(engine, settings)


def more(engine: Engine, notary: CheckpointSigner) -> Signed:
    """Another event, sealed and signed."""
    append(engine)
    seal_all(engine, 1)
    signed = notary.bring_up()
    assert signed is not None
    return signed


def signers(note: str, keys: list[VerifierKey]) -> list[int]:
    """Which of the keys, by their order, have truly signed a note."""
    found = []
    for at, key in enumerate(keys):
        if any((one.name, one.key_hash) == (key.name, key.hash) for one in check.parse_note(note.encode()).signatures):
            check.verify_checkpoint(note.encode(), [key])
            found.append(at)
    return found


def test_without_a_ledger_nothing_is_signed(engine: Engine, settings: Settings) -> None:
    """No key is made for a database in which no ledger was opened."""
    assert CheckpointSigner(engine, settings).bring_up() is None
    assert not settings.keys.exists()


def test_the_key_is_made_with_the_first_checkpoint(
    engine: Engine, notary: CheckpointSigner, settings: Settings
) -> None:
    """Readable by its owner only; its public half is listed; the checkpoint is signed under the ledger's name."""
    signed = notary.bring_up()
    assert signed is not None
    file = settings.keys / "log.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 32
    (key,) = notary.keys.known()
    assert check.verify_checkpoint(signed.note.encode(), [key]).size == 1
    with reading(engine) as connection:
        first = connection.scalar(text("SELECT event_id FROM events WHERE stream = 'ledger'"))
    assert notary.origin == f"steward-ledger/{first}"
    assert CheckpointSigner(engine, settings).bring_up() == signed
    assert notary.keys.known() == [key]
    assert file.read_bytes().hex() not in (settings.keys / "log.pub").read_text("utf-8")


def test_a_key_open_to_others_signs_nothing(engine: Engine, notary: CheckpointSigner, settings: Settings) -> None:
    """Somebody else may have read it: stop by name."""
    more(engine, notary)
    (settings.keys / "log.key").chmod(0o644)
    with pytest.raises(UnsafeKeyFile):
        more(engine, notary)


def test_a_new_key_is_vouched_for_by_the_old_one(engine: Engine, notary: CheckpointSigner, settings: Settings) -> None:
    """After a rotation both sign one checkpoint, then the new one alone; who trusts the old one can go on."""
    before = more(engine, notary)
    notary.keys.rotate(before)
    both, alone = more(engine, notary), more(engine, CheckpointSigner(engine, settings))
    keys = notary.keys.known()
    assert [signers(one.note, keys) for one in (before, both, alone)] == [[0], [0, 1], [1]]
    kept = settings.keys / f"log-{keys[0].hash.hex()}.key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    notary.keys.rotate(alone)
    notary.keys.rotate(alone)
    again = more(engine, notary)
    assert signers(again.note, notary.keys.known()) == [1, 3]
    receipt = notary.keys.sign_like(again.note, "line\n").encode()
    assert check.verify_note(receipt, [notary.keys.known()[1]])[0].text == "line\n"


def test_a_lost_key_is_not_replaced_unsaid(engine: Engine, notary: CheckpointSigner, settings: Settings) -> None:
    """With the folder gone, or another one in its place, nothing is signed until an operator says that it is lost."""
    signed = more(engine, notary)
    old = notary.keys.known()
    for file in settings.keys.iterdir():
        file.unlink()
    with pytest.raises(LogKeyMissing, match=r"log\.key"):
        more(engine, notary)
    with pytest.raises(LogKeyMissing):
        notary.keys.rotate(signed)
    with pytest.raises(LogKeyMissing):
        notary.keys.sign_like(signed.note, "line\n")
    LogKeys(settings.keys, notary.origin).sign(
        check.Checkpoint(notary.origin, 0, check.EMPTY_ROOT), None
    )  # a stranger's folder
    with pytest.raises(LogKeyMissing, match=old[0].hash.hex()):
        more(engine, notary)
    new = notary.keys.rotate(signed, without_old=True)
    assert signers(more(engine, notary).note, [*old, new]) == [1]


def test_every_checkpoint_is_kept_outside(engine: Engine, notary: CheckpointSigner, settings: Settings) -> None:
    """The latest note as one file, each one ever made as a line, also those that a crash left out, none twice."""
    for _ in range(3):
        more(engine, notary)
    witness = notary.witness
    witness.latest.unlink()
    lines = witness.history.read_bytes().splitlines(keepends=True)
    witness.history.write_bytes(b"".join(lines[:1]) + lines[1][:40])
    latest = CheckpointSigner(engine, settings).bring_up()
    assert latest is not None
    assert witness.latest.read_text("utf-8") == latest.note
    kept = [json.loads(line) for line in witness.history.read_text("utf-8").splitlines()]
    with reading(engine) as connection:
        made = checkpoints_after(connection, 0, 100)
    assert [(one["size"], one["note"], one["sealed_at"]) for one in kept] == [
        (one.size, one.note, one.sealed_at) for one in made
    ]
    before = witness.history.read_bytes()
    notary.bring_up()
    assert witness.history.read_bytes() == before


def test_a_database_that_was_put_back_is_found_out(
    engine: Engine, notary: CheckpointSigner, settings: Settings
) -> None:
    """Shorter than the files know: nothing is signed. Without them the key remembers, and signs the same past only."""
    more(engine, notary)
    held = notary.witness.latest.read_text("utf-8")
    with open_migration_engine(engine.url).begin() as connection:  # as a restored backup would be
        if engine.dialect.name == "postgresql":
            for table in ("checkpoints", "tree_nodes"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only"))
        else:
            for table in ("checkpoints", "tree_nodes"):
                connection.execute(text(f"DROP TRIGGER {table}_no_delete"))
        for table in ("checkpoints", "tree_nodes", "sealed_heads"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608
    for one in (notary, CheckpointSigner(engine, settings)):
        with pytest.raises(LogRewritten, match="2 entries"):
            one.bring_up()
    assert notary.witness.latest.read_text("utf-8") == held
    with reading(engine) as connection:
        assert latest_checkpoint(connection) is None
    notary.witness.latest.write_text("no note", "utf-8")
    with pytest.raises(LogRewritten, match="cannot be read"):
        notary.bring_up()
    notary.witness.latest.unlink()
    notary.witness.history.unlink()
    signed = notary.bring_up()
    assert signed is not None
    assert signed.size == 2


def test_two_ledgers_share_a_folder(
    engine: Engine, notary: CheckpointSigner, settings: Settings, tmp_path: Path
) -> None:
    """One key, two names: neither log can pass for the other, and each has files of its own."""
    ours = more(engine, notary)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    migrate(url)
    other_engine = open_engine(url)
    append(other_engine, LEDGER_STREAM)
    seal_all(other_engine, 1)
    other = CheckpointSigner(other_engine, settings)
    theirs = other.bring_up()
    assert theirs is not None
    for note, keys in ((ours.note, other.keys.known()), (theirs.note, notary.keys.known())):
        with pytest.raises(check.ProofError, match="no trusted key"):
            check.verify_checkpoint(note.encode(), keys)
    assert {one.suffix for one in settings.checkpoints.iterdir()} == {".txt", ".log"}
    assert len(list(settings.checkpoints.iterdir())) == 4
    other_engine.dispose()
