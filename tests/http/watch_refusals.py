"""Cases of `test_refusals.py`: what contradicts the trail in watching over art.16 (R11, R37, R38, R38a, R42)."""

from __future__ import annotations

from tests.http.refusal_cases import CHECKED, Case, case, problem, twice
from tests.http.world import World, body_of, prepared

_OF_A_REPORT = {
    "article": "art.16",
    "rule": "R11",
    "remedy": "如前一记录有误，请先撤销它（annulments），再重新处理",
    "remedy_en": "If that was wrong, annul it first, then deal with the report anew.",
}


@case("EnterBadRecord")
def _(world: World) -> Case:
    uscc = world.filed()
    report = world.id_of("ReportBehaviour", uscc)
    record = world.id_of("EnterBadRecord", uscc, report_id=report)
    text, text_en = (
        f"已于 2024-06-03 据该举报记不良信息（{record}）",
        f"a bad record was entered from this report on 2024-06-03 ({record})",
    )
    body = {**body_of("EnterBadRecord"), "report_id": report}
    return (
        uscc,
        f"/v1/agencies/{uscc}/bad-records",
        body,
        problem(
            text, text_en, errors=[{"pointer": "/report_id", "detail": text, "detail_en": text_en}], **_OF_A_REPORT
        ),
    )


@case("DismissReport")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "DismissReport")
    text, text_en = (
        f"该举报已于 2024-05-31 不予记录（{first['id']}）",
        f"this report was dismissed on 2024-05-31 ({first['id']})",
    )
    return uscc, path, body, problem(text, text_en, **_OF_A_REPORT)


@case("DismissHint")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "DismissHint")
    text, text_en = f"该线索已排除（{first['id']}）", f"this hint has been dismissed ({first['id']})"
    return (
        uscc,
        path,
        body,
        problem(
            text,
            text_en,
            rule="R37",
            remedy="如前一记录有误，请先撤销它（annulments），再重新处理",
            remedy_en="If that was wrong, annul it first, then deal with the hint anew.",
        ),
    )


@case("FileObjection")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "FileObjection")
    text, text_en = (
        f"对该记录的更正申请（{first['id']}）尚待答复",
        f"an objection to this record ({first['id']}) awaits its answer",
    )
    return (
        uscc,
        path,
        body,
        problem(
            text,
            text_en,
            errors=[{"pointer": "/event_id", "detail": text, "detail_en": text_en}],
            rule="R38",
            remedy="请等待答复；答复后如有新的理由可再次提出",
            remedy_en="Wait for the answer; with new grounds, object again after it.",
        ),
    )


@case("AnswerObjection")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "AnswerObjection")
    text, text_en = (
        f"该更正申请已于 2024-06-18 答复（{first['id']}）",
        f"this objection was answered on 2024-06-18 ({first['id']})",
    )
    return (
        uscc,
        path,
        body,
        problem(
            text,
            text_en,
            rule="R38",
            remedy="答复不可更改；机构有新的理由可再次申请更正，协会也可直接撤销有误的记录",
            remedy_en="An answer stands; the agency may object anew, and what is wrong can be annulled directly.",
        ),
    )


@case("CorrectEvent")
def _(world: World) -> Case:
    path, body, uscc = prepared(world, "CorrectEvent")
    first = World.must(world.association.post(path, body))["events"][0]
    text, text_en = (
        f"{body['event_id']} 已被撤销（撤销记录 {first['id']}）",
        f"{body['event_id']} has been annulled (by {first['id']})",
    )
    return (
        uscc,
        path,
        body,
        problem(
            text,
            text_en,
            errors=[{"pointer": "/event_id", "detail": text, "detail_en": text_en}],
            remedy="请重新记录该事实，再据以办理",
            remedy_en="Record the fact anew and refer to the new record.",
        ),
    )


WATCHED = frozenset(CHECKED)
"""The commands of these cases."""


