"""How printed papers cite the Measures in Chinese: 第十七条第（二）项, 附件1第8项."""

from __future__ import annotations

import re

_DIGITS = "零一二三四五六七八九"
_ARTICLE = re.compile(r"art\.(\d+)(?:\((\d+)([ab]?)\))?")
_ANNEX = re.compile(r"annex(\d)(?:\.(item|note)(\d+))?")
_WHICH = {"": "", "a": "（前一个）", "b": "（后一个）"}
"""Art.16 numbers item (5) twice (R11)."""


def chinese_number(number: int) -> str:
    """1 to 99 in Chinese: 十, 十二, 二十八."""
    tens, ones = divmod(number, 10)
    ten = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return ten + ("" if ones == 0 else _DIGITS[ones])


def cited_in_chinese(reference: str) -> str:
    """A canonical reference as a Chinese paper cites it; a reading (R16) stays as it is.

    Raises: ValueError for what is no reference to the Measures.
    """
    if match := _ARTICLE.fullmatch(reference):
        article, item, which = match.groups()
        part = "" if item is None else f"第（{chinese_number(int(item))}）项{_WHICH[which]}"
        return f"第{chinese_number(int(article))}条{part}"
    if match := _ANNEX.fullmatch(reference):
        annex, kind, number = match.groups()
        return f"附件{annex}" + ("" if kind is None else f"第{number}项" if kind == "item" else f"注{number}")
    if re.fullmatch(r"R\d+[abc]?", reference):
        return reference
    raise ValueError(f"{reference!r} is no reference to the Measures")
