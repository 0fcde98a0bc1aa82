"""What waits for whom (R40): every kind of matter by role, from the day it begins until it is done; both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from api.application.questions.year.matter_questions import MATTER_KINDS
from api.http.documentation.examples import CLIENT_USCC
from api.web.frame import menu
from domain.errors import Busy
from domain.values import Role
from projections.answers.matters import MatterKind
from tests.http.desk import Desk
from tests.http.world import Person, World, body_of, today


def in_days(number: int) -> str:
    """A day from today, in Shanghai."""
    return (date.fromisoformat(today()) + timedelta(days=number)).isoformat()


def waiting(person: Person, uscc: str, **query: Any) -> list[dict[str, Any]]:
    """The matters of one agency that a person is told of; all pages."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = person.get("/v1/matters", limit=500, **query, **cursor)
        assert answer.status_code == 200, answer.text
        found += [one for one in answer.json()["items"] if one["agency"] and one["agency"]["uscc"] == uscc]
        if answer.json()["next_cursor"] is None:
            return found
        cursor = {"cursor": answer.json()["next_cursor"]}


def kinds(person: Person, uscc: str, **query: Any) -> set[str]:
    """Which kinds of matters of an agency a person is told of."""
    return {one["kind"] for one in waiting(person, uscc, **query)}


def test_the_registry_and_the_answer_know_the_same_kinds() -> None:
    """What the answer's schema allows is what the registry has."""
    assert set(MATTER_KINDS) == set(MatterKind.__args__)  # type: ignore[attr-defined]  # a Literal


@pytest.mark.shows("art.9", "R6")
def test_a_filing_waits_for_the_association_until_it_is_decided(world: World) -> None:
    """It stands on no other's list; decided it is gone."""
    uscc = world.submitted()
    (one,) = (row for row in waiting(world.association, uscc) if row["kind"] == "filing")
    assert (one["state"], one["urgency"], one["due_on"], one["acts"]) == ("open", "later", None, ["association"])
    assert "filing" not in kinds(world.people[Role.COMMITTEE], uscc)
    assert "filing" in kinds(world.people[Role.COMMITTEE], uscc, whose="all")
    assert "filing" in kinds(world.people[Role.AUDITOR], uscc), "an auditor sees what others deal with"
    world.done("DecideFiling", uscc)
    assert "filing" not in kinds(world.association, uscc)


@pytest.mark.shows("art.17", "R15")
@pytest.mark.parametrize("outcome", ["upheld", "dismissed"])
def test_a_complaint_waits_until_it_is_decided_and_again_when_the_decision_is_annulled(
    world: World, outcome: str
) -> None:
    """A complaint that nobody looks at is nobody's worklist no longer."""
    uscc = world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc, received_on=in_days(-9))
    (one,) = (row for row in waiting(world.association, uscc) if row["kind"] == "complaint")
    assert (one["id"], one["since"]) == (f"complaint:{complaint}", in_days(-9))
    own = world.person(Role.AGENCY, uscc)
    assert "complaint" not in kinds(own, uscc), "the accused does not deal with it"
    grounds = {"verified_grounds": "poor_quality"} if outcome == "upheld" else {"verified_grounds": None}
    done = world.done("DecideComplaint", uscc, complaint, decided_on=in_days(-1), outcome=outcome, **grounds)
    assert "complaint" not in kinds(world.association, uscc)
    world.done("AnnulEvent", uscc, event_id=done["events"][0]["id"])
    assert "complaint" in kinds(world.association, uscc)


@pytest.mark.shows("art.15", "R9")
def test_a_project_waits_in_its_last_thirty_days_and_lapses_after_them(world: World) -> None:
    """Not before; for its agency too; what is over cannot be cured any more; completed it is gone."""
    uscc = world.filed()
    started = in_days(-200)
    far = world.id_of("StartProject", uscc, started_on=started, due_on=in_days(31))
    near = world.id_of("StartProject", uscc, started_on=started, due_on=in_days(30))
    late = world.id_of("StartProject", uscc, started_on=started, due_on=in_days(-1))
    own = world.person(Role.AGENCY, uscc)
    for person in (world.association, own):
        rows = {row["id"]: row for row in waiting(person, uscc, kind="project", state="all")}
        assert set(rows) == {f"project:{near}", f"project:{late}"}, f"not yet {far}"
        assert (rows[f"project:{near}"]["state"], rows[f"project:{near}"]["urgency"]) == ("open", "later")
        assert (rows[f"project:{late}"]["state"], rows[f"project:{late}"]["urgency"]) == ("lapsed", "overdue")
        assert [row["id"] for row in waiting(person, uscc, kind="project")] == [f"project:{near}"]
        assert [row["id"] for row in waiting(person, uscc, kind="project", state="lapsed")] == [f"project:{late}"]
    world.done("CompleteProject", uscc, near, completed_on=today())
    assert waiting(own, uscc, kind="project") == []


