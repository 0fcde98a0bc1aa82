"""Nobody reads another's data by its number: every route with somebody else's identifiers, and who complained.

Walks `permissions.PERMISSIONS`: a new route of an agency or a client fails here until it is said how it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.application.commands import ACTS
from api.application.privacy.authorisation import (
    APPEAL_WHAT_IF,
    EVIDENCE,
    EVIDENCE_FILE,
    PERMISSIONS,
    PUBLIC,
    THUMBNAIL,
    WHAT_IF,
    Reach,
)
from api.web.frame.page_table import PAGES
from domain.store.keys.vault import Vault
from domain.values import Role, new_id
from tests.http.desk import Desk
from tests.http.files import photo, uploaded
from tests.http.world import APPEALED, CLIENT_PARTY, ROWS, Person, World, body_of, new_uscc, today, with_dates

OF_ONES_OWN = frozenset(
    {
        "/v1/messages/read",
        "/v1/mail-settings/address",
        "/v1/mail-settings/verification",
        "/v1/mail-settings/preferences",
    }
)
"""Names nobody but who asks: test_messages.py, test_mail.py."""
FOR_ALL = frozenset(
    {
        "/v1/log/checkpoint",
        "/v1/log/consistency",
        "/v1/readings",
        "/v1/mail-settings",
        "/v1/messages",
        "/v1/rulebooks",
        "/v1/rulebooks/{id}",
        "/v1/measures/{article:path}",
    }
)
"""What has no fact about anybody in it."""
BY_EVENT = ("/v1/log/inclusion", "/v1/log/receipt")
NAME = "惠州市某某邻家安全服务有限公司"
COMPLAINANT, REPORTER, INFORMANT_USCC = "欧阳投诉人", "司马举报人", "91441300MA51C1EN7F"


class District:
    """An agency with one of everything that has a number, and a stranger: another agency's person."""

    def __init__(self, world: World) -> None:
        self.world, self.uscc = world, world.appealable()
        self.informant = world.person(Role.CLIENT, INFORMANT_USCC)
        self.stranger = world.person(Role.AGENCY, world.filed())
        self.owner = world.person(Role.AGENCY, self.uscc)
        self.ids: dict[str, str] = {}
        self._fill()

    def _fill(self) -> None:
        world, uscc, ids = self.world, self.uscc, self.ids
        complaint = {"received_on": today(), "complainant": COMPLAINANT, "grounds": "other", "note": "请尽快处理"}
        done = world.must(self.informant.post(f"/v1/agencies/{uscc}/complaints", complaint))
        ids["complaint"] = done["ids"]["complaint"]
        ids["decision"] = world.done("DecideComplaint", uscc, ids["complaint"], decided_on=today())["events"][0]["id"]
        ids["report"] = world.id_of("ReportBehaviour", uscc, reporter=REPORTER)
        ids["project"] = world.id_of("StartProject", uscc)
        ids["file"] = uploaded(world.association, photo())["sha256"]
        evidence = [{"title": "照片", "sha256": ids["file"]}]
        ids["lapse"] = world.id_of("RecordLapse", uscc, evidence=evidence)
        ids["submission"] = world.id_of("RequestSubmission", uscc)
        ids["objection"] = world.id_of("FileObjection", uscc, event_id=ids["lapse"])
        ids["survey"] = world.id_of("SubmitSurvey", uscc, client=CLIENT_PARTY)
        ids["invitation"] = world.id_of("InviteSurvey", uscc, client=CLIENT_PARTY)
        ids["bad_record"] = world.id_of("EnterBadRecord", uscc)
        world.done("StartProject", uscc)
        world.done("FindAccidentLiability", uscc)
        lapse = {"post": f"/v1/agencies/{uscc}/lapses", "body": {"item": 5, "occurred_on": today()}}
        ids["batch"] = world.must(world.association.post("/v1/batches", {"commands": [lapse]}))["batch"]
        ids["appeal"], ids["impact"] = world.appeal(), world.impact()

    def told(self) -> list[str]:
        """What nobody else may read: the agency's code, and every number of its facts."""
        return [self.uscc, *self.ids.values()]

    def events(self) -> list[str]:
        """The numbers of its events; an impact's is made of two, a batch has one of its own, a file its hash."""
        return [one for name, one in self.ids.items() if name not in ("impact", "batch", "file")]


