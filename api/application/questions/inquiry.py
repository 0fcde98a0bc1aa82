"""Who asks which service, and within what bounds: what every question is given beside its parameters.

Until when one piece of work has to be done: a question that supposes much is stopped, not waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from api.application.background.readiness import Service
from api.application.privacy.authorisation import Caller, Reach, Rights, rights_of
from api.application.privacy.veiled import Veil, veil_of
from api.application.problem_types import OutOfTime
from domain.agency import unknown_agency
from domain.errors import Forbidden, NotFound
from domain.ledger.reader import Reader
from domain.store.log.sequencer import sealed_until
from domain.values import ROLE_NAMES, Instant, instant, normal_uscc, shanghai_date
from projections.answers.scalars import plain
from projections.replay.queries import ReplayQueries
from projections.rows.read.row_queries import RowQueries

P = ParamSpec("P")
T = TypeVar("T")


class Answer(NamedTuple):
    """What a question is answered with."""

    content: Any
    for_ever: bool = False
    """Whether it can never change (`never_changes`)."""


class FileAnswer(NamedTuple):
    """A file that a question is answered with."""

    body: bytes
    name: str
    media_type: str


Question = Callable[Concatenate["Inquiry", P], Answer]
"""A question: who asks, then its parameters."""
FileQuestion = Callable[Concatenate["Inquiry", P], FileAnswer]


class QuestionName(NamedTuple):
    """Under which method and path a question is asked over HTTP: its name in the table of rights and in the access
    log (`GET /v1/agencies/{uscc}/standing`), also where a page asks it."""

    method: str
    path: str

    @property
    def rights(self) -> Rights:
        """Who may ask it. KeyError for a question that is in no row of the table."""
        return rights_of(self.method, self.path)


_NAMES: dict[Any, QuestionName] = {}


def question(path: str, *, method: str = "GET") -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Give a question its name. Raises: KeyError where nobody has decided who may ask it."""
    rights_of(method, path)

    def named(function: Callable[P, Any]) -> Callable[P, Any]:
        _NAMES[function] = QuestionName(method, path)
        return function

    return named


def name_of(asked: Callable[..., Any]) -> QuestionName:
    """The name of a question. Raises: KeyError for a function that is none."""
    return _NAMES[asked]


def named_questions() -> dict[Any, QuestionName]:
    """All questions that were given a name, with it."""
    return dict(_NAMES)


class Snapshot:
    """One snapshot of the ledger as one caller reads it: opened for a question, or kept open for several."""

    def __init__(self, service: Service, caller: Caller) -> None:
        self.service, self.caller = service, caller
        self.veil: Veil | None = None
        """What an agency is not told of survey forms about it (R39); known once the snapshot is open."""
        self._reader: Reader | None = None
        self._kept: ExitStack | None = None

    @contextmanager
    def open(self) -> Iterator[Reader]:
        """The ledger, read at one moment."""
        if self._reader is not None:
            yield self._reader
        elif self._kept is not None:
            yield self._kept.enter_context(self._opened())
        else:
            with self._opened() as reader:
                yield reader

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What is asked meanwhile is answered from one snapshot, which the first question that needs it opens."""
        with ExitStack() as self._kept:
            yield
        self._kept = None

    @contextmanager
    def _opened(self) -> Iterator[Reader]:
        with self.service.asking() as reader:
            self._reader, self.veil = reader, veil_of(reader, self.caller)
            try:
                yield reader
            finally:
                self._reader = None


@dataclass
class Inquiry:
    """One caller's question to a service."""

    snapshot: Snapshot
    reach: Reach
    """How far the caller's right to this question goes."""
    about: str | None = None
    """Which agency the answer is about, where that is no parameter of the question; for the access log."""
    wants_total: bool = False
    """Whether a page shows a part of a list and says how many rows the whole of it has."""
    total: int | None = None
    """How many that is, where it was wanted and the answer is a part."""
    today: date | None = None
    """The day of the clock by which the rows are looked up; midnight may pass before the answer is worked out."""

    @property
    def service(self) -> Service:
        """The service that is asked."""
        return self.snapshot.service

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self.snapshot.caller

    @property
    def veil(self) -> Veil | None:
        """What the caller, an agency, is not told of survey forms about it (R39); None before the ledger is read."""
        return self.snapshot.veil

    @property
    def own_only(self) -> str | None:
        """The agency to which the answer is narrowed, for a caller who may see only that."""
        return self.caller.uscc if self.reach is Reach.PART else None

    def count(self, is_part: bool, counted: Callable[[], int]) -> None:
        """Count the rows of a list, of which an answer is a part, where somebody wants to know."""
        if self.wants_total and is_part:
            self.total = counted()

    def of_now(self, reader: Reader, asked: Hashable, work: Callable[[], T]) -> T:
        """The answer to a question of today and of all that is known, worked out again once anything was recorded.

        `asked`: what it is called, with what it is narrowed by; whoever asks the same gets the same.
        """
        day = self.today or shanghai_date(now())
        return self.service.remembered.answer(asked, (day, reader.recorded()), work)

    @contextmanager
    def replaying(self) -> Iterator[tuple[ReplayQueries, Reader]]:
        """Answers by replay from one snapshot, at this moment's clock."""
        with self.snapshot.open() as reader:
            yield ReplayQueries(reader, now(), frozenset() if self.veil is None else self.veil.ids), reader

    @contextmanager
    def looking_up(self) -> Iterator[tuple[RowQueries, Reader]]:
        """Answers from the rows of one snapshot, at this moment's clock."""
        with self.snapshot.open() as reader:
            queries = RowQueries(reader, now())
            self.today = queries.today
            yield queries, reader

    def told(self, answer: Answer) -> Answer:
        """The answer as the caller may read it. What is told by month changes until the month is over (R39)."""
        if self.veil is None or not self.veil.by_id:
            return answer
        return Answer(self.veil.redacted(plain(answer.content)))


