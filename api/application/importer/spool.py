"""What a check has decided so far, on disk and not in memory: a nameless SQLite file that goes with the process.

Names of earlier lines of an import file in paths and bodies.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256

import msgspec

from api.application.importer.lines import CommandLine, LineError
from api.application.parsing.strict_json import resolved
from domain.events import EVENT_TYPES, Event

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -4096;
CREATE TABLE events (uscc TEXT NOT NULL, line INTEGER NOT NULL, topic TEXT NOT NULL, state BLOB NOT NULL,
                     PRIMARY KEY (uscc, line)) WITHOUT ROWID;
CREATE TABLE refs (name TEXT PRIMARY KEY, line INTEGER NOT NULL, refused INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE refused_filings (uscc TEXT PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE commands (line INTEGER PRIMARY KEY, uscc TEXT NOT NULL, path_id TEXT, post TEXT NOT NULL,
                       body BLOB NOT NULL);
"""


def event_id(file_sha256: bytes, line: int) -> str:
    """The id of the fact of one line of one file: always the same, so nothing is doubled (UUID version 8, RFC 9562)."""
    raw = bytearray(sha256(b"steward import\0" + file_sha256 + line.to_bytes(8, "big")).digest()[:16])
    raw[6], raw[8] = 0x80 | (raw[6] & 0x0F), 0x80 | (raw[8] & 0x3F)
    return str(uuid.UUID(bytes=bytes(raw)))


class Spool:
    """Decided events by agency, names by line, and the commands that are ready to be recorded."""

    def __init__(self) -> None:
        # "": a file without a name, gone however the process ends; threads take turns with it, never at once
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self._decoders = {topic: msgspec.json.Decoder(kind) for topic, kind in EVENT_TYPES.items()}

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def keep_event(self, uscc: str, line: int, event: Event) -> None:
        """Keep what a line would record."""
        topic = f"steward.{type(event).__name__}"
        self._db.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (uscc, line, topic, msgspec.json.encode(event)))

    def events(self, uscc: str) -> Iterator[Event]:
        """What earlier lines would record of an agency, in the order of the lines."""
        with closing(self._db.execute("SELECT topic, state FROM events WHERE uscc = ? ORDER BY line", (uscc,))) as rows:
            for topic, state in rows:
                yield self._decoders[topic].decode(state)

    def keep_command(self, line: int, uscc: str, path_id: str | None, post: str, body: dict[str, object]) -> None:
        """Keep a line's command, with its names resolved, for recording."""
        self._db.execute(
            "INSERT INTO commands VALUES (?, ?, ?, ?, ?)", (line, uscc, path_id, post, msgspec.json.encode(body))
        )

    def commands(self, after: int, count: int) -> list[tuple[int, str, str | None, str, dict[str, object]]]:
        """The next commands after a line: line, USCC, id in the path, path, body."""
        query = "SELECT line, uscc, path_id, post, body FROM commands WHERE line > ? ORDER BY line LIMIT ?"
        rows = self._db.execute(query, (after, count)).fetchall()
        return [(line, uscc, path_id, post, msgspec.json.decode(body)) for line, uscc, path_id, post, body in rows]

    def name(self, ref: str, line: int) -> int | None:
        """Give a line's fact a name; the line that bears it already, else None."""
        found = self._db.execute("SELECT line FROM refs WHERE name = ?", (ref,)).fetchone()
        if found is None:
            self._db.execute("INSERT INTO refs VALUES (?, ?, 0)", (ref, line))
            return None
        return int(found[0])

    def named(self, ref: str) -> tuple[int, bool] | None:
        """The line that bears a name, and whether it was refused; None for an unknown name."""
        found = self._db.execute("SELECT line, refused FROM refs WHERE name = ?", (ref,)).fetchone()
        return None if found is None else (int(found[0]), bool(found[1]))

    def refuse_name(self, ref: str, line: int) -> None:
        """The line that bears this name was refused."""
        self._db.execute("UPDATE refs SET refused = 1 WHERE name = ? AND line = ?", (ref, line))

    def refuse_filing(self, uscc: str, line: int) -> None:
        """A line that would have filed this agency was refused."""
        self._db.execute("INSERT OR IGNORE INTO refused_filings VALUES (?, ?)", (uscc, line))

    def refused_filing(self, uscc: str) -> int | None:
        """The refused line that would have filed this agency, if any."""
        found = self._db.execute("SELECT line FROM refused_filings WHERE uscc = ?", (uscc,)).fetchone()
        return None if found is None else int(found[0])


class References:
    """Resolves names to the ids of the facts that the named lines record."""

    def __init__(self, spool: Spool, file_sha256: bytes) -> None:
        self._spool, self._sha256 = spool, file_sha256

    def resolve(self, line: CommandLine) -> tuple[str, dict[str, object]]:
        """Path and body with ids in place of names. Raises: LineError for an unknown name or a refused line."""
        return resolved(line.post, line.body, lambda name, pointer: self._id_of(name, line.number, pointer))

    def _id_of(self, name: str, line: int, pointer: str) -> str:
        found = self._spool.named(name)
        if found is None:
            raise LineError(
                line,
                pointer,
                "api.md",
                "引用了前面各行没有定义的名称",
                "refers to a name that no earlier line bears",
                "请在被引用的行写 ref，且放在前面；以 $ 开头的普通文本写作 $$",
                "Give the line referred to a ref and put it first; text that begins with a dollar is written $$.",
            )
        named, was_refused = found
        if was_refused:
            raise LineError(
                line,
                pointer,
                "api.md",
                f"所引用的第 {named} 行被拒绝",
                f"refers to line {named}, which is refused",
                f"先改正第 {named} 行",
                f"Correct line {named} first.",
                because=named,
            )
        return event_id(self._sha256, named)
