"""What a run of mixed load found, in lines and as a section of a report."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from drills.load.http_clients import Measured
from drills.load.loaded_service import ProcessSample
from drills.load.mixed_roles import COUNTS, Acknowledged

_HEAD = """# Mixed load

Measured by `./run drill load` (drills/load): real clients over HTTP against `steward serve --workers 2` on loopback,
on the same machine. Each section says when, how long and by which command. After each run nothing acknowledged was
lost or doubled, the log was dense, the follower of the stream had seen each place once and in order, and `steward
audit` and `steward check` found nothing: else there is no section. Absolute figures are those of one noisy machine.
"""


class Outcome(NamedTuple):
    """One run."""

    database: str
    agencies: int
    seconds: float
    measured: Measured
    samples: list[ProcessSample]
    known: Acknowledged

    @property
    def title(self) -> str:
        """What it is known by."""
        name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[self.database]
        return f"{name}, {self.agencies:,} agencies"


def lines_of(outcome: Outcome) -> Iterator[str]:
    """The run, to read."""
    for kind, (count, p50, p99, most, errors) in _rows(outcome.measured):
        more = f"; {errors}" if errors else ""
        yield f"{kind}: {count:,} times, p50 {p50:.0f} ms, p99 {p99:.0f} ms, at most {most:.0f} ms{more}"
    yield _growth(outcome.samples)


def keep(file: Path, outcome: Outcome) -> None:
    """Write the section of this run anew; the others stay."""
    text = file.read_text("utf-8") if file.exists() else _HEAD
    sections = re.split(r"(?m)^(?=## )", text)
    others = [one.rstrip() for one in sections[1:] if not one.startswith(f"## {outcome.title}\n")]
    file.write_text("\n\n".join([_HEAD.rstrip(), *others, _section(outcome)]) + "\n", "utf-8")


def _section(outcome: Outcome) -> str:
    who = ", ".join(f"{count} {name}s" for name, count in COUNTS.items())
    total = sum(len(one) for one in outcome.measured.seconds.values())
    command = f"./run drill load --seconds {outcome.seconds // 10 * 10:.0f} --agencies {outcome.agencies}"
    lines = [
        f"## {outcome.title}",
        "",
        f"*{datetime.now(UTC).date()}, `{command} --database {outcome.database}`; {outcome.seconds:.0f} s, {total:,} "
        f"requests of {who} and one follower, {len(outcome.known.events):,} facts acknowledged; "
        f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[1]:.0f} with other work*",
        "",
        "| request | times | p50 ms | p99 ms | at most ms | errors |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for kind, (count, p50, p99, most, errors) in _rows(outcome.measured):
        lines.append(f"| {kind} | {count:,} | {p50:.0f} | {p99:.0f} | {most:.0f} | {errors or '–'} |")
    lines += ["", "| all processes, after | memory MiB | descriptors | threads |", "|---|--:|--:|--:|"]
    for one in _some(outcome.samples):
        lines.append(f"| {one.seconds:.0f} s | {one.mebibytes:.0f} | {one.descriptors} | {one.threads} |")
    lines += ["", _growth(outcome.samples) + "."]
    return "\n".join(lines)


def _rows(measured: Measured) -> Iterator[tuple[str, tuple[int, float, float, float, str]]]:
    for kind, seconds in sorted(measured.seconds.items()):
        if not kind:
            continue
        ordered = sorted(seconds)
        p50, p99 = (ordered[min(len(ordered) - 1, len(ordered) * part // 100)] * 1000 for part in (50, 99))
        errors = ", ".join(f"{count} × {what}" for what, count in measured.errors[kind].most_common())
        yield kind, (len(ordered), p50, p99, ordered[-1] * 1000, errors)


def _some(samples: list[ProcessSample]) -> list[ProcessSample]:
    return [samples[len(samples) * part // 10] for part in (0, 1, 2, 4, 6, 8)] + samples[-1:]


def _growth(samples: list[ProcessSample]) -> str:
    """From the end of the first fifth, when pools and caches are warm, to the end."""
    first, last = samples[len(samples) // 5], samples[-1]
    more = last.mebibytes - first.mebibytes
    memory = f"memory {samples[0].mebibytes:.0f} MiB at the start, {first.mebibytes:.0f} after a fifth of the time"
    end = f"{last.mebibytes:.0f} at the end ({more:+.0f})"
    return f"{memory}, {end}; descriptors {first.descriptors} after a fifth, {last.descriptors} at the end"
