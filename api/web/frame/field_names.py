"""What fields, values, roles, tiers, grades and kinds of facts are called in both languages; how a fact is told."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from domain.measures.notices import KIND_WORDS
from domain.measures.text.paragraphs import find_paragraph
from domain.values import ROLE_NAMES, Bilingual
from projections.compare.field_words import WAYS
from projections.fact_kinds import FACT_NAMES


def _table(name: str) -> dict[str, Bilingual]:
    """A table of names from the file beside this one: Chinese, English."""
    found = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[name]
    return {key: (zh, en) for key, (zh, en) in found.items()}


ROLES = ROLE_NAMES
TIERS = {
    "none": ("无", "none", "–"),
    "recorded": ("记录备案", "recorded", "①"),
    "warned": ("警示提醒", "warned", "②"),
    "blacklisted": ("黑名单", "blacklisted", "③"),
}
"""Chinese, English, and a sign, so that colour is never the only carrier (art.17)."""
GRADES = {
    "excellent": ("优秀", "excellent", "◆"),
    "qualified": ("合格", "qualified", "●"),
    "unqualified": ("不合格", "unqualified", "▲"),
}
PARTS = {"quality": ("服务质量（满意度调查）", "quality (surveys)"), "effect": ("服务效果评分", "effect scores")}
"""The parts of a score that can be missing (R25)."""
FILINGS = {
    "submitted": ("待审", "submitted"),
    "filed": ("已备案", "filed"),
    "returned": ("退回补正", "returned"),
    "terminated": ("已终止", "terminated"),
    "none": ("未备案", "not filed"),
}
ACCESS_ACTS: dict[str, Bilingual] = _table("access_acts")
"""What is done to accounts and tokens. A test holds this table and `domain/store/access/access_audit.py` together."""
EVENTS = FACT_NAMES
"""Kinds of facts: the pages call them what the answers of the API call them."""
_EVENT = re.compile(rf"\b(?:{'|'.join(EVENTS)})\b")


def named_in_english(text_en: str) -> str:
    """An English text of the API with the names of kinds of facts in place of their types: people read these."""
    return _EVENT.sub(lambda found: EVENTS[found[0]][1].lower(), text_en)


FIELDS: dict[str, Bilingual] = _table("fields")
"""A test holds this table and `domain/events.py` together."""
_GRADES = {name: words[:2] for name, words in GRADES.items()}
_GROUNDS = {
    "missed_hazard": ("应发现而未发现的隐患", "missed hazard"),
    "poor_quality": ("服务质量低劣", "poor quality"),
    "other": ("其他", "other"),
}
VALUES: dict[str, dict[Any, tuple[str, str]]] = {
    "appellant_kind": {"agency": ("服务机构", "agency"), "practitioner": ("从业人员", "practitioner")},
    "authority_kind": {"emergency_management": ("应急管理（安全生产监管）部门", "emergency management"),
                       "other": ("其他部门", "other")},
    "grade": _GRADES, "grounds": _GROUNDS, "verified_grounds": _GROUNDS,
    "level": {"national": ("国家级", "national"), "provincial": ("省级", "provincial"),
              "municipal": ("市级", "municipal"), "district": ("区级", "district")},
    "note_audience": {"internal": ("内部", "internal"), "shared": ("共享给所涉机构", "shared with the agency")},
    "liability": {"direct": ("直接责任", "direct"), "indirect": ("间接责任", "indirect")},
    "outcome": {"annulled": ("撤销该记录", "annulled"), "refused": ("不予更正", "refused"),
                "reopened": ("重新核定", "reopened"), "kept": ("维持", "kept")},
    "severity": {"general": ("一般事故", "general"), "larger": ("较大事故", "larger"), "major": ("重大事故", "major"),
                 "extraordinary": ("特别重大事故", "extraordinary")},
    "way": WAYS,
    "kind": {**KIND_WORDS, "referral": ("移送", "referral"), "merger": ("合并", "merger"),
             "division": ("分立", "division"), "code_change": ("变更统一社会信用代码", "change of code")},
    "tier": {tier: (zh, en) for tier, (zh, en, _) in TIERS.items()},
    "recipient": {"agency": ("服务机构", "agency"), "public_site": ("门户网站", "public site"),
                  "regulator": ("监管部门", "regulator"), "enterprises": ("全部生产经营单位", "all enterprises")},
}  # fmt: skip
VIA = {
    "api": ("接口", "API"),
    "page": ("网页", "page"),
    "import": ("批量导入", "import"),
    "cli": ("命令行", "command line"),
}
_EVENTS = frozenset({
    "appeal_id", "bad_record_id", "cause", "complaint_id", "concerns", "event_id", "filing_id", "invitation_id",
    "merged_into", "objection_id", "project_id", "repair_id", "replaces", "report_id", "request_id", "result_id",
    "link_id", "sent_id", "sheet_of", "statement_id", "disputed", "annulled", "replaced", "overtaken_by",
})  # fmt: skip
"""Fields that hold the id of an event of the same agency, or several."""
_COUNTED = frozenset({"basis", "difference", "events", "sheet"})
"""Of results: too long to be told here; the published sheet shows them."""
_BRIEF = (
    "outcome", "item", "behaviour", "verified_grounds", "grounds", "level", "title", "value", "client", "kind",
    "recipient", "authority", "decision_no", "severity", "liability", "service_type", "due_on", "year", "grade", "rank",
    "reason", "reference", "event_id",
)  # fmt: skip
MOST_BRIEF = 3


class Told(NamedTuple):
    """A field of a fact: its name in both languages, and its value by kind.

    `kind`: text, word (both languages), yes, day, events, group (fields within), groups, count, withheld, erased.
    """

    name: tuple[str, str]
    kind: str
    value: Any


def told(fact: Mapping[str, object], own_id: str = "") -> list[Told]:
    """The fields of a fact (`fact` in an entry of the trail) that say something; the fact's own id is not repeated."""
    found = []
    for field, value in fact.items():
        one = _told(field, value)
        if one is not None and value != own_id:
            found.append(one)
    return found


