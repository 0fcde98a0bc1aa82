"""An event that cannot be read keeps nobody from the hints of other agencies (R37, R40)."""

from __future__ import annotations

import pytest

from domain.errors import Unreadable
from domain.events import Event
from domain.ledger.reader import Reader
from domain.values import agency_stream
from projections.rows.write.hint_rows import bring_up
from tests.http.world import World


def test_hints_of_the_others_are_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer says that one agency's are behind; who works them out does the others first, then names it."""
    bad, good = world.filed(), [world.filed() for _ in range(3)]
    real = Reader.events

    def events(reader: Reader, stream: str) -> tuple[Event, ...]:
        if stream == agency_stream(bad):
            raise Unreadable("position 7: no such event")
        return real(reader, stream)

    monkeypatch.setattr(Reader, "events", events)
    lapse = {"item": 5, "occurred_on": "2024-01-11"}
    assert world.association.post(f"/v1/agencies/{bad}/lapses", lapse).status_code == 201
    for path in ("/v1/hints", "/v1/hints/groups", "/v1/matters", "/v1/matters/counts"):
        answer = world.association.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.json()["hints_behind"]["agencies"] == 1, path
    with pytest.raises(Unreadable, match="position 7"):
        bring_up(world.service.ledger)
    monkeypatch.undo()
    assert bring_up(world.service.ledger)
    assert "hints_behind" not in world.association.get("/v1/hints").json()
    assert len(good) == 3
