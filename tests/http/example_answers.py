"""The example answers of the documentation, asked of a real service.

`python -m tests.http.example_answers` writes them anew; `test_documentation.py` checks that they still have
the shape of what the service answers.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from api.application.assessing.dossier import ZIP
from api.application.background.checkpoint_signer import proven_up
from api.application.commands import ACTS
from api.application.exports.exporting import MEDIA_TYPES
from api.application.questions.papers.issuing import PDF
from api.http.documentation import examples
from api.http.documentation.answers import ACCESS_EXAMPLES
from api.http.documentation.evidence_docs import JPEG_EXAMPLE
from api.http.documentation.examples import command_example
from api.http.documentation.file_docs import PDF_EXAMPLE, ZIP_EXAMPLE
from api.http.documentation.openapi import TILE_EXAMPLE
from api.http.documentation.workbook_docs import XLSX_EXAMPLE
from api.http.responses import ATOM
from api.routes.tile_routes import BYTES, TEXT
from api.settings import Settings
from domain.store.db.engine import writing
from domain.store.messages.delivery_rows import Delivery, keep_deliveries
from domain.values import Role, instant
from tests.http.dated import later
from tests.http.files import pdf, photo, uploaded
from tests.http.test_service_of_notices import warned_today
from tests.http.world import Person, World, body_of, today
from tests.workbooks.made import filled
from tests.workbooks.sent import ended, sent_workbook

FILE = Path(examples.__file__).with_name("example_answers.json")
LISTED_USCC = "91441300MA51C1EN7F"
"""Of a second agency, which is on the blacklist on the day of asking."""
SHORT = {
    "values": 2, "readings": 2, "defects": 1, "parts": 3, "items": 2, "code": 1, "lines": 1, "considered": 1,
    "categories": 1, "disputed": 1, "proceedings": 1, "difference": 1, "basis": 1, "ranks": 1, "incomplete": 1,
    "names": 1, "named_by": 1, "sheets": 1, "scores": 3, "complaints": 2,
    "rows": 2, "score": 2, "marks": 3, "changes": 1, "history": 1,
    "proof": 2, "places": 2, "entries": 1,
}  # fmt: skip
"""How many items of long lists the documentation shows."""


Asked = dict[str, tuple[str, dict[str, Any]]]
"""By the name of an example: the path that is asked, and its query."""


def _of_an_agency(lapse: str) -> Asked:
    """Questions about an agency, about all of them, and about the log."""
    uscc = examples.AGENCY_USCC
    base = f"/v1/agencies/{uscc}"
    return {
        "standing": (f"{base}/standing", {"as_of": "2024-12-31"}),
        "sheet": (f"{base}/sheets/2024", {"as_of": "2024-12-31"}),
        "agency_file": (f"{base}/file", {"as_of": "2024-12-31"}),
        "timeline": (f"{base}/timeline", {"from_": "2024-05-01", "to": "2024-06-30"}),
        "sheet_pdf": (f"{base}/sheets/2024/pdf", {"as_of": "2024-12-31"}),
        "course": (f"{base}/course", {"from_": "2024-05-01", "to": "2024-06-30"}),
        "bad_records": ("/v1/bad-records/2024", {"as_of": "2024-12-31"}),
        "survey_summaries": ("/v1/survey-summaries/2024", {"as_of": "2024-12-31"}),
        "standings": ("/v1/standings", {"as_of": "2024-12-31"}),
        "stops": (f"{base}/stops", {"as_of": "2024-05-06"}),
        "events": (f"{base}/events", {"limit": 2}),
        "event": (f"{base}/events/{lapse}", {}),
        "subjects": (f"{base}/subjects", {"limit": 2}),
        "comparison": (f"{base}/comparison", {"as_of": "2024-05-05", "as_of_2": "2024-06-30"}),
        "certificate": (f"{base}/certificate", {"as_of": "2024-12-31"}),
        "agencies": ("/v1/agencies", {"as_of": "2024-12-31", "tier": "recorded"}),
        "search": ("/v1/search", {"q": uscc}),
        "people": ("/v1/people", {"q": "林晓梅"}),
        "ranking": ("/v1/rankings/2024", {"as_of": "2024-12-31"}),
        "log": ("/v1/log", {"after": 3, "limit": 2}),
        "log_checkpoint": ("/v1/log/checkpoint", {}),
        "log_consistency": ("/v1/log/consistency", {"from_": 3}),
        "log_inclusion": ("/v1/log/inclusion", {"event_id": lapse}),
        "log_receipt": ("/v1/log/receipt", {"event_id": lapse}),
        "agency_head": (f"{base}/head", {}),
        "statistics": ("/v1/statistics", {"as_of": "2024-12-31"}),
    }


def _of_what_waits(world: World, acts: dict[str, Any]) -> Asked:
    """Questions about what waits, years, appeals, papers and the Measures."""
    uscc = examples.AGENCY_USCC
    base = f"/v1/agencies/{uscc}"
    return {
        "notices": ("/v1/notices", {}),
        "assessments": ("/v1/assessments", {}),
        "assessment": ("/v1/assessments/2024", {"limit": 2}),
        "assessment_events": ("/v1/assessments/2024/events", {}),
        "appeals": ("/v1/appeals", {"status": "all", "limit": 1}),
        "appeal": (f"/v1/appeals/{acts['act decide_appeal']['appeal']}", {}),
        "appeal_dossier": (f"/v1/appeals/{acts['act decide_appeal']['appeal']}/dossier", {}),
        "appeal_explanation": (f"/v1/appeals/{acts['act decide_appeal']['appeal']}/explanation", {}),
        "appeal_decision_letter": (f"/v1/appeals/{acts['act decide_appeal']['appeal']}/decision-letter", {}),
        "notice_letter": _notice_letter(world),
        "results_paper": ("/v1/assessments/2024/results-paper", {}),
        "sheets_paper": ("/v1/assessments/2024/sheets-paper", {}),
        "objections": ("/v1/objections", {"status": "all"}),
        "reports": ("/v1/reports", {"status": "all"}),
        "impacts": ("/v1/impacts", {"status": "all"}),
        "submissions": ("/v1/submissions", {"status": "lapsed"}),
        "worklists": ("/v1/worklists", {}),
        "matters": ("/v1/matters", {"whose": "all"}),
        "matter_counts": ("/v1/matters/counts", {"whose": "all"}),
        "impact": (f"/v1/impacts/{_impact(world)}", {}),
        "result": (f"/v1/agencies/{acts['act decide_appeal']['agency']}/results/2024", {}),
        "hints": ("/v1/hints", {"status": "all"}),
        "hint_groups": ("/v1/hints/groups", {"status": "all"}),
        "agency_hints": (f"{base}/hints", {}),
        "readings": ("/v1/readings", {"confirmed": "yes", "limit": 1}),
        "rulebooks": ("/v1/rulebooks", {}),
        "consultations": ("/v1/consultations", {"uscc": uscc, "limit": 2}),
        "rulebook": ("/v1/rulebooks/dayawan-2021", {}),
        "measure": ("/v1/measures/art.17(2)", {}),
    }


def _of_the_public(acts: dict[str, Any], link: str) -> Asked:
    """Questions that anybody may ask, and those about the service."""
    uscc = examples.AGENCY_USCC
    return {
        "survey_link": (link, {}),
        "public_results": ("/v1/public/results/2024", {"limit": 2}),
        "public_results_feed": ("/v1/public/results/2024.atom", {}),
        "public_agencies": ("/v1/public/agencies", {"q": uscc}),
        "public_agencies_feed": ("/v1/public/agencies.atom", {"q": uscc}),
        "public_search": ("/v1/public/search", {"q": LISTED_USCC}),
        "public_firm": (f"/v1/public/agencies/{acts['act decide_appeal']['agency']}", {}),
        "public_blacklist": ("/v1/public/blacklist", {}),
        "public_blacklist_feed": ("/v1/public/blacklist.atom", {}),
        "public_checkpoint": ("/v1/public/log/checkpoint", {}),
        "public_tile": ("/v1/public/log/tile/0/000.p/2", {}),
        "healthz": ("/healthz", {}),
        "readyz": ("/readyz", {}),
        "problem_type": ("/problems/contradiction", {}),
    }


def _recorded(world: World) -> tuple[str, str]:
    """An agency's small history and a listed one's; the last lapse of the first, and a link of a survey."""
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
    link = world.done("InviteSurvey", uscc, year=2026, invited_on="2026-03-02", expires_on="2099-12-31")["link"]
    listed = {**body_of("FileAgency"), "uscc": LISTED_USCC, "name": "惠州市某某安全服务有限公司"}
    world.must(world.association.post("/v1/agencies", listed))
    world.done("DecideFiling", LISTED_USCC)
    world.upheld(LISTED_USCC, *[today()] * 3)
    world.done("RequestSubmission", LISTED_USCC)
    lapse = world.trail(uscc)[-1]["id"]
    world.done("ReportBehaviour", uscc)
    world.done("FileObjection", uscc, event_id=lapse)
    return lapse, link


def ask(world: World, seen: Callable[[Person, str, dict[str, Any], Any], None] | None = None) -> dict[str, Any]:
    """Record an agency's small history and ask every question about it. `seen` is shown who asked what, and how it was
    answered."""
    lapse, link = _recorded(world)
    acts = _acts(world)
    proven_up(world.service.ledger, world.service.notary)
    asked: Asked = {**_of_an_agency(lapse), **_of_what_waits(world, acts), **_of_the_public(acts, link)}
    answers: dict[str, Any] = dict(acts)
    for name, (path, query) in asked.items():
        asking = world.people[Role.AUDITOR] if name == "consultations" else world.association
        response = asking.get(path, **query)
        assert response.status_code == 200, response.text
        answers[name] = _content(response)
        if seen is not None:
            seen(asking, path, query, response)
    local = TestClient(world.client.app, client=("127.0.0.1", 1))
    answers["metrics"] = local.get("/metrics").text.splitlines()[0] + "\n"
    answers |= _batch(world)
    answers |= _notice_link(world)
    _workbooks(world, answers)
    answers["evidence"] = uploaded(world.association, photo())
    for name, content, tail in (("evidence_file", pdf(), ""), ("evidence_thumbnail", photo(), "/thumbnail")):
        kept = uploaded(world.association, content)
        answers[name] = _content(world.association.get(f"/v1/evidence/{kept['sha256']}{tail}"))
    supposed = world.association.post(
        f"/v1/agencies/{examples.AGENCY_USCC}/what-if?as_of=2024-12-31", examples.WHAT_IF_BODY
    )
    assert supposed.status_code == 200, supposed.text
    return {**answers, "what_if": supposed.json(), **_access(world)}


def _notice_letter(world: World) -> tuple[str, dict[str, Any]]:
    """The path of the letter of a notice that is due."""
    one = world.association.get("/v1/notices", status="all").json()["items"][0]
    return f"/v1/agencies/{one['agency']['uscc']}/notices/{one['id']}/letter", {}


def _notice_link(world: World) -> dict[str, Any]:
    """What a one-time link of a notice says, and its letter."""
    uscc, sent = warned_today(world)
    body = {"given_on": today(), "expires_on": "2099-12-31"}
    link = world.must(world.association.post(f"/v1/agencies/{uscc}/sent-notices/{sent}/links", body))["link"]
    told, letter = world.stranger.get(link), world.stranger.get(f"{link}/letter")
    assert (told.status_code, letter.status_code) == (200, 200), (told.text, letter.text)
    return {"notice_link": told.json(), "notice_link_letter": _content(letter)}


def _batch(world: World) -> dict[str, Any]:
    """A batch previewed, recorded and shown again."""
    association, body = world.association, examples.BATCH_BODY
    previewed = association.post("/v1/batches/preview", body)
    assert previewed.status_code == 200, previewed.text
    recorded = world.must(association.post("/v1/batches", body))
    shown = association.get(f"/v1/batches/{recorded['batch']}").json()
    invitation = {"post": f"/v1/agencies/{world.filed()}/survey-invitations", "body": body_of("InviteSurvey")}
    invited = world.must(association.post("/v1/batches", {"commands": [invitation]}))
    sheet = _content(association.get(f"/v1/batches/{invited['batch']}/invitation-sheet"))
    return {"batch": recorded, "batch_preview": previewed.json(), "batch_shown": shown, "invitation_sheet": sheet}


def _access(world: World) -> dict[str, Any]:
    """The lists of accounts and tokens and of their changes, one of each."""
    admin = world.people[Role.ADMIN]
    world.must(admin.post("/v1/accounts", ACCESS_EXAMPLES["create_account"][0]))
    at = instant(datetime.now(UTC))
    given_up = Delivery("email", admin.person_id, "year_published", examples.AGENCY_USCC, None, 2024, None, at, at)
    with writing(world.service.ledger.engine) as connection:
        keep_deliveries(connection, [given_up])
    names = ("accounts", "tokens", "access-changes", "messages")
    made = {name.replace("-", "_"): admin.get(f"/v1/{name}", limit=1).json() for name in names}
    world.must(admin.post("/v1/delivery-targets", ACCESS_EXAMPLES["create_target"][0]))
    made["delivery_targets"] = admin.get("/v1/delivery-targets", limit=1).json()
    made["deliveries"] = admin.get("/v1/deliveries", state="waiting", limit=1).json()
    settings = world.client_person.get("/v1/mail-settings").json()
    return made | {"mail_settings": {**settings, "kinds": settings["kinds"][:2]}}


def _impact(world: World) -> str:
    return str(world.association.get("/v1/impacts", status="all").json()["items"][0]["id"])


def _acts(world: World) -> dict[str, Any]:
    """A year published, appealed, revised, closed; an appeal too late, one withdrawn, a fact too late."""
    committee, year = world.people[Role.COMMITTEE], 2024
    uscc, other = world.assessed(year=year), world.assessed(year=year)
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2024-05-01")
    upheld = world.done("DecideComplaint", uscc, complaint, decided_on="2024-05-08")["events"][0]["id"]
    world.done("CloseSurvey", examples.AGENCY_USCC)
    answers = {"act publish_year": world.publish(year)}

    def appeal(of: str, day: str, *disputed: str) -> str:
        body: dict[str, Any] = {"year": year, "filed_on": day, "disputed_event_ids": list(disputed)}
        return str(world.done("FileAppeal", of, **body)["ids"]["appeal"])

    def act(name: str, path: str, **changes: Any) -> None:
        answers[f"act {name}"] = world.must(committee.post(path, {**_EXAMPLES[name], **changes}))

    first = appeal(uscc, "2025-03-12", upheld)
    with later(world, 30) as day:
        late = appeal(other, day)
        act("admit_appeal", f"/v1/appeals/{late}/admission", decided_on=day)
        path, body = f"/v1/appeals/{late}/withdrawal", {**_EXAMPLES["withdraw_appeal"], "withdrawn_on": day}
        answers["act withdraw_appeal"] = world.must(world.association.post(path, body))
    supposed = committee.post(f"/v1/appeals/{first}/what-if", {"annul": [upheld]})
    assert supposed.status_code == 200, supposed.text
    answers["appeal_what_if"] = supposed.json()
    act("decide_appeal", f"/v1/appeals/{first}/decision", decided_on="2025-03-20", annul=[upheld])
    touched = world.done("RecordLapse", other, item=4, occurred_on="2024-09-01")["touched"][0]["impact"]
    act("dispose_impact", f"/v1/impacts/{touched}/disposal", disposed_on="2025-05-08")
    subject = world.association.get(f"/v1/agencies/{other}/subjects").json()["items"][0]["subject"]
    answers["act erase_subject"] = world.must(
        world.association.post(f"/v1/subjects/{subject}/erasure", _EXAMPLES["erase_subject"])
    )
    for name, path in (("confirm_readings", "confirmations"), ("withdraw_confirmations", "withdrawals")):
        answers[f"act {name}"] = world.must(
            world.association.post(f"/v1/rulebooks/dayawan-2021/{path}", _EXAMPLES[name])
        )
    with later(world, 60) as day:
        act("close_year", f"/v1/assessments/{year}/closing", closed_on=day)
    return answers


_EXAMPLES = {row.name: body for row in ACTS if (body := command_example(row.body).body)}


def _workbooks(world: World, answers: dict[str, Any]) -> None:
    """One with a good row, an equal row and a wrong cell."""
    uscc = world.filed()
    row = {"agency": uscc, "occurred_on": "2024-03-04"}
    world.done("RecordLapse", uscc, item=4, occurred_on="2024-03-04", note="缺席：例会", note_audience="shared")
    content = filled("attendance", {**row, "meeting": "例会"}, row, {**row, "occurred_on": "3/4/2024"})
    run = sent_workbook(world.association, "attendance", content).json()["id"]
    answers["workbook_run"] = ended(world.association, run)
    answers["workbook_runs"] = world.association.get("/v1/workbook-runs").json()
    answers["marked_workbook"] = _content(world.association.get(f"/v1/workbook-runs/{run}/marked"))
    answers["workbook_facts"] = _content(world.association.get("/v1/workbooks/attendance/facts"))
    answers["workbook_template"] = _content(world.association.get("/v1/workbooks/attendance/template"))


def _content(response: Any) -> Any:
    kind = response.headers["content-type"]
    files = {ZIP: ZIP_EXAMPLE, PDF: PDF_EXAMPLE, "image/jpeg": JPEG_EXAMPLE, BYTES: TILE_EXAMPLE}
    files[MEDIA_TYPES["xlsx"]] = XLSX_EXAMPLE
    return files[kind] if kind in files else response.text if kind in (ATOM, TEXT) else response.json()


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
