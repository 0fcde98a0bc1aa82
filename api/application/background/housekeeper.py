"""What goes on behind the requests: sealing and signing the log, noting who used a token and who read, clearing up."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from api.application.background.checkpoint_signer import CheckpointCopies, CheckpointSigner
from api.application.background.chores import NO_CHORES, Chores
from api.application.background.degraded import Degraded
from api.application.privacy.reading_log import ReadingLog
from api.settings import Settings
from domain.errors import Busy, Refusal
from domain.spans import span
from domain.store.access.association import Association, association_of
from domain.store.access.tokens import Token, is_stale, touch_token
from domain.store.db.db_errors import WritesStopped
from domain.store.db.dialect import database_clock
from domain.store.db.engine import Engine, leave_no_trace, reading, writing
from domain.store.log.clock import ClockWatch
from domain.store.log.sequencer import seal, sealed_until, unsealed
from domain.store.log.stream_heads import last_recorded_at
from domain.store.messages.delivery_rows import due_since
from domain.store.proof.proof_reader import Signed, latest_checkpoint
from domain.values import instant, moment

log = structlog.get_logger("steward")

IDLE_SECONDS = 2.0
"""How often to look when this process has recorded nothing: an import or another process may have."""
CHECKPOINT_SECONDS = 1.0
"""A busy ledger is signed no more often than this: a checkpoint stays for ever, here and with the witness."""

SWITCH_SECONDS = 0.0005
"""How long what is worked out behind (hints of a long history) may keep the interpreter from a request. Each of the
some fifty queries of a page gives it up and waits so long to have it back; with Python's own 5 ms a page took 0.6 s
where it takes 0.1 s."""
PRUNE_SECONDS = 3600.0
"""How often consultations that need not be kept any longer are looked for."""
CLEAR_SECONDS = 60.0
"""How often files of evidence that are past their day are looked for."""
ASSOCIATION_SECONDS = 30.0
"""How long pages believe what was last read of the association's name and logo: another process may have changed it."""
HINT_SECONDS = 2.0
"""A ledger in which something is recorded all the time works out hints at least so often."""
STILL_SECONDS = 60.0
"""How long a place in the log, or a signature, may be waited for without any being given meanwhile."""
LATE = timedelta(minutes=10)
UNDELIVERED = "background.deliveries-behind"
"""What is due to be sent and nobody takes for so long: no process delivers, or e-mail was switched off meanwhile."""
PATIENT_ROUNDS = 3
"""A database that is busy may spoil so many rounds of a task before it is called stopped."""
NAMES = {
    "_watch_clock": ("clock", "暂停记录", "nothing is recorded"),
    "_seal": ("sequencing", "记录未获得日志序号", "events get no place in the log"),
    "_prove": ("signing", "日志未签署", "the log is not signed"),
    "_copy": ("background.copies", "检查点未送到第二处", "checkpoints do not reach their second place"),
    "_touch": ("background.tokens", "令牌使用未记下", "the use of tokens is not noted"),
    "_note_readings": ("background.consultations", "查阅未记下", "consultations are not written down"),
    "_prune": ("background.pruning", "到期的查阅记录未清除", "consultations past their time are not cleared"),
    "_clear_evidence": ("background.evidence", "作废的证据文件未清除", "files that nobody can open are not taken away"),
    "_leave_no_trace": ("background.traces", "已删除的密钥未被抹除", "keys destroyed are not overwritten yet"),
    "_name_association": ("background.association", "协会名称未读取", "the association's name is not read"),
    "_tell_people": ("background.messages", "人员未收到消息", "people are not told of what happens"),
    "_take_up_workbooks": ("background.workbooks", "未办完的工作簿未继续", "workbooks left undone are not taken up"),
    "_work_out_hints": ("background.hints", "线索未预先推算", "hints are not worked out ahead"),
    "_watch": ("background.watching", "封存与签署的进度未知", "how far the log is ordered and signed is not known"),
}
"""The tasks of a round, in their order: the name and the words by which its failing is known."""


