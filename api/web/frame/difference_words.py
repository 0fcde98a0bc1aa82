"""What differs between two answers, said for people: names of fields, values of any shape, rows side by side."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.web.frame.field_names import FILINGS, GRADES, TIERS
from domain.values import Bilingual
from projections.compare.sheet_difference import OVERRIDE_NAMES

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
OVERRIDES = OVERRIDE_NAMES
_ROWS = (
    "agency.filing", "sanction.tier", "sanction.since", "sanction.until", "sanction.verified_complaints",
    "bad_records.year", "bad_records.total", "assessment.year", "assessment.conduct", "assessment.quality",
    "assessment.effect", "assessment.honours", "assessment.total", "assessment.grade", "assessment.complete",
    "warning_notice",
)  # fmt: skip
_SUMS = ("conduct", "quality", "effect", "honours", "total", "grade")
_NOTHING: Bilingual = ("—", "—")


class Pair(NamedTuple):
    """One row of the two standings. `field` names it as the differences do."""

    field: str
    name: Bilingual
    before: Bilingual
    after: Bilingual
    differs: bool


def named_field(field: str) -> Bilingual:
    """What a field is called; of a category's lines, those of that category."""
    bare = field.removeprefix("assessment.")
    if bare.endswith(".lines"):
        zh, en = OF_SHEET[bare.removesuffix(".lines")]
        return f"{zh}的明细", f"{en}: lines"
    return FIELDS.get(field) or OF_SHEET[bare]


def compared(answer: dict[str, Any]) -> list[Pair]:
    """The two standings row by row."""
    rows = []
    for field in _ROWS:
        before, after = (_inner(answer[side], field) for side in ("before", "after"))
        rows.append(Pair(field, named_field(field), shown(field, before), shown(field, after), before != after))
    return rows + [row for sheet in answer["sheets"] for row in _of_another_year(answer, sheet)]


def _of_another_year(answer: dict[str, Any], sheet: dict[str, Any]) -> list[Pair]:
    """The sums of a sheet of which neither standing tells: the year that was asked for besides."""
    year, sides = sheet["year"], [sheet["before"], sheet["after"]]
    if any(answer[side]["assessment"]["year"] == year for side in ("before", "after")) or None in sides:
        return []
    rows = []
    for field in _SUMS:
        before, after = (side[field] for side in sides)
        zh, en = named_field(field)
        words = shown(field, before), shown(field, after)
        rows.append(Pair(field, (f"{year} 年度{zh}", f"{en} of {year}"), *words, before != after))
    return rows


def in_words(one: dict[str, Any]) -> tuple[Bilingual, Bilingual, Bilingual]:
    """A difference's name, and its two values."""
    field = one["field"]
    return named_field(field), shown(field, one["before"]), shown(field, one["after"])


def shown(field: str, value: Any) -> Bilingual:
    """A value of a standing or sheet in both languages."""
    bare = field.rpartition(".")[2]
    tables: dict[str, dict[str, Any]] = {"tier": TIERS, "grade": GRADES, "filing": FILINGS}
    if value is None or value == []:
        return _NOTHING
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if bare in tables:
        zh, en = tables[bare][value][:2]
        return zh, en
    if isinstance(value, list):
        return _list(bare, value)
    if isinstance(value, dict):
        return _object(field, value)
    return str(value), str(value)


def _list(bare: str, value: list[Any]) -> Bilingual:
    if bare == "missing":
        words = [OF_SHEET[one] for one in value]
    elif bare == "override":
        words = [OVERRIDES.get(one["kind"], (one["kind"], one["kind"])) for one in value]
    elif bare == "lines":
        words = [(f"第{one['item']}项 {one['points']}", f"item {one['item']}: {one['points']}") for one in value]
    else:
        return f"{len(value)} 条", f"{len(value)}"
    return "、".join(zh for zh, _ in words), ", ".join(en for _, en in words)


def _object(field: str, value: dict[str, Any]) -> Bilingual:
    if field == "warning_notice":
        span = f"{value['since']} – {value['until']}"
        return f"{value['year']} 年度不合格：{span}", f"unqualified in {value['year']}: {span}"
    text = f"{value['id']} {value['sha256'][:12]}" if "sha256" in value else str(value)
    return text, text


def _inner(answer: dict[str, Any], field: str) -> Any:
    value: Any = answer
    for name in field.split("."):
        value = value[name]
    return value
