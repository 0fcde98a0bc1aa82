"""The store of files on an S3-compatible service: the same as in a folder, over HTTP."""

from __future__ import annotations

import hashlib
import io
import os
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from obstore.store import S3Store
from pydantic import SecretStr
from starlette.testclient import TestClient

from api.app import create_app
from api.cli.operating.auditing import audited
from api.settings import Settings
from domain.errors import Unreadable
from domain.store.files.objects import UPLOAD_BYTES, Objects, StoreUnavailable
from tests.databases import Databases
from tests.http.files import paper, pdf, photo, uploaded
from tests.http.world import World
from tests.processes import steward

OPTIONS = {"access_key_id": "test", "secret_access_key": "test", "region": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that speaks S3, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    with socket.create_connection((host, port)) as asking:
        asking.sendall(
            b"PUT /papers HTTP/1.1\r\nHost: " + host.encode() + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        assert b" 200 " in asking.recv(4096)
    yield address
    server.stop()


def named(content: bytes) -> str:
    """The address of an object."""
    return hashlib.sha256(content).hexdigest()


def test_objects_are_put_read_listed_and_taken_away(endpoint: str) -> None:
    """Small ones, and those that go over in several parts; each ledger under a prefix of its own."""
    store, other = (Objects(f"s3://papers/{name}", {**OPTIONS, "endpoint": endpoint}) for name in ("one", "two"))
    contents = [b"small", os.urandom(UPLOAD_BYTES * 2 + 17)]
    for content in contents:
        store.put(named(content), io.BytesIO(content))
        assert store.fetch(named(content), 1, 3) == content[1:4]
        assert b"".join(store.read(named(content))) == content
    assert {one.address for one in store.all()} == set(map(named, contents))
    assert all(abs((datetime.now(UTC) - one.at).total_seconds()) < 600 for one in store.all())
    assert list(other.all()) == []
    store.delete(named(contents[0]))
    store.delete(named(contents[0]))
    assert [one.address for one in store.all()] == [named(contents[1])]
    for read in (lambda: store.fetch(named(b"none"), 0, 1), lambda: list(store.read(named(b"none")))):
        with pytest.raises(Unreadable):
            read()


def test_a_service_that_is_not_there_is_named() -> None:
    """503 by name, not an error of ours."""
    store = Objects("s3://papers/x", {**OPTIONS, "endpoint": "http://127.0.0.1:9"})
    with pytest.raises(StoreUnavailable):
        store.put("ab" * 32, io.BytesIO(b"x"))


def test_a_ledger_keeps_its_files_on_s3(endpoint: str, databases: Databases, tmp_path: Path) -> None:
    """From upload to audit, by settings alone."""
    settings = Settings(
        database_url=databases.migrated("sqlite", tmp_path),
        data_dir=tmp_path,
        evidence_store="s3://papers/steward",
        evidence_s3_endpoint=endpoint,
        evidence_s3_access_key="test",
        evidence_s3_secret_key=SecretStr("test"),
    )
    with TestClient(create_app(settings)) as client:
        world, content = World(client), photo()
        uscc, kept = world.filed(), uploaded(world.association, content)
        world.id_of("RecordLapse", uscc, evidence=[paper(kept)])
        assert world.association.get(f"/v1/evidence/{kept['sha256']}").content == content
        (one,) = world.service.files.all()
        done = audited(world.service.ledger, settings, rows=False)
        assert (done.found, done.counted["files"]) == ([], 1)
        options: Any = {**OPTIONS, "endpoint": endpoint}
        bucket = S3Store("papers", prefix="steward", config=options, client_options={"allow_http": True})
        (there,) = (str(row["path"]) for page in bucket.list() for row in page)
        assert one.address in there
        whole = bytes(bucket.get(there).bytes())
        bucket.put(there, whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
        assert [one.table for one in audited(world.service.ledger, settings, rows=False).found] == ["evidence_files"]


def test_a_ledger_with_its_files_on_s3_goes_into_an_archive_and_back(
    endpoint: str, databases: Databases, tmp_path: Path
) -> None:
    """`export` and `restore`, from a bucket into a folder and from there into a bucket again, by settings alone."""
    bucket = {
        "STEWARD_EVIDENCE_S3_ENDPOINT": endpoint,
        "STEWARD_EVIDENCE_S3_ACCESS_KEY": "test",
        "STEWARD_EVIDENCE_S3_SECRET_KEY": "test",
    }

    def held(name: str, store: str, url: str) -> tuple[Settings, Callable[..., CompletedProcess[str]]]:
        folder = tmp_path / name
        environment = {
            "STEWARD_DATABASE_URL": url,
            "STEWARD_DATA_DIR": str(folder),
            "STEWARD_KEY_DIR": str(tmp_path / "keys"),
            "STEWARD_CHECKPOINT_DIR": str(folder / "checkpoints"),
            "STEWARD_EVIDENCE_STORE": store,
            **bucket,
        }
        given = {one.removeprefix("STEWARD_").lower(): value for one, value in environment.items()}
        return Settings(**given), lambda *arguments: steward(*arguments, env={"PATH": "", **environment})  # type: ignore[arg-type]

    places = ("s3://papers/first", str(tmp_path / "files"), "s3://papers/third")
    urls = []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        make = databases.empty if number else databases.migrated
        urls.append(make("sqlite", tmp_path / str(number)))
    settings, command = held("0", places[0], urls[0])
    content = pdf()
    with TestClient(create_app(settings)) as client:
        world = World(client)
        uscc, kept = world.filed(), uploaded(world.association, content)
        world.id_of("RecordLapse", uscc, item=5, evidence=[paper(kept)])
    for number in (1, 2):
        archive = tmp_path / f"{number}.zip"
        done = command("export", archive)
        assert done.returncode == 0, done.stderr
        settings, command = held(str(number), places[number], urls[number])
        done = command("restore", archive)
        assert done.returncode == 0, done.stderr
        assert "1 files of evidence" in done.stderr
        audit = command("audit")
        assert audit.returncode == 0, audit.stderr
        assert "1 files of evidence" in audit.stderr
    options: Any = {**OPTIONS, "endpoint": endpoint}
    lying = [
        [Path(str(row["path"])).name for page in one.list() for row in page]
        for name in ("first", "third")
        for one in [S3Store("papers", prefix=name, config=options, client_options={"allow_http": True})]
    ]
    assert lying[0] == lying[1] == [one.name for one in (tmp_path / "files").rglob("*") if one.is_file()]
    with TestClient(create_app(settings)) as client:
        assert World(client).association.get(f"/v1/evidence/{kept['sha256']}").content == content
