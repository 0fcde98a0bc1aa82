"""Printing answers: tables for people, with wide characters aligned; plain text where no terminal reads it; JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec
import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH = 4000
"""Without a terminal nothing is wrapped or cut: a line is a line for grep."""


def print_json(content: Any) -> None:
    """The bytes that the HTTP interface sends, and an end of line."""
    typer.echo(msgspec.json.encode(content))


@contextmanager
def new_file(path: Path, option: str) -> Iterator[IO[bytes]]:
    """A file that somebody named, to be written: whole or not at all. What is no file of its own (a pipe, a terminal,
    `/dev/stdout`) is written into, never replaced. Raises: BadParameter, naming the option.
    """
    into = path.exists() and not path.is_file()
    part = path if into else path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as written:
            yield written
        if not into:
            part.replace(path)
    except BaseException as error:
        if not into:
            part.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise typer.BadParameter(f"无法写入 {path} / cannot write it: {error.strerror}", param_hint=option) from None


def console() -> Console:
    """Standard output. rich respects NO_COLOR and leaves colours out where there is no terminal."""
    terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, width=None if terminal else PLAIN_WIDTH, highlight=False, emoji=False, markup=False)


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """One table with a heading each in both languages; None is shown as a dash."""
    made = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False)
    for heading in headings:
        made.add_column(Text(heading), overflow="fold")
    for row in rows:
        made.add_row(*(_cell(cell) for cell in row))
    _print(title, made)


def pairs(title: str, rows: Sequence[tuple[str, object]]) -> None:
    """Names and values, one pair a line."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        made.add_row(Text(name), _cell(value))
    _print(title, made)


def _cell(value: object) -> Text:
    return Text("—" if value is None else str(value))


def _print(title: str, made: Table) -> None:
    """A heading and a table; where no terminal reads it, without the blanks at the ends of lines."""
    out = console()
    if out.is_terminal:
        out.print(Text(title, style="bold"), made)
        return
    with out.capture() as captured:
        out.print(made)
    typer.echo(title)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())


def fitted(text: str, width: int) -> str:
    """The text padded to so many columns of a terminal; a Chinese character takes two. Longer text stays whole."""
    return text + " " * max(0, width - cell_len(text))


def note(text: str) -> None:
    """A line below a table."""
    console().print(Text(text), overflow="fold")


@contextmanager
def progress_bars(shown: bool = True) -> Iterator[Callable[[str, int, int], None]]:
    """Bars on standard error by name: call with name, how much is done, and the whole. Nothing without a terminal."""
    err = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not (shown and err.is_terminal), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=max(total, 1))
            bars.update(tasks[name], completed=done)

        yield show
