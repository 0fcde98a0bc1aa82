"""`serve`, `setup-link` and `migrate`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from api.application.background.opening import require_own_keys
from api.cli.database import opened_ledger, settings_for
from api.cli.options import Database
from api.cli.output import progress_bars
from api.cli.running import say
from api.listening import bound, listen
from api.settings import Settings
from api.workers import Workers
from domain.errors import Contradiction
from domain.ledger.ledger import Ledger
from domain.store.access.setup_links import LINK_HOURS, had_administrator, new_setup_link
from domain.store.db.engine import open_engine, reading
from domain.store.db.migrate import migrate as migrate_database
from domain.store.db.migrate import require_current
from domain.store.keys.wrapping import scrub_if_due
from domain.values import FOREVER
from projections.rebuild.rebuild import ensure_rows

_ONCE = (
    f"此链接 {LINK_HOURS} 小时内有效，建立第一个管理员后作废；再要一个：steward setup-link / "
    f"it holds for {LINK_HOURS} hours and is void with the first administrator; another one: steward setup-link"
)
Host = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        help="监听地址，默认取 STEWARD_HOST，否则 127.0.0.1 / "
        "address to listen on; by default STEWARD_HOST, else 127.0.0.1",
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        max=65535,
        help="监听端口，默认取 STEWARD_PORT，否则 8000 / port to listen on; by default STEWARD_PORT, else 8000",
    ),
]


def serve(
    database: Database = None,
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int, typer.Option(metavar="N", min=1, max=64, help="进程数 / processes behind the one address")
    ] = 1,
) -> None:
    """启动服务：新数据库自动建立，旧版本自动迁移，较新或只迁移一半的拒绝（退出码 3） / Serve, in one process or more.

    A new database is made, an older one migrated; one that is newer or half migrated is refused by name (exit code 3).
    """
    from api.application.background.traces import require_traces
    from api.server import serve as serve_app  # the web service loads slowly: only who needs it waits

    settings = settings_for(database, host=host, port=port)
    require_traces(settings)
    with bound(settings.host, settings.port) as held:
        address = settings.address(held.getsockname()[1])
        say(f"页面 page: {address}/")
        if workers == 1:
            serve_app(settings, held, told=partial(tell, address))
        else:
            prepare(settings, partial(tell, address))
            listen(held)
            raise typer.Exit(Workers(settings, held, workers).run())


def setup_link(database: Database = None, host: Host = None, port: Port = None) -> None:
    """打印一次性设置链接，用来建立第一个管理员 / Print a one-time link by which the first administrator is made.

    Host and port are given as to `serve`, unless STEWARD_PUBLIC_URL says where the service is. The link stands alone on
    standard output.
    """
    settings = settings_for(database, host=host, port=port)
    with opened_ledger(database) as ledger, reading(ledger.engine) as connection:
        if had_administrator(connection):
            raise Contradiction(
                "已有管理员，设置链接不再有效",
                "there is an administrator already: set-up links are void",
                remedy="请用管理员的账户登录；密码遗失时运行 steward account password",
                remedy_en="Sign in with the administrator's account. A lost password: run steward account password.",
            )
        typer.echo(f"{settings.address()}/setup/{new_setup_link(connection, datetime.now(UTC))}")
    say(_ONCE)


def tell(address: str, ledger: Ledger) -> None:
    """Say where the ledger is, and how to set it up as long as no administrator was ever made."""
    with ledger.reading() as reader:
        law = reader.law(FOREVER)
        new = not had_administrator(reader.connection)
        secret = new_setup_link(reader.connection, datetime.now(UTC)) if new else None
    if law is not None and law.demonstration:
        say("这是演示账本，所有机构和事实均为虚构 / this is a demonstration: all agencies and facts are invented")
    if secret is not None:
        say(f"首次设置 set up: {address}/setup/{secret}")
        say(_ONCE)
    say(f"账本 ledger: {address}/docs")


def prepare(settings: Settings, told: Callable[[Ledger], None]) -> None:
    """Make the database ready now, so that a refusal ends this command with its own exit code."""
    from api.starting import make_ready  # the use cases load slowly

    require_own_keys(settings)
    engine = open_engine(settings.database)
    try:
        told(make_ready(engine, settings))
    finally:
        engine.dispose()


def migrate(database: Database = None) -> None:
    """把数据库迁移到本版本（加锁，可重复运行） / Bring the database to this version; safe to run again."""
    settings = settings_for(database)
    migrate_database(settings.database)
    engine = open_engine(settings.database)
    try:
        require_current(engine)
        scrub_if_due(engine)
    finally:
        engine.dispose()
    with progress_bars() as bar:
        ensure_rows(settings.database, bar)
    say("数据库已是本版本 / the database is of this version")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command("setup-link")(setup_link)
    app.command()(migrate)
