"""Every kind of matter, role by role (R40): it waits from its day on, for whom the registry says, and goes when it is
done, comes back when that is annulled, and lapses when its day has passed for good. Told day by day on a clock.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from api.application.questions import inquiry
from api.application.questions.year.matter_questions import MATTER_KINDS
from domain.values import Role, instant
from projections.answers.matters import MatterKind
from tests.http.dated import DatedWorld
from tests.http.test_assessment import Year
from tests.http.world import Person, body_of, new_uscc

DESK = ["filing", "complaint", "own_complaint", "report", "own_report", "objection", "notice", "correction", "referral"]
DESK += [
    "repair",
    "acknowledgement",
    "undeliverable",
    "submission",
    "project",
    "qualification",
    "certificate",
    "hint",
    "reading",
]
YEAR_ROUND = ["survey", "effect", "invitation", "survey_close", "year_prepare", "year_publish", "year_close", "appeal"]
YEAR_ROUND += ["admission", "impact"]


class Walk:
    """A world in which everybody looks at what waits for them, on any day."""

    def __init__(self, world: DatedWorld) -> None:
        self.world, self.seen = world, set[str]()
        self.uscc = self.filed()
        self.people = {**world.people, Role.CLIENT: world.client_person, Role.AGENCY: self.agency(self.uscc)}

    def filed(self) -> str:
        """An agency on file since 2024-01-10, with no qualification."""
        uscc = new_uscc()
        body = {**body_of("FileAgency"), "uscc": uscc, "qualifications": [], "personnel": []}
        self.world.must(self.world.association.post("/v1/agencies", body))
        self.world.done("DecideFiling", uscc)
        return uscc

    def agency(self, uscc: str) -> Person:
        return self.world.person(Role.AGENCY, uscc)

    def on(self, day: str) -> None:
        """The day on which everybody looks, and records."""
        self.world.clock.at(day)

    def rows(self, kind: MatterKind, role: Role, state: str = "open") -> list[dict[str, Any]]:
        """What somebody in a role is told of a kind at the agency, or of the whole district."""
        answer = self.people[role].get("/v1/matters", kind=kind, state=state, limit=500)
        assert answer.status_code == 200, answer.text
        return [one for one in answer.json()["items"] if one["agency"] is None or one["agency"]["uscc"] == self.uscc]

    def told(self, kind: MatterKind, state: str = "open") -> set[Role]:
        """The roles that are told of it; the counts of each say the same."""
        found: set[Role] = {one for one in self.people if one is not Role.ADMIN and self.rows(kind, one, state)}
        for role in found:
            counted = {one["kind"]: one for one in self.people[role].get("/v1/matters/counts").json()["items"]}
            if state != "done":
                names = ("lapsed",) if state == "lapsed" else ("overdue", "today", "this_week", "later")
                assert sum(counted[kind][name] for name in names) > 0, (kind, role)
        return found

    def waits(self, kind: MatterKind, *, since: str | None = None) -> dict[str, Any]:
        """It waits for exactly those of whom the registry says it, since a day: not on the day before. Its row."""
        row = MATTER_KINDS[kind]
        audience = set(row.told or row.acts) | (set() if row.told else {Role.AUDITOR})
        assert self.told(kind) == audience, kind
        if since is not None:
            today = self.world.clock.day
            self.on((date.fromisoformat(since) - timedelta(days=1)).isoformat())
            assert self.told(kind) == set(), f"{kind} waits from {since} on"
            self.on(since)
            assert self.told(kind) == audience, kind
            self.on(today.isoformat())
        self.seen.add(kind)
        (one,) = self.rows(kind, next(iter(audience - {Role.AUDITOR})))
        assert (one["state"], one["acts"]) == ("open", list(map(str, row.acts)))
        return one

    def gone(self, kind: MatterKind, state: str = "open") -> None:
        """Nobody is told of it any more."""
        assert self.told(kind, state) == set(), kind

    def annulled(self, event_id: str, day: str) -> None:
        self.world.done("AnnulEvent", self.uscc, event_id=event_id, annulled_on=day)


@pytest.fixture
def walk(dated_world: DatedWorld, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """The world's clock is everybody's."""
    monkeypatch.setattr(inquiry, "now", lambda: instant(dated_world.clock()))
    return Walk(dated_world)


def test_every_kind_is_walked() -> None:
    """A kind that joins the registry has to be told here."""
    assert sorted(DESK + YEAR_ROUND) == sorted(MATTER_KINDS)


def _a_filing_waits(walk: Walk) -> None:
    """A filing, until it is decided (art.9)."""
    world, own = walk.world, walk.uscc
    walk.uscc = new_uscc()
    body = {**body_of("FileAgency"), "uscc": walk.uscc, "personnel": [], "submitted_on": "2025-01-06"}
    world.must(world.association.post("/v1/agencies", body))
    walk.waits("filing", since="2025-01-06")
    world.done("DecideFiling", walk.uscc, decided_on="2025-01-07")
    walk.gone("filing")
    walk.uscc = own


def _a_complaint_waits(walk: Walk) -> None:
    """A complaint, for the desk and for who complained, also when its decision is annulled (art.15)."""
    world, uscc = walk.world, walk.uscc
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2025-01-08")
    walk.waits("complaint", since="2025-01-08")
    walk.waits("own_complaint", since="2025-01-08")
    upheld = world.done("DecideComplaint", uscc, complaint, decided_on="2025-01-10")["events"][0]["id"]
    walk.gone("complaint")
    walk.gone("own_complaint")
    (told,) = walk.rows("own_complaint", Role.CLIENT, "done")
    assert (told["outcome"], told["ended_on"], told["since"]) == ("upheld", "2025-01-10", "2025-01-08")
    assert walk.told("own_complaint", "done") == {Role.CLIENT}
    walk.annulled(upheld, "2025-01-13")
    walk.waits("complaint")
    walk.waits("own_complaint")
    world.done("DecideComplaint", uscc, complaint, decided_on="2025-01-14", outcome="dismissed", verified_grounds=None)
    assert walk.rows("own_complaint", Role.CLIENT, "done")[0]["outcome"] == "dismissed"


def _a_report_waits(walk: Walk) -> None:
    """A report of a behaviour, and the referral of what was recorded upon it (art.16)."""
    world, uscc = walk.world, walk.uscc
    by_client = {**body_of("ReportBehaviour"), "received_on": "2025-01-15", "reporter": None}
    world.clock.at("2025-01-15")
    report = world.must(world.client_person.post(f"/v1/agencies/{uscc}/reports", by_client))["events"][0]["id"]
    walk.waits("report", since="2025-01-15")
    walk.waits("own_report", since="2025-01-15")
    world.done("EnterBadRecord", uscc, entered_on="2025-01-16", behaviour="16.2", report_id=report, unlawful=True)
    walk.gone("report")
    assert walk.rows("own_report", Role.CLIENT, "done")[0]["outcome"] == "recorded"

    one = walk.waits("referral", since="2025-01-16")
    referred = world.done("ReferBadRecord", uscc, one["about"], referred_on="2025-01-17")
    walk.gone("referral")
    walk.annulled(referred["events"][0]["id"], "2025-01-20")
    walk.waits("referral")
    world.done("ReferBadRecord", uscc, one["about"], referred_on="2025-01-21")


def _notices_wait(walk: Walk) -> None:
    """Notices, their acknowledgement and correction (art.17, R18)."""
    world, uscc = walk.world, walk.uscc
    first, second = world.upheld(uscc, "2025-02-03", "2025-02-05")
    one = walk.waits("notice", since="2025-02-05")
    sent = world.done("SendNotice", uscc, one["id"].partition(":")[2], sent_on="2025-02-06")["events"][0]["id"]
    walk.gone("notice")
    walk.waits("acknowledgement", since="2025-02-06")
    back = {"served_on": "2025-02-07", "outcome": "undeliverable", "way": "post"}
    world.must(world.association.post(f"/v1/agencies/{uscc}/sent-notices/{sent}/service", back))
    walk.waits("undeliverable", since="2025-02-07")
    signed = {"acknowledged_on": "2025-02-08", "evidence": [{"title": "送达回证"}]}
    world.must(world.association.post(f"/v1/agencies/{uscc}/sent-notices/{sent}/acknowledgement", signed))
    walk.gone("acknowledgement")
    walk.gone("undeliverable")
    walk.annulled(first, "2025-02-10")
    one = walk.waits("correction")
    world.done("SendNotice", uscc, one["id"].partition(":")[2], sent_on="2025-02-11")
    walk.gone("correction")
    walk.annulled(second, "2025-02-11")


def _what_is_contested_waits(walk: Walk) -> None:
    """An objection (R38), and an application for repair (art.16)."""
    world, uscc = walk.world, walk.uscc
    lapse = world.must(world.colleague.post(f"/v1/agencies/{uscc}/lapses", {"item": 4, "occurred_on": "2025-02-12"}))
    objection = world.id_of("FileObjection", uscc, event_id=lapse["events"][0]["id"], filed_on="2025-02-13")
    walk.waits("objection", since="2025-02-13")
    world.must(
        world.association.post(
            f"/v1/objections/{objection}/answer", {**body_of("AnswerObjection"), "answered_on": "2025-02-14"}
        )
    )
    walk.gone("objection")

    bad = world.id_of("EnterBadRecord", uscc, entered_on="2025-02-13")
    repair = world.id_of("ApplyForRepair", uscc, event_id=bad, applied_on="2025-02-14")
    walk.waits("repair", since="2025-02-14")
    decided = {"decided_on": "2025-02-17", "outcome": "refused", "reasons": "尚未复查"}
    world.must(world.colleague.post(f"/v1/repairs/{repair}/decision", decided))
    walk.gone("repair")
    one = walk.waits("notice", since="2025-02-17")
    world.done("SendNotice", uscc, one["id"].partition(":")[2], sent_on="2025-02-17")


def _materials_and_projects_wait(walk: Walk) -> None:
    """What an agency was asked for, and a project that should have ended (art.12, art.21)."""
    world, uscc = walk.world, walk.uscc
    request = world.id_of("RequestSubmission", uscc, requested_on="2025-02-17", due_on="2025-02-28")
    assert walk.waits("submission", since="2025-02-17")["due_on"] == "2025-02-28"
    walk.on("2025-02-28")
    walk.waits("submission")
    walk.on("2025-03-01")
    walk.gone("submission")
    assert walk.told("submission", "lapsed") == {Role.ASSOCIATION, Role.AGENCY, Role.AUDITOR}
    world.done("ReceiveSubmission", uscc, request, received_on="2025-03-03")
    walk.gone("submission", "lapsed")

    project = world.id_of("StartProject", uscc, started_on="2025-03-04", due_on="2025-06-30")
    walk.on("2025-06-30")
    walk.waits("project", since="2025-05-31")
    walk.on("2025-07-01")
    walk.gone("project")
    assert walk.told("project", "lapsed") == {Role.ASSOCIATION, Role.AGENCY, Role.AUDITOR}
    ended = world.done("CompleteProject", uscc, project, completed_on="2025-07-01", report_filed_on="2025-07-01")
    walk.gone("project", "lapsed")
    walk.annulled(ended["events"][0]["id"], "2025-07-02")
    assert walk.told("project", "lapsed") == {Role.ASSOCIATION, Role.AGENCY, Role.AUDITOR}


def _certificates_wait(walk: Walk) -> None:
    """Qualifications and certificates of staff that run out (art.9)."""
    world, uscc = walk.world, walk.uscc
    held = [{"name": "安全评价机构资质证书", "no": "APJ-1", "scope": [], "valid_until": "2025-10-31"}]
    dates = {"changed_on": "2025-07-03", "reported_on": "2025-07-03"}
    world.done("ReportChange", uscc, **dates, fields={"qualifications": held})
    walk.on("2025-11-01")
    walk.waits("qualification", since="2025-09-01")
    dates = {"changed_on": "2025-11-03", "reported_on": "2025-11-03"}
    world.done("ReportChange", uscc, **dates, fields={"qualifications": [{**held[0], "valid_until": "2028-10-31"}]})
    walk.gone("qualification")
    staff = [{"name": "林晓梅", "certificate_no": f"ZA-{uscc}", "valid_until": "2025-12-31"}]
    world.done("ReportChange", uscc, changed_on="2025-10-20", reported_on="2025-10-20", fields={"personnel": staff})
    walk.on("2026-01-05")
    walk.waits("certificate", since="2025-11-01")
    renewed = [{**staff[0], "valid_until": "2028-12-31"}]
    world.done("ReportChange", uscc, changed_on="2026-01-05", reported_on="2026-01-05", fields={"personnel": renewed})
    walk.gone("certificate")
    walk.on("2025-11-03")


def _hints_and_readings_wait(walk: Walk) -> None:
    """Hints (R37), and readings that nobody has confirmed (art.28)."""
    world, uscc = walk.world, walk.uscc
    world.done("ReportChange", uscc, changed_on="2025-11-03", reported_on="2025-11-24", fields={"address": "澳头 9 号"})
    found = [one for one in world.hints(uscc, as_of="2025-11-24") if one["rule"] == "late_change"]
    walk.on("2025-11-24")
    for one in world.hints(uscc, as_of="2025-11-24"):
        if one not in found:
            world.done("DismissHint", uscc, one["id"], dismissed_on="2025-11-24")
    walk.waits("hint", since=found[0]["day"])
    dismissed = world.done("DismissHint", uscc, found[0]["id"], dismissed_on="2025-11-25")
    walk.gone("hint")
    walk.annulled(dismissed["events"][0]["id"], "2025-11-26")
    walk.waits("hint")

    assert int(walk.waits("reading")["about"]) > 30
    refs = [one["ref"] for one in world.association.get("/v1/readings").json()["items"]]
    confirmed = {
        "confirmed_on": "2025-11-27",
        "confirmed_by": "协会理事会",
        "document": {"title": "会议纪要", "uri": "file:1"},
        "readings": [{"reading": ref} for ref in refs],
    }
    world.must(world.association.post("/v1/rulebooks/dayawan-2021/confirmations", confirmed))
    walk.gone("reading")


@pytest.mark.shows("art.9", "art.12", "art.15", "art.16", "art.17", "art.28", "R37", "R38")
def test_what_waits_at_the_desk(walk: Walk) -> None:
    """Filings, complaints, reports, objections, notices, materials, projects, qualifications, hints, readings."""
    _a_filing_waits(walk)
    _a_complaint_waits(walk)
    _a_report_waits(walk)
    _notices_wait(walk)
    _what_is_contested_waits(walk)
    _materials_and_projects_wait(walk)
    _certificates_wait(walk)
    _hints_and_readings_wait(walk)
    assert walk.seen == set(DESK)


@pytest.mark.shows("art.13", "art.19", "art.20", "art.22", "art.23", "R12", "R32", "R33", "R36")
def test_what_waits_in_the_course_of_a_year(walk: Walk) -> None:
    """Surveys and effect scores, the year prepared, published, appealed, and closed; a late fact after it."""
    world, uscc, year = walk.world, walk.uscc, Year(walk.world)
    world.done("StartProject", uscc, started_on="2024-02-01", due_on="2024-12-20")
    walk.waits("survey", since="2024-02-01")
    walk.waits("effect", since="2024-02-01")
    world.done("InviteSurvey", uscc, year=2024, invited_on="2024-03-04", expires_on="2024-03-29")
    walk.gone("survey")
    walk.waits("invitation", since="2024-03-04")
    walk.on("2024-03-30")
    walk.gone("invitation")
    assert walk.told("invitation", "lapsed") == {Role.ASSOCIATION, Role.CLIENT, Role.AUDITOR}
    world.done("SubmitSurvey", uscc, year=2024, submitted_on="2024-04-01")
    walk.gone("invitation", "lapsed")
    world.done("ScoreEffect", uscc, year=2024, scored_on="2024-04-02")
    walk.gone("effect")
    walk.on("2024-12-31")
    walk.gone("survey_close")
    walk.waits("year_prepare", since="2024-11-02")
    walk.on("2025-01-01")
    walk.gone("year_prepare")
    walk.waits("year_publish", since="2025-01-01")
    walk.waits("survey_close", since="2025-01-01")
    closed = world.done("CloseSurvey", uscc, year=2024, closed_on="2025-01-15")
    walk.gone("survey_close")
    walk.annulled(closed["events"][0]["id"], "2025-01-16")
    walk.waits("survey_close")
    world.done("CloseSurvey", uscc, year=2024, closed_on="2025-01-17")
    world.publish()
    walk.gone("year_publish")
    deadline = date.fromisoformat(year.rows()[uscc]["deadline"]["day"])

    appeal = year.filed_appeal(uscc, filed_on="2025-03-14")
    walk.waits("appeal", since="2025-03-14")
    world.must(year.decide(appeal, outcome="dismissed", decided_on="2025-03-17"))
    walk.gone("appeal")
    over = (deadline + timedelta(days=1)).isoformat()
    walk.on(over)
    walk.waits("year_close", since=over)
    late = year.filed_appeal(uscc, filed_on=over)
    walk.gone("year_close")
    walk.gone("appeal")
    walk.waits("admission", since=over)
    admission = {"decided_on": over, "reason": "邮路中断"}
    world.must(year.committee.post(f"/v1/appeals/{late}/admission", admission))
    walk.gone("admission")
    walk.waits("appeal")
    world.must(year.decide(late, outcome="dismissed", decided_on=over))
    walk.waits("year_close")
    world.must(year.committee.post("/v1/assessments/2024/closing", {"closed_on": over}))
    walk.gone("year_close")

    lapse = world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    walk.waits("impact")
    walk.annulled(lapse["events"][0]["id"], "2025-04-01")
    walk.gone("impact")
    assert walk.seen == set(YEAR_ROUND)
