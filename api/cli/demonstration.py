"""`demo`: make the demonstration district, and serve it with a token per role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from api.cli.database import blank_ledger, settings_for
from api.cli.options import Database
from api.cli.output import pairs, progress_bars
from api.cli.running import say
from api.cli.serving import Host, Port
from api.demo.making import PEOPLE, agency_and_client, make
from api.demo.plan import Size
from domain.ledger import Ledger
from domain.measures.calendar import build_calendar
from domain.measures.rulebook import shipped_rulebook
from domain.store.access import end_of, made_password
from domain.store.access_changes import COMMAND_LINE
from domain.store.accounts import all_accounts, create_account, set_password
from domain.store.engine import writing
from domain.store.passwords import hash_password
from domain.store.people import create_person, create_token, person_named
from domain.values import Role, instant, shanghai_date

TOKEN_DAYS = 30
"""How long a demonstration's token is valid: each start prints new ones."""


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
) -> None:
    """建立演示区（尚无时）：虚构的机构和事实，2022 年至昨天 / Make the demonstration district if it is missing.

    Invented agencies and facts from 2022 to yesterday, by the same commands as real ones. A ledger made so says so for
    ever; a database with a real ledger is refused (exit code 5). An interrupted making goes on when started again.
    """
    settings = settings_for(database, host=host, port=port)
    yesterday = shanghai_date(instant(datetime.now(UTC))) - timedelta(days=1)
    asked = Size(agencies=agencies, facts=facts, seed=seed, until=yesterday)
    with blank_ledger(database) as ledger, progress_bars() as bar:
        say("正在准备演示区 / preparing the demonstration district …")
        calendar = build_calendar(settings.holiday_overlay)
        begun = make(ledger, shipped_rulebook(), calendar, asked, lambda done, total: bar("演示 demo", done, total))
        tokens = make_tokens(ledger) if serve else []
        accounts = make_accounts(ledger) if serve else []
    say(f"演示区 demonstration: {begun.agencies} 家机构，种子 seed {begun.seed}，截至 until {begun.until}")
    if (begun.agencies, begun.facts, begun.seed) != (agencies, facts, seed):
        say("演示区此前已建立，本次的选项未采用 / it was made before: this time's options do not apply")
    if serve:
        address = f"http://{settings.host}:{settings.port}"
        pairs(f"演示区 {address}/docs", tokens)
        pairs(f"登录页面 sign in: {address}/sign-in", accounts)
        from api.server import serve as serve_app  # the web service loads slowly: only who needs it waits

        serve_app(settings)


def make_accounts(ledger: Ledger) -> list[tuple[str, object]]:
    """An account per role, all with one new password: what is needed to sign in to the pages."""
    word = made_password()
    hashed = hash_password(word)
    rows: list[tuple[str, object]] = []
    with writing(ledger.engine) as connection:
        known = {one.login: one.id for one in all_accounts(connection)}
        for role, uscc, person in _people(connection, agency_and_client(ledger)):
            login = str(role)
            if login in known:
                set_password(connection, known[login], hashed, by=COMMAND_LINE, handed_out=False)
            else:
                create_account(connection, login, hashed, person, role, uscc, by=COMMAND_LINE, handed_out=False)
            rows.append((f"{login} {uscc}" if uscc else login, word))
    return rows


def make_tokens(ledger: Ledger) -> list[tuple[str, object]]:
    """A new token per role, of the people who recorded the demonstration: role and token, with the USCC where bound."""
    until = end_of(shanghai_date(instant(datetime.now(UTC))) + timedelta(days=TOKEN_DAYS))
    rows: list[tuple[str, object]] = []
    with writing(ledger.engine) as connection:
        for role, uscc, person in _people(connection, agency_and_client(ledger)):
            secret = create_token(connection, person, role, uscc, until, by=COMMAND_LINE)
            rows.append((f"{role} {uscc}" if uscc else str(role), secret))
    return rows


def _people(connection: Connection, bound: tuple[str, str] | None) -> Iterator[tuple[Role, str | None, str]]:
    """The people of the demonstration: role, enterprise where bound, person's id."""
    agency, client = bound if bound is not None else (None, None)
    for role in Role:
        uscc = {Role.AGENCY: agency, Role.CLIENT: client}.get(role)
        if role in (Role.AGENCY, Role.CLIENT) and uscc is None:
            continue
        name = PEOPLE.get(role, f"演示·{role}")
        yield role, uscc, person_named(connection, name) or create_person(connection, name)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)
