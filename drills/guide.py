"""The operator's guide and the answers to questions, followed to the letter: what is marked `run`, in empty folders.

Each document is one session of a shell, which ends with the first command that fails. The English and the Chinese one
have the same commands; a test compares them, so that running one is enough.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from drills.common import Failed, free_port, require, step
from drills.servers.patroni_cluster import Cluster, missing
from drills.servers.replicas import PASSWORD
from drills.servers.two_logins import ROOT, STEWARD

BLOCK = r"^```sh {mark}\n(.*?)^```$"
GUIDE, QUESTIONS = "guide", "howto"
RUN, CLUSTER = "run", "run cluster"
"""Marks of blocks: run with the embedded database; run on a cluster."""
SECONDS = 900


def main() -> None:
    """The guide on a new ledger and on a cluster, the questions on a demonstration."""
    follow(GUIDE, "")
    follow(QUESTIONS, "steward demo --agencies 4 --facts 200")
    if lacking := missing():
        step(f"left out: the cluster of the guide; not installed: {', '.join(lacking)}")
    else:
        on_a_cluster()


def on_a_cluster() -> None:
    """The guide's cluster, from its first migration to a copy that was restored elsewhere. Raises: Failed."""
    with contextlib.closing(Cluster()) as cluster, tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
        passwords = Path(folder) / "pgpass"
        passwords.write_text(f"*:*:*:*:{PASSWORD}\n", "ascii")
        passwords.chmod(0o600)
        ports = {"PRIMARY": str(cluster.primary), "REPLICAS": str(cluster.replicas)}
        node = {"PATRONI": str(cluster.nodes[0].folder / "patroni.yml"), "PGPASSFILE": str(passwords)}
        follow(GUIDE, "", CLUSTER, **ports, **node)


def commands(name: str, language: str, mark: str = RUN) -> list[str]:
    """The blocks of a document that are run, by their mark."""
    text = (ROOT / "docs" / f"{name}.{language}.md").read_text("utf-8")
    return re.findall(BLOCK.format(mark=mark), text, re.DOTALL | re.MULTILINE)


def follow(name: str, before: str, mark: str = RUN, **settings: str) -> None:
    """Run all of a document's commands with this mark. Raises: Failed with what was printed last."""
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
        home = Path(folder)
        (home / "bin").mkdir()
        program = home / "bin" / "steward"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{STEWARD[-1]}" "$@"\n')
        program.chmod(0o700)
        own = {key: value for key, value in os.environ.items() if not key.startswith("STEWARD_")}
        port = str(free_port())
        own |= {"PATH": f"{program.parent}:{own['PATH']}", "PORT": port, "STEWARD_PORT": port}
        own |= {"STEWARD_DATA_DIR": str(home / "work" / "data"), "PYTHONPATH": str(ROOT)} | settings
        (home / "work").mkdir()
        blocks = commands(name, "zh", mark)
        require(len(blocks) >= 3, f"{name}, {mark}: {len(blocks)} blocks to run")
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
