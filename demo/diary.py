"""What will be recorded about one agency: steps, each at its instant, collected before anything is recorded."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from demo.invented_names import Enterprise, InventedCategory, Worker
from domain.measures.calendar import Calendar
from domain.values import SHANGHAI, Role, time_ordered_id

ONE_DAY = timedelta(days=1)
NOTICES = "notices"
"""Stands in a step's path for: send the notices that are due by then."""


@dataclass(frozen=True)
class DiaryStep:
    """One command, by whom and when it is recorded. Its event's id is known beforehand, so that others can name it."""

    at: datetime
    uscc: str
    path: str
    body: dict[str, Any]
    role: Role
    event_id: str


@dataclass
class Diary:
    """The steps of one agency. Steps of one day keep the order in which they were added."""

    rng: Random
    agency: Enterprise
    category: InventedCategory
    staff: list[Worker]
    calendar: Calendar
    steps: list[DiaryStep] = field(default_factory=list)
    _of_day: Counter[date] = field(default_factory=Counter)

    def add(
        self, on: date, tail: str, role: Role = Role.ASSOCIATION, *, paper: float = 0.06, **body: Any
    ) -> tuple[str, date]:
        """Record a command on the first working day from `on`; gives the event's id and that day.

        `paper`: how likely it is that a note or evidence comes with it.
        """
        day = self.working_day(on)
        self._of_day[day] += 1
        begin = datetime.combine(day, time(9), SHANGHAI)
        at = begin + timedelta(minutes=4 * self._of_day[day], microseconds=self.rng.randrange(200_000_000))
        event_id = time_ordered_id(int(at.timestamp() * 1000), self.rng.randbytes(10))
        content = {name: _plain(value) for name, value in body.items() if value is not None}
        content |= self._papers(tail, event_id, paper)
        uscc = self.agency.uscc
        path = "/v1/agencies" if tail == "" else f"/v1/agencies/{uscc}/{tail}"
        self.steps.append(DiaryStep(at, uscc, path, content, role, event_id))
        return event_id, day

    def send_notices(self, on: date) -> None:
        """Send on that day whatever notice is due and unsent by then."""
        self.add(on, NOTICES, paper=0)

    def working_day(self, day: date) -> date:
        """The first working day from `day` on: offices record nothing on holidays."""
        while not self.calendar.is_working_day(day):
            day += ONE_DAY
        return day

    def _papers(self, tail: str, event_id: str, chance: float) -> dict[str, Any]:
        papers: dict[str, Any] = {}
        if self.rng.random() < chance:
            papers["note"] = self.rng.choice(_NOTES)
        if self.rng.random() < chance:
            papers["evidence"] = [
                {
                    "title": self.rng.choice(_TITLES),
                    "uri": f"urn:demo:{event_id[-12:]}",
                    "sha256": hashlib.sha256(f"{tail}{event_id}".encode()).hexdigest(),
                }
            ]
        return papers


_NOTES = (
    "材料齐全，已核对原件。",
    "经电话确认。",
    "扫描件存档，原件由协会保管。",
    "由经办人当面递交。",
    "与企业安全负责人核实无误。",
    "补正一次后受理。",
)
_TITLES = ("情况说明", "现场照片", "盖章扫描件", "会议签到表", "往来函件", "合同复印件")


def _plain(value: Any) -> Any:
    """Dates as the text that a caller would send."""
    return value.isoformat() if isinstance(value, date) else value
