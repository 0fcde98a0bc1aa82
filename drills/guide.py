"""The operator's guide and the answers to questions, followed to the letter: what is marked `run`, in empty folders.

Each document is one session of a shell, which ends with the first command that fails. The English and the Chinese one
have the same commands; a test compares them, so that running one is enough.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from drills.common import Failed, free_port, require, step
from drills.servers.two_logins import ROOT, STEWARD

BLOCK = re.compile(r"^```sh run\n(.*?)^```$", re.DOTALL | re.MULTILINE)
GUIDE, QUESTIONS = "guide", "howto"
SECONDS = 900


def main() -> None:
    """The guide on a new ledger, the questions on a demonstration."""
    follow(GUIDE, "")
    follow(QUESTIONS, "steward demo --agencies 4 --facts 200")


def commands(name: str, language: str) -> list[str]:
    """The blocks of a document that are run."""
    return BLOCK.findall((ROOT / "docs" / f"{name}.{language}.md").read_text("utf-8"))


def follow(name: str, before: str) -> None:
    """Run all of a document's commands. Raises: Failed with what was printed last."""
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
        home = Path(folder)
        (home / "bin").mkdir()
        program = home / "bin" / "steward"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{STEWARD[-1]}" "$@"\n')
        program.chmod(0o700)
        own = {key: value for key, value in os.environ.items() if not key.startswith("STEWARD_")}
        port = str(free_port())
        own |= {"PATH": f"{program.parent}:{own['PATH']}", "PORT": port, "STEWARD_PORT": port}
        own |= {"STEWARD_DATA_DIR": str(home / "work" / "data"), "PYTHONPATH": str(ROOT)}
        (home / "work").mkdir()
        blocks = commands(name, "zh")
        require(len(blocks) > 3, f"{name}: {len(blocks)} blocks to run")
        script = "\n".join(["set -eu", before, *blocks, "echo followed to the end"])
        with (home / "said").open("wb") as said:
            shell = subprocess.Popen(
                ["/bin/sh", "-c", script], cwd=home / "work", env=own, stdout=said, stderr=said, start_new_session=True
            )
            try:
                code = shell.wait(SECONDS)
            finally:
                subprocess.run(["/bin/kill", "--", f"-{shell.pid}"], capture_output=True, check=False)
        text = (home / "said").read_text("utf-8", "replace")
        if code or "followed to the end" not in text:
            raise Failed(f"{name}: exit code {code}: {text[-1500:]}")
        step(f"ok: {name}: {sum(len(one.splitlines()) for one in blocks)} lines of commands")


if __name__ == "__main__":
    main()
