"""Categories of agencies (服务机构类型, art.19): which spellings are one, and which are taken at all (R47)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.errors import Invalid
from domain.folding import category_fold
from domain.measures.text.implements import implements

Known = Mapping[str, tuple[str, ...]]
"""The categories that a rulebook lists, each with its other words; empty: any is taken."""


@implements("art.19", "R47")
def group_of(words: str | None, known: Known) -> str | None:
    """按照服务机构类型: the category that words mean, by which results are ranked: as listed, else folded."""
    return None if words is None else others(known).get(category_fold(words), category_fold(words))


def others(known: Known) -> dict[str, str]:
    """By folded spelling the listed name; empty where none is listed."""
    found = {category_fold(word): name for name, words in known.items() for word in words}
    return found | {category_fold(name): name for name in known}


def heading(group: str | None, words: str | None, known: Known = MappingProxyType({})) -> str | None:
    """How a group is headed: by the listed name, else by the words of one in it."""
    return words if words is not None and group not in known and category_fold(words) == group else group


@implements("R47")
def must_be_known(words: str, known: Known, pointer: str) -> None:
    """Refuse what the rulebook's list does not have. Raises: Invalid."""
    if not known or category_fold(words) in others(known):
        return
    listed = "、".join(known)
    raise Invalid(
        f"规则没有列出这一机构类型；可用的：{listed}",
        f"the rulebook lists no such category; it lists: {', '.join(known)}",
        cites=("art.19", "R47"),
        remedy="请选用列出的类型；确需新的类型，先修订规则",
        remedy_en="Choose one of them; a new one is adopted with a rulebook first.",
        pointer=pointer,
    )
