"""`checkpoint`, `keys show`, `keys rotate`, `verify-receipt`: what the log signs, and with which keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.application.background.checkpoint_signer import CheckpointSigner, proven_up, signed_log
from api.cli.database import existing_ledger, settings_for
from api.cli.options import Database, Json
from api.cli.output import print_json
from api.cli.running import PROOF_FAILED, say
from domain.errors import NotFound
from domain.proof.check import ProofError, VerifierKey, parse_key
from domain.proof.receipts import check_receipt
from domain.store.db.engine import reading
from domain.store.proof.proof_reader import latest_checkpoint

keys_app = typer.Typer(help="签署日志的密钥 / the keys that sign the log (docs/proof.md)", no_args_is_help=True)


def checkpoint(database: Database = None, as_json: Json = False) -> None:
    """立即封存并签署日志，输出检查点 / Seal and sign the log now, and print the checkpoint, a signed note."""
    with existing_ledger(database) as ledger:
        notary = CheckpointSigner(ledger.engine, settings_for(database))
        signed = proven_up(ledger, notary)
        if signed is None:
            raise NotFound("账本尚未启用，没有可签署的内容", "no ledger was opened: there is nothing to sign")
        if as_json:
            print_json(signed_log(notary, signed))
        else:
            typer.echo(signed.note, nl=False)


def show(database: Database = None) -> None:
    """列出签署过本日志的公钥，最早的在前 / The public keys that have signed this log, the oldest first, one a line."""
    with existing_ledger(database) as ledger:
        for key in CheckpointSigner(ledger.engine, settings_for(database)).keys.known():
            typer.echo(str(key))


def rotate(
    database: Database = None,
    without_old: Annotated[
        bool,
        typer.Option(
            "--without-old",
            help="旧密钥已遗失：新密钥无人担保，须另行告知信任旧密钥的人 / "
            "the old key is lost: nobody vouches for the new one, so tell everybody who trusts the old one",
        ),
    ] = False,
) -> None:
    """换用新密钥，并输出其公钥；下一个检查点由新旧密钥同签 / Change to a new key, and print its public half.

    旧密钥文件保留。 Both keys sign the next checkpoint; the file of the old one is kept.
    """
    with existing_ledger(database) as ledger:
        notary = CheckpointSigner(ledger.engine, settings_for(database))
        with reading(ledger.engine) as connection:
            last = latest_checkpoint(connection)
        key = notary.keys.rotate(last, without_old=without_old)
    say("新密钥将从下一个检查点起签署 / the new key signs from the next checkpoint on")
    typer.echo(str(key))


def _key(text: str) -> VerifierKey:
    try:
        return parse_key(text)
    except ProofError as error:
        raise typer.BadParameter(f"{error.text} / {error.text_en}") from None


def verify_receipt(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="回执文件 / the receipt, a JSON file")
    ],
    key: Annotated[
        list[VerifierKey],
        typer.Option(
            metavar="KEY",
            parser=_key,
            help="可信公钥 名称+散列+base64，由日志以外的途径得到；可重复 / "
            "a key you trust, name+hash+base64, got by another way than from the receipt; may be repeated",
        ),
    ],
) -> None:
    """脱机核验回执，不需要数据库，不通过则退出码 9 / Check a receipt offline; exit code 9 if nothing is proven."""
    try:
        lines = check_receipt(file.read_bytes(), *key)
    except ProofError as error:
        say(f"核验不通过：{error.text}")
        say(f"not proven: {error.text_en} ({error.what})")
        raise typer.Exit(PROOF_FAILED) from error
    for line in lines:
        typer.echo(line)
    say("核验通过 / proven")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(checkpoint)
    app.command("verify-receipt")(verify_receipt)
    app.add_typer(keys_app, name="keys")


keys_app.command("show")(show)
keys_app.command("rotate")(rotate)
