"""Facts that a decision puts in place of what it annuls: rows of a form, as commands inside the decision (api.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from starlette.datastructures import FormData

from api.web.committee.confirmation import text_of
from api.web.forms.form_texts import choice_texts
from domain.events import DERIVED
from domain.values import Bilingual

MOST = 10
_ROW = re.compile(r"replace-(\d)-kind", re.ASCII)
KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "lapses": ("服务规范扣分（附件1 第1-7、9项）", "Lapse (annex 1, items 1-7 and 9)", ("item", "occurred_on")),
    "bad-records": (
        "登记不良信息（第十六条）",
        "Bad record (art.16)",
        ("behaviour", "entered_on", "behaviour_on", "content"),
    ),
    "complaints": (
        "投诉处理决定（第十七条）",
        "Decision on a complaint (art.17)",
        ("complaint", "outcome", "verified_grounds", "decided_on", "findings"),
    ),
    "honours": (
        "荣誉（附件1 第12项）",
        "Honour (annex 1, item 12)",
        ("level", "reason", "title", "authority", "authority_kind", "awarded_on"),
    ),
    "effect-scores": (
        "服务效果评分（附件1 第11项）",
        "Effect score (annex 1, item 11)",
        ("client-uscc", "client-name", "year", "value", "scored_on"),
    ),
}
"""What can be recorded with a decision in a browser: names in both languages, and fields of the form."""
_COMMANDS = {
    "lapses": "record-lapse",
    "bad-records": "enter-bad-record",
    "complaints": "decide-complaint",
    "honours": "award-honour",
    "effect-scores": "score-effect",
}
_NOT_HERE = ("merged", *DERIVED)
_CHOSEN = ("item", "behaviour", "outcome", "verified_grounds", "level", "authority_kind")


@cache
def choices() -> dict[str, dict[str, dict[str, Bilingual]]]:
    """The official wording of what is chosen, by kind and field, as on the forms of recording.

    A complaint cannot be merged here: that needs another one, and nothing of the contested result. Two behaviours are
    never entered (R12).
    """
    return {
        kind: {
            name: {value: said for value, said in choice_texts(_COMMANDS[kind], name).items() if value not in _NOT_HERE}
            for name in names
            if name in _CHOSEN
        }
        for kind, (_, _, names) in KINDS.items()
    }


@dataclass
class ReplacementRow:
    """One of them as the form has it."""

    number: int
    kind: str
    values: dict[str, str] = field(default_factory=dict)

    def command(self, uscc: str) -> dict[str, object]:
        """As a command inside the decision; what is empty is left out, so that the API asks for it."""
        given = {name: text for name, text in self.values.items() if text}
        body: dict[str, object] = {}
        path = f"/v1/agencies/{uscc}/{self.kind}"
        if self.kind == "complaints":
            path += f"/{given.pop('complaint', '-')}/decision"
        if self.kind == "effect-scores":
            body["client"] = {"uscc": given.pop("client-uscc", ""), "name": given.pop("client-name", "")}
        for name, text in given.items():
            body[name] = int(text) if name in ("item", "year") and text.isdecimal() else text
        return {"post": path, "body": body}


def rows_of(form: FormData) -> list[ReplacementRow]:
    """The rows that a form holds, numbered anew from 0; one more or one less where a button asks for it."""
    found: list[ReplacementRow] = []
    dropped = text_of(form, "act").removeprefix("drop-")
    for name in form:
        match = _ROW.fullmatch(name)
        kind = text_of(form, name)
        if match is None or kind not in KINDS or match[1] == dropped:
            continue
        prefix = f"replace-{match[1]}-body-"
        names = KINDS[kind][2]
        found.append(ReplacementRow(len(found), kind, {one: text_of(form, prefix + one) for one in names}))
    wanted = text_of(form, "more")
    if text_of(form, "act") == "add" and wanted in KINDS and len(found) < MOST:
        found.append(ReplacementRow(len(found), wanted, dict.fromkeys(KINDS[wanted][2], "")))
    return found
