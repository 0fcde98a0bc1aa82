"""What the fields of an answer are called when two answers are compared, in both languages."""

from __future__ import annotations

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
