"""What goes wrong in the demonstration: complaints, bad records, penalties, an accident, annulments (art.16-18, 25)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from demo.business import Project
from demo.diary import Diary
from demo.invented_names import person_name
from demo.temper import Temper
from domain.values import Role

_CONTENT = {
    "16.1": "未签订书面合同即进场服务，合同在检查后补签。",
    "16.2": "合同约定每月到场两次，核对签到表，当月未到现场。",
    "16.3": "服务方案为通用模板，与企业实际需求不一致。",
    "16.4": "在其他企业的培训材料中使用了该企业的工艺图。",
    "16.5a": "承接了备案业务范围以外的检测项目。",
    "16.5b": "报告引用已废止的标准，两处内容与现场不符。",
    "16.6": "未经企业同意删减了方案中的现场勘查环节。",
    "16.7": "报送的人员信息与社保记录不一致。",
    "16.9": "一名安全工程师的证书同时登记在另一家同类机构。",
    "16.10": "专职人员离职后未补充，人员数量低于备案条件。",
    "16.11": "在投标说明会上贬低其他服务机构。",
    "16.13": "未按规定张贴作业警示标识。",
}
"""What the record says happened, by behaviour; 16.8 and 16.12 come by derivation (R12)."""
_FINDINGS = {
    "upheld": "经现场核查并比对检查报告，应当发现的隐患未指出，投诉属实。依据为核查笔录，存协会。",
    "dismissed": "经核查，服务过程记录完整，投诉事项不成立。依据为机构的过程记录，存协会。",
    "merged": "与在先投诉系同一事项，并案处理，无另附材料。",
}


def complaint(diary: Diary, day: date, grounds: str, projects: list[Project]) -> tuple[str, date]:
    """A complaint comes in, from a client with a project where there is one."""
    rng = diary.rng
    known = [one for one in projects if one.known_on <= day]
    client = rng.choice(known).client.uscc if known else None
    day = diary.working_day(day)
    role = Role.CLIENT if client is not None and rng.random() < 0.5 else Role.ASSOCIATION
    return diary.add(
        day, "complaints", role, received_on=day, complainant=person_name(rng), client_uscc=client, grounds=grounds
    )


def decide(diary: Diary, complaint_id: str, day: date, outcome: str, **more: Any) -> tuple[str, date]:
    """The association's decision on a complaint."""
    day = diary.working_day(day)
    return diary.add(
        day,
        f"complaints/{complaint_id}/decision",
        outcome=outcome,
        decided_on=day,
        findings=_FINDINGS[outcome],
        paper=0.3,
        **more,
    )


def complaints(diary: Diary, temper: Temper, projects: list[Project], first: date, last: date) -> None:
    """Complaints at the temper's rate: upheld, dismissed, merged, or still open."""
    rng = diary.rng
    day = first
    earlier: tuple[str, date] | None = None
    while (day := day + timedelta(days=max(5, int(rng.expovariate(temper.complaints / 365))))) < last:
        grounds = rng.choice(("missed_hazard", "poor_quality", "poor_quality", "other"))
        id_, came = complaint(diary, day, grounds, projects)
        on = came + timedelta(days=rng.randrange(10, 60))
        chance = rng.random()
        if chance < 0.45:
            _, on = decide(diary, id_, on, "upheld", verified_grounds=grounds)
            if rng.random() < 0.8:
                diary.send_notices(on + timedelta(days=rng.randrange(1, 9)))
        elif chance < 0.8:
            decide(diary, id_, on, "dismissed")
        elif chance < 0.92 and earlier is not None:
            decide(diary, id_, on, "merged", merged_into=earlier[0])
            continue
        earlier = (id_, on)


