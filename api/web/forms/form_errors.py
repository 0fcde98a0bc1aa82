"""What a form is shown with when the API has refused it: what was wrong on the whole, and at which field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain.values import Bilingual


@dataclass(frozen=True)
class Refused:
    """A refusal as templates show it (`refused.html`). `at`: what is wrong by field, in the order of the form."""

    said: Bilingual
    remedy: Bilingual
    at: dict[str, Bilingual]


def refused(problem: dict[str, Any], places: dict[str, str]) -> Refused:
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