@pytest.fixture(scope="session")
def district(world: World) -> District:
    """One for each service."""
    return District(world)


def rows(role: Role, reach: Reach, method: str) -> list[str]:
    return [
        re.sub(r"\{(batch|sha256|appeal|notice)\}", "{id}", path)
        for (of, path), rights in PERMISSIONS.items()
        if of == method and rights.get(role) is reach
    ]


def body_for(path: str) -> dict[str, Any]:
    """A body that the route accepts where it concerns one's own."""
    if path in (WHAT_IF, APPEAL_WHAT_IF):
        return {"suppose": []} if path == WHAT_IF else {"annul": []}
    name = next((one.body.__name__ for one in ACTS if one.path == path), "")
    if name == "WithdrawAppeal":
        return {"withdrawn_on": today()}
    row = next(row for row in ROWS.values() if row.path == path)
    return with_dates(row, body_of(row.body.__name__), today())


def concrete(path: str, uscc: str, id_: str) -> str:
    made = path.replace("{uscc}", uscc).replace("{year}", str(APPEALED)).replace("{id}", id_)
    assert "{" not in made, f"say how {path} is asked"
    return made


def ids_for(district: District, path: str) -> list[str]:
    """The other agency's numbers that the path can be tried with, and one that does not exist."""
    return [*district.ids.values(), new_id()] if "{id}" in path else [""]


