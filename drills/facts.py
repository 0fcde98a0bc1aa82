"""Facts for drills: agencies that are filed over HTTP, and what is acknowledged of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from demo.invented_names import uscc
from drills.common import Failed
from drills.service import PERSON, Answer, Running

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


def with_evidence(service: Running, code: str, file: Path) -> str:
    """Keep a file of evidence and record it with a lapse of an agency; its SHA-256. Raises: Failed."""
    kept = service.steward("upload", str(file), "--as", PERSON, "--json")
    if kept.returncode:
        raise Failed(f"not kept: {kept.stderr}")
    found = json.loads(kept.stdout)
    paper = {"title": "演练照片", **{name: found[name] for name in ("sha256", "size", "media_type")}}
    body = {"item": 4, "occurred_on": "2023-02-03", "evidence": [paper]}
    answer = service.ask("POST", f"/v1/agencies/{code}/lapses", body, Idempotency_Key="drill-evidence")
    if answer.status != 201:
        raise Failed(f"not recorded with its file: {answer.status} {answer.body}")
    return str(found["sha256"])


def evidence(service: Running, sha256: str) -> bytes | None:
    """A file of evidence as it is handed out; None where it is not."""
    answer = service.ask("GET", f"/v1/evidence/{sha256}")
    return answer.body if answer.status == 200 else None


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
