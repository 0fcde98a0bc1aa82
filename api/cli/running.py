"""Exit codes, and the one place where errors become a message on standard error, never a traceback."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from api.cli.command_table import COMMANDS
from domain.errors import Busy, NotFound, Refusal, Unreadable

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
    from api.listening import AddressTaken  # with both databases' own errors: only where something went wrong
    from domain.store.db.db_errors import DatabaseRefused

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


class LoadedCommands(Mapping[str, Any]):
    """The commands of the table, each made when it is first asked for."""

    def __init__(self) -> None:
        """Nothing is imported yet."""
        self._module_of = {name: module for module, commands in COMMANDS.items() for name in commands}
        self._made: dict[str, object] = {}

    def __iter__(self) -> Iterator[str]:
        """Names, in the order of the table."""
        return iter(self._module_of)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._module_of)

    def __getitem__(self, name: str) -> Any:
        """The command with its options; its module is imported now. Raises: KeyError."""
        if name not in self._made:
            here = typer.Typer()
            with _keeping_all():
                import_module(self._module_of[name]).register(here)
            made = typer.main.get_group(here).commands
            for command in made.values():
                for one in (command, *getattr(command, "commands", {}).values()):
                    one.epilog = EPILOG
            self._made |= made
        return self._made[name]


@contextmanager
def _keeping_all() -> Iterator[None]:
    """While modules are imported nothing goes, so nothing is looked for, and never again among what they made."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class StewardGroup(TyperGroup):
    """The top of the command line: every error of every command passes here."""

    def __init__(self, **attributes: Any) -> None:
        """A group whose commands are those of the table."""
        super().__init__(**attributes)
        self.commands: Any = LoadedCommands()

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the commands; no module is imported for it."""
        return list(self.commands)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Without a command: the help, and wrong usage."""
        if not args:
            typer.echo(ctx.get_help())
            raise typer.Exit(USAGE)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Plain text, from the table: asking what there is loads nothing, and the terminal wraps by its own width."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        with formatter.section("选项 Options"):
            formatter.write_dl([record for one in self.get_params(ctx) if (record := one.get_help_record(ctx))])
        with formatter.section("命令 Commands"):
            wide = max(map(len, self.commands))
            for commands in COMMANDS.values():
                for name, told in commands.items():
                    formatter.write(f"  {name:<{wide}}  {told}\n")
        formatter.write(f"\n{EPILOG}\n")

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a refusal ends with its exit code, anything unforeseen with 1.

        What is logged goes to standard error: standard output is the answer alone. `serve` sets up its own log.
        """
        import structlog  # help is told without it

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
