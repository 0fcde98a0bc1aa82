"""`verify`: check a certificate with nothing but the file: no database, no network."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from cryptography.x509 import load_pem_x509_certificates

from api.cli.options import Json
from api.cli.output import print_json
from api.cli.running import PROOF_FAILED, READ_OTHERWISE, say
from domain.proof.check import ProofError, VerifierKey, parse_key, parse_note, verify_checkpoint
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import MOST_BYTES, Certificate, parse_certificate
from projections.proof.certificate_verdict import ReadOtherwise, VerdictNote


def verify(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="证书文件，- 为标准输入 / the certificate; - for standard input")
    ],
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="可信的公钥（名称+散列+base64），可给多个 / a public key that you trust; may be repeated",
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="自己另外保存的同样大小的检查点 / a checkpoint of the same size that you kept yourself"
        ),
    ] = None,
    timestamp_roots: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="STEWARD_TIMESTAMP_ROOTS",
            help="可信的时间戳根证书（PEM）；不给则时间戳只显示、不算核验 / roots (PEM) of the time stamping authority "
            "that you trust; without them a stamp is shown as not verified",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """验证证书：核对证明，并由其中的记录重新推算结果 / Check the proofs and make the answer anew from the events.

    不用数据库，不用网络。不成立则退出码 9；由理解不同的版本签发则退出码 11。
    No database, no network. Exit code 9 when something is not shown, 11 where a reading has changed since.
    """
    try:
        keys = [parse_key(one) for one in key or ()]
        certificate = parse_certificate(_content(file))
        shown = check_certificate(certificate, keys, _roots(timestamp_roots))
        if checkpoint is not None:
            shown.append(_same_as_kept(certificate, checkpoint.read_bytes(), keys))
    except ReadOtherwise as other:
        _tell_other(other, as_json)
        raise typer.Exit(READ_OTHERWISE) from other
    except ProofError as error:
        if as_json:
            print_json({"valid": False, "what": error.what, "text": error.text, "text_en": error.text_en})
        say(f"不成立（{error.what}）：{error.text}")
        say(f"NOT PROVEN ({error.what}): {error.text_en}")
        raise typer.Exit(PROOF_FAILED) from error
    _tell(certificate, shown, as_json)


def _tell_other(other: ReadOtherwise, as_json: bool) -> None:
    """What is proven all the same, and which reading makes this version answer otherwise."""
    lines = [*other.shown, *other.remarks]
    if as_json:
        shown = [{"text": one.text, "text_en": one.text_en, "open": one.problem} for one in lines]
        print_json({"valid": None, "what": other.what, "text": other.text, "text_en": other.text_en, "shown": shown})
    else:
        _tell_lines(lines)
    say(f"理解不同：{other.text}")
    say(f"READ OTHERWISE: {other.text_en}")


def _tell_lines(lines: Iterable[VerdictNote]) -> None:
    for one in lines:
        typer.echo(f"{'!' if one.problem else '✓'} {one.text}")
        typer.echo(f"  {one.text_en}")


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    return _read(Path(file))


def _roots(file: Path | None) -> bytes | None:
    """Certificates that are trusted to stamp time: at least one."""
    content = None if file is None else _read(file)
    try:
        if content is not None:
            load_pem_x509_certificates(content)
    except ValueError:
        raise typer.BadParameter("不是 PEM 证书 / no certificate in PEM", param_hint="--timestamp-roots") from None
    return content


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise typer.BadParameter(f"没有这个文件 / there is no such file: {path.name}")
    with path.open("rb") as content:
        return content.read(MOST_BYTES + 1)


def _same_as_kept(certificate: Certificate, kept: bytes, keys: list[VerifierKey]) -> VerdictNote:
    """A checkpoint that was kept elsewhere is the one in the file. Raises: ProofError."""
    trusted = keys or [parse_key(one) for one in certificate.keys]
    mine, theirs = verify_checkpoint(kept, trusted), verify_checkpoint(certificate.checkpoint.encode(), trusted)
    if mine.size != theirs.size:
        raise ProofError(
            "checkpoint",
            f"另存的检查点有 {mine.size} 条，证书的有 {theirs.size} 条：请用一致性证明核对（docs/proof.md）",
            f"the kept checkpoint has {mine.size} entries, the file's {theirs.size}: use a consistency proof",
        )
    if (mine.root, mine.heads) != (theirs.root, theirs.heads):
        raise ProofError(
            "checkpoint",
            "同样大小的两个检查点不同：日志出现了两个版本",
            "two checkpoints of one size differ: there are two versions of the log",
        )
    return VerdictNote("检查点与另外保存的相同", "the checkpoint is the one that was kept elsewhere")


def _tell(certificate: Certificate, shown: list[VerdictNote], as_json: bool) -> None:
    """What was shown, line by line, then what it means."""
    if as_json:
        lines = [{"text": one.text, "text_en": one.text_en, "open": one.problem} for one in shown]
        print_json(
            {
                "valid": True,
                "agency": certificate.uscc,
                "as_of": certificate.as_of,
                "software": certificate.software or None,
                "shown": lines,
            }
        )
        return
    _tell_lines(shown)
    names = [one.name for one in parse_note(certificate.checkpoint.encode()).signatures]
    typer.echo(
        f"证书成立：{certificate.uscc} 截至 {certificate.as_of}，按 {certificate.standing['known_at']} 所知；"
        f"签署者 {', '.join(dict.fromkeys(names))}"
    )
    typer.echo(f"PROVEN: {certificate.uscc} as of {certificate.as_of}, as known at {certificate.standing['known_at']}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)
