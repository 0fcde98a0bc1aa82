"""A small ledger with one fact of each kind, told to whichever version of the service this runs in.

`make_entry.py` runs this file in the tree of a commit, with that tree's own `tests.http`: so it uses only what all of
them have, and leaves out by name what a version does not know yet.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

YEAR = 2024
EXPORT = "import sys; sys.argv[0] = 'steward'; from api.cli.main import app; app()"
TOLD_OTHERWISE = frozenset({"FileAppeal", "FileAgency", "ReceiveComplaint", "DecideFiling"})
"""Commands whose facts the year brings, or others."""
DOES_NOT_GO = (AssertionError, LookupError, StopIteration, TypeError, ValueError)
"""What the helpers of the tests raise where a version does not know something, or an agency lacks it."""
LAST = ("RecordSuccession", "TerminateAgency")
"""After these nothing more is recorded of an agency."""
PAPER_CODE = re.compile(rb"/Keywords \(([^)]+)\)")


class Told:
    """One world, what it does not know, and what was asked of it for keeping."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.of = import_module("tests.http.world")
        roles = import_module("domain.values").Role
        self.committee = world.people[roles.COMMITTEE]
        self.left_out: dict[str, str] = {}
        self.kept: dict[str, bytes] = {}

    def tell(self, name: str, told: Callable[[], object]) -> None:
        """Tell a part of the story; named where this version does not know it."""
        try:
            told()
        except DOES_NOT_GO as error:
            self.left_out[name] = f"{type(error).__name__}: {error}"[:300]

    def keep(self, name: str, path: str, **query: Any) -> None:
        """Keep what an officer is answered; named where there is no such route yet."""
        response = self.world.association.get(path, **query)
        if response.status_code != 200:
            self.left_out[name] = f"{response.status_code} {response.text[:200]}"
            return
        self.kept[name] = response.content


def everything(told: Told) -> None:
    """A year with its appeals, then every command once, then what stands beside them."""
    agencies = a_year(told)
    told.world.clock.at("2025-08-01")
    one = told.world.filed()
    for name in sorted(told.of.ROWS, key=lambda name: (name in LAST, name)):
        if name not in TOLD_OTHERWISE:
            told.tell(name, lambda name=name: of_one_or_another(told, name, one))  # type: ignore[misc]
    for part in (returned, complaints, undeliverable, repair_refused, readings, erased):
        told.tell(part.__name__, lambda part=part: part(told))  # type: ignore[misc]
    keep_proofs(told, agencies)


def of_one_or_another(told: Told, name: str, uscc: str) -> None:
    """The example of a command at an agency that has others too, as that keeps a ledger small; else at its own."""
    world = told.world
    filed = world.filed
    world.filed = lambda: uscc
    try:
        if name not in LAST:
            by_example(told, name, told.of.ROWS[name])
            return
    except DOES_NOT_GO:
        pass  # it does not go with what that agency has: its own will do
    finally:
        world.filed = filed
    by_example(told, name, told.of.ROWS[name])


def by_example(told: Told, name: str, row: Any) -> None:
    """The example of a command, by somebody who may record it."""
    world = told.world
    path, body, uscc = told.of.prepared(world, name)
    roles = import_module("domain.values").Role
    role = next((one for one in (roles.ASSOCIATION, roles.REGULATOR) if one in row.roles), min(row.roles))
    world.must(world.speaker(role, uscc).post(path, body))


def a_year(told: Told) -> dict[str, str]:
    """Published, appealed in every way, revised, closed; agencies by what became of them."""
    world = told.world
    names = ("upheld", "partly", "dismissed", "withdrawn", "first")
    agencies = {name: world.assessed() for name in names}
    days = {"partly": ("2024-03-04", "2024-05-06")}
    hit = {
        name: [upheld(world, uscc, day) for day in days.get(name, ("2024-03-04",))] for name, uscc in agencies.items()
    }
    world.done("AwardHonour", agencies["first"])
    world.publish()
    appeals = {name: appeal(told, agencies[name], hit[name]) for name in ("upheld", "partly", "withdrawn")}
    withdraw(told, agencies["withdrawn"], appeals["withdrawn"])
    late = appeal(told, agencies["dismissed"], hit["dismissed"], filed_on="2025-03-18")
    admitted = {"reason": "住院", "decided_on": "2025-03-19"}
    world.must(told.committee.post(f"/v1/appeals/{late}/admission", admitted))
    decide(told, appeals["upheld"], "upheld", annul=hit["upheld"])
    told.tell("partly", lambda: decide(told, appeals["partly"], "partly_upheld", annul=hit["partly"][:1]))
    decide(told, late, "dismissed")
    told.tell("closing", lambda: world.must(told.committee.post(f"/v1/assessments/{YEAR}/closing", CLOSED)))
    touched = world.done("RecordLapse", agencies["first"], item=4, occurred_on="2024-08-01")["touched"]
    told.tell("disposal", lambda: dispose(told, touched[0]["impact"]))
    return agencies


CLOSED = {"closed_on": "2025-04-10"}


def upheld(world: Any, uscc: str, day: str) -> str:
    """A complaint upheld; the decision's id."""
    complaint = world.id_of("ReceiveComplaint", uscc, received_on=day)
    return str(world.done("DecideComplaint", uscc, complaint, decided_on=day)["events"][0]["id"])


def appeal(told: Told, uscc: str, disputed: list[str], filed_on: str = "2025-03-14") -> str:
    """An appeal against these decisions."""
    body = {"year": YEAR, "filed_on": filed_on, "appellant": {"kind": "agency", "name": "陈国栋"}, "grounds": "不符"}
    done = told.world.association.post(f"/v1/agencies/{uscc}/appeals", {**body, "disputed_event_ids": disputed})
    return str(told.world.must(done)["ids"]["appeal"])


