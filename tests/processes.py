"""Other processes for tests: forked from a server that has imported everything already, which saves a second each.

They are processes like any other: with an environment and descriptors of their own, and killed as any other.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

FORK = get_context("forkserver")
FORK.set_forkserver_preload(["pytest", "api.cli.main", "api.app", "bench.generate", "tests.store.workers"])
STEWARD = "import sys; sys.argv[0] = 'steward'; from api.cli.main import app; app()"
ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 300.0
"""How long a test waits for what another process does: on a machine with ten times as much to do as it can, too."""


def process(target: Callable[..., None], *arguments: Any, daemon: bool = True) -> ForkServerProcess:
    """A process for a function of a module, not started yet, with the environment as it is now."""
    return FORK.Process(target=_in_environment, args=(dict(os.environ), target, arguments), daemon=daemon)


def _in_environment(environment: dict[str, str], target: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    target(*arguments)


class Script:
    """Python code as `python -c` would run it, started at once."""

    def __init__(self, code: str, *arguments: object, env: Mapping[str, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="steward-script-")
        self._out, self._err = (Path(self._folder.name) / name for name in ("out", "err"))
        self._arguments = [str(one) for one in arguments]
        files = (str(self._out), str(self._err))
        environment = dict(os.environ if env is None else env)
        self._process = FORK.Process(target=_run, args=(code, self._arguments, environment, files))
        self._process.start()

    def wait(self) -> subprocess.CompletedProcess[str]:
        """Its exit code, a signal's as a negative number, and what it wrote."""
        self._process.join(PATIENCE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        code, out, err = self._process.exitcode, self._out.read_text("utf-8"), self._err.read_text("utf-8")
        self._process.close()
        self._folder.cleanup()
        return subprocess.CompletedProcess(self._arguments, -1 if code is None else code, out, err)


def steward(*arguments: object, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, in the project's folder; `env` is all of its environment."""
    return Script(STEWARD, *arguments, env=env).wait()


def _run(code: str, arguments: list[str], environment: dict[str, str], files: tuple[str, str]) -> None:
    os.chdir(ROOT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    sys.argv = ["-c", *arguments]
    _in_environment(environment, exec, (code, {"__name__": "__main__"}))
