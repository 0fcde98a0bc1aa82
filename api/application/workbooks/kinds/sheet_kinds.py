"""What a workbook of a kind of fact looks like: one declaration of its columns, for templates, reading and marking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from api.application.commands import CommandRoute, find_command
from domain.folding import compared
from domain.values import Bilingual

CellKind = Literal[
    "text", "code", "reference", "day", "year", "number", "choice", "answer", "yes", "list", "people", "skipped"
]
"""`code`: without spaces and full-width letters; `reference`: a number as it was given, brackets and spaces and all.
`skipped`: read by nobody, like a running number. `people`: names with their years of work."""
ROW = "row"
"""The column of a fault that is about a row as a whole."""


class SheetColumn(NamedTuple):
    """A column: the place in the command's body that its cells go to, its heading, and what else it may be called."""

    field: str
    title: Bilingual
    kind: CellKind = "text"
    required: bool = False
    synonyms: tuple[str, ...] = ()
    note: Bilingual = ("", "")
    choices: Mapping[str, Any] = {}
    """Word -> value; the first word of a value is the one that the template offers."""
    example: str = ""

    @property
    def heading(self) -> str:
        """As the template writes it: what has to be filled in has a star."""
        return self.title[0] + ("*" if self.required else "")

    def names(self) -> set[str]:
        """What its heading may be, folded."""
        return {folded(one) for one in (*self.title, *self.synonyms, self.field)}


Body = dict[str, Any]
"""A command's body as JSON: its shape is the command's."""


class SheetKind(NamedTuple):
    """A kind of workbook: each row is a fact, recorded by one command of api.md."""

    name: str
    title: Bilingual
    path: str
    """Of the command, with `{uscc}` for the agency."""
    columns: tuple[SheetColumn, ...]
    constants: Mapping[str, Any] = {}
    finish: Callable[[Body], Body | None] = lambda body: body
    """What else has to be done to make a body of the cells; None: the row says that there is nothing to record."""
    together: Callable[[Sequence[Body]], Body] | None = None
    """How the bodies of one agency's rows become one, where a fact has many rows."""
    article: str = ""

    @property
    def route(self) -> CommandRoute:
        """The command."""
        found = find_command(self.path.replace("{uscc}", "x"))
        if found is None:
            raise LookupError(f"no command is posted to {self.path}")
        return found[0]


def folded(heading: object) -> str:
    """A heading as it is compared: without stars, brackets with remarks, line breaks, spaces, width."""
    text = str(heading or "")
    for opening, closing in (("（", "）"), ("(", ")"), ("【", "】")):
        while opening in text and closing in text[text.index(opening) :]:
            start = text.index(opening)
            text = text[:start] + text[text.index(closing, start) + 1 :]
    return compared(text.replace("*", "").replace("＊", "").replace("：", "").replace("\n", ""))


CODE_WORDS = (
    "统一社会信用代码",
    "机构代码",
    "信用代码",
    "机构信用代码",
    "服务机构统一社会信用代码",
    "行政相对人代码",
    "行政相对人统一社会信用代码",
    "被处罚单位统一社会信用代码",
    "credit code",
)
NAME_WORDS = ("机构", "服务机构", "单位名称", "服务机构名称", "行政相对人名称", "被处罚单位", "当事人", "agency name")
ROW_NUMBER = SheetColumn("number", ("序号", "No."), "skipped", synonyms=("编号", "no"), example="示例")
AGENCY = SheetColumn(
    "agency",
    ("统一社会信用代码", "Credit code"),
    "code",
    synonyms=CODE_WORDS,
    note=(
        "机构的 18 位代码；不填时按机构名称全称查找",
        "18 characters; left empty, the agency is found by its whole name",
    ),
    example="91441300MA4X2Y7K18",
)
AGENCY_NAME = SheetColumn(
    "agency_name", ("机构名称", "Agency"), synonyms=NAME_WORDS, example="惠州市安恒安全技术服务有限公司"
)
CLIENT = (
    SheetColumn(
        "client.uscc",
        ("企业代码", "Client’s code"),
        "code",
        True,
        ("服务对象代码", "生产经营单位代码", "企业统一社会信用代码", "服务对象统一社会信用代码", "客户代码"),
        example="91441302MA5A00001N",
    ),
    SheetColumn(
        "client.name",
        ("企业名称", "Client"),
        "text",
        True,
        ("服务对象", "生产经营单位", "服务对象名称", "被服务对象", "客户名称"),
        example="大亚湾海岸精细化工有限公司",
    ),
)
YEAR = SheetColumn("year", ("考评年度", "Year"), "year", True, ("年度", "年份"), example="2025")
NOTE = SheetColumn(
    "note", ("备注", "Note"), synonyms=("说明",), note=("只供内部查阅", "read inside only (R39)"), example=""
)
RECORD = SheetColumn("record", ("记录编号", "Record no."), "code")
"""Of what was given out (`facts_given_out.py`): the fact that the row is, where the ledger has it. In no template."""
WHOSE = (ROW_NUMBER, AGENCY, AGENCY_NAME)


def day(
    field: str, zh: str, en: str, *synonyms: str, required: bool = True, example: str = "2025-03-04"
) -> SheetColumn:
    """A column of days."""
    note = ("如 2025-03-04、2025/3/4、2025年3月4日", "like 2025-03-04, 2025/3/4")
    return SheetColumn(field, (zh, en), "day", required, synonyms, note, example=example)