@case("FileStatement")
def _(world: World) -> Case:
    uscc, path, body = _stated_beside_nothing(world)
    text, text_en = (
        "PledgeSigned 不扣分、不加标签，无需申辩",
        "PledgeSigned costs no point and adds no tag: there is nothing to state beside it",
    )
    return (
        uscc,
        path,
        body,
        problem(
            text,
            text_en,
            errors=[{"pointer": "/event_id", "detail": text, "detail_en": text_en}],
            rule="R38a",
            remedy="请选择不良信息、投诉、扣分事项等对机构不利的记录；对公布的结果请提出异议",
            remedy_en="Choose a bad record, complaint or lapse; appeal against a published result.",
        ),
    )


def _stated_beside_nothing(world: World) -> tuple[str, str, dict[str, object]]:
    uscc = world.filed()
    pledge = world.id_of("SignPledge", uscc)
    return uscc, f"/v1/agencies/{uscc}/statements", {**body_of("FileStatement"), "event_id": pledge}


@case("ApplyForRepair")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "ApplyForRepair")
    text, text_en = (
        f"对该记录的信用修复申请（{first['id']}）尚待决定",
        f"an application for the repair of this record ({first['id']}) awaits its decision",
    )
    return (
        uscc,
        path,
        body,
        problem(
            text,
            text_en,
            errors=[{"pointer": "/event_id", "detail": text, "detail_en": text_en}],
            rule="R42",
            remedy="不必再次申请；不予准许后有新的理由可再次申请",
            remedy_en="No other is needed; after a refusal one can apply with new grounds.",
        ),
    )


@case("DecideRepair")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "DecideRepair")
    day = body_of("DecideRepair")["decided_on"]
    return (
        uscc,
        path,
        body,
        problem(
            f"该信用修复申请已于 {day} 决定（{first['id']}）",
            f"this application was decided on {day} ({first['id']})",
            rule="R42",
            remedy="如决定有误，请撤销该决定后重新决定",
            remedy_en="If that was wrong, annul the decision and decide anew.",
        ),
    )


@case("RecordSuccession")
def _(world: World) -> Case:
    uscc, path, body, first = twice(world, "RecordSuccession")
    day = body_of("RecordSuccession")["effective_on"]
    return (
        uscc,
        path,
        body,
        problem(
            f"该机构已于 {day} 由其他机构承继（{first['id']}）",
            f"this agency has been succeeded on {day} ({first['id']})",
            article="art.12",
            rule="R43",
            remedy="如有误，请先撤销该记录",
            remedy_en="If that was wrong, annul it first.",
        ),
    )


@case("RecordService")
def _(world: World) -> Case:
    uscc, path, body, _ = twice(world, "RecordService")
    day = body_of("RecordService")["served_on"]
    return (
        uscc,
        path,
        body,
        problem(
            f"该通知已于 {day} 送达",
            f"this notice was served on {day}",
            rule="R41",
            remedy="如登记有误，请撤销该记录后重新登记",
            remedy_en="If that is wrong, annul that record and record it anew.",
        ),
    )


@case("GiveNoticeLink")
def _(world: World) -> Case:
    path, body, uscc = prepared(world, "GiveNoticeLink")
    signed = body_of("AcknowledgeNotice")
    world.must(world.association.post(path.replace("/links", "/acknowledgement"), signed))
    return (
        uscc,
        path,
        body,
        problem(
            f"该通知已于 {signed['acknowledged_on']} 签收",
            f"this notice was acknowledged on {signed['acknowledged_on']}",
            rule="R41",
            remedy="不必再次签收",
            remedy_en="It need not be acknowledged again.",
        ),
    )


@case("AcknowledgeNotice")
def _(world: World) -> Case:
    uscc, path, body, _ = twice(world, "AcknowledgeNotice")
    day = body_of("AcknowledgeNotice")["acknowledged_on"]
    return (
        uscc,
        path,
        body,
        problem(
            f"该通知已于 {day} 签收",
            f"this notice was acknowledged on {day}",
            rule="R41",
            remedy="不必再次签收",
            remedy_en="It need not be acknowledged again.",
        ),
    )
