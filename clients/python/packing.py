"""Makes the Python package of the client: `python -m clients.python.packing FOLDER` (`./run client`).

What is generated is made here, from the document of the service as it stands in this folder, and is nowhere kept in
the repository: it cannot be out of date. Wheel and source archive hold it, so that who installs needs no generator.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from api.app import create_app
from api.settings import Settings
from tests.clients.tools import python_tools

HERE = Path(__file__).parent
GENERATED = "steward_client/rest"
NOT_TAKEN = "could not process", "Unable to process schema", "Unable to parse"
"""How the generator begins to say that a schema or a route is missing from what it wrote."""


class NotGenerated(Exception):
    """The generator or setuptools ended with an error, or a schema was left out; what was printed."""


def pack(folder: Path) -> tuple[Path, Path]:
    """Generate, then build into a folder. Returns: the wheel and the source archive. Raises: NotGenerated."""
    tools, folder = python_tools(), folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="steward-client-") as name:
        source = Path(name) / "python"
        shutil.copytree(HERE, source, ignore=shutil.ignore_patterns("__pycache__", "packing.py", "*.egg-info", "build"))
        document = Path(name) / "openapi.json"
        app = create_app(Settings(database_url=f"sqlite:///{Path(name) / 'nothing.db'}"))
        document.write_text(json.dumps(app.openapi(), ensure_ascii=False), encoding="utf-8")
        generate: list[str | Path] = [tools / "openapi-python-client", "generate", "--meta", "none", "--path", document]
        generate += ["--config", HERE / "generator.yml", "--output-path", source / GENERATED]
        said = _done(generate, Path(name))
        if any(words in said for words in NOT_TAKEN):
            raise NotGenerated(said)
        build = "import sys; from setuptools import build_meta as made; to = sys.argv[1]; made.build_sdist(to)"
        _done([tools / "python", "-c", f"{build}; made.build_wheel(to)", folder], source)
    (wheel,), (archive,) = folder.glob("steward_ledger_client-*.whl"), folder.glob("steward_ledger_client-*.tar.gz")
    return wheel, archive


def _done(command: list[str | Path], folder: Path) -> str:
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise NotGenerated(found.stdout[-3000:] + found.stderr[-3000:])
    return found.stdout + found.stderr


if __name__ == "__main__":
    sys.stdout.writelines(f"{one}\n" for one in pack(Path(sys.argv[1] if sys.argv[1:] else "dist")))
