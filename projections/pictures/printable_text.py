"""Text as people may be shown it: nothing invisible in it, nothing that turns its direction, nothing XML forbids."""

from __future__ import annotations

import unicodedata

_BLANK = frozenset({"Zs", "Zl", "Zp"})
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def code_point(char: str) -> str:
    """How a character is written that cannot be shown: 〔U+200F〕."""
    return f"〔U+{ord(char):04X}〕"


def is_invisible(char: str) -> bool:
    """Controls, direction marks, joiners, private and unassigned code points: fonts draw nothing, or anything."""
    return unicodedata.category(char) in _INVISIBLE


def visible(text: str) -> str:
    """`text` on one line: every kind of space and line end as a plain space, what is invisible as its code point."""
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char == "\u3000":
        return char
    if char in "\t\n\r\x0b\x0c" or unicodedata.category(char) in _BLANK:
        return " "
    return code_point(char) if is_invisible(char) else char
