"""Results of a year reach people by e-mail, each once, while the processes that send are killed again and again.

A year is published for real; every agency's account belongs to one of the recipients. Two processes tell and deliver
(PostgreSQL), one of them is killed (SIGKILL) at a moment of chance, fifty times on the way, and another takes its
place. The mail server refuses one e-mail in ten. At the end every message was accepted; one whose sender died between
the server's answer and its own note of it was accepted twice, under the same Message-ID: no more than one a kill.

`python -m drills.mail --results 10000 --recipients 300 --kills 50`; by default, as in `drills.run`, 1,000 results.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any
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
from bench.generate import History, uscc
from bench.place import Place, fill, opened, place
from bench.recording.publishing import PUBLISHED_ON, YEAR, closing, waivers
from domain.commands.rounds import PublishYear
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
from drills.common import require, step
from tests.mail_server import OK, MailServer
from tests.postgres_server import PostgresServer

ONE_IN = 10
DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0, 16.0, 16.0)
"""The retries of the service, at the pace of a drill."""
LEASE_SECONDS = 30.0
WORKERS = 2
PATIENCE_SECONDS = 1800.0
FACTS = 8
"""Of each agency: it is filed, and some more happens to it."""


def main(results: int = 1_000, recipients: int = 300, kills: int = 50) -> None:
    """Run it. Raises: Failed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, {"STEWARD_KEY_DIR": f"{folder}/keys"}),
        PostgresServer(fsync=False) as server,
        place(server, "mail") as target,
        MailServer() as mails,
    ):
        published = _prepare(target, results, recipients)
        began = time.monotonic()
        _deliver(target, mails, published, kills)
        step(f"{len(mails.taken):,} e-mails taken in {time.monotonic() - began:.0f} s")
        _judge(target, mails, published, kills)


def _prepare(target: Place, results: int, recipients: int) -> int:
    """Agencies, their people with verified addresses, and the results of the year; how many results."""
    for number in range(results):
        fill(target.ledger, [*History(number, years=3).facts(FACTS), closing(number)])
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


def _deliver(target: Place, mails: MailServer, published: int, kills: int) -> None:
    """Until nothing waits any more: workers are killed as the e-mails go out."""
    turn, refused = count(1), [0]

    def of_data(_: Any) -> str:
        if next(turn) % ONE_IN:
            return OK
        refused[0] += 1
        return "451 4.3.0 try again later"

    mails.of_data = of_data
    chance, killed, until = random.SystemRandom(), 0, time.monotonic() + PATIENCE_SECONDS
    with _workers(target.url, mails.port) as workers:
        while _left(target, published):
            if time.monotonic() > until:
                raise TimeoutError(f"{_left(target, published)} of {published} are not delivered")
            if killed < kills and len(mails.taken) >= published * killed / (kills + 1):
                time.sleep(chance.uniform(0, 0.3))
                which = chance.randrange(WORKERS)
                workers[which].kill()
                workers[which].wait()
                workers[which] = _worker(target.url, mails.port)
                killed += 1
            time.sleep(0.02)
    require(killed == kills, f"{kills} processes were killed before the last e-mail was taken")
    step(f"{refused[0]:,} e-mails were refused for the time being")


def _left(target: Place, published: int) -> int:
    """How many messages are not accepted yet, told or not."""
    with target.ledger.reading() as reader:
        sent = select(deliveries.c.id).where(deliveries.c.kind == "result_published", deliveries.c.state == "sent")
        return published - len(reader.connection.execute(sent).all())


def _judge(target: Place, mails: MailServer, published: int, kills: int) -> None:
    taken = Counter(str(one["Message-ID"]).strip(" <>").partition("@")[0] for one in mails.taken)
    with target.ledger.reading() as reader:
        found = list(reader.connection.execute(select(deliveries).where(deliveries.c.kind != ADDRESS_CHECK)))
        told = list(reader.connection.scalars(select(messages.c.id).where(messages.c.kind == "result_published")))
        addresses = len(list(reader.connection.scalars(select(contact_addresses.c.person_id))))
    rows = [one for one in found if one.kind == "result_published"]
    ids = {one.id[:ID_DIGITS] for one in rows}
    others = {one.id[:ID_DIGITS] for one in found} - ids  # reminders that fall on this day, say
    taken = Counter({id_: times for id_, times in taken.items() if id_ not in others})
    require(len(told) == published, f"each of {published:,} results is told once, to its own recipient")
    require({one.state for one in rows} == {"sent"}, "no message is lost, given up or left")
    require(ids == set(taken), "what the mail server took is exactly what was to be sent")
    doubles = sum(taken.values()) - len(taken)
    require(doubles <= kills, f"{doubles} e-mails came twice, with the same Message-ID: no more than one a kill")
    step(f"{addresses} addresses; most tries of one e-mail: {max(one.attempts for one in rows)}")


@contextmanager
def _workers(url: str, port: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    running = [_worker(url, port) for _ in range(WORKERS)]
    try:
        yield running
    finally:
        for one in running:
            one.kill()
            one.wait()


def _worker(url: str, port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "drills.mail", "--worker", url, str(port)], stdin=subprocess.PIPE)


def work(url: str, port: int) -> None:
    """Tell and deliver, as the service does behind the requests, until killed or left alone."""
    settings = Settings(
        database_url=url,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        mail_from="ledger@example.cn",
        public_url="https://ledger.example.cn",
        smtp_seconds=5,
    )
    parent = os.getppid()
    with opened(url) as target:
        use_keys(target.engine, settings.keys)
        courier = Courier(target.ledger, settings, Degraded(), delays=DELAYS, lease=LEASE_SECONDS)
        while os.getppid() == parent:
            seal(target.engine)
            tell(target.ledger, mails=True)
            if not courier.deliver():
                time.sleep(0.1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=1_000)
    parser.add_argument("--recipients", type=int, default=300)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--worker", nargs=2, metavar=("URL", "PORT"))
    given = parser.parse_args()
    if given.worker:
        work(given.worker[0], int(given.worker[1]))
    else:
        main(given.results, given.recipients, given.kills)
