"""Histories as they happen: the facts of an agency over some years, in the mix of a working district.

Of 100 facts about 40 are survey forms and effect scores, 25 of projects, 17 of submissions, 10 of complaints, the rest
lapses, bad records, honours, changes and, rarely, accidents and penalties.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from api.application.commands import find_command
from domain.commands.base import Command
from domain.ledger.unit_of_work import UnitOfWork
from domain.values import Role, new_id, normal_uscc

START = date(2016, 1, 4)
FIRST_DAY = date(2021, 11, 1)
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


class Fact(NamedTuple):
    """One command: its path, body and the id that its event gets."""

    post: str
    body: dict[str, Any]
    path_id: str | None
    id: str


def command_of(fact: Fact) -> tuple[str, Command]:
    """Its agency and its command, parsed."""
    found = find_command(fact.post)
    if found is None:
        raise LookupError(fact.post)
    route, given, _ = found
    return given or str(fact.body["uscc"]), route.body.model_validate(fact.body)


def send(unit: UnitOfWork, fact: Fact, actor: str = "bench") -> None:
    """Record it."""
    agency, command = command_of(fact)
    record(unit, fact, agency, command, actor)


def record(unit: UnitOfWork, fact: Fact, agency: str, command: Command, actor: str = "bench") -> None:
    """Record a fact that has been parsed. `actor`: the person; one whom an audit asks for has to be on record."""
    unit.record(
        agency,
        command,
        actor=actor,
        role=Role.REGULATOR,
        via="api",
        path_id=fact.path_id,
        event_id=fact.id,
        new=fact.post == "/v1/agencies",
    )


def uscc(number: int) -> str:
    """A valid code of an invented enterprise, by number (GB 32100-2015)."""
    digits: list[str] = []
    for _ in range(9):
        number, digit = divmod(number, len(_CHARACTERS))
        digits.append(_CHARACTERS[digit])
    body = "91441399" + "".join(reversed(digits))
    total = sum(_CHARACTERS.index(one) * weight for one, weight in zip(body, _WEIGHTS, strict=True))
    return normal_uscc(body + _CHARACTERS[-total % 31])


class History:
    """The facts of one agency, `years` years long and ending by `until`."""

    def __init__(self, number: int, years: float = 10, until: date = date(2026, 6, 30)) -> None:
        self.uscc = uscc(number)
        self._random = random.Random(number)  # invented data
        self._until = until
        self._first = until - timedelta(days=int(365 * years))
        self._clients = [
            {"uscc": uscc(10_000_000 + self._random.randrange(10_000)), "name": f"企业{n}"} for n in range(12)
        ]
        self._open: dict[str, list[str]] = {}
        self._received: dict[str, date] = {}

    def facts(self, count: int) -> Iterator[Fact]:
        """So many facts, in about the order of their days; some arrive late."""
        yield self._filing()
        yield self._fact("filing-decision", {"outcome": "filed", "decided_on": self._iso(self._first)})
        kinds = [kind for kind, weight in _MIX for _ in range(weight)]
        span = (self._until - self._first).days
        for place in range(max(count - 2, 0)):
            self._day = self._first + timedelta(days=span * place // max(count - 2, 1))
            if self._random.random() < 0.1:
                self._day = max(self._first, self._day - timedelta(days=self._random.randrange(1, 60)))
            yield getattr(self, f"_{self._random.choice(kinds)}")()

    def _filing(self) -> Fact:
        body = {
            "uscc": self.uscc,
            "name": f"安全服务机构{self.uscc[-6:]}",
            "category": self._random.choice("甲乙丙"),
            "legal_representative": "张三",
            "submitted_on": self._iso(self._first),
        }
        return Fact("/v1/agencies", body, None, new_id())

    def _fact(self, path: str, body: dict[str, Any], path_id: str | None = None, opens: str | None = None) -> Fact:
        made = Fact(f"/v1/agencies/{self.uscc}/{path}", body, path_id, new_id())
        if opens is not None:
            self._open.setdefault(opens, []).append(made.id)
        return made

    def _take(self, kind: str) -> str | None:
        waiting = self._open.get(kind, [])
        return waiting.pop(0) if waiting else None

    @staticmethod
    def _iso(day: date) -> str:
        return day.isoformat()

    def _today(self, later: int = 0) -> str:
        return self._iso(self._day + timedelta(days=later))

    def _survey(self) -> Fact:
        answers = self._random.choices("ABC", (8, 3, 1), k=10)
        client = self._random.choice(self._clients)
        body = {"client": client, "year": self._day.year, "submitted_on": self._today(), "answers": answers}
        return self._fact("surveys", body)

    def _effect(self) -> Fact:
        value = self._random.randrange(60, 101)
        client = self._random.choice(self._clients)
        body = {"client": client, "year": self._day.year, "value": value, "scored_on": self._today()}
        return self._fact("effect-scores", body)

    def _project(self) -> Fact:
        body = {
            "client": self._random.choice(self._clients),
            "started_on": self._today(),
            "due_on": self._today(self._random.randrange(60, 400)),
        }
        return self._fact("projects", body, opens="project")

    def _completion(self) -> Fact:
        one = self._take("project")
        if one is None:
            return self._project()
        return self._fact(f"projects/{one}/completion", {"completed_on": self._today()}, one)

    def _request(self) -> Fact:
        body = {
            "item": self._random.choice((1, 3, 6)),
            "title": "季度材料",
            "requested_on": self._today(),
            "due_on": self._today(10),
        }
        return self._fact("submission-requests", body, opens="request")

    def _receipt(self) -> Fact:
        one = self._take("request")
        if one is None:
            return self._request()
        return self._fact(f"submission-requests/{one}/receipt", {"received_on": self._today()}, one)

    def _complaint(self) -> Fact:
        made = self._fact("complaints", {"received_on": self._today(), "grounds": "poor_quality"}, opens="complaint")
        self._received[made.id] = self._day
        return made

    def _decision(self) -> Fact:
        one = self._take("complaint")
        if one is None:
            return self._complaint()
        body: dict[str, Any] = {
            "outcome": "dismissed",
            "decided_on": self._iso(max(self._day, self._received[one])),
            "findings": "不属实",
        }
        if self._random.random() < 0.2:
            body |= {"outcome": "upheld", "findings": "属实", "verified_grounds": "poor_quality"}
        return self._fact(f"complaints/{one}/decision", body, one)

    def _lapse(self) -> Fact:
        return self._fact("lapses", {"item": self._random.choice((1, 4, 7, 9)), "occurred_on": self._today()})

    def _record(self) -> Fact:
        return self._fact("bad-records", {"behaviour": "16.3", "content": "核查情况", "entered_on": self._today()})

    def _honour(self) -> Fact:
        body = {
            "level": "district",
            "reason": f"先进{self._day.year}-{self._random.randrange(5)}",
            "awarded_on": self._today(),
            "title": "先进单位",
            "authority": "大亚湾区应急管理局",
            "authority_kind": "emergency_management",
        }
        return self._fact("honours", body)

    def _change(self) -> Fact:
        fields = {"address": f"澳头街道{self._random.randrange(500)}号"}
        return self._fact("changes", {"changed_on": self._today(), "reported_on": self._today(3), "fields": fields})

    def _pledge(self) -> Fact:
        return self._fact("pledge", {"signed_on": self._today()})

    def _accident(self) -> Fact:
        return self._fact("accidents", {"found_on": self._today(), "severity": "general", "liability": "indirect"})

    def _inspection(self) -> Fact:
        return self._fact("inspections", {"inspected_on": self._today(), "findings": "资料齐全"})


_MIX = (
    ("survey", 50), ("effect", 30), ("project", 25), ("completion", 25), ("request", 17), ("receipt", 17),
    ("complaint", 10), ("decision", 10), ("lapse", 8), ("record", 3), ("honour", 2), ("change", 3), ("pledge", 1),
    ("inspection", 4),
)  # fmt: skip
