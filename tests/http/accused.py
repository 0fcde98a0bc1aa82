"""An agency that was complained about and rated, with a word of its own in all that it must not be told (R39)."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pypdfium2

from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import Person, World, body_of, new_uscc, today

YEAR = 2024
FORM_DAYS = ("2024-05-07", "2024-05-17", "2024-06-07", "2024-06-21")
ASKED_ON = "2024-05-09"
"""Days on which nothing else happened."""
LETTERS = ("ABCAABBAAA", "AAAAAAAAAA", "BBBBBBBBBB", "CCCCCCCCCC")


class Accused:
    """One of everything that says something about a complaint, a report, a note or a survey form."""

    def __init__(self, world: World) -> None:
        self.world, self.uscc = world, world.filed()
        self.secret: dict[str, str] = {}
        """What the agency must never read, by what it is."""
        self.told: dict[str, str] = {}
        """What it has to read."""
        self.agency, self.colleague = world.person(Role.AGENCY, self.uscc), world.person(Role.AGENCY, self.uscc)
        self.informant = world.person(Role.CLIENT, new_uscc())
        self.forms: list[str] = []
        self._complaints()
        self._notes()
        self._surveys()
        self.handles = [one["id"] for one in self.rows(self.agency, type="SurveySubmitted")]
        self.appeal = self._published()

    def _hide(self, what: str) -> str:
        self.secret[what] = f"Zsecret{len(self.secret):03d}q"
        return self.secret[what]

    def _tell(self, what: str) -> str:
        self.told[what] = f"Ztold{len(self.told):03d}q"
        return self.told[what]

    def _papers(self, what: str) -> list[dict[str, str]]:
        return [{"title": self._hide(f"{what}: title"), "uri": f"https://{self._hide(f'{what}: uri')}.example"}]

    def _complaints(self) -> None:
        world, uscc = self.world, self.uscc
        words = {one: self._hide(f"complaint: {one}") for one in ("complainant", "content", "contact", "note")}
        body = {"grounds": "poor_quality", **words, "evidence": self._papers("complaint"), "note_audience": "shared"}
        done = world.must(self.informant.post(f"/v1/agencies/{uscc}/complaints", {**body, "received_on": today()}))
        entered = {**body, "received_on": "2024-03-04", "complainant": self._hide("entered complainant")}
        self.complaint = world.id_of("ReceiveComplaint", uscc, **entered)
        decision = world.done(
            "DecideComplaint",
            uscc,
            self.complaint,
            decided_on="2024-03-20",
            findings=self._tell("findings"),
            disclosed=self._tell("disclosed"),
            note=self._hide("decision: note"),
            evidence=self._papers("decision"),
        )
        self.decision = decision["events"][0]["id"]
        self.open_complaint = done["ids"]["complaint"]
        report = {one: self._hide(f"report: {one}") for one in ("reporter", "content", "note")}
        self.report = world.id_of("ReportBehaviour", uscc, **report, evidence=self._papers("report"))
        world.done("DismissReport", uscc, self.report, reason=self._tell("dismissal"))

    def _notes(self) -> None:
        world, uscc = self.world, self.uscc
        world.done("RecordInspection", uscc, findings=self._tell("inspection"), note=self._hide("internal note"))
        world.done("RecordInspection", uscc, note=self._tell("shared note"), note_audience="shared")
        project = {**body_of("StartProject"), "started_on": today(), "due_on": "2099-12-01"}
        self.own_note = self._tell("own note")
        world.must(self.agency.post(f"/v1/agencies/{uscc}/projects", {**project, "note": self.own_note}))

    def _surveys(self) -> None:
        world, uscc = self.world, self.uscc
        for place, day in enumerate(FORM_DAYS):
            code = new_uscc()
            project = world.id_of(
                "StartProject",
                uscc,
                client={"uscc": code, "name": f"企业{place}"},
                started_on="2024-02-01",
                due_on="2024-12-20",
                contract_no=f"HT-{place}",
            )
            client = {"uscc": code, "name": self._hide(f"survey {place}: client")}
            if place == 0:
                world.done("InviteSurvey", uscc, client=client, project_id=project, year=YEAR, invited_on=ASKED_ON)
            self.forms.append(
                world.id_of(
                    "SubmitSurvey",
                    uscc,
                    client=client,
                    project_id=project,
                    year=YEAR,
                    submitted_on=day,
                    answers=list(LETTERS[place]),
                    comments=self._hide(f"survey {place}: comments"),
                    note=self._hide(f"survey {place}: note"),
                    evidence=self._papers(f"survey {place}"),
                )
            )
        for one in world.trail(uscc):
            if one["type"] in ("SurveySubmitted", "SurveyInvited"):
                self.secret[f"id of {one['id']}"] = one["id"]
                self.secret[f"instant of {one['id']}"] = one["recorded_at"]
        for day in (*FORM_DAYS, ASKED_ON):
            self.secret[f"day {day}"] = day

    def _published(self) -> str:
        world, uscc = self.world, self.uscc
        world.done("CloseSurvey", uscc, year=YEAR, closed_on="2025-01-20")
        world.done("ScoreEffect", uscc, year=YEAR, scored_on="2024-12-28", client=self._served())
        world.publish(YEAR)
        body = {
            "year": YEAR,
            "filed_on": today(),
            "appellant": {"kind": "agency"},
            "grounds": self._tell("grounds"),
            "disputed_event_ids": [self.handles[0], self.decision],
        }
        return str(world.must(self.agency.post(f"/v1/agencies/{uscc}/appeals", body))["ids"]["appeal"])

    def _served(self) -> dict[str, str]:
        row = next(one for one in self.world.trail(self.uscc) if one["type"] == "ProjectStarted")
        return dict(row["fact"]["client"])

    def rows(self, who: Person, **query: str) -> list[dict[str, Any]]:
        """The trail as somebody reads it."""
        found: list[dict[str, Any]] = who.get(f"/v1/agencies/{self.uscc}/events", limit=500, **query).json()["items"]
        return found

    def desk(self) -> Desk:
        """A browser in which somebody of the agency has signed in."""
        return Desk(self.world, Role.AGENCY, self.uscc)


def text_of(response: Any) -> str:
    """All that an answer says: its headers and its text; of a PDF its words, of a ZIP those of its files."""
    body, kind = response.content, response.headers.get("content-type", "")
    return f"{dict(response.headers)}\n" + _words(body, kind)


def _words(body: bytes, kind: str) -> str:
    if kind.startswith("application/zip"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        return "\n".join(f"{name}\n{_words(one, _kind_of(name))}" for name, one in files.items())
    if kind.startswith("application/pdf"):
        with pypdfium2.PdfDocument(body) as document:
            return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    return body.decode()


def _kind_of(name: str) -> str:
    return "application/pdf" if name.endswith(".pdf") else "text/plain"
