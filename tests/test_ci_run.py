"""What continuous integration does with tests that failed: `.ci/run` over a small suite of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUN = """#!/bin/sh
[ "$1" = audit-packages ] && exit 3
shift
exec .venv/bin/python -m pytest "$@"
"""
FLAKY = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_passes_the_second_time(number):
    mark = Path(__file__).with_name(f"seen-{{number}}")
    seen = mark.exists()
    mark.touch()
    assert seen

def test_passes():
    Path(__file__).with_name("runs").open("a").write("x")
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with `.ci/run`, a Python, and no test."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    (tmp_path / "run").write_text(RUN, encoding="utf-8")
    for one in (python, tmp_path / "run"):
        one.chmod(0o755)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return tmp_path


def _ci(house: Path, *arguments: str) -> tuple[int, list[str]]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [house / ".ci" / "run", *arguments], env=ours, capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout.splitlines()


def test_a_test_that_passes_alone_is_named_and_let_through(house: Path) -> None:
    """Only what failed runs again; each is named; the last line is pytest's of the second run."""
    (house / "test_one.py").write_text(FLAKY.format(count=2), encoding="utf-8")
    code, told = _ci(house)
    assert code == 0, told
    names = [f"test_one.py::test_passes_the_second_time[{number}]" for number in range(2)]
    assert [one for one in told if one.startswith("failed at first, passed alone")] == [
        f"failed at first, passed alone: {name}" for name in names
    ]
    assert any("2 failed, 1 passed" in one for one in told)
    assert "2 passed" in told[-1]
    assert (house / "runs").read_text() == "x"


def test_a_test_that_fails_again_fails_the_run(house: Path) -> None:
    """Also beside one that passes alone: nobody is then said to have passed."""
    (house / "test_one.py").write_text(FLAKY.format(count=1), encoding="utf-8")
    (house / "test_two.py").write_text("def test_wrong():\n    assert False\n", encoding="utf-8")
    code, told = _ci(house)
    assert code == 1
    assert "failed at first, run again alone: test_two.py::test_wrong" in told
    assert not any("passed alone" in one for one in told)
    assert "1 failed, 1 passed" in told[-1]


def test_many_failures_are_no_accident(house: Path) -> None:
    """Six are not run again."""
    (house / "test_one.py").write_text(FLAKY.format(count=6), encoding="utf-8")
    code, told = _ci(house)
    assert code == 1
    assert "6 failed, 1 passed" in told[-1]
    assert not any("alone" in one for one in told)


@pytest.mark.parametrize(("text", "code"), [("def nothing(): ...\n", 5), ("import no_such_module\n", 2)])
def test_what_is_no_failed_test_fails_the_run(house: Path, text: str, code: int) -> None:
    """No test at all, and a file that cannot be read: pytest's own exit codes."""
    (house / "test_one.py").write_text(text, encoding="utf-8")
    found, told = _ci(house)
    assert found == code
    assert not any("passed alone" in one for one in told)
