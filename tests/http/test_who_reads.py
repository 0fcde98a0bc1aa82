"""Who reads what (R39): every route, page, paper, file, feed and refusal, asked by every role for marked secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.application.privacy.authorisation import APPEAL_WHAT_IF, PERMISSIONS, WHAT_IF
from api.settings import Settings
from api.web.forms.form_fields import FORMS, every_field, form_fields
from api.web.forms.form_texts import DISCLOSURES
from api.web.frame.page_table import PAGES
from domain.disclosure.who_reads import DISCLOSED_TO_AGENCY, READERS, TextKind, kind_of, may_read, strictest
from domain.values import Role
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import parse_certificate
from tests.databases import Databases
from tests.http.accused import FORM_DAYS, YEAR, Accused, text_of
from tests.http.marked import sealed_fields
from tests.http.world import Person, World, new_uscc, today

_BASES: tuple[dict[str, str], ...] = ({}, {"as_of": "2024-05-10"}, {"known_at": "version:9"}, {"known_at": "log:9"})


@pytest.fixture(scope="module")
def accused(dialect: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accused]:
    """One for all tests that only read."""
    folder = tmp_path_factory.mktemp("accused")
    settings = Settings(database_url=databases.migrated(dialect, folder), data_dir=folder)
    with TestClient(create_app(settings)) as client:
        yield Accused(World(client))


@pytest.fixture
def own_accused(own_world: World) -> Accused:
    """One for a test that asks for everything, and posts: what is published stays so."""
    return Accused(own_world)


def ids(accused: Accused) -> list[str]:
    """Everything that a path can name: as the association knows it, and as the agency does."""
    known = [one["id"] for one in accused.rows(accused.world.association)]
    return [*known, *accused.handles, accused.appeal]


def asked(accused: Accused, who: Person) -> Iterator[tuple[str, Any]]:
    """Every GET with everything that fits into its path, at several bases."""
    for method, path in PERMISSIONS:
        if method != "GET" or path.startswith(("/metrics", "/v1/survey-links")):
            continue
        named = path.replace("{uscc}", accused.uscc).replace("{year}", str(YEAR)).replace("{article:path}", "art.17")
        for id_ in ids(accused) if "{id}" in path else [""]:
            for query in _BASES if path in _DATED else _BASES[:1]:
                place = named.replace("{id}", id_).replace("{name}", "not-found")
                yield f"{place} {query}", who.get(place, **query)
    for id_ in ids(accused):
        for path in ("/v1/log/inclusion", "/v1/log/receipt"):
            yield f"{path} {id_}", who.get(path, event_id=id_)
    one = f"/v1/agencies/{accused.uscc}"
    for query in (
        {"as_of": "2024-05-02", "as_of_2": "2024-05-04"},
        {"as_of": "2024-05-10", "as_of_2": "2024-06-10"},
        {"known_at": "version:5"},
    ):
        yield f"comparison {query}", who.get(f"{one}/comparison", **query)
    yield "paper", who.get(f"{one}/sheets/{YEAR}/pdf", of="published")
    yield "latest", who.get(f"{one}/events", order="latest", limit=500)


_DATED = frozenset(
    path for path in (f"/v1/agencies/{{uscc}}/{one}" for one in (
        "standing", "course", "stops", "certificate", "hints", "file", "sheets/{year}", "sheets/{year}/pdf",
        "events/{id}"))
)  # fmt: skip


def posted(accused: Accused, who: Person) -> Iterator[tuple[str, Any]]:
    """What-ifs, objections, appeals and refusals that name forms, by handle and by id."""
    one, handle = f"/v1/agencies/{accused.uscc}", accused.handles[1]
    projects = [row["id"] for row in accused.rows(accused.world.association, type="ProjectStarted")]
    for annul in ([handle], projects[:2], [accused.forms[0]], [handle, handle], [accused.open_complaint]):
        path = WHAT_IF.replace("{uscc}", accused.uscc)
        yield f"what-if {annul}", who.post(f"{path}?as_of=2024-12-31", {"annul": annul})
        yield f"appeal {annul}", who.post(APPEAL_WHAT_IF.replace("{id}", accused.appeal), {"annul": annul})
    for event in (handle, accused.forms[2], accused.decision, accused.open_complaint, handle):
        body = {"filed_on": today(), "event_id": event, "grounds": "不属实"}
        yield f"objection {event}", who.post(f"{one}/objections", body)
    for event in (accused.forms[1], "form-" + "0" * 24, handle):
        body = {
            "year": YEAR,
            "filed_on": today(),
            "appellant": {"kind": "agency"},
            "grounds": "不服",
            "disputed_event_ids": [event],
        }
        yield f"appeal {event}", who.post(f"{one}/appeals", body)


def pages(accused: Accused) -> Iterator[tuple[str, Any]]:
    """Every page that an agency may open, and every form."""
    desk = accused.desk()
    for page in PAGES:
        if page.roles is not None and Role.AGENCY not in page.roles:
            continue
        place = page.path.replace("{uscc}", accused.uscc).replace("{year}", str(YEAR)).replace("{secret}", "x")
        place = (
            place.replace("{appeal}", accused.appeal)
            .replace("{list}", "appeals")
            .replace("{impact}", "x")
            .replace("{batch}", "x")
        )
        for id_ in ids(accused) if "{event}" in place else [""]:
            for command in FORMS if "{command}" in place else [""]:
                at = place.replace("{event}", id_).replace("{command}", command)
                yield at, desk.get(at)
    for query in ({"as": "pdf"}, {"as": "pdf", "of": "published"}):
        yield f"sheet {query}", desk.get(f"/agencies/{accused.uscc}/sheets/{YEAR}", **query)
    yield "replay 2024-05-17", desk.get(f"/agencies/{accused.uscc}/replay", as_of="2024-05-17")


def not_in(accused: Accused, secrets: dict[str, str], place: str, answer: Any) -> None:
    """None of these secrets is in an answer, but what of its address the service says back."""
    assert answer.status_code < 500, (place, answer.text)
    said = text_of(answer)
    found = [what for what, secret in secrets.items() if secret in said and secret not in place]
    assert not found, (place, found)


@pytest.mark.slow
@pytest.mark.shows("R39")
def test_an_agency_is_told_no_secret_by_any_route(own_accused: Accused) -> None:
    """Asked by what it knows and by what it cannot know; what it has to read for its defence is there."""
    seen = ""
    for place, answer in (*asked(own_accused, own_accused.agency), *posted(own_accused, own_accused.agency)):
        not_in(own_accused, own_accused.secret, place, answer)
        seen += text_of(answer)
    assert not [what for what, word in own_accused.told.items() if word not in seen]
    assert all(handle in seen for handle in own_accused.handles)


@pytest.mark.slow
@pytest.mark.shows("R39")
def test_an_agency_is_told_no_secret_by_any_page(own_accused: Accused) -> None:
    """Pages, forms and papers ask the same API; nothing typed by others stands on them either."""
    opened = 0
    for place, answer in pages(own_accused):
        not_in(own_accused, own_accused.secret, place, answer)
        opened += answer.status_code == 200
    assert opened > 20


@pytest.mark.slow
@pytest.mark.shows("R39")
def test_nobody_else_is_told_and_who_supervises_reads_all(own_accused: Accused) -> None:
    """Another agency, another client, an administrator and the public read none of it; the four roles all of it."""
    world = own_accused.world
    others = (
        world.stranger,
        world.people[Role.ADMIN],
        world.person(Role.AGENCY, world.filed()),
        world.person(Role.CLIENT, new_uscc()),
    )
    words = {what: one for what, one in (own_accused.secret | own_accused.told).items() if one.startswith("Z")}
    for who in others:
        for place, answer in asked(own_accused, who):
            not_in(own_accused, words, place, answer)
    for role in (Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR):
        said = str(own_accused.rows(world.people[role]))
        assert not [what for what, word in words.items() if word not in said], role


def test_who_gave_them_reads_words_and_papers_of_a_complaint(accused: Accused) -> None:
    """The client that complained reads its own complaint, and of another one nothing."""
    (own,) = accused.rows(accused.informant)
    assert own["fact"]["content"] == accused.secret["complaint: content"]
    assert own["fact"]["contact"] == accused.secret["complaint: contact"]
    assert own["note"] == accused.secret["complaint: note"]
    assert own["evidence"][0]["title"] == accused.secret["complaint: title"]


def test_an_agency_reads_the_notes_that_it_wrote_itself(accused: Accused) -> None:
    """Internal keeps a note from the agency that others wrote; its own people read theirs."""
    for who in (accused.agency, accused.colleague):
        notes = [one["note"] for one in accused.rows(who)]
        assert accused.own_note in notes
        assert accused.told["shared note"] in notes
        assert accused.secret["internal note"] not in notes


def test_of_a_form_the_agency_reads_month_and_total(accused: Accused) -> None:
    """Form 3 of 4, its month, its total; from three forms on the answers added up, three at a time."""
    rows = accused.rows(accused.agency, type="SurveySubmitted")
    told = [(one["form"]["number"], one["form"]["of"], one["form"]["month"], one["form"]["total"]) for one in rows]
    assert [one[:2] for one in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sorted(one[2:] for one in told) == [("2024-05", 84), ("2024-05", 100), ("2024-06", 30), ("2024-06", 70)]
    sheet = accused.agency.get(f"/v1/agencies/{accused.uscc}/sheets/{YEAR}").json()
    forms = sheet["forms"]
    assert forms["disclosure"] == "anonymous"
    assert sorted(one["id"] for one in forms["items"]) == sorted(accused.handles)
    assert forms["answers"]["forms"] == 3
    assert all(sum(one[letter] for letter in "ABC") == 3 for one in forms["answers"]["questions"])
    official = accused.world.association.get(f"/v1/agencies/{accused.uscc}/sheets/{YEAR}").json()
    assert (sheet["total"], sheet["exact"], sheet["grade"]) == (official["total"], official["exact"], official["grade"])


def test_the_committee_sees_whose_form_is_disputed(accused: Accused) -> None:
    """The agency disputes a handle; the appeal names the form itself, which the committee reads with its client."""
    appeal = accused.world.people[Role.COMMITTEE].get(f"/v1/appeals/{accused.appeal}").json()
    disputed = {one["id"]: one for one in appeal["disputed"]}
    (form,) = set(disputed) & set(accused.forms)
    assert disputed[form]["fact"]["client"]["name"].startswith("Zsecret")
    own = accused.agency.get(f"/v1/appeals/{accused.appeal}").json()
    assert accused.handles[0] in own["disputed_event_ids"]


def test_no_two_days_or_instants_tell_when_a_form_came(accused: Accused) -> None:
    """Within a month every day, and within the month of recording every version, gives an agency the same quality."""
    place = f"/v1/agencies/{accused.uscc}/standing"

    def qualities(**query: str) -> set[str]:
        return {accused.agency.get(place, **query).json()["assessment"]["quality"]}

    for month in ("2024-05", "2024-06"):
        days = [f"{month}-{day:02d}" for day in (1, 6, 7, 8, 16, 17, 18, 30)]
        assert len(set.union(*(qualities(as_of=day) for day in days))) == 1
    rows = accused.rows(accused.world.association)
    of_forms = [one["version"] for one in rows if one["id"] in accused.forms]
    versions = range(min(of_forms) - 1, max(of_forms) + 2)
    assert len(set.union(*(qualities(as_of="2024-12-31", known_at=f"version:{one}") for one in versions))) == 1
    said = accused.world.association.get(place, as_of=FORM_DAYS[0]).json()["assessment"]["quality"]
    assert said not in qualities(as_of=FORM_DAYS[0]), "who supervises reads the day itself"


def test_a_what_if_does_not_tell_whose_form_says_what(accused: Accused) -> None:
    """A project supposed away, or a form of its client added, moves nothing; a form by its handle does."""
    place = f"/v1/agencies/{accused.uscc}/what-if?as_of=2024-12-31"
    projects = [one["id"] for one in accused.rows(accused.world.association, type="ProjectStarted")]

    def quality(body: dict[str, Any]) -> tuple[str, str]:
        answer = accused.agency.post(place, body)
        assert answer.status_code == 200, answer.text
        return tuple(answer.json()[side]["sheet"]["quality"] for side in ("before", "after"))

    for project in projects:
        before, after = quality({"annul": [project]})
        assert before == after
    before, after = quality({"annul": [accused.handles[0]]})
    assert before != after


def test_an_agencys_certificate_says_what_is_attested(accused: Accused) -> None:
    """Forms and what names them are withheld; the rest is made anew, the quality stands on the log's signature."""
    answer = accused.agency.get(f"/v1/agencies/{accused.uscc}/certificate", year=YEAR)
    certificate = parse_certificate(answer.content)
    assert any("/quality" in place for place in certificate.attested)
    assert not any("/effect" in place for place in certificate.attested)
    assert any("R39" in one.text_en for one in check_certificate(certificate))
    whole = accused.world.association.get(f"/v1/agencies/{accused.uscc}/certificate", year=YEAR)
    assert parse_certificate(whole.content).attested == ()


