"""What a cell says, read as its column means it; what can mean two things is refused with the way to say it right.

A spreadsheet keeps days as numbers, codes as numbers that lost their last digits, and digits in two widths. None of it
is guessed: a code that a spreadsheet has rounded is gone, and only who filled it in can say what it was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from api.application.workbooks.kinds.kinds_of_agencies import people
from api.application.workbooks.kinds.sheet_kinds import CellKind, SheetColumn
from domain.folding import compared, seen
from domain.values import Bilingual


class CellFault(Exception):
    """What is wrong with a cell, in both languages, with the remedy."""

    def __init__(self, text: str, text_en: str) -> None:
        super().__init__(text_en)
        self.said: Bilingual = (text, text_en)


_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d{1,3}", re.ASCII)
_MOST_DIGITS = 15
"""A spreadsheet's number has no more (IEEE 754): what follows is gone."""
_DAY = re.compile(r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*日?", re.ASCII)
_COMPACT_DAY = re.compile(r"(?P<y>(19|20|21)\d\d)(?P<m>\d\d)(?P<d>\d\d)", re.ASCII)
_DOUBTFUL_DAY = re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*(\d{4}|\d{2})", re.ASCII)
_SERIALS = range(32_000, 80_000)
"""Days of 1987 to 2119 as a spreadsheet counts them."""
_FIRST_SERIAL = date(1899, 12, 30)
_YES, _NO = (
    frozenset(map(compared, ("是", "有", "yes", "y", "true", "√", "1"))),
    frozenset(map(compared, ("否", "无", "no", "n", "false", "×", "0"))),
)
_ANSWERS = {"A": "A", "B": "B", "C": "C", "10": "A", "7": "B", "3": "C"}


def read_cell(column: SheetColumn, value: Any) -> Any:
    """What the cell says for the command's body; None where it is empty. Raises: CellFault."""
    if value is None or (isinstance(value, str) and not _plain(value)):
        return None
    return _READERS[column.kind](column, value)


def _plain(text: str) -> str:
    return seen(text).replace("\u3000", " ").strip()


def _wide(text: str) -> str:
    """Without full-width digits and letters, and without spaces."""
    return "".join(unicodedata.normalize("NFKC", seen(text)).split())


def _number_text(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(column: SheetColumn, value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != datetime.min.time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    return _number_text(value) if _is_number(value) else _plain(str(value))


def _code(column: SheetColumn, value: Any) -> str:
    _require_whole(value, text := _wide(_text(column, value)))
    return text


def _reference(column: SheetColumn, value: Any) -> str:
    """A document's or contract's number: 〔2025〕 and （惠湾） belong to it, and so do its spaces."""
    text = _text(column, value)
    _require_whole(value, _wide(text))
    return text


def _require_whole(value: Any, text: str) -> None:
    """Raises: CellFault for a number of which a spreadsheet has lost digits."""
    digits = len(text.lstrip("-")) if text.lstrip("-").isdecimal() else 0
    if _ROUNDED.fullmatch(text) or (_is_number(value) and digits > _MOST_DIGITS):
        raise CellFault(
            f"这个代码已被表格软件当作数字四舍五入（{text}），末几位已丢失：请把这一列设为“文本”格式，再按原件重新填写",
            f"a spreadsheet has taken this code for a number and rounded it ({text}), its last digits are gone: "
            "format the column as text and fill the code in again",
        )


def _day(column: SheetColumn, value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if _is_number(value) and int(value) in _SERIALS:
        meant = _FIRST_SERIAL + timedelta(days=int(value))
        raise CellFault(
            f"这是日期的内部序号（{_number_text(value)}，可能是 {meant}）：请把单元格设为日期格式，或写作 {meant}",
            f"this is a day's serial number ({_number_text(value)}, perhaps {meant}): format the cell as a date",
        )
    text = _wide(_number_text(value) if _is_number(value) else str(value))
    if _DOUBTFUL_DAY.fullmatch(text):
        raise CellFault(
            f"“{text}”分不清月和日：请把年写在前面，如 2025-03-04 或 2025年3月4日",
            f"which number of {text} is the month cannot be told: begin with the year, as in 2025-03-04",
        )
    found = _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    if found is None:
        raise CellFault(f"“{text}”不是日期：请写作 2025-03-04 或 2025年3月4日", f"{text} is no day: write 2025-03-04")
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except ValueError:
        raise CellFault(f"没有“{text}”这一天", f"there is no such day as {text}") from None


def _year(column: SheetColumn, value: Any) -> int:
    text = _wide(_text(column, value)).removesuffix("年").removesuffix("年度")
    if not re.fullmatch(r"2[01]\d\d", text, re.ASCII):
        raise CellFault(f"“{text}”不是年度：请写四位数字，如 2025", f"{text} is no year: write four digits, like 2025")
    return int(text)


def _number(column: SheetColumn, value: Any) -> str:
    text = _wide(_number_text(value) if _is_number(value) else str(value)).removesuffix("分").removesuffix("年")
    if not re.fullmatch(r"\d{1,9}(\.\d{1,2})?", text, re.ASCII):
        raise CellFault(f"“{text}”不是数：须为非负数，最多两位小数", f"{text}: a number with at most two decimals")
    return text


def _choice(column: SheetColumn, value: Any) -> Any:
    text = compared(_text(column, value))
    for word, meant in column.choices.items():
        if text in (compared(word), compared(str(meant))):
            return meant
    offered = "、".join(dict.fromkeys({meant: word for word, meant in reversed(list(column.choices.items()))}.values()))
    raise CellFault(f"“{_text(column, value)}”不在可选项中：{offered}", f"not among the choices: {offered}")


def _answer(column: SheetColumn, value: Any) -> str:
    text = _wide(_text(column, value)).upper().rstrip("、.．")
    if text not in _ANSWERS:
        raise CellFault(f"“{text}”不是答案：请填 A、B 或 C（或 10、7、3）", f"{text} is no answer: A, B or C")
    return _ANSWERS[text]


def _yes(column: SheetColumn, value: Any) -> bool:
    text = compared(_text(column, value))
    if text not in _YES | _NO:
        raise CellFault(f"“{_text(column, value)}”：请填“是”或“否”", "fill in 是 or 否 (yes or no)")
    return text in _YES


def _list(column: SheetColumn, value: Any) -> list[str]:
    return [one.strip() for one in re.split(r"[、,，;；\n]+", _text(column, value)) if one.strip()]


def _people(column: SheetColumn, value: Any) -> list[dict[str, object]]:
    try:
        return people(_text(column, value))
    except ValueError as error:
        raise CellFault(
            f"“{error}”没有写明从业年限：请写作“王海涛 3；李静 1.5”",
            f"{error} is without years of work: write “name 3; name 1.5”",
        ) from None


def _nothing(column: SheetColumn, value: Any) -> None:
    return None


_READERS: dict[CellKind, Callable[[SheetColumn, Any], Any]] = {
    "text": _text,
    "code": _code,
    "reference": _reference,
    "day": _day,
    "year": _year,
    "number": _number,
    "choice": _choice,
    "answer": _answer,
    "yes": _yes,
    "list": _list,
    "people": _people,
    "skipped": _nothing,
}
