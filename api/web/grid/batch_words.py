"""What a row of a batch would do, in words: short enough for a table of many rows."""

from __future__ import annotations

from api.web.forms.form_preview import Item
from api.web.frame.difference_words import in_words
from domain.values import Bilingual

_TOLD = (
    "agency.filing",
    "sanction.tier",
    "bad_records.total",
    "assessment.conduct",
    "assessment.quality",
    "assessment.effect",
    "assessment.honours",
    "assessment.total",
    "assessment.grade",
    "warning_notice",
)
"""What of a standing is told; the rest follows from it."""
_OF_SHEET = ("conduct", "quality", "effect", "honours", "total", "grade")
NOTHING: Bilingual = ("惩戒等级、不良信息和得分不变", "tier, bad records and score stay as they are")
NOT_YET: Bilingual = ("没有来得及计算", "not worked out in time")


def effects_in_words(row: Item) -> list[Bilingual]:
    """The sentences about one row of a preview, the gravest first."""
    effects = row["effects"]
    if effects is None:
        return [NOT_YET]
    found = [_changed(one) for one in effects["difference"] if one["field"] in _TOLD]
    for sheet in effects["sheets"]:
        year = sheet["year"]
        of_year = (_changed(one) for one in sheet["difference"] if one["field"] in _OF_SHEET)
        found += [(f"{year} 年度{zh}", f"{year}: {en}") for zh, en in of_year]
    found += [
        (f"须发通知：{one['text']}（{one['due_on']} 前）", f"notice due by {one['due_on']}: {one['text_en']}")
        for one in effects["notices"]
    ]
    found += [
        (f"影响已公布的 {one['year']} 年度结果", f"touches the published result of {one['year']}")
        for one in effects["touched"]
    ]
    return found or [NOTHING]


def _changed(one: Item) -> Bilingual:
    name, before, after = in_words(one)
    return f"{name[0]}：{before[0]} → {after[0]}", f"{name[1]}: {before[1]} → {after[1]}"
