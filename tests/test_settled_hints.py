"""What settles a hint and what does not (R37), and that no hint counts."""

from __future__ import annotations

from datetime import date

import pytest

from api.application.commands import COMMANDS
from api.application.nested_commands import SEVERAL
from domain.commands.appeals import FileAppeal
from domain.errors import Contradiction, Invalid, NotFound
from domain.measures.hints import agency_of_hint
from projections.replay.sheet import Sheet
from tests.plain_answers import explained
from tests.test_hints import LATER, PATH, PROJECT, A, filed, survey


def test_a_bad_record_from_before_settles_nothing() -> None:
    """Neither one recorded before the hint's facts, nor one of a day before the hint's, nor of another code."""
    world = filed()
    world.send(f"{PATH}/projects", PROJECT)
    early = {"behaviour": "16.2", "content": "核查情况", "entered_on": "2024-06-10"}
    world.send(f"{PATH}/bad-records", early)
    form = survey(world, "AAACAAAAAA", "2024-06-03")
    world.send(f"{PATH}/bad-records", {**early, "entered_on": "2024-06-02"})
    world.send(f"{PATH}/bad-records", {**early, "behaviour": "16.3"})
    (hint,) = world.hints(A, LATER)
    assert (hint.events, hint.status) == ((form.id,), "open")
    record = world.send(f"{PATH}/bad-records", {**early, "entered_on": "2024-06-03"})
    (hint,) = world.hints(A, LATER)
    assert (hint.status, hint.settled_by) == ("recorded", record.id)
    assert [one.status for one in world.hints(A, date(2024, 6, 3))] == ["recorded"]


def test_a_bad_record_that_names_a_hint_settles_no_other() -> None:
    """The named hint, though an older one of the same code is open."""
    world = filed()
    projects = [world.send(f"{PATH}/projects", PROJECT) for _ in range(2)]
    survey(world, "AAACAAAAAA", "2024-06-03", project_id=projects[0].id)
    survey(world, "AAACAAAAAA", "2024-06-10", project_id=projects[1].id)
    first, second = world.hints(A, LATER)
    body = {
        "behaviour": "16.2",
        "content": "核查情况",
        "entered_on": "2024-06-20",
        "behaviour_on": "2024-06-03",
        "hint_id": second.id,
    }
    world.send(f"{PATH}/bad-records", body)
    assert [one.status for one in world.hints(A, LATER)] == ["open", "recorded"]
    with pytest.raises(Invalid, match="R37"):
        world.send(f"{PATH}/bad-records", {**body, "behaviour": "16.3", "hint_id": first.id})
    world.send(f"/v1/hints/{first.id}/dismissal", {"dismissed_on": "2024-06-21", "reason": "误填"})
    with pytest.raises(Invalid, match="R37"):
        world.send(f"{PATH}/bad-records", {**body, "hint_id": first.id})
    with pytest.raises(Contradiction, match="R37"):
        world.send(f"/v1/hints/{second.id}/dismissal", {"dismissed_on": "2024-06-21", "reason": "误填"})


def test_a_hint_to_be_checked_is_dismissed_and_never_entered() -> None:
    """It suggests no behaviour, so no bad record can name it."""
    world = filed()
    survey(world, "A" * 10)
    (hint,) = world.hints(A, LATER)
    assert (hint.behaviour, hint.article) == (None, None)
    with pytest.raises(Invalid, match="R37"):
        world.send(
            f"{PATH}/bad-records",
            {"behaviour": "16.1", "content": "核查情况", "entered_on": "2024-06-20", "hint_id": hint.id},
        )
    world.send(f"/v1/hints/{hint.id}/dismissal", {"dismissed_on": "2024-06-21", "reason": "合同补签，项目已补录"})
    with pytest.raises(NotFound, match="R37"):
        world.send(f"/v1/hints/h-{A}-{'0' * 24}/dismissal", {"dismissed_on": "2024-06-21", "reason": "x"})


def test_hints_keep_their_ids_and_never_count() -> None:
    """The same ids on later days and from a trail read anew; the sheet is the one without them."""
    world = filed()
    world.send(f"{PATH}/projects", {**PROJECT, "technicians": [], "service_type": "评价"})
    survey(world, "CAACAAAAAA")
    before = explained(Sheet(world.basis(A, date(2024, 12, 31)), 2024))
    ids = [hint.id for hint in world.hints(A, date(2024, 12, 31))]
    assert len(ids) == len(set(ids)) == 3
    assert ids == [hint.id for hint in world.hints(A, LATER)]
    assert {agency_of_hint(one) for one in ids} == {A}
    world.send(f"/v1/hints/{ids[0]}/dismissal", {"dismissed_on": "2024-12-30", "reason": "已核实"})
    assert explained(Sheet(world.basis(A, date(2024, 12, 31)), 2024)) == before
    assert before["conduct"] == "10.00"


@pytest.mark.parametrize("text", ["", "x", f"h-{A}-{'0' * 23}", f"h-{A}-{'G' * 24}", f"n-{A}-{'0' * 24}", f"h-{A}"])
def test_what_is_no_hints_id_names_no_agency(text: str) -> None:
    """The form is checked before anything is looked up."""
    assert agency_of_hint(text) is None


def test_commands_of_several_facts_have_an_act_each() -> None:
    """Those that say so and those that are acted out are the same, so that none is imported or embedded by mistake.

    An appeal is one fact, and two only of an agency without any result (R33): it can be imported as one.
    """
    assert {row.body for row in COMMANDS if row.body.SEVERAL_FACTS} == set(SEVERAL) - {FileAppeal}
