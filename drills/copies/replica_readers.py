"""Somebody who asks all the time, over a service that has read replicas: an answer holds what was acknowledged before.

Whatever happens to the servers meanwhile: the newest acknowledged fact is in the answer, the log has come to where it
was seen (`min_log`), or the question is told 503 with Retry-After. Nothing old is given.
"""

from __future__ import annotations

import re
import threading
import time

from drills.common import Failed, step
from drills.failover import Load
from drills.service import Running

PAUSE_SECONDS = 0.05
_ANSWERED = re.compile(r'^steward_replica_questions_total\{answered_by="replica"\} (\S+)$', re.MULTILINE)


class ReplicaReaders:
    """Asks until `end`. `answered` and `refused`: how many questions were answered in full, and told to come again."""

    def __init__(self, service: Running, load: Load) -> None:
        self._service, self._load, self._ended = service, load, threading.Event()
        self.answered = self.refused = 0
        self._wrong: list[str] = []
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def by_replica(self) -> int:
        """How many questions the replicas have answered so far, as the service's own figures say. Raises: Failed."""
        answer = self._service.ask("GET", "/metrics")
        found = _ANSWERED.search(answer.body.decode() if isinstance(answer.body, bytes) else "")
        if found is None:
            raise Failed(f"the figures do not say who answers: {answer.status}")
        return int(float(found[1]))

    def wait_for_replica(self, seconds: float) -> None:
        """Wait until replicas answer: a planned stop of one, or a new primary, leaves them out for a while only."""
        begun, before = time.monotonic(), self.by_replica()
        while self.by_replica() <= before:
            if time.monotonic() - begun > seconds:
                raise Failed(f"no replica answers: {self._service.ask('GET', '/readyz').body} {self._wrong[:1]}")
            time.sleep(0.2)
        step(
            f"ok: replicas answer {time.monotonic() - begun:.1f} s later ({self.answered} in full, {self.refused} 503)"
        )

    def end(self) -> None:
        """Ask no more. Raises: Failed for an answer that was old, or an error."""
        self._ended.set()
        self._thread.join(120)
        if self._wrong:
            raise Failed(f"old or wrong answers: {len(self._wrong)} {self._wrong[:3]}")
        step(f"ok: {self.answered} questions answered in full, none old; {self.refused} were told to come again")

    def _ask(self) -> None:
        seen = 0
        while not self._ended.wait(PAUSE_SECONDS):
            acknowledged = list(self._load.acknowledged.items())
            if not acknowledged:
                continue
            code, event = acknowledged[-1]
            answer = self._service.ask("GET", f"/v1/agencies/{code}/events?min_log={seen}")
            if answer.status == 200 and [one["id"] for one in answer.body["items"]] == [event]:
                self.answered += 1
            elif answer.status == 503 and "retry-after" in answer.headers:
                self.refused += 1
                continue
            else:
                self._wrong.append(f"{code}, min_log={seen}: {answer.status} {str(answer.body)[:200]}")
            log = self._service.ask("GET", f"/v1/log?after={seen}&limit=1&min_log={seen}")
            if log.status == 200 and log.body["sealed"] < seen:
                self._wrong.append(f"the log had come to {seen}, and is said to be at {log.body['sealed']}")
            seen = max(seen, log.body["sealed"]) if log.status == 200 else seen
