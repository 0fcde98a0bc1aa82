"""Cases of `test_refusals.py`: reports, hints, objections and corrections that contradict the trail (R11, R37, R38)."""

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
