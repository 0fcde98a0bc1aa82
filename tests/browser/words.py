"""The words that a page shows, and those among them that are the interface's and not people's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from api.web.frame import field_names
from domain.values import ROLE_NAMES
from projections.fact_kinds import FACTS

SHOWN_ATTRIBUTES = ("title", "aria-label", "placeholder", "alt")
NOT_SHOWN = frozenset({"script", "style", "template"})
CODES = frozenset({"code", "pre"})
"""Elements that hold codes and ids. In `bdi` stands what somebody typed: there a value of ours is all of it."""
CODE_CLASSES = frozenset({"code", "secret", "ref", "link"})
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})

_IDENTIFIER = re.compile(r"\b[A-Za-z]+(?:_[A-Za-z0-9]+)+\b")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\S*|\d\d:\d\d:\d\d(?:\.\d+)?Z")
_LITERAL = re.compile(r"\b(?:null|None|True|False|undefined|NaN)\b|[{\[]['\"]\w|\bUNSET\b")
_CAMEL = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b")
_LOWER = re.compile(r"(?<![\w./:@#%-])[a-z]{3,}(?![\w./:@#%-])")
_MADE_UP = re.compile(r"<script>alert\(1\)</script>.{0,3}evil.{0,6}长*|\b[a-z]+ (?:张三|经办人|人员)")
"""Names that the tests give to agencies (`test_pages.HOSTILE`, whole or shortened) and people."""
SAID_IN_CHINESE = frozenset({"log", "version", "csv", "json", "pdf", "zip", "certutil"})
"""Latin words that stand in Chinese sentences: what one types, and kinds of files."""


_VALUES = frozenset(
    str(value)
    for table in (field_names.TIERS, field_names.GRADES, field_names.FILINGS, field_names.PARTS, ROLE_NAMES)
    for value in table
) | {str(value) for table in field_names.VALUES.values() for value in table}
"""Values of the interface that pages have words for."""
_WORDS: list[Mapping[Any, Any]] = [
    field_names.TIERS,
    field_names.GRADES,
    field_names.FILINGS,
    field_names.PARTS,
    field_names.VIA,
    field_names.EVENTS,
    field_names.ACCESS_ACTS,
    ROLE_NAMES,
    *field_names.VALUES.values(),
]
_CHINESE_VALUES = frozenset(words[0] for table in _WORDS for words in table.values())
_TYPES = frozenset(kind.__name__ for kind in FACTS)


class _Text(HTMLParser):
    """The text that a reader sees or hears, without what stands in elements for codes and names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.language = ""
        self.named: list[str] = []
        """What stands in `bdi`: names and words of people."""
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang") or ""
        other = given.get("lang") not in (None, self.language)
        classes = set((given.get("class") or "").split())
        hides = tag in NOT_SHOWN | CODES or bool(classes & CODE_CLASSES) or other
        inside = hides or (bool(self._open) and self._open[-1][1])
        if tag not in VOID:
            self._open.append((tag, inside))
        if not inside:
            self.found += [str(given[name]) for name in SHOWN_ATTRIBUTES if given.get(name)]

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if not (self._open and self._open[-1][1]) and data.strip():
            (self.named if any(tag == "bdi" for tag, _ in self._open) else self.found).append(data)


def words_of_the_interface(html: str) -> Iterator[str]:
    """What stands in a page and no reader should meet: identifiers, enum values, instants as stored, literals.

    In Chinese pages also English words, in English ones what values are called in Chinese; codes, names, official
    wording and what somebody typed stand in elements of their own (`code`, `bdi`, `lang`).
    """
    page = _Text()
    page.feed(html)
    chinese = page.language == "zh-CN"
    yield from (one for one in page.named if (chinese and one.strip() in _VALUES) or _INSTANT.search(one))
    for text in (_MADE_UP.sub("", one) for one in page.found):
        for pattern in (_IDENTIFIER, _INSTANT, _LITERAL, _CAMEL):
            yield from (found[0] for found in pattern.finditer(text) if pattern is not _CAMEL or _is_type(found[0]))
        if chinese:
            yield from (found[0] for found in _LOWER.finditer(text) if not _is_said(found[0]))
        elif page.language == "en":
            yield from ([text.strip()] if text.strip() in _CHINESE_VALUES else [])


def _is_said(word: str) -> bool:
    """Whether a Latin word may stand in a Chinese page: what one types, or the end of an id."""
    return word in SAID_IN_CHINESE or re.fullmatch(r"[a-f]{6,}", word) is not None


def _is_type(word: str) -> bool:
    """Whether a word is the type of a fact as the interface names it."""
    return word in _TYPES
