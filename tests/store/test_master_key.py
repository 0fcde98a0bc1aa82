"""The master key: a dump alone opens nothing, keys from before it are wrapped, and changing it loses none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, make_url, select, text, update

from domain.errors import Unreadable
from domain.events import Sealed
from domain.store.db.engine import open_engine, open_migration_engine, reading, writing
from domain.store.db.schema import master_keys, vault, vault_secrets
from domain.store.keys import wrapping
from domain.store.keys.master_key import CURRENT, MasterKeyBroken, MasterKeyMissing, MasterKeys, read_master, use_keys
from domain.store.keys.secret_files import UnsafeKeyFile
from domain.store.keys.vault import GONE, Vault
from domain.store.keys.wrapping import ensure_master_key, health, rotate
from domain.store.log.stream_heads import lock_for_recording
from domain.values import agency_stream
from tests.store.makers import STREAM

AT = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
def keys(engine: Engine, tmp_path: Path) -> MasterKeys:
    """A key folder of the test's own, with what a start makes in it."""
    found = use_keys(engine, tmp_path / "keys")
    ensure_master_key(engine)
    return found


def current_id(keys: MasterKeys) -> str:
    return read_master(keys.file).id


def sealed_ones(engine: Engine, count: int = 3) -> list[Sealed]:
    with writing(engine) as connection:
        unlocked = Vault(connection)
        unlocked.keyed_hash("AB-123")
        return [unlocked.seal(f"张{number}", hint=f"AB-{number}") for number in range(count)]


def opened(engine: Engine, sealed: list[Sealed]) -> list[str | None]:
    with reading(engine) as connection:
        return Vault(connection).open_many(sealed)


def plain_keys(engine: Engine, keys: MasterKeys) -> list[bytes]:
    """The keys of all subjects as they are used."""
    with reading(engine) as connection:
        rows = connection.execute(select(vault).where(vault.c.key != GONE)).all()
    return [keys.named(row.master).unwrap(f"vault/{row.subject_id}", bytes(row.key)) for row in rows]


def in_clear(engine: Engine, keys: MasterKeys) -> None:
    """Bring the database back to what it was before there was a master key."""
    with writing(open_migration_engine(engine.url)) as connection:
        for table, name in ((vault, "subject_id"), (vault_secrets, "name")):
            for row in connection.execute(select(table)).all():
                id_ = getattr(row, name)
                key = keys.named(row.master).unwrap(f"{table.name}/{id_}", bytes(row.key))
                connection.execute(update(table).where(table.c[name] == id_).values(key=key, master=None))
        connection.execute(master_keys.delete())


def test_what_lies_in_the_database_opens_nothing(engine: Engine, keys: MasterKeys) -> None:
    """The stored key is not the key, and with another master key it cannot be used: named, and not another text."""
    sealed = sealed_ones(engine)
    with reading(engine) as connection:
        stored = [bytes(one) for one in connection.scalars(select(vault.c.key))]
    for plain in plain_keys(engine, keys):
        assert not any(plain in one for one in stored)
    use_keys(engine, keys.folder.with_name("elsewhere"))
    with pytest.raises(MasterKeyMissing):
        opened(engine, sealed)
    with pytest.raises(MasterKeyMissing) as refused:
        ensure_master_key(engine)
    assert refused.value.remedy
    assert refused.value.remedy_en
    assert not keys.folder.with_name("elsewhere").exists()


def test_a_wrapped_key_belongs_to_its_row(engine: Engine, keys: MasterKeys) -> None:
    """Put into another subject's row, a wrapped key is Unreadable."""
    first, second, _ = sealed_ones(engine)
    with writing(open_migration_engine(engine.url)) as connection:
        other = select(vault.c.key).where(vault.c.subject_id == first.subject).scalar_subquery()
        connection.execute(update(vault).where(vault.c.subject_id == second.subject).values(key=other))
    with pytest.raises(Unreadable, match=second.subject):
        opened(engine, [second])
    assert health(engine).unreadable == [f"vault/{second.subject}"]


