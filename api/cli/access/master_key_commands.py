"""`master-key rotate`, `check` and `give-up`: the key outside the database that wraps all keys in it."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.database import existing_ledger, seal_all, settings_for
from api.cli.options import Database, Json, Person
from api.cli.output import print_json, table
from api.cli.running import UNREADABLE, say
from domain.store.keys.wrapping import Health, health, rotate

master_key_app = typer.Typer(
    help="主密钥：加密数据库内的全部密钥，本身不在数据库中 / the master key, which wraps all keys in the database",
    no_args_is_help=True,
)


@master_key_app.command("rotate")
def rotate_master_key(database: Database = None) -> None:
    """更换主密钥，旧的随之销毁；可在服务运行时进行，中断后可继续 / Put a new master key in the place of the old.

    The service may run meanwhile; an interrupted rotation goes on when it is started again. Backups made before open no
    personal data any more, unless a copy of the old master key was kept.
    """
    with existing_ledger(database, rows_of_any_age=True) as ledger:
        old, new, count = rotate(ledger.engine, lambda done: say(f"已加密 / wrapped: {done}") if done else None)
    say(f"主密钥 / master key: {old} → {new}；密钥 keys: {count}")
    say("请立即备份新的主密钥文件 / keep a copy of the new key file elsewhere, now")


@master_key_app.command("check")
def check_master_key(database: Database = None, as_json: Json = False) -> None:
    """逐一打开全部密钥；有打不开的则退出码为 8 / Open every key once; exit code 8 when one cannot be opened."""
    with existing_ledger(database, rows_of_any_age=True) as ledger:
        found = health(ledger.engine)
    content = {
        "wrapped": {master: count for master, count in found.wrapped.items() if master is not None},
        "in_clear": found.wrapped.get(None, 0),
        "erased": found.erased,
        "unreadable": found.unreadable,
        "missing_master_keys": found.missing,
    }
    if as_json:
        print_json(content)
    else:
        table("密钥 keys", ("主密钥 master key", "数目 keys"), _lines(found))
    if found.unreadable or found.missing or found.wrapped.get(None):
        raise typer.Exit(UNREADABLE)


@master_key_app.command("give-up")
def give_up_master_key(
    person: Person,
    _sure: Annotated[
        bool,
        typer.Option("--sure", help="须写明：确已找遍，没有任何副本 / to be said: there is no copy of it anywhere"),
    ],
    database: Database = None,
) -> None:
    """主密钥确已遗失：其加密的个人信息记为已删除，台账继续使用 / The master key is lost for good: go on without it.

    Every subject whose personal data it wrapped is recorded as erased, and cannot be read again even if the key turns
    up. Facts, scores, ranks and proofs stay as they are. Stop the service first. A run that is interrupted goes on.
    """
    from api.application.privacy.erasing_subjects import give_up  # loads slowly: only who needs it waits

    with existing_ledger(database, rows_of_any_age=True) as ledger:
        lost, count = give_up(ledger, person)
        seal_all(ledger.engine, settings_for(database))
    say(f"不再使用的主密钥 / master keys given up: {', '.join(lost)}；删除的主体 subjects erased: {count}")
    say("请立即备份新的主密钥文件 / keep a copy of the new key file elsewhere, now")


def _lines(found: Health) -> list[list[object]]:
    lines: list[list[object]] = [[master or "未加密 in clear", count] for master, count in found.wrapped.items()]
    lines += [["已销毁 erased", found.erased], ["打不开 unreadable", len(found.unreadable)]]
    return lines + [[f"缺少主密钥 missing {one}", "—"] for one in found.missing]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(master_key_app, name="master-key")
