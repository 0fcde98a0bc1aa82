"""Results of a year reach people by e-mail, each once, while the processes that send are killed again and again.

A year is published for real; every agency's account belongs to one of the recipients. Two processes tell and deliver,
one of them is killed (SIGKILL) at a moment of chance, fifty times on the way, and another takes its place. The mail
server refuses one e-mail in ten. At the end every message was accepted; one whose sender died between the server's
answer and its own note of it was accepted once more, under the same Message-ID: each is named, with the kill that did
it, and of one kill there are no more than the process had connections.

`./run drill mail --results 10000 --recipients 300 --kills 50`; by default 1,000 results on PostgreSQL. `--sqlite`: on
the embedded database.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import chain, count
from multiprocessing.context import ForkServerProcess
from typing import NamedTuple
from unittest import mock

from sqlalchemy import func, select

from api.application.action_context import ActionContext
from api.application.assessing.publishing import publish_year
from api.application.background.degraded import Degraded
from api.application.delivering.courier import Courier
from api.application.delivering.mail_letters import ID_DIGITS
from api.application.messages.outgoing import ADDRESS_CHECK
from api.application.messages.telling import tell
from api.application.privacy.authorisation import Caller
from api.settings import Settings
from api.starting import make_ready
from bench.generate import History, uscc
from bench.place import Place, fill, opened, place
from bench.recording.publishing import PUBLISHED_ON, YEAR, closing, waivers
from domain.commands.rounds import PublishYear
from domain.errors import Busy
from domain.events import ResultPublished, topic_of
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import create_account
from domain.store.access.passwords import hash_password
from domain.store.access.tokens import create_person
from domain.store.db.engine import writing
from domain.store.db.schema import events
from domain.store.db.tables.message_tables import contact_addresses, deliveries, messages
from domain.store.keys.master_key import use_keys
from domain.store.log.sequencer import seal
from domain.store.messages.contact_rows import code_of, give_address, verify_address
from domain.values import Role, instant
from drills.common import Failed, require, step
from tests.mail_server import OK, MailServer
from tests.postgres_server import PostgresServer
from tests.processes import FORK, process

ONE_IN = 10
DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0, 16.0, 16.0)
"""The retries of the service, at the pace of a drill."""
LEASE_SECONDS = 30.0
WORKERS, CONNECTIONS = 2, 4
NOTED_SECONDS = 3.0
"""What was accepted is noted within so much time, however busy the machine."""
PATIENCE_SECONDS = 3600.0
AT_ONCE = 100
"""Agencies whose facts are recorded together."""
FACTS = 3
"""Of each agency: it is filed, and some more happens to it."""


class Killed(NamedTuple):
    """A process that was killed: its number, and when (monotonic clock) it was gone."""

    pid: int
    at: float


class Watched:
    """A mail server that refuses one e-mail in ten, and when it took which Message-ID."""

    def __init__(self, mails: MailServer) -> None:
        self.port, self.refused = mails.port, 0
        self.taken: dict[str, list[float]] = {}
        self._turn = count(1)
        mails.of_data = self._answer

    def _answer(self, mail: EmailMessage) -> str:
        if next(self._turn) % ONE_IN == 0:
            self.refused += 1
            return "451 4.3.0 try again later"
        id_ = str(mail["Message-ID"]).strip(" <>").partition("@")[0]
        self.taken.setdefault(id_, []).append(time.monotonic())
        return OK


def main(options: Sequence[str] = ()) -> None:
    """Run it as its options say. Raises: Failed."""
    parser = argparse.ArgumentParser(prog="./run drill mail", description=__doc__)
    parser.add_argument("--results", type=int, default=1_000)
    parser.add_argument("--recipients", type=int, default=300)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--sqlite", action="store_true")
    given = parser.parse_args(options)
    send_a_year(given.results, given.recipients, given.kills, sqlite=given.sqlite)


def send_a_year(
    results: int, recipients: int, kills: int, *, lease: float = LEASE_SECONDS, sqlite: bool = False
) -> None:
    """Publish so many results to so many people, and kill a sender so often on the way. Raises: Failed.

    What a killed process had claimed is due again after `lease` seconds.
    """
    FORK.set_forkserver_preload(["api.app", "bench.generate", "drills.mail"])
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, {"STEWARD_KEY_DIR": f"{folder}/keys"}),
        _database(folder, sqlite=sqlite) as target,
        MailServer() as server,
    ):
        mails = Watched(server)
        published = _prepare(target, results, recipients)
        began = time.monotonic()
        killed = _deliver(target, mails, published, kills, lease)
        took = time.monotonic() - began
        step(f"{sum(map(len, mails.taken.values())):,} e-mails taken in {took:.0f} s: {published / took:.0f} a second")
        _judge(target, mails, published, killed)


@contextmanager
def _database(folder: str, *, sqlite: bool) -> Iterator[Place]:
    """A new ledger on either database."""
    if sqlite:
        url = f"sqlite:///{folder}/ledger.db"
        with opened(url) as made:
            make_ready(made.engine, Settings(database_url=url))
            yield made
    else:
        with PostgresServer(fsync=False) as server, place(server, "mail") as made:
            yield made


def _prepare(target: Place, results: int, recipients: int) -> int:
    """Agencies, their people with verified addresses, and the results of the year; how many results."""
    began = time.monotonic()
    for first in range(0, results, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, results))
        facts = ((*History(number, years=3).facts(FACTS), closing(number)) for number in numbers)
        fill(target.ledger, chain.from_iterable(facts))
    step(f"{results:,} agencies in {time.monotonic() - began:.0f} s")
    hashed = hash_password("three quiet herons")
    with writing(target.engine) as connection:
        people = [create_person(connection, f"经办人 {number}") for number in range(recipients)]
        for number in range(results):
            person = people[number % recipients]
            create_account(connection, f"a{number}", hashed, person, Role.AGENCY, uscc(number), by=COMMAND_LINE)
        for number, person in enumerate(people):
            give_address(connection, person, f"p{number}@agency.example.cn", "zh", check=ADDRESS_CHECK)
            verify_address(connection, person, code_of(connection, person, instant(datetime.now(UTC))) or "")
    waived = {"published_on": PUBLISHED_ON, "meeting_on": PUBLISHED_ON, "reason": "演练"}
    body = PublishYear.model_validate({**waived, "waivers": list(waivers(target))})
    began = time.monotonic()
    act = ActionContext(target.ledger, Caller("drill", Role.COMMITTEE, None, bytes(32)), None)
    publish_year(act, YEAR, body)
    with target.ledger.reading() as reader:
        topic = events.c.topic == topic_of(ResultPublished)
        published = reader.connection.scalar(select(func.count()).select_from(events).where(topic)) or 0
    step(f"{published:,} results published in {time.monotonic() - began:.0f} s, {recipients} recipients")
    return published


def _deliver(target: Place, mails: Watched, published: int, kills: int, lease: float) -> list[Killed]:
    """Until nothing waits any more: workers are killed as the e-mails go out; the kills."""
    chance, killed, until = random.SystemRandom(), list[Killed](), time.monotonic() + PATIENCE_SECONDS
    with _workers(target.url, mails.port, lease) as workers:
        while left := _left(target, published):
            if time.monotonic() > until:
                raise TimeoutError(f"{left} of {published} are not delivered")
            if len(killed) < kills and len(mails.taken) >= published * len(killed) / (kills + 1):
                time.sleep(chance.uniform(0, 0.3))
                which = chance.randrange(WORKERS)
                gone = workers[which]
                gone.kill()
                gone.join()
                killed.append(Killed(gone.pid or 0, time.monotonic()))
                workers[which] = _worker(target.url, mails.port, lease)
            time.sleep(0.05)
    require(len(killed) == kills, f"{len(killed)} processes were killed (-9) before the last e-mail was taken")
    step(f"{mails.refused:,} e-mails were refused for the time being")
    return killed


def _left(target: Place, published: int) -> int:
    """How many messages are not accepted yet, told or not."""
    sent = select(func.count()).where(deliveries.c.kind == "result_published", deliveries.c.state == "sent")
    with target.ledger.reading() as reader:
        return published - (reader.connection.scalar(sent) or 0)


def _judge(target: Place, mails: Watched, published: int, killed: list[Killed]) -> None:
    with target.ledger.reading() as reader:
        found = list(reader.connection.execute(select(deliveries).where(deliveries.c.kind != ADDRESS_CHECK)))
        told = list(reader.connection.scalars(select(messages.c.id).where(messages.c.kind == "result_published")))
        addresses = len(list(reader.connection.scalars(select(contact_addresses.c.person_id))))
    rows = [one for one in found if one.kind == "result_published"]
    ids = {one.id[:ID_DIGITS] for one in rows}
    others = {one.id[:ID_DIGITS] for one in found} - ids  # reminders that fall on this day, say
    taken = {id_: times for id_, times in mails.taken.items() if id_ not in others}
    require(len(told) == published, f"each of {published:,} results is told once, to its own recipient")
    require({one.state for one in rows} == {"sent"}, "no message is lost, given up or left")
    require(ids == set(taken), "what the mail server took is exactly what was to be sent")
    _judge_doubles({id_: times for id_, times in taken.items() if len(times) > 1}, killed)
    step(f"{addresses} addresses; most tries of one e-mail: {max(one.attempts for one in rows)}")


def _judge_doubles(doubles: Mapping[str, list[float]], killed: list[Killed]) -> None:
    """Every e-mail that came once more came of a kill right after it was accepted the time before."""
    done_by: Counter[Killed] = Counter()
    for id_, times in doubles.items():
        for accepted in times[:-1]:
            cut = next((one for one in killed if accepted <= one.at <= accepted + NOTED_SECONDS), None)
            if cut is None:
                after = ", ".join(f"{one - times[0]:.3f}" for one in times)
                raise Failed(
                    f"<{id_}> came {after} s after the first time, and no kill within {NOTED_SECONDS} s tells why"
                )
            done_by[cut] += 1
            step(f"again: <{id_}>, accepted {(cut.at - accepted) * 1000:.0f} ms before process {cut.pid} was gone")
    most = max(done_by.values(), default=0)
    require(
        most <= CONNECTIONS, f"{done_by.total()} times an e-mail came again, under its own Message-ID, for that reason"
    )


@contextmanager
def _workers(url: str, port: int, lease: float) -> Iterator[list[ForkServerProcess]]:
    running = [_worker(url, port, lease) for _ in range(WORKERS)]
    try:
        yield running
    finally:
        for one in running:
            one.kill()
            one.join()


def _worker(url: str, port: int, lease: float) -> ForkServerProcess:
    """A process for its own, which has imported everything: fifty starts from nothing would be most of the run."""
    started = process(work, url, port, lease)
    started.start()
    return started


def work(url: str, port: int, lease: float) -> None:
    """Tell and deliver, as the service does behind the requests, until killed or left alone."""
    settings = Settings(
        database_url=url,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        mail_from="ledger@example.cn",
        public_url="https://ledger.example.cn",
        smtp_seconds=5,
        smtp_connections=CONNECTIONS,
    )
    parent = os.getppid()
    with opened(url) as target:
        use_keys(target.engine, settings.keys)
        courier = Courier(target.ledger, settings, Degraded(), delays=DELAYS, lease=lease)
        while os.getppid() == parent:
            with suppress(Busy):  # another one tells just now: the service comes again in its next round as well
                seal(target.engine)
                tell(target.ledger, mails=True)
            with suppress(Busy):
                if courier.deliver():
                    continue
            time.sleep(0.1)