def test_key_files_are_for_the_owner_only(engine: Engine, keys: MasterKeys) -> None:
    """The file has mode 0600; one that others may read, or that holds something else, is refused by name."""
    assert keys.file.stat().st_mode & 0o777 == 0o600
    content = keys.file.read_text()
    for spoil, refusal in ((lambda: keys.file.chmod(0o644), UnsafeKeyFile), (_overwrite(keys), MasterKeyBroken)):
        spoil()
        with pytest.raises(refusal):
            ensure_master_key(_again(engine, keys))
        keys.file.chmod(0o600)
        keys.file.write_text(content)
    ensure_master_key(_again(engine, keys))


def _overwrite(keys: MasterKeys) -> Callable[[], object]:
    return lambda: keys.file.write_text("no key\n")


def _again(engine: Engine, keys: MasterKeys) -> Engine:
    use_keys(engine, keys.folder)
    return engine


def test_keys_from_before_are_wrapped_and_gone_from_the_file(engine: Engine, keys: MasterKeys) -> None:
    """An existing database: texts open as before, and SQLite's files hold no key in clear any more."""
    sealed = sealed_ones(engine, 40)
    plain = plain_keys(engine, keys)
    in_clear(engine, keys)
    ensure_master_key(engine)
    assert opened(engine, sealed) == [f"张{number}" for number in range(40)]
    assert health(engine).wrapped == {current_id(keys): 41 + 1}
    if engine.dialect.name == "sqlite":
        raw = b"".join(file.read_bytes() for file in files_of(engine))
        assert not any(one in raw for one in plain)
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).where(master_keys.c.scrubbed_at.is_(None))) == 0


def files_of(engine: Engine) -> list[Path]:
    """The database's file and the files beside it."""
    file = Path(make_url(engine.url).database or "")
    return [one for one in file.parent.iterdir() if one.name.startswith(file.name)]


