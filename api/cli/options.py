"""Options that several commands share, read as strictly as the service reads its query parameters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import typer
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from api.application.parsing.strict_json import known_at
from domain.commands.fields import Day
from domain.values import normal_uscc


def _strict(kind: Any) -> Callable[[str], Any]:
    """A field type of the service as a parser of the command line: its text becomes the usage error."""
    adapter = TypeAdapter(kind)

    def parse(text: str) -> Any:
        try:
            return adapter.validate_python(text)
        except ValidationError as error:
            context = error.errors()[0].get("ctx", {})
            raise typer.BadParameter(f"{context.get('text')} / {context.get('text_en')}") from None

    return parse


def parse_uscc(text: str) -> str:
    """A USCC in its canonical form. Raises: BadParameter."""
    try:
        return normal_uscc(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"统一社会信用代码的长度、字符或校验位不对（GB 32100-2015） / not a valid USCC: {error}"
        ) from None


parse_day = _strict(Day)
parse_known_at = _strict(Annotated[str, BeforeValidator(known_at)])

Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="数据库：sqlite:///file.db 或 postgresql://…；默认取 STEWARD_DATABASE_URL，否则为数据目录中的内嵌文件 / "
        ""
        "the database; by default STEWARD_DATABASE_URL, else an embedded file in the data folder",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="输出与 HTTP 接口相同的 JSON / print exactly the JSON of the HTTP interface")
]
Uscc = Annotated[
    str,
    typer.Argument(
        metavar="USCC", parser=parse_uscc, help="机构的统一社会信用代码 / the agency's unified social credit code"
    ),
]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        parser=parse_day,
        help="生效日 YYYY-MM-DD，默认今天 / the day asked about; today by default",
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="INSTANT",
        parser=parse_known_at,
        help="知悉时刻（RFC 3339）、version:N 或 log:N，默认现在 / "
        "as known at an instant, version:N or log:N; now by default",
    ),
]
FirstDay = Annotated[
    date | None,
    typer.Option(
        "--from",
        metavar="DATE",
        parser=parse_day,
        help="起始日，默认第一件事实之日 / first day; by default the first fact's",
    ),
]
LastDay = Annotated[
    date | None,
    typer.Option("--to", metavar="DATE", parser=parse_day, help="截止日，默认今天 / last day; today by default"),
]
Person = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="PERSON",
        help="经办人姓名或编号，新姓名会新建人员 / who answers for it: name or id; a new name makes a person",
    ),
]
