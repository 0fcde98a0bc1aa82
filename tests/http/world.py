"""What the HTTP tests need of the world: people with tokens, agencies with valid codes, facts recorded over HTTP."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from starlette.testclient import TestClient
from stdnum.cn import uscc as stdnum_uscc

from api.application.background.readiness import Service
from api.application.commands import COMMANDS, CommandRoute
from api.http.documentation.examples import AGENCY_USCC, CLIENT_NAME, CLIENT_USCC, command_example
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import writing
from domain.values import Instant, Role, instant, shanghai_date

ROWS = {row.body.__name__: row for row in COMMANDS}
APPEALED = 2025
DATED_BACK = {"reason": "会议当日已在网站公示，此处补录"}
"""Why a publication is dated before today (R45)."""
BOUND = (Role.AGENCY, Role.CLIENT)
_numbers = itertools.count(1)
_RUN = secrets.randbelow(10**5)


def new_uscc() -> str:
    """A code with a right check digit that no other test uses."""
    text = f"91441300{_RUN:05d}{next(_numbers):04d}"
    return text + str(stdnum_uscc.calc_check_digit(text))


def today() -> str:
    """Today in Shanghai."""
    return shanghai_date(instant(datetime.now(UTC))).isoformat()


class Person:
    """Somebody with a token who speaks to the service."""

    def __init__(self, client: TestClient, token: str | None, person_id: str = "") -> None:
        self.client, self.token, self.person_id = client, token, person_id
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, path: str, _headers: Any = None, **params: Any) -> Any:
        """GET with query parameters; `from_` stands for `from`."""
        headers: dict[str, str] | None = _headers
        query = {name.rstrip("_"): value for name, value in params.items()}
        return self.client.get(path, params=query or None, headers={**self.headers, **(headers or {})})

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """POST a JSON body; header names with underscores."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, json=body, headers={**self.headers, **more})