@pytest.mark.shows("art.13", "art.23", "R22", "R23")
def test_a_served_year_waits_for_its_survey_and_its_effect_score(world: World) -> None:
    """The association invites, the regulator scores, each per client and year; done, it is gone."""
    uscc, this_year = world.filed(), int(today()[:4])
    world.done("StartProject", uscc, started_on=f"{this_year}-01-05", due_on=f"{this_year}-12-20")
    regulator = world.people[Role.REGULATOR]
    (score,) = waiting(regulator, uscc, kind="effect", year=this_year)
    assert (score["due_on"], score["acts"]) == (f"{this_year}-12-31", ["regulator"])
    assert kinds(world.association, uscc, year=this_year) == {"survey"}
    world.done("ScoreEffect", uscc, year=this_year, scored_on=today())
    assert waiting(regulator, uscc, kind="effect", year=this_year) == []
    invited = world.id_of("InviteSurvey", uscc, year=this_year, invited_on=today(), expires_on=in_days(3))
    assert kinds(world.association, uscc, year=this_year) == {"invitation"}
    client = world.person(Role.CLIENT, CLIENT_USCC)
    (one,) = waiting(client, uscc)
    assert (one["id"], one["urgency"]) == (f"invitation:{invited}", "this_week")
    world.done("CloseSurvey", uscc, year=this_year, closed_on=today())
    assert waiting(client, uscc) == []


@pytest.mark.shows("art.17(2)", "R18")
def test_a_notice_waits_until_it_is_sent_and_its_correction_after_an_annulment(world: World) -> None:
    """As `GET /v1/notices` says it by replay: the same notices with the same words."""
    uscc = world.filed()
    first, _ = world.upheld(uscc, in_days(-40), in_days(-20))

    def by_replay() -> set[tuple[str, str, str]]:
        answer = world.association.get("/v1/notices", limit=500, as_of=today()).json()["items"]
        return {(f"notice:{one['id']}", one["text"], one["due_on"]) for one in answer if one["agency"]["uscc"] == uscc}

    def by_rows() -> set[tuple[str, str, str]]:
        rows = [one for kind in ("notice", "correction") for one in waiting(world.association, uscc, kind=kind)]
        return {(row["id"], row["title"]["text"], row["due_on"]) for row in rows}

    assert len(by_rows()) == 1
    assert by_rows() == by_replay()
    notice = by_rows().pop()[0].removeprefix("notice:")
    world.done("SendNotice", uscc, notice, sent_on=in_days(-10))
    assert by_rows() == by_replay() == set()
    world.done("AnnulEvent", uscc, event_id=first)
    assert len(by_rows()) == 1, "what was sent is to be corrected"
    assert by_rows() == by_replay()


@pytest.mark.shows("art.12", "R7")
def test_a_qualification_waits_in_its_last_sixty_days_until_it_is_renewed(world: World) -> None:
    """What a later change says takes its place."""
    uscc = world.filed()
    held = {"name": "安全评价机构资质证书", "no": "APJ-(粤)-001", "scope": []}
    soon = [{**held, "valid_until": in_days(60)}]
    world.done("ReportChange", uscc, changed_on=in_days(-3), reported_on=in_days(-3), fields={"qualifications": soon})
    own = world.person(Role.AGENCY, uscc)
    (one,) = waiting(own, uscc, kind="qualification")
    assert (one["due_on"], one["about"]) == (in_days(60), "安全评价机构资质证书（APJ-(粤)-001）")
    renewed = [{**held, "valid_until": in_days(400)}]
    world.done("ReportChange", uscc, changed_on=today(), reported_on=today(), fields={"qualifications": renewed})
    assert waiting(own, uscc, kind="qualification") == []


