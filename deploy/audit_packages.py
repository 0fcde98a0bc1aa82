"""Are there known vulnerabilities in what is installed to serve? Asks about every pin of requirements/runtime.txt.

Exit codes: 0 none known, 1 some are, 3 it could not be asked about all of them: no network, or an index that knows no
vulnerabilities. pip-audit itself ends with 0 when it could ask about nothing at all, which must not pass for an answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CLEAN, VULNERABLE, NOT_ASKED = 0, 1, 3
PINS = Path(__file__).resolve().parents[1] / "requirements" / "runtime.txt"
_ASK = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json", "--timeout", "20")


def ask(pins: Path) -> dict[str, Any] | None:
    """pip-audit's report; None, with its words on standard error, when it could make none."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(pins), *_ASK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        print(done.stderr.strip().rpartition("\n")[2][:300], file=sys.stderr)
        return None
    return report


def verdict(report: dict[str, Any] | None) -> tuple[int, list[str]]:
    """The exit code, and what to say: a line for each vulnerability and each package that could not be asked about."""
    packages = [] if report is None else report["dependencies"]
    found = [
        f"{one['name']} {one['version']}: {known['id']} (mended in {', '.join(known['fix_versions']) or '-'})"
        for one in packages
        for known in one.get("vulns", ())
    ]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if found:
        return VULNERABLE, found
    if skipped or not packages:
        named = f"{len(skipped)} of {len(packages)} packages" if packages else "anything"
        return NOT_ASKED, [
            f"无法查询 / could not ask about {named}: no network, or an index without vulnerability data"
        ]
    return CLEAN, [f"{len(packages)} packages: 没有已知漏洞 / no known vulnerabilities"]


def main() -> int:
    """Ask, say, and end with the code."""
    code, lines = verdict(ask(PINS))
    for line in lines:
        print(line, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
