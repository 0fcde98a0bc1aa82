"""The typefaces of printed papers, shipped with this package: which face draws a character, how wide it is, how text
breaks.

No system font is ever used: what is printed must not depend on the machine. A character that no face draws is printed
as its code point, 〔U+0F40〕, never as a blank: a name on a paper of evidence must not lose a letter unseen.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import uharfbuzz as hb

from domain.folding import is_selector
from projections.pictures.svg import code_point, visible

SONG, HEI = "song", "hei"
"""宋体 for text, 黑体 for headings."""
FOLDER = Path(__file__).with_name("typefaces")
"""What they are, where they come from and under which licences: README.md there."""
_FALLBACKS = {SONG: (SONG,), HEI: (HEI, SONG)}
_RARE = frozenset(range(0x20, 0x2F))
"""Blocks of 4,096 characters beyond the basic plane (CJK extensions B to F), each packed in a file of its own."""

_NO_BEGINNING = frozenset("，。、；：！？）】》〉」』”’〕…—～·,.;:!?)]}%")
_NO_END = frozenset("（【《〈「『“‘〔([{")
_BREAKS_AFTER = frozenset(" +/%)”’…—·")


class FontMissing(RuntimeError):
    """A typeface that belongs to the installation is not there: nothing can be printed."""


@dataclass(frozen=True)
class Face:
    """One typeface, read from its file when a character is first looked for."""

    name: str
    face: hb.Face
    font: hb.Font

    def glyph(self, char: str) -> int | None:
        """The number of the glyph that draws this character, or None."""
        found: int | None = self.font.get_nominal_glyph(ord(char))
        return found

    def advance(self, char: str) -> float:
        """How wide it is, in thousandths of the size; 0 for a character that this face does not draw."""
        glyph = self.glyph(char)
        return 0.0 if glyph is None else self.font.get_glyph_h_advance(glyph) * 1000 / self.face.upem

    def only(self, chars: Iterable[str]) -> hb.Face:
        """The face with nothing but the glyphs of these characters: what is embedded in a paper."""
        wanted = hb.SubsetInput()
        wanted.unicode_set.update(map(ord, chars))
        wanted.flags = hb.SubsetFlags.NO_HINTING
        return hb.subset(self.face, wanted)


@lru_cache(maxsize=2 + len(_RARE))
def face(name: str) -> Face:
    """The typeface of this name. Raises: FontMissing with what to do when its file is not installed."""
    path = FOLDER / f"{name}.ttf"
    packed = FOLDER / f"{name}.ttf.xz"
    try:
        data = lzma.decompress(packed.read_bytes()) if name.startswith("rare-") else path.read_bytes()
    except FileNotFoundError as missing:
        raise FontMissing(
            f"缺少字体文件 {Path(missing.filename).name}，无法打印中文：请重新安装本程序（./run setup）/ "
            f"the typeface {Path(missing.filename).name} is missing, so Chinese cannot be printed: "
            "install the program anew (./run setup)"
        ) from None
    found = hb.Face(hb.Blob(data))
    return Face(name, found, hb.Font(found))


def _candidates(char: str, style: str) -> tuple[str, ...]:
    """The faces in which a character is looked for, in this order."""
    block = ord(char) >> 12
    return (*_FALLBACKS[style], f"rare-{block:x}") if block in _RARE else _FALLBACKS[style]


@lru_cache(maxsize=20_000)
def _face_for(char: str, style: str) -> Face | None:
    return next((one for one in map(face, _candidates(char, style)) if one.glyph(char) is not None), None)


@lru_cache(maxsize=20_000)
def _advance(char: str, style: str) -> float:
    return _drawn(char, style).advance(char)


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
    return sum(_advance(char, style) for char in text) * size / 1000


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
            line, used = (line + atom, used + wide) if line or atom.strip(" ") else ("", 0.0)
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
