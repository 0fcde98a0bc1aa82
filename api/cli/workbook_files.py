"""Workbooks at the command line: `import FILE.xlsx --kind …`, and `import-template`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import typer

from api.application.privacy.authorisation import Caller
from api.application.workbooks.book_import import BookImport, import_book
from api.application.workbooks.kinds.book_registry import BOOKS, book_named
from api.application.workbooks.kinds.sheet_kinds import SheetKind
from api.application.workbooks.written_books import template
from api.cli.output import progress_bars
from api.cli.running import REFUSED, say
from domain.errors import Invalid
from domain.ledger.ledger import Ledger
from domain.store.access.tokens import create_person, person_named
from domain.store.db.engine import writing
from domain.values import Role

SUFFIXES = (".xlsx", ".csv")
_SHOWN = 50
"""So many wrong rows are listed; the marked workbook has all."""
_STAGES = {"check": "检查 check", "record": "登记 record"}
KindOption = Annotated[
    str | None,
    typer.Option("--kind", metavar="KIND", help="工作簿种类：" + "、".join(BOOKS) + " / which kind of workbook"),
]
GoodPart = Annotated[
    bool, typer.Option("--good-part", help="有错时仍登记正确的行 / record what is right though other rows are wrong")
]
Marked = Annotated[
    Path | None,
    typer.Option(
        "--marked",
        metavar="FILE.xlsx",
        dir_okay=False,
        help="标出错误的工作簿写到哪里，默认在原文件旁 / where the marked workbook goes; by default beside the file",
    ),
]


def import_workbook(
    ledger: Ledger,
    file: Path,
    person: str,
    kind: str | None,
    *,
    dry_run: bool,
    good_part: bool,
    marked: Path | None,
    as_json: bool,
) -> None:
    """Check a workbook and record it, as whichever role its facts need.

    Raises: Invalid, Busy; Exit where rows are wrong.
    """
    if kind is None:
        raise Invalid(
            "须用 --kind 写明工作簿的种类",
            "--kind has to say what the workbook holds",
            remedy="可用：" + "、".join(BOOKS),
            remedy_en="There are: " + ", ".join(BOOKS) + ".",
        )
    of = book_named(kind)
    role = Role.ASSOCIATION if Role.ASSOCIATION in of.route.roles else Role.REGULATOR
    with writing(ledger.engine) as connection:
        actor = person_named(connection, person) or create_person(connection, person)
    caller = Caller(actor, role, None, b"", "import")
    there = marked or file.with_name(f"{file.stem}-有误.xlsx")

    def answer(given: BinaryIO) -> None:
        with there.open("wb") as written:
            shutil.copyfileobj(given, written)

    with file.open("rb") as source, progress_bars() as bar:
        done = import_book(
            ledger,
            caller,
            of,
            source,
            dry_run=dry_run,
            good_part=good_part,
            on_marked=answer,
            progress=lambda stage, count: bar(_STAGES[stage], count, max(count, 1)),
        )
    _report(of, done, there, as_json)
    if done.checked.wrong or (done.recorded is not None and done.recorded.stopped is not None):
        raise typer.Exit(REFUSED)


def outcome(done: BookImport) -> dict[str, Any]:
    """How an import ended, as JSON."""
    checked, recorded = done.checked, done.recorded
    return {
        "rows": checked.rows,
        "good": checked.good,
        "wrong": checked.wrong,
        "recorded_before": checked.before + (0 if recorded is None else recorded.before),
        "nothing_to_record": checked.nothing,
        "recorded": 0 if recorded is None else recorded.recorded,
        "unread_columns": list(checked.unknown),
        "similar": [
            {"row": one.row, "earlier": one.earlier, "events": [each.event for each in one.events]}
            for one in checked.equal
        ],
        "errors": [
            {"row": row, "field": fault.field, "detail": fault.said[0], "detail_en": fault.said[1]}
            for row, faults in sorted(checked.faults.items())
            for fault in faults
        ],
    }


def _report(of: SheetKind, done: BookImport, there: Path, as_json: bool) -> None:
    said = outcome(done)
    if as_json:
        typer.echo(msgspec.json.encode(said).decode())
    else:
        titles = {one.field: one.title[0] for one in of.columns}
        for one in said["errors"][:_SHOWN]:
            typer.echo(f"第 {one['row']} 行 {titles.get(one['field'], '整行')}：{one['detail']} / {one['detail_en']}")
    if said["wrong"]:
        say(f"有误 {said['wrong']} 行，已标在 {there} / {said['wrong']} rows are wrong: they are marked in {there}")
    for equal in said["similar"][:_SHOWN] if not as_json else ():
        same = f"第 {equal['earlier']} 行 / row {equal['earlier']}" if equal["earlier"] else "、".join(equal["events"])
        typer.echo(f"第 {equal['row']} 行与已有内容相同：{same} / row {equal['row']} says what stands already (R46)")
    if done.recorded is None and said["wrong"]:
        say("没有登记任何内容；改正后重新导入，或加 --good-part / nothing was recorded")
    stopped = None if done.recorded is None else done.recorded.stopped
    if stopped is not None:
        say(f"第 {stopped.row} 行在登记时被拒绝：{stopped.said[0]} / row {stopped.row} was refused: {stopped.said[1]}")
    say(
        f"{said['rows']} 行，本次登记 {said['recorded']} 件，此前已登记 {said['recorded_before']} 行"
        f" / {said['rows']} rows, {said['recorded']} facts recorded, {said['recorded_before']} rows recorded before"
    )


def import_template(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="工作簿种类：" + "、".join(BOOKS) + " / which kind of workbook")
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FILE.xlsx", dir_okay=False, help="写入的文件，默认按种类命名 / the file to write"
        ),
    ] = None,
) -> None:
    """写出一种工作簿的模板：表头、下拉选项、说明和示例 / Write the template of a kind of workbook."""
    of = book_named(kind)
    path = to or Path(f"{of.title[0]}-模板.xlsx")
    try:
        path.write_bytes(template(of))
    except OSError as error:
        raise typer.BadParameter(f"无法写入 {path} / cannot write it: {error.strerror}", param_hint="--to") from None
    say(f"已写入 written: {path}")


def register(app: typer.Typer) -> None:
    """Add the command; `import` itself is in `importing.py`."""
    app.command("import-template")(import_template)
