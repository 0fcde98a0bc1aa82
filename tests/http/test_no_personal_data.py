"""Nothing personal is in clear where it does not belong: logs, refusals, cursors, tags, figures, the database."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, make_url, text
from starlette.testclient import TestClient

from api.application.privacy.authorisation import PERMISSIONS
from domain.store.db.engine import open_migration_engine
from domain.store.log.stream_heads import streams
from domain.values import Role
from tests.http.marked import MARK, Marked, sealed_fields, sealed_in
from tests.http.world import World

NOT_FILLED = {
    "AgencyDelisted.reason",
    *(f"InformationChanged.old.personnel.{one}" for one in ("name", "certificate_no")),
    "InformationChanged.old.other",
    "FilingSubmitted.profile.other",
    "RepairGranted.reasons",
}
"""The first needs another rulebook, the next only repeat what was filed, a filing has no field for the one after, the
last needs a confirmed reading (R42) and is sealed as those of a refusal; all are sealed by the same code."""


def everything(world: World) -> Iterator[Any]:
    """All events of all streams."""
    with world.service.ledger.reading() as reader:
        for stream in streams(reader.connection):
            yield from reader.events(stream)


def stored(world: World) -> bytes:
    """All that the database holds, as bytes: SQLite's files as they lie, every row of PostgreSQL as text."""
    url = world.service.ledger.engine.url
    if url.get_backend_name() == "sqlite":
        file = Path(make_url(url).database or "")
        return b"".join(one.read_bytes() for one in file.parent.iterdir() if one.name.startswith(file.name))
    parts = []
    with open_migration_engine(url).connect() as connection:
        for table in inspect(connection).get_table_names():
            columns = inspect(connection).get_columns(table)
            shown = ", ".join(
                f"encode({one['name']}, 'escape')" if "BYTEA" in str(one["type"]) else f'"{one["name"]}"'
                for one in columns
            )
            rows = connection.execute(text(f"SELECT concat_ws(' ', {shown}) FROM {table}"))  # noqa: S608  # ours
            parts += [str(row[0]).encode() for row in rows]
    return b"\n".join(parts)


def pages(world: World) -> Iterator[Any]:
    """First pages of every list and answer about the district, as the auditor reads them."""
    auditor = world.people[Role.AUDITOR]
    for method, path in PERMISSIONS:
        if method == "GET" and "{" not in path and path.startswith("/v1/"):
            yield auditor.get(path, **({"limit": 1} if path not in ("/v1/statistics",) else {}))


@pytest.mark.slow
def test_nothing_personal_is_in_clear(own_world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """A district with a word in every personal field: the words are in no log line, refusal, answer to a command,
    kept answer, cursor, tag, figure, nor anywhere in the database; and the trail shows every one of them to readers."""
    district = Marked(own_world)
    district.fill()
    own_world.service.housekeeper.tidy()
    logged = "".join(capfd.readouterr())
    assert "/v1/assessments/{year}/publication" in logged, "the log was captured"
    assert not MARK.search(logged)
    assert len(district.refusals) > 200
    for response in (*district.refusals, *district.answers):
        assert not MARK.search(response.text), response.text
        assert not MARK.search(str(dict(response.headers)))
    assert not MARK.search(stored(own_world).decode("latin-1"))
    cursors = [page.json().get("next_cursor") for page in pages(own_world) if page.status_code == 200]
    opened = [base64.urlsafe_b64decode(f"{one}===") for one in cursors if one]
    assert len(opened) > 3
    assert not any(MARK.search(one.decode("latin-1")) for one in opened)
    figures = TestClient(own_world.client.app, client=("127.0.0.1", 1)).get("/metrics")
    assert figures.status_code == 200
    assert not MARK.search(figures.text)


@pytest.mark.slow
def test_the_words_are_really_in_every_personal_field(own_world: World) -> None:
    """No sealed field of any event is left out of the test above, and who may read them finds the words."""
    district = Marked(own_world)
    district.fill()
    found: set[str] = set()
    words: set[str] = set()
    for event in everything(own_world):
        found |= sealed_in(event)
    for one in own_world.association.get("/v1/agencies", limit=500).json()["items"]:
        words |= set(MARK.findall(str(own_world.trail(one["agency"]["uscc"]))))
    assert sealed_fields() - found <= NOT_FILLED, "say in PERSONAL what fills it"
    assert len(words) > 100
