"""What a test leaves open is charged to that test, not to whichever runs when it is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEAVES = '''
import socket
import pytest

class Held:
    """A socket in a cycle: only looking for garbage finds it."""

    def __init__(self):
        self.own, self.socket = self, socket.socket()

@pytest.fixture
def held():
    return Held()

def test_before():
    assert True

def test_leaves_one():
    assert Held()

def test_between():
    assert True

def test_leaves_a_fixtures(held):
    assert held

def test_after():
    assert [[] for _ in range(200_000)]
'''


def test_the_test_that_leaves_a_socket_open_is_the_one_that_fails(tmp_path: Path) -> None:
    """In a process of its own, under the conftest of this suite."""
    (tmp_path / "test_leaving.py").write_text(LEAVES, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    told = [
        line.split(" - ")[0].rpartition("::")[2]
        for line in done.stdout.splitlines()
        if "::" in line and line.startswith(("ERROR", "FAILED"))
    ]
    assert told == ["test_leaves_one", "test_leaves_a_fixtures"], done.stdout + done.stderr
