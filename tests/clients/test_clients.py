"""Clients that are generated from the OpenAPI document, in Python and TypeScript: they type-check and can be used."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.clients.tools import CLIENT, HERE, TOOLS, node_tools, python_tools
from tests.http.world import World

PROGRAMS = ("use_client.py", "follow_faults.py", "keep_table.py")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """The document as a file."""
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'ledger.db'}"))
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(app.openapi(), ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """A service on a free loopback port, and its address; a second application on its database makes the people."""
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'ledger.db'}")
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_config=None, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    with TestClient(create_app(settings)) as client:
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                thread.join(0.02)
            yield World(client), f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


def done(command: list[str | Path], folder: Path) -> str:
    """What a program prints that ends well."""
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]
    return found.stdout + found.stderr


@pytest.mark.slow
def test_a_generated_python_client_type_checks_and_is_used(
    client: Path, served: tuple[World, str], tmp_path: Path
) -> None:
    """The package is made, a strict type check passes, and it reads, records and is refused over real HTTP."""
    tools = python_tools()
    for name in ("use_client.py", "follow_faults.py"):
        shutil.copy(HERE / name, tmp_path)
    shutil.copy(CLIENT / "examples" / "keep_table.py", tmp_path)
    shutil.copytree(client, tmp_path / "steward_client")
    check: list[str | Path] = [sys.executable, "-m", "mypy", "--strict", "--python-executable", tools / "python"]
    done([*check, "--cache-dir", TOOLS / ".mypy_cache", *PROGRAMS, "steward_client/following.py"], tmp_path)
    world, address = served
    token = world.association.token
    assert token is not None
    assert (
        done([tools / "python", "use_client.py", address, token, world.filed()], tmp_path) == "none LapseRecorded 422\n"
    )


@pytest.mark.slow
def test_generated_typescript_types_check(document: Path, tmp_path: Path) -> None:
    """The tier is an enumeration, known members have their types, and unknown ones are errors."""
    tools = node_tools()
    done([tools / "openapi-typescript", document, "--enum", "--output", "api.ts"], tmp_path)
    shutil.copy(HERE / "use_client.ts", tmp_path)
    done([tools / "tsc", "--noEmit", "--strict", "--skipLibCheck", "use_client.ts"], tmp_path)
