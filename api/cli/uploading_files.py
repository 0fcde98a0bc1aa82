"""`upload`: files of evidence from the disk into the store, to be named by what is imported or recorded next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from api.application.answers.evidence import EvidenceKept
from api.application.evidence.receiving import Incoming
from api.application.privacy.authorisation import Caller
from api.cli.options import Database, Json, Person
from api.cli.questions.exporting_tables import asked_service
from api.cli.running import say
from domain.store.access.tokens import create_person, person_named
from domain.store.db.engine import writing
from domain.values import Role

PORTION_BYTES = 256 * 1024


def upload(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", exists=True, dir_okay=False, readable=True, help="文件 / the files")
    ],
    person: Person,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """把证据文件存入证据库，供 24 小时内登记的记录引用 / Keep files of evidence, for records of the next 24 hours.

    每个文件最多 50 MB；同一人再次运行不会重复保存。引用时写 {"title": …, "sha256": …}，由同一人（--as）登记或导入。
    At most 50 MB each; safe to run again. Name them as {"title": …, "sha256": …} in what the same person records.
    """
    with asked_service(database) as service:
        with writing(service.ledger.engine) as connection:
            actor = person_named(connection, person) or create_person(connection, person)
        caller = Caller(actor, Role.ASSOCIATION, None, b"", "import")
        for file in files:
            with file.open("rb") as source, Incoming(service.files) as incoming:
                while portion := source.read(PORTION_BYTES):
                    incoming.write(portion)
                received = incoming.keep(service, caller)
            _told(file, received.answer, before=received.before, as_json=as_json)


def _told(file: Path, kept: EvidenceKept, *, before: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(kept).decode())
        return
    typer.echo(f"{kept.sha256}  {file}")
    there = "已有，未再保存 there already" if before else "已保存 kept"
    say(f"{file}：{there}，{kept.size} B，{kept.media_type}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(upload)