def like_unknown(there: Any, nowhere: Any, id_: str, unknown: str) -> bool:
    """Whether an answer is that to a number which does not exist."""
    return bool(
        (there.status_code, there.text.replace(id_, "X")) == (nowhere.status_code, nowhere.text.replace(unknown, "X"))
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_agencys_paths_are_those_of_no_agency(district: District, method: str) -> None:
    """Whichever of its numbers one knows: the same answer as for a code that was never filed."""
    nowhere = new_uscc()
    for path in rows(Role.AGENCY, Reach.OWN, method):
        assert "{uscc}" in path
        for id_ in ids_for(district, path):
            there, not_there = (_asked(district.stranger, method, path, uscc, id_) for uscc in (district.uscc, nowhere))
            assert there.status_code == 404, (path, there.text)
            assert like_unknown(there, not_there, district.uscc, nowhere), path


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_agencys_numbers_are_unknown_under_ones_own_path(district: District, method: str) -> None:
    """The event, project or objection of another, asked for or dealt with as one's own: as if it were not there."""
    own = district.stranger
    uscc = own.get("/v1/agencies").json()["items"][0]["agency"]["uscc"]
    before = len(district.world.trail(district.uscc)), len(district.world.trail(uscc))
    for path in rows(Role.AGENCY, Reach.OWN, method):
        if "{id}" in path:
            unknown = new_id()
            nowhere = _asked(own, method, path, uscc, unknown)
            for id_ in district.ids.values():
                there = _asked(own, method, path, uscc, id_)
                assert there.status_code == 404, (path, there.text)
                assert like_unknown(there, nowhere, id_, unknown), (path, there.text, nowhere.text)
    assert before == (len(district.world.trail(district.uscc)), len(district.world.trail(uscc)))


def test_what_is_narrowed_names_no_other_agency(district: District) -> None:
    """Lists hold one's own only; a number of another's appeal, impact or event is unknown; acts on them too."""
    own = district.stranger
    for path in rows(Role.AGENCY, Reach.PART, "GET"):
        if path in BY_EVENT:
            continue
        unknown = new_id()
        nowhere = _asked(own, "GET", path, "", unknown) if "{id}" in path else None
        for id_ in ids_for(district, path):
            there = own.get(path, q=district.uscc[:12]) if path == "/v1/search" else _asked(own, "GET", path, "", id_)
            if nowhere is not None:
                assert there.status_code == 404, (path, there.text)
                assert like_unknown(there, nowhere, id_, unknown), (path, there.text)
            else:
                assert there.status_code == 200, (path, there.text)
                assert not [one for one in district.told() if one in there.text], path
    for path in ("/v1/appeals", "/v1/notices", "/v1/agencies", "/v1/worklists", f"/v1/assessments/{APPEALED}"):
        assert district.uscc in district.owner.get(path).text or path == "/v1/worklists", path


def test_acts_on_another_agencys_appeal_do_nothing(district: District) -> None:
    """What an agency may post without naming itself in the path: an appeal's number, or a code in the body."""
    world, own, before = district.world, district.stranger, len(district.world.trail(district.uscc))
    paths = [*rows(Role.AGENCY, Reach.PART, "POST"), *rows(Role.AGENCY, Reach.ALL, "POST")]
    batches = {"/v1/batches", "/v1/batches/preview"}
    assert (
        set(paths) == {APPEAL_WHAT_IF, "/v1/appeals/{id}/withdrawal", "/v1/agencies", EVIDENCE} | batches | OF_ONES_OWN
    )
    paths.remove(EVIDENCE)  # names nobody: what is uploaded is one's own
    for path in paths:
        if path in OF_ONES_OWN:
            continue
        if path in batches:
            pledges = [f"/v1/agencies/{uscc}/pledge" for uscc in (district.uscc, new_uscc())]
            body = {"commands": [{"post": one, "body": {"signed_on": today()}} for one in pledges]}
            answer = own.post(path, body).json()
            refused = [one.get("refused") or one for one in answer["rows"]]
            assert [one["status"] for one in refused] == [404, 404], answer
            assert NAME not in str(answer)
        if "{id}" in path:
            unknown = new_id()
            nowhere = _asked(own, "POST", path, "", unknown)
            for id_ in district.ids.values():
                there = _asked(own, "POST", path, "", id_)
                assert there.status_code == 404, (path, there.text)
                assert like_unknown(there, nowhere, id_, unknown), path
    for uscc in (district.uscc, new_uscc()):
        refused = own.post("/v1/agencies", {**body_for("/v1/agencies"), "uscc": uscc})
        assert refused.status_code in (403, 404), refused.text
        assert NAME not in refused.text
    assert len(world.trail(district.uscc)) == before


def test_anothers_event_named_in_a_body_is_unknown(district: District) -> None:
    """An objection to it, or a what-if without it, says of itself what it says of a number that does not exist."""
    own, unknown = district.stranger, new_id()
    uscc = own.get("/v1/agencies").json()["items"][0]["agency"]["uscc"]
    objection = body_for("/v1/agencies/{uscc}/objections")

    def asked(id_: str) -> list[Any]:
        return [
            own.post(f"/v1/agencies/{uscc}/objections", {**objection, "event_id": id_}),
            own.post(f"/v1/agencies/{uscc}/what-if", {"annul": [id_]}),
        ]

    nowhere = asked(unknown)
    assert {one.status_code for one in nowhere} == {422}
    for id_ in district.events():
        pairs = zip(asked(id_), nowhere, strict=True)
        assert all(like_unknown(there, not_there, id_, unknown) for there, not_there in pairs), id_


def test_pages_show_another_agency_to_nobody(district: District) -> None:
    """Every page that an agency may open: another's is not there, whatever number the address names; lists are one's
    own."""
    uscc = district.stranger.get("/v1/agencies").json()["items"][0]["agency"]["uscc"]
    desk = Desk(district.world, Role.AGENCY, uscc)
    for one in PAGES:
        if one.roles is None or Role.AGENCY not in one.roles or one.name == "form":
            continue
        for id_ in district.ids.values() if "{" in one.path else [""]:
            values = {"list": "appeals", "year": APPEALED, "appeal": id_, "impact": id_, "event": id_, "batch": id_}
            response = desk.get(one.path.format(uscc=district.uscc, **values))
            assert response.status_code == (404 if _OF_ANOTHER & _named(one.path) else 200), one
            if response.status_code == 200:
                assert not [what for what in district.told() if what in response.text], one


_OF_ANOTHER = {"{uscc}", "{appeal}", "{impact}", "{batch}"}


def _named(path: str) -> set[str]:
    return {part for part in path.split("/") if part.startswith("{")}


@pytest.mark.parametrize("role", [Role.AGENCY, Role.CLIENT])
def test_proof_of_anothers_event_is_like_that_of_none(district: District, role: Role) -> None:
    """Inclusion and receipt, by an agency and by an enterprise that recorded nothing."""
    own = district.stranger if role is Role.AGENCY else district.world.person(Role.CLIENT, new_uscc())
    for path in BY_EVENT:
        unknown = new_id()
        nowhere = own.get(path, event_id=unknown)
        assert nowhere.status_code == 404
        for id_ in district.events():
            assert like_unknown(own.get(path, event_id=id_), nowhere, id_, unknown), (path, id_)


def test_an_enterprise_sees_nothing_of_others(district: District) -> None:
    """Its trail is empty where it has neither complained nor been asked; every number in it is unknown."""
    nobody = district.world.person(Role.CLIENT, new_uscc())
    seen = set(rows(Role.CLIENT, Reach.PART, "GET")) | set(rows(Role.CLIENT, Reach.ALL, "GET"))
    trail, event = "/v1/agencies/{uscc}/events", "/v1/agencies/{uscc}/events/{id}"
    matters = {"/v1/matters", "/v1/matters/counts"}
    batch = "/v1/batches/{id}"
    files = {path.replace("{sha256}", "{id}") for path in (EVIDENCE_FILE, THUMBNAIL)}
    assert seen == {trail, event, batch, *files, *BY_EVENT, *matters} | FOR_ALL
    for path in files:
        assert nobody.get(concrete(path, "", district.ids["file"])).status_code == 404, path
    assert nobody.get(concrete(batch, "", district.ids["batch"])).status_code == 404
    for path in matters:
        assert nobody.get(path, whose="all").json()["items"] == [], path
    answer = nobody.get(concrete(trail, district.uscc, "")).json()
    assert (answer["items"], answer["count"]) == ([], 0)
    unknown = new_id()
    nowhere = nobody.get(concrete(event, district.uscc, unknown))
    for id_ in district.ids.values():
        assert like_unknown(nobody.get(concrete(event, district.uscc, id_)), nowhere, id_, unknown)
        assert nobody.get(f"/v1/agencies/{district.uscc}/events", ids=id_).json()["items"] == []


def test_no_route_is_left_out() -> None:
    """Every right of an agency or a client is walked above, or concerns no facts."""
    walked = {Reach.OWN, Reach.PART}
    for (method, path), rights in PERMISSIONS.items():
        if rights is not PUBLIC and rights.get(Role.AGENCY) is Reach.ALL and method == "GET":
            assert path in FOR_ALL, path
        assert rights.get(Role.CLIENT) is not Reach.OWN
        assert rights.get(Role.AGENCY, Reach.OWN) in walked or path in FOR_ALL or method == "POST"


def test_no_answer_tells_the_agency_who_complained(district: District) -> None:
    """Every route of one's own, with every number in it: no name, no enterprise, no person, no hash, no ciphertext."""
    told: list[str] = []
    for path, response in _own_answers(district):
        assert response.status_code in (200, 404, 422), (path, response.text)
        told += [f"{path}: {what}" for what in _secrets(district) if what.encode() in response.content]
    assert told == []


def _own_answers(district: District) -> Iterator[tuple[str, Any]]:
    for path in (*rows(Role.AGENCY, Reach.OWN, "GET"), *rows(Role.AGENCY, Reach.PART, "GET")):
        if path in BY_EVENT:
            yield from ((path, district.owner.get(path, event_id=id_)) for id_ in district.events())
            continue
        for id_ in ids_for(district, path):
            yield path, _asked(district.owner, "GET", path, district.uscc, id_)


def _secrets(district: District) -> list[str]:
    """What would tell who complained or reported: in clear, keyed, or sealed as it lies in the log."""
    with district.world.service.ledger.reading() as reader:
        events = {one.id: one for one in reader.events(f"agency/{district.uscc}")}
        keyed = Vault(reader.connection).keyed_hash(INFORMANT_USCC)
    complaint: Any = events[district.ids["complaint"]]
    report: Any = events[district.ids["report"]]
    return [
        COMPLAINANT,
        REPORTER,
        INFORMANT_USCC,
        keyed,
        district.informant.person_id,
        complaint.complainant.sealed,
        complaint.complainant.subject,
        report.reporter.sealed,
        report.reporter.subject,
    ]


def _asked(person: Person, method: str, path: str, uscc: str, id_: str) -> Any:
    query = {"as_of_2": "2024-06-01"} if path.endswith("/comparison") else {}
    if method == "GET":
        return person.get(concrete(path, uscc, id_), **query)
    return person.post(concrete(path, uscc, id_), body_for(path))
