"""The generators of clients, each in an environment of its own below `.venv-clients`, made once from its lock file.

`openapi-python-client` needs an older typer than ours, so it cannot be installed beside the service.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CLIENT = ROOT / "clients" / "python"
TOOLS = ROOT / ".venv-clients"
PYTHON_LOCK = ROOT / "requirements" / "clients.txt"


def python_tools() -> Path:
    """The environment with the Python generator. Skips where it cannot be installed."""
    made = _made("python", [PYTHON_LOCK], _install_python)
    return made / "bin"


def node_tools() -> Path:
    """The folder with the TypeScript generator and compiler. Skips without node, or where they cannot be installed."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no node and npm here: apt-get install nodejs npm")
    made = _made("node", [HERE / "package.json", HERE / "package-lock.json"], _install_node)
    return made / "node_modules" / ".bin"


def _made(name: str, recipe: list[Path], install: Callable[[Path], None]) -> Path:
    """A folder of tools that was made from these files; made now, by one of several workers, if there is none."""
    folder, wanted = TOOLS / name, b"".join(one.read_bytes() for one in recipe)
    with _alone():
        mark = folder / ".made"
        if not mark.exists() or mark.read_bytes() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                install(folder)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"the {name} generator could not be installed (no network?): {error.stderr[-300:]!r}")
            mark.write_bytes(wanted)
    return folder


@contextmanager
def _alone() -> Iterator[None]:
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install_python(folder: Path) -> None:
    venv.create(folder, with_pip=False)
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder / "bin" / "python",
        "--disable-pip-version-check",
    ]
    _run([*pip, "install", "--quiet", "--no-deps", "--require-hashes", "--requirement", PYTHON_LOCK], folder)


def _install_node(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)


def _run(command: list[str | Path], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
