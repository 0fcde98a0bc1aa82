"""A batch of commands: all of them or none, once only, an answer for every row (api.md, `POST /v1/batches`)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.application.batches.batch_lines import MOST_ROWS
from domain.store.proof.audit_answers import answers
from domain.values import Role
from tests.http.world import CLIENT_PARTY, Person, World, body_of, new_uscc

DAY = "2025-03-04"


def lapse(uscc: str, item: int = 4, day: str = DAY, **more: Any) -> dict[str, Any]:
    """A row: an absence, or what other item is given."""
    return {"post": f"/v1/agencies/{uscc}/lapses", "body": {"item": item, "occurred_on": day, **more}}


def batch(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"commands": list(rows), **more}


def kinds(world: World, uscc: str) -> list[str]:
    """The kinds of an agency's facts after its filing."""
    return [one["type"] for one in world.trail(uscc)[2:]]


def test_all_rows_are_recorded_together_and_shown_again(world: World) -> None:
    """Each row has the receipt of its command; the batch is found again by its number, also when a row is annulled."""
    usccs = [world.filed() for _ in range(3)]
    done = world.must(world.association.post("/v1/batches", batch(*map(lapse, usccs))))
    assert (done["count"], [one["row"] for one in done["rows"]]) == (3, [1, 2, 3])
    assert [one["agency"] for one in done["rows"]] == usccs
    for one in done["rows"]:
        (event,) = one["events"]
        assert (one["version"], event["type"], event["occurred_on"]) == (3, "LapseRecorded", DAY)
        assert one["ids"] == {"lapse": event["id"]}
        assert world.trail(one["agency"])[-1]["id"] == event["id"]
    annulled = done["rows"][1]["events"][0]["id"]
    world.done("AnnulEvent", usccs[1], event_id=annulled)
    shown = world.association.get(f"/v1/batches/{done['batch']}").json()
    assert [one["event"] for one in shown["rows"]] == [one["events"][0] for one in done["rows"]]
    assert [one["counts"] for one in shown["rows"]] == [True, False, True]
    assert [one["agency"]["uscc"] for one in shown["rows"]] == usccs
    assert (shown["recorded_at"], shown["count"]) == (done["recorded_at"], 3)
    assert world.association.get(f"/v1/batches/{annulled}").status_code == 404


def test_one_refused_row_records_nothing_and_every_refused_row_is_answered(world: World) -> None:
    """What is wrong with each, with field, rule and remedy; the good rows are not recorded either."""
    good, decided = world.filed(), world.filed()
    sent = batch(
        lapse(good),
        lapse(good, day="4.3.2025"),
        {"post": f"/v1/agencies/{decided}/filing-decision", "body": body_of("DecideFiling")},
        lapse(new_uscc()),
        lapse(good, item=8),
        lapse(good, note="再来一次"),
        lapse(good, day="2999-01-01"),
        {"post": f"/v1/agencies/{good}/corrections", "body": {}},
        {"post": "/v1/nowhere", "body": {}},
    )
    response = world.association.post("/v1/batches", sent)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/batch-refused")
    problem = response.json()
    told = {one["row"]: one for one in problem["rows"]}
    assert sorted(told) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert [told[row]["status"] for row in (2, 3, 4, 6, 7, 8, 9)] == [422, 409, 404, 422, 422, 422, 422]
    assert told[2]["errors"][0]["pointer"] == "/commands/1/body/occurred_on"
    assert told[5]["errors"][0]["pointer"] == "/commands/4/body/item"
    assert told[7]["errors"][0]["pointer"] == "/commands/6/body/occurred_on"
    assert "第 1 行" in told[6]["detail"]
    assert "row 1" in told[6]["detail_en"]
    assert told[6]["rule"] == "R46"
    assert all(one["remedy"] and one["remedy_en"] for one in told.values())
    assert {one["agency"] for row, one in told.items() if row in (2, 6, 7)} == {good}
    assert [one["pointer"] for one in problem["errors"]][:2] == ["/commands/1/body/occurred_on", "/commands/2/post"]
    assert (kinds(world, good), kinds(world, decided)) == ([], [])


