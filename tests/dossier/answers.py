"""Real answers to print and to draw: an agency in memory with a year that has something of everything."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, cast

from domain.ledger.reader import Reader
from domain.values import Role
from projections.answers.scalars import plain
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries
from projections.replay.standing import standing
from tests.specification import District, noon, uscc

AGENCY, CLIENT = uscc(1), uscc(500)
NOW = "2025-03-03T04:00:00.000000Z"


def _person(name: str, years: int) -> dict[str, Any]:
    return {"name": name, "years": years, "qualification": "注册安全工程师", "certificate_no": f"AQ{years}"}


FILED = {
    "uscc": AGENCY,
    "name": "惠州市澄屏安全科技有限公司",
    "category": "综合安全管家",
    "legal_representative": "某甲",
    "technical_lead": "某乙",
    "address": "大亚湾",
    "local": True,
    "scope": ["安全管家"],
    "qualifications": [],
    "personnel": [],
    "submitted_on": "2023-01-03",
}
FACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/filing-decision", {"outcome": "filed", "decided_on": "2023-01-04"}),
    ("/projects", {
        "client": {"uscc": CLIENT, "name": "某化工有限公司"}, "contract_no": "HT-1", "service_type": "安全管家",
        "started_on": "2023-01-05", "due_on": "2026-01-05", "quality_lead": _person("某丙", 5),
        "technicians": [_person("某丁", 3), _person("某戊", 4)],
    }),
    ("/lapses", {"occurred_on": "2024-02-01", "item": 4}),
    ("/lapses", {"occurred_on": "2024-02-02", "item": 4}),
    ("/bad-records", {"entered_on": "2024-02-05", "behaviour": "16.5b", "content": "核查情况"}),
    ("/honours", {
        "awarded_on": "2024-05-06", "level": "municipal", "reason": "技术服务", "title": "先进<单位>&表彰",
        "authority": "惠州市应急管理局", "authority_kind": "emergency_management",
    }),
    ("/honours", {
        "awarded_on": "2024-05-07", "level": "district", "reason": "公益", "title": "热心公益",
        "authority": "街道办", "authority_kind": "other",
    }),
)  # fmt: skip


def upheld(district: District, decided_on: str) -> str:
    """A complaint that counts (art.17); gives the event of its decision."""
    district.clock = max(district.clock, noon(date.fromisoformat(decided_on)))
    complaint = district.send(
        f"/v1/agencies/{AGENCY}/complaints",
        {"received_on": decided_on, "complainant": "某企业", "grounds": "missed_hazard"},
    )
    body = {"outcome": "upheld", "decided_on": decided_on, "findings": "属实", "verified_grounds": "missed_hazard"}
    return district.send(f"/v1/agencies/{AGENCY}/complaints/{complaint.id}/decision", body).id


@lru_cache(maxsize=1)
def district() -> District:
    """Its three upheld complaints end in a blacklisting on 2024-08-01 (art.17(3), art.25)."""
    made = District()
    made.clock = noon(date(2023, 1, 3))
    made.send("/v1/agencies", FILED)
    for path, body in FACTS:
        day = next(value for value in body.values() if isinstance(value, str) and value.startswith("20"))
        made.clock = max(made.clock, noon(date.fromisoformat(day)))
        made.send(f"/v1/agencies/{AGENCY}{path}", body)
    for day in ("2024-06-03", "2024-07-01", "2024-08-01"):
        upheld(made, day)
    made.clock = noon(date(2025, 1, 10))
    made.role = Role.REGULATOR
    made.send(
        f"/v1/agencies/{AGENCY}/effect-scores",
        {
            "client": {"uscc": CLIENT, "name": "某化工有限公司"},
            "year": 2024,
            "value": "91.5",
            "scored_on": "2025-01-10",
        },
    )
    return made


def questions() -> ReplayQueries:
    """The questions at a fixed clock; nothing here needs a database."""
    return ReplayQueries(cast(Reader, None), NOW)


def basis(as_of: str = "2025-03-01") -> Basis:
    """The agency's basis, with all that was recorded."""
    return district().basis(AGENCY, date.fromisoformat(as_of), NOW)


def sheet(year: int = 2024, as_of: str = "2025-03-01") -> dict[str, Any]:
    """The answer of `GET .../sheets/{year}`; a fresh copy each time."""
    found: dict[str, Any] = plain(questions().sheet(basis(as_of), year))
    return found


def standing_answer(as_of: str = "2025-03-01") -> dict[str, Any]:
    """The answer of `GET .../standing`."""
    found: dict[str, Any] = plain(standing(basis(as_of)))
    return found


def timeline(first: str | None = None, last: str = "2025-03-01") -> dict[str, Any]:
    """The answer of `GET .../timeline`."""
    begin = None if first is None else date.fromisoformat(first)
    found: dict[str, Any] = plain(questions().timeline(basis(), begin, date.fromisoformat(last)))
    return found
