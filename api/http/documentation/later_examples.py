"""Examples of the commands that came after the first contract: around the decision (R38a, R42, R43)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EVENT_ID = "019331d2-6c3a-7b1e-9f00-4d2a8c5e7f10"


@dataclass(frozen=True)
class CommandExample:
    """A body, the fact that it makes, and whether the command can contradict the trail (409)."""

    body: dict[str, Any]
    event: str
    can_contradict: bool = True
    more: tuple[str, ...] = ()
    """Further facts that it makes, after its own."""


LATER_EXAMPLES: dict[str, CommandExample] = {
    "FileStatement": CommandExample(
        {
            "filed_on": "2024-06-13",
            "event_id": EVENT_ID,
            "content": "当日交通管制，迟到二十分钟，已电话说明",
            "evidence": [{"title": "机构来函扫描件"}],
        },
        "StatementFiled",
    ),
    "RecordSuccession": CommandExample(
        {
            "effective_on": "2025-07-01",
            "kind": "merger",
            "successors": ["91441300MA51C1EN7F"],
            "basis": "合并协议及登记机关准予变更登记通知书",
        },
        "AgencySucceeded",
    ),
    "RecordService": CommandExample(
        {"served_on": "2024-06-07", "outcome": "delivered", "way": "courier"}, "NoticeDelivered"
    ),
    "AcknowledgeNotice": CommandExample(
        {"acknowledged_on": "2024-06-08", "evidence": [{"title": "送达回证"}]}, "NoticeAcknowledged"
    ),
    "GiveNoticeLink": CommandExample({"given_on": "2024-06-07", "expires_on": "2099-12-31"}, "NoticeLinkGiven"),
    "ApplyForRepair": CommandExample(
        {"applied_on": "2026-02-02", "event_id": EVENT_ID, "grounds": "已整改并经复查合格，附复查意见"}, "RepairApplied"
    ),
    "DecideRepair": CommandExample(
        {"decided_on": "2026-02-09", "outcome": "refused", "reasons": "整改情况尚未复查"}, "RepairRefused"
    ),
}
