"""`sheets`: the score sheets of all agencies of a year as one PDF, with progress."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.application.exports.exporting import FORMS, FileForm
from api.application.privacy.authorisation import Caller, Reach
from api.application.questions.inquiry import Inquiry, Snapshot
from api.application.questions.papers.issuing import prepared, sealed_file
from api.application.questions.papers.year_papers import sheets_together
from api.application.workbooks.sheets_given_out import sheets_given_out
from api.cli.options import Database
from api.cli.output import new_file, progress_bars
from api.cli.questions.exporting_tables import asked_service, write_whole
from api.cli.running import say
from domain.values import Role


def sheets(
    year: Annotated[int, typer.Argument(metavar="YEAR", min=2000, max=2199, help="考评年度 / the assessment year")],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            dir_okay=False,
            writable=True,
            help="PDF 文件；.xlsx、.csv 为一张长表 / the PDF, or one long table",
        ),
    ],
    database: Database = None,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", metavar="log:N", help="日志位置，默认最新 / a place of the log; the last"),
    ] = None,
) -> None:
    """一个年度全部机构的打分表，合为一个 PDF / The score sheets of all agencies of a year as one PDF.

    文件名以 .xlsx 或 .csv 结尾的为一张长表 / A file called .xlsx or .csv is one long table.

    已公布的年度为公布的打分表；同一日志位置得到逐字节相同的文件。
    Of a published year as they were published; the same place of the log gives the same bytes.
    """
    form: FileForm | None = next((one for one in FORMS if file.suffix.lower() == f".{one}"), None)
    with asked_service(database) as service, progress_bars() as bar:
        inquiry = Inquiry(Snapshot(service, Caller("", Role.ASSOCIATION, None, b"", "import")), Reach.ALL)

        def done(written: int, of: int) -> None:
            bar("打分表 sheets", written, of)

        if form is not None:
            write_whole(sheets_given_out(inquiry, str(year), form, known_at, done=done), file)
            return
        at = prepared(inquiry, known_at)
        with inquiry.replaying() as (questions, reader):
            content = sheets_together(inquiry, questions, reader, at, year, done)
        content = sealed_file(service, at, content)
    with new_file(file, "FILE") as written:
        written.write(content)
    say(f"已写入 written: {file}（log:{at.log_index}）")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sheets)
