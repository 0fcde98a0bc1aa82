"""The groups of operations: an English name for programs, and what the Measures call it."""

from __future__ import annotations

from api.application.commands import ASSESSMENT, BUSINESS, FILING, SANCTIONS, TRAIL

TAGS = {
    FILING: "Filing",
    BUSINESS: "Business",
    SANCTIONS: "Sanctions",
    ASSESSMENT: "Assessment",
    TRAIL: "Records and objections",
    "问：一家机构": "One agency",
    "问：全区": "The district",
    "日志与证明": "Log and proofs",
    "办法与规则库": "The Measures",
    "公开": "Public",
    "满意度调查链接": "Survey links",
    "账户与令牌": "Accounts and tokens",
    "监督": "Supervision",
    "运行": "Service",
}
"""By the Chinese name, under which a route stands in the code; in the order of the document."""


def declared() -> list[dict[str, str]]:
    """The tags as the document declares them."""
    return [{"name": name, "description": chinese} for chinese, name in TAGS.items()]
