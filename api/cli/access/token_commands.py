"""`token create`, `token list`, `token revoke`: who may speak to the service, and in which role."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from api.cli.database import existing_ledger, opened_ledger
from api.cli.options import Database, Json, parse_day, parse_uscc
from api.cli.output import print_json, table
from api.cli.running import say
from domain.errors import Invalid
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.admin import BOUND, end_of, revoke_by_id, token_rows
from domain.store.access.tokens import create_person, create_token, person_named
from domain.store.db.engine import Connection, reading, writing
from domain.values import Instant, Role, instant

token_app = typer.Typer(
    help="令牌：谁以什么角色使用接口 / tokens: who speaks to the service, and in which role", no_args_is_help=True
)


def create(
    role: Annotated[Role, typer.Option(help="角色 / role")],
    database: Database = None,
    uscc: Annotated[
        str | None,
        typer.Option(
            metavar="USCC",
            parser=parse_uscc,
            help="所属单位的统一社会信用代码：agency 和 client 必填，其他角色不填 / "
            "whose token it is: required for agency and client, refused for others",
        ),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="持有人姓名或编号；不填则新建一名人员 / the holder's name or id; a new person if none is named",
        ),
    ] = None,
    expires: Annotated[
        date | None,
        typer.Option(
            metavar="DATE",
            parser=parse_day,
            help="最后有效日（上海日期，含当日），默认长期 / "
            "last day on which it is valid "
            "(Shanghai); without end by default",
        ),
    ] = None,
) -> None:
    """新建令牌：标准输出只有令牌本身 / Make a token: it stands alone on standard output, and cannot be shown again."""
    require_bound(role, uscc)
    until = None if expires is None else end_of(expires)
    now = instant(datetime.now(UTC))
    if until is not None and until <= now:
        raise Invalid(
            "最后有效日已过",
            "the last valid day has passed",
            remedy="请填写今天或以后的日期",
            remedy_en="Give today or later.",
        )
    with opened_ledger(database) as ledger, writing(ledger.engine) as connection:
        person_id, name = _holder(connection, person, role, now)
        secret = create_token(connection, person_id, role, uscc, until, by=COMMAND_LINE)
    say(f"人员 person: {name} {person_id}；角色 role: {role}" + (f"；单位 USCC: {uscc}" if uscc else ""))
    typer.echo(secret)


def require_bound(role: Role, uscc: str | None) -> None:
    """An agency's and a client's people belong to their enterprise, nobody else does. Raises: typer.BadParameter."""
    if (uscc is not None) != (role in BOUND):
        needs = f"角色 {role} 须用 --uscc 指明单位 / the role {role} needs --uscc"
        raise typer.BadParameter(
            needs if role in BOUND else f"角色 {role} 不用 --uscc / the role {role} takes no --uscc"
        )


def _holder(connection: Connection, person: str | None, role: Role, now: Instant) -> tuple[str, str]:
    """Id and name of the person whose token it is."""
    name = person or f"{role}-{now[:19].replace(':', '').replace('-', '')}"
    found = None if person is None else person_named(connection, person)
    return found or create_person(connection, name), name


def list_tokens(database: Database = None, as_json: Json = False) -> None:
    """列出令牌（只有编号，没有令牌本身） / List the tokens: their ids, never the tokens themselves."""
    with existing_ledger(database) as ledger, reading(ledger.engine) as connection:
        rows = [asdict(one) for one in token_rows(connection)]
    if as_json:
        print_json({"items": rows})
        return
    fields = ("id", "person", "role", "uscc", "created_at", "expires_at", "revoked_at", "last_used_at")
    headings = (
        "编号 id",
        "人员 person",
        "角色 role",
        "单位 USCC",
        "新建 created",
        "到期 expires",
        "撤销 revoked",
        "最近使用 used",
    )
    table("令牌 tokens", headings, [[row[field] for field in fields] for row in rows])


def revoke(
    token: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="令牌编号（见 token list）或令牌本身 / the token's id (token list), or the token"
        ),
    ],
    database: Database = None,
) -> None:
    """撤销令牌，立即生效 / End a token now."""
    with existing_ledger(database) as ledger, writing(ledger.engine) as connection:
        row = revoke_by_id(connection, token, by=COMMAND_LINE)
    say(f"已撤销 / revoked: {row.id}")


token_app.command("create")(create)
token_app.command("list")(list_tokens)
token_app.command("revoke")(revoke)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(token_app, name="token")
