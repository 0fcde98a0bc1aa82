"""Nothing personal leaves by a public door: a district full of it, every public route walked, every answer searched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from api.application.privacy.authorisation import PERMISSIONS, PUBLIC
from api.web.frame.page_table import PUBLIC_PAGES, is_page
from domain.store.db.schema import events, persons
from domain.store.proof.proof_reader import origin_of
from tests.http.world import World, body_of, new_uscc, today

PEOPLE = ("欧阳建国", "司马晓兰", "慕容海", "诸葛静", "上官明", "赫连氏", "令狐举报")
NUMBERS = ("ZS-4413-778899", "ZS-4413-665544", "13800138000", "0752-5566778", "441302198001011234", "APJ-(粤)-987")
PROSE = "请致电13800138000找欧阳建国，身份证441302198001011234"
SECRETS = (*PEOPLE, *NUMBERS, "请致电", "泄愤投诉", "身份证")
WORDS_OF_PAGES = {"complain", "subject", "actor"}
"""Members of answers that pages, which speak of the rules, use as words."""
PATH_VALUES = {"name": "contradiction", "year": "2024", "place:path": "0/000.p/1"}


def person(number: int) -> dict[str, str]:
    return {"name": PEOPLE[number], "qualification": "安全工程师", "certificate_no": NUMBERS[number % 2]}


def filled(world: World, client: str) -> str:
    """An agency with every fact that may hold a person, a phone, a number of a certificate or a complainant."""
    uscc = new_uscc()
    note: dict[str, Any] = {"note": PROSE}
    filing = {
        **body_of("FileAgency"),
        **note,
        "uscc": uscc,
        "legal_representative": PEOPLE[0],
        "technical_lead": PEOPLE[1],
        "personnel": [person(2), person(3)],
        "qualifications": [{"name": "安全评价机构资质", "no": NUMBERS[5], "valid_until": "2027-06-30"}],
        "evidence": [{"title": f"{PEOPLE[4]}身份证", "uri": f"file:///{NUMBERS[3]}"}],
    }
    world.must(world.association.post("/v1/agencies", filing))
    world.done("DecideFiling", uscc, reasons=PROSE, **note)
    world.done("ReportChange", uscc, fields={"technical_lead": PEOPLE[4], "personnel": [person(4)]}, **note)
    world.done("RecordInspection", uscc, findings=PROSE, **note)
    party = {"uscc": client, "name": f"{PEOPLE[5]}化工厂"}
    team: dict[str, Any] = {"quality_lead": {**person(2), "years": "6"}, "technicians": [{**person(3), "years": "3"}]}
    world.done("StartProject", uscc, client=party, contract_no=NUMBERS[4], **team, **note)
    for _ in range(3):
        complaint = world.id_of(
            "ReceiveComplaint", uscc, received_on=today(), complainant=PEOPLE[6], client_uscc=client, note="泄愤投诉"
        )
        world.done("DecideComplaint", uscc, complaint, decided_on=today(), findings=PROSE, **note)
    world.done("EnterBadRecord", uscc, **note)
    world.done("SubmitSurvey", uscc, client=party, comments=PROSE)
    world.done("ScoreEffect", uscc, client=party, **note)
    world.done("FindAccidentLiability", uscc, client_uscc=client, **note)
    world.done("ImposePenalty", uscc, **note)
    return uscc


def doors(uscc: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Every public GET route with its ways of being asked; survey links answer only who holds their secret."""
    for (method, path), rights in PERMISSIONS.items():
        if method != "GET" or rights is not PUBLIC or "{secret}" in path:
            continue
        for name, value in {**PATH_VALUES, "uscc": uscc}.items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"say in PATH_VALUES what stands for the parameter of {path}"
        yield path, {}
        yield path, {"Accept": "application/atom+xml"}
    for page in PUBLIC_PAGES:
        yield page.path.replace("{year}", PATH_VALUES["year"]).replace("{uscc}", uscc), {}


def test_nothing_personal_is_in_any_public_answer(own_world: World) -> None:
    """No name, phone, certificate number, complainant, client, prose, officer, event id or sealed text anywhere."""
    client = new_uscc()
    listed = filled(own_world, client)
    with own_world.service.ledger.reading() as reader:
        connection = reader.connection
        ids = {*connection.scalars(select(events.c.event_id)), *connection.scalars(select(persons.c.id))}
        ids.remove(str(origin_of(connection)).rpartition("/")[2])  # the log's own name
        officers = set(connection.scalars(select(persons.c.name)))
    own_world.done("TerminateAgency", other := filled(own_world, client), effective_on=today(), reason=PROSE)
    hidden = {*SECRETS, *ids, *officers, client, '"sealed"', "subject", "actor", '"events"', "complain"}
    shown = []
    for path, headers in doors(listed):
        response = own_world.stranger.get(path, headers)
        for text in (response.text, str(dict(response.headers))):
            assert not {one for one in hidden - (WORDS_OF_PAGES if is_page(path) else set()) if one in text}, path
        shown += [path] * (listed in response.text)
        if "agencies" in path or "firms" in path:
            assert other not in response.text
    assert {
        "/v1/public/agencies",
        "/v1/public/agencies.atom",
        "/v1/public/blacklist",
        "/v1/public/blacklist.atom",
        "/register",
        "/blacklist",
        f"/v1/public/agencies/{listed}",
        f"/firms/{listed}",
    } <= {*shown}


def test_what_is_searched_for_is_there_for_who_may_read_it(own_world: World) -> None:
    """The district of the test above really holds it all: the association reads every secret in the trail."""
    trail = str(own_world.trail(filled(own_world, new_uscc())))
    assert [one for one in SECRETS if one not in trail] == []


def test_nobody_can_be_searched_for(own_world: World) -> None:
    """The filters look through name, code and category alone: whom an agency employs cannot be found out by `q`."""
    filled(own_world, new_uscc())
    for secret in (*PEOPLE, *NUMBERS, "澳头"):
        for path in ("/v1/public/agencies", "/v1/public/agencies.atom"):
            assert "惠州市安恒" not in own_world.stranger.get(path, q=secret).text
            assert "惠州市安恒" not in own_world.stranger.get(path, category=secret).text
