"""Values of the rulebook in words.

Its notes name their options by code, and are never changed: their words are what was adopted and confirmed (R4). So a
page marks the code as such and puts the word before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from api.web.frame.field_names import TIERS, VALUES
from domain.measures.rulebook.values_of_rules import INHERITED
from domain.values import Bilingual

_CHOICES: dict[str, Bilingual] = {
    "anonymous": ("匿名", "anonymous"),
    "totals": ("只见总分", "totals only"),
    "named": ("记名", "by name"),
    "service_quality": ("仅服务质量两类事由", "service quality only"),
    "all": ("全部事由", "every ground"),
    "one_year": ("一年", "one year"),
    "window": ("随滚动次数", "with the rolling count"),
    "by_decision": ("经决定移出", "until a decision"),
    "unlimited": ("没有终期", "without an end"),
    "none": ("无", "none"),
    "number": ("填写数值", "a number"),
}
_RULE_WORDS: dict[str, Bilingual] = {
    "bad_record": ("不良信息", "a bad record"),
    "bad_records": ("不良信息", "bad records"),
    "blacklist": ("列入黑名单", "a listing"),
    "penalty": ("行政处罚", "a penalty"),
    "result": ("考评结果", "a result"),
    "tags": ("惩戒标签", "tags"),
    "complaints": ("查实的投诉", "complaints"),
    "projects": ("在执行的项目", "running projects"),
    "penalties": ("行政处罚", "penalties"),
    "results": ("不合格结果的警告通报", "the warning after an unqualified result"),
    **{code: (words[0], words[1]) for code, words in TIERS.items()},
    **{code: words for table in ("level", "authority_kind", "grounds") for code, words in VALUES[table].items()},
    **_CHOICES,
}
_ENTRIES: dict[str, Bilingual] = {"conduct.lapse_points": ("第{}项", "item {}"), "survey.points": ("答{}", "answer {}")}
_CODES = sorted((*_CHOICES, *VALUES["grounds"], *INHERITED), key=len, reverse=True)
_OPTION = re.compile(rf"\b(?:{'|'.join(_CODES)})\b", re.ASCII)


def value_said(name: str, value: Any) -> Bilingual:
    """A parameter's value: a number or a day as it is, codes by their words, a table entry by entry."""
    if isinstance(value, Mapping):
        pairs = [(_entry(name, str(key)), value_said(name, inner)) for key, inner in value.items()]
        if not pairs:
            return "未列出", "none listed"
        return "、".join(f"{a[0]} {b[0]}" for a, b in pairs), ", ".join(f"{a[1]} {b[1]}" for a, b in pairs)
    if isinstance(value, (list, tuple)):
        words = [value_said(name, one) for one in value]
        return "、".join(zh for zh, _ in words) or "无", ", ".join(en for _, en in words) or "none"
    return _RULE_WORDS.get(str(value), (str(value), str(value)))


def _entry(name: str, key: str) -> Bilingual:
    zh, en = _ENTRIES.get(name, ("{}", "{}"))
    word = _RULE_WORDS.get(key, (key, key))
    return zh.format(word[0]), en.format(word[1])


def note_said(note: str, chinese: bool) -> Markup:
    """A note of the rulebook, word for word, with the codes of its options marked; in Chinese the word stands before.

    In English a code is only what has an underscore: the others are the words themselves.
    """
    found, at = Markup(), 0
    for code in _OPTION.finditer(note):
        if chinese or "_" in code[0]:
            word = _RULE_WORDS[code[0]][0 if chinese else 1]
            found += note[at : code.start()] + f"“{word}”" * chinese + Markup("<code>{}</code>").format(code[0])
            at = code.end()
    return found + note[at:]
