"""A district in which every personal field says a word of its own, so that one can look where these words get to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from msgspec import inspect

from api.application.commands import ACTS, COMMANDS
from api.application.privacy.personal_data import is_sealed
from domain.events import EVENT_TYPES, Sealed
from domain.values import Role
from projections.replay.queries import recorded_entry
from tests.http.dated import later
from tests.http.world import World, body_of, new_uscc, prepared

MARK = re.compile(r"Zmark\d{4}q")
_numbers = count(1)
PUBLISHED = 2024
UNDER_ANOTHER_RULEBOOK = "DelistAgency"
"""Refused under the adopted one (R16)."""

_PERSON = {"name": "*", "qualification": "安全工程师", "certificate_no": "*"}
_MEMBER = {**_PERSON, "years": "6"}
PERSONAL: dict[str, dict[str, Any]] = {
    "FileAgency": {"legal_representative": "*", "technical_lead": "*", "personnel": [_PERSON]},
    "DecideFiling": {"reasons": "*"},
    "ReportChange": {
        "fields": {"legal_representative": "*", "technical_lead": "*", "personnel": [_PERSON], "other": "*"}
    },
    "RecordInspection": {"findings": "*"},
    "EnterBadRecord": {"practitioner": "*"},
    "TerminateAgency": {"reason": "*"},
    "StartProject": {"quality_lead": _MEMBER, "technicians": [_MEMBER]},
    "CancelProject": {"reason": "*"},
    "ReceiveComplaint": {"complainant": "*", "content": "*", "contact": "*"},
    "DecideComplaint": {"findings": "*", "disclosed": "*"},
    "ReportBehaviour": {"reporter": "*", "content": "*"},
    "DismissReport": {"reason": "*"},
    "DismissHint": {"reason": "*"},
    "SubmitSurvey": {"comments": "*"},
    "AnnulEvent": {"reason": "*", "basis": "*"},
    "CorrectEvent": {"reason": "*", "basis": "*"},
    "FileAppeal": {"appellant": {"kind": "practitioner", "name": "*"}, "grounds": "*"},
    "FileObjection": {"grounds": "*"},
    "FileStatement": {"content": "*"},
    "RecordSuccession": {"basis": "*"},
    "ApplyForRepair": {"grounds": "*"},
    "DecideRepair": {"reasons": "*"},
    "AnswerObjection": {"reasons": "*"},
    "AdmitAppeal": {"reason": "*"},
    "DecideAppeal": {"reasons": "*"},
    "DisposeImpact": {"reason": "*"},
}
"""What of a body is sealed, besides the note; `*` becomes a new word."""


def mark() -> str:
    """A new word."""
    return f"Zmark{next(_numbers):04d}q"


def marked(name: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The body with a word in every personal field of this command, and in its note."""
    return {**body, **_filled(PERSONAL.get(name, {})), "note": mark(), **more}


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner) for inner in value]
    return mark() if value == "*" else value


