"""The worked cases of tests/cases/*.toml, which a lawyer can read and extend, run against the replay."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from domain.errors import Contradiction, Invalid, NotFound, Refusal
from domain.measures.around.agency_statements import statements
from domain.measures.around.publicity import is_applied, publicity_ends
from domain.measures.hints import Hint
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.values import instant
from projections.replay.sheet import Sheet
from projections.replay.timeline import timeline
from tests.plain_answers import explained, standing
from tests.rows.district_by_replay import ranking
from tests.specification import District, end_of, noon, uscc

FILES = sorted((Path(__file__).parent / "cases").glob("*.toml"))
CASES = [case for file in FILES for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]]
STATUS: dict[type[Exception], int] = {Invalid: 422, ValidationError: 422, Contradiction: 409, NotFound: 404}
CLIENT_A = {"uscc": uscc(900001), "name": "甲化工有限公司"}


class Story:
    """One case told: its agencies, its references, its recording days."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.district = District()
        self.refs: dict[str, str] = {}
        self.day = date(2021, 11, 1)
        if "confirmed" in case:
            self.district.confirm(case["confirmed"])
        for name in sorted({"A"} | {fact.get("agency", "A") for fact in case.get("fact", ())}):
            self.start(name, case["start"])
            for client in case.get("served", ()):
                self.serve(name, client)
        for fact in case.get("fact", ()):
            self.record(fact)

    @staticmethod
    def code(name: str) -> str:
        return uscc(ord(name[0]))

    def start(self, name: str, start: str) -> None:
        if start == "none":
            return
        self.day = date(2021, 11, 2)
        self.district.clock = noon(self.day)
        path = f"/v1/agencies/{self.code(name)}"
        self.district.send("/v1/agencies", {**FILING, "uscc": self.code(name), "submitted_on": "2021-11-01"})
        self.district.send(f"{path}/filing-decision", {"outcome": "filed", "decided_on": "2021-11-02"})
        if start == "in_business":
            project = self.district.send(f"{path}/projects", PROJECT)
            self.district.send(f"{path}/projects/{project.id}/plan", {"filed_on": "2021-11-02"})
            self.refs["p0" if name == "A" else f"{name}.p0"] = project.id

    def serve(self, name: str, client: str) -> None:
        """One more enterprise of this code is a client of the agency, by a project since its filing."""
        body = {**PROJECT, "client": {"uscc": client, "name": "某企业"}, "contract_no": f"HT-{client[-3:]}"}
        self.district.send(f"/v1/agencies/{self.code(name)}/projects", body)

    def record(self, fact: dict[str, Any]) -> None:
        code = self.code(fact.get("agency", "A"))
        body = self.resolve(_text(fact.get("body", {})))
        if "recorded" in fact:
            self.day = max(self.day, _day(fact["recorded"]))
        else:
            first = next((v for v in body.values() if isinstance(v, str) and _is_day(v)), None)
            if first is not None:
                self.day = max(self.day, date.fromisoformat(first))
        self.district.clock = max(self.district.clock, noon(self.day))
        if "dismiss_hint" in fact:
            (id_,) = (one.id for one in self.district.hints(code, self.day) if self.is_meant(one, fact["dismiss_hint"]))
            self.send(f"/v1/hints/{id_}/dismissal", body, fact)
            return
        if "path" in fact:
            self.send(self.resolve(fact["path"]), body, fact)
            return
        tail = self.resolve(fact["post"])
        if tail == "":
            body.setdefault("uscc", code)
        self.send(f"/v1/agencies/{code}/{tail}" if tail else "/v1/agencies", body, fact)

    @staticmethod
    def is_meant(hint: Hint, rule: str) -> bool:
        return hint.rule == rule and hint.status == "open"

    def send(self, path: str, body: dict[str, Any], fact: dict[str, Any]) -> None:
        if "refused" in fact:
            self.refuse(path, body, fact["refused"])
            return
        event = self.district.send(path, body)
        if "ref" in fact:
            assert fact["ref"] not in self.refs, f"reference {fact['ref']} is used twice"
            self.refs[fact["ref"]] = event.id

    def refuse(self, path: str, body: dict[str, Any], expected: dict[str, Any]) -> None:
        with pytest.raises((Refusal, ValidationError)) as caught:
            self.district.send(path, body)
        refusal = caught.value
        assert STATUS[type(refusal)] == expected["status"], str(refusal)
        if "article" in expected:
            assert expected["article"] in str(refusal)

    def resolve(self, value: Any) -> Any:
        """`$ref` anywhere in a path, string or list becomes the id that it stands for."""
        if isinstance(value, str) and value.startswith("^"):  # the code of an agency of the story
            return self.code(value[1:])
        if isinstance(value, str):
            return "/".join(self.refs[part[1:]] if part.startswith("$") else part for part in value.split("/"))
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if isinstance(value, dict):
            return {key: self.resolve(one) for key, one in value.items()}
        return value

    def ask(self, ask: dict[str, Any]) -> dict[str, Any]:
        as_of = _day(ask.get("as_of", self.day))
        known_at = ask.get("known_at")
        if isinstance(known_at, datetime):
            known_at = instant(known_at)
        elif known_at is not None and (isinstance(known_at, date) or _is_day(known_at)):
            known_at = end_of(_day(known_at))
        basis = self.district.basis(self.code(ask.get("agency", "A")), as_of, known_at)
        match ask["question"]:
            case "standing":
                return standing(basis)
            case "sheet":
                year = ask.get("year") or assessment_year_of(as_of, basis.rulebook)
                return explained(Sheet(basis, year))
            case "timeline":
                answer = timeline(basis, _day(ask["from"]), _day(ask["to"]))
                return {"days": [item.date.isoformat() for item in answer.items]}
            case "hints":
                found = self.district.hints(self.code(ask.get("agency", "A")), as_of, known_at)
                return {"hints": [msgspec.json.decode(msgspec.json.encode(one)) for one in found]}
            case "statements":
                beside = statements(basis.trail)
                return {"beside": [{"record": one, "statement": said.id} for one, said in beside.items()]}
            case "public":
                law = basis.law
                applied = is_applied(law.rulebooks, law.confirmations, as_of)
                ends = publicity_ends(basis.trail, law.rulebooks) if applied else {}
                return {"ended": sorted(one.record for one in ends.values() if one.from_on <= as_of)}
            case "ranking":
                bases = [self.district.basis(code, as_of, known_at) for code in sorted(self.district.agencies)]
                return {"items": ranking(ask["year"], bases)}
        raise AssertionError(f"unknown question {ask['question']}")


