"""Makes the typefaces that papers are printed with anew, from the font files as their publishers issue them.

    python deploy/typefaces.py FOLDER

FOLDER holds the three files named below; `projections/paper/typefaces/README.md` says where each comes from. Layout
tables and hints are left away, glyphs stay as they are. The same files and uharfbuzz give the same bytes.
"""

from __future__ import annotations

import hashlib
import lzma
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import uharfbuzz as hb

TARGET = Path(__file__).resolve().parent.parent / "projections/paper/typefaces"
SOURCES = {
    "NotoSerifSC_400Regular.ttf": "c358a69de3df5f423a8946a7b03e3126fb6ba116f1130a463455b4e39e1f0742",
    "NotoSansSC_400Regular.ttf": "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
    "HanaMinB.ttf": "829543436cdf7b4c6730e2af5806fa406f8ddf0d4b656e0cd49c58d4db1c8d3c",
}
"""Each file with its SHA-256."""
_LEFT_AWAY = ("GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG", "STAT")
_RARE = range(0x20000, 0x30000)
"""The supplementary ideographic plane, in blocks of 4,096 so that one rare character does not unpack all of them."""


def main(folder: Path) -> None:
    """Writes song.ttf, hei.ttf and rare-XX.ttf.xz. Raises: SystemExit for a source file other than the expected."""
    song, hei, hana = (_source(folder, name, sha256) for name, sha256 in SOURCES.items())
    TARGET.mkdir(exist_ok=True)
    drawn = set(song.unicodes)
    (TARGET / "song.ttf").write_bytes(_only(song, drawn))
    (TARGET / "hei.ttf").write_bytes(_only(hei, {code for code in hei.unicodes if _in_gbk(code)}))
    blocks: dict[int, set[int]] = defaultdict(set)
    for code in set(hana.unicodes) - drawn:
        if code in _RARE:
            blocks[code >> 12].add(code)
    for block, codes in blocks.items():
        packed = lzma.compress(_only(hana, codes), check=lzma.CHECK_SHA256, preset=9 | lzma.PRESET_EXTREME)
        (TARGET / f"rare-{block:x}.ttf.xz").write_bytes(packed)


def _source(folder: Path, name: str, sha256: str) -> hb.Face:
    data = (folder / name).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise SystemExit(f"{name} is not the file that the typefaces were made from: {found}, expected {sha256}")
    return hb.Face(hb.Blob(data))


def _only(face: hb.Face, codes: Iterable[int]) -> bytes:
    """The font with the glyphs of these characters and the tables that a printed page needs."""
    wanted = hb.SubsetInput()
    wanted.unicode_set.update(codes)
    wanted.flags = hb.SubsetFlags.NO_HINTING
    for tag in _LEFT_AWAY:
        wanted.drop_table_tag_set.add(int.from_bytes(tag.encode(), "big"))
    return bytes(hb.subset(face, wanted).blob.data)


def _in_gbk(code: int) -> bool:
    """What headings need in their own face; rarer characters stand in the face of the text."""
    try:
        chr(code).encode("gbk")
    except UnicodeEncodeError:
        return code < 0x3000
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