class Marked:
    """Everything that can be recorded, recorded once and refused at least once, with all answers kept."""

    def __init__(self, world: World) -> None:
        self.world, self.answers, self.refusals = world, list[Any](), list[Any]()

    def fill(self) -> None:
        """Every command, its variants, and a year published, appealed and revised."""
        for row in COMMANDS:
            if row.body.__name__ == UNDER_ANOTHER_RULEBOOK:
                continue
            path, body, _ = prepared(self.world, row.body.__name__)
            self.send(row.body.__name__, path, body)
        self._variants()
        self._year()

    def send(self, name: str, path: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Record it under a key; then again in ways that are refused."""
        row = next(row for row in (*COMMANDS, *ACTS) if row.body.__name__ == name)
        speaker = self.world.people[
            next(role for role in (Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR) if role in row.roles)
        ]
        sent = marked(name, body, **more)
        response = speaker.post(path, sent, Idempotency_Key=mark().replace("Zmark", "key"))
        self.answers.append(response)
        for wrong in (
            marked(name, body, **more),  # often a second time contradicts
            {**marked(name, body, **more), "no_such_field": mark()},
            {**marked(name, body, **more), "note": mark() * 1000},
            {**marked(name, body, **more), "evidence": mark()},
            {**marked(name, body, **more), "note": {"text": mark()}},
        ):
            self._refused(speaker.post(path, wrong))
        self._refused(self.world.people[Role.AUDITOR].post(path, sent))
        self._refused(self.world.client.post(path, content=mark(), headers=speaker.headers))
        return dict(self.world.must(response))

    def _refused(self, response: Any) -> None:
        (self.refusals if response.status_code >= 400 else self.answers).append(response)

    def _variants(self) -> None:
        """Commands that make another fact by another outcome."""
        world, uscc = self.world, new_uscc()
        self.send("FileAgency", "/v1/agencies", {**body_of("FileAgency"), "uscc": uscc})
        decision = {"outcome": "returned", "decided_on": "2024-01-10"}
        self.send("DecideFiling", f"/v1/agencies/{uscc}/filing-decision", decision)
        uscc = world.filed()
        first, second, third = (world.id_of("ReceiveComplaint", uscc) for _ in range(3))
        path, day = f"/v1/agencies/{uscc}/complaints", {"decided_on": "2024-05-06"}
        self.send("DecideComplaint", f"{path}/{first}/decision", {"outcome": "dismissed", **day})
        self.send("DecideComplaint", f"{path}/{second}/decision", {"outcome": "merged", "merged_into": third, **day})
        path, body, _ = prepared(world, "GiveNoticeLink")
        page = world.must(world.association.post(path, body))["page"]
        for signer, key in (("", "first"), (mark(), "first"), (mark(), "second")):  # nobody; somebody; it was used
            answer = world.client.post(page, data={"signer": signer, "key": key}, follow_redirects=False)
            (self.answers if answer.status_code == 303 else self.refusals).append(answer)

    def _year(self) -> None:
        world, year = self.world, PUBLISHED
        uscc, other, third = (world.assessed(year=year) for _ in range(3))
        world.filed()
        fact = world.id_of("RecordLapse", uscc, occurred_on=f"{year}-06-01")
        for row in world.association.get("/v1/agencies", limit=500).json()["items"]:  # a second closing is refused
            path = f"/v1/agencies/{row['agency']['uscc']}/survey-closings"
            world.association.post(path, {"year": year, "closed_on": f"{year}-12-31"})
        rows = world.association.get(f"/v1/assessments/{year}", limit=500).json()["incomplete"]
        waivers = [
            {"uscc": row["agency"]["uscc"], "part": part, "reason": mark()} for row in rows for part in row["missing"]
        ]
        body = {"published_on": f"{year + 1}-03-10", "meeting_on": f"{year + 1}-03-07", "waivers": waivers}
        body["reason"] = mark()
        self.send("PublishYear", f"/v1/assessments/{year}/publication", body)
        in_time = f"{year + 1}-03-12"
        decided, outcomes = f"{year + 1}-03-20", ("upheld", "partly_upheld", "dismissed")
        for outcome in outcomes:
            appeal = self._appeal(uscc, in_time, [fact] if outcome == "upheld" else [])
            annul: dict[str, Any] = {"annul": [fact]} if outcome == "upheld" else {}
            if outcome == "partly_upheld":
                annul = {
                    "replace": [
                        {
                            "post": f"/v1/agencies/{uscc}/inspections",
                            "body": {"inspected_on": f"{year}-05-01", "findings": mark()},
                        }
                    ]
                }
            self.send(
                "DecideAppeal", f"/v1/appeals/{appeal}/decision", {"outcome": outcome, "decided_on": decided, **annul}
            )
        with later(world, 30) as day:
            appeal = self._appeal(other, day, [])
            self.send("AdmitAppeal", f"/v1/appeals/{appeal}/admission", {"decided_on": day})
            document = {"evidence": [{"title": "撤回书"}]}
            self.send("WithdrawAppeal", f"/v1/appeals/{appeal}/withdrawal", {"withdrawn_on": day, **document})
        touched = world.done("RecordLapse", third, item=4, occurred_on=f"{year}-09-01")["touched"][0]["impact"]
        disposal = {"outcome": "reopened", "disposed_on": f"{year + 1}-05-08"}
        self.send("DisposeImpact", f"/v1/impacts/{touched}/disposal", disposal)

    def _appeal(self, uscc: str, day: str, disputed: list[str]) -> str:
        body = {"year": PUBLISHED, "filed_on": day, "disputed_event_ids": disputed}
        return str(self.send("FileAppeal", f"/v1/agencies/{uscc}/appeals", body)["ids"]["appeal"])


def sealed_fields() -> set[str]:
    """Every field of an event that is sealed: `Type.field.field`, without the envelope's note."""

    def within(kind: inspect.Type, path: str) -> Iterator[str]:
        match kind:
            case inspect.UnionType(types=types):
                for one in types:
                    yield from within(one, path)
            case inspect.VarTupleType(item_type=item):
                yield from within(item, path)
            case inspect.StructType(cls=cls, fields=fields):
                if cls is Sealed:
                    yield path
                else:
                    for field in fields:
                        yield from within(field.type, f"{path}.{field.name}")

    found: set[str] = set()
    for kind in EVENT_TYPES.values():
        found |= set(within(inspect.type_info(kind), kind.__name__))
    return {one for one in found if not one.endswith(".note")}


def sealed_in(event: Any) -> set[str]:
    """Which of these an event fills."""

    def within(value: Any, path: str) -> Iterator[str]:
        if is_sealed(value):
            yield path
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield from within(inner, f"{path}.{name}")
        elif isinstance(value, (list, tuple)):
            for inner in value:
                yield from within(inner, path)

    return set(within(recorded_entry(event).fact, type(event).__name__))
