"""A file that was deleted, replaced or damaged under an engine, and a log bound to its cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from domain.errors import Contradiction
from domain.store.db.copies import back_up, put_back
from domain.store.db.db_errors import DatabaseDamaged, DatabaseForeign
from domain.store.db.engine import open_engine, reading, require_sound, writing
from domain.store.db.write_guard import FileReplaced, OtherCluster, guard_of
from domain.store.log.new_horizon import begin, standing
from domain.store.log.sequencer import (
    UnsequencedEvents,
    bind_cluster,
    require_nothing_left_out,
    seal,
    skipped,
    unsealed,
)
from tests.store.makers import append
from tests.store.test_sealer import _log, seal_all


def _file(engine: Engine) -> Path:
    return Path(engine.url.database or "")


def _count(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.scalar(text("SELECT count(*) FROM events")) or 0)


@pytest.mark.parametrize("end", ["", "-wal"])
def test_nothing_is_written_into_a_file_without_its_name(sqlite_engine: Engine, end: str) -> None:
    """The file or its log of changes is gone: refused, and with the same file back it goes on."""
    append(sqlite_engine)
    file = Path(f"{_file(sqlite_engine)}{end}")
    file.rename(f"{file}.aside")
    for _ in range(3):
        with pytest.raises(FileReplaced):
            append(sqlite_engine)
    assert [type(one) for one in guard_of(sqlite_engine).stops()] == [FileReplaced]
    Path(f"{file}.aside").rename(file)
    append(sqlite_engine)
    assert guard_of(sqlite_engine).stops() == ()
    assert _count(sqlite_engine) == 2


def test_a_file_that_goes_during_a_transaction_takes_the_commit_with_it(sqlite_engine: Engine) -> None:
    """Looked at once more before the commit, and before anybody is told."""

    def write_while_it_goes() -> None:
        with writing(sqlite_engine) as connection:
            connection.execute(text("UPDATE sealer SET sealed_at = '2026-01-01T00:00:00.000000Z'"))
            _file(sqlite_engine).unlink()

    with pytest.raises(FileReplaced):
        write_while_it_goes()
    with reading(sqlite_engine) as connection:
        assert connection.scalar(text("SELECT sealed_at FROM sealer")) is None


def test_a_connection_never_makes_or_opens_another_file(sqlite_engine: Engine, tmp_path: Path) -> None:
    """A replaced file is not opened by a further connection, and a deleted one is not made anew."""
    append(sqlite_engine)
    other = tmp_path / "other.db"
    back_up(_file(sqlite_engine), other)
    with reading(sqlite_engine):
        other.replace(_file(sqlite_engine))
        with pytest.raises(FileReplaced), reading(sqlite_engine):
            pass
        _file(sqlite_engine).unlink()
        with pytest.raises(FileReplaced), reading(sqlite_engine):
            pass
    assert not _file(sqlite_engine).exists()


def test_a_damaged_file_is_not_used_again(sqlite_engine: Engine) -> None:
    """What SQLite calls malformed stops everything, questions too; at a start a quick look finds it."""
    append(sqlite_engine, count=50)
    file = _file(sqlite_engine)
    sqlite_engine.dispose()
    content = bytearray(file.read_bytes())
    for start in range(4096 * 2, len(content) - 4096, 4096 * 3):
        content[start : start + 4096] = b"\xa5" * 4096
    file.write_bytes(bytes(content))
    again = open_engine(sqlite_engine.url)
    try:
        with pytest.raises(DatabaseDamaged):
            require_sound(again)
        with pytest.raises(DatabaseDamaged), reading(again):
            pass
        with pytest.raises(DatabaseDamaged), writing(again):
            pass
    finally:
        again.dispose()


def test_a_copy_is_whole_and_private_and_put_back_only_unused(sqlite_engine: Engine, tmp_path: Path) -> None:
    """Made while the ledger is open and holds all of it; never over a file; put back only when nobody has it open,
    what lay there is kept, its log of changes with it.
    """
    append(sqlite_engine, count=3)
    file, copy = _file(sqlite_engine), tmp_path / "copy.db"
    back_up(file, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Contradiction):
        back_up(file, copy)
    append(sqlite_engine, count=2)
    script = (
        "import sys; from pathlib import Path; from domain.store.db.copies import put_back; "
        "put_back(*map(Path, sys.argv[1:]))"
    )
    tried = subprocess.run(
        [sys.executable, "-c", script, str(copy), str(file)], capture_output=True, text=True, check=False
    )
    assert "in use" in tried.stderr
    sqlite_engine.dispose()
    Path(f"{file}-wal").write_bytes(b"what a killed service left")
    kept = put_back(copy, file)
    assert kept is not None
    assert Path(f"{kept}-wal").read_bytes() == b"what a killed service left"
    assert not Path(f"{file}-wal").exists()
    again = open_engine(sqlite_engine.url)
    assert _count(again) == 3
    again.dispose()
    with pytest.raises(DatabaseForeign):
        put_back(Path(f"{kept}-wal"), file)


@pytest.mark.postgres
def test_what_an_older_horizon_went_past_is_sealed_all_the_same(postgres_engine: Engine) -> None:
    """Events below the horizon without a place: the very case that lost them. They get one; nothing is doubled."""
    append(postgres_engine, "agency/a", 2)
    seal_all(postgres_engine, 2)
    append(postgres_engine, "agency/b", 2)
    with writing(postgres_engine) as connection:  # as if it had been another cluster's
        connection.execute(text("UPDATE sealer SET horizon = pg_snapshot_xmax(pg_current_snapshot()), floor = 0"))
    with reading(postgres_engine) as connection:
        assert skipped(connection) == 2
        assert unsealed(connection)[0] == 2
        with pytest.raises(UnsequencedEvents):
            require_nothing_left_out(connection, "agency/b")
        require_nothing_left_out(connection, "agency/a")
    seal_all(postgres_engine, 2)
    assert len(_log(postgres_engine)) == 4
    with reading(postgres_engine) as connection:
        assert skipped(connection) == 0


@pytest.mark.postgres
def test_another_cluster_is_refused_and_begins_anew_by_command(postgres_engine: Engine) -> None:
    """Bound to its cluster at the first sealing; under another name nothing is sealed or recorded. Sequenced under the
    lock in the order of recording, and from then on by this cluster's ids, however low they are.
    """
    append(postgres_engine, "agency/a", 2)
    seal_all(postgres_engine, 2)
    bind_cluster(postgres_engine)
    with writing(postgres_engine) as connection:
        connection.execute(text("UPDATE sealer SET cluster = '42'"))
    late = [one.id for one in append(postgres_engine, "agency/b", 2)]
    acts = (bind_cluster, seal, append)
    for act in acts:
        with pytest.raises(OtherCluster, match="42"):
            act(postgres_engine)
    guard_of(postgres_engine).go_on(OtherCluster)
    with writing(postgres_engine) as connection:
        before = standing(connection)
        assert (before.last_log_index, before.waiting) == (2, 2)
        assert begin(connection, before) == 2
    assert [event for _, event in _log(postgres_engine)][2:] == late
    append(postgres_engine, "agency/c", 1)
    seal_all(postgres_engine, 1)
    bind_cluster(postgres_engine)