def now() -> Instant:
    """This moment."""
    return instant(datetime.now(UTC))


def require_right(rights: Rights, caller: Caller, uscc: str | None) -> Reach:
    """How far the caller's right goes. Raises: Forbidden, NotFound for an agency that is not the caller's."""
    reach = rights.get(caller.role)
    if reach is None:
        name, name_en = ROLE_NAMES[caller.role]
        may = [ROLE_NAMES[role] for role in sorted(rights)]
        raise Forbidden(
            f"角色“{name}”无权办理；可以办理的角色：{'、'.join(zh for zh, _ in may)}",
            f"the role {name_en} may not do this; these may: {', '.join(en for _, en in may)}",
            remedy="请由有权的人员办理",
            remedy_en="Let somebody with one of these roles do it.",
        )
    if reach is Reach.OWN and uscc is not None and path_uscc(uscc) != caller.uscc:
        raise unknown_agency(uscc)
    return reach


def path_uscc(text: str) -> str:
    """The USCC that a path names; what is no USCC names no agency. Raises: NotFound."""
    try:
        return normal_uscc(text)
    except ValueError:
        raise unknown_agency(text) from None


def path_year(text: str) -> int:
    """The assessment year that a path names. Raises: NotFound for what is no year."""
    if not (len(text) == 4 and text.isascii() and text.isdecimal() and 2000 <= int(text) <= 2199):
        raise NotFound(
            "没有这个考评年度",
            "there is no such assessment year",
            remedy="请写四位数字的年度，如 2024",
            remedy_en="Write the year in four digits, like 2024.",
        )
    return int(text)


def never_changes(reader: Reader, as_of: date | None, known_at: str | None, resolved: Instant) -> bool:
    """Whether the answer can never change: both clocks were named, and no event yet to come is recorded by then.

    `resolved` is the instant that `known_at` stands for. Up to the sealed horizon nothing further is recorded
    (events.md, Answers); `sealed_until` says what that promise rests on.
    """
    if as_of is None or known_at is None:
        return False
    _, horizon = sealed_until(reader.connection)
    return horizon is not None and resolved < horizon


class TimeLimit:
    """Until when a piece of work has to be done; asked for between its steps."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._until = seconds, time.monotonic() + seconds

    def check(self) -> None:
        """Go on while there is time. Raises: OutOfTime."""
        if time.monotonic() > self._until:
            raise OutOfTime(
                f"计算超过 {self._seconds:g} 秒，已停止；没有写入任何内容",
                f"this took more than {self._seconds:g} seconds and was stopped; nothing was written",
                remedy="请减少假设的事项，分几次查询",
                remedy_en="Suppose less at a time.",
            )

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """One after the other, as long as there is time. Raises: OutOfTime."""
        for one in items:
            self.check()
            yield one
