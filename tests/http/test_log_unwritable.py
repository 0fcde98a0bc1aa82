"""A log that cannot be written down: lines are lost, and whoever wrote them goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes import Script

FULL = Path("/dev/full")
CODE = """
import sys
said, sys.stderr = sys.stdout, open("/dev/full", "w", buffering=1)
import structlog
from api.server import log_as_json
log_as_json("info")
for _ in range(3):
    structlog.get_logger("steward").error("housekeeping_failed", task="_seal")
print("went on", file=said, flush=True)
import os
os._exit(0)
"""


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_who_writes_to_a_log_on_a_full_disk_goes_on() -> None:
    """As the thread does that sequences and signs: it would stand still for ever after."""
    done = Script(CODE).wait()
    assert (done.returncode, done.stdout) == (0, "went on\n"), done.stderr[-2000:]
