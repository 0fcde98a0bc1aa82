"""`import`: a file of commands, one a line, or a workbook of facts, one a row."""

from __future__ import annotations

import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from api.application.importer.check import HELD_EVENTS
from api.application.importer.lines import ImportStopped, LineError
from api.application.importer.run import ImportOutcome, run_import
from api.cli.database import existing_ledger, is_new, opened_ledger
from api.cli.options import Database, Person
from api.cli.output import fitted, progress_bars
from api.cli.running import REFUSED, say
from api.cli.workbook_files import SUFFIXES, GoodPart, KindOption, Marked, import_workbook
from domain.ledger.ledger import Ledger

_STAGES = {"check": "校验 check", "record": "记录 record"}
_WIDTHS = (8, 26, 16)
_SAID = {
    "recorded": ("已全部记录", "all recorded"),
    "already_recorded": ("该文件此前已全部记录，没有改动", "this file was recorded before: nothing changed"),
    "valid": ("校验通过；--dry-run，未记录", "valid; --dry-run, nothing recorded"),
    "refused": ("有错误，本次未记录任何内容", "there are errors: nothing was recorded"),
    "empty": ("文件里没有命令", "the file holds no command"),
}


class Report:
    """What standard output gets, as it is found: a table for people, or one JSON document."""

    def __init__(self, as_json: bool) -> None:
        self._as_json, self._count = as_json, 0

    def error(self, error: LineError) -> None:
        """One thing that is wrong with one line."""
        if self._as_json:
            typer.echo(('{"errors": [\n' if self._count == 0 else ",\n") + _json(error.as_json()), nl=False)
        else:
            if self._count == 0:
                typer.echo(_row("行 line", "字段 field", "依据 rule", "问题与办法 problem and remedy"))
            because = f"（因第 {error.because} 行）" if error.because else ""
            typer.echo(_row(error.line, error.pointer or "—", error.rule, f"{error.detail}{because}；{error.remedy}"))
            typer.echo(_row("", "", "", f"{error.detail_en.removesuffix('.')}. {error.remedy_en}"))
        self._count += 1

    def outcome(self, outcome: ImportOutcome) -> None:
        """How it ended."""
        said: dict[str, object] = {
            "status": outcome.status,
            "file_sha256": outcome.file_sha256,
            "lines": outcome.lines,
            "lines_refused": outcome.refused,
            "recorded": outcome.recorded,
            "recorded_before": outcome.recorded_before,
        }
        text, text_en = _SAID[outcome.status]
        self._close(said)
        if outcome.status == "refused":
            say(f"{outcome.refused} 行有错 / {outcome.refused} lines are wrong")
        say(f"{text}（{outcome.lines} 行，本次记录 {outcome.recorded}，此前 {outcome.recorded_before}）")
        say(f"{text_en} ({outcome.lines} lines, {outcome.recorded} recorded now, {outcome.recorded_before} before)")

    def stopped(self, stopped: ImportStopped) -> None:
        """A line was refused while recording; what was recorded before stays."""
        self.error(stopped.error)
        self._close({"status": "stopped", "recorded_up_to_line": stopped.recorded_up_to})

    def _close(self, said: dict[str, object]) -> None:
        if self._as_json:
            typer.echo('{"errors": [' if self._count == 0 else "\n", nl=False)
            typer.echo("], " + _json(said).removeprefix("{"))


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="FILE.jsonl：每行一条 JSON 命令；FILE.xlsx、FILE.csv：每行一件事实 / commands, or a workbook of facts",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    person: Person,
    database: Database = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只校验，不记录 / check only, record nothing")] = False,
    kind: KindOption = None,
    good_part: GoodPart = False,
    marked: Marked = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="以 JSON 输出错误和结果 / print errors and outcome as JSON")
    ] = False,
) -> None:
    """批量导入命令：先校验整个文件，无误才分批记录；中断后再次运行即从断点继续 / Import commands from a file.

    The whole file is checked first; with any error nothing is recorded (exit code 5). An interrupted import goes on
    where it stopped when the same command runs again; a file that is recorded already changes nothing.
    """
    if file.suffix.lower() in SUFFIXES:
        with _ledger(database, dry_run) as ledger:
            import_workbook(
                ledger, file, person, kind, dry_run=dry_run, good_part=good_part, marked=marked, as_json=as_json
            )
        return
    report = Report(as_json)
    with _ledger(database, dry_run) as ledger, progress_bars() as bar:
        try:
            outcome = run_import(
                ledger,
                file,
                person,
                dry_run=dry_run,
                on_error=report.error,
                progress=lambda stage, done, total: bar(_STAGES[stage], done, total),
            )
        except ImportStopped as stopped:
            report.stopped(stopped)
            raise
    report.outcome(outcome)
    if outcome.status == "refused":
        raise typer.Exit(REFUSED)


def _ledger(database: str | None, dry_run: bool) -> AbstractContextManager[Ledger]:
    """A dry run makes no database: against one that is not there it checks against an empty one, elsewhere."""
    if not dry_run:
        return opened_ledger(database, cached_events=HELD_EVENTS)
    return _Elsewhere() if is_new(database) else existing_ledger(database, cached_events=HELD_EVENTS)


class _Elsewhere(AbstractContextManager[Ledger]):
    """A new ledger in a folder that goes with it."""

    def __enter__(self) -> Ledger:
        self._folder = tempfile.TemporaryDirectory(prefix="steward-dry-run-")
        self._opened = opened_ledger(f"sqlite:///{Path(self._folder.name) / 'empty.db'}", cached_events=HELD_EVENTS)
        return self._opened.__enter__()

    def __exit__(self, *error: object) -> None:
        self._opened.__exit__(None, None, None)
        self._folder.cleanup()


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()


def _row(*cells: object) -> str:
    """A line of the table; wide characters count as two."""
    *fixed, last = (str(cell) for cell in cells)
    return " ".join(fitted(cell, width) for cell, width in zip(fixed, _WIDTHS, strict=True)) + " " + last


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_file)
