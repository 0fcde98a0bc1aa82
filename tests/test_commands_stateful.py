"""Commands in any order at several agencies, right and wrong ones: after each the ledger is whole, at the end proven.

Late and backdated facts, annulments, corrections, objections, a published year, appeals and late facts that touch it.
What Hypothesis finds it makes shorter; `STEWARD_FUZZ=100 ./run test tests/test_commands_stateful.py` looks longer.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from starlette.testclient import TestClient

from api.app import create_app
from api.application.commands import ACTS
from api.cli.operating.auditing import audited
from api.http.documentation.examples import AGENCY_USCC, command_example
from api.settings import Settings
from domain.store.db.schema import events
from domain.values import Role, agency_stream
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import parse_certificate
from projections.rebuild.inspect_rows import check
from projections.rebuild.reproject import differences, laws_of, made_anew
from tests.http.world import DATED_BACK, ROWS, SIMPLE, World, body_of, new_uscc

RUNS, STEPS = 6, 50
AGENCIES = 3
YEARS = (2023, 2024)
FIRST, DAYS = date(2023, 5, 1), 760
REFUSED = frozenset({403, 404, 409, 422})
PATHS = {
    "FilePlan": "project",
    "ExtendProject": "project",
    "CompleteProject": "project",
    "CancelProject": "project",
    "ReceiveSubmission": "submission_request",
    "ReferBadRecord": "bad_record",
    "DecideComplaint": "complaint",
    "DismissReport": "report",
}
"""Commands whose path names something, and what."""
SIMPLE_NAMES = sorted(SIMPLE - {"DelistAgency"})
"""All that stand by themselves and that the shipped rulebook allows."""
seeds = st.integers(0, 2**64 - 1)
happened: Counter[str] = Counter()
"""What the machine did, with the status of the answer."""


class Commands(RuleBasedStateMachine):
    """One ledger of its own, in a file, served in this process."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.url = f"sqlite:///{folder}/ledger.db"
        limits: dict[str, Any] = {"rate_per_token": 0, "rate_per_address": 0}
        self.settings = Settings(database_url=self.url, checkpoint_dir=Path(folder) / "checkpoints", **limits)
        self.world = World(self.stack.enter_context(TestClient(create_app(self.settings))))
        self.codes: list[str] = []
        self.ids: dict[tuple[str, str], list[str]] = {}
        self.stored: dict[str, bytes] = {}
        self.touched: set[str] = set()
        self.steps = 0

    # ---- what is sent ----

    def post(self, name: str, path: str, body: dict[str, Any], role: Role = Role.ASSOCIATION) -> dict[str, Any] | None:
        """Send it; the answer, or None when it was refused, which has to leave everything as it was."""
        before = self.state()
        who = self.world.colleague if name == "AnswerObjection" else self.world.people[role]
        response = who.post(path, body)
        happened[f"{name} {response.status_code}"] += 1
        after = self.state()
        assert before.items() <= after.items(), "what is recorded stays as it is"
        if response.status_code != 201:
            assert response.status_code in REFUSED, response.text
            assert after == before, "a refused command appends nothing"
            return None
        answer: dict[str, Any] = response.json()
        assert len(after) > len(before)
        self.stored = after
        code = answer.get("agency")
        if code is not None:
            self.touched.add(code)
            for kind, id_ in answer["ids"].items():
                self.ids.setdefault((code, kind), []).append(id_)
            self.ids.setdefault((code, "any"), []).extend(one["id"] for one in answer["events"])
            for one in answer.get("touched", ()):
                self.ids.setdefault(("", "impact"), []).append(one["impact"])
        else:
            self.touched.update(self.codes)
        return answer

    def state(self) -> dict[str, bytes]:
        """The bytes of every event."""
        with self.world.service.ledger.reading() as reader:
            return {row.event_id: bytes(row.state) for row in reader.connection.execute(select(events))}

    def one_of(self, chance: Random, code: str, kind: str) -> str:
        """Something of this kind at this agency; now and then anything, at any agency, or nothing that is there."""
        known = self.ids.get((code, kind), [])
        if chance.random() < 0.15 or not known:
            known = [*(id_ for ids in self.ids.values() for id_ in ids), "0190a5b0-0000-7000-8000-000000000000"]
        return chance.choice(known)

    def somewhere(self, chance: Random, kind: str | None = None) -> str:
        """An agency, if there is one with something of this kind."""
        return chance.choice([one for one in self.codes if (one, kind) in self.ids] or self.codes)

    def dated(self, chance: Random, body: dict[str, Any]) -> dict[str, Any]:
        """On other days, mostly of the years that are assessed, and in one of these years."""
        changed = dict(body)
        for name, value in body.items():
            if isinstance(value, str) and len(value) == 10 and value[4:5] == "-" and chance.random() < 0.8:
                changed[name] = (FIRST + timedelta(chance.randrange(DAYS))).isoformat()
        if "year" in body:
            changed["year"] = chance.choice(YEARS)
        return changed

    # ---- the rules ----

    @initialize()
    def two_agencies(self) -> None:
        for year in YEARS:
            self.codes.append(self.world.assessed(year=year))
        self.touched.update(self.codes)
        self.stored = self.state()

    @rule(seed=seeds)
    def step(self, seed: int) -> None:
        """One thing and another. Chosen here: Hypothesis likes to do the same again and again."""
        self.steps += 1
        chance = Random(seed + self.steps)  # the same seed again is another step
        for does in chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=2):
            does(self, chance)

    def file(self, chance: Random) -> None:
        code = new_uscc() if len(self.codes) < AGENCIES else chance.choice(self.codes)
        if self.post("FileAgency", "/v1/agencies", {**body_of("FileAgency"), "uscc": code}) and code not in self.codes:
            self.codes.append(code)
        self.command(chance, "DecideFiling")

    def fact(self, chance: Random) -> None:
        for _ in range(3):
            name = chance.choice(SIMPLE_NAMES)
            self.command(chance, name)

    def fact_about_another(self, chance: Random) -> None:
        for _ in range(2):
            self.command(chance, chance.choice(sorted(PATHS)))

    def command(self, chance: Random, name: str) -> None:
        """One command by its example, on other days."""
        row, code = ROWS[name], self.somewhere(chance, PATHS.get(name))
        role = next(role for role in (Role.ASSOCIATION, Role.REGULATOR) if role in row.roles)
        id_ = self.one_of(chance, code, PATHS.get(name, "any"))
        body = self.dated(chance, body_of(name))
        if name == "DecideComplaint" and chance.random() < 0.2:
            body |= {
                "outcome": "merged",
                "merged_into": self.one_of(chance, code, "complaint"),
                "verified_grounds": None,
            }
        if name == "RecordLapse" and chance.random() < 0.5:
            body["concerns"] = self.one_of(chance, code, "project")
        self.post(name, row.path.format(uscc=code, id=id_), body, role)

    def annul(self, chance: Random) -> None:
        code = chance.choice(self.codes)
        body = self.dated(chance, body_of("AnnulEvent")) | {"event_id": self.one_of(chance, code, "any")}
        self.post("AnnulEvent", f"/v1/agencies/{code}/annulments", body)

    def correct(self, chance: Random) -> None:
        code = chance.choice(self.codes)
        body = self.dated(chance, body_of("CorrectEvent")) | {"event_id": self.one_of(chance, code, "any")}
        for one in body["replace"]:
            one["post"] = one["post"].replace(AGENCY_USCC, code)
        self.post("CorrectEvent", f"/v1/agencies/{code}/corrections", body)

    def object_and_answer(self, chance: Random) -> None:
        code = self.somewhere(chance, "any")
        body = self.dated(chance, body_of("FileObjection")) | {"event_id": self.one_of(chance, code, "any")}
        self.post("FileObjection", f"/v1/agencies/{code}/objections", body)
        answer = self.dated(chance, body_of("AnswerObjection"))
        answer["outcome"] = chance.choice(("annulled", "refused"))
        self.post("AnswerObjection", f"/v1/objections/{self.one_of(chance, code, 'objection')}/answer", answer)

    def publish(self, chance: Random) -> None:
        year = chance.choice(YEARS)
        rows = self.world.association.get(f"/v1/assessments/{year}").json()["incomplete"]
        waivers = [
            {"uscc": row["agency"]["uscc"], "part": part, "reason": "当年无数据"}
            for row in rows
            for part in row["missing"]
        ]
        body = {"published_on": f"{year + 1}-03-10", "meeting_on": f"{year + 1}-03-07", "waivers": waivers}
        body |= DATED_BACK
        self.post("publish", f"/v1/assessments/{year}/publication", body, Role.COMMITTEE)

    def appeal(self, chance: Random) -> None:
        year = chance.choice(YEARS)
        code = self.codes[YEARS.index(year)] if chance.random() < 0.7 else chance.choice(self.codes)
        disputed = [self.one_of(chance, code, "any") for _ in range(chance.randrange(3))]
        filed = f"{year + 1}-03-{chance.randrange(10, 24)}"
        body = body_of("FileAppeal") | {"year": year, "filed_on": filed, "disputed_event_ids": sorted(set(disputed))}
        self.post("FileAppeal", f"/v1/agencies/{code}/appeals", body)

    def decide(self, chance: Random) -> None:
        code = self.somewhere(chance, "appeal")
        appeal = self.one_of(chance, code, "appeal")
        name, tail = chance.choice((*[("DecideAppeal", "decision")] * 3, ("AdmitAppeal", "admission")))
        body = EXAMPLES[name] | {"decided_on": f"2025-04-0{chance.randrange(1, 10)}"}
        if name == "DecideAppeal":
            body |= {"outcome": chance.choice(("upheld", "partly_upheld", "dismissed")), "replace": []}
            annulling = (body["outcome"] != "dismissed") is (chance.random() < 0.9)
            body["annul"] = [self.one_of(chance, code, "any")] if annulling else []
        self.post(name, f"/v1/appeals/{appeal}/{tail}", body, Role.COMMITTEE)

    def end_something(self, chance: Random) -> None:
        code = self.somewhere(chance, "appeal")
        match chance.choice(("withdraw", "dispose", "close")):
            case "withdraw":
                path = f"/v1/appeals/{self.one_of(chance, code, 'appeal')}/withdrawal"
                day = {"withdrawn_on": f"{chance.choice(YEARS) + 1}-04-09"}
                self.post("WithdrawAppeal", path, EXAMPLES["WithdrawAppeal"] | day)
            case "dispose":
                path = f"/v1/impacts/{self.one_of(chance, '', 'impact')}/disposal"
                self.post(
                    "DisposeImpact", path, EXAMPLES["DisposeImpact"] | {"disposed_on": "2026-01-08"}, Role.COMMITTEE
                )
            case "close":
                year = chance.choice(YEARS)
                body = EXAMPLES["CloseYear"] | {"closed_on": f"{year + 1}-06-03"}
                self.post("CloseYear", f"/v1/assessments/{year}/closing", body, Role.COMMITTEE)

    # ---- what holds ----

    @invariant()
    def versions_are_dense(self) -> None:
        with self.world.service.ledger.reading() as reader:
            versions: dict[str, list[int]] = {}
            rows = select(events.c.stream, events.c.originator_version).order_by(events.c.originator_version)
            for stream, version in reader.connection.execute(rows):
                versions.setdefault(stream, []).append(version)
        assert all(found == list(range(1, len(found) + 1)) for found in versions.values())

    @invariant()
    def rows_are_what_the_events_make(self) -> None:
        with self.world.service.ledger.reading() as reader:
            for code in sorted(self.touched):
                assert not list(differences(reader, made_anew(reader, agency_stream(code), laws_of(reader))))
        self.touched.clear()

    def teardown(self) -> None:
        """The rows answer as the replay does, every agency's certificate is proven, and the audit finds nothing."""
        with self.stack:
            for code in self.codes:
                response = self.world.association.get(f"/v1/agencies/{code}/certificate")
                assert response.status_code == 200, response.text
                assert check_certificate(parse_certificate(response.content), self.world.service.notary.keys.known())
            check(self.url, jobs=1, progress=lambda *_: None, report=lambda found: pytest.fail(str(found)), bases=8)
            done = audited(self.world.service.ledger, self.settings)
            assert (done.found, done.others) == ([], [])
            assert done.counted["events"] == len(self.stored)
            assert done.counted["outside"] > 0


