"""The everyday life of an agency of the demonstration: filing, duties, projects (chapters 2 and 3 of the Measures)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from demo.diary import Diary
from demo.invented_names import Enterprise, person_name, worker
from demo.temper import Temper
from domain.values import Role

_ROADS = ("石化大道", "龙海一路", "中兴中路", "安惠大道", "疏港大道", "滨海十路", "科技路", "响水河路")
_INSPECTED = (
    "备案信息与佐证材料一致。",
    "抽查项目档案5份，过程记录完整。",
    "人员证书齐全，2份社保材料待补。",
    "办公场所与备案地址一致，设备台账已更新。",
    "现场勘查记录缺少签字，当场要求改正。",
)
_REQUESTS = (
    (1, (2, 14), 20, "年度登记材料"),
    (3, (4, 8), 14, "第一季度服务情况信息表"),
    (3, (7, 8), 14, "第二季度服务情况信息表"),
    (3, (10, 12), 14, "第三季度服务情况信息表"),
    (6, (12, 10), 21, "年度安全服务工作总结"),
)


@dataclass(frozen=True)
class Project:
    """A project as later steps need it."""

    id: str
    client: Enterprise
    started_on: date
    known_on: date
    """The day on which its start was recorded: nothing can name it before."""
    ended_on: date | None


def file_agency(diary: Diary, day: date, *, submitted_on: date | None = None, returned: bool = False) -> date:
    """File the agency from `day` on; gives the day on which it is filed. `submitted_on`: entered belatedly."""
    rng, category = diary.rng, diary.category
    day = diary.working_day(day)
    years = rng.randrange(2, 5)
    body: dict[str, Any] = {
        "uscc": diary.agency.uscc,
        "name": diary.agency.name,
        "category": category.name,
        "legal_representative": person_name(rng),
        "technical_lead": diary.staff[0].name,
        "address": f"惠州大亚湾{rng.choice(_ROADS)}{rng.randrange(3, 299)}号",
        "local": rng.random() < 0.6,
        "scope": list(category.services),
        "qualifications": [
            {
                "name": f"{category.name}机构资质",
                "no": f"YN-{rng.randrange(10**6):06d}",
                "scope": list(category.services),
                "valid_until": f"{day.year + years}-{day:%m}-28",
            }
        ],
        "personnel": [one.person() for one in diary.staff],
    }
    if returned:
        diary.add(day, "", Role.AGENCY, **body, submitted_on=day)
        back = diary.working_day(day + timedelta(days=5))
        reasons = "技术负责人的资格证明缺页，请补齐后再次提交。"
        diary.add(back, "filing-decision", outcome="returned", decided_on=back, reasons=reasons)
        day = diary.working_day(back + timedelta(days=12))
    late = submitted_on is not None
    diary.add(day, "", Role.ASSOCIATION if late else Role.AGENCY, **body, submitted_on=submitted_on or day)
    decided = diary.working_day(day + timedelta(days=rng.randrange(1, 8)))
    filed_on = decided if submitted_on is None else diary.working_day(submitted_on + timedelta(days=9))
    diary.add(decided, "filing-decision", outcome="filed", decided_on=filed_on)
    return decided


def pledge(diary: Diary, filed_on: date, temper: Temper) -> None:
    """The pledge of annex 3 is asked for after filing, and signed in time, late or not at all (art.26)."""
    asked = diary.working_day(filed_on + timedelta(days=2))
    due = asked + timedelta(days=15)
    diary.add(asked, "submission-requests", item=7, title="诚信从业承诺书", requested_on=asked, due_on=due)
    missed = diary.rng.random() < temper.late * 1.5
    if missed and diary.rng.random() < 0.4:
        return
    signed = diary.working_day((due if missed else asked) + timedelta(days=diary.rng.randrange(2, 9)))
    diary.add(signed, "pledge", Role.AGENCY, signed_on=signed)


def duties(diary: Diary, temper: Temper, first: date, last: date) -> None:
    """What recurs every year: requests and receipts, inspections, changes, lapses found by hand."""
    for year in range(first.year, last.year + 1):
        for item, month_day, days, title in _REQUESTS:
            asked = diary.working_day(date(year, *month_day) + timedelta(days=diary.rng.randrange(4)))
            if first <= asked <= last:
                _request(diary, temper, item, f"{year}年{title}", asked, asked + timedelta(days=days))
        begin, end = max(first, date(year, 1, 5)), min(last, date(year, 12, 20))
        if (end - begin).days < 30:
            continue
        for _ in range(2):
            day = diary.working_day(_between(diary, begin, end))
            diary.add(day, "inspections", inspected_on=day, findings=diary.rng.choice(_INSPECTED))
        for _ in range(_often(diary, 1.3)):
            _change(diary, temper, _between(diary, begin, end))
        for _ in range(_often(diary, temper.lapses)):
            day = diary.working_day(_between(diary, begin, end))
            item = diary.rng.choice((4, 4, 9, 1, 3))
            late = diary.rng.random() < 0.2
            diary.add(
                day + timedelta(days=diary.rng.randrange(20, 90) if late else 0), "lapses", item=item, occurred_on=day
            )


def _request(diary: Diary, temper: Temper, item: int, title: str, asked: date, due: date) -> None:
    request, _ = diary.add(asked, "submission-requests", item=item, title=title, requested_on=asked, due_on=due)
    chance = diary.rng.random()
    if chance < temper.late * 0.3:
        return
    late = chance < temper.late
    came = diary.working_day(due + timedelta(days=diary.rng.randrange(2, 25))) if late else _in_time(diary, asked, due)
    entered = came + timedelta(days=diary.rng.randrange(3, 40) if diary.rng.random() < 0.04 else 0)
    diary.add(entered, f"submission-requests/{request}/receipt", received_on=came)


def _in_time(diary: Diary, asked: date, due: date) -> date:
    """A working day by the due date, else the due date itself: some bring it on a Saturday."""
    came = diary.working_day(_between(diary, asked + timedelta(days=1), due - timedelta(days=1)))
    return min(came, due)


def _change(diary: Diary, temper: Temper, changed: date) -> None:
    rng = diary.rng
    late = rng.random() < temper.late * 2.5
    reported = diary.working_day(changed + timedelta(days=rng.randrange(13, 45) if late else rng.randrange(0, 6)))
    kind = rng.randrange(4)
    fields: dict[str, Any] = {
        0: {"address": f"惠州大亚湾{rng.choice(_ROADS)}{rng.randrange(300, 599)}号"},
        1: {"technical_lead": rng.choice(diary.staff).name},
        2: {"legal_representative": person_name(rng)},
        3: {},
    }[kind]
    if kind == 3:
        diary.staff[rng.randrange(1, len(diary.staff))] = worker(rng, diary.category)
        fields = {"personnel": [one.person() for one in diary.staff]}
    diary.add(reported, "changes", changed_on=changed, reported_on=reported, fields=fields)


def projects(
    diary: Diary, temper: Temper, first: date, last: date, count: int, clients: list[Enterprise]
) -> list[Project]:
    """So many projects between the two days, with their plans, extensions and ends."""
    starts = sorted(_between(diary, first, last) for _ in range(count))
    return [_project(diary, temper, start, number, clients) for number, start in enumerate(starts, start=1)]


def _project(diary: Diary, temper: Temper, started: date, number: int, clients: list[Enterprise]) -> Project:
    rng = diary.rng
    client = rng.choice(clients)
    days = rng.choice((45, 60, 90, 90, 120, 180, 365))
    due = started + timedelta(days=days)
    outside = temper.late > 0.1 and rng.random() < 0.06
    late_entry = rng.random() < 0.03
    known = started + timedelta(days=rng.randrange(60, 150) if late_entry else rng.randrange(9))
    project, known = diary.add(
        known,
        "projects",
        Role.ASSOCIATION if late_entry else Role.AGENCY,
        client=client.client(),
        contract_no=f"{started.year}-{diary.agency.uscc[-6:-1]}-{number:03d}",
        service_type="特种设备检验" if outside else rng.choice(diary.category.services),
        started_on=started,
        due_on=due,
        **_team(diary, temper),
    )
    if rng.random() < 0.96 - temper.late:
        filed = diary.working_day(max(known, started + timedelta(days=rng.randrange(3, 21))))
        diary.add(filed, f"projects/{project}/plan", Role.AGENCY, filed_on=filed)
    if rng.random() < 0.09:
        agreed = diary.working_day(started + timedelta(days=int(days * rng.uniform(0.5, 1.08))))
        due += timedelta(days=rng.choice((30, 45, 60)))
        diary.add(max(agreed, known), f"projects/{project}/extension", agreed_on=agreed, due_on=due)
    return Project(project, client, started, known, _end(diary, temper, project, started, known, due))


def _end(diary: Diary, temper: Temper, project: str, started: date, known: date, due: date) -> date | None:
    rng = diary.rng
    chance = rng.random()
    if chance < 0.02:
        ended = diary.working_day(_between(diary, started + timedelta(days=10), due))
        diary.add(
            max(ended, known), f"projects/{project}/cancellation", cancelled_on=ended, reason="双方协商解除合同。"
        )
        return ended
    if chance < 0.035:
        return None  # nobody ever reports its end
    late = rng.random() < temper.late * 0.8
    days = rng.randrange(3, 70) if late else -rng.randrange(1, max(2, (due - started).days // 5))
    ended = diary.working_day(max(started + timedelta(days=5), due + timedelta(days=days)))
    body: dict[str, Any] = {"completed_on": ended, "report_filed_on": ended if rng.random() < 0.9 else None}
    by_agency = rng.random() < 0.7 and ended >= known
    entered = ended if by_agency else max(known, ended + timedelta(days=_entry_delay(diary)))
    diary.add(entered, f"projects/{project}/completion", Role.AGENCY if by_agency else Role.ASSOCIATION, **body)
    return ended


def _entry_delay(diary: Diary) -> int:
    """Days until the association enters what it was told on paper; now and then months."""
    return diary.rng.randrange(60, 200) if diary.rng.random() < 0.08 else diary.rng.randrange(1, 15)


def _team(diary: Diary, temper: Temper) -> dict[str, Any]:
    rng = diary.rng
    members = rng.sample(diary.staff, k=min(len(diary.staff), rng.randrange(3, 5)))
    lead, *others = members
    short = rng.random() < temper.late * 0.6
    if short and rng.random() < 0.5:
        others = others[:1]
    years = "1" if short else max(lead.years, "2", key=float)
    return {"quality_lead": lead.member(years), "technicians": [one.member() for one in others]}


def _between(diary: Diary, first: date, last: date) -> date:
    return first + timedelta(days=diary.rng.randrange(max(1, (last - first).days + 1)))


def _often(diary: Diary, per_year: float) -> int:
    """A whole number with this mean: Knuth's way for a Poisson process."""
    limit, count, product = 2.718281828459045**-per_year, 0, diary.rng.random()
    while product > limit:
        count += 1
        product *= diary.rng.random()
    return count