class World:
    """One running service and its people."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.service: Service = client.app.state.service  # type: ignore[attr-defined]
        self.people = {role: self.person(role) for role in Role if role not in BOUND}
        self.stranger = Person(client, None)
        self.association = self.people[Role.ASSOCIATION]
        self.colleague = self.person(Role.ASSOCIATION)
        """Answers objections to what `association` has recorded (R38)."""
        self.regulator = self.people[Role.REGULATOR]
        self.client_person = self.person(Role.CLIENT, CLIENT_USCC)
        self._appealable: str | None = None
        self._impact: str | None = None

    def person(self, role: Role, uscc: str | None = None, expires_at: Instant | None = None) -> Person:
        """A new person with a token of this role."""
        with writing(self.service.ledger.engine) as connection:
            person_id = create_person(connection, f"{role} 人员")
            token = create_token(connection, person_id, role, uscc, expires_at, by=COMMAND_LINE)
        return Person(self.client, token, person_id)

    def speaker(self, role: Role, uscc: str) -> Person:
        """Somebody with this role: of this agency, or of the example's enterprise."""
        if role is Role.AGENCY:
            return self.person(role, uscc)
        return self.client_person if role is Role.CLIENT else self.people[role]

    def submitted(self) -> str:
        """An agency whose filing awaits its decision."""
        uscc = new_uscc()
        body = body_of("FileAgency")
        staff = [{**body["personnel"][0], "certificate_no": certificate_of(uscc)}]
        self.must(self.association.post("/v1/agencies", {**body, "uscc": uscc, "personnel": staff}))
        return uscc

    def filed(self) -> str:
        """An agency on file since 2024-01-10."""
        uscc = self.submitted()
        self.done("DecideFiling", uscc)
        return uscc

    def done(self, name: str, uscc: str, id_: str = "", **changes: Any) -> dict[str, Any]:
        """Record the example of a command, with changes; the answer."""
        row = ROWS[name]
        role = next(role for role in (Role.ASSOCIATION, Role.REGULATOR) if role in row.roles)
        body = {**body_of(name), **changes}
        who = self.colleague if name in ("AnswerObjection", "DecideRepair") else self.people[role]
        return self.must(who.post(row.path.format(uscc=uscc, id=id_), body))

    def id_of(self, name: str, uscc: str, **changes: Any) -> str:
        """Record the example of a command and return the id of the fact."""
        return str(self.done(name, uscc, **changes)["events"][0]["id"])

    def assessed(self, uscc: str | None = None, year: int = 2024) -> str:
        """An agency whose sheet of a year is complete."""
        uscc = uscc or self.filed()
        self.done("StartProject", uscc, started_on=f"{year}-02-01", due_on=f"{year}-12-20")
        self.done("SubmitSurvey", uscc, year=year, submitted_on=f"{year}-12-10")
        self.done("ScoreEffect", uscc, year=year, scored_on=f"{year}-12-28")
        self.done("CloseSurvey", uscc, year=year, closed_on=f"{year}-12-31")
        return uscc

    def appealable(self) -> str:
        """An agency with a published result of a year that no other test touches; always the same."""
        if self._appealable is None:
            self._appealable = self.assessed(year=APPEALED)
            self.publish(APPEALED)
        return self._appealable

    def appeal(self) -> str:
        """An appeal of that agency."""
        path, body, _ = prepared(self, "FileAppeal")
        return str(self.must(self.association.post(path, body))["ids"]["appeal"])

    def impact(self) -> str:
        """What a late fact would change of that agency's result; always the same, and open."""
        if self._impact is None:
            late = self.done("RecordLapse", self.appealable(), item=4, occurred_on=f"{APPEALED}-09-01")
            self._impact = str(late["touched"][0]["impact"])
        return self._impact

    def publish(self, year: int = 2024, **changes: Any) -> dict[str, Any]:
        """Publish a year, waiving what is missing."""
        rows = self.association.get(f"/v1/assessments/{year}").json()["incomplete"]
        waivers = [
            {"uscc": row["agency"]["uscc"], "part": part, "reason": "当年无数据"}
            for row in rows
            for part in row["missing"]
        ]
        body = {
            "published_on": f"{year + 1}-03-10",
            "meeting_on": f"{year + 1}-03-07",
            "waivers": waivers,
            **DATED_BACK,
            **changes,
        }
        return self.must(self.people[Role.COMMITTEE].post(f"/v1/assessments/{year}/publication", body))

    def upheld(self, uscc: str, *days: str) -> list[str]:
        """A complaint upheld on each of the days, on grounds that count (R15); the ids of the decisions."""
        decisions = []
        for day in days:
            complaint = self.id_of("ReceiveComplaint", uscc, received_on=day)
            decisions.append(str(self.done("DecideComplaint", uscc, complaint, decided_on=day)["events"][0]["id"]))
        return decisions

    def warned(self, uscc: str) -> str:
        """The sending of a warning to the agency (art.17(2)): the id of its event."""
        self.upheld(uscc, "2024-05-06", "2024-05-20")
        due = self.association.get("/v1/notices", limit=500).json()["items"]
        notice = next(
            one
            for one in due
            if one["agency"]["uscc"] == uscc and (one["kind"], one["recipient"]) == ("warned", "agency")
        )
        return str(self.done("SendNotice", uscc, notice["id"])["events"][0]["id"])

    @staticmethod
    def must(response: Any) -> dict[str, Any]:
        """The answer of a command that has to succeed."""
        assert response.status_code == 201, response.text
        found: dict[str, Any] = response.json()
        return found

    def hints(self, uscc: str, **query: str) -> list[dict[str, Any]]:
        """The hints at an agency as the association reads them, by default the open ones."""
        found: list[dict[str, Any]] = self.association.get(f"/v1/agencies/{uscc}/hints", **query).json()["items"]
        return found

    def trail(self, uscc: str) -> list[dict[str, Any]]:
        """The agency's events as the association reads them."""
        found: list[dict[str, Any]] = self.association.get(f"/v1/agencies/{uscc}/events", limit=500).json()["items"]
        return found


def body_of(name: str) -> dict[str, Any]:
    """A copy of a command's example body."""
    body = command_example(ROWS[name].body).body if name in ROWS else None
    assert body is not None, f"{name} is not in the table of commands"
    return deepcopy(body)


def certificate_of(uscc: str) -> str:
    """The certificate of an agency's only member of staff: on no other's, else it would be a hint at both (R37)."""
    return f"ZA{uscc[8:17]}"


