"""`export-workbook`: the facts of a kind in the columns of its workbook, to be brought in again, here or elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from api.application.exports.exporting import FORMS, FileForm
from api.application.privacy.authorisation import Caller, Reach
from api.application.questions.inquiry import Inquiry, Snapshot
from api.application.workbooks.facts_given_out import facts_given_out
from api.application.workbooks.kinds.book_registry import BOOKS, book_named
from api.cli.options import Database
from api.cli.questions.exporting_tables import AsPerson, To, asked_service, who_reads, write_whole
from domain.values import Role


def export_workbook(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="工作簿种类：" + "、".join(BOOKS) + " / which kind of workbook")
    ],
    database: Database = None,
    person: AsPerson = None,
    to: To = None,
    form: Annotated[str, typer.Option("--format", metavar="FORM", help="xlsx（默认）或 csv / xlsx or csv")] = "xlsx",
) -> None:
    """一种事实按模板的列整份导出，可再导入 / Write the facts of a kind in the columns of its workbook."""
    of = book_named(kind)
    chosen: FileForm | None = next((one for one in FORMS if one == form), None)
    if chosen is None:
        raise typer.BadParameter(f"可用 / there are: {', '.join(FORMS)}", param_hint="--format")
    with asked_service(database) as service:
        caller = Caller(who_reads(service, person), Role.ASSOCIATION, None, b"", "import")
        made = facts_given_out(Inquiry(Snapshot(service, caller), Reach.ALL), of, chosen, by=person)
    write_whole(made, to)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export-workbook")(export_workbook)