@pytest.mark.shows("R39")
def test_the_table_of_readers_is_whole() -> None:
    """Every sealed member of every fact has a row, every kind its readers, and nothing of R39 is the agency's."""
    for place in sealed_fields():
        event, field, *_ = place.split(".")
        assert kind_of(event, field) is not None, place
    assert READERS.keys() == set(TextKind)
    for kind in (TextKind.COMPLAINT, TextKind.INTERNAL):
        assert not may_read(Role.AGENCY, kind)
    for disclosure, kinds in DISCLOSED_TO_AGENCY.items():
        assert {
            kind for kind in TextKind if kind.startswith("survey") and may_read(Role.AGENCY, kind, disclosure)
        } == kinds
    assert not any(may_read(role, kind) for role in (Role.CLIENT, Role.ADMIN) for kind in TextKind)


def test_every_form_says_who_reads_what_is_typed() -> None:
    """Beside every field for words, by the table of readers."""
    for command in FORMS:
        for one in every_field(form_fields(command)):
            if "/" not in one.path and one.kind == "prose":
                assert one.reads is not None, (command, one.path)
    said = {one.name: one.reads[1] for one in form_fields("receive-complaint") if one.reads is not None}
    for name in ("complainant", "content", "contact", "note", "evidence"):
        assert "agency concerned" in said[name], name
    decided = {one.name: one.reads or ("", "") for one in form_fields("decide-complaint")}
    assert "and by the agency" in decided["disclosed"][1]


def test_a_survey_form_is_told_as_the_rulebook_said_when_it_was_filled_in() -> None:
    """Of several disclosures the one that tells least holds: a later `named` opens nothing that was promised."""
    assert strictest("named", "anonymous") == "anonymous"
    assert strictest("anonymous", "totals") == "totals"
    assert strictest("named") == "named"


def test_the_survey_and_its_receipt_say_what_the_agency_will_see(world: World) -> None:
    """On the page behind the link before anything is typed, and again on the receipt (art.23, annex2)."""
    link = world.done("InviteSurvey", world.filed())["link"].rpartition("/")[2]
    page = world.client.get(f"/survey/{link}").text
    assert DISCLOSURES["anonymous"][0] in page
    assert page.index(DISCLOSURES["anonymous"][0]) < page.index("<form id=")
    sent = world.client.post(f"/survey/{link}", data={f"q{number}": "A" for number in range(1, 11)})
    assert sent.status_code == 200
    assert DISCLOSURES["anonymous"][0] in sent.text