@pytest.mark.shows("art.7", "art.12", "R7", "R40")
def test_a_certificate_of_the_staff_waits_like_a_qualification_and_names_nobody(world: World) -> None:
    """By its number, also when another person leaves the staff; what is told is the kind of certificate alone."""
    uscc = world.filed()
    lin = {"name": "林晓梅", "qualification": "注册安全工程师", "certificate_no": f"ZA-{uscc}"}
    wang = {"name": "王海涛", "qualification": None, "certificate_no": f"ZB-{uscc}", "valid_until": in_days(61)}

    def changed(day: str, *staff: dict[str, Any]) -> None:
        world.done("ReportChange", uscc, changed_on=day, reported_on=day, fields={"personnel": list(staff)})

    changed(in_days(-3), {**lin, "valid_until": in_days(60)}, wang)
    own = world.person(Role.AGENCY, uscc)
    (one,) = waiting(own, uscc, kind="certificate")
    assert (one["due_on"], one["about"], one["since"]) == (in_days(60), "注册安全工程师", in_days(-3))
    assert "林晓梅" not in str(one)
    assert f"ZA-{uscc}" not in str(one)
    changed(in_days(-2), {**lin, "valid_until": in_days(60)})
    assert waiting(own, uscc, kind="certificate") == [one], "the same, since the same day"
    changed(today(), {**lin, "valid_until": in_days(700)})
    assert waiting(own, uscc, kind="certificate") == []


@pytest.mark.shows("art.11", "R6", "R40")
def test_nothing_of_a_terminated_agency_is_about_to_expire(world: World) -> None:
    """Neither its qualifications nor the certificates of its staff: it has left the register."""
    uscc = world.filed()
    soon = [{"name": "安全评价机构资质证书", "no": "APJ-(粤)-001", "scope": [], "valid_until": in_days(20)}]
    staff = [{"name": "林晓梅", "certificate_no": f"ZA-{uscc}", "valid_until": in_days(30)}]
    fields = {"qualifications": soon, "personnel": staff}
    world.done("ReportChange", uscc, changed_on=in_days(-3), reported_on=in_days(-3), fields=fields)
    kinds = ("qualification", "certificate")
    assert [len(waiting(world.association, uscc, kind=kind)) for kind in kinds] == [1, 1]
    world.done("TerminateAgency", uscc, effective_on=in_days(-1))
    assert [len(waiting(world.association, uscc, kind=kind)) for kind in kinds] == [0, 0]
    again = {**body_of("FileAgency"), "uscc": uscc, "submitted_on": today(), **fields}
    world.must(world.association.post("/v1/agencies", again))
    assert [len(waiting(world.association, uscc, kind=kind)) for kind in kinds] == [1, 1]


def test_counts_say_what_the_list_shows(world: World) -> None:
    """By kind and by when it is due, for each role; an agency counts its own alone."""
    uscc = world.filed()
    world.done("RequestSubmission", uscc, requested_on=in_days(-5), due_on=in_days(0))
    world.done("RequestSubmission", uscc, requested_on=in_days(-5), due_on=in_days(7))
    world.done("RequestSubmission", uscc, requested_on=in_days(-5), due_on=in_days(8))
    world.done("RequestSubmission", uscc, requested_on=in_days(-5), due_on=in_days(-1))
    own = world.person(Role.AGENCY, uscc)
    counted = {one["kind"]: one for one in own.get("/v1/matters/counts").json()["items"]}["submission"]
    assert [counted[name] for name in ("overdue", "today", "this_week", "later", "lapsed")] == [0, 1, 1, 1, 1]
    for urgency in ("today", "this_week", "later"):
        (one,) = waiting(own, uscc, kind="submission", urgency=urgency)
        assert one["urgency"] == urgency
    for person in (world.association, world.people[Role.REGULATOR], world.people[Role.AUDITOR]):
        for one in person.get("/v1/matters/counts").json()["items"]:
            shown = 0
            cursor: dict[str, str] = {}
            while True:
                page = person.get("/v1/matters", kind=one["kind"], state="all", limit=500, **cursor).json()
                shown += len(page["items"])
                if page["next_cursor"] is None:
                    break
                cursor = {"cursor": page["next_cursor"]}
            assert shown == sum(one[name] for name in ("overdue", "today", "this_week", "later", "lapsed")), one