def test_wrapping_goes_on_after_an_interruption(
    engine: Engine, keys: MasterKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after some batches, the next start wraps the rest; meanwhile both kinds open."""
    sealed = sealed_ones(engine, 25)
    in_clear(engine, keys)
    monkeypatch.setattr(wrapping, "BATCH", 10)
    with pytest.raises(KeyboardInterrupt):
        _stop_after(2, monkeypatch, lambda: ensure_master_key(engine))
    assert set(health(engine).wrapped) == {None, current_id(keys)}
    assert None not in opened(engine, sealed)
    ensure_master_key(engine)
    assert set(health(engine).wrapped) == {current_id(keys)}


def _stop_after(batches: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    real, done = wrapping._wrap_some, []

    def some(*arguments: Any) -> int:
        done.append(1)
        if len(done) > batches:
            raise KeyboardInterrupt
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(wrapping, "_wrap_some", some)
        act()


def test_a_new_master_key_takes_the_place_of_the_old(engine: Engine, keys: MasterKeys) -> None:
    """Everything opens, nothing is wrapped by the old one, its file is gone, and the old file opens nothing now."""
    sealed, old = sealed_ones(engine), keys.file.read_bytes()
    gone, new, count = rotate(engine)
    assert gone != new
    assert count == 3 + 2
    assert health(engine) == wrapping.Health({new: 5}, 0, [], [])
    assert [one.name for one in keys.folder.iterdir()] == [CURRENT]
    assert opened(engine, sealed) == ["张0", "张1", "张2"]
    keys.file.write_bytes(old)
    with pytest.raises(MasterKeyMissing, match=new):
        opened(_again(engine, keys), sealed)


@pytest.mark.parametrize("batches", range(4))
def test_a_rotation_goes_on_after_an_interruption(
    engine: Engine, keys: MasterKeys, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    """Wherever it is killed, everything opens, another start of the service works, and the next run ends it."""
    sealed = sealed_ones(engine, 25)
    old = current_id(keys)
    monkeypatch.setattr(wrapping, "BATCH", 10)
    with pytest.raises(KeyboardInterrupt):
        _stop_after(batches, monkeypatch, lambda: rotate(engine))
    ensure_master_key(_again(engine, keys))
    assert None not in opened(engine, sealed)
    more = sealed_ones(engine, 30)
    gone, new, _ = rotate(engine)
    assert (gone, set(health(engine).wrapped)) == (old, {new})
    assert None not in opened(engine, [*sealed, *more])
    assert [one.name for one in keys.folder.iterdir()] == [CURRENT]


def test_a_rotation_killed_before_it_took_place_is_begun_anew(engine: Engine, keys: MasterKeys) -> None:
    """The copy of the current key and half a new one are there, nothing else: the next run starts over."""
    sealed, old = sealed_ones(engine), current_id(keys)
    for name in (f"master-{old}.key", ".new-half"):
        file = keys.folder / name
        file.touch(0o600)
        file.write_bytes(keys.file.read_bytes())
    assert rotate(engine)[0] == old
    assert None not in opened(engine, sealed)


def test_a_rotation_destroys_no_erasure(engine: Engine, keys: MasterKeys) -> None:
    """What is erased stays erased."""
    sealed = sealed_ones(engine)
    with writing(engine) as connection:
        Vault(connection).erase(sealed[0].subject, AT)
    rotate(engine)
    assert opened(engine, sealed) == [None, "张1", "张2"]
    assert health(engine).erased == 1


def test_who_records_meanwhile_uses_the_new_key(engine: Engine, keys: MasterKeys, url: str, tmp_path: Path) -> None:
    """A service seals without a pause while the master key is changed twice: at the end all is under the last one."""
    serving = open_engine(url)
    use_keys(serving, keys.folder)
    sealed: list[Sealed] = []
    stop = threading.Event()

    def record() -> None:
        while not stop.is_set():
            with writing(serving) as connection:
                lock_for_recording(connection, agency_stream(f"{STREAM}{len(sealed)}"))
                sealed.append(Vault(connection).seal("张三"))

    thread = threading.Thread(target=record)
    thread.start()
    try:
        rotate(engine)
        _, last, _ = rotate(engine)
    finally:
        stop.set()
        thread.join(30)
    assert len(sealed) > 0
    assert set(health(engine).wrapped) == {last}
    assert set(opened(serving, sealed)) == {"张三"}
    serving.dispose()


def test_an_erased_subject_is_gone_for_good(engine: Engine, keys: MasterKeys) -> None:
    """Its text is None, its hint finds a new subject, nothing is sealed for it again; twice is False; the row stays."""
    with writing(engine) as connection:
        unlocked = Vault(connection)
        gone, kept = unlocked.seal("张三", hint="AB-123"), unlocked.seal("李四", hint="AB-124")
    with writing(engine) as connection:
        assert Vault(connection).erase(gone.subject, AT) is True
        assert Vault(connection).erase(gone.subject, AT) is False
        assert Vault(connection).erase("nobody", AT) is False
    with writing(engine) as connection:
        unlocked = Vault(connection)
        assert unlocked.open_many([gone, kept]) == [None, "李四"]
        with pytest.raises(LookupError, match="erased"):
            unlocked.seal("张三", subject=gone.subject)
        assert unlocked.seal("张三", hint="AB-123").subject != gone.subject
        found = unlocked.standing([gone.subject, kept.subject, "nobody"])
    assert {one: standing.erased_at for one, standing in found.items()} == {gone.subject: AT, kept.subject: None}


@pytest.fixture
def postgres_owner(postgres_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A PostgreSQL database with keys from before, opened by the login that owns its tables."""
    opened_ = open_engine(postgres_url)
    keys = use_keys(opened_, tmp_path / "keys")
    ensure_master_key(opened_)
    sealed_ones(opened_, 10)
    in_clear(opened_, keys)
    yield opened_
    opened_.dispose()


@pytest.mark.postgres
def test_the_owner_writes_the_tables_anew(postgres_owner: Engine) -> None:
    """PostgreSQL: after wrapping, the tables lie in new files, which hold no row of before."""
    place = text("SELECT pg_relation_filepath('vault')")
    with reading(postgres_owner) as connection:
        before = connection.scalar(place)
    ensure_master_key(postgres_owner)
    with reading(postgres_owner) as connection:
        assert connection.scalar(place) != before
