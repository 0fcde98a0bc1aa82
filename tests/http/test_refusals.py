"""What contradicts the trail is 409 over HTTP, with the exact problem body, and appends nothing."""

from __future__ import annotations

from typing import Any

import pytest

from api.application.commands import COMMANDS
from api.http.documentation.examples import command_example
from tests.http.refusal_cases import ALREADY, CHECKED, Case, case, problem, twice
from tests.http.test_commands import officer
from tests.http.watch_refusals import WATCHED
from tests.http.world import ROWS, World, body_of


@case("FileAgency")
def _(world: World) -> Case:
    uscc = world.filed()
    body = {**body_of("FileAgency"), "uscc": uscc}
    return (
        uscc,
        "/v1/agencies",
        body,
        problem(
            f"该机构在 {body['submitted_on']} 备案待决定，不能再次提交",
            f"on {body['submitted_on']} this agency's filing is submitted: it cannot be submitted again",
            article="art.8",
            rule="R6",
            remedy="信息有变更请报送变更（changes，第十二条）；退回或终止之后可再次提交",
            remedy_en="Report what changed as a change (art.12); file again after a return or a termination.",
        ),
    )


@case("DecideFiling")
def _(world: World) -> Case:
    uscc = world.filed()
    return (
        uscc,
        f"/v1/agencies/{uscc}/filing-decision",
        body_of("DecideFiling"),
        problem(
            "没有待决定的备案",
            "no filing awaits a decision",
            article="art.8",
            rule="R6",
            remedy="请先由机构提交备案",
            remedy_en="The agency has to submit a filing first.",
        ),
    )


@case("TerminateAgency")
def _(world: World) -> Case:
    uscc, path, body, _ = twice(world, "TerminateAgency")
    return (
        uscc,
        path,
        body,
        problem(
            "该机构已登记终止业务",
            "this agency's termination is on record already",
            article="art.11",
            rule="R6",
            remedy="终止不可撤销；机构可以再次备案",
            remedy_en="A termination cannot be annulled; the agency can file again.",
        ),
    )


@case("ReceiveSubmission")
def _(world: World) -> Case:
    uscc, path, body, _ = twice(world, "ReceiveSubmission")
    expected = problem("该项材料已记录收到", "this submission has been received already", rule="R8", **ALREADY)
    return uscc, path, body, expected


def annulled(world: World, name: str, field: str | None, kind: str, **changes: Any) -> Case:
    """A command that names a fact which has been annulled, in its path or in a field of its body."""
    uscc = world.filed()
    id_ = world.id_of(kind, uscc, **changes)
    cause = world.done("AnnulEvent", uscc, event_id=id_)["events"][0]["id"]
    body = body_of(name) if field is None else {**body_of(name), field: id_}
    text, text_en = f"{id_} 已被撤销（撤销记录 {cause}）", f"{id_} has been annulled (by {cause})"
    errors = {} if field is None else {"errors": [{"pointer": f"/{field}", "detail": text, "detail_en": text_en}]}
    return (
        uscc,
        ROWS[name].path.format(uscc=uscc, id=id_),
        body,
        problem(
            text,
            text_en,
            remedy="请重新记录该事实，再据以办理",
            remedy_en="Record the fact anew and refer to the new record.",
            **errors,
        ),
    )


@case("FilePlan")
def _(world: World) -> Case:
    return annulled(world, "FilePlan", None, "StartProject")


@case("ExtendProject")
def _(world: World) -> Case:
    return annulled(world, "ExtendProject", None, "StartProject")


@case("RecordLapse")
def _(world: World) -> Case:
    return annulled(world, "RecordLapse", "concerns", "StartProject")


@case("FindAccidentLiability")
def _(world: World) -> Case:
    return annulled(world, "FindAccidentLiability", "project_id", "StartProject")


@case("InviteSurvey")
def _(world: World) -> Case:
    return annulled(world, "InviteSurvey", "project_id", "StartProject")


@case("AnnulEvent")
def _(world: World) -> Case:
    return annulled(world, "AnnulEvent", "event_id", "RecordLapse")


@case("CompleteProject")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "CompleteProject")
    text, text_en = f"该项目已完成（{first['id']}）", f"this project is completed already ({first['id']})"
    return uscc, path, body, problem(text, text_en, rule="R9", **ALREADY)


@case("CancelProject")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "CancelProject")
    text, text_en = f"该项目已取消（{first['id']}）", f"this project is cancelled already ({first['id']})"
    return uscc, path, body, problem(text, text_en, rule="R9", **ALREADY)


@case("ReferBadRecord")
def _(world: World) -> Case:
    uscc = world.filed()
    id_ = world.id_of("EnterBadRecord", uscc, unlawful=False)
    path = ROWS["ReferBadRecord"].path.format(uscc=uscc, id=id_)
    return (
        uscc,
        path,
        body_of("ReferBadRecord"),
        problem(
            "该不良信息未标记为涉嫌违法违规，无须移送",
            "this bad record is not marked unlawful: no referral is due",
            article="art.16",
            rule="R14",
            remedy="如确属违法违规，请撤销后以 unlawful: true 重新记录",
            remedy_en="If it is unlawful, annul it and enter it anew with unlawful: true.",
        ),
    )


@case("DecideComplaint")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "DecideComplaint")
    text, text_en = (
        f"该投诉已于 2024-05-06 作出决定（{first['id']}）",
        f"this complaint was decided on 2024-05-06 ({first['id']})",
    )
    return uscc, path, body, problem(text, text_en, article="art.17", rule="R15", **ALREADY)


