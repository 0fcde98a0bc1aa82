"""A recorded fact as the form that would record it again: what a correction begins with.

What a form is shown with when the API has refused it: what was wrong on the whole, and at which field.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from api.application.parsing.refused_bodies import ProblemBody
from api.application.privacy.personal_data import ERASED
from api.application.privacy.veiled import WITHHELD
from api.web.forms.form_fields import FORMS, REPLACING, FormField, form_fields
from api.web.forms.form_texts import command_text
from api.web.forms.form_values import Values, values_of
from domain.values import Bilingual
from projections.answers.trail_items import EntryRow
from projections.fact_kinds import FACTS

_OUTCOMES = {kind.__name__: one.outcome for kind, one in FACTS.items() if one.outcome}
_UNTOLD = (None, ERASED, WITHHELD)
"""What is not there, or not to be read: its input stays empty."""
OF_ONE_AGENCY = ("id", "ids", "commands", "answers")
"""Kinds of fields that name records of one agency, or are one form's alone: they are not repeated for another."""
_ABOUT = ("request_id", "project_id", "complaint_id", "bad_record_id", "report_id", "notice_id")


def command_for(kind: str) -> str:
    """The command that records events of this kind and can replace one; empty when there is none."""
    return next((name for name in REPLACING if kind in command_text(name).makes), "")


def filled(fact: EntryRow) -> Values:
    """The values of a replacement that says what this fact of the trail says."""
    command = command_for(fact["type"])
    if not command:
        return {"command": "", "id": "", "body": {}}
    said = {**fact["fact"], **{name: fact[name] for name in ("note", "note_audience", "evidence")}}
    said[FORMS[command].body.FACT_DATE] = fact["occurred_on"]
    said.setdefault("outcome", _OUTCOMES.get(fact["type"]))
    if fact["type"] in ("ComplaintDismissed", "ComplaintMerged"):
        said["verified_grounds"] = None
    fields = form_fields(command)
    about = next((fact["fact"][name] for name in _ABOUT if name in fact["fact"]), "")
    return {
        "command": command,
        "id": about if command_text(command).list is not None else "",
        "body": said_values(fields, said),
    }


def repeatable(command: str, body: Values) -> Values:
    """What a form can say of another agency too: neither people nor records of this one (R39)."""
    left = {one.name: body[one.name] for one in form_fields(command) if not _is_of_one_agency(one)}
    return {**values_of(form_fields(command), {}), **left}


def _is_of_one_agency(one: FormField) -> bool:
    return one.is_personal or one.kind in OF_ONE_AGENCY or any(map(_is_of_one_agency, one.parts))


def said_values(fields: Iterable[FormField], said: dict[str, object]) -> Values:
    """The values of a form that says what a body, or a fact, says."""
    held = tuple(fields)
    return values_of(held, _tree(held, said))


def _tree(fields: Iterable[FormField], said: dict[str, object]) -> dict[str, object]:
    return {one.name: _leaf(one, said[one.name]) for one in fields if said.get(one.name) not in _UNTOLD}


def _leaf(one: FormField, value: Any) -> Any:
    match one.kind:
        case "group":
            return _tree(one.parts, value)
        case "rows":
            return {str(place): _tree(one.parts, row) for place, row in enumerate(value)}
        case "answers":
            return {str(place): [text] for place, text in enumerate(value)}
        case "ids":
            return list(value)
        case "lines":
            return ["\n".join(value) if isinstance(value, list) else str(value)]
        case "flag":
            return ["true" if value else "false"]
        case _:
            return [str(value)]


@dataclass(frozen=True)
class Refused:
    """A refusal as templates show it (`refused.html`). `at`: what is wrong by field, in the order of the form."""

    said: Bilingual
    remedy: Bilingual
    at: dict[str, Bilingual]


def refused(problem: ProblemBody, places: dict[str, str]) -> Refused:
    """The problem (RFC 9457) for people. `places`: the id of the field of each JSON pointer, in the form's order.

    What concerns no field of the form is said on the whole.
    """
    errors = {one["pointer"]: (one["detail"], one["detail_en"]) for one in problem.get("errors", ())}
    at = {field: errors[pointer] for pointer, field in places.items() if pointer in errors}
    said = (problem["detail"], problem["detail_en"])
    others = [one for pointer, one in errors.items() if pointer not in places and one != said]
    if at and not others:
        said = ("请改正下面各处", "Please correct the following")
    elif others:
        said = ("；".join(one[0] for one in others), "; ".join(one[1] for one in others))
    return Refused(said, (problem.get("remedy", ""), problem.get("remedy_en", "")), at)
