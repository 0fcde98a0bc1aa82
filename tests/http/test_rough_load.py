"""A server among bad clients, and one that is killed meanwhile: who is told that it is recorded can rely on it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from api.cli.operating.auditing import audited
from api.settings import Settings
from bench.generate import History, send
from domain.ledger.ledger import Ledger
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import open_engine, writing
from domain.store.db.migrate import migrate
from domain.store.db.schema import events
from domain.store.proof.proof_reader import latest_checkpoint
from domain.values import agency_stream
from projections.rows.write.projector import open_ledger
from tests.http.rough import Rough, Writer
from tests.http.test_log import serving
from tests.postgres_binaries import free_port
from tests.processes import PATIENCE_S

WRITERS, FACTS, ROUGH = 6, 40, 6
LIMITS = {"body_seconds": "1", "rate_per_token": "100", "rate_per_address": "0"}


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True], ids=["served", "killed"])
def test_honest_writers_lose_nothing_among_rough_clients(database_url: str, tmp_path: Path, killed: bool) -> None:
    """Each finishes its list; every acknowledged fact is there exactly once and nothing twice; no 5xx but 503 with
    Retry-After; the audit is clean, and all of it is sealed and signed. Also where the server is killed meanwhile.
    """
    migrate(database_url)
    port = free_port()
    with ExitStack() as stack:
        process = stack.enter_context(serving(database_url, tmp_path, port, **LIMITS))
        ledger = open_ledger(open_engine(database_url))
        stack.callback(ledger.engine.dispose)
        agencies = [filed(ledger, number) for number in range(3)]
        writers = [Writer(port, *somebody(ledger), agencies, FACTS) for _ in range(WRITERS)]
        stop = threading.Event()
        often, _ = somebody(ledger)
        rough = [Rough(port, somebody(ledger)[0], often, agencies[0], stop, 2 * number) for number in range(ROUGH)]
        for one in (*rough, *writers):
            one.start()
        if killed:
            while sum(len(one.acknowledged) for one in writers) < WRITERS * FACTS / 3 and any_alive(writers):
                time.sleep(0.01)
            process.kill()
            process.wait()
            process = stack.enter_context(serving(database_url, tmp_path, port, **LIMITS))
        for one in writers:
            one.join(PATIENCE_S)
        stop.set()
        for one in rough:
            one.join(60)
        process.terminate()
        process.wait(60)
        assert [one.refused for one in writers] == [[]] * WRITERS
        assert [len(one.acknowledged) for one in writers] == [FACTS] * WRITERS, "nobody was starved"
        all_there_once(ledger, writers, agencies)
        assert [wrong for one in rough for wrong in one.wrong] == []
        seen = sum((one.seen for one in rough), Counter[int]())
        assert killed or seen.keys() >= {400, 401, 408, 413, 415, 422, 429}
        done = audited(ledger, Settings(database_url=database_url))
        assert (done.found, done.others) == ([], [])
        assert done.counted["outside"] > 0
        assert signed_size(ledger) == done.counted["events"], "all is signed at the end"


def any_alive(writers: list[Writer]) -> bool:
    return any(one.is_alive() for one in writers)


def filed(ledger: Ledger, number: int) -> str:
    """An agency with a few facts, so that lapses can be recorded at it."""
    history, (_, person) = History(number), somebody(ledger)
    for fact in history.facts(3):
        with ledger.writing() as unit:
            send(unit, fact, person)
    return history.uscc


def somebody(ledger: Ledger) -> tuple[str, str]:
    """An officer of the association: token and id."""
    with writing(ledger.engine) as connection:
        person = create_person(connection, "经办人")
        return create_token(connection, person, "association", by=COMMAND_LINE), person


def all_there_once(ledger: Ledger, writers: list[Writer], agencies: list[str]) -> None:
    """The ids that were acknowledged, and no other fact of these writers."""
    streams = [agency_stream(code) for code in agencies]
    with ledger.reading() as reader:
        query = select(events.c.event_id, events.c.actor, events.c.occurred_on).where(events.c.stream.in_(streams))
        rows = reader.connection.execute(query).all()
    for one in writers:
        stored = sorted((str(row.occurred_on), row.event_id) for row in rows if row.actor == one.actor)
        assert stored == sorted(one.acknowledged.items())


def signed_size(ledger: Ledger) -> int:
    with ledger.reading() as reader:
        signed = latest_checkpoint(reader.connection)
    assert signed is not None
    return signed.size
