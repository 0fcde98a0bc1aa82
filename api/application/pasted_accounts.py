"""Accounts typed or pasted from a spreadsheet, one a line: `login, name, role, credit code`, in this order.

Columns are parted by tabs, commas or semicolons, Chinese ones too. Roles are called as pages call them, or as the API
does. A line of headings is passed over. Of agencies the first column may be left out: the credit code is the login.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pydantic import ValidationError

from api.application.access_acts import NewAccount
from domain.store.access.sign_in_failures import normal_login
from domain.values import ROLE_NAMES, Bilingual, Role, loose_uscc

MOST_ROWS = 100
"""So that one page shows all links."""
_PARTED = re.compile(r"\t|[,，;；、]")
_ROLES = {
    **{role.value: role for role in Role},
    **{name: role for role, names in ROLE_NAMES.items() for name in names},
    "专委会": Role.COMMITTEE,
    "企业": Role.CLIENT,
    "机构": Role.AGENCY,
}
_HEADINGS = ("登录名", "login", "账户", "姓名", "name")


class PastedAccounts(NamedTuple):
    """What was understood, and what is wrong with which line (from 1)."""

    bodies: list[NewAccount]
    wrong: list[tuple[int, Bilingual]]


def read_accounts(text: str, *, only: Role | None = None) -> PastedAccounts:
    """The accounts that lines of text ask for. `only`: all are of this role; lines are `credit code, name, login`."""
    found, wrong = list[NewAccount](), list[tuple[int, Bilingual]]()
    logins: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in _PARTED.split(line.strip())]
        if not any(cells) or (number == 1 and cells[0].lower() in (*_HEADINGS, "代码", "信用代码", "单位代码", "uscc")):
            continue
        read = _bound(cells, only) if only is not None else _any(cells)
        if not isinstance(read, NewAccount):
            wrong.append((number, read))
            continue
        login = normal_login(read.login)
        if login in logins:
            first = logins[login]
            wrong.append((number, (f"登录名与第 {first} 行相同", f"the login is that of line {first}")))
        logins.setdefault(login, number)
        found.append(read)
    if len(found) > MOST_ROWS:
        wrong.append((MOST_ROWS + 1, (f"一次最多 {MOST_ROWS} 个账户", f"at most {MOST_ROWS} accounts at once")))
    if not found and not wrong:
        wrong.append((1, ("没有填写任何账户", "no account is given")))
    return PastedAccounts(found, wrong)


def _any(cells: list[str]) -> NewAccount | Bilingual:
    if not 3 <= len(cells) <= 4:
        return (
            "须为 3 或 4 列：登录名、姓名、角色、信用代码",
            "there are 3 or 4 columns: login, name, role, credit code",
        )
    login, person, said, *uscc = cells
    role = _ROLES.get(said.lower())
    if role is None:
        known = "、".join(names[0] for names in ROLE_NAMES.values())
        return (f"没有“{said}”这个角色；可用：{known}", f"there is no role {said!r}; there are: {', '.join(Role)}")
    return _account(login, person, role, uscc[0] if uscc else "")


def _bound(cells: list[str], role: Role) -> NewAccount | Bilingual:
    if not 2 <= len(cells) <= 3:
        return ("须为 2 或 3 列：信用代码、姓名、登录名", "2 or 3 columns are wanted: credit code, name, login")
    uscc, person, *login = cells
    return _account(login[0] if login and login[0] else loose_uscc(uscc).lower(), person, role, uscc)


def _account(login: str, person: str, role: Role, uscc: str) -> NewAccount | Bilingual:
    given = {"login": login, "person": person, "role": role, **({"uscc": uscc} if uscc else {})}
    if not 2 <= len(normal_login(login)) <= 64 or re.search(r"\s", login):
        return ("登录名须为 2 至 64 个字符，不含空格", "a login has 2 to 64 characters and no blanks")
    if not person:
        return ("没有姓名", "the name is missing")
    if bool(uscc) != (role in (Role.AGENCY, Role.CLIENT)):
        needs, (name, name_en) = role in (Role.AGENCY, Role.CLIENT), ROLE_NAMES[role]
        return (
            f"角色“{name}”{'须填' if needs else '不填'}信用代码",
            f"the role {name_en} {'needs' if needs else 'takes no'} credit code",
        )
    try:
        return NewAccount.model_validate(given)
    except ValidationError as error:
        said = error.errors()[0].get("ctx", {})
        return (str(said.get("text", f"{uscc or login} 格式不对")), str(said.get("text_en", "it is malformed")))
