"""A public list of penalties as an office keeps it, with every ugliness that a workbook may have."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from tests.workbooks.made import saved, sheet_of

HEAD = [
    "序号",
    "行政相对人名称",
    "行政相对人代码",
    "行政处罚\n决定书文号",
    "违法事实",
    "处罚依据",
    "处罚内容",
    "处罚决定日期",
    "公示截止期",
    "处罚机关",
    "行政相对人类别",
]  # as public lists of penalties have it
"""As public lists of penalties have it."""
UGLY_GOOD = 5
"""Rows in which nothing is wrong."""
UGLY: dict[int, set[str]] = {
    9: {"agency"},
    10: {"agency"},
    11: {"decided_on"},
    12: {"decided_on"},
    13: {"decided_on"},
    14: {"row"},
    15: {"decided_on"},
    16: {"row"},
    17: {"row"},
    18: {"row"},
    19: {"agency"},
    20: {"decided_on"},
    21: {"row"},
    22: {"agency"},
    23: {"authority"},
}
"""Which columns are wrong, by row."""


def penalty(number: int, code: Any, day: Any, **more: Any) -> list[Any]:
    """A row of a public list of penalties."""
    given = {"until": "2028年3月4日", "authority": "大亚湾区应急管理局", **more}
    number_ = f"（惠湾）应急罚〔2025〕{number}号"
    return [
        number,
        "",
        code,
        number_,
        "报告与现场不符",
        "《安全生产法》第九十二条",
        "罚款三万元",
        day,
        given["until"],
        given["authority"],
        "法人",
    ]


def ugly_penalties(codes: Sequence[str]) -> bytes:
    """The workbook; `codes`: of six agencies on file."""
    book = sheet_of([["大亚湾区行政处罚信息公示表"], ["填报单位：某局"], HEAD])
    sheet = book.active
    sheet.merge_cells("A1:I1")
    good = [datetime.date(2025, 3, 4), "2025/3/4", "２０２５．３．４", "2025年3月4日", "20250304"]
    for number, day in enumerate(good):
        sheet.append(penalty(number, f"  {codes[number]}　", day))
    wrong: list[list[Any]] = [
        penalty(9, 914413000000000000.0, "2025-03-04"),  # 9: rounded by the spreadsheet
        penalty(10, "9.14413E+17", "2025-03-04"),  # 10: the same as text
        penalty(11, codes[0], "3/4/2025"),  # 11: which is the month?
        penalty(12, codes[0], 45720),  # 12: a serial number
        penalty(13, codes[0], "2025-02-30"),  # 13
        HEAD,  # 14: headings again
        penalty(15, codes[1], "=TODAY()"),  # 15: a formula
        penalty(16, codes[1], "2025-03-04"),  # 16: hidden
        penalty(17, codes[2], "2025-03-04"),  # 17 and 18: merged
        penalty(18, codes[2], "2025-03-05"),
        penalty(19, "91441399MA0000001X", "2025-03-04"),  # 19: wrong check digit
        penalty(20, codes[2], "2099-03-04", until=None),  # 20: in the future
        penalty(21, codes[2], "2025-03-04", until="2024-01-01"),  # 21: published until before
        penalty(22, "", "2025-03-04"),  # 22: whose?
        penalty(23, codes[2], "2025-03-04", authority=None),  # 23
    ]
    for row in wrong:
        sheet.append(row)
    sheet.row_dimensions[16].hidden = True
    sheet.merge_cells("J17:J18")
    return saved(book)