def test_a_later_row_names_an_earlier_one(world: World) -> None:
    """`$name` stands for the id of an earlier row's fact, in path and body; a refused one takes its heirs along."""
    uscc = world.filed()
    request = {"post": f"/v1/agencies/{uscc}/submission-requests", "body": body_of("RequestSubmission"), "ref": "ask"}
    receipt = {"post": f"/v1/agencies/{uscc}/submission-requests/$ask/receipt", "body": body_of("ReceiveSubmission")}
    broken = {**request, "body": {**body_of("RequestSubmission"), "due_on": "never"}}
    refused = world.association.post("/v1/batches", batch(broken, receipt, {**receipt, "ref": "ask"})).json()["rows"]
    assert [(one["row"], one["because_of_row"]) for one in refused] == [(1, None), (2, 1), (3, None)]
    done = world.must(world.association.post("/v1/batches", batch(request, receipt)))
    assert done["rows"][0]["ref"] == "ask"
    assert world.trail(uscc)[-1]["fact"]["request_id"] == done["rows"][0]["events"][0]["id"]
    unknown = world.association.post("/v1/batches", batch(receipt)).json()["rows"]
    assert [one["errors"][0]["pointer"] for one in unknown] == ["/commands/0/post"]


def test_a_new_agency_is_filed_and_decided_in_one_batch(world: World) -> None:
    """A row may be about an agency that an earlier row files (art.8)."""
    uscc = new_uscc()
    rows = (
        {"post": "/v1/agencies", "body": {**body_of("FileAgency"), "uscc": uscc}},
        {"post": f"/v1/agencies/{uscc}/filing-decision", "body": body_of("DecideFiling")},
    )
    previewed = world.association.post("/v1/batches/preview", batch(*rows)).json()
    assert [one["event"] for one in previewed["rows"]] == ["FilingSubmitted", "AgencyFiled"]
    assert previewed["versions"] == {uscc: 0}
    world.must(world.association.post("/v1/batches", batch(*rows, versions={uscc: 0})))
    assert world.association.get(f"/v1/agencies/{uscc}/standing").json()["agency"]["filing"] == "filed"


def test_every_row_is_under_the_right_of_its_command(world: World) -> None:
    """The role, the agency that is one's own, the enterprise that one speaks for; and who sends no batch at all."""
    uscc, other = world.filed(), world.filed()
    own = world.person(Role.AGENCY, uscc)
    pledge = {"body": {"signed_on": "2025-03-04"}}
    mixed = batch({"post": f"/v1/agencies/{other}/pledge", **pledge}, lapse(uscc))
    today = world.association.post("/v1/batches/preview", batch(lapse(uscc))).json()["as_of"]
    refused = own.post("/v1/batches", mixed).json()["rows"]
    assert [(one["row"], one["status"]) for one in refused] == [(1, 404), (2, 403)]
    body = {**body_of("ReceiveComplaint"), "received_on": today}
    complaint = {"post": f"/v1/agencies/{uscc}/complaints", "body": body}
    of_another = {**complaint, "body": {**body, "client_uscc": other}}
    assert [one["status"] for one in world.client_person.post("/v1/batches", batch(of_another)).json()["rows"]] == [403]
    score = {"post": f"/v1/agencies/{uscc}/effect-scores", "body": body_of("ScoreEffect")}
    assert world.association.post("/v1/batches", batch(score)).json()["rows"][0]["status"] == 403
    world.must(world.regulator.post("/v1/batches", batch(score)))
    for role in (Role.AUDITOR, Role.ADMIN):
        assert world.people[role].post("/v1/batches", batch(lapse(uscc))).status_code == 403
        assert world.people[role].post("/v1/batches/preview", batch(lapse(uscc))).status_code == 403
    assert world.stranger.post("/v1/batches", batch(lapse(uscc))).status_code == 401
    mine = world.must(world.client_person.post("/v1/batches", batch(complaint)))["batch"]
    assert world.client_person.get(f"/v1/batches/{mine}").json()["count"] == 1
    assert own.get(f"/v1/batches/{mine}").status_code == 404
    assert world.people[Role.AUDITOR].get(f"/v1/batches/{mine}").status_code == 200


