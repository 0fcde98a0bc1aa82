"""The dossier of an appeal: complete, the same bytes from the same log, nothing in it that its reader may not read."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest

from domain.proof.check import leaf_hash
from domain.store.log.sequencer import seal
from domain.values import Role
from domain.version import software
from tests.http.dated import DatedWorld
from tests.http.test_assessment import YEAR, Year
from tests.http.world import Person, World

NAMES = {
    "MANIFEST.json",
    "README.txt",
    "appeal.json",
    "answers.json",
    "cited.json",
    "difference.json",
    "evidence/list.json",
    "index.html",
    "papers/1-explanation.pdf",
    "papers/2-sheet-published.pdf",
    "papers/3-sheet-today.pdf",
    "papers/4-decision.pdf",
    "sheets/published.json",
    "sheets/today.json",
    "timeline.json",
    "timeline.svg",
    "trail.json",
}


def opened(response: Any) -> dict[str, bytes]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def appealed(dated_world: DatedWorld) -> tuple[Year, str, str]:
    """A decided appeal; its agency and id."""
    year = Year(dated_world)
    uscc = dated_world.assessed()
    dated_world.done("ReceiveComplaint", uscc, complainant="张先生")
    upheld = year.upheld(uscc, "2024-05-06")
    dated_world.publish()
    appeal = year.filed_appeal(uscc, upheld)
    dated_world.must(year.decide(appeal, annul=[upheld]))
    _sealed(dated_world)
    return year, uscc, appeal


def _sealed(world: World) -> None:
    while seal(world.service.ledger.engine):
        pass


@pytest.mark.shows("R33", "R34")
def test_everything_is_in_it(appealed: tuple[Year, str, str]) -> None:
    """Sheets, three answers, trail with the bytes as stored, timeline as data and picture, what was cited, the PDF."""
    year, uscc, appeal = appealed
    files = opened(year.committee.get(f"/v1/appeals/{appeal}/dossier"))
    stored = {name: raw for name, raw in files.items() if name.startswith("events/")}
    assert set(files) - set(stored) == NAMES
    manifest = json.loads(files["MANIFEST.json"])
    for one in manifest["files"]:
        assert one["sha256"] == hashlib.sha256(files[one["path"]]).hexdigest()
    answers = json.loads(files["answers.json"])
    assert [one["total"] for one in answers] == ["83.50", "85.50", "85.50"]
    trail = json.loads(files["trail.json"])
    assert [one["type"] for one in trail] == ["ComplaintReceived", "ComplaintUpheld", "EventAnnulled"]
    assert len(stored) == len(trail)
    with year.world.service.ledger.reading() as reader:
        kept = {event.version: event for event in reader.agency_events(uscc)}
    for name, raw in stored.items():
        version, event_id = int(name[7:13]), name[14:-5]
        assert kept[version].id == event_id == json.loads(raw)["id"]
        assert len(leaf_hash(raw)) == 32
    assert [name for name in files if not name.startswith("papers/")][:2] == ["index.html", "MANIFEST.json"]
    page = files["index.html"].decode()
    for name, raw in files.items():
        if name.startswith("papers/"):
            assert raw.startswith(b"%PDF")
            assert f'href="{name}"' in page
            assert b"%steward-seal " in raw[-200:]
    ElementTree.fromstring(files["timeline.svg"])  # noqa: S314  # ours
    cited = json.loads(files["cited.json"])
    assert any(one["ref"].startswith("art.16") for one in cited["articles"])
    assert "重新得到" in files["README.txt"].decode()
    _names_its_version(year, uscc, files)


def _names_its_version(year: Year, uscc: str, files: dict[str, bytes]) -> None:
    """What is handed out says by which version of the code it can be made again: the release and a hash of the code."""
    asked, event = year.world.association, year.world.trail(uscc)[0]["id"]
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\+[0-9a-f]{12}", software())
    assert asked.get("/healthz").json()["version"] == software()
    certificate = asked.get(f"/v1/agencies/{uscc}/certificate").json()
    assert certificate["software"] == software()
    assert f"\nsoftware {software()}\n" in certificate["issued"]
    assert asked.get("/v1/log/receipt", event_id=event).json()["software"] == software()
    assert software() in files["README.txt"].decode()
    printed = asked.get(f"/v1/agencies/{uscc}/sheets/2024/pdf").content
    for raw in (printed, *(files[name] for name in files if name.endswith(".pdf"))):
        with pikepdf.open(io.BytesIO(raw)) as pdf:
            assert str(pdf.docinfo["/Producer"]).endswith(software())


def test_the_same_log_gives_the_same_bytes(appealed: tuple[Year, str, str]) -> None:
    """Whatever is recorded later: at the place of the log that it names, it is made again byte for byte."""
    year, uscc, appeal = appealed
    path = f"/v1/appeals/{appeal}/dossier"
    first = year.committee.get(path)
    place = first.headers["content-disposition"].rpartition("log")[2].removesuffix('.zip"')
    year.world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    _sealed(year.world)
    again = year.committee.get(path, known_at=f"log:{place}")
    assert again.content == first.content
    later = opened(year.committee.get(path))
    assert json.loads(later["sheets/today.json"])["total"] == "84.50"
    assert year.committee.get(path, known_at="2025-01-01T00:00:00Z").status_code == 422


def test_an_agency_gets_its_own_without_the_complainant(appealed: tuple[Year, str, str]) -> None:
    """The agency's copy withholds who complained; another agency's is 404, a client's 403."""
    year, uscc, appeal = appealed
    path = f"/v1/appeals/{appeal}/dossier"
    own = opened(year.world.person(Role.AGENCY, uscc).get(path))
    full = opened(year.committee.get(path))
    assert "张先生" in full["trail.json"].decode()
    assert "张先生" not in "".join(raw.decode() for name, raw in own.items() if name.endswith(".json"))
    stranger: Person = year.world.person(Role.AGENCY, year.world.filed())
    assert stranger.get(path).status_code == 404
    assert year.world.client_person.get(path).status_code == 403
    assert year.committee.get(f"/v1/appeals/{uscc}/dossier").status_code == 404
    assert json.loads(full["appeal.json"])["year"] == YEAR
