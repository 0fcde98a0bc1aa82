"""Which agency somebody means by a credit code or by a name, for rows that were typed or pasted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from domain.folding import compared
from domain.ledger.ledger import Ledger
from domain.values import Bilingual, instant, loose_uscc, normal_uscc
from projections.rows.read.district import Filters
from projections.rows.read.published import LATEST, names_on
from projections.rows.read.row_queries import RowQueries

_CODE = re.compile(r"[0-9A-Z]{12,20}", re.ASCII)
"""What is meant for a code, right or wrong: no name of an agency is without Chinese characters or spaces."""
_SUGGESTED = 3


class AgencyMeant(NamedTuple):
    """The agency, or why it cannot be told."""

    uscc: str = ""
    name: str | None = None
    problem: Bilingual | None = None


def agencies_meant(ledger: Ledger, texts: Iterable[str]) -> dict[str, AgencyMeant]:
    """The agency behind each text, now: by a code, else by its whole name however it is spelled (R46)."""
    given = {text: loose_uscc(text) for text in dict.fromkeys(texts)}
    with ledger.reading() as reader:
        look_ups = RowQueries(reader, instant(datetime.now(UTC)))
        basis = look_ups.district(None, None)
        codes = {text: code for text, code in given.items() if _CODE.fullmatch(code)}
        right = {text: code for text, code in codes.items() if _is_right(code)}
        names = names_on(reader.connection, set(right.values()), LATEST, basis.known_at) if right else {}
        found: dict[str, AgencyMeant] = {}
        for text in given:
            if not text.strip():
                found[text] = AgencyMeant(problem=("请填写机构", "say which agency"))
            elif text in right:
                known = right[text] in names
                found[text] = AgencyMeant(right[text], names.get(right[text]), None if known else _UNKNOWN)
            elif text in codes:
                found[text] = AgencyMeant(problem=_WRONG_CODE)
            else:
                rows = look_ups.agencies(basis, Filters(q=text.strip()), limit=50)
                found[text] = _by_name(text, {one.agency.uscc: one.agency.name or "" for one in rows})
    return found


def _is_right(code: str) -> bool:
    try:
        return normal_uscc(code) == code
    except ValueError:
        return False


def _by_name(text: str, candidates: dict[str, str]) -> AgencyMeant:
    exact = [uscc for uscc, name in candidates.items() if compared(name) == compared(text)]
    if len(exact) == 1:
        return AgencyMeant(exact[0], candidates[exact[0]])
    if exact:
        return AgencyMeant(
            problem=("有几家机构叫这个名称，请改填信用代码", "several agencies bear this name: give the credit code")
        )
    if not candidates:
        return AgencyMeant(problem=("没有叫这个名称的机构，请核对", "no agency bears this name: please check it"))
    likely = list(candidates.values())[:_SUGGESTED]
    return AgencyMeant(
        problem=(
            f"没有完全相同的名称，相近的有：{'、'.join(likely)}；请写全称或信用代码",
            f"no agency is called exactly so; similar: {', '.join(likely)}. Give the whole name or the code",
        )
    )


_WRONG_CODE: Bilingual = (
    "信用代码的长度、字符或校验位不对，请与营业执照核对",
    "not a valid credit code: compare it with the business licence",
)
_UNKNOWN: Bilingual = ("台账里没有这家机构；机构须先备案", "this agency is not on record; it has to be filed first")
