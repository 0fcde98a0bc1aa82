"""The glyphs that a paper embeds: of each face the characters used, numbered, with what a PDF must know of them.

Every character has a code of its own, also where two share a glyph, so that what is copied out of the paper is what
was put in (ISO 32000-1, 9.10.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import uharfbuzz as hb

from projections.paper.fonts import Face

_AT_ONCE = 100
"""So many characters may stand in one section of a character map (Adobe Technical Note 5014)."""
_MAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{sections}endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


@dataclass(frozen=True)
class EmbeddedFace:
    """One face as it goes into a file. `widths` are those of codes 1, 2, 3 …, in thousandths of the size."""

    resource: str
    name: str
    data: bytes
    box: tuple[int, int, int, int]
    widths: tuple[float, ...]
    glyphs: bytes
    """Of each code from 0 on the glyph in `data`, two bytes each."""
    to_unicode: bytes


class Used:
    """Which characters of which face a file needs so far; a code is given out when a character first comes."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, int]] = {}
        self._faces: dict[str, Face] = {}

    def resource(self, face: Face) -> str:
        """The name of a face among a page's resources."""
        self._faces.setdefault(face.name, face)
        return f"F-{face.name}"

    def codes(self, face: Face, text: str) -> str:
        """Text as hexadecimal codes of this face."""
        known = self._codes.setdefault(face.name, {})
        return "".join(f"{known.setdefault(char, len(known) + 1):04X}" for char in text)

    def faces(self) -> Iterator[EmbeddedFace]:
        """Every face that was used, by name."""
        for name, codes in sorted(self._codes.items()):
            yield _embedded(self._faces[name], f"F-{name}", list(codes))


def _embedded(face: Face, resource: str, chars: list[str]) -> EmbeddedFace:
    small = face.only(chars)
    font, data = hb.Font(small), bytes(small.blob.data)
    glyphs = [font.get_nominal_glyph(ord(char)) or 0 for char in chars]
    extents = font.get_font_extents("ltr")
    per_mille = 1000 / small.upem
    tag = "".join(chr(65 + byte % 26) for byte in hashlib.sha256(data).digest()[:6])
    return EmbeddedFace(
        resource=resource,
        name=f"{tag}+{_POSTSCRIPT.get(face.name, 'HanaMinB')}",
        data=data,
        box=(-1000, round(extents.descender * per_mille), 2000, round(extents.ascender * per_mille)),
        widths=tuple(round(font.get_glyph_h_advance(glyph) * per_mille, 3) for glyph in glyphs),
        glyphs=b"".join(glyph.to_bytes(2, "big") for glyph in [0, *glyphs]),
        to_unicode=_to_unicode(chars),
    )


_POSTSCRIPT = {"song": "NotoSerifSC-Regular", "hei": "NotoSansSC-Regular"}


def _to_unicode(chars: list[str]) -> bytes:
    rows = [f"<{code:04X}> <{char.encode('utf-16-be').hex().upper()}>\n" for code, char in enumerate(chars, start=1)]
    sections = ""
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        sections += f"{len(some)} beginbfchar\n{''.join(some)}endbfchar\n"
    return _MAP.format(sections=sections).encode("ascii")
