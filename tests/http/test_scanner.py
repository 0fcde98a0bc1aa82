"""The hook for a virus scanner, against a server that speaks clamd's protocol (INSTREAM)."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.http import files
from tests.http.files import sent
from tests.http.world import World

VIRUS = b"X5O!P%@AP[4-PZX54(P^)7CC)7}$" + b"STEWARD-TEST-FILE"


class Clamd(socketserver.StreamRequestHandler):
    """Takes what comes in portions behind their lengths; finds one word."""

    def handle(self) -> None:
        """One conversation."""
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = bytearray()
        while length := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(length)
        if len(content) > 2_000_000:
            self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
        else:
            self.wfile.write(b"stream: Test.Steward FOUND\0" if VIRUS in content else b"stream: OK\0")


@pytest.fixture(params=["tcp", "unix"])
def scanner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the scanner listens."""
    if request.param == "tcp":
        server: socketserver.TCPServer = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd)
        address = f"tcp:127.0.0.1:{server.socket.getsockname()[1]}"
    else:
        server = socketserver.ThreadingUnixStreamServer(str(tmp_path / "clamd.ctl"), Clamd)
        address = f"unix:{tmp_path / 'clamd.ctl'}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_is_looked_at_before_it_is_kept(scanner: str, migrated_url: str, tmp_path: Path) -> None:
    """A clean one is kept; a virus is refused by its name; what the scanner cannot look at is not kept either."""
    with TestClient(
        create_app(Settings(database_url=migrated_url, data_dir=tmp_path, evidence_scanner=scanner))
    ) as client:
        world = World(client)
        assert sent(world.association, files.photo()).status_code == 201
        found = sent(world.association, b"%PDF-1.7\n" + bytes(100_000) + VIRUS)
        assert found.status_code == 422
        assert "Test.Steward" in found.json()["detail"]
        too_much = sent(world.association, b"%PDF-1.7\n" + bytes(2_100_000))
        assert (too_much.status_code, too_much.json()["type"]) == (503, "/problems/scanner-down")
        assert len(list(world.service.files.all())) == 1


def test_a_scanner_that_is_down_keeps_files_out(migrated_url: str, tmp_path: Path) -> None:
    """503 naming it; nothing is kept unseen."""
    settings = Settings(database_url=migrated_url, data_dir=tmp_path, evidence_scanner="tcp:127.0.0.1:9")
    with TestClient(create_app(settings)) as client:
        world = World(client)
        answer = sent(world.association, files.photo())
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/scanner-down")
        assert "clamd" in answer.json()["remedy"]
        assert list(world.service.files.all()) == []


@pytest.mark.parametrize("wrong", ["clamd", "tcp:host", "http://x:1", "unix:relative"])
def test_a_setting_that_names_no_scanner_is_refused(wrong: str) -> None:
    """At the start, not at the first file."""
    with pytest.raises(ValidationError, match="tcp:host:port"):
        Settings(evidence_scanner=wrong)
