"""Facts for drills: agencies that are filed over HTTP, and what is acknowledged of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from demo.invented_names import uscc
from drills.common import Failed
from drills.service import Answer, Running

FIRST = 8_000_000


@dataclass
class Facts:
    """Files one agency after the other; knows which of them were acknowledged."""

    acknowledged: list[str] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(FIRST))

    def try_one(self, service: Running) -> Answer:
        """File another agency, whatever is answered."""
        code = uscc(next(self._numbers))
        body = {"uscc": code, "name": "演练机构", "category": "综合安全管家", "submitted_on": "2023-01-03"}
        answer = service.ask("POST", "/v1/agencies", body, Idempotency_Key=f"drill-{code}")
        if answer.status == 201:
            self.acknowledged.append(code)
        return answer

    def record(self, service: Running, number: int) -> None:
        """File so many agencies. Raises: Failed when one is not acknowledged."""
        for _ in range(number):
            answer = self.try_one(service)
            if answer.status != 201:
                raise Failed(f"not acknowledged: {answer.status} {answer.body}")


def signed(service: Running) -> int:
    """Have all signed that is recorded; the size of the log."""
    done = service.steward("checkpoint", "--json")
    if done.returncode:
        raise Failed(f"no checkpoint: {done.stderr}")
    return int(done.stdout.split('"size":', 1)[1].split(",", 1)[0])


def standing(service: Running, code: str) -> int:
    """With which status the question about an agency is answered."""
    return service.ask("GET", f"/v1/agencies/{code}/standing").status


def degraded(service: Running) -> set[str]:
    """What readyz names as standing still; empty when it is ready."""
    answer = service.ask("GET", "/readyz")
    if answer.status == 200:
        return set()
    named = {one["name"] for one in answer.body.get("degraded", [])}
    return named or {str(answer.body.get("type", "")).rpartition("/")[2]}
