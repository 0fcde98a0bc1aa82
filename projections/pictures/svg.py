"""The little of SVG that our pictures need, as text: all escaped, numbers short, nothing from outside."""

from __future__ import annotations

from html import escape

from projections.pictures.printable_text import visible

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
