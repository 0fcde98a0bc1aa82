"""What the fields of a standing are called, and how their values are shown, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.web.words import FILINGS, GRADES, TIERS

FIELDS = {
    "agency.name": ("机构名称", "Name"), "agency.category": ("类型", "Category"),
    "agency.filing": ("备案状态", "Filing"),
    "sanction.tier": ("惩戒等级", "Sanction tier"), "sanction.since": ("惩戒起始", "Sanction since"),
    "sanction.until": ("惩戒截止", "Sanction until"), "sanction.verified_complaints": ("有效投诉", "Upheld complaints"),
    "bad_records.year": ("本年度不良信息", "Bad records of the year"),
    "bad_records.total": ("不良信息总数", "Bad records in all"),
    "assessment.year": ("考评年度", "Assessment year"), "assessment.assessed": ("是否参评", "Assessed"),
    "assessment.missing": ("尚缺部分", "Still missing"), "assessment.conduct": ("服务规范", "Conduct"),
    "assessment.quality": ("服务质量", "Quality"), "assessment.effect": ("服务效果", "Effect"),
    "assessment.honours": ("荣誉记录", "Honours"), "assessment.total": ("总分", "Total"),
    "assessment.grade": ("考评结果", "Grade"), "assessment.override": ("直接不合格的情形", "Unqualified outright"),
    "warning_notice": ("警告通报", "Warning notice"), "advisories": ("合作建议", "Advice to clients"),
    "rulebook": ("规则", "Rulebook"),
}  # fmt: skip
PARTS = {
    "conduct": ("服务规范", "conduct"), "quality": ("服务质量", "quality"), "effect": ("服务效果", "effect"),
    "honours": ("荣誉记录", "honours"),
}  # fmt: skip
OVERRIDES = {"blacklisted": ("列入黑名单", "blacklisted"), "penalty": ("受到行政处罚", "penalised")}
_NAMED: dict[str, Mapping[str, tuple[str, ...]]] = {
    "sanction.tier": TIERS,
    "assessment.grade": GRADES,
    "agency.filing": FILINGS,
}


def value_shown(field: str, value: Any) -> tuple[str, str]:
    """A value of a field, in Chinese and English; a dash for nothing."""
    if value is None or value == []:
        return "—", "—"
    if field in _NAMED:
        text, text_en = _NAMED[field][value][:2]
        return text, text_en
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if field == "assessment.missing":
        return "、".join(PARTS[one][0] for one in value), ", ".join(PARTS[one][1] for one in value)
    if field == "assessment.override":
        kinds = [OVERRIDES.get(one["kind"], (one["kind"], one["kind"])) for one in value]
        return "、".join(text for text, _ in kinds), ", ".join(text_en for _, text_en in kinds)
    if field == "warning_notice":
        return f"因 {value['year']} 年度，至 {value['until']}", f"for {value['year']}, until {value['until']}"
    if isinstance(value, list):
        return f"{len(value)} 项", str(len(value))
    if isinstance(value, dict):
        return str(value["id"]), str(value["id"])
    return str(value), str(value)