class Housekeeper:
    """One background thread. It logs what fails and goes on; `stop` ends it and waits for it."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        notary: CheckpointSigner,
        readings: ReadingLog,
        degraded: Degraded | None = None,
        clock: ClockWatch | None = None,
        chores: Chores = NO_CHORES,
    ) -> None:
        self._chores = chores
        self.take_up: Callable[[], None] = lambda: None
        """Goes on with workbooks that nobody works on (`bringing/book_worker.py`)."""
        self._files_cleared = self._files_swept = -PRUNE_SECONDS
        self._clock = clock
        self._degraded = degraded or Degraded()
        self.failures = dict.fromkeys((name for name, *_ in NAMES.values()), 0)
        """How often each task has failed since the process began."""
        self.last_round: float | None = None
        """When the last round ended, by the monotonic clock; None before the first."""
        self._failing: dict[str, int] = {}
        self._moved: dict[str, tuple[int, float]] = {}
        self._engine, self._seal_seconds, self._notary = engine, settings.seal_seconds, notary
        self._readings, self._reading_days = readings, settings.reading_days
        self._proved, self._pruned, self._signed, self._hinted = -CHECKPOINT_SECONDS, -PRUNE_SECONDS, 0, -HINT_SECONDS
        self._stop, self._recorded = threading.Event(), threading.Event()
        self._latest: Signed | None = None
        self.association: Association | None = None
        """What the head of every page says, from memory; None: the administrator has said nothing."""
        self._association_read = -ASSOCIATION_SECONDS
        self.copies = CheckpointCopies(engine, settings)
        self._used: dict[bytes, Token] = {}
        self._erased = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="steward-housekeeper", daemon=True)

    def start(self) -> None:
        """Begin; a request that waits for the interpreter while something is worked out behind gets it soon."""
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread.start()

    def stop(self, wait_seconds: float = 15.0) -> None:
        """End after what is under way, sealing once more what was recorded."""
        self._stop.set()
        self._recorded.set()
        if self._thread.is_alive():
            self._thread.join(wait_seconds)

    def recorded(self, *, erased: bool = False) -> None:
        """Something was recorded and is to be sealed. `erased`: a key was destroyed, and is to leave no trace."""
        self._erased = self._erased or erased
        self._recorded.set()

    def used(self, token: Token) -> None:
        """A token was used; written down later, at most once a minute."""
        if is_stale(token):
            with self._lock:
                self._used[token.token_sha256] = token

    def _run(self) -> None:
        while not self._stop.is_set():
            self._recorded.wait(IDLE_SECONDS)
            self._stop.wait(self._seal_seconds)
            self._recorded.clear()
            self.tidy()
        self.tidy()  # what came while the last round was under way

    def tidy(self) -> None:
        """One round: seal what can be sealed, sign how far that is, note what was used and read."""
        for task in NAMES:
            try:
                with span(f"background {NAMES[task][0]}"):
                    getattr(self, task)()
            except Exception as error:  # noqa: BLE001  # whatever it was, the next round has to come
                log.error("housekeeping_failed", task=task, error=f"{type(error).__name__}: {error}"[:300])
                self._failed(task, error)
            else:
                self._failing.pop(task, None)
                self._degraded.clear(NAMES[task][0])
        self.last_round = time.monotonic()

    def _failed(self, task: str, error: Exception) -> None:
        name, text, text_en = NAMES[task]
        self.failures[name] += 1
        self._failing[task] = rounds = self._failing.get(task, 0) + 1
        if isinstance(error, Busy) and rounds < PATIENT_ROUNDS:
            return
        said, said_en = (error.text, error.text_en) if isinstance(error, Refusal) else (type(error).__name__,) * 2
        self._degraded.set(name, f"{text}：{said}", f"{text_en}: {said_en}")

    def _watch(self) -> None:
        """Nothing fails, and yet nothing goes on: a transaction left open holds the log back, say."""
        with reading(self._engine) as connection:
            sealed, (waiting, _) = sealed_until(connection)[0], unsealed(connection)
            signed = latest_checkpoint(connection)
            overdue = due_since(connection, instant(database_clock(connection) - LATE))
        size = 0 if signed is None else signed.size
        self._is_behind(
            "sequencing-behind",
            waiting > 0,
            sealed,
            f"{waiting} 条记录等待日志序号，已停滞",
            f"{waiting} events wait for their place in the log, and none is given",
        )
        self._is_behind(
            "signing-behind",
            sealed > size,
            size,
            f"已签署至 {size}，日志已至 {sealed}，已停滞",
            f"signed up to {size} of {sealed}, and it does not go on",
        )
        if overdue is None:
            self._degraded.clear(UNDELIVERED)
        else:
            at = moment(overdue).isoformat(timespec="seconds")
            self._degraded.set(UNDELIVERED, f"待发消息自 {at} 起无人发送", f"what is to be sent waits since {at}")

    def _is_behind(self, name: str, waits: bool, place: int, text: str, text_en: str) -> None:
        now = time.monotonic()
        before, since = self._moved.get(name, (-1, now))
        if not waits or before != place:
            self._moved[name] = place, now
            self._degraded.clear(name)
        elif now - since > STILL_SECONDS:
            self._degraded.set(name, text, text_en)

    def _watch_clock(self) -> None:
        """Compare the clock also while nothing is recorded: a jump is seen, a clock that is right again is taken."""
        if self._clock is not None:
            with reading(self._engine) as connection:
                self._clock.require(database_clock(connection), lambda: last_recorded_at(connection))
            self._clock.keep()

    def _seal(self) -> None:
        if "_watch_clock" in self._failing:
            return  # `sealed_at` promises that nothing earlier comes: not by this clock
        if seal(self._engine):
            self._recorded.set()  # more may have come meanwhile, or wait for a transaction that is still open

    def _prove(self) -> None:
        """At most so often, and once more at the end; what is left is found by the next round."""
        if time.monotonic() - self._proved >= CHECKPOINT_SECONDS or self._stop.is_set():
            self._proved = time.monotonic()
            signed = self._latest = self._notary.bring_up()
            if signed is None:
                return
            self._notary.keys.require_current()
            if signed.size > self._signed:
                self._signed = signed.size
                log.info("checkpoint", size=signed.size, root=signed.root.hex())

    def _copy(self) -> None:
        if self._latest is not None:
            self.copies.follow(self._notary.origin, self._latest)
            self.copies.require_well()

    def _note_readings(self) -> None:
        self._readings.flush()

    def _prune(self) -> None:
        if time.monotonic() - self._pruned > PRUNE_SECONDS and not self._readings.prune(self._reading_days):
            self._pruned = time.monotonic()

    def _clear_evidence(self) -> None:
        """Files past their day, or erased just now; once an hour also what lies in the store and nothing knows."""
        now = time.monotonic()
        with suppress(WritesStopped):  # an old copy, perhaps: it does not judge what may go
            if self._erased or now - self._files_cleared > CLEAR_SECONDS:
                while self._chores.clear_files() and not self._stop.is_set():
                    continue
                self._files_cleared = now
            if now - self._files_swept > PRUNE_SECONDS:
                self._chores.sweep_files()
                self._files_swept = now

    def _leave_no_trace(self) -> None:
        if self._erased:
            self._erased = not leave_no_trace(self._engine)  # readers of an older moment: in the next round

    def _tell_people(self) -> None:
        """Some events at a time, so that sealing does not wait; what is not told now is told in the next round."""
        if not self._stop.is_set() and not self._chores.tell():
            self._recorded.set()

    def _take_up_workbooks(self) -> None:
        self.take_up()

    def _work_out_hints(self) -> None:
        """Ahead of being asked for, some at a time, so that sealing does not wait; in a busy ledger now and then.

        What cannot be written now is worked out in a later round: answers say meanwhile how far hints go.
        """
        is_busy = self._recorded.is_set() and time.monotonic() - self._hinted < HINT_SECONDS
        if self._stop.is_set() or is_busy:
            return
        with suppress(Refusal):
            if not self._chores.bring_hints_up():
                self._recorded.set()
        self._hinted = time.monotonic()

    def read_association(self) -> None:
        """Take what the association is called now: when it was changed here, and once in a while."""
        with reading(self._engine) as connection:
            self.association = association_of(connection)
        self._association_read = time.monotonic()

    def _name_association(self) -> None:
        if time.monotonic() - self._association_read >= ASSOCIATION_SECONDS:
            self.read_association()

    def _touch(self) -> None:
        with self._lock:
            used, self._used = self._used, {}
        if used:
            with writing(self._engine, beside=True) as connection:
                for token in used.values():
                    touch_token(connection, token)
