"""Everything of a dossier is reproducible byte for byte: no clock, no hash seed, no place is in it (design.md, 3)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dossier.made import made

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "surroundings",
    [
        pytest.param({"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}, id="one"),
        pytest.param({"PYTHONHASHSEED": "4711", "TZ": "America/Anchorage", "LC_ALL": "C.UTF-8"}, id="another"),
    ],
)
def test_another_process_makes_the_same_bytes(surroundings: dict[str, str]) -> None:
    """PDF, picture, citations and archive are equal under another hash seed, time zone and locale, seconds later."""
    here = {name: hashlib.sha256(data).hexdigest() for name, data in made().items()}
    done = subprocess.run(
        [sys.executable, "-m", "tests.dossier.made"],
        cwd=ROOT,
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == here
