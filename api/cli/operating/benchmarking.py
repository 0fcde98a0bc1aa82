"""`steward bench`: the figures of `bench/REPORT.md`, measured again; in the repository, after `./run setup test`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import note
from domain.errors import Invalid


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(bench)


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="几分钟，至 10^6 行 / minutes, up to 10^6 rows")] = False,
    only: Annotated[list[str] | None, typer.Option(help="只测这一部分（可重复） / this part only (repeatable)")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="报告写入的目录 / where the report goes; bench/ by default")
    ] = None,
) -> None:
    """测量性能并写出报告 / Measure, each against its floor in the same run, and write the report."""
    try:
        from bench import run as measuring
    except ImportError as missing:
        raise Invalid(
            f"缺少测量所需的部分：{missing.name}",
            f"what measuring needs is missing: {missing.name}",
            remedy="请在代码库中先运行 ./run setup test",
            remedy_en="Run ./run setup test in the repository first.",
        ) from None
    for name in only or ():
        if name not in measuring.SECTIONS:
            raise Invalid(
                f"没有 {name} 这一部分",
                f"there is no part {name}",
                remedy=f"可选：{'、'.join(measuring.SECTIONS)}",
                remedy_en=f"Parts: {', '.join(measuring.SECTIONS)}.",
                pointer="--only",
            )
    findings = measuring.run(quick=quick, only=only or [], folder=folder or measuring.HERE, tell=note)
    for one in findings:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        typer.echo(f"{one.what}: {ratio} {one.target} {'' if one.reached is None else one.reached}")
