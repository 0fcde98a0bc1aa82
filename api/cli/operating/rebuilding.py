"""`rebuild` and `check`: the read models against the events that they are made of."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from api.cli.database import existing_ledger, settings_for
from api.cli.options import Database, Json
from api.cli.output import print_json, progress_bars
from api.cli.running import DIFFERENT, say
from projections.rebuild.inspect_rows import Found, InspectionOutcome
from projections.rebuild.inspect_rows import check as compare
from projections.rebuild.rebuild import rebuild as build_anew

Jobs = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=256, help="进程数，默认为处理器数 / processes; by default one a processor"),
]


def rebuild(
    database: Database = None,
    jobs: Jobs = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="不接续上次中断的重建 / do not go on from an interrupted run")
    ] = False,
    as_json: Json = False,
) -> None:
    """从全部事件重建读模型，列出差异并替换，不停止读写 / Make the read models anew, list differences, swap them in.

    中断后再次运行会接着做。 A run that was interrupted goes on where it was.
    """
    with existing_ledger(database, rows_of_any_age=True):
        url = settings_for(database).database
    shown: list[Found] = []
    with progress_bars() as bar:
        outcome = build_anew(url, jobs=_jobs(jobs), progress=bar, report=shown.append, afresh=afresh)
    _tell(outcome, shown, as_json)
    say(f"已替换 {outcome.swapped} 家机构的读模型 / swapped in: {outcome.swapped} agencies")


def check(
    database: Database = None,
    jobs: Jobs = None,
    sample: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="只核对随机 N 家机构 / only so many agencies, at random")
    ] = None,
    bases: Annotated[
        int, typer.Option(metavar="N", min=0, help="每家机构随机提问的次数 / random bases asked of each agency")
    ] = 5,
    seed: Annotated[int, typer.Option(help="随机种子 / seed of what is random")] = 0,
    as_json: Json = False,
) -> None:
    """读模型与重放逐行、逐答核对，不作改动 / Compare the read models with the replay, row by row, answer by answer.

    有差异则退出码 7。 Exit code 7 on any difference.
    """
    with existing_ledger(database, rows_of_any_age=True):
        url = settings_for(database).database
    shown: list[Found] = []
    with progress_bars() as bar:
        outcome = compare(
            url, jobs=_jobs(jobs), progress=bar, report=shown.append, sample=sample, bases=bases, seed=seed
        )
    _tell(outcome, shown, as_json)
    if outcome.differences:
        say("读模型与事件不一致：请运行 steward rebuild")
        say("the read models are not what the events say: run steward rebuild")
        raise typer.Exit(DIFFERENT)


def _jobs(given: int | None) -> int:
    return given or os.cpu_count() or 1


def _tell(outcome: InspectionOutcome, shown: list[Found], as_json: bool) -> None:
    """Every difference that is listed, by agency and day, then the sums."""
    shown = sorted(shown, key=lambda one: (one.stream, str(_day(one))))
    if as_json:
        sums = {"agencies": outcome.agencies, "events": outcome.events, "differences": outcome.differences}
        print_json({**sums, "swapped": outcome.swapped, "items": [one.as_json() for one in shown]})
        return
    for one in shown:
        typer.echo("  ".join(_cells(one.as_json())))
    say(f"{outcome.agencies} 家机构，{outcome.events} 条事件，{outcome.differences} 处差异")
    say(f"{outcome.agencies} agencies, {outcome.events} events, {outcome.differences} differences")


def _day(found: Found) -> object:
    return getattr(found, "day", "") or getattr(found, "as_of", "")


def _cells(found: dict[str, object]) -> list[str]:
    return [f"{name}={value}" for name, value in found.items() if value is not None]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(rebuild)
    app.command()(check)
