"""`export`, and `restore` of what it wrote: a ledger as one portable file, of either database and into either."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer

from api.application.background.checkpoint_signer import CheckpointSigner, proven_up
from api.application.background.opening import files_of
from api.cli.database import existing_ledger, settings_for
from api.cli.options import Database
from api.cli.output import progress_bars
from api.cli.running import say
from api.settings import Settings
from domain.errors import Contradiction, Invalid
from domain.proof.check import ProofError, VerifierKey, parse_key
from domain.store.archive.archive_export import Since, since_of
from domain.store.archive.archive_export import export as write_archive
from domain.store.archive.archive_file import ArchiveReader
from domain.store.archive.archive_load import load, load_files, require_chain
from domain.store.db.copies import sync_folder
from domain.store.db.engine import open_migration_engine
from domain.store.db.migrate import migrate
from domain.store.keys.master_key import use_keys
from domain.store.proof.log_keys import LogKeys
from projections.rebuild.rebuild import rebuild


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="新文件（ZIP），权限 600 / the new file, mode 600")],
    since: Annotated[
        Path | None,
        typer.Option(
            metavar="ARCHIVE",
            exists=True,
            dir_okay=False,
            help="只写出该归档之后新增的事件、检查点和证据文件 / only what came since that archive",
        ),
    ] = None,
    database: Database = None,
) -> None:
    """把整个台账写成一个可移植的归档，服务可照常运行 / Write the ledger as one portable archive while it is served.

    两种数据库通用，由 steward restore 核验并载入；密钥不在其中。 For either database; loaded by steward restore, which
    verifies it. Keys are not in it: copy them too, apart from it.
    """
    settings = settings_for(database)
    with existing_ledger(database, rows_of_any_age=True) as ledger:
        notary = CheckpointSigner(ledger.engine, settings)
        signed = proven_up(ledger, notary)
        note = "" if signed is None else signed.note
        begin = Since()
        if since is not None:
            with closing(ArchiveReader(since)) as before:
                before.verify(LogKeys(settings.keys, before.manifest.origin).ever_known())
                begin = since_of(ledger.engine, before.manifest)
        with _new_file(file) as target:
            keys = notary.keys
            made = write_archive(
                ledger.engine, files_of(ledger, settings), target, lambda text: keys.sign_like(note, text), begin
            )
    say(f"已写出第 {made.since + 1}..{made.size} 条事件 / events {made.since + 1}..{made.size} written: {file}")
    say("密钥须另行备份 / copy the keys too, apart from it")


def is_archive(files: Sequence[Path]) -> bool:
    """Whether these are archives, and not copies of a SQLite file. Raises: Invalid for some of each."""
    found = {zipfile.is_zipfile(one) or one.suffix == ".zip" for one in files}
    if len(found) > 1 or (len(files) > 1 and found == {False}):
        raise Invalid(
            "只能恢复一份副本，或一份归档及其后的增量",
            "one copy is restored, or one archive with its increments",
            remedy="请依次给出：归档.zip 增量.zip …",
            remedy_en="Name them in order: ARCHIVE.zip INCREMENT.zip ...",
        )
    return found == {True}


def restore_archives(files: Sequence[Path], settings: Settings, trusted: Sequence[str]) -> None:
    """Verify archives, load them into an empty database, audit it, and make the read models.

    Raises: ArchiveRefused, Contradiction, Invalid, MasterKeyMissing, DatabaseRefused, Busy; nothing is loaded then.
    """
    with ExitStack() as stack:
        archives = [stack.enter_context(closing(ArchiveReader(one))) for one in files]
        last = archives[-1].manifest
        keys = [*LogKeys(settings.keys, last.origin).ever_known(), *map(_key, trusted)]
        if not keys:
            raise Contradiction(
                "没有可信的公钥，无法核验归档",
                "there is no public key to verify the archive by",
                remedy="请先把密钥目录放回 STEWARD_KEY_DIR（其中有 log.pub），或以 --key 给出公钥（steward keys show）",
                remedy_en="Put the folder of keys back first (STEWARD_KEY_DIR, it has log.pub), or name a public key "
                "that steward keys show printed: --key.",
            )
        for one in archives:
            one.verify(keys)
            say(f"签名与内容相符 / signed, and whole: {one.path}")
        require_chain(archives)
        engine = open_migration_engine(settings.database)
        use_keys(engine, settings.keys)
        stack.callback(engine.dispose)
        objects = settings.evidence_objects(last.ledger)
        files_loaded = load_files(archives, objects)
        done = load(engine, archives, keys, objects)
    migrate(settings.database)
    with progress_bars() as bar:
        rebuild(settings.database, jobs=os.cpu_count() or 1, progress=bar, report=lambda _: None)
    say(f"已载入并核对：{done.events} 条事件，{done.checkpoints} 个检查点，{files_loaded} 个证据文件")
    say(f"loaded and audited: {done.events} events, {done.checkpoints} checkpoints, {files_loaded} files of evidence")


def _key(text: str) -> VerifierKey:
    try:
        return parse_key(text)
    except ProofError as error:
        raise Invalid(f"--key：{error.text}", f"--key: {error.text_en}") from error


@contextmanager
def _new_file(file: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole or not at all, never over another, for its owner only. Raises: Contradiction."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".export-")
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as written:
            yield written
            written.flush()
            os.fsync(written.fileno())
        try:
            os.link(made, file)
        except FileExistsError:
            raise Contradiction(
                f"{file.name} 已经存在，不覆盖",
                f"{file.name} is there already and is not overwritten",
                remedy="请另取文件名",
                remedy_en="Name another file.",
            ) from None
    finally:
        made.unlink()
    sync_folder(file.parent)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)
