"""The question about known vulnerabilities: an answer is an answer, and none is not taken for one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.audit_packages import CLEAN, NOT_ASKED, PINS, VULNERABLE, verdict

ROOT = Path(__file__).resolve().parents[1]
GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.mark.parametrize(
    ("packages", "code", "says"),
    [
        ([GOOD], CLEAN, "no known vulnerabilities"),
        ([GOOD, BAD], VULNERABLE, "bad 2.0: PYSEC-2026-1 (mended in 2.1)"),
        ([BAD, UNKNOWN], VULNERABLE, "bad 2.0"),
        ([GOOD, UNKNOWN], NOT_ASKED, "could not ask about 1 of 2 packages"),
        ([UNKNOWN], NOT_ASKED, "could not ask about 1 of 1"),
        ([], NOT_ASKED, "could not ask about anything"),
    ],
)
def test_the_verdict(packages: list[dict[str, Any]], code: int, says: str) -> None:
    """Vulnerable wins; a package that was skipped, or a report about nothing, is never clean."""
    found, lines = verdict({"dependencies": packages})
    assert found == code
    assert says in lines[0]


def test_without_a_report_nothing_was_asked() -> None:
    """pip-audit ended without one."""
    assert verdict(None)[0] == NOT_ASKED


@pytest.mark.slow
def test_offline_it_says_so(tmp_path: Path) -> None:
    """With nobody to ask: its own exit code and a word on standard error, no traceback."""
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    env = {
        **os.environ,
        **nowhere,
        "NO_PROXY": "",
        "no_proxy": "",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, ROOT / "deploy" / "audit_packages.py"],
        capture_output=True,
        text=True,
        env=env,
        timeout=240,
        check=False,
    )
    assert done.returncode == NOT_ASKED, done.stderr
    assert "could not ask" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_installed_goes_together() -> None:
    """`pip check` finds no broken requirement."""
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("audited", "ends", "tested"), [(CLEAN, 0, True), (NOT_ASKED, 0, True), (VULNERABLE, 1, False)]
)
def test_ci_asks_before_it_tests(tmp_path: Path, audited: int, ends: int, tested: bool) -> None:
    """Known vulnerabilities fail it; nobody to ask does not."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    run = tmp_path / "run"
    run.write_text(f'#!/bin/sh\n[ "$1" = audit-packages ] && exit {audited}\necho "asked for: $*"\n', encoding="utf-8")
    run.chmod(0o755)
    done = subprocess.run(["bash", tmp_path / ".ci" / "run"], capture_output=True, text=True, check=False)
    assert done.returncode == ends
    assert ("asked for: test" in done.stdout) is tested


def test_run_knows_the_command() -> None:
    """`./run audit-packages` is in the help and leads to the file that asks about the lock file."""
    text = (ROOT / "run").read_text(encoding="utf-8")
    assert "./run audit-packages" in text
    assert "deploy/audit_packages.py" in text
    assert PINS.exists()
