"""`demo`: make the demonstration district, and serve it with a token per role."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from api.cli.database import blank_ledger, settings_for
from api.cli.operating.serving import Host, Port
from api.cli.options import Database, parse_day
from api.cli.output import pairs, progress_bars
from api.cli.running import say
from api.listening import bound
from demo.making import make
from demo.plan import Size
from demo.sign_ins import sign_ins
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.values import instant, shanghai_date


def demo(
    database: Database = None,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="建好后启动服务，打印地址和每个角色的令牌 / then serve it; prints the address and a token per role",
        ),
    ] = False,
    host: Host = None,
    port: Port = None,
    agencies: Annotated[int, typer.Option(min=1, max=400, help="机构数 / how many agencies")] = 60,
    facts: Annotated[int, typer.Option(min=100, max=500_000, help="事实条数（约） / how many facts, roughly")] = 20_000,
    seed: Annotated[
        int,
        typer.Option(
            help="随机种子：同一种子、同一天得到同样的事实 / the same seed on the same day makes the same facts"
        ),
    ] = 2021,
    until: Annotated[
        date | None,
        typer.Option(
            metavar="DATE",
            parser=parse_day,
            help="事实截至哪一天，默认昨天 / the last day of the facts, yesterday by default: README's tour names one",
        ),
    ] = None,
) -> None:
    """建立演示区（尚无时）：虚构的机构和事实，2022 年至昨天 / Make the demonstration district if it is missing.

    Invented agencies and facts from 2022 to yesterday, by the same commands as real ones. A ledger made so says so for
    ever; a database with a real ledger is refused (exit code 5). An interrupted making goes on when started again.
    """
    settings = settings_for(database, host=host, port=port)
    held = bound(settings.host, settings.port) if serve else None  # before anything is made or changed
    address = settings.address(None if held is None else held.getsockname()[1])
    if held is not None:
        say(f"页面 page: {address}/")
    yesterday = shanghai_date(instant(datetime.now(UTC))) - timedelta(days=1)
    asked = Size(agencies=agencies, facts=facts, seed=seed, until=min(until or yesterday, yesterday))
    with blank_ledger(database) as ledger, progress_bars() as bar:
        say("正在准备演示区 / preparing the demonstration district …")
        calendar = build_calendar(settings.holiday_overlay)
        begun = make(ledger, shipped_rulebook(), calendar, asked, lambda done, total: bar("演示 demo", done, total))
        printed = sign_ins(ledger, settings.keys) if serve else None
    say(f"演示区 demonstration: {begun.agencies} 家机构，种子 seed {begun.seed}，截至 until {begun.until}")
    if begun != (asked if until else replace(asked, until=begun.until)):
        say("演示区此前已建立，本次的选项未采用 / it was made before: this time's options do not apply")
    if held is not None and printed is not None:
        pairs(f"登录页面 sign in: {address}/sign-in", printed.accounts)
        pairs(f"接口 interface: {address}/docs", printed.tokens)
        say(f"下次启动仍用这些令牌和密码，存于 the next start prints the same ones, kept in {printed.file}")
        from api.server import serve as serve_app  # the web service loads slowly: only who needs it waits

        serve_app(settings, held)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)
