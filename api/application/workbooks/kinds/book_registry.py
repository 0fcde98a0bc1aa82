"""The kinds of workbooks by their names."""

from __future__ import annotations

from api.application.workbooks.kinds.kinds_of_agencies import FILING, PERSONNEL, PROJECTS
from api.application.workbooks.kinds.kinds_of_conduct import (
    ATTENDANCE,
    COMPLAINTS,
    EFFECT_SCORES,
    HONOURS,
    PENALTIES,
    SURVEYS,
)
from api.application.workbooks.kinds.sheet_kinds import SheetKind
from domain.errors import NotFound
from domain.values import Role

BOOKS: dict[str, SheetKind] = {
    one.name: one
    for one in (FILING, PERSONNEL, PROJECTS, SURVEYS, EFFECT_SCORES, ATTENDANCE, COMPLAINTS, HONOURS, PENALTIES)
}


def book_named(name: str) -> SheetKind:
    """The kind of this name. Raises: NotFound."""
    if name not in BOOKS:
        raise NotFound(
            f"没有“{name[:40]}”这种工作簿",
            f"there is no workbook of the kind {name[:40]}",
            remedy="可用：" + "、".join(BOOKS),
            remedy_en="There are: " + ", ".join(BOOKS) + ".",
        )
    return BOOKS[name]


def books_for(role: Role) -> list[SheetKind]:
    """The kinds whose facts somebody in a role may record."""
    return [one for one in BOOKS.values() if role in one.route.roles]
