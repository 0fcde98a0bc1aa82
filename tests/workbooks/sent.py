"""Workbooks sent over HTTP, and waited for."""

from __future__ import annotations

import time
from typing import Any

from tests.http.world import Person


def sent_workbook(who: Person, kind: str, content: bytes, name: str = "表格.xlsx", **headers: str) -> Any:
    """A file is sent as a form does."""
    return who.client.post(f"/v1/workbooks/{kind}", files={"file": (name, content)}, headers={**who.headers, **headers})


def ended(who: Person, run: str, **query: Any) -> dict[str, Any]:
    """How a workbook is, once nothing goes on any more."""
    found: dict[str, Any] = {}
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = who.get(f"/v1/workbook-runs/{run}", **query).json()
        if found["state"] not in ("checking", "recording"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"it does not end: {found}")


def recorded(who: Person, kind: str, content: bytes, part: str = "all") -> dict[str, Any]:
    """A file is sent, checked and recorded."""
    run = sent_workbook(who, kind, content).json()["id"]
    ended(who, run)
    answer = who.post(f"/v1/workbook-runs/{run}/recording", {"part": part})
    assert answer.status_code == 202, answer.text
    return ended(who, run)