def test_the_preview_says_what_each_row_would_do(world: World) -> None:
    """Tier, bad records, points, notices, results; after the rows before it; equal facts; nothing is written."""
    uscc, other = world.filed(), world.filed()
    today = world.association.post("/v1/batches/preview", batch(lapse(uscc))).json()["as_of"]
    before = world.id_of("RecordLapse", other, item=4, occurred_on=today)
    complaints = [world.id_of("ReceiveComplaint", uscc, received_on=today) for _ in range(2)]
    decision = {**body_of("DecideComplaint"), "decided_on": today}
    rows = [{"post": f"/v1/agencies/{uscc}/complaints/{one}/decision", "body": decision} for one in complaints]
    answer = world.association.post(
        "/v1/batches/preview", batch(*rows, lapse(other, day=today), lapse(other, 8))
    ).json()
    assert (answer["recordable"], answer["refused"], answer["worked_out"]) == (3, 1, True)
    tiers = [
        (one["before"], one["after"])
        for row in answer["rows"][:2]
        for one in row["effects"]["difference"]
        if one["field"] == "sanction.tier"
    ]
    assert tiers == [("none", "recorded"), ("recorded", "warned")]
    assert [one["kind"] for one in answer["rows"][1]["effects"]["notices"]] == ["warned"]
    points = [
        (one["before"], one["after"])
        for one in answer["rows"][2]["effects"]["difference"]
        if one["field"] == "assessment.conduct"
    ]
    assert points == [("9.00", "8.00")]
    assert [(one["event"], one["type"]) for one in answer["rows"][2]["similar"]] == [(before, "LapseRecorded")]
    assert answer["rows"][3]["refused"]["errors"][0]["pointer"] == "/commands/3/body/item"
    assert answer["versions"] == {uscc: 4, other: 3}
    assert (len(world.trail(uscc)), len(world.trail(other))) == (4, 3)
    done = world.must(world.association.post("/v1/batches", batch(lapse(other, day=today))))
    assert [one["event"] for one in done["rows"][0]["similar"]] == [before]


def test_a_late_fact_names_the_published_result_that_it_touches(world: World) -> None:
    """In the preview and in the receipt of the row, as a single command has it (R36)."""
    uscc = world.appealable()
    late = lapse(uscc, item=3, day="2025-10-02")
    previewed = world.association.post("/v1/batches/preview", batch(late)).json()["rows"][0]
    done = world.must(world.association.post("/v1/batches", batch(late)))["rows"][0]
    assert (
        [one["year"] for one in previewed["effects"]["touched"]] == [one["year"] for one in done["touched"]] == [2025]
    )


def test_who_moved_meanwhile_is_previewed_again(world: World) -> None:
    """`versions` are those of the preview: an agency that has moved refuses its rows, and with them the batch."""
    first, second = world.filed(), world.filed()
    rows = lapse(first), lapse(second)
    versions = world.association.post("/v1/batches/preview", batch(*rows)).json()["versions"]
    world.done("RecordLapse", second)
    refused = world.association.post("/v1/batches", batch(*rows, versions=versions)).json()["rows"]
    assert [(one["row"], one["status"], one["type"]) for one in refused] == [(2, 412, "/problems/version-moved")]
    assert kinds(world, first) == []


