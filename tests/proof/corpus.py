"""Certificates of several kinds of agencies on several bases: a version's share of `certificates/`, made once.

`python -m tests.proof.corpus FILE.tar.xz` makes them with the code that is there. What was committed is never made
anew: a version that changes an answer or a wording adds a file of its own, and has to deal with those of all before it.
"""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from domain.values import Role
from tests.http.world import CLIENT_PARTY, Person, World


def stories(world: World) -> Iterator[tuple[str, str]]:
    """Name and code of one agency of each kind. All facts first: a certificate holds the whole of the ledger's law."""
    yield "complete", world.assessed()
    yield "not-decided", world.submitted()
    yield "nothing-come-in", world.filed()
    yield "warned", _warned(world)
    yield "same-day", _with(world, lambda uscc: world.upheld(uscc, "2024-05-06", "2024-05-06"))
    yield "limited", _with(world, lambda uscc: world.upheld(uscc, "2024-05-06", "2024-06-06", "2024-07-08"))
    yield "blacklisted", _with(world, lambda uscc: world.done("EnterBadRecord", uscc, entered_on="2024-07-07"))
    yield "penalised", _with(world, lambda uscc: world.done("ImposePenalty", uscc))
    yield "liable", _with(world, lambda uscc: world.done("FindAccidentLiability", uscc))
    yield "honoured", _with(world, lambda uscc: world.done("AwardHonour", uscc))
    yield "two-forms", _two_forms(world)
    yield "form-of-a-stranger", _stranger(world)
    yield "terminated", _with(world, lambda uscc: world.done("TerminateAgency", uscc))
    yield "many-lapses", _lapses(world)
    yield "appealed", _appealed(world)


def bases(name: str) -> list[dict[str, Any]]:
    """On which bases the certificates of an agency are asked for."""
    found: dict[str, list[dict[str, Any]]] = {
        "complete": [{"as_of": "2024-12-31"}, {"as_of": "2024-06-30", "known_at": "version:4"}],
        "warned": [
            {"as_of": "2024-12-31"},
            {"as_of": "2024-07-15", "known_at": "version:9"},
            {"as_of": "2026-03-01"},
            {"as_of": "2024-12-31", "year": "2023"},
        ],
        "limited": [{"as_of": "2024-12-31"}, {"as_of": "2031-01-01"}],
        "many-lapses": [{"as_of": "2024-12-31"}, {"as_of": "2029-01-01", "year": "2027"}],
        "appealed": [{"as_of": "2024-12-31"}, {"as_of": "2025-06-30", "year": "2024"}],
    }
    return found.get(name, [{"as_of": "2024-12-31"}])


def _with(world: World, more: Any) -> str:
    uscc = world.assessed()
    more(uscc)
    return uscc


def _warned(world: World) -> str:
    uscc = world.assessed()
    world.upheld(uscc, "2024-05-06", "2024-06-06")
    wrong = world.upheld(uscc, "2024-07-01")[0]
    world.done("AnnulEvent", uscc, event_id=wrong, annulled_on="2024-08-01")
    world.done("RecordLapse", uscc, occurred_on="2024-03-04")
    return uscc


def _stranger(world: World) -> str:
    uscc = world.filed()
    world.done("SubmitSurvey", uscc, year=2024, submitted_on="2024-12-10")
    world.done("ScoreEffect", uscc, year=2024, scored_on="2024-12-28")
    return uscc


def _two_forms(world: World) -> str:
    uscc = world.filed()
    world.done("StartProject", uscc, started_on="2024-02-01", due_on="2024-12-20")
    world.done("SubmitSurvey", uscc, year=2024, submitted_on="2024-12-09")
    return world.assessed(uscc)


def _lapses(world: World) -> str:
    uscc = world.filed()
    world.done("StartProject", uscc, started_on="2024-02-01", due_on="2024-12-20")
    world.done("InviteSurvey", uscc, client=CLIENT_PARTY)
    world.assessed(uscc)
    for item, day in ((1, "2024-02-05"), (3, "2024-03-04"), (4, "2024-04-04"), (4, "2024-05-05")):
        world.done("RecordLapse", uscc, item=item, occurred_on=day)
    world.done("RequestSubmission", uscc)
    return uscc


def _appealed(world: World) -> str:
    uscc = world.assessed()
    lapse = world.id_of("RecordLapse", uscc, occurred_on="2024-03-04")
    world.publish()
    world.done("FileAppeal", uscc, year=2024, filed_on="2025-03-12", disputed_event_ids=[lapse])
    return uscc


def made(world: World) -> Iterator[tuple[str, bytes]]:
    """File name and content of each: for the association, and of one agency for the agency itself."""
    for name, uscc in list(stories(world)):
        for number, query in enumerate(bases(name), start=1):
            yield f"{name}-{number}.json", _fetched(world.association, uscc, query)
        if name == "warned":
            yield f"{name}-own.json", _fetched(world.person(Role.AGENCY, uscc), uscc, {"as_of": "2024-12-31"})


def _fetched(who: Person, uscc: str, query: dict[str, Any]) -> bytes:
    response = who.get(f"/v1/agencies/{uscc}/certificate", **query)
    assert response.status_code == 200, response.text
    return bytes(response.content)


def main(file: Path) -> None:
    """Make them in a file that is not there yet."""
    with TemporaryDirectory() as work, tarfile.open(file, "x:xz") as archive:
        data = Path(work)
        settings = Settings(database_url=f"sqlite:///{data / 'ledger.db'}", data_dir=data, key_dir=data / "keys")
        with TestClient(create_app(settings)) as client:
            for name, content in made(World(client)):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, BytesIO(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
