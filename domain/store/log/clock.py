"""Whether the clock that facts are recorded by is to be believed.

The instant of recording is the database's clock (R1). A clock that jumps for a moment would date facts into the
future for ever, and everything after them as well: no event is recorded before the one it follows. So it is compared
with a clock that cannot be set, which runs since the machine was started, and at the first fact of a process with the
last recorded instant. Beyond a bound nothing is recorded until the clock is right again, or a person says that it is
(`steward clock accept`). What both clocks showed is kept in a file beside the keys: a restart does not forget it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from domain.errors import Refusal
from domain.store.db.copies import make_folder
from domain.store.keys.secret_files import replace
from domain.values import Instant, instant, moment

FILE = "clock.json"
IDLE = timedelta(days=31)
"""A ledger in which nothing was recorded for longer is asked about once: was nothing done, or is the clock ahead?"""
KEEP_SECONDS = 30.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ClockDoubted(Refusal):
    """The clock is not where it should be by now: nothing is recorded until it is, or somebody has accepted it."""


@dataclass(frozen=True)
class ClockReading:
    """What the database's clock showed when the machine had run for so long, and who has accepted it, if anybody."""

    boot: str
    ran: float
    clock: Instant
    person: str = ""
    reason: str = ""
    behind: Instant = ""
    """The last recorded instant when it was accepted: later than the clock after a jump that went unnoticed."""


class ClockWatch:
    """One ledger's. Safe to use from any thread; several processes may share the file."""

    def __init__(self, folder: Path, bound: timedelta) -> None:
        self._file, self._bound, self._lock = folder / FILE, bound, Lock()
        self._last: ClockReading | None = None
        self._kept = -KEEP_SECONDS

    def require(self, now: datetime, last_recorded: Callable[[], Instant | None]) -> None:
        """The clock, just read, may be recorded by. Raises: ClockDoubted."""
        with self._lock:
            if self._last is None:
                self._last = self._begun(now, last_recorded())
            expected = _expected(self._last)
            if expected is None or not self._near(now, expected):
                kept = self._read()
                if kept is None or not self._accepts(kept, now):
                    raise _doubted(now, expected or moment(self._last.clock))
            self._last = _shown(now)

    def keep(self) -> None:
        """Write down what the clocks showed, now and then."""
        with self._lock:
            if self._last is not None and time.monotonic() - self._kept > KEEP_SECONDS:
                accepted = self._read()
                behind = accepted.behind if accepted is not None else ""
                self._write(ClockReading(self._last.boot, self._last.ran, self._last.clock, behind=behind))
                self._kept = time.monotonic()

    def accept(self, now: datetime, last_recorded: Instant | None, person: str, reason: str) -> None:
        """A person says that the clock is right."""
        ahead = last_recorded is not None and moment(last_recorded) > now
        self._write(ClockReading(*_boot(), instant(now), person, reason, (last_recorded or "") if ahead else ""))

    def last_kept(self) -> ClockReading | None:
        """What the file says."""
        return self._read()

    def _begun(self, now: datetime, last: Instant | None) -> ClockReading:
        """What to compare with at a process's first fact: what was shown since the machine started, if known."""
        kept = self._read()
        if kept is not None and _expected(kept) is not None:
            return kept
        accepted = kept is not None and self._accepts(kept, now)
        known_to_be_ahead = kept is not None and last is not None and kept.behind >= last
        if last is not None and not accepted:
            gap = now - moment(last)
            if gap > IDLE or (gap < -self._bound and not known_to_be_ahead):
                raise _doubted(now, moment(last))
        return _shown(now)

    def _accepts(self, kept: ClockReading, now: datetime) -> bool:
        expected = _expected(kept)
        return self._near(now, expected if expected is not None else moment(kept.clock)) and (
            bool(kept.person) or (self._last is not None and expected is not None and kept.ran > self._last.ran)
        )

    def _near(self, now: datetime, expected: datetime) -> bool:
        return abs(now - expected) <= self._bound

    def _read(self) -> ClockReading | None:
        if not self._file.exists():
            return None
        return ClockReading(**json.loads(self._file.read_text("utf-8")))

    def _write(self, shown: ClockReading) -> None:
        make_folder(self._file.parent)
        replace(self._file, json.dumps(asdict(shown), ensure_ascii=False).encode())  # half of one would be no clock


def _boot() -> tuple[str, float]:
    """Which run of the machine this is, and for how many seconds it has run, sleep included where that is known."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return "", time.monotonic()
    return _BOOT_ID.read_text("ascii").strip() if _BOOT_ID.exists() else "", time.clock_gettime(time.CLOCK_BOOTTIME)


def _shown(now: datetime) -> ClockReading:
    return ClockReading(*_boot(), instant(now))


def _expected(shown: ClockReading) -> datetime | None:
    """What the clock should show now; None when the machine was started anew since."""
    boot, ran = _boot()
    return moment(shown.clock) + timedelta(seconds=ran - shown.ran) if boot == shown.boot else None


def _doubted(now: datetime, expected: datetime) -> ClockDoubted:
    shown, wanted = instant(now), instant(expected)
    return ClockDoubted(
        f"数据库时钟显示 {shown}，按上次记录和开机时钟应约为 {wanted}：暂停记录，以免事实被记到错误的时刻",
        f"the database's clock shows {shown} where about {wanted} was to be expected: nothing is recorded, so that no "
        "fact is dated wrongly",
        cites=("R1",),
        remedy="请校准时钟；确认时钟无误时运行 steward clock accept --as 姓名 --reason 原因",
        remedy_en="Set the clock right; if it is right, run steward clock accept --as NAME --reason WHY.",
    )
