"""`replay`: an agency's history event by event, with the standing after each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from api.cli.options import Database, Json, KnownAt, Uscc
from api.cli.output import print_json, progress_bars, table
from api.cli.questions.question_commands import STANDING_HEADINGS, asking, heading, standing_cells
from domain.values import shanghai_date
from projections.answers.scalars import plain
from projections.replay.queries import ReplayQueries

EVENT_FIELDS = ("id", "type", "label", "version", "occurred_on", "recorded_at", "via", "counts", "annulled_by")


def replay(uscc: Uscc, database: Database = None, known_at: KnownAt = None, as_json: Json = False) -> None:
    """逐条重放机构的历史：每记录一条之后的状态 / The history event by event, with the standing after each.

    每个状态按该条记录之时所知、截至记录当日（上海日期）计算。
    Each standing is as known at that recording, as of its Shanghai day.
    """
    with asking(database) as questions, progress_bars() as bar:
        basis = questions.basis(uscc, None, known_at)
        steps = []
        for step in _steps(questions, uscc, basis.version, plain(questions.trail(basis))):
            steps.append(step)
            bar("重放 replay", len(steps), basis.version)
        agency = heading({**plain(questions.standing(basis)), "known_at": basis.known_at})
    if as_json:
        print_json({"agency": uscc, "known_at": basis.known_at, "items": steps})
        return
    table(
        agency,
        ("版本 version", "记录时刻 recorded", "生效日 date", "事实 fact", "计入 counts", *STANDING_HEADINGS),
        [
            (
                step["event"]["version"],
                step["event"]["recorded_at"],
                step["event"]["occurred_on"],
                step["event"]["label"],
                "是" if step["event"]["counts"] else "否（已撤销）",
                *standing_cells(step["standing"]),
            )
            for step in steps
        ],
    )


def _steps(questions: ReplayQueries, uscc: str, versions: int, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each event with what was known right after it."""
    for row in rows[:versions]:
        day = shanghai_date(row["recorded_at"])
        there = questions.basis(uscc, day, f"version:{row['version']}")
        event = {field: row[field] for field in EVENT_FIELDS}
        yield {"event": event, "standing": plain(questions.standing(there))}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)