@case("DelistAgency")
def _(world: World) -> Case:
    uscc = world.filed()
    return (
        uscc,
        f"/v1/agencies/{uscc}/delisting",
        body_of("DelistAgency"),
        problem(
            "规则 dayawan-2021 的标签到期自行消除，不以决定移出黑名单",
            "under dayawan-2021 tags end by themselves: no delisting",
            article="art.17(3)",
            rule="R16",
            remedy="如列入有误，请撤销相应的投诉决定",
            remedy_en="If the listing was wrong, annul the complaint's decision.",
        ),
    )


@case("SendNotice")
def _(world: World) -> Case:
    uscc, path, body, _ = twice(world, "SendNotice")
    return uscc, path, body, problem("该通知已发出", "this notice has been sent already", rule="R18", **ALREADY)


@case("SubmitSurvey")
def _(world: World) -> Case:
    uscc = world.filed()
    other = {"uscc": "91441300MA51C1EN7F", "name": "惠州市某某工贸有限公司"}
    project = world.id_of("StartProject", uscc, client=other)
    body = {**body_of("SubmitSurvey"), "project_id": project}
    client = body["client"]["uscc"]
    text = f"项目 {project} 的服务对象是 {other['uscc']}，不是 {client}"
    text_en = f"project {project} serves {other['uscc']}, not {client}"
    return (
        uscc,
        f"/v1/agencies/{uscc}/surveys",
        body,
        problem(
            text,
            text_en,
            errors=[{"pointer": "/client/uscc", "detail": text, "detail_en": text_en}],
            article="art.13",
            rule="R22",
            remedy="请核对项目编号和企业的统一社会信用代码",
            remedy_en="Check the project's id and the client's USCC.",
        ),
    )


@case("CloseSurvey")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "CloseSurvey")
    text, text_en = (
        f"2024 年度满意度调查已于 2025-01-15 截止（{first['id']}）",
        f"the survey of 2024 was closed on 2025-01-15 ({first['id']})",
    )
    return uscc, path, body, problem(text, text_en, article="art.23", rule="R22", **ALREADY)


@case("FileAppeal")
def _(world: World) -> Case:
    uscc = world.filed()
    text, text_en = ("2024 年度的考评结果尚未公布", "the results of 2024 have not been published")
    return (
        uscc,
        f"/v1/agencies/{uscc}/appeals",
        {**body_of("FileAppeal"), "disputed_event_ids": []},
        problem(
            text,
            text_en,
            errors=[{"pointer": "/year", "detail": text, "detail_en": text_en}],
            article="art.20",
            rule="R33",
            remedy="公布之后一周内可提出异议；此前对单条记录可提出更正申请（R38）",
            remedy_en="Appeal within a week of their publication; until then, object to a single record (R38).",
        ),
    )


@pytest.mark.parametrize("name", sorted(CHECKED))
def test_what_contradicts_the_trail_is_refused(world: World, name: str) -> None:
    """409, exactly this body, and the trail as it was."""
    uscc, path, body, expected = CHECKED[name](world)
    before = world.trail(uscc)
    response = world.people[officer(ROWS[name])].post(path, body)
    assert response.status_code == 409, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == expected
    assert world.trail(uscc) == before


def test_every_command_that_can_contradict_is_checked() -> None:
    """The documentation declares 409 for exactly the commands that are checked above."""
    declared = {row.body.__name__ for row in COMMANDS if command_example(row.body).can_contradict}
    assert declared == set(CHECKED)
    assert set(CHECKED) >= WATCHED


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("RecordLapse", "concerns"),
        ("EnterBadRecord", "report_id"),
        ("FindAccidentLiability", "project_id"),
        ("InviteSurvey", "project_id"),
        ("SubmitSurvey", "project_id"),
        ("AnnulEvent", "event_id"),
        ("FileObjection", "event_id"),
        ("FileStatement", "event_id"),
        ("ApplyForRepair", "event_id"),
    ],
)
def test_an_unknown_id_in_a_body_is_422(world: World, name: str, field: str) -> None:
    """Of no event, or of an event of another agency: 422 that names the field."""
    uscc, other = world.filed(), world.filed()
    foreign = world.id_of("StartProject", other)
    for id_ in ("019331d2-6c3a-7b1e-9f00-000000000000", "x", foreign):
        body = {**body_of(name), field: id_}
        response = world.people[officer(ROWS[name])].post(ROWS[name].path.format(uscc=uscc, id=""), body)
        assert response.status_code == 422, response.text
        assert response.json()["errors"][0]["pointer"] == f"/{field}"


def test_a_final_fact_cannot_be_annulled(world: World) -> None:
    """What events.md marks as final: 409 that names the field and the way out."""
    uscc = world.filed()
    filing = world.trail(uscc)[0]["id"]
    body = {**body_of("AnnulEvent"), "event_id": filing}
    response = world.association.post(f"/v1/agencies/{uscc}/annulments", body)
    assert response.status_code == 409
    assert response.json()["detail"] == "FilingSubmitted 不可撤销"
    assert response.json()["errors"][0]["pointer"] == "/event_id"


def test_an_annulment_names_what_goes_with_it(world: World) -> None:
    """Annulling a complaint takes its decision along, in recording order; a lapse takes nothing."""
    uscc = world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc)
    decision = world.done("DecideComplaint", uscc, complaint)["events"][0]["id"]
    lapse = world.id_of("RecordLapse", uscc, concerns=decision)
    assert world.done("AnnulEvent", uscc, event_id=complaint)["also_annulled"] == [decision, lapse]
    assert world.done("AnnulEvent", uscc, event_id=world.id_of("RecordLapse", uscc))["also_annulled"] == []
    by_id = {one["id"]: one for one in world.trail(uscc)}
    assert [by_id[one]["counts"] for one in (complaint, decision, lapse)] == [False, False, False]
