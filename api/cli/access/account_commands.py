"""`account create`, `list`, `password`, `disable`, `enable`: who may sign in to the pages."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.cli.access.token_commands import require_bound
from api.cli.database import existing_ledger, opened_ledger, settings_for
from api.cli.options import Database, Json, parse_uscc
from api.cli.output import print_json, table
from api.cli.running import say
from domain.errors import NotFound
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import (
    all_accounts,
    create_account,
    disable_account,
    link_subject,
    linked_as,
    set_password,
)
from domain.store.access.admin import made_password
from domain.store.access.invitations import invite as invite_to
from domain.store.access.passwords import hash_password
from domain.store.access.second_factor import reset_factor
from domain.store.access.sign_in_failures import normal_login
from domain.store.access.tokens import create_person, person_named
from domain.store.db.engine import Connection, reading, writing
from domain.values import Role

account_app = typer.Typer(help="账户：谁可以登录页面 / accounts: who may sign in to the pages", no_args_is_help=True)
Login = Annotated[str, typer.Argument(metavar="LOGIN", help="登录名 / the login")]
OfRole = Annotated[Role, typer.Option(help="角色 / role")]
Bound = Annotated[
    str | None,
    typer.Option(metavar="USCC", parser=parse_uscc, help="所属单位：agency 和 client 必填 / for agency and client"),
]
Owner = Annotated[
    str | None, typer.Option(metavar="NAME", help="姓名或人员编号，默认同登录名 / name or id; by default as the login")
]
FromInput = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="从标准输入读密码；否则生成一个并打印 / read it from standard input; else one is made and printed",
    ),
]


def create(
    login: Login,
    role: OfRole,
    database: Database = None,
    uscc: Bound = None,
    person: Owner = None,
    from_input: FromInput = False,
) -> None:
    """新建账户：标准输出只有密码，首次登录须更改 / Make an account: its password stands alone on standard output, once.

    Its owner has to change it when they sign in first.
    """
    require_bound(role, uscc)
    password, made = _password(from_input)
    hashed = hash_password(password, login, person or "")
    with opened_ledger(database) as ledger, writing(ledger.engine) as connection:
        name = person or login
        person_id = person_named(connection, name) or create_person(connection, name)
        create_account(connection, login, hashed, person_id, role, uscc, by=COMMAND_LINE)
    say(f"账户 account: {normal_login(login)}；人员 person: {name} {person_id}；角色 role: {role}")
    if made:
        typer.echo(password)


def invite(
    login: Login,
    role: OfRole,
    database: Database = None,
    uscc: Bound = None,
    person: Owner = None,
    language: Annotated[str, typer.Option(help="zh 或 en，页面语言 / zh or en: the language of the page")] = "zh",
) -> None:
    """邀请一人：标准输出是一次性链接的路径，七天内有效 / Invite somebody: the path of a link stands on standard output.

    Its owner sets the password there, once, within a week; put the service's address before it.
    """
    require_bound(role, uscc)
    if language not in ("zh", "en"):
        raise typer.BadParameter("--language: zh, en")
    with opened_ledger(database) as ledger, writing(ledger.engine) as connection:
        name = person or login
        person_id = person_named(connection, name) or create_person(connection, name)
        _, secret = invite_to(connection, login, person_id, role, uscc, language, by=COMMAND_LINE)
    say(f"账户 account: {normal_login(login)}；人员 person: {name} {person_id}；角色 role: {role}")
    typer.echo(f"/invitation/{secret}")


def reset_second_factor(
    login: Login,
    reason: Annotated[str, typer.Option(help="理由，记入权限变更记录 / why: it stands in the record of changes")],
    database: Database = None,
) -> None:
    """手机和备用码都丢失时停用两步验证 / Take off a second factor that is lost; its sessions end."""
    if len(reason.strip()) < 4:
        raise typer.BadParameter("--reason: 至少 4 个字 / at least 4 characters")
    with existing_ledger(database) as ledger, writing(ledger.engine) as connection:
        reset_factor(connection, _id_of(connection, login), reason.strip(), by=COMMAND_LINE)


def link(
    login: Login,
    subject: Annotated[
        str, typer.Option(help="身份提供方的 sub；空为取消 / the provider's subject (sub); empty: nobody any more")
    ],
    database: Database = None,
) -> None:
    """把账户与身份提供方（STEWARD_OIDC_ISSUER）的人关联；角色不变 / Link an account to a subject of the provider."""
    issuer = settings_for(database).oidc_issuer
    if not issuer:
        raise typer.BadParameter("STEWARD_OIDC_ISSUER 未设置 / is not set")
    if len(subject) > 255:
        raise typer.BadParameter("--subject: 255")
    linked = linked_as(issuer, subject) if subject else None
    with existing_ledger(database) as ledger, writing(ledger.engine) as connection:
        link_subject(connection, _id_of(connection, login), linked, by=COMMAND_LINE)


def list_accounts(database: Database = None, as_json: Json = False) -> None:
    """列出账户 / List the accounts."""
    with existing_ledger(database) as ledger, reading(ledger.engine) as connection:
        found = all_accounts(connection)
    rows = [
        {
            "login": one.login,
            "person": one.person_name,
            "role": one.role,
            "uscc": one.uscc,
            "disabled_at": one.disabled_at,
        }
        for one in found
    ]
    if as_json:
        print_json({"items": rows})
        return
    headings = ("登录名 login", "人员 person", "角色 role", "单位 USCC", "停用 disabled")
    table("账户 accounts", headings, [list(row.values()) for row in rows])


def password(login: Login, database: Database = None, from_input: FromInput = False) -> None:
    """重设密码，结束其会话，下次登录须更改 / Another password, to be changed at the next sign-in; sessions end."""
    text, made = _password(from_input)
    hashed = hash_password(text, login)
    with existing_ledger(database) as ledger, writing(ledger.engine) as connection:
        set_password(connection, _id_of(connection, login), hashed, by=COMMAND_LINE)
    if made:
        typer.echo(text)


def disable(login: Login, database: Database = None) -> None:
    """停用账户，其会话立即结束 / Close an account; its sessions end now."""
    _switch(database, login, disabled=True)


def enable(login: Login, database: Database = None) -> None:
    """重新启用账户 / Open a closed account again."""
    _switch(database, login, disabled=False)


def _switch(database: Database, login: str, *, disabled: bool) -> None:
    with existing_ledger(database) as ledger, writing(ledger.engine) as connection:
        disable_account(connection, _id_of(connection, login), by=COMMAND_LINE, disabled=disabled)


def _id_of(connection: Connection, login: str) -> str:
    wanted = normal_login(login)
    found = next((one for one in all_accounts(connection) if one.login == wanted), None)
    if found is None:
        raise NotFound(
            "没有这个账户",
            "there is no such account",
            remedy="登录名见 steward account list",
            remedy_en="See steward account list.",
        )
    return found.id


def _password(from_input: bool) -> tuple[str, bool]:
    """The password, and whether it was made here."""
    return (sys.stdin.readline().rstrip("\r\n"), False) if from_input else (made_password(), True)


account_app.command("create")(create)
account_app.command("invite")(invite)
account_app.command("reset-second-factor")(reset_second_factor)
account_app.command("link")(link)
account_app.command("list")(list_accounts)
account_app.command("password")(password)
account_app.command("disable")(disable)
account_app.command("enable")(enable)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(account_app, name="account")
