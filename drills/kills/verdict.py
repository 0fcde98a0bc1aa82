"""What has to hold after all those deaths: asked of the database itself, of the audit and of the check of the rows."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from domain.store.db.engine import Engine, reading
from drills.common import require
from drills.kills.patience import moving
from drills.kills.recorders import AGENCIES, HookReceiver, Recorders
from drills.servers.two_logins import ROOT, STEWARD

ARRIVED = "arrived"
"""Of deliveries so many have reached their program: a slow one moves too."""


def settled(engine: Engine, hooks: HookReceiver) -> None:
    """Wait, as long as anything moves, until all has its place, is signed, told and sent. Raises: Failed."""

    def look() -> dict[str, int]:
        with reading(engine) as connection:
            return {
                "without a place": _scalar(connection, "SELECT count(*) FROM events")
                - _scalar(connection, "SELECT count(*) FROM log_index"),
                "not signed": _scalar(connection, "SELECT count(*) FROM log_index")
                - _scalar(connection, "SELECT coalesce(max(size), 0) FROM checkpoints"),
                "not told": _scalar(connection, "SELECT coalesce(max(log_index), 0) FROM log_index")
                - _scalar(connection, "SELECT log_index FROM message_place"),
                "not sent": _scalar(connection, "SELECT count(*) FROM deliveries WHERE state = 'waiting'"),
                ARRIVED: len(hooks.taken),
            }

    moving(look, lambda seen: not any(count for what, count in seen.items() if what != ARRIVED), "still open")


def judge(engine: Engine, recorders: Recorders, hooks: HookReceiver, environment: dict[str, str], kills: int) -> None:
    """Acknowledged: lost 0, doubled 0; the log dense; each delivery made; audit and check clean. Raises: Failed."""
    with reading(engine) as connection:
        _acknowledged(connection, recorders)
        _log(connection)
        _published(connection, recorders)
        _delivered(connection, recorders, hooks, kills)
    for command in ("audit", "check"):
        done = subprocess.run(
            [*STEWARD, command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        said = f"{done.returncode} {done.stdout[-300:]}{done.stderr[-300:]}" if done.returncode else ""
        require(done.returncode == 0, f"steward {command} finds nothing {said}")


def _scalar(connection: Connection, statement: str) -> int:
    return int(connection.scalar(text(statement)) or 0)


def _acknowledged(connection: Connection, recorders: Recorders) -> None:
    rows = connection.execute(text("SELECT event_id, stream, topic FROM events WHERE stream LIKE 'agency/%'")).all()
    there = Counter(str(row.event_id) for row in rows)
    lost = [one for one in recorders.acknowledged if one not in there]
    require(not lost, f"of {len(recorders.acknowledged):,} acknowledged events lost: {len(lost)} {lost[:3] or ''}")
    recorded: Counter[str] = Counter()
    for row in rows:
        if "ResultPublished" not in row.topic:
            recorded[row.stream.removeprefix("agency/")] += 1
    expected = {code: facts + 1 for code, facts in recorders.filed.items()}
    differing = {code: (recorded[code], count) for code, count in expected.items() if recorded[code] != count}
    strange = sorted(set(recorded) - set(expected))
    found = f"of {sum(recorded.values()):,} recorded facts doubled, or there unasked: {len(differing) + len(strange)}"
    require(not differing and not strange, f"{found} {list(differing.items())[:3] or ''} {strange[:3] or ''}")


def _log(connection: Connection) -> None:
    last, count, events = (
        _scalar(connection, one)
        for one in (
            "SELECT max(log_index) FROM log_index",
            "SELECT count(*) FROM log_index",
            "SELECT count(*) FROM events",
        )
    )
    require(last == count == events, f"the log is dense: {events:,} events, {count:,} places, the last {last:,}")


def _published(connection: Connection, recorders: Recorders) -> None:
    years = _scalar(connection, "SELECT count(*) FROM events WHERE topic LIKE '%YearPublished'")
    results = _scalar(connection, "SELECT count(*) FROM events WHERE topic LIKE '%ResultPublished'")
    done = len(recorders.published)
    least = done * AGENCIES
    require(years == done and results >= least, f"{done} years acknowledged, {years} published, {results} results")
    doubled = _scalar(
        connection,
        "SELECT count(*) FROM (SELECT stream FROM events WHERE topic LIKE '%ResultPublished' "
        "GROUP BY stream HAVING count(*) > " + str(done) + ") d",
    )
    require(doubled == 0, "no agency has two results of a year")


def _delivered(connection: Connection, recorders: Recorders, hooks: HookReceiver, kills: int) -> None:
    rows: Any = connection.execute(text("SELECT id, kind, cause, state FROM deliveries")).all()
    states = Counter(row.state for row in rows)
    told = Counter((row.kind, row.cause) for row in rows)
    expected = len(recorders.filed) + recorders.complaints + len(recorders.published)
    require(max(told.values(), default=1) == 1, "nobody is told of one fact twice")
    counted = sum(row.kind in ("filing_submitted", "complaint_received", "year_published") for row in rows)
    require(counted == expected, f"{expected:,} facts to be told of, {counted:,} deliveries ({dict(states)})")
    given_up = [row.id for row in rows if row.state != "sent"]
    require(not given_up, f"nothing was given up: {len(given_up)} ({dict(states)})")
    unsent = [row.id for row in rows if hooks.taken[row.id] == 0]
    require(not unsent, f"each delivery reached its program: {len(rows):,}, missing {len(unsent)}")
    again = sum(hooks.taken.values()) - len(hooks.taken)
    require(again <= kills * 50, f"sent again, with the same id, because its sender died before noting it: {again}")


def log_of(folder: Path) -> str:
    """The end of what the service has logged."""
    file = folder / "service.log"
    return file.read_text("utf-8", "replace")[-2000:] if file.exists() else ""