WEIGHTS: dict[Callable[[Commands, Random], None], int] = {
    Commands.fact: 12,
    Commands.fact_about_another: 8,
    Commands.annul: 4,
    Commands.correct: 3,
    Commands.object_and_answer: 3,
    Commands.publish: 3,
    Commands.appeal: 5,
    Commands.decide: 5,
    Commands.end_something: 2,
    Commands.file: 2,
}
"""What is done, and how often beside the rest."""
EXAMPLES = {row.body.__name__: body for row in ACTS if (body := command_example(row.body).body)}


NEEDED = {"AnnulEvent", "CorrectEvent", "AnswerObjection", "publish", "FileAppeal", "DecideAppeal"}


@pytest.mark.slow
def test_any_order_of_commands_leaves_a_whole_ledger() -> None:
    """See `Commands`; and the machine really gets things recorded and refused, of every kind.

    Ids are new each time, so what a run comes to is partly chance: it goes on until it has come to all of these.
    """
    happened.clear()
    recorded: set[str] = set()
    for attempt in range(6):
        _run(derandomize=attempt == 0)
        recorded = {one.split()[0] for one in happened if one.endswith(" 201")}
        if recorded >= NEEDED:
            break
    assert recorded >= NEEDED
    assert len(recorded & {*SIMPLE_NAMES, *PATHS}) > 20
    assert sum(count for one, count in happened.items() if not one.endswith(" 201")) > 100


def _run(*, derandomize: bool) -> None:
    more = int(os.environ.get("STEWARD_FUZZ", RUNS))
    run_state_machine_as_test(
        Commands,
        settings=settings(
            max_examples=more,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=derandomize,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