@pytest.mark.parametrize(
    "query", [{"kind": "tax"}, {"state": "closed"}, {"urgency": "soon"}, {"year": "21"}, {"whose": "theirs"}]
)
def test_what_is_asked_wrongly_is_named(world: World, query: dict[str, str]) -> None:
    """An unknown kind, state or urgency is refused with its parameter, never an empty list."""
    answer = world.association.get("/v1/matters", **query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"?{next(iter(query))}"


def test_the_board_and_the_page_show_the_same_counts(world: World) -> None:
    """The board sums what the page lists; each matter links to the form that ends it, for who may fill it in."""
    uscc = world.submitted()
    desk = Desk(world, Role.ASSOCIATION)
    counts = world.association.get("/v1/matters/counts").json()["items"]
    board = desk.shown("/board")
    for name, title in (("overdue", "逾期"), ("this_week", "七天内"), ("later", "以后")):
        number = sum(one[name] for one in counts)
        assert (f"{title} {number}</a>" in board) is (number > 0)
    page = desk.shown("/matters", kind="filing")
    assert f"/record/decide-filing?uscc={uscc}" in page or "cursor=" in page
    assert "待决定的备案" in page
    lapsed = desk.shown("/matters", state="lapsed")
    assert "/record/complete-project" not in lapsed, "what can no longer be cured is not offered"


def test_the_menu_of_every_page_says_how_much_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the list holds, to who is signed in, whatever page it is; nothing while nothing can be counted."""
    uscc = world.filed()
    world.done("RequestSubmission", uscc, requested_on=in_days(-5), due_on=in_days(0))
    world.done("RequestSubmission", uscc, requested_on=in_days(-5), due_on=in_days(20))
    desk = Desk(world, Role.AGENCY, uscc)
    for path in ("/matters", "/account", f"/agencies/{uscc}/trail", "/rules", "/register", "/search", f"/firms/{uscc}"):
        shown = desk.shown(path)
        assert '<span class="menu-count menu-pressing">2<span class="unseen">' in shown, path
        assert "其中 1 件今天到期或已逾期" in shown
    for path in ("/nothing", "/agencies/nothing/here", "/results/1999"):
        lost = desk.client.get(path, headers={"Accept": "text/html"})
        assert lost.status_code == 404
        assert 'menu-pressing">2<' in lost.text, "also where there is nothing one is signed in"
        assert 'href="/sign-in"' not in lost.text
        assert 'action="/search"' in lost.text
    assert "menu-count" not in world.stranger.get("/register", _headers={"Accept": "text/html"}).text
    world.done("RequestSubmission", uscc, requested_on=in_days(-5), due_on=in_days(21))
    assert '<span class="menu-count menu-pressing">3<' in desk.shown("/account"), "counted again once recorded"
    counts = world.association.get("/v1/matters/counts").json()["items"]
    due = ("overdue", "today", "this_week", "later")
    waits = sum(one[name] for one in counts if one["kind"] != "hint" for name in due)  # hints have a list of their own
    assert f">{waits}<span" in Desk(world, Role.ASSOCIATION).shown("/readings")
    assert "menu-count" not in Desk(world, Role.ADMIN).shown("/admin"), "nothing waits for an administrator"

    def away(*_: Any) -> None:
        raise Busy("数据库不在", "the database is away")

    monkeypatch.setattr(menu, "waiting_for", away)
    assert "menu-count" not in desk.shown("/account")


def test_an_agency_begins_with_what_it_owes_and_an_enterprise_with_its_surveys(world: World) -> None:
    """Where each lands after signing in; what has been sent in is gone."""
    uscc, this_year = world.filed(), int(today()[:4])
    request = world.id_of("RequestSubmission", uscc, requested_on=in_days(-5), due_on=in_days(3), item=7)
    desk = Desk(world, Role.AGENCY, uscc)
    assert desk.start == f"/agencies/{uscc}"
    shown = desk.shown(desk.start)
    assert "本机构待办" in shown
    assert "还有 3 天" in shown
    assert 'href="/pledge"' in shown[shown.index("本机构待办") :]
    world.done("ReceiveSubmission", uscc, request, received_on=today())
    assert "目前不欠任何材料" in desk.shown(desk.start)
    assert "本机构待办" not in Desk(world, Role.ASSOCIATION).shown(desk.start)
    enterprise = Desk(world, Role.CLIENT, CLIENT_USCC)
    assert enterprise.start == "/matters"
    world.done("StartProject", uscc, started_on=f"{this_year}-01-05", due_on=f"{this_year}-12-20")
    world.done("InviteSurvey", uscc, year=this_year, invited_on=today(), expires_on=in_days(3))
    assert f"/record/submit-survey?uscc={uscc}" in enterprise.shown("/matters", kind="invitation")
    assert waiting(world.client_person, uscc, kind="invitation")
    row = body_of("SubmitSurvey") | {"year": this_year, "submitted_on": today()}
    world.must(world.client_person.post(f"/v1/agencies/{uscc}/surveys", row))
    assert waiting(world.client_person, uscc, kind="invitation") == [], "answered without the link too"
