"""`steward`: the command line of the ledger (api.md, Command line). Its commands: `command_table.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.running import EPILOG, StewardGroup

app = typer.Typer(
    name="steward",
    cls=StewardGroup,
    epilog=EPILOG,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
        from domain.version import software  # asks git in a checkout: only who wants to know waits

        typer.echo(software())
        raise typer.Exit


@app.callback()
def steward(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version, help="程序版本 / the version of the code"),
    ] = False,
) -> None:
    """大亚湾“安全管家”服务机构信用台账 / the ledger of safety-steward agencies under the Measures."""