def with_dates(row: CommandRoute, body: dict[str, Any], day: str) -> dict[str, Any]:
    """The body with all its dates of today, as agencies and clients have to enter them (R8b)."""
    names = [name for name, value in body.items() if isinstance(value, str) and _is_day(value)]
    later = row.body.MAY_BE_LATER
    return {**body, **{name: "2099-12-31" if name in later and name != row.body.FACT_DATE else day for name in names}}


def _is_day(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-"


def prepared(world: World, name: str) -> tuple[str, dict[str, Any], str]:
    """What has to stand before the example of a command succeeds: its path, its body and the agency.

    A new row of the table of commands needs a line here, else its tests fail.
    """
    uscc = world.submitted() if name == "DecideFiling" else new_uscc() if name == "FileAgency" else world.filed()
    body, id_ = body_of(name), ""
    match name:
        case "FileAgency":
            body["uscc"] = uscc
        case "ReceiveSubmission":
            id_ = world.id_of("RequestSubmission", uscc)
        case "FilePlan" | "ExtendProject" | "CompleteProject" | "CancelProject":
            id_ = world.id_of("StartProject", uscc)
        case "ReferBadRecord":
            id_ = world.id_of("EnterBadRecord", uscc)
        case "DecideComplaint":
            id_ = world.id_of("ReceiveComplaint", uscc)
        case "SubmitSurvey":
            world.done("StartProject", uscc)
        case "SendNotice":
            world.done("StartProject", uscc)
            world.done("FindAccidentLiability", uscc)
            id_ = next(one["id"] for one in _all_notices(world) if one["agency"]["uscc"] == uscc)
        case "AnnulEvent" | "FileObjection" | "FileStatement" | "ApplyForRepair" | "CorrectEvent":
            body["event_id"] = world.id_of("EnterBadRecord" if name == "ApplyForRepair" else "RecordLapse", uscc)
            for one in body.get("replace", ()):
                one["post"] = one["post"].replace(AGENCY_USCC, uscc)
        case "FileAppeal":
            uscc = world.appealable()
            body |= {"year": APPEALED, "filed_on": f"{APPEALED + 1}-03-12", "disputed_event_ids": []}
        case name if name in SIMPLE:
            pass
        case _:
            id_ = _watched(world, name, uscc, body)
    return ROWS[name].path.format(uscc=uscc, id=id_), body, uscc


def _watched(world: World, name: str, uscc: str, body: dict[str, Any]) -> str:
    """The report, hint or objection that a command deals with."""
    match name:
        case "DismissReport":
            return world.id_of("ReportBehaviour", uscc)
        case "DismissHint":
            world.done("SubmitSurvey", uscc)
            return str(world.hints(uscc, behaviour="16.4")[0]["id"])
        case "RecordSuccession":
            body["successors"] = [world.filed()]
            return ""
        case "RecordService" | "AcknowledgeNotice" | "GiveNoticeLink":
            return world.warned(uscc)
        case "DecideRepair":
            by = world.must(world.colleague.post(f"/v1/agencies/{uscc}/bad-records", body_of("EnterBadRecord")))
            return world.id_of("ApplyForRepair", uscc, event_id=by["events"][0]["id"])
        case "AnswerObjection":
            lapse = world.must(world.colleague.post(f"/v1/agencies/{uscc}/lapses", body_of("RecordLapse")))
            return world.id_of("FileObjection", uscc, event_id=lapse["events"][0]["id"])
    raise KeyError(f"{name} has no preparation: say in prepared() what it needs")


SIMPLE = frozenset(
    {
        "DecideFiling", "ReportChange", "RecordInspection", "TerminateAgency", "SignPledge", "RequestSubmission",
        "StartProject", "RecordLapse", "EnterBadRecord", "ReceiveComplaint", "DelistAgency", "FindAccidentLiability",
        "InviteSurvey", "CloseSurvey", "ScoreEffect", "AwardHonour", "ImposePenalty", "ReportBehaviour",
    }
)  # fmt: skip


def _all_notices(world: World) -> Iterable[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = world.association.get("/v1/notices", limit=500, **cursor).json()
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


CLIENT_PARTY = {"uscc": CLIENT_USCC, "name": CLIENT_NAME}
