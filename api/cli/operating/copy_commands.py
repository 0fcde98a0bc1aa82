"""`backup`, `restore FILE`, `restore accept`, `restore sequence`: copies, and going on after one was put back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.opening import accept as accept_restore
from api.application.background.opening import files_of
from api.application.background.opening import sequence as sequence_all
from api.cli.database import existing_ledger, seal_all, settings_for
from api.cli.operating.archive_commands import is_archive, restore_archives
from api.cli.options import Database, Person
from api.cli.running import say
from domain.errors import Contradiction
from domain.store.db.copies import back_up, put_back
from domain.store.db.engine import embedded_file
from domain.store.db.write_guard import guard_of
from domain.store.files.copied_files import copy_files

FILE_COMMAND = "file"

Reason = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="事由：明文入账，请勿写入个人信息 / why: recorded in clear for ever, so name nobody",
    ),
]


class RestoreGroup(TyperGroup):
    """`restore FILE`: what is no subcommand is the file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the command in front of a file."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = [FILE_COMMAND, *args]
        return super().parse_args(ctx, args)


restore_app = typer.Typer(
    cls=RestoreGroup,
    help="恢复备份（restore FILE），以及恢复之后的接续 / put a backup back (restore FILE), and go on after it",
    no_args_is_help=True,
)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="新文件，权限 600 / the new file, mode 600")],
    database: Database = None,
) -> None:
    """为内嵌数据库做一份完整副本，服务可照常运行 / Copy an embedded database while it is served.

    证据文件在旁边的 FILE.evidence 里；密钥与检查点不在其中，须另行备份。 Evidence files lie beside it, in
    FILE.evidence; keys and checkpoints are not in it: copy them too, apart from it.
    """
    back_up(_embedded(database), file)
    say(f"已备份 / copied: {file}")
    with existing_ledger(database, rows_of_any_age=True) as ledger:
        files = files_of(ledger, settings_for(database))
    if files.folder is None:
        say(
            f"证据文件在 {files.place}，须用该服务自己的办法备份 / evidence files are there: copy them by its own means"
        )
    else:
        copied = copy_files(files.folder, _beside(file))
        say(f"{copied} 个证据文件 / evidence files: {_beside(file)}")
    say("密钥与检查点须另行备份 / copy keys and checkpoints too, apart from it")


@restore_app.command(FILE_COMMAND)
def restore(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            exists=True,
            dir_okay=False,
            help="副本（steward backup），或归档（steward export）及增量 / a copy, or an archive with increments",
        ),
    ],
    database: Database = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="归档：另信任的公钥，可给多个 / archives: a key to trust; may be repeated"),
    ] = None,
) -> None:
    """恢复副本（替换内嵌数据库），或把归档载入空数据库；服务须已停止 / Put a copy in place, or load an archive.

    副本：原文件改名保留。归档：先核验签名与内容，载入后全面核对，任何一处不符则不载入。 A copy: what lay there is kept
    beside it. An archive: verified, then audited as a whole; on any difference nothing is loaded.
    """
    if is_archive(files):
        restore_archives(files, settings_for(database), key or ())
    else:
        _put_back(files[0], database)
    with existing_ledger(database, rows_of_any_age=True) as ledger:
        for why in guard_of(ledger.engine).stops():
            say(f"注意：{why.text}；{why.remedy}")
            say(f"NOTE: {why.text_en}. {why.remedy_en}")


def _put_back(file: Path, database: str | None) -> None:
    kept = put_back(file, _embedded(database))
    if kept is not None:
        say(f"原文件保留为 / what lay there is kept as: {kept}")
    say("已恢复 / restored")
    with existing_ledger(database, rows_of_any_age=True) as ledger:
        files = files_of(ledger, settings_for(database))
        if files.folder is not None and _beside(file).is_dir():
            say(f"放回证据文件 / evidence files put back: {copy_files(_beside(file), files.folder)}")


@restore_app.command()
def accept(person: Person, reason: Reason, database: Database = None) -> None:
    """具名接受由旧备份恢复的台账，此后可以继续写入 / Accept by name that a ledger goes on from an older copy.

    记为一条事件，日志自此换用新名称签署；丢失的条目始终可见。 It is an event; from there on the log is signed under
    another name, and which entries may be lost stays visible.
    """
    settings = settings_for(database)
    with existing_ledger(database, rows_of_any_age=True) as ledger:
        event = accept_restore(ledger, CheckpointSigner(ledger.engine, settings), person, reason)
        seal_all(ledger.engine, settings)
    lost = f"{event.kept_size + 1}..{event.old_size}"
    say(f"已接受：原日志 {event.old_size} 条，现有 {event.new_size} 条；可能丢失 {lost}")
    say(f"accepted: the log had {event.old_size} entries and has {event.new_size}; {lost} may be lost")


@restore_app.command()
def sequence(person: Person, reason: Reason, database: Database = None) -> None:
    """在另一 PostgreSQL 集群接续日志：为全部未入日志的事件编号 / Go on in another PostgreSQL cluster.

    每条尚无序号的事件按记录次序编号，并开始新的水位；须先停止服务。 Every event without a place in the log gets one,
    and a new horizon begins. Stop the service first.
    """
    settings = settings_for(database)
    with existing_ledger(database, rows_of_any_age=True) as ledger:
        event = sequence_all(ledger, person, reason)
        seal_all(ledger.engine, settings)
    say(f"已为 {event.sequenced} 条事件编号，此后按集群 {event.cluster} 计")
    say(f"{event.sequenced} events got their place; the ids of cluster {event.cluster} count from here on")


def _beside(file: Path) -> Path:
    """Where a copy's evidence files lie."""
    return file.with_name(f"{file.name}.evidence")


def _embedded(database: str | None) -> Path:
    file = embedded_file(settings_for(database).database)
    if file is None:
        raise Contradiction(
            "只用于内嵌的 SQLite 数据库",
            "this is for an embedded SQLite database",
            remedy="PostgreSQL 请用 pg_dump 与 pg_restore，或基础备份；之后用 steward restore sequence 与 accept 接续",
            remedy_en="For PostgreSQL use pg_dump and pg_restore, or base backups; then steward restore sequence and "
            "steward restore accept.",
        )
    return file


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.add_typer(restore_app, name="restore")
