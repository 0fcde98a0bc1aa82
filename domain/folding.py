"""Texts that people take for the same: what is typed without what nobody sees, and what is compared (R46, R47).

Three strengths: `seen` for what is stored, `compared` for what is searched and told equal, `category_fold` for R47.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Fillers and joiners that are no format characters to Unicode, and that fonts draw as nothing all the same."""
_SELECTORS = frozenset(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_LOOKS_LIKE = (
    "⺁厂⺄乙⺅亻⺆冂⺇几⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺑尣⺒巳⺓幺⺔彑⺖忄⺗㣺⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺫目⺬示⺭礻⺮竹⺯糹⺰纟⺱罓⺲罒⺶羊⺷羊⺸羋"
    "⺹耂⺺肀⺻聿⺼月⺽臼⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻈讠⻉贝⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑長⻒镸⻓长⻔门⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻟飠⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦"
    "⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀"
)
_RADICALS = dict(zip(map(ord, _LOOKS_LIKE[::2]), _LOOKS_LIKE[1::2], strict=True))
"""The radicals of U+2E80-2EF3 that NFKC leaves alone, as the characters that they look like: texts copied out of a PDF
are full of them. The others, and those of U+2F00-2FD5, NFKC folds by itself."""
_DOTS = dict.fromkeys(map(ord, "•‧・"), "·")
_KINDS = {"Pd": "-", "Ps": "(", "Pe": ")"}
"""Dashes and brackets, of whatever shape."""


def is_unseen(character: str) -> bool:
    """Whether a character is drawn as nothing: format characters (Cf: zero width, marks of direction) and fillers."""
    return unicodedata.category(character) == "Cf" or character in _FILLERS


def is_selector(character: str) -> bool:
    """Whether it only says which form of the character before it is meant: part of a name, nothing to a search."""
    return character in _SELECTORS


def seen(text: str) -> str:
    """The text without what nobody sees in it, as it is stored: pasted text brings such characters along."""
    return text if text.isascii() else "".join(one for one in text if not is_unseen(one))


@lru_cache(maxsize=1_000)
def category_fold(words: str) -> str:
    """A category's spelling as R47 compares it: NFKC, without spaces and invisible characters."""
    return _plain(words)


class _Characters(dict[int, str]):
    """For `str.translate`: what becomes of a character, asked of `becomes` once; there are only so many."""

    def __init__(self, becomes: Callable[[str], str]) -> None:
        super().__init__()
        self._becomes = becomes

    def __missing__(self, code: int) -> str:
        made = self[code] = self._becomes(chr(code))
        return made


def _kept(one: str) -> str:
    return "" if one.isspace() or is_unseen(one) or is_selector(one) else one


_KEPT = _Characters(_kept)
_AS_KINDS = _Characters(lambda one: _KINDS.get(unicodedata.category(one), one))
_ASCII = {code: _AS_KINDS[ord(one)] if (one := _KEPT[code]) else None for code in range(128)}
"""What is compared of a character of ASCII, case apart: NFKC leaves all of them as they are."""


def _plain(words: str) -> str:
    return unicodedata.normalize("NFKC", words).translate(_KEPT)


def compared(text: str) -> str:
    """What two texts have in common that people take for the same: width, spaces, case, brackets, dashes, radicals.

    Applied to both sides of a search: part of a name finds it however either was typed. Nothing is remembered: what
    is searched may be personal.
    """
    if text.isascii():  # codes, ids and days are most of what is compared
        return text.lower() if text.isalnum() else text.translate(_ASCII).lower()
    folded = _plain(text).translate(_RADICALS).translate(_DOTS).casefold()
    if folded.isascii() and folded.isalnum():
        return folded
    return unicodedata.normalize("NFKC", folded.translate(_AS_KINDS))
