"""The entries of the corpus: ledgers and what they handed out, each made by the version of its time."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).with_name("corpus")
NAMES = tuple(sorted(file.name.removesuffix(".tar.xz") for file in CORPUS.glob("*.tar.xz")))


class StoredText(NamedTuple):
    """An event as a version has stored it."""

    entry: str
    topic: str
    state: bytes


def unpacked(name: str, folder: Path) -> Path:
    """An entry's files in a folder of their own, to be changed as one likes."""
    with tarfile.open(CORPUS / f"{name}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    for private in folder.glob("keys/*"):
        private.chmod(0o600)
    (folder / "keys").chmod(0o700)
    return folder


@cache
def said_of(name: str) -> dict[str, Any]:
    """What the maker says of an entry: revision, kinds of events, what its version did not know."""
    with tarfile.open(CORPUS / f"{name}.tar.xz") as archive:
        file = archive.extractfile("ENTRY.json")
        assert file is not None
        found: dict[str, Any] = json.loads(file.read())
    return found


def stored_in(name: str, folder: Path) -> list[StoredText]:
    """Every event of an unpacked entry, as its bytes are."""
    connection = sqlite3.connect(f"file:{folder / 'ledger.db'}?mode=ro&immutable=1", uri=True)
    try:
        rows = connection.execute("SELECT topic, state FROM events ORDER BY position").fetchall()
    finally:
        connection.close()
    return [StoredText(name, topic, bytes(state)) for topic, state in rows]
