"""`export` and `restore` of archives: from either database into either, increments, and everything that is refused."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.app import create_app
from domain.proof.receipts import SigningKey, signed_note
from domain.store.archive.archive_export import EVIDENCE, LOG, TABLES
from domain.store.archive.archive_file import (
    FORMAT,
    MANIFEST,
    NOTE,
    ArchiveManifest,
    ArchiveReader,
    ArchiveRefused,
    ArchiveWriter,
    signed_text,
)
from domain.store.archive.archive_rows import DERIVED, FLEETING, archived_tables, columns_of, line_of
from domain.store.db.engine import open_migration_engine, reading
from domain.store.db.schema import metadata
from domain.store.keys.master_key import new_content
from tests.databases import Databases
from tests.http.files import paper, pdf, uploaded
from tests.http.world import World
from tests.proof.held import Held, filled


@pytest.fixture(scope="module")
def first(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Held:
    """A ledger with something in every table, in SQLite, never written to; its archive is `first.zip` beside it."""
    folder = tmp_path_factory.mktemp("first")
    url = databases.empty("sqlite", folder)
    filled(url, folder, reached=False)
    held = Held(url, folder)
    done = held.command("export", str(folder / "first.zip"))
    assert done.returncode == 0, done.stderr
    return held


def beside(first: Held, folder: Path, databases: Databases, kind: str) -> Held:
    """An empty database and the keys of the first ledger: where it is to be restored."""
    folder.mkdir(exist_ok=True)
    shutil.copytree(first.settings.keys, folder / "keys")
    return Held(databases.empty(kind, folder), folder)


def rows_of(held: Held) -> dict[str, list[bytes]]:
    """Every row that an archive takes along, sorted."""
    engine = open_migration_engine(held.url)
    with reading(engine) as connection:
        found = {
            table.name: sorted(line_of(dict(row)) for row in connection.execute(select(*columns_of(table))).mappings())
            for table in archived_tables()
        }
    engine.dispose()
    return found


def digest_of(archive: Path, name: str = LOG) -> str:
    """SHA-256 of a member as its manifest says."""
    with zipfile.ZipFile(archive) as file:
        return str(json.loads(file.read(MANIFEST))["members"][name]["sha256"])


def is_empty(held: Held) -> bool:
    """Whether no ledger can be opened there."""
    return held.command("audit", "--no-rows").returncode == 3


def test_every_table_is_archived_or_made_again_or_fleeting() -> None:
    """A table that somebody adds is taken along; the lists of the others name tables that are there."""
    assert set(metadata.tables) >= DERIVED | FLEETING
    assert {table.name for table in archived_tables()} == metadata.tables.keys() - DERIVED - FLEETING


@pytest.mark.slow
@pytest.mark.postgres
def test_a_ledger_goes_to_the_other_database_and_back(first: Held, databases: Databases, tmp_path: Path) -> None:
    """The same bytes, rows, proofs and read models in PostgreSQL and again in SQLite, where recording goes on."""
    held, archive, before = first, first.folder / "first.zip", rows_of(first)
    for kind in ("postgresql", "sqlite"):
        there = beside(first, tmp_path / kind, databases, kind)
        done = there.command("restore", str(archive))
        assert done.returncode == 0, done.stderr
        audit = there.audit()
        assert (audit.found, audit.others) == ([], [])
        assert audit.counted["files"] == held.audit(rows=False).counted["files"] > 0
        assert rows_of(there) == before
        again = there.folder / "again.zip"
        assert there.command("export", str(again)).returncode == 0
        assert digest_of(again) == digest_of(archive)
        held, archive = there, again
    with TestClient(create_app(held.settings)) as client:
        World(client).filed()
    assert held.audit().found == []


def test_an_archive_is_private_whole_and_without_keys(first: Held) -> None:
    """Mode 600, never over another file, and nothing in it is one of the keys."""
    archive = first.folder / "first.zip"
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    again = first.command("export", str(archive))
    assert again.returncode == 5
    assert "not overwritten" in again.stderr
    assert not list(first.folder.glob(".export-*"))
    with zipfile.ZipFile(archive) as file:
        everything = b"".join(map(file.read, file.namelist()))
    for key in first.settings.keys.glob("*.key"):
        assert key.read_bytes().strip() not in everything, key.name
    assert "restore" in everything.decode("utf-8", "replace")


def repacked(archive: Path, target: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """An archive with other contents."""
    with zipfile.ZipFile(archive) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    change(contents)
    with zipfile.ZipFile(target, "w") as file:
        for name, content in contents.items():
            file.writestr(name, content)
    return target


def _other_words(contents: dict[str, bytes]) -> None:
    contents[LOG] = contents[LOG].replace(b"LapseRecorded", b"LapseAnnulled", 1)


def _other_manifest(contents: dict[str, bytes]) -> None:
    contents[MANIFEST] = contents[MANIFEST].replace(b'"size"', b'"Size"', 1).replace(b'"Size"', b'"size" ', 1)


def _other_evidence(contents: dict[str, bytes]) -> None:
    name = next(one for one in contents if one.startswith(EVIDENCE))
    contents[name] = contents[name][:-1] + bytes([contents[name][-1] ^ 1])


FORGED: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "a word of an event": (_other_words, "log.jsonl was changed"),
    "a file of evidence": (_other_evidence, "was changed"),
    "a member left out": (lambda contents: contents.pop(f"{TABLES}vault.jsonl"), "is not what its manifest lists"),
    "a member more": (lambda contents: contents.update({"more": b"x"}), "is not what its manifest lists"),
    "the manifest": (_other_manifest, "its manifest was changed"),
    "no signature": (lambda contents: contents.pop(NOTE), "it is no archive, or is cut off"),
    "half a signature": (
        lambda contents: contents.update({NOTE: contents[NOTE][:-9]}),
        "the signature of its manifest",
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_changed_archive_is_refused_by_name(what: str, first: Held, databases: Databases, tmp_path: Path) -> None:
    """Whatever is changed: exit code 5, what it is, and nothing loaded."""
    change, said = FORGED[what]
    there = beside(first, tmp_path / "there", databases, "sqlite")
    done = there.command("restore", str(repacked(first.folder / "first.zip", tmp_path / "forged.zip", change)))
    assert done.returncode == 5, done.stderr
    assert said in done.stderr
    assert is_empty(there)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.999])
def test_an_archive_that_was_cut_off_is_refused(kept: float, first: Held, databases: Databases, tmp_path: Path) -> None:
    """At any place, even the last byte."""
    there = beside(first, tmp_path / "there", databases, "sqlite")
    content = (first.folder / "first.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[: int(len(content) * kept)])
    done = there.command("restore", str(tmp_path / "cut.zip"))
    assert done.returncode == 5
    assert "cut off" in done.stderr
    assert is_empty(there)


def test_keys_of_another_ledger_do_not_verify_it(first: Held, databases: Databases, tmp_path: Path) -> None:
    """No public key, or another one: refused, unless the right one is named; without the master key: by its name."""
    there = beside(first, tmp_path / "there", databases, "sqlite")
    archive = str(first.folder / "first.zip")
    public = there.settings.keys / "log.pub"
    right = public.read_text("utf-8").splitlines()[0]
    public.unlink()
    assert "there is no public key" in there.command("restore", archive).stderr
    other = SigningKey(right.partition("+")[0], b"\x07" * 32).verifier
    public.write_text(f"{other}\n", "utf-8")
    refused = there.command("restore", archive)
    assert refused.returncode == 5
    assert "no trusted key has signed" in refused.stderr
    master = there.settings.keys / "master.key"
    whole = master.read_bytes()
    master.write_bytes(new_content())
    refused = there.command("restore", archive, "--key", right)
    assert refused.returncode == 3
    assert "MasterKeyMissing" in refused.stderr
    assert is_empty(there)
    master.write_bytes(whole)
    done = there.command("restore", archive, "--key", right)
    assert done.returncode == 0, done.stderr
    again = there.command("restore", archive, "--key", right)
    assert again.returncode == 5
    assert "is not overwritten" in again.stderr


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_who_holds_the_key_cannot_load_what_does_not_hold_together(
    kind: str, first: Held, databases: Databases, tmp_path: Path
) -> None:
    """An event rewritten, and a manifest signed anew over it: the signed checkpoints tell, and nothing is loaded."""
    there = beside(first, tmp_path / "there", databases, kind)
    key = SigningKey((first.settings.keys / "log.pub").read_text("utf-8").partition("+")[0], b"")
    seed = (first.settings.keys / "log.key").read_bytes()

    def rewrite(contents: dict[str, bytes]) -> None:
        contents[LOG] = contents[LOG].replace(b"2024-03-04", b"2024-03-05")
        manifest: dict[str, Any] = json.loads(contents[MANIFEST])
        manifest["members"][LOG] |= {"sha256": hashlib.sha256(contents[LOG]).hexdigest(), "bytes": len(contents[LOG])}
        contents[MANIFEST] = json.dumps(manifest, ensure_ascii=False).encode()
        signer = SigningKey(key.name, seed)
        contents[NOTE] = signed_note(signed_text(manifest["origin"], contents[MANIFEST]), [signer]).encode()

    done = there.command("restore", str(repacked(first.folder / "first.zip", tmp_path / "forged.zip", rewrite)))
    assert done.returncode == 5, done.stderr
    assert "another log was signed" in done.stderr
    assert is_empty(there)


def as_of_revision(first: Held, target: Path, revision: str, gone: tuple[str, ...] = ()) -> Path:
    """The first archive as a version of this revision would have made it, without these tables, and signed.

    0039 added a column that is empty here: nobody of this ledger was told anything as a client.
    """

    def change(contents: dict[str, bytes]) -> None:
        manifest: dict[str, Any] = {**json.loads(contents[MANIFEST]), "revision": revision, "software": "0.0.9"}
        for table in gone:
            name = f"{TABLES}{table}.jsonl"
            del contents[name], manifest["members"][name]
        name = f"{TABLES}messages.jsonl"
        if revision < "0039":
            assert contents[name].count(b'"enterprise":null') == contents[name].count(b"\n") > 0
            contents[name] = re.sub(rb',"enterprise":null|"enterprise":null,', b"", contents[name])
            manifest["members"][name] |= {
                "sha256": hashlib.sha256(contents[name]).hexdigest(),
                "bytes": len(contents[name]),
            }
        contents[MANIFEST] = json.dumps(manifest, ensure_ascii=False).encode()
        name = (first.settings.keys / "log.pub").read_text("utf-8").partition("+")[0]
        signer = SigningKey(name, (first.settings.keys / "log.key").read_bytes())
        contents[NOTE] = signed_note(signed_text(manifest["origin"], contents[MANIFEST]), [signer]).encode()

    return repacked(first.folder / "first.zip", target, change)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_archive_of_an_earlier_revision_is_loaded_and_migrated(
    kind: str, first: Held, databases: Databases, tmp_path: Path
) -> None:
    """It knows fewer tables than this version; all that it holds is there afterwards, and the audit is clean."""
    there = beside(first, tmp_path / "there", databases, kind)
    later = ("delivery_targets", "deliveries", "message_preferences", "contact_addresses")
    done = there.command("restore", str(as_of_revision(first, tmp_path / "earlier.zip", "0027", later)))
    assert done.returncode == 0, done.stderr
    assert there.audit().found == []
    before, after = rows_of(first), rows_of(there)
    assert {name: rows for name, rows in after.items() if name not in later} == {
        name: rows for name, rows in before.items() if name not in later
    }


def test_an_archive_of_a_later_revision_is_refused_by_name(first: Held, databases: Databases, tmp_path: Path) -> None:
    """With the version that made it, and nothing is loaded."""
    there = beside(first, tmp_path / "there", databases, "sqlite")
    done = there.command("restore", str(as_of_revision(first, tmp_path / "later.zip", "9001")))
    assert done.returncode == 5
    assert "a later version of the software (0.0.9) made it" in done.stderr
    assert is_empty(there)


@pytest.mark.slow
def test_increments_go_on_from_one_another(databases: Databases, tmp_path: Path) -> None:
    """Whole, then what came since, twice, with evidence: as good as one archive; a missing link is refused by name."""
    folder = tmp_path / "growing"
    folder.mkdir()
    held = Held(databases.empty("sqlite", folder), folder)
    archives = [tmp_path / f"{number}.zip" for number in range(3)]
    for number, archive in enumerate(archives):
        with TestClient(create_app(held.settings)) as client:
            world = World(client)
            uscc = world.filed()
            world.id_of("RecordLapse", uscc, item=5, evidence=[paper(uploaded(world.association, pdf()))])
        since = ["--since", str(archives[number - 1])] if number else []
        done = held.command("export", str(archive), *since)
        assert done.returncode == 0, done.stderr
    whole = tmp_path / "whole.zip"
    assert held.command("export", str(whole)).returncode == 0
    assert archives[2].stat().st_size < whole.stat().st_size
    there = beside(held, tmp_path / "there", databases, "sqlite")
    for wrong, said in (
        ((archives[1],), "the archive that it goes on from is missing"),
        ((archives[0], archives[2]), "the one before ends at"),
        ((archives[0], archives[1], archives[1]), "the one before ends at"),
    ):
        refused = there.command("restore", *map(str, wrong))
        assert refused.returncode == 5
        assert said in refused.stderr
    done = there.command("restore", *map(str, archives))
    assert done.returncode == 0, done.stderr
    assert rows_of(there) == rows_of(held)
    assert there.command("export", str(tmp_path / "again.zip")).returncode == 0
    assert digest_of(tmp_path / "again.zip") == digest_of(whole)
    older = beside(held, tmp_path / "older", databases, "sqlite")
    shutil.copytree(held.settings.checkpoints, older.settings.checkpoints, dirs_exist_ok=True)
    done = older.command("restore", str(archives[0]))  # more was signed since: it takes no writes, and says so
    assert done.returncode == 0, done.stderr
    assert "restore accept" in done.stderr


def test_damage_anywhere_is_said_of_the_archive(tmp_path: Path) -> None:
    """Whichever byte of the end of the file is another one, where a ZIP says what it holds and where."""
    whole = io.BytesIO()
    writer = ArchiveWriter(whole)
    writer.add("log.jsonl", [b"{}\n"] * 20, rows=True)
    manifest = ArchiveManifest(
        format=FORMAT,
        ledger="l",
        origin="o",
        made_at="",
        software="",
        revision="",
        since=0,
        size=20,
        checkpoint="",
        evidence=[],
        members=writer.members,
    )
    writer.close(manifest, lambda text: text)
    said, file = whole.getvalue(), tmp_path / "damaged.zip"
    for place in range(len(said) - 300, len(said)):
        for byte in (0x00, 0xFF):
            file.write_bytes(said[:place] + bytes([byte]) + said[place + 1 :])
            with pytest.raises(ArchiveRefused), closing(ArchiveReader(file)) as archive:
                archive.verify([])
