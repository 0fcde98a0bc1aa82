"""`calendar adopt` and `rulebook adopt`: the law of the ledger changes by events (R2, R4)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.database import opened_ledger
from api.cli.options import Database, Person
from api.cli.running import say
from domain.measures.calendar import build_calendar
from domain.measures.rulebook import load_rulebook
from domain.store.people import create_person, person_named

calendar_app = typer.Typer(help="节假日日历 / the holiday calendar", no_args_is_help=True)
rulebook_app = typer.Typer(help="规则库 / the rulebook", no_args_is_help=True)

Overlay = Annotated[
    Path,
    typer.Argument(
        metavar="OVERLAY.toml",
        exists=True,
        dir_okay=False,
        help="节假日补充表 / the file of holidays that the package lacks",
    ),
]
BookFile = Annotated[
    Path, typer.Argument(metavar="FILE.toml", exists=True, dir_okay=False, help="规则库文件 / the rulebook's file")
]


@calendar_app.command("adopt")
def adopt_calendar(file: Overlay, person: Person, database: Database = None) -> None:
    """采用新的节假日日历，自此刻起生效可知 / Adopt a holiday calendar: it is known from now on."""
    calendar = build_calendar(file)
    with opened_ledger(database) as ledger, ledger.writing() as unit:
        if unit.law().calendar.sha256 == calendar.sha256:
            say(f"日历 {calendar.id} 已在使用，没有改动 / this calendar is in use already: nothing changed")
            return
        actor = person_named(unit.connection, person) or create_person(unit.connection, person)
        unit.adopt_calendar(calendar, actor)
    say(f"已采用日历 / adopted: {calendar.id} {calendar.sha256}")


@rulebook_app.command("adopt")
def adopt_rulebook(file: BookFile, person: Person, database: Database = None) -> None:
    """采用新的规则库，按其施行日生效 / Adopt a rulebook: in force from its effective date."""
    rulebook = load_rulebook(file)
    with opened_ledger(database) as ledger, ledger.writing() as unit:
        adopted = list(unit.law().rulebooks)
        if any(one.sha256 == rulebook.sha256 for one in adopted):
            say(f"规则 {rulebook.id} 已采用，没有改动 / this rulebook is adopted already: nothing changed")
            return
        actor = person_named(unit.connection, person) or create_person(unit.connection, person)
        unit.adopt_rulebook(rulebook, actor)
    say(f"已采用规则 / adopted: {rulebook.id} {rulebook.sha256}，施行日 effective from {rulebook.effective_from}")
