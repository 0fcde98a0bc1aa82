"""`token create`, `token list`, `token revoke`: who may speak to the service, and in which role."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection, select, update

from api.cli.database import existing_ledger, opened_ledger
from api.cli.options import Database, Json, parse_day, parse_uscc
from api.cli.output import print_json, table
from api.cli.running import say
from domain.errors import Contradiction, Invalid, NotFound
from domain.store.engine import reading, writing
from domain.store.people import create_person, create_token, person_named, token_hash
from domain.store.schema import persons, tokens
from domain.values import SHANGHAI, Instant, Role, instant

token_app = typer.Typer(
    help="令牌：谁以什么角色使用接口 / tokens: who speaks to the service, and in which role", no_args_is_help=True
)
BOUND = (Role.AGENCY, Role.CLIENT)


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
        secret = create_token(connection, person_id, role, uscc, until)
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


def end_of(day: date) -> Instant:
    """The instant at which a Shanghai day is over."""
    return instant(datetime.combine(day + timedelta(days=1), time(), SHANGHAI))


def list_tokens(database: Database = None, as_json: Json = False) -> None:
    """列出令牌（只有编号，没有令牌本身） / List the tokens: their ids, never the tokens themselves."""
    with existing_ledger(database) as ledger, reading(ledger.engine) as connection:
        query = select(tokens, persons.c.name).join(persons, persons.c.id == tokens.c.person_id)
        rows = [
            {
                "id": bytes(row.token_sha256).hex()[:16], "person": row.name, "person_id": row.person_id,
                "role": row.role,
                "uscc": row.uscc, "created_at": row.created_at, "expires_at": row.expires_at,
                "revoked_at": row.revoked_at, "last_used_at": row.last_used_at,
            }
            for row in connection.execute(query.order_by(tokens.c.created_at, tokens.c.token_sha256))
        ]  # fmt: skip
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
        hashed = _hash_of(connection, token)
        alive = (tokens.c.token_sha256 == hashed) & tokens.c.revoked_at.is_(None)
        done = connection.execute(update(tokens).where(alive).values(revoked_at=instant(datetime.now(UTC)))).rowcount
    if done == 0:
        raise Contradiction("该令牌早已撤销", "this token was revoked before")
    say(f"已撤销 / revoked: {hashed.hex()[:16]}")


def _hash_of(connection: Connection, token: str) -> bytes:
    """The stored hash that a token or the beginning of its id (8 hex digits or more) stands for. Raises: NotFound."""
    known = [bytes(one) for one in connection.scalars(select(tokens.c.token_sha256))]
    by_id = [one for one in known if len(token) >= 8 and one.hex().startswith(token.lower())]
    found = [one for one in known if one == token_hash(token)] or by_id
    if len(found) != 1:
        raise NotFound(
            "没有这个令牌",
            "there is no such token",
            remedy="编号见 steward token list",
            remedy_en="See steward token list.",
        )
    return found[0]


token_app.command("create")(create)
token_app.command("list")(list_tokens)
token_app.command("revoke")(revoke)
