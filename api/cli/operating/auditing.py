"""`audit`: read everything that is stored again, against what was signed and kept outside the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from api.application.background.opening import files_of
from api.cli.database import existing_ledger, settings_for
from api.cli.options import Database, Json
from api.cli.output import print_json
from api.cli.running import DIFFERENT, TAMPERED, say
from api.settings import Settings
from domain.ledger.ledger import Ledger
from domain.store.db.engine import reading
from domain.store.keys.vault import lost_masters
from domain.store.proof.audit import Auditor
from domain.store.proof.audit_beside import Finding, readable
from domain.store.proof.checkpoint_archive import kept_in, kept_note
from domain.store.proof.log_keys import LogKeys
from domain.store.proof.proof_reader import latest_checkpoint
from domain.store.proof.restored import acceptances, origins_of
from projections.rebuild.inspect_rows import Found, collecting_seldom
from projections.rebuild.inspect_rows import check as check_rows

SHOWN = 100
"""How many differences are listed."""


def audit(
    database: Database = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="另行保存的检查点，可给多个；数据库外的检查点文件总会核对 / "
            "a checkpoint that you kept; may be repeated. The files outside the database are compared in any case",
        ),
    ] = None,
    rows: Annotated[
        bool, typer.Option("--rows/--no-rows", help="是否核对读模型 / whether the read models are compared too")
    ] = True,
    as_json: Json = False,
) -> None:
    """重读全部字节，重算散列、树、各机构的记录头和读模型，与已签署的检查点核对，不作改动 / Audit all that is stored.

    存储与签署的不符，退出码 10；仅读模型不符，退出码 7。 Exit code 10, or 7 when only read models differ.
    """
    with existing_ledger(database, rows_of_any_age=True) as ledger:
        lacking = lost_masters(ledger.engine)
        done = audited(ledger, settings_for(database), checkpoint or [], rows=rows)
    found, others, counted, restores = done
    if as_json:
        items = [one._asdict() for one in (*found, *others)]
        said = {"differences": len(items), "items": items[:SHOWN], "restores": restores, "lost_master_keys": lacking}
        print_json({**counted, **said})
    else:
        for one in (*found, *others)[:SHOWN]:
            typer.echo(f"✗ {one.table}：{one.place}：{one.text}")
            typer.echo(f"  {one.table}: {one.place}: {one.text_en}")
    say(
        f"{counted['events']} 条记录，{counted['checkpoints']} 个检查点，{counted['files']} 个证据文件，"
        f"{len(found) + len(others)} 处不符"
    )
    say(
        f"{counted['events']} events, {counted['checkpoints']} checkpoints, "
        f"{counted['outside']} kept outside, {counted['files']} files of evidence, "
        f"{len(found) + len(others)} differences"
    )
    for restore in restores:
        lost = f"{restore['lost']['from']}..{restore['lost']['to']}"
        say(f"{restore['accepted_at']} 由 {restore['by']} 接受恢复：日志第 {lost} 条可能丢失（{restore['reason']}）")
        say(f"restore accepted by {restore['by']}: entries {lost} of the log may be lost ({restore['reason']})")
    if lacking:
        say(f"注意：密钥目录中没有主密钥 {'、'.join(lacking)}，可能是另一台账的目录：凡须该密钥核对的，一律列为不符")
        say(
            f"NOTE: master key {', '.join(lacking)} is not in the key folder, which may be another ledger's: "
            "whatever only that key can judge is listed as a difference"
        )
    if not counted["outside"]:
        say("注意：数据库外没有本日志的检查点，整体改写无从发现")
        say("NOTE: no checkpoint of this log was found outside the database: a rewritten whole could not be noticed")
    if found or others:
        raise typer.Exit(TAMPERED if found else DIFFERENT)


class Audited(NamedTuple):
    """What differs in the log and beside it, what differs in the read models, and how much was read."""

    found: list[Finding]
    others: list[Finding]
    counted: dict[str, int]
    restores: list[dict[str, Any]]
    """Accepted restores, with what they may have lost."""


def audited(ledger: Ledger, settings: Settings, files: Sequence[Path] = (), *, rows: bool = True) -> Audited:
    """Audit an open ledger. Read models are compared only where the log itself is as it was signed."""
    kept = list(map(kept_note, files))
    with reading(ledger.engine) as connection:
        names = origins_of(connection)
    for name, ended in names:  # of a longer log that was given up by name, what it shares with this one
        last = None if ended is None else ended.kept_size
        kept += [one for one in kept_in(settings.checkpoints, name) if last is None or one.size <= last]
    objects = files_of(ledger, settings)
    with reading(ledger.engine) as connection, collecting_seldom():
        latest_checkpoint(connection)  # the snapshot begins here: a key that has signed in it is listed by now
        keys = [key for name, _ in names for key in LogKeys(settings.keys, name).known()]
        auditor = Auditor(connection, keys, kept, objects)
        found = list(auditor.run())
        restores = acceptances(connection)
    others = list(readable("rows", _of_rows(settings.database))) if rows and not found else []
    counted = {
        "events": auditor.events,
        "checkpoints": auditor.checkpoints,
        "outside": len(kept),
        "files": auditor.files.read,
    }
    return Audited(found, others, counted, restores)


def _of_rows(url: str) -> Iterator[Finding]:
    """Rows of the read models that are not what the events make."""
    shown: list[Found] = []
    check_rows(url, jobs=1, progress=lambda *_: None, report=shown.append, bases=0)
    for one in shown:
        content = one.as_json()
        where = ", ".join(
            f"{name}={value}" for name, value in content.items() if name not in ("kept", "rebuilt", "table")
        )
        yield Finding(str(content.get("table", "")), where, "读模型与事件不符", "it is not what the events make")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(audit)
