"""The rules that tools check are tests too: a run of the suite that passes has clean code, types and layers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TREES = ["domain", "projections", "api", "demo", "tests", "deploy"]
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["-m", "ruff", "check", *TREES], id="ruff check"),
        pytest.param(["-m", "ruff", "format", "--check", *TREES], id="ruff format"),
        pytest.param(["-m", "mypy", "--strict"], id="mypy --strict"),
        pytest.param(["-c", LINT_IMPORTS, "--no-cache"], id="layers"),
    ],
)
def test_the_code_is_clean(arguments: list[str]) -> None:
    """Ruff, mypy and import-linter, configured in pyproject.toml, find nothing."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
