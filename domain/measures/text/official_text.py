"""The official wording of every paragraph of the Measures, beside which our own words stand (`paragraphs.toml`).

What our words leave out is then seen: 全部或部分 (art.13), 机构或从业人员 (art.16), 删除 (art.11). The articles'
wording is in `articles.toml`, that of the annexes where the printed forms take it from.

How printed papers cite the Measures in Chinese: 第十七条第（二）项, 附件1第8项.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from domain.measures.text.annex_texts import LETTERS, annex1_form, pledge_text, survey_form
from domain.measures.text.paragraphs import find_paragraph, paragraphs


def official_text(reference: str) -> str:
    """The wording of a paragraph, as people write its reference; an article is given with its items, a line each.

    Raises: UnknownReference (404) for what is no paragraph; a reading (`R16`) has no wording of its own.
    """
    ref = find_paragraph(reference).ref
    texts = _texts()
    return "\n".join(texts[one.ref] for one in paragraphs() if one.ref == ref or one.ref.startswith(f"{ref}("))


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    """Every paragraph's own wording. Raises: ValueError when a paragraph has none, or a wording stands for none."""
    with Path(__file__).with_name("articles.toml").open("rb") as file:
        texts = {row["ref"]: row["text"].strip("\n") for row in tomllib.load(file)["paragraph"]}
    form = annex1_form()
    for category in form.categories:
        for item in category.items:
            texts[f"annex1.item{item.number}"] = "\n".join(filter(None, (item.requires, item.scored or category.means)))
    texts.update({f"annex1.note{number}": note for number, note in enumerate(form.notes, 1)})
    texts["annex2"], texts["annex3"] = _annex2(), _annex3()
    if wrong := texts.keys() ^ {one.ref for one in paragraphs()}:
        raise ValueError(f"articles.toml and the forms of the annexes do not fit paragraphs.toml: {sorted(wrong)}")
    return texts


def _annex2() -> str:
    form = survey_form()
    questions = (
        "　".join([f"{one.number}、{one.asks[0]}", *(f"{letter}、{one.choices[letter][0]}" for letter in LETTERS)])
        for one in form.questions
    )
    head = (form.title, form.filled_in_by, form.preamble, form.worth)
    return "\n".join([*(official for official, _ in head), *questions, form.comments[0]])


def _annex3() -> str:
    pledge = pledge_text()
    promises = (f"{number}. {text}" for number, (text, _) in enumerate(pledge.promises, 1))
    return "\n".join([pledge.title[0], pledge.preamble[0], *promises, pledge.closing[0]])


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
