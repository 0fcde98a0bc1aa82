"""The kinds of problem that the service answers with (RFC 9457): one stable name, status and explanation each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from api.application.answers.law import ProblemKind
from domain.errors import Busy, Contradiction, Forbidden, Invalid, NotFound, Refusal, VersionConflict
from domain.store.db.db_errors import DatabaseDamaged, DatabaseRefused
from domain.store.db.write_guard import FileReplaced, OtherCluster
from domain.store.files.objects import StoreFull, StoreUnavailable
from domain.store.keys.secret_files import UnsafeKeyFile
from domain.store.log.clock import ClockDoubted
from domain.store.proof.checkpoint_archive import LogRewritten, NotKept
from domain.store.proof.log_keys import LogKeyMissing

MEDIA_TYPE = "application/problem+json"


class Malformed(Refusal):
    """The request cannot be read: bad JSON, a malformed header (400)."""


class Unauthenticated(Refusal):
    """No token, or none that is valid (401)."""


class Gone(Refusal):
    """What the path names was there and is over: an expired survey link (410)."""


class TooLarge(Refusal):
    """The body is over the limit (413)."""


class WrongMediaType(Refusal):
    """The body is not JSON by its own declaration (415)."""


@dataclass(eq=False)
class NotSatisfiable(Refusal):
    """The part of a file that is asked for begins after its end (416)."""

    size: int = 0
    """Of the whole file, in bytes."""


class KeyReused(Refusal):
    """An Idempotency-Key that stands for another request (422)."""


@dataclass(frozen=True)
class RefusedRow:
    """One row of a batch that is refused."""

    number: int
    """From 1."""
    post: str
    """The command's path as the row writes it."""
    uscc: str | None
    """The agency that it is about, where that is known."""
    refusal: Refusal
    """With pointers into the whole body."""
    because: int | None = None
    """The refused row that this one refers to."""


@dataclass(eq=False)
class BatchRefused(Refusal):
    """Rows of a batch are refused, so nothing of it was recorded (422)."""

    rows: tuple[RefusedRow, ...] = ()


class TooSlow(Refusal):
    """The body did not arrive in time (408)."""


@dataclass(eq=False)
class TooManyRequests(Refusal):
    """More requests than one address or token may make (429)."""

    seconds: int = 1
    """After how many it may try again."""


class OutOfTime(Refusal):
    """The question took longer than it may (503)."""


class ScannerDown(Refusal):
    """The virus scanner does not answer, or cannot look at a file (503)."""


class NotReady(Refusal):
    """The database cannot be served at the moment (503)."""


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem; `type` in a problem body is `/problems/{name}`."""

    name: str
    status: int
    title: str
    title_en: str
    says: str
    says_en: str

    @property
    def uri(self) -> str:
        """The stable relative reference that names the kind (RFC 9457, 3.1.1)."""
        return f"/problems/{self.name}"

    def page(self) -> ProblemKind:
        """What `GET /problems/{name}` answers."""
        return ProblemKind(
            type=self.uri,
            status=self.status,
            title=self.title,
            title_en=self.title_en,
            description=self.says,
            description_en=self.says_en,
        )


PROBLEM_TYPES: dict[str, ProblemType] = {
    name: ProblemType(name, **said)
    for name, said in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}
"""Every kind of problem by its name, in the words of `problem_types.toml`."""

_NAMES: dict[type[Refusal], str] = {
    Malformed: "malformed-request",
    Unauthenticated: "unauthenticated",
    Forbidden: "forbidden",
    NotFound: "not-found",
    Contradiction: "contradiction",
    Gone: "gone",
    VersionConflict: "version-moved",
    TooLarge: "too-large",
    NotSatisfiable: "range-not-satisfiable",
    WrongMediaType: "unsupported-media-type",
    Invalid: "invalid",
    KeyReused: "idempotency-key-reused",
    BatchRefused: "batch-refused",
    Busy: "busy",
    TooSlow: "too-slow",
    TooManyRequests: "too-many-requests",
    OutOfTime: "out-of-time",
    ScannerDown: "scanner-down",
    StoreUnavailable: "evidence-store",
    StoreFull: "evidence-store-full",
    NotReady: "not-ready",
    DatabaseRefused: "not-ready",
    UnsafeKeyFile: "not-ready",
    LogKeyMissing: "not-ready",
    LogRewritten: "ledger-differs",
    FileReplaced: "file-replaced",
    DatabaseDamaged: "database-damaged",
    OtherCluster: "another-cluster",
    NotKept: "not-ready",
    ClockDoubted: "not-ready",
}


def problem_type_of(refusal: Refusal) -> ProblemType:
    """The kind of problem that a refusal is. `LookupError` for a class that nobody has given a kind."""
    for kind in type(refusal).__mro__:
        if kind in _NAMES:
            return PROBLEM_TYPES[_NAMES[kind]]
    raise LookupError(f"{type(refusal).__name__} has no kind of problem: add it to problem_types.py")