def brief(fact: Mapping[str, object], own_id: str = "") -> list[Told]:
    """The few fields that tell one fact from another of its type."""
    fields = [field for field in _BRIEF if field in fact][:MOST_BRIEF]
    found = told({field: fact[field] for field in fields}, own_id)
    return [one for one in found if one.kind not in ("group", "groups")]


def _told(field: str, value: Any) -> Told | None:
    name = FIELDS.get(field, (field, field))
    if value is None or value in ([], {}):
        return None
    if value in ({"withheld": True}, {"erased": True}):
        return Told(name, next(iter(value)), None)
    if field in _COUNTED and not isinstance(value, str):
        return Told(name, "count", len(value)) if field == "basis" else None
    if field == "client":
        return Told(name, "text", f"{value['name']}（{value['uscc']}）") if isinstance(value, dict) else None
    if field in _EVENTS:
        return Told(name, "events", value if isinstance(value, list) else [value])
    if isinstance(value, bool):
        return Told(name, "yes", value)
    return _by_shape(field, name, value)


def _by_shape(field: str, name: tuple[str, str], value: Any) -> Told:
    if isinstance(value, dict):
        return Told(name, "group", told(value))
    if isinstance(value, list) and isinstance(value[0], dict):
        return Told(name, "groups", [told(one) for one in value])
    if isinstance(value, list):
        return Told(name, "text", "、".join(map(str, value)))
    if field == "item":
        paragraph = find_paragraph(f"annex1.item{value}")
        return Told(name, "word", (f"第 {value} 项 {paragraph.title}", f"{value} {paragraph.title_en}"))
    if field == "behaviour":
        paragraph = find_paragraph(f"art.16({value.removeprefix('16.')})")
        return Told(name, "word", (f"{value} {paragraph.title}", f"{value} {paragraph.title_en}"))
    word = VALUES.get(field, {}).get(value) if isinstance(value, str) else None
    if word is not None:
        return Told(name, "word", word)
    is_day = field.endswith("_on") or field in ("deadline", "valid_until", "public_until")
    return Told(name, "day" if is_day else "text", value)