def test_the_same_batch_again_gives_the_same_answer(world: World) -> None:
    """By header or by `key` in the body; another batch under the key is refused; a refusal is not kept."""
    uscc = world.filed()
    sent = batch(lapse(uscc))
    first = world.association.post("/v1/batches", sent, Idempotency_Key="b-1")
    again = world.association.post("/v1/batches", {**sent, "key": "b-1"})
    assert (first.status_code, first.content) == (201, again.content)
    assert again.headers["idempotent-replayed"] == "true"
    other = world.association.post("/v1/batches", batch(lapse(uscc, 5)), Idempotency_Key="b-1")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    twofold = world.association.post("/v1/batches", {**sent, "key": "b-2"}, Idempotency_Key="b-1")
    assert (twofold.status_code, twofold.json()["errors"][0]["pointer"]) == (422, "/key")
    assert world.association.post("/v1/batches", batch(lapse(uscc, 8), key="b-3")).status_code == 422
    assert world.association.post("/v1/batches", batch(lapse(uscc, 6), key="b-3")).status_code == 201
    assert world.association.post("/v1/batches", sent, If_Match='"3"').status_code == 422
    assert kinds(world, uscc) == ["LapseRecorded"] * 2
    with world.service.ledger.reading() as reader:  # what is kept for the retry follows from the log (docs/proof.md)
        assert not [one for one in answers(reader.connection) if "b-" in one.place]


def test_an_invitations_link_is_given_to_who_recorded_it(world: World) -> None:
    """In the receipt, in its retry and on the batch; nobody else gets it (art.23)."""
    uscc = world.filed()
    body = {**body_of("InviteSurvey"), "client": CLIENT_PARTY}
    sent = batch({"post": f"/v1/agencies/{uscc}/survey-invitations", "body": body}, key="b-link")
    done, again = (world.must(world.association.post("/v1/batches", sent)) for _ in range(2))
    link = done["rows"][0]["link"]
    assert link == again["rows"][0]["link"]
    assert world.client.get(link).status_code in (200, 410)
    assert world.association.get(f"/v1/batches/{done['batch']}").json()["rows"][0]["link"] == link
    assert "link" not in world.colleague.get(f"/v1/batches/{done['batch']}").json()["rows"][0]


def test_a_batch_has_a_most_and_a_least(world: World) -> None:
    """1,001 rows and none are refused by name; nothing is recorded."""
    uscc = world.filed()
    for count in (0, MOST_ROWS + 1):
        sent = batch(*(lapse(uscc, day=f"2024-01-{1 + place % 28:02d}") for place in range(count)))
        refused = world.association.post("/v1/batches", sent)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/commands")
    assert kinds(world, uscc) == []


def test_two_batches_over_the_same_agencies_in_opposite_order(world: World) -> None:
    """Neither waits for the other for ever: streams are locked in one order, whatever the order of the rows."""
    usccs = [world.filed() for _ in range(6)]
    people = [world.association, world.colleague] * 4

    def send(place: int) -> Any:
        ordered = usccs if place % 2 else usccs[::-1]
        return people[place].post(
            "/v1/batches", batch(*(lapse(one, day=f"2025-04-{1 + place:02d}") for one in ordered))
        )

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(send, range(8)))
    assert [one.status_code for one in found] == [201] * 8, [one.text for one in found]
    for uscc in usccs:
        assert [one["version"] for one in world.trail(uscc)] == list(range(1, 11))


def test_one_key_from_many_threads_records_once(world: World) -> None:
    """All get the same answer; one batch was recorded."""
    usccs = [world.filed() for _ in range(3)]

    def send(who: Person) -> Any:
        return who.post("/v1/batches", batch(*map(lapse, usccs)), Idempotency_Key="b-many")

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(send, [world.association] * 6))
    assert {one.status_code for one in found} == {201}, [one.text for one in found]
    assert len({one.content for one in found}) == 1
    assert sum("idempotent-replayed" in one.headers for one in found) == 5
    assert [kinds(world, one) for one in usccs] == [["LapseRecorded"]] * 3
