"""What the fields of an answer are called when two answers are compared, in both languages.

How a notice was served, in one sentence: the same on pages, papers and exports (R41).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.values import Bilingual

FIELDS: dict[str, Bilingual] = {
    "agency.name": ("机构名称", "Name"),
    "agency.category": ("机构类型", "Category"),
    "agency.filing": ("备案状态", "Filing"),
    "sanction.tier": ("惩戒等级", "Sanction tier"),
    "sanction.since": ("等级自", "Tier since"),
    "sanction.until": ("等级至", "Tier until"),
    "sanction.events": ("等级的依据", "Decisions behind the tier"),
    "sanction.verified_complaints": ("一年内有效投诉", "Counted complaints within a year"),
    "bad_records.year": ("本年度不良信息", "Bad records of the year"),
    "bad_records.total": ("不良信息累计", "Bad records in all"),
    "assessment.year": ("考评年度", "Assessment year"),
    "warning_notice": ("警告通报", "Warning notice"),
    "advisories": ("建议", "Advisories"),
    "service": ("通知送达", "Service of notices"),
    "rulebook": ("规则", "Rulebook"),
    "calendar": ("节假日历", "Calendar"),
    "from": ("年度首日", "First day"),
    "to": ("年度末日", "Last day"),
    "considered": ("考虑过而未计入的", "Considered and not counted"),
}
OF_SHEET: dict[str, Bilingual] = {
    "year": ("考评年度", "Assessment year"),
    "conduct": ("服务规范", "Conduct"),
    "quality": ("服务质量", "Quality"),
    "effect": ("服务效果", "Effect"),
    "honours": ("荣誉记录", "Honours"),
    "assessed": ("参与考评", "Assessed"),
    "complete": ("数据齐全", "Complete"),
    "missing": ("尚缺", "Missing"),
    "total": ("合计得分", "Total"),
    "grade": ("考评结果", "Grade"),
    "override": ("直接认定", "Override (art.25)"),
}


def named_field(field: str) -> Bilingual:
    """What a field is called; of a category's lines, those of that category."""
    bare = field.removeprefix("assessment.")
    if bare.endswith(".lines"):
        zh, en = OF_SHEET[bare.removesuffix(".lines")]
        return f"{zh}的明细", f"{en}: lines"
    return FIELDS.get(field) or OF_SHEET[bare]


SERVICE_STATES: dict[str, Bilingual] = {
    "sent": ("尚未送达", "not served yet"),
    "undeliverable": ("未能送达", "undeliverable"),
    "served": ("已送达", "served"),
    "acknowledged": ("已签收", "acknowledged"),
}
WAYS: dict[str, Bilingual] = {
    "in_person": ("当面交付", "handed over"),
    "post": ("挂号邮寄", "registered post"),
    "courier": ("快递", "courier"),
    "electronic": ("电子送达", "electronic"),
    "left": ("留置送达", "left at the place"),
    "announced": ("公告送达", "announced"),
    "account": ("机构账户签收", "acknowledged by account"),
    "paper": ("纸质回执签收", "acknowledged on paper"),
    "link": ("一次性链接签收", "acknowledged by one-time link"),
}
"""Ways of service, and of acknowledging (R41)."""


def service_said(one: Mapping[str, Any]) -> Bilingual:
    """What became of a notice that was sent, from its `NoticeServed` as plain data: the day of service, or none yet."""
    sent, served, signed = one["sent_on"], one["served_on"], one["acknowledged_on"]
    if served is None:
        if one["returned_on"] is None:
            return f"{sent} 发出，尚未送达", f"sent on {sent}, not served yet"
        back = one["returned_on"]
        return f"{sent} 发出，{back} 未能送达", f"sent on {sent}, could not be delivered on {back}"
    way, way_en = WAYS.get(one["way"] or "", ("", ""))
    said = f"送达日 {served}" + (f"（{way}）" if way else "")
    said_en = f"served on {served}" + (f" ({way_en})" if way_en else "")
    if signed is not None and one["way"] not in ("account", "paper", "link"):
        said, said_en = f"{said}，{signed} 签收", f"{said_en}, acknowledged on {signed}"
    return said, said_en
