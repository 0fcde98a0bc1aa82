"""The typefaces of printed papers, from locked packages: which character has a glyph, how wide it is, how text breaks.

No system font is ever used: what is printed must not depend on the machine. A character that no face draws is printed
as its code point, 〔U+2A6D6〕, never as a blank: a name on a paper of evidence must not lose a letter unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from fontTools.ttLib import TTFont

from domain.folding import is_selector
from projections.pictures.svg import code_point, visible

SONG, HEI = "song", "hei"
"""宋体 for text, 黑体 for headings."""
FILES = {
    SONG: ("pylopdf_fonts_zh_cn", "NotoSerifSC-Regular.otf"),
    HEI: ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),
    "song-tw": ("pylopdf_fonts_zh_tw", "NotoSerifTC-Regular.otf"),
    "song-jp": ("pylopdf_fonts_jp", "NotoSerifJP-Regular.otf"),
}
"""Package and file of each face; all under the SIL Open Font License 1.1."""
FALLBACKS = {SONG: (SONG, "song-tw", "song-jp"), HEI: (HEI, SONG, "song-tw", "song-jp")}
"""Where a character is looked for, in this order: rare ones stand in the fonts of neighbouring regions."""

_NO_BEGINNING = frozenset("，。、；：！？）】》〉」』”’〕…—～·,.;:!?)]}%")
_NO_END = frozenset("（【《〈「『“‘〔([{")
_BREAKS_AFTER = frozenset(" +/%)”’…—·")


class FontMissing(RuntimeError):
    """A font package that belongs to the installation is not there: nothing can be printed."""


@dataclass(frozen=True)
class Face:
    """One font file: the advance of every character that it draws, in thousandths of the size."""

    name: str
    path: Path
    advances: dict[int, float]


@lru_cache(maxsize=len(FILES))
def face(name: str) -> Face:
    """The face of this name. Raises: FontMissing with what to do when its package is not installed."""
    package, file = FILES[name]
    spec = find_spec(package)
    path = None if spec is None or spec.origin is None else Path(spec.origin).with_name(file)
    if path is None or not path.is_file():
        raise FontMissing(
            f"缺少字体 {package}/{file}，无法打印中文：请运行 ./run setup / "
            f"the font {package}/{file} is missing, so Chinese cannot be printed: run ./run setup"
        )
    with TTFont(path, lazy=True) as font:
        per_em, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        return Face(name, path, {code: widths[glyph][0] * 1000 / per_em for code, glyph in font.getBestCmap().items()})


@lru_cache(maxsize=20_000)
def _face_for(char: str, style: str) -> Face | None:
    return next((one for one in map(face, FALLBACKS[style]) if ord(char) in one.advances), None)


def printable(text: str) -> str:
    """`text` on one line with each character that no face draws, or that is invisible, as 〔U+XXXX〕.

    A variation selector says which form of the character before it is meant: the faces have one form of each.
    """
    shown = "".join(char for char in text if not is_selector(char))
    return "".join(code_point(char) if _face_for(char, SONG) is None else char for char in visible(shown))


def runs(text: str, style: str) -> Iterator[tuple[Face, str]]:
    """Printable text cut where the face changes. Raises: ValueError for text that is not `printable`."""
    for one, chars in groupby(text, lambda char: _drawn(char, style)):
        yield one, "".join(chars)


def _drawn(char: str, style: str) -> Face:
    found = _face_for(char, style)
    if found is None:
        raise ValueError(f"U+{ord(char):04X} has no glyph; call printable() first")
    return found


def width(text: str, style: str, size: float) -> float:
    """How far printable text reaches, in points, at a size in points."""
    return sum(_drawn(char, style).advances[ord(char)] for char in text) * size / 1000


def wrapped(text: str, style: str, size: float, room: float) -> list[str]:
    """Printable text in lines no wider than `room` points; at least one line.

    Chinese breaks between any two characters, but no line begins with a closing mark or ends with an opening one;
    words, numbers and identifiers stay whole unless one alone is wider than a line.
    """
    lines, line, used = [], "", 0.0
    for atom in _atoms(text):
        wide = width(atom, style, size)
        if line and used + width(atom.rstrip(), style, size) > room:
            lines.append(line.rstrip(" "))
            line, used = "", 0.0
        if wide <= room:
            line, used = (line + atom, used + wide) if line or atom.strip() else ("", 0.0)
            continue
        for char in atom:
            one = width(char, style, size)
            if line and used + one > room:
                lines.append(line)
                line, used = "", 0.0
            line, used = line + char, used + one
    return [*lines, line.rstrip(" ")] if line.strip() or not lines else lines


def _atoms(text: str) -> list[str]:
    """The pieces between which a line may break."""
    atoms: list[str] = []
    for char in text:
        if atoms and _stay_together(atoms[-1][-1], char):
            atoms[-1] += char
        else:
            atoms.append(char)
    return atoms


def _stay_together(before: str, after: str) -> bool:
    if after == " " or after in _NO_BEGINNING or before in _NO_END:
        return True
    return ord(before) < 0x2E80 and ord(after) < 0x2E80 and before not in _BREAKS_AFTER
