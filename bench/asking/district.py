"""How long lists and pages of a district of 10,000 agencies take on either database, against a page without data.

Beside other work the clock says little: what the service itself computed for an answer (CPU) stands in the note.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from unittest import mock
from urllib.parse import quote, urlencode

from api.application.action_context import ActionContext
from api.application.assessing.publishing import publish_year
from api.application.privacy.authorisation import Caller
from api.settings import Settings
from api.starting import make_ready
from bench.asking.serving import Served, served
from bench.generate import History, uscc
from bench.measure import Finding, Way, in_turns, median
from bench.place import AGENCIES, ROWS_OF_A_FACT, TEMPLATES, Place, fill, opened, place, spread
from bench.recording import publishing
from domain.commands.rounds import PublishYear
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import create_account
from domain.store.access.passwords import hash_password
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import writing
from domain.store.log.sequencer import seal, sealed_until
from domain.store.messages.message_rows import ToldUpTo, told_up_to
from domain.values import Role, instant, new_id, shanghai_date
from tests.postgres_server import PostgresServer

NAME, CODE, FEW = quote("安"), uscc(4_321), quote("机构0000K3")
LONG, LONG_FACTS = 20_000, 10_000
"""The number of an agency of a long history among them, and its facts."""
ASKED: tuple[tuple[str, str, float, str], ...] = (
    ("counts of what waits", "/v1/matters/counts", 0.1, "20.2; –"),
    ("what waits, a page", "/v1/matters?limit=50", 0.3, "41.9; 61"),
    ("what waits, by a name that all have", f"/v1/matters?limit=50&q={NAME}", 0.3, "–; 30"),
    ("what waits, by the name of one", f"/v1/matters?limit=50&q={FEW}", 0.3, ""),
    ("what waits, by agency", "/v1/matters?limit=50&sort=agency", 0.3, ""),
    ("hints, a page", "/v1/hints?limit=50", 0.3, "7.3; 1.0"),
    ("hints by cause and agency", "/v1/hints/groups", 0.3, "21.9; 11"),
    ("notices, a page", "/v1/notices?limit=50", 0.3, "1.5; 0.2"),
    ("agencies by score", "/v1/agencies?sort=total&order=desc&limit=50", 0.3, ""),
    ("ranking of the year", "/v1/rankings/2026?limit=50", 0.3, ""),
    ("inside search by a name that all have", f"/v1/search?q={NAME}", 0.3, ""),
    ("inside search by a code", f"/v1/search?q={CODE}", 0.3, ""),
    ("inside search by a project's client", f"/v1/search?q={quote('企业3')}", 0.3, ""),
    ("page: board of the association", "/board", 0.3, "123.6; 35"),
    ("page: board of the regulator", "/board regulator", 0.3, ""),
    ("page: board of the committee", "/board committee", 0.3, ""),
    ("page: board of an auditor", "/board auditor", 0.3, ""),
    ("page: what waits for me", "/matters", 0.3, "36.1; 107"),
    ("page: worklist of materials", "/todo/submissions", 0.3, "4.5; –"),
    ("page: worklist of notices", "/todo/notices", 0.3, "2.6; –"),
    ("page: worklist of hints", "/todo/hints", 0.3, "26.1; 18"),
    ("page: agencies", "/agencies", 0.3, "47.6; –"),
    ("page: ranking", "/rankings/2026", 0.3, ""),
    ("page: register", "/register", 0.3, "1.8; –"),
    ("page: public search by part of a name", f"/search?q={NAME}", 0.3, "4.2; –"),
    ("page: public search by a code", f"/search?q={CODE}", 0.3, ""),
    ("page: a person found", f"/people?q={quote('张三')}", 0.3, ""),
)
"""What is asked, its address (and as which role), in how many seconds, and the ratio before lists were read kind by
kind: on PostgreSQL, on SQLite."""
PLAIN = "/help"
"""A page that asks for no data: what the others are measured against."""
AFTER_A_FACT = "page: board, right after a fact of an agency with 10,000 facts"
TIMES = 3
"""A repetition; the median counts."""
PAGE_ROWS = 200_000
LOGIN, PASSWORD = "bench-", "three quiet herons"  # of a database that is thrown away
ROLES = (Role.ASSOCIATION, Role.REGULATOR, Role.COMMITTEE, Role.AUDITOR)


def measure(server: PostgresServer, repetitions: int) -> list[Finding]:
    """The lines of the report, on both databases."""
    with place(server, "district_pages") as made:
        lines = list(pages_of("PostgreSQL", made, repetitions))
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"STEWARD_KEY_DIR": f"{folder}/keys"}):
        url = f"sqlite:///{folder}/ledger.db"
        with opened(url) as made:
            make_ready(made.engine, Settings(database_url=url))
            lines += pages_of("SQLite", made, repetitions)
    return lines


def pages_of(database: str, made: Place, repetitions: int) -> Iterator[Finding]:
    """The lines of one database: each question in turn with the others, the median against a page without data."""
    rows = _district(made)
    with _asking(made) as asking:
        ways: dict[str, Way] = {path: partial(asking.seconds, path) for path in (PLAIN, *(one[1] for one in ASKED))}
        ways[AFTER_A_FACT] = asking.after_a_fact
        found = in_turns(ways, repetitions)
        computed = {name: median(several) for name, several in asking.computed.items()}
    floor, after = median(found[PLAIN]), 1 if database == "SQLite" else 0
    for name, path, most, before in (*ASKED, (AFTER_A_FACT, AFTER_A_FACT, 0.3, "")):
        ours = median(found[path])
        old = before.split("; ")[after] if before else "–"
        own = computed[path]
        note = (
            f"{rows:,} rows; ratio before: {old}; CPU of the service {own * 1000:.0f} ms, {own / computed[PLAIN]:.1f}"
        )
        target = f"≤ {most * 1000:g} ms"
        yield Finding(f"{database}, {name}", ours, floor, "s", ours / floor, target, ours <= most, note)


def _district(made: Place) -> int:
    """A year of it is published, and all is sealed; how many rows there are."""
    each = round(PAGE_ROWS / AGENCIES / ROWS_OF_A_FACT)
    for number in range(TEMPLATES):
        facts = list(History(number).facts(each))
        has_forms = any(one.post.endswith("/surveys") and one.body["year"] == publishing.YEAR for one in facts)
        fill(made.ledger, [*facts, *([publishing.closing(number)] if has_forms else [])])
    body = {
        "published_on": publishing.PUBLISHED_ON,
        "meeting_on": publishing.PUBLISHED_ON,
        "reason": "测量用",
        "waivers": list(publishing.waivers(made)),
    }
    act = ActionContext(made.ledger, Caller("bench", Role.COMMITTEE, None, bytes(32)), None)
    publish_year(act, publishing.YEAR, PublishYear.model_validate(body))
    fill(made.ledger, History(LONG).facts(LONG_FACTS))
    rows = spread(made)
    while seal(made.engine):
        pass
    with writing(made.engine) as connection:  # nobody is told of copies, whose events cannot be read
        told_up_to(connection, ToldUpTo(sealed_until(connection)[0], shanghai_date(instant(datetime.now(UTC)))))
    return rows


class _Asking:
    """Somebody who asks over one connection, with the sessions of some roles and a token."""

    def __init__(self, server: Served, token: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
        self._token = {"Authorization": f"Bearer {token}"}
        self._sessions = {str(role): self._signed_in(str(role)) for role in ROLES}
        self._facts, self._pid = 0, server.pid
        self.computed: dict[str, list[float]] = {}
        """CPU seconds of the service by what was asked; what goes on behind is in it."""

    def _asked(self, method: str, path: str, headers: Mapping[str, str], body: str | None = None) -> Sequence[str]:
        self._connection.close()  # one that was idle may be closed by the service meanwhile
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        answer.read()
        if answer.status not in (200, 201, 303):
            raise RuntimeError(f"{path} was not answered: {answer.status}")
        return answer.headers.get_all("Set-Cookie") or ()

    def _signed_in(self, role: str) -> str:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        cookies = self._asked("POST", "/sign-in", form, urlencode({"login": f"{LOGIN}{role}", "password": PASSWORD}))
        return "; ".join(one.partition(";")[0] for one in cookies)

    def end(self) -> None:
        """Hang up."""
        self._connection.close()

    def seconds(self, asked: str) -> float:
        """Median seconds until a whole answer is there."""
        path, _, role = asked.partition(" ")
        headers = self._token if path.startswith("/v1/") else {"Cookie": self._sessions[role or "association"]}
        took = []
        for _ in range(TIMES):
            took.append(self._timed(asked, path, headers))
        return median(took)

    def _timed(self, asked: str, path: str, headers: Mapping[str, str]) -> float:
        before, began = cpu_of(self._pid), time.perf_counter()
        self._asked("GET", path, headers)
        took = time.perf_counter() - began
        self.computed.setdefault(asked, []).append(cpu_of(self._pid) - before)
        return took

    def after_a_fact(self) -> float:
        """Seconds of the board when the long history has just got one fact more."""
        self._facts += 1
        body = f'{{"item": 4, "occurred_on": "2026-07-{self._facts:02}"}}'
        headers = {**self._token, "Content-Type": "application/json", "Idempotency-Key": new_id()}
        self._asked("POST", f"/v1/agencies/{uscc(LONG)}/lapses", headers, body)
        return self._timed(AFTER_A_FACT, "/board", {"Cookie": self._sessions["association"]})


def cpu_of(pid: int) -> float:
    """CPU seconds of all threads of a process so far, as Linux counts them."""
    total = 0
    for one in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            total += int(one.read_text().split()[0])
    return total / 1e9


@contextmanager
def _asking(made: Place) -> Iterator[_Asking]:
    with writing(made.engine) as connection:
        hashed = hash_password(PASSWORD)
        for role in ROLES:
            person = create_person(connection, f"bench {role}")
            create_account(connection, f"{LOGIN}{role}", hashed, person, role, by=COMMAND_LINE, handed_out=False)
        person = create_person(connection, "bench")
        token = create_token(connection, person, Role.ASSOCIATION, by=COMMAND_LINE)
    with served(made.url, made.engine) as running:
        time.sleep(5)  # what was copied is signed first
        asking = _Asking(running, token)
        try:
            yield asking
        finally:
            asking.end()
