"""Corrections: annul and replace in one step, all or nothing (api.md, Commands), on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.world import CLIENT_PARTY, Person, World, body_of, new_uscc


def corrected(world: World, uscc: str, event_id: str, *replace: dict[str, Any], **more: Any) -> Any:
    """The response to a correction of one event."""
    body = {"event_id": event_id, "reason": "登记有误", "annulled_on": "2024-06-20", "replace": list(replace), **more}
    return world.association.post(f"/v1/agencies/{uscc}/corrections", body)


def command(uscc: str, tail: str, body: dict[str, Any], ref: str | None = None) -> dict[str, Any]:
    """A command inside a command."""
    made = {"post": f"/v1/agencies/{uscc}/{tail}", "body": body}
    return made if ref is None else {**made, "ref": ref}


def test_what_is_wrong_is_replaced_in_one_step(world: World) -> None:
    """A complaint upheld on wrong grounds: annulled, and received and decided anew, the later naming the earlier."""
    uscc = world.filed()
    wrong = world.id_of("ReceiveComplaint", uscc)
    decision = world.done("DecideComplaint", uscc, wrong)["events"][0]["id"]
    before = world.trail(uscc)[-1]["version"]
    decided = {**body_of("DecideComplaint"), "verified_grounds": "other"}
    answer = World.must(
        corrected(
            world,
            uscc,
            wrong,
            command(uscc, "complaints", {"received_on": "2024-04-25", "grounds": "other"}, "c"),
            command(uscc, "complaints/$c/decision", decided),
        )
    )
    kinds = [(one["type"], one["version"]) for one in answer["events"]]
    assert kinds == [("EventAnnulled", before + 1), ("ComplaintReceived", before + 2), ("ComplaintUpheld", before + 3)]
    assert answer["version"] == before + 3
    assert answer["ids"] == {"annulment": answer["events"][0]["id"], "complaint": answer["events"][1]["id"]}
    assert answer["also_annulled"] == [decision]
    standing = world.association.get(f"/v1/agencies/{uscc}/standing", as_of="2024-06-30").json()
    assert (standing["sanction"]["tier"], standing["bad_records"]["total"]) == ("none", 1)
    replaced = world.trail(uscc)[-1]["fact"]
    assert (replaced["complaint_id"], replaced["verified_grounds"]) == (answer["ids"]["complaint"], "other")


LAPSE: tuple[str, dict[str, Any]] = ("lapses", {"item": 4, "occurred_on": "2024-05-20"})
DISMISSED = {"outcome": "dismissed", "findings": "核查记录", "decided_on": "2024-05-20"}
SCORE = {"client": CLIENT_PARTY, "year": 2024, "value": 80, "scored_on": "2024-06-01"}
REFUSED: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "a contradiction": ("filing-decision", {"outcome": "filed", "decided_on": "2024-05-20"}, 409, "body"),
    "a future date": ("lapses", {"item": 4, "occurred_on": "2100-01-01"}, 422, "body/occurred_on"),
    "a wrong field": ("lapses", {"item": 8, "occurred_on": "2024-05-20"}, 422, "body/item"),
    "an unknown name": ("complaints/$x/decision", DISMISSED, 422, "post"),
    "an unknown id": ("complaints/nobody/decision", DISMISSED, 422, "post"),
    "no command": ("standing", {}, 422, "post"),
    "a correction": ("corrections", {}, 422, "post"),
    "another's right": ("effect-scores", SCORE, 403, "post"),
}
"""A replacement after a good one; with which status it is refused, and where in it."""


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_replacement_that_is_refused_refuses_all(world: World, name: str) -> None:
    """The refusal points at the command inside; neither the annulment nor the good replacement is recorded."""
    tail, body, status, pointer = REFUSED[name]
    uscc = world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    before = world.trail(uscc)
    response = corrected(world, uscc, lapse, command(uscc, *LAPSE), command(uscc, tail, body))
    assert response.status_code == status, response.text
    at = [one["pointer"] for one in response.json().get("errors", [])]
    assert at == [f"/replace/1/{pointer}"]
    assert world.trail(uscc) == before


def test_a_replacement_is_about_the_same_agency(world: World) -> None:
    """Another agency's path, a filing, and paths without an agency are refused, with nothing recorded anywhere."""
    uscc, other = world.filed(), world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    filing = {"post": "/v1/agencies", "body": {**body_of("FileAgency"), "uscc": new_uscc()}}
    answer = {"post": "/v1/objections/x/answer", "body": body_of("AnswerObjection")}
    for one in (command(other, "pledge", {"signed_on": "2024-05-20"}), filing, answer):
        response = corrected(world, uscc, lapse, one)
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/replace/0/post")
    assert (len(world.trail(uscc)), len(world.trail(other))) == (3, 2)


def test_a_correction_is_retried_and_conditional_like_any_command(world: World) -> None:
    """The key returns the first answer with all its events; an outdated If-Match is 412, nothing recorded."""
    uscc = world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    good = {"item": 9, "occurred_on": "2024-05-20"}
    path = f"/v1/agencies/{uscc}/corrections"
    body = {
        "event_id": lapse,
        "reason": "登记有误",
        "annulled_on": "2024-06-20",
        "replace": [command(uscc, "lapses", good)],
    }
    assert world.association.post(path, body, If_Match='"2"').status_code == 412
    assert len(world.trail(uscc)) == 3
    first = world.association.post(path, body, If_Match='"3"', Idempotency_Key="correct-1")
    again = world.association.post(path, body, If_Match='"3"', Idempotency_Key="correct-1")
    assert (first.status_code, first.content) == (201, again.content)
    assert len(world.trail(uscc)) == 5


def test_the_rows_follow_a_correction(world: World) -> None:
    """The standing from rows, asked right after: one lapse stands in place of the other."""
    uscc = world.filed()
    world.done("StartProject", uscc)
    lapse = world.id_of("RecordLapse", uscc)

    def conduct(who: Person) -> str:
        return str(who.get(f"/v1/agencies/{uscc}/standing", as_of="2024-12-31").json()["assessment"]["conduct"])

    assert conduct(world.association) == "9.00"
    good = [command(uscc, "lapses", {"item": 9, "occurred_on": day}) for day in ("2024-05-20", "2024-05-21")]
    World.must(corrected(world, uscc, lapse, *good))
    assert conduct(world.association) == "8.00"
