"""The example answers of the documentation, asked of a real service.

`python -m tests.http.example_answers` writes them anew; `test_documentation.py` checks that they still have
the shape of what the service answers.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api import examples
from api.app import create_app
from api.settings import Settings
from domain.store.sealer import seal
from tests.http.world import World, body_of

FILE = Path(examples.__file__).with_name("static") / "example_answers.json"
SHORT = {"values": 2, "readings": 2, "defects": 1, "parts": 3, "items": 2, "code": 1}
"""How many items of long lists the documentation shows."""


def ask(world: World) -> dict[str, Any]:
    """Record an agency's small history and ask every question about it."""
    uscc = examples.AGENCY_USCC
    world.must(world.association.post("/v1/agencies", body_of("FileAgency")))
    world.done("DecideFiling", uscc)
    world.id_of("StartProject", uscc)
    complaint = world.id_of("ReceiveComplaint", uscc)
    world.done("DecideComplaint", uscc, complaint)
    world.done("EnterBadRecord", uscc)
    world.done("RecordLapse", uscc)
    world.done("AwardHonour", uscc)
    world.done("SubmitSurvey", uscc)
    world.done("ScoreEffect", uscc)
    link = world.done("InviteSurvey", uscc)["link"]
    while seal(world.service.ledger.engine):
        pass
    base = f"/v1/agencies/{uscc}"
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "standing": (f"{base}/standing", {"as_of": "2024-12-31"}),
        "sheet": (f"{base}/sheets/2024", {"as_of": "2024-12-31"}),
        "timeline": (f"{base}/timeline", {"from_": "2024-05-01", "to": "2024-06-30"}),
        "events": (f"{base}/events", {"limit": 2}),
        "agencies": ("/v1/agencies", {"as_of": "2024-12-31", "tier": "recorded"}),
        "ranking": ("/v1/rankings/2024", {"as_of": "2024-12-31"}),
        "log": ("/v1/log", {"after": 3, "limit": 2}),
        "statistics": ("/v1/statistics", {"as_of": "2024-12-31"}),
        "notices": ("/v1/notices", {}),
        "hints": ("/v1/hints", {"status": "all"}),
        "agency_hints": (f"{base}/hints", {}),
        "rulebooks": ("/v1/rulebooks", {}),
        "rulebook": ("/v1/rulebooks/dayawan-2021", {}),
        "measure": ("/v1/measures/art.17(2)", {}),
        "survey_link": (link, {}),
        "healthz": ("/healthz", {}),
        "readyz": ("/readyz", {}),
        "problem_type": ("/problems/contradiction", {}),
    }
    answers = {}
    for name, (path, query) in asked.items():
        response = world.association.get(path, **query)
        assert response.status_code == 200, response.text
        answers[name] = response.json()
    return answers


def shortened(value: Any, name: str = "") -> Any:
    """The answer with its long lists cut."""
    if isinstance(value, dict):
        return {key: shortened(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [shortened(inner) for inner in value[: SHORT.get(name, len(value))]]
    return value


def main() -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{folder}/examples.db")
        with TestClient(create_app(settings)) as client:
            answers = shortened(ask(World(client)))
    FILE.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