def decide(told: Told, one: str, outcome: str, **more: Any) -> None:
    """The committee's decision."""
    body = {"outcome": outcome, "decided_on": "2025-03-20", "reasons": "经复核", **more}
    told.world.must(told.committee.post(f"/v1/appeals/{one}/decision", body))


def withdraw(told: Told, uscc: str, one: str) -> None:
    """By the agency itself."""
    who = told.world.person(import_module("domain.values").Role.AGENCY, uscc)
    told.world.must(who.post(f"/v1/appeals/{one}/withdrawal", {"withdrawn_on": "2025-03-17"}))


def dispose(told: Told, impact: str) -> None:
    """A late fact is kept out."""
    body = {"outcome": "kept", "disposed_on": "2025-05-06", "reason": "年度已办结"}
    told.world.must(told.committee.post(f"/v1/impacts/{impact}/disposal", body))


def returned(told: Told) -> None:
    """A filing that is returned (art.8)."""
    body = {"outcome": "returned", "decided_on": "2025-05-12", "reasons": "材料不全"}
    uscc = told.world.submitted()
    told.world.must(told.world.association.post(f"/v1/agencies/{uscc}/filing-decision", body))


def complaints(told: Told) -> None:
    """One dismissed, and one merged into it (R15)."""
    world = told.world
    uscc = world.filed()
    one, other = (world.id_of("ReceiveComplaint", uscc, received_on="2024-06-03") for _ in range(2))
    found = {"decided_on": "2024-06-20", "findings": "调查记录", "verified_grounds": None}
    world.done("DecideComplaint", uscc, other, outcome="merged", merged_into=one, **found)
    world.done("DecideComplaint", uscc, one, outcome="dismissed", **found)


def undeliverable(told: Told) -> None:
    """A notice that came back (R41)."""
    path, body, _ = told.of.prepared(told.world, "RecordService")
    told.world.must(told.world.association.post(path, {**body, "outcome": "undeliverable"}))


def repair_refused(told: Told) -> None:
    """Credit repair that is refused (R42)."""
    path, body, _ = told.of.prepared(told.world, "DecideRepair")
    body = {name: value for name, value in body.items() if name != "from_on"}
    told.world.must(told.world.association.post(path, {**body, "outcome": "refused", "reasons": "尚未复查"}))


def readings(told: Told) -> None:
    """Confirmed by the association, and taken back (art.28)."""
    refs, paper = [{"reading": "R15"}, {"reading": "R16"}], {"title": "理事会会议纪要"}
    by = told.world.association
    done = {"readings": refs, "confirmed_on": "2025-05-12", "confirmed_by": "区安协理事会", "document": paper}
    told.world.must(by.post("/v1/rulebooks/dayawan-2021/confirmations", done))
    back = {"readings": refs[:1], "withdrawn_on": "2025-05-13", "withdrawn_by": "区安协理事会", "document": paper}
    told.world.must(by.post("/v1/rulebooks/dayawan-2021/withdrawals", {**back, "reason": "再议"}))


def erased(told: Told) -> None:
    """Somebody whose data is forgotten (docs/protection.md)."""
    world = told.world
    uscc = world.filed()
    items = world.association.get(f"/v1/agencies/{uscc}/subjects").json()["items"]
    body = {"ground": "本人申请", "erased_on": "2025-05-14"}
    test = import_module("tests.http.test_erasing")
    world.must(world.association.post(f"/v1/subjects/{items[0]['subject']}/erasure", {**body, **test.GROUND}))


def keep_proofs(told: Told, agencies: dict[str, str]) -> None:
    """Certificates, receipts and the code of a paper."""
    world = told.world
    for name, uscc in ((name, agencies[name]) for name in ("first", "partly")):
        told.keep(f"certificates/{name}.json", f"/v1/agencies/{uscc}/certificate", as_of=f"{YEAR}-12-31")
        event = world.association.get(f"/v1/agencies/{uscc}/events", limit=500).json()["items"][-1]["id"]
        told.keep(f"receipts/{name}.json", "/v1/log/receipt", event_id=event)
    own = world.person(import_module("domain.values").Role.AGENCY, agencies["upheld"])
    response = own.get(f"/v1/agencies/{agencies['upheld']}/certificate", as_of=f"{YEAR}-12-31")
    assert response.status_code == 200, response.text
    told.kept["certificates/own.json"] = response.content
    paper = world.association.get(f"/v1/assessments/{YEAR}/results-paper")
    found = PAPER_CODE.search(paper.content) if paper.status_code == 200 else None
    if found is None:
        told.left_out["paper"] = str(paper.status_code)
    else:
        told.kept["paper-code.txt"] = found[1]


def main(folder: Path) -> None:
    """Make the ledger in an empty folder, with what it handed out, and say what this version does not know."""
    import pytest

    dated = import_module("tests.http.dated").dated
    ledger = folder / "ledger.db"
    with pytest.MonkeyPatch.context() as patch, dated(f"sqlite:///{ledger}", folder, patch) as world:
        told = Told(world)
        everything(told)
    for name, content in told.kept.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    connection = sqlite3.connect(ledger)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("VACUUM")
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    kinds = dict(connection.execute("SELECT topic, count(*) FROM events GROUP BY topic"))
    connection.close()
    done = subprocess.run(
        [sys.executable, "-c", EXPORT, "export", str(folder / "archive.zip"), "--database", f"sqlite:///{ledger}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told.left_out["archive.zip"] = done.stderr.strip().splitlines()[-1][:200]
    said = {"revision": revision, "kinds": kinds, "left_out": told.left_out}
    (folder / "ENTRY.json").write_text(json.dumps(said, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main(Path(sys.argv[1]))
