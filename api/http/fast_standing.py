"""`GET standing` the short way: one statement without a thread, or no statement where the answer cannot change.

Asked at the edge of the application (`middleware.py`). It answers what is asked often and plainly, byte for byte as
the full way does (`question_routes.standing`). Whatever is out of the ordinary (a bad parameter, an unknown agency, a
missing right, `version:N`, trouble) goes the full way, which has the words for it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote_plus

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from api.application.exports.exporting import echoed
from api.application.parsing.strict_json import known_at as read_known_at
from api.application.privacy.authorisation import Caller, rights_of
from api.application.privacy.reading_log import ReadingLog
from api.application.problem_types import Unauthenticated
from api.application.questions.inquiry import require_right
from api.http.request import note_reading, secret_of
from api.http.responses import Encoded, encoded
from domain.commands.fields import read_day
from domain.errors import Refusal
from domain.ledger.ledger import Ledger
from domain.store.access.row_macs import key_of
from domain.store.access.tokens import OWNER_QUERY, Token, alive, token_hash, token_in
from domain.store.db.column_types import as_instant
from domain.store.db.dialect import dialect_of
from domain.store.db.fast_read import QuickReads, Unanswered
from domain.values import LEDGER_STREAM, Instant, Role, agency_stream, instant, normal_uscc, shanghai_date
from projections.rows.read.row_answers import standing_answer
from projections.rows.read.row_sql import asked, hit_of, look_up_query, parameters_of
from projections.rows.write.projector import MADE_BY

log = structlog.get_logger("steward")

TRUSTED_SECONDS = 1.0
"""How long a token that was found good is not asked for again, where an answer is known already."""
KEPT_SECONDS = 60.0
"""How long an answer is kept: it cannot change, but what was wrong in the rows may be mended by a rebuild."""
MOST_KEPT = 5_000
_PLACE = (
    "(SELECT version FROM stream_heads WHERE stream = :ledger) AS law_version, "
    "(SELECT last_recorded_at FROM stream_heads WHERE stream = :ledger) AS law_at, "
    "(SELECT sealed_at FROM sealer) AS sealed_at, (SELECT made_by FROM read_model_build) AS rows_by"
)


class _Question(NamedTuple):
    """What was asked, read; equal questions have equal answers as long as nothing is recorded."""

    uscc: str
    as_of: date | None
    known_at: Instant | None


class _Kept(NamedTuple):
    until: float
    answer: Encoded


class _KeptNow(NamedTuple):
    """An answer about what is known now, and at which versions of the agency and of the law it was so, and when these
    were recorded: after a failover another event may bear the same version.
    """

    until: float
    answer: Encoded
    known_at: Instant
    place: tuple[Any, ...]

    def at(self, now: Instant) -> Encoded:
        """What is answered at `now`: the kept answer with that clock in it."""
        return self.answer._replace(body=self.answer.body.replace(echoed(self.known_at), echoed(now)))


class _QuickRoute(NamedTuple):
    """What the log and the metrics call the route by."""

    path: str


_BEFORE, _AFTER = "/v1/agencies/", "/standing"
_ROUTE = _QuickRoute(f"{_BEFORE}{{uscc}}{_AFTER}")
NAME = f"GET {_ROUTE.path}"


async def answered_quickly(scope: Scope) -> Response | None:
    """The answer to `GET standing`, before the application is asked; None for it to find, or to refuse.

    Raises: Busy when the reading cannot be noted.

    Matching some hundred routes and going through what stands around them takes longer than answering.
    """
    path: str = scope["path"]
    if not path.endswith(_AFTER) or not path.startswith(_BEFORE) or scope["method"] != "GET" or scope.get("root_path"):
        return None
    uscc = path[len(_BEFORE) : -len(_AFTER)]
    if not uscc or "/" in uscc:
        return None
    own = {**scope, "route": _ROUTE, "path_params": {"uscc": uscc}}
    scope["route"] = _ROUTE
    answer: Response | None = await scope["app"].state.quick_standings.answer(Request(own))
    return answer


class QuickStandings:
    """The short way of one process."""

    def __init__(self, ledger: Ledger, reads: QuickReads, used: Callable[[Token], None], readings: ReadingLog) -> None:
        self._ledger, self._reads, self._used, self._readings = ledger, reads, used, readings
        self._rights = rights_of("GET", _ROUTE.path)
        with ledger.reading() as reader:
            self._row_key = key_of(reader.connection)
        self._tokens: dict[bytes, tuple[float, Token]] = {}
        self._kept: OrderedDict[_Question, _Kept] = OrderedDict()
        self._kept_now: OrderedDict[tuple[str, date, date], _KeptNow] = OrderedDict()
        """By agency, day asked about and day of asking: what is still to come is called projected."""

    async def answer(self, request: Request) -> Response | None:
        """The answer; None when the full way has to find it, or to refuse."""
        question = _question(request.path_params["uscc"], request.scope["query_string"])
        if question is None:
            return None
        try:
            secret = token_hash(secret_of(request))
        except Unauthenticated:
            return None
        found = self._known(question, secret) or await self._looked_up(question, secret)
        if found is None:
            return None
        token, answer = found
        if token.role == Role.AGENCY and (question.as_of or question.known_at):
            return None  # what an agency is told of another day depends on who it is (R39)
        caller = Caller(token.person_id, Role(token.role), token.uscc, secret)
        try:
            require_right(self._rights, caller, question.uscc)
        except Refusal:
            return None
        self._used(token)
        await note_reading(self._readings, request, caller, question.uscc, NAME)
        return answer.response(request)

    # ---- what is known already ----

    def _known(self, question: _Question, secret: bytes) -> tuple[Token, Encoded] | None:
        now = time.monotonic()
        kept = self._kept.get(question)
        until, token = self._tokens.get(secret, (0.0, None))
        if kept is None or kept.until < now or token is None or until < now or alive(token) is None:
            return None
        self._kept.move_to_end(question)
        return token, kept.answer

    def _keep(self, question: _Question, answer: Encoded) -> None:
        _put(self._kept, question, _Kept(time.monotonic() + KEPT_SECONDS, answer))

    def _trust(self, secret: bytes, token: Token) -> None:
        if len(self._tokens) > MOST_KEPT:
            self._tokens.clear()
        self._tokens[secret] = time.monotonic() + TRUSTED_SECONDS, token

    # ---- one statement ----

    async def _looked_up(self, question: _Question, secret: bytes) -> tuple[Token, Encoded] | None:
        own = self._ledger.memory.streams.get(LEDGER_STREAM)
        now = instant(datetime.now(UTC))
        at, today = question.known_at or now, shanghai_date(now)
        day = question.as_of or today
        if question.known_at is None and (still := self._kept_now.get((question.uscc, day, today))) is not None:
            if still.until > time.monotonic() and (token := await self._unchanged(still, question.uscc, secret, now)):
                return token, still.at(now)
            self._kept_now.pop((question.uscc, day, today), None)
        law = self._ledger.memory.law_of(own, at)
        if law is None or at > now:
            return None
        basis = asked(law, day, at)
        query = look_up_query(dialect_of(self._ledger.engine), basis)
        values = parameters_of(basis) | {
            "stream": agency_stream(question.uscc),
            "token": secret,
            "ledger": LEDGER_STREAM,
        }
        try:
            row = await self._reads.row(_with_token(query), values)
        except Unanswered as error:
            log.warning("quick_read_failed", error=str(error)[:300])
            self._kept.clear()  # another server may answer next, with less than this one had
            return None
        if row is None or not own or not _is_plain(row, now):
            return None
        if (row["law_version"], as_instant(row["law_at"])) != (len(own), own[-1].recorded_at):
            return None
        token = token_in(row, now, self._row_key)
        if token is None:
            return None
        hit = hit_of(row)
        content = standing_answer(question.uscc, hit.found, law, day, at, hit.version, basis.year)
        self._trust(secret, token)
        if question.known_at is None:
            answer = encoded(content, of_now=True)
            kept = _KeptNow(time.monotonic() + KEPT_SECONDS, answer, at, (hit.version, *_place_of(row)))
            _put(self._kept_now, (question.uscc, day, today), kept)
            return token, answer
        horizon = as_instant(row["sealed_at"])
        settled = question.as_of is not None and horizon is not None and at < horizon
        answer = encoded(content, for_ever=settled)
        if settled:
            self._keep(question, answer)
        return token, answer

    async def _unchanged(self, still: _KeptNow, uscc: str, secret: bytes, now: Instant) -> Token | None:
        """The token, when nothing was recorded or adopted since: one statement of three look-ups by key."""
        values = {"stream": agency_stream(uscc), "token": secret, "ledger": LEDGER_STREAM}
        try:
            row = await self._reads.row(_with_token(_HEAD), values)
        except Unanswered:
            return None  # the next question finds it so, and says so
        if row is None or (row["version"], *_place_of(row)) != still.place:
            return None
        token = token_in(row, now, self._row_key) if _is_plain(row, now) else None
        if token is not None:
            self._trust(secret, token)
        return token


_HEAD = "SELECT version, last_recorded_at FROM stream_heads WHERE stream = :stream"
_K = TypeVar("_K")
_V = TypeVar("_V")


def _put(kept: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > MOST_KEPT:
        kept.popitem(last=False)


@cache
def _with_token(query: str) -> str:
    """The question with the token's owner; one text object a question, so that nobody has to compare it again."""
    return f"SELECT *, {_PLACE} FROM ({OWNER_QUERY}) t, ({query}) s"  # noqa: S608  # ours


def _place_of(row: Any) -> tuple[Any, ...]:
    """When the agency's last event was recorded, and how far the law stands."""
    return row["last_recorded_at"], row["law_version"], row["law_at"]


def _is_plain(row: Any, now: Instant) -> bool:
    """Of rows that this version made, and nothing in it was recorded later than now."""
    last = as_instant(row["last_recorded_at"])
    return row["rows_by"] == MADE_BY and (last is None or last <= now)


def _question(path: str, query: bytes) -> _Question | None:
    """The question; None when something about it is not as it should be."""
    try:
        return _read(path, query)
    except ValueError:
        return None


@lru_cache(maxsize=10_000)
def _read(path: str, query: bytes) -> _Question:
    given: dict[str, str] = {}
    for part in query.decode("ascii").split("&") if query else ():
        name, _, value = part.partition("=")
        if name in given or name not in ("as_of", "known_at"):
            raise ValueError(name)
        given[name] = unquote_plus(value)
    known = read_known_at(given["known_at"]) if "known_at" in given else None
    if known is not None and ":" in known[:8]:
        raise ValueError(known)  # version:N and log:N
    return _Question(normal_uscc(path), read_day(given["as_of"]) if "as_of" in given else None, known)
