"""Notices over HTTP, where commands look up what they need: corrections can be recorded as sent (R14, R18)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.values import Role
from tests.http.world import World


def listed(world: World, uscc: str, status: str = "due") -> list[dict[str, Any]]:
    """The agency's notices, as the agency itself reads them."""
    items: list[dict[str, Any]] = world.person(Role.AGENCY, uscc).get("/v1/notices", status=status).json()["items"]
    return items


def sent(world: World, uscc: str, notice: dict[str, Any]) -> str:
    return str(world.done("SendNotice", uscc, notice["id"])["events"][0]["id"])


@pytest.mark.shows("R18")
def test_a_correction_of_a_notice_is_sent_once(world: World) -> None:
    """The cause of a sent notice is annulled: its correction stands on the list, can be sent, and not twice."""
    uscc = world.filed()
    upheld = []
    for day in ("2024-05-06", "2024-05-07"):
        complaint = world.id_of("ReceiveComplaint", uscc)
        upheld.append(world.done("DecideComplaint", uscc, complaint, decided_on=day)["events"][0]["id"])
    (notice,) = listed(world, uscc)
    assert (notice["kind"], notice["cause"]) == ("warned", upheld[1])
    out = sent(world, uscc, notice)
    world.done("AnnulEvent", uscc, event_id=upheld[0])
    (correction,) = listed(world, uscc)
    assert (correction["kind"], correction["cause"]) == ("correction", out)
    sent(world, uscc, correction)
    assert listed(world, uscc) == []
    path = f"/v1/agencies/{uscc}/notices/{correction['id']}/sent"
    again = world.association.post(path, {"sent_on": "2024-06-07", "channel": "公函"})
    assert (again.status_code, again.json()["rule"]) == (409, "R18")


@pytest.mark.shows("R14", "R18")
def test_a_correction_of_a_referral_is_sent(world: World) -> None:
    """A bad record that was referred is annulled: the regulator is due a correction, which can be recorded as sent."""
    uscc = world.filed()
    record = world.id_of("EnterBadRecord", uscc)
    referral = world.done("ReferBadRecord", uscc, record)["events"][0]["id"]
    assert listed(world, uscc) == []
    world.done("AnnulEvent", uscc, event_id=record)
    (correction,) = listed(world, uscc)
    assert (correction["kind"], correction["cause"], correction["recipient"]) == ("correction", referral, "regulator")
    sent(world, uscc, correction)
    assert listed(world, uscc) == []
