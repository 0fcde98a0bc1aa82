"""Exit codes, and the one place where errors become a message on standard error, never a traceback."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Any

import structlog
import typer
from typer.core import TyperGroup

from api.listening import AddressTaken
from domain.errors import Busy, NotFound, Refusal, Unreadable
from domain.store.db.db_errors import DatabaseRefused

OK, UNEXPECTED, USAGE, DATABASE_REFUSED, NOT_FOUND, REFUSED, BUSY, DIFFERENT, UNREADABLE, PROOF_FAILED = range(10)
TAMPERED, READ_OTHERWISE, ADDRESS_TAKEN, INTERRUPTED = 10, 11, 13, 130
EXIT_CODES = {
    OK: ("完成", "done"),
    UNEXPECTED: ("意外错误", "unexpected error"),
    USAGE: ("用法错误", "wrong usage"),
    DATABASE_REFUSED: (
        "数据库不存在、较新、只迁移了一半或不是本台账",
        "database missing, newer, half migrated or no ledger",
    ),
    NOT_FOUND: ("没有所查的机构、人员或令牌", "no such agency, person or token"),
    REFUSED: ("内容有误或被拒绝", "refused, or invalid input"),
    BUSY: ("数据库被占用或无法连接", "database busy or unreachable"),
    DIFFERENT: ("读模型与事件不一致", "read models differ from the events"),
    UNREADABLE: ("有事件无法读取或投影", "an event cannot be decoded or projected"),
    PROOF_FAILED: ("核验不通过", "what was to be proven is not"),
    TAMPERED: ("存储的内容与签署的日志不符", "what is stored is not what was signed"),
    READ_OTHERWISE: ("证书由理解不同的版本签发", "the certificate's version reads the Measures otherwise"),
    ADDRESS_TAKEN: ("监听地址已被占用", "the address to serve on is taken"),
    INTERRUPTED: ("被中断", "interrupted"),
}
EPILOG = "退出码 exit codes: " + "; ".join(f"{code} {text} {text_en}" for code, (text, text_en) in EXIT_CODES.items())


def exit_code(refusal: Refusal) -> int:
    """The exit code that a refusal ends with."""
    if isinstance(refusal, DatabaseRefused):
        return DATABASE_REFUSED
    if isinstance(refusal, AddressTaken):
        return ADDRESS_TAKEN
    if isinstance(refusal, Busy):
        return BUSY
    return NOT_FOUND if isinstance(refusal, NotFound) else REFUSED


def say(text: str) -> None:
    """A message to the operator, on standard error."""
    typer.echo(text, err=True)


def tell(refusal: Refusal) -> None:
    """A refusal with its articles and remedy, Chinese and English, on standard error."""
    cites = f"（{', '.join(refusal.cites)}）" if refusal.cites else ""
    say(f"错误：{refusal.text}{cites}")
    say(f"error: {refusal.text_en} [{type(refusal).__name__}]")
    if refusal.remedy:
        say(f"办法：{refusal.remedy}")
    if refusal.remedy_en:
        say(f"remedy: {refusal.remedy_en}")


class StewardGroup(TyperGroup):
    """The top of the command line: every error of every command passes here."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a refusal ends with its exit code, anything unforeseen with 1.

        What is logged goes to standard error: standard output is the answer alone. `serve` sets up its own log.
        """
        _write_any_text()
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            tell(refusal)
            raise typer.Exit(exit_code(refusal)) from refusal
        except Unreadable as unreadable:
            say("错误：有一条事件无法读取，已停止，没有跳过任何记录")
            say(f"error: {unreadable}")
            raise typer.Exit(UNREADABLE) from unreadable
        except KeyboardInterrupt:
            say("已中断 / interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            if getattr(error, "exit_code", None) == USAGE:
                say("用法有误，请看 --help / wrong usage, see --help")
            if hasattr(error, "exit_code") or isinstance(error, BrokenPipeError) or "STEWARD_TRACEBACK" in os.environ:
                raise
            said = str(error).partition("\n")[0][:300]
            say(f"意外错误：{type(error).__name__}: {said}")
            say(f"unexpected error: {type(error).__name__} (set STEWARD_TRACEBACK=1 to see where)")
            raise typer.Exit(UNEXPECTED) from error


def _write_any_text() -> None:
    """A terminal that cannot show a character gets an escape instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with suppress(io.UnsupportedOperation):
                stream.reconfigure(errors="backslashreplace")
