"""`export-table`: a list as a file for a spreadsheet, the same bytes as the service hands out."""

from __future__ import annotations

import inspect
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.degraded import Degraded
from api.application.background.housekeeper import Housekeeper
from api.application.background.opening import files_of
from api.application.background.outside_witnesses import OutsideWitnesses
from api.application.background.readiness import Service
from api.application.exports.exporting import EVERY_FORM, FORMS, FileForm, TableFile, exported
from api.application.exports.exporting_public import exported_publicly
from api.application.exports.list_questions import question_of
from api.application.exports.registry import TABLES
from api.application.exports.table_columns import ExportTable
from api.application.privacy.authorisation import PUBLIC, Caller, Reach, rights_of
from api.application.privacy.reading_log import NotedReading, ReadingLog
from api.application.questions.inquiry import Inquiry, Snapshot
from api.cli.database import existing_ledger, settings_for
from api.cli.options import AsOf, Database, KnownAt, parse_uscc
from api.cli.output import new_file
from api.cli.running import say
from domain.errors import Invalid
from domain.store.access.tokens import create_person, person_named
from domain.store.db.engine import writing
from domain.values import Role

_BY_ROLE = (Role.AUDITOR, Role.ADMIN)
"""The operator may read what the auditor reads, and who may sign in."""
_NOT_ALL = ("open", "undecided", "due")
"""States to which worklists are narrowed where nothing is said."""
Name = Annotated[str, typer.Argument(metavar="NAME", help="清单的名称：" + "、".join(TABLES) + " / which list")]
To = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FILE", dir_okay=False, help="写入的文件，默认按清单命名 / the file; by default named"
    ),
]
Form = Annotated[
    str, typer.Option("--format", metavar="FORM", help="xlsx（默认）或 csv；standings 还有 json、ndjson / xlsx or csv")
]
Year = Annotated[str | None, typer.Option("--year", metavar="YEAR", help="考评年度 / the assessment year")]
Agency = Annotated[
    str | None, typer.Option("--uscc", metavar="USCC", parser=parse_uscc, help="哪家机构的清单 / of which agency")
]
Words = Annotated[str | None, typer.Option("--q", metavar="TEXT", help="名称或代码含 / those with these words")]
Every = Annotated[bool, typer.Option("--all", help="连同已办结的 / those that are dealt with as well")]
English = Annotated[bool, typer.Option("--english", help="英文表头 / headings in English")]
AsPerson = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="PERSON", help="谁查阅；一家机构的清单须写明，记入查阅记录 / who reads it, put on record"
    ),
]


def export_table(
    name: Name,
    database: Database = None,
    to: To = None,
    form: Form = "xlsx",
    year: Year = None,
    uscc: Agency = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    q: Words = None,
    every: Every = False,
    english: English = False,
    person: AsPerson = None,
) -> None:
    """把一份清单整份导出为 XLSX 或 CSV / Write a whole list as XLSX or CSV."""
    table = _table(name)
    given = {"year": year, "uscc": uscc, "as_of": as_of, "known_at": known_at, "q": q}
    offered = EVERY_FORM if name == "standings" else FORMS
    if form not in offered:
        raise typer.BadParameter(f"可用 / there are: {', '.join(offered)}", param_hint="--format")
    with asked_service(database) as service:
        made = _made(service, table, given, form, not english, person, every)
    write_whole(made, to)


def write_whole(made: TableFile, to: Path | None) -> None:
    """Write a made table where it is to be, whole or not at all."""
    path = to or Path(made.name)
    with made.file, new_file(path, "--to") as written:
        shutil.copyfileobj(made.file, written)
    say(f"已写入 written: {path}（{made.rows} 行 rows）")


def _made(
    service: Service,
    table: ExportTable,
    given: dict[str, Any],
    form: FileForm,
    chinese: bool,
    person: str | None,
    every: bool,
) -> TableFile:
    path = table.path or ""
    rights = rights_of("GET", path)
    if rights is PUBLIC:
        kept = {key: str(value) for key, value in given.items() if key in ("year", "q") and value}
        _require(path, kept)
        return exported_publicly(service, table.name, kept, form, chinese=chinese)
    question = question_of(table)
    taken = inspect.signature(question).parameters
    asked = {key: value for key, value in given.items() if value is not None and key in taken}
    for key, value in given.items():
        if value is not None and key not in taken:
            raise typer.BadParameter(f"{table.name} 没有这一项 / takes no such option", param_hint=f"--{key}")
    if every:
        asked |= {key: "all" for key, one in taken.items() if one.default in _NOT_ALL}
    _require(path, asked)
    role = next(one for one in _BY_ROLE if one in rights)
    if "uscc" in asked and person is None:
        raise typer.BadParameter("须写明由谁查阅 / say who reads it", param_hint="--as")
    caller = Caller(who_reads(service, person), role, None, b"", "import")
    inquiry = Inquiry(Snapshot(service, caller), Reach.ALL)
    made = exported(inquiry, question, asked, form, chinese=chinese, by=person)
    if "uscc" in asked:
        service.readings.note(NotedReading(time.time(), caller, asked["uscc"], f"GET {path}", b"", {}))
        service.readings.flush()
    return made


def who_reads(service: Service, name: str | None) -> str:
    """The id of who reads; one who is new is made."""
    if name is None:
        return ""
    with writing(service.ledger.engine) as connection:
        return person_named(connection, name) or create_person(connection, name)


def _table(name: str) -> ExportTable:
    if name not in TABLES:
        raise Invalid(
            f"没有名为 {name} 的清单",
            f"there is no list named {name}",
            remedy="可用：" + "、".join(TABLES),
            remedy_en="There are: " + ", ".join(TABLES) + ".",
        )
    return TABLES[name]


def _require(path: str, asked: dict[str, Any]) -> None:
    needed = {"{year}": "year", "{uscc}": "uscc"}
    for mark, name in needed.items():
        if mark in path and name not in asked:
            raise typer.BadParameter("这份清单需要它 / this list needs it", param_hint=f"--{name}")
    if path == TABLES["firms"].path and "q" not in asked:
        raise typer.BadParameter("这份清单需要它 / this list needs it", param_hint="--q")


@contextmanager
def asked_service(database: str | None) -> Iterator[Service]:
    """What questions are asked of; nothing goes on behind it."""
    settings = settings_for(database)
    with existing_ledger(database) as ledger:
        notary, readings = CheckpointSigner(ledger.engine, settings), ReadingLog(ledger.engine)
        housekeeper = Housekeeper(ledger.engine, settings, notary, readings)
        witnesses = OutsideWitnesses(ledger.engine, settings, Degraded())
        yield Service(settings, ledger, housekeeper, readings, notary, files_of(ledger, settings), witnesses)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export-table")(export_table)