FILING = {"name": "甲安全技术有限公司", "category": "安全管家", "legal_representative": "张三"}
LEAD = {"name": "李四", "years": 5, "qualification": "注册安全工程师"}
TEAM = [{"name": "王五", "years": 3}, {"name": "赵六", "years": 2}]
PROJECT = {
    "client": CLIENT_A,
    "contract_no": "HT-0",
    "service_type": "安全管家",
    "started_on": "2021-11-02",
    "due_on": "2035-12-31",
    "quality_lead": LEAD,
    "technicians": TEAM,
}


def _is_day(text: str) -> bool:
    return len(text) == 10 and text[4:5] == "-" and text[7:8] == "-"


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _text(value: Any) -> Any:
    """TOML dates as api.md writes them."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _text(one) for key, one in value.items()}
    return [_text(one) for one in value] if isinstance(value, list) else value


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        answer = answer[int(part)] if isinstance(answer, list) else answer[part]
    return answer


def _fits(row: dict[str, Any], line: dict[str, Any]) -> bool:
    return all(
        set(line[key]) == set(value) if isinstance(value, list) else line[key] == (None if value == "NULL" else value)
        for key, value in row.items()
    )


def check(story: Story, answer: dict[str, Any], path: str, expected: Any) -> None:
    """One expectation of a case on one answer."""
    expected = story.resolve(_text(expected))
    match path:
        case "lines":
            assert len(answer["lines"]) == len(expected), answer["lines"]
            left = list(answer["lines"])
            for row in expected:
                fitting = next((line for line in left if _fits(row, line)), None)
                assert fitting is not None, (row, left)
                left.remove(fitting)
        case "items":
            assert sorted(line["item"] for line in answer["lines"]) == sorted(expected)
        case "considered":
            looked_at = {event for one in answer["considered"] for event in one["events"]}
            assert set(expected) <= looked_at, answer["considered"]
        case "ranks":
            ranks = {item["agency"]["uscc"]: item["rank"] for item in answer["items"]}
            assert {name: ranks[story.code(name)] for name in expected} == expected
        case "unranked":
            ranks = {item["agency"]["uscc"]: item["rank"] for item in answer["items"]}
            assert all(ranks.get(story.code(name)) is None for name in expected), ranks
        case _:
            found = _at(answer, path)
            if expected == "NULL":
                assert found is None, f"{path} = {found}"
            elif isinstance(expected, list) and all(isinstance(one, str) for one in [*expected, *found]):
                assert sorted(found) == sorted(expected), f"{path} = {found}"
            elif isinstance(expected, list) and all(isinstance(one, dict) for one in expected):
                assert len(found) == len(expected), f"{path} = {found}"
                assert all(any(_fits(row, one) for one in found) for row in expected), f"{path} = {found}"
            else:
                assert found == expected, f"{path} = {found!r}, expected {expected!r}"


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_worked_case(case: dict[str, Any]) -> None:
    """The answer at each asked basis is the one that was worked out by hand from the Measures."""
    story = Story(case)
    assert case.get("ask") or any("refused" in fact for fact in case.get("fact", ())), "a case has to expect something"
    for ask in case.get("ask", ()):
        answer = story.ask(ask)
        for path, expected in ask["expect"].items():
            check(story, answer, path, expected)


def test_there_are_enough_cases_and_their_ids_are_unique() -> None:
    """At least forty worked cases, each with a title in both languages, articles and its working."""
    assert len(CASES) >= 40
    assert len({case["id"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert all(case[field] for field in ("title", "title_en", "articles", "why")), case["id"]
