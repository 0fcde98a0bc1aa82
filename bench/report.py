"""The report: `REPORT.md` to read, `report.json` to compare runs by, with the machine that it was measured on."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.measure import Finding

_HEAD = """# What it does in a second

Measured by `./run bench`; `--only PART` measures a part anew. Each part says when and by which command it was measured.

**Ratios count, absolute figures are those of one noisy machine**: {machine}. Every line is measured against its floor
in the same run, in turns, and the medians are compared. For figures in seconds a smaller ratio is better, for figures
per second a greater one. PostgreSQL is durable (`fsync=on`) and runs on the same cores as what is measured.

"""


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def write(folder: Path, sections: Sequence[tuple[str, list[Finding]]], command: str, postgresql: str) -> None:
    """Both files. Parts that were measured before on such a machine, and not now, stay as they were."""
    here = {**machine(), "postgresql": postgresql}
    day = datetime.now(UTC).date().isoformat()
    parts = _measured_before(folder / "report.json", here)
    for title, findings in sections:
        told_before = _with_before(findings, parts.get(title))
        parts[title] = {"measured": day, "command": command, "findings": [one._asdict() for one in told_before]}
    told = "{cores} cores, {memory_gib} GiB, {system}, Python {python}, PostgreSQL {postgresql}".format(**here)
    text = [_HEAD.format(machine=told)]
    for title, part in parts.items():
        text += [
            f"## {title}\n",
            f"*{part['measured']}, `{part['command']}`*\n",
            "| what | median | floor | ratio | to reach | | note |",
            "|---|--:|--:|--:|--:|---|---|",
        ]
        text += [_line(Finding(**one)) for one in part["findings"]]
        text.append("")
    (folder / "REPORT.md").write_text("\n".join(text), encoding="utf-8")
    content = {"machine": here, "parts": [{"part": title, **part} for title, part in parts.items()]}
    (folder / "report.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _with_before(findings: Sequence[Finding], before: dict[str, Any] | None) -> list[Finding]:
    """Each line with the ratio that it had when its part was measured last, where it had one."""
    if before is None:
        return list(findings)
    ratios = {one["what"]: one["ratio"] for one in before["findings"] if one["ratio"] is not None}
    return [
        one._replace(note=f"{one.note}; before, {before['measured']}: {ratios[one.what]:.2f}".removeprefix("; "))
        if one.what in ratios and one.ratio is not None
        else one
        for one in findings
    ]


def _measured_before(file: Path, here: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parts of the last report by title; none of another machine."""
    if not file.exists():
        return {}
    old = json.loads(file.read_text(encoding="utf-8"))
    if old.get("machine") != here:
        return {}
    return {part.pop("part"): part for part in old["parts"]}


def _line(one: Finding) -> str:
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    reached = {None: "", True: "reached", False: "**not reached**"}[one.reached]
    floor = "" if one.floor is None else _figure(one.floor, one.unit)
    return f"| {one.what} | {_figure(one.ours, one.unit)} | {floor} | {ratio} | {one.target} | {reached} | {one.note} |"


def _figure(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value * 1e3:,.2f} ms"
    return f"{value:,.0f} {unit}"
