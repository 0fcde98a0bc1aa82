"""`clock show` and `clock accept`: whether the clock that facts are recorded by is believed, and saying that it is."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.database import existing_ledger, settings_for
from api.cli.options import Database, Person
from api.cli.output import pairs
from api.cli.running import say
from domain.store.db.dialect import database_clock
from domain.store.log.stream_heads import last_recorded_at
from domain.values import instant

clock_app = typer.Typer(help="记录所依的时钟 / the clock that facts are recorded by", no_args_is_help=True)


def show(database: Database = None) -> None:
    """显示数据库时钟、最近记录时刻和上次留存的时钟 / The clock, the last recorded instant, and what was kept."""
    watch = settings_for(database).clock_watch()
    with existing_ledger(database) as ledger, ledger.reading() as reader:
        now, last = database_clock(reader.connection), last_recorded_at(reader.connection)
    kept = watch.last_kept()
    pairs(
        "时钟 clock",
        [
            ("数据库时钟 the database's clock", instant(now)),
            ("最近记录 last recorded", last or "-"),
            ("上次留存 kept", "-" if kept is None else kept.clock),
            ("由谁确认 accepted by", "-" if kept is None or not kept.person else f"{kept.person}：{kept.reason}"),
        ],
    )


def accept(
    person: Person,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="为何时钟无误 / why the clock is right")],
    database: Database = None,
) -> None:
    """确认时钟无误，恢复记录（留存于密钥文件夹） / Say that the clock is right: recording goes on."""
    settings = settings_for(database)
    with existing_ledger(database) as ledger, ledger.reading() as reader:
        now, last = database_clock(reader.connection), last_recorded_at(reader.connection)
    settings.clock_watch().accept(now, last, person, reason)
    say(f"已确认时钟 / accepted: {instant(now)}")


clock_app.command("show")(show)
clock_app.command("accept")(accept)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(clock_app, name="clock")
