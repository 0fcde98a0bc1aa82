"""`steward`: the command line of the ledger (api.md, Command line)."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import importing
from api.cli.access.account_commands import account_app
from api.cli.access.master_key_commands import master_key_app
from api.cli.access.token_commands import token_app
from api.cli.adopting import calendar_app, rulebook_app
from api.cli.operating import (
    auditing,
    benchmarking,
    copy_commands,
    demonstration,
    proving,
    rebuilding,
    serving,
    verifying,
)
from api.cli.operating.clock_commands import clock_app
from api.cli.questions import question_commands, replay_commands, replaying_under
from api.cli.running import EPILOG, StewardGroup
from domain.version import software

app = typer.Typer(
    name="steward",
    cls=StewardGroup,
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
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


serving.register(app)
demonstration.register(app)
app.add_typer(token_app, name="token")
app.add_typer(account_app, name="account")
importing.register(app)
for question in (question_commands.standing, question_commands.sheet, question_commands.timeline):
    app.command()(question)
replay_commands.register(app)
replaying_under.register(app)
rebuilding.register(app)
verifying.register(app)
proving.register(app)
auditing.register(app)
copy_commands.register(app)
benchmarking.register(app)
app.add_typer(calendar_app, name="calendar")
app.add_typer(rulebook_app, name="rulebook")
app.add_typer(master_key_app, name="master-key")
app.add_typer(clock_app, name="clock")
for group in (
    app,
    token_app,
    account_app,
    proving.keys_app,
    copy_commands.restore_app,
    calendar_app,
    rulebook_app,
    master_key_app,
    clock_app,
):
    for command in group.registered_commands:
        command.epilog = EPILOG