def bad_records(diary: Diary, temper: Temper, first: date, last: date) -> None:
    """Bad records of many behaviours; unlawful ones are referred to the regulator, mostly (R14)."""
    rng = diary.rng
    day = first
    while (day := day + timedelta(days=max(3, int(rng.expovariate(temper.bad_records / 365))))) < last:
        entered = diary.working_day(day)
        behaviour_on = entered - timedelta(days=rng.randrange(0, 30))
        unlawful = rng.random() < 0.15
        behaviour = rng.choice(list(_CONTENT))
        record, known = diary.add(
            entered,
            "bad-records",
            behaviour=behaviour,
            entered_on=entered,
            behaviour_on=behaviour_on,
            content=_CONTENT[behaviour],
            unlawful=unlawful,
            paper=0.25,
        )
        if unlawful and rng.random() < 0.8:
            on = diary.working_day(known + timedelta(days=rng.randrange(1, 20)))
            number = f"{on.year}移{rng.randrange(1000):03d}号"
            diary.add(on, f"bad-records/{record}/referral", referred_on=on, reference=number)
        if rng.random() < 0.06:
            annul(diary, record, known + timedelta(days=rng.randrange(10, 120)), "经复核，系记录对象有误。")


def annul(diary: Diary, event_id: str, day: date, reason: str, role: Role = Role.ASSOCIATION) -> date:
    """An event stops counting, with the reason."""
    on = diary.working_day(day)
    diary.add(on, "annulments", role, event_id=event_id, reason=reason, basis="区安协复核记录", annulled_on=on)
    return on


def ladder(diary: Diary, projects: list[Project], day: date, upheld: int) -> list[tuple[str, date]]:
    """So many complaints upheld within a year, one after the other, with their notices (art.17)."""
    decisions = []
    for number in range(upheld):
        grounds = "missed_hazard" if number % 2 == 0 else "poor_quality"
        id_, came = complaint(diary, day + timedelta(days=75 * number), grounds, projects)
        decision, on = decide(diary, id_, came + timedelta(days=20), "upheld", verified_grounds=grounds)
        diary.send_notices(on + timedelta(days=2))
        decisions.append((decision, on))
    return decisions


def overturned(diary: Diary, projects: list[Project], day: date) -> None:
    """An upheld complaint is annulled by the committee months later and decided anew; its notice is corrected."""
    first, _ = ladder(diary, projects, day, 1)[0]
    id_, came = complaint(diary, day + timedelta(days=90), "poor_quality", projects)
    decision, on = decide(diary, id_, came + timedelta(days=15), "upheld", verified_grounds="poor_quality")
    diary.send_notices(on + timedelta(days=1))
    gone = annul(diary, decision, on + timedelta(days=130), "委员会复核：原核查取证程序不当。", Role.COMMITTEE)
    decide(diary, id_, gone + timedelta(days=14), "dismissed")
    diary.send_notices(gone + timedelta(days=16))
    annul(diary, first, gone + timedelta(days=60), "投诉人书面撤回并承认误报。")


def merged(diary: Diary, projects: list[Project], day: date) -> None:
    """Two complaints about one matter: the second goes into the first and counts with it, once (R15)."""
    first, came = complaint(diary, day, "missed_hazard", projects)
    second, _ = complaint(diary, came + timedelta(days=3), "missed_hazard", projects)
    decide(diary, second, came + timedelta(days=8), "merged", merged_into=first)
    decide(diary, first, came + timedelta(days=25), "upheld", verified_grounds="missed_hazard")


def penalty(diary: Diary, day: date, authority: str, kind: str) -> tuple[str, date]:
    """An administrative penalty (art.25)."""
    on = diary.working_day(day)
    number = f"（{on.year}）罚{diary.rng.randrange(1, 200):03d}号"
    return diary.add(
        on, "penalties", Role.REGULATOR, authority=authority, authority_kind=kind, decision_no=number, decided_on=on
    )


def accident(diary: Diary, project: Project, day: date) -> None:
    """An investigation finds the agency liable for an accident at a client (art.18)."""
    on = diary.working_day(max(day, project.known_on))
    diary.add(
        on,
        "accidents",
        Role.REGULATOR,
        found_on=on,
        accident_on=on - timedelta(days=45),
        severity="general",
        liability="indirect",
        client_uscc=project.client.uscc,
        project_id=project.id,
        investigation_ref=f"事故调查报告（{on.year}）{diary.rng.randrange(1, 20):02d}号",
    )
    diary.send_notices(on + timedelta(days=3))
