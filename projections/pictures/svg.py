"""The little of SVG that our pictures need, as text: all escaped, numbers short, nothing from outside.

Text as people may be shown it: nothing invisible in it, nothing that turns its direction, nothing XML forbids.
"""

from __future__ import annotations

import unicodedata
from html import escape

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


_WIDE_FROM = 0x2E80


def tag(name: str, *children: str, **attributes: str | float | None) -> str:
    """An element. `children` are elements or `said` texts. In names of attributes `_` is `-`; None is left out."""
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{shown}>{''.join(children)}</{name}>" if children else f"<{name}{shown}/>"


def said(text: str) -> str:
    """Text content, escaped and without anything invisible."""
    return escape(visible(text))


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(visible(value))
    return f"{value:.2f}".rstrip("0").rstrip(".")


def about_wide(text: str, size: float) -> float:
    """Roughly how far a text reaches in a common face, in the unit of `size`; rather too much than too little."""
    return sum(size if ord(char) >= _WIDE_FROM else size * 0.62 for char in visible(text))


def broken(text: str, size: float, room: float) -> list[str]:
    """The text in lines of about `room`; nothing is left out."""
    lines, line = [], ""
    for char in visible(text):
        if line and about_wide(line + char, size) > room:
            lines.append(line)
            line = ""
        line += char
    return [*lines, line]
