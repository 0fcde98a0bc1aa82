"""A recorded fact in the columns of its workbook: what is brought in can be given out, and brought in again.

A row is taken from the trail as its reader has it (`personal_data.py: shown`). What a reader may not see and what was
erased leaves its cell empty; what the columns cannot say (evidence, say) is named in a column that nobody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from api.application.workbooks.kinds.sheet_kinds import Body, SheetColumn, SheetKind
from domain.events import (
    ComplaintReceived,
    EffectScored,
    Event,
    FilingSubmitted,
    HonourAwarded,
    InformationChanged,
    LapseRecorded,
    PenaltyImposed,
    ProjectStarted,
    SurveySubmitted,
)
from domain.values import Bilingual

Cells = dict[str, str | int | None]
"""What a row's cells say, by the field of the column."""
ABSENT, ITEM = "缺席：", 4
ALSO: Mapping[str, Bilingual] = {
    "evidence": ("证据（文件另附）", "evidence (its files are attached apart)"),
    "personnel": ("从业人员（另用人员表登记）", "staff (to be brought in by the workbook of the staff)"),
    "qualifications": ("其他资质", "other qualifications"),
    "other": ("其他备案内容", "more of the filing"),
    "changed": ("其他变更内容", "other changes"),
    "team": ("人员证书", "certificates of the team"),
    "invitation": ("所答的邀请", "the invitation that it answers"),
    "project": ("所属项目（没有合同编号）", "its project (without a contract number)"),
    "concerns": ("所涉事项", "what it concerns"),
    "audience": ("备注的阅读范围", "who reads the note"),
}
"""What a row may have beside its columns."""


class FactRow(NamedTuple):
    """A fact, or one of its rows, in the columns of its workbook."""

    cells: Cells
    also: tuple[str, ...]
    """Names (`ALSO`) of what the columns do not say."""


class GivenOut(NamedTuple):
    """The facts of a kind of workbook, and their rows; none for a fact that no such workbook could have brought."""

    event: type[Event]
    rows: Callable[[Body], Iterable[tuple[Body, list[str]]]]
    """From the body of the command that records the fact."""


def fact_rows(kind: SheetKind, row: Mapping[str, Any], contracts: Mapping[str, str | None]) -> list[FactRow]:
    """The rows of a fact, as its reader has it. `contracts`: contract numbers of projects by id."""
    body = _open(row["fact"]) | {"note": _said(row["note"]), kind.route.body.FACT_DATE: row["occurred_on"]}
    also = ["evidence"] if row["evidence"] else []
    is_shared = row["note_audience"] != "internal" and row["note"] is not None
    if is_shared and kind.name != "attendance":
        also.append("audience")
    if kind.name == "surveys" and body.get("project_id") is not None:
        body["project_id"] = contracts.get(body["project_id"])
        also += ["project"] if body["project_id"] is None else []
    return [
        FactRow({one.field: _cell(one, _at(part, one.field)) for one in kind.columns}, (*also, *more))
        for part, more in FACTS[kind.name].rows(body)
    ]


def _open(value: Any) -> Any:
    """Without what the reader may not see and what was erased."""
    if isinstance(value, dict):
        return None if _said(value) is None else {name: _open(inner) for name, inner in value.items()}
    return [_open(one) for one in value] if isinstance(value, list) else value


def _said(value: Any) -> Any:
    return None if value in ({"withheld": True}, {"erased": True}) else value


def _at(body: Body, path: str) -> Any:
    found: Any = body
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _cell(column: SheetColumn, value: Any) -> str | int | None:
    """The value as its column says it."""
    if value is None or column.kind == "skipped":
        return None
    if column.kind == "choice":
        return next((word for word, meant in column.choices.items() if meant == value), str(value))
    if column.kind == "yes":
        return "是" if value else "否"
    if column.kind == "list":
        return "、".join(value)
    if column.kind == "people":
        return "；".join(f"{one['name']} {one['years']}" for one in value if one["name"]) or None
    return value if column.kind == "year" else str(value)


# ---- kind by kind ----


def _as_it_is(body: Body) -> Iterator[tuple[Body, list[str]]]:
    yield body, []


def _filing(body: Body) -> Iterator[tuple[Body, list[str]]]:
    profile = body["profile"]
    first, *others = profile.get("qualifications") or [{}]
    said = {"qualification_name": "name", "qualification_no": "no", "qualification_until": "valid_until"}
    more = [name for name in ("personnel", "other") if profile.get(name)]
    more += ["qualifications"] if others or first.get("scope") else []
    yield {**profile, **body, **{field: first.get(name) for field, name in said.items()}}, more


def _staff(body: Body) -> Iterator[tuple[Body, list[str]]]:
    fields = body["fields"]
    more = ["changed"] if set(fields) - {"personnel"} else []
    for person in fields.get("personnel") or ():
        yield {**body, "person": person}, more


def _project(body: Body) -> Iterator[tuple[Body, list[str]]]:
    team = [one for one in body["technicians"] if one.get("qualification") or one.get("certificate_no")]
    lead = body["quality_lead"] or {}
    yield body, ["team"] if team or lead.get("certificate_no") else []


def _survey(body: Body) -> Iterator[tuple[Body, list[str]]]:
    answers = {f"q{number}": answer for number, answer in enumerate(body["answers"], 1)}
    yield {**body, **answers}, ["invitation"] if body.get("invitation_id") else []


def _attendance(body: Body) -> Iterator[tuple[Body, list[str]]]:
    """An absence as a workbook of attendance writes it; lapses of other items, or in other words, are none."""
    note = body["note"]
    if body["item"] == ITEM and isinstance(note, str) and note.startswith(ABSENT):
        meeting, _, rest = note.removeprefix(ABSENT).partition("；")
        made = {**body, "meeting": meeting, "note": rest or None, "status": "absent"}
        yield made, ["concerns"] if body.get("concerns") else []


FACTS: Mapping[str, GivenOut] = {
    "filing": GivenOut(FilingSubmitted, _filing),
    "personnel": GivenOut(InformationChanged, _staff),
    "projects": GivenOut(ProjectStarted, _project),
    "surveys": GivenOut(SurveySubmitted, _survey),
    "effect-scores": GivenOut(EffectScored, _as_it_is),
    "attendance": GivenOut(LapseRecorded, _attendance),
    "complaints": GivenOut(ComplaintReceived, _as_it_is),
    "honours": GivenOut(HonourAwarded, _as_it_is),
    "penalties": GivenOut(PenaltyImposed, _as_it_is),
}
"""By the name of the workbook."""
