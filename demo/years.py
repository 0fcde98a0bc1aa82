"""The demonstration's finished years: published in April, appealed, decided in May, closed in July (art.19, 20, R36).

They are acts like those of the committee, with the demonstration's clock and ids. Each is done once: what stands in
the ledger says what is still to do, so an interrupted making goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from api.application.action_context import ActionContext
from api.application.assessing.appeal_decisions import decide, simple
from api.application.assessing.impact_decisions import dispose
from api.application.assessing.publishing import close_year, publish_year, round_of
from api.application.privacy.authorisation import Caller
from demo.diary import ONE_DAY, DiaryStep
from domain.commands.appeals import AdmitAppeal, DecideAppeal, WithdrawAppeal
from domain.commands.rounds import CloseYear, DisposeImpact, PublishYear
from domain.events import AppealFiled, BadRecordEntered, ComplaintUpheld, Event, LapseRecorded, ResultPublished
from domain.ledger.ledger import Ledger
from domain.measures.calendar import Calendar
from domain.values import SHANGHAI, Role, instant, time_ordered_id
from projections.rows.read.published import OpenMatter, WorklistFilter, matters, results_of_year
from projections.rows.read.row_queries import RowQueries

PUBLISHED_IN, DECIDED_IN, DISPOSED_IN, CLOSED_IN = 4, 5, 6, 7
OUTCOMES = ("upheld", "dismissed", "partly_upheld", "withdrawn", "dismissed", "late")
"""What becomes of a year's appeals, in the order in which they were filed."""
PENDING = 4
"""The one that is left to be decided in the last finished year."""
_GROUNDS = (
    "该次会议通知未送达本机构，不应扣分。",
    "投诉所涉隐患不在合同服务范围之内。",
    "登记的事实与现场记录不符。",
    "当日人员因其他项目抢险未能到场，已电话说明。",
    "核查时未听取本机构意见。",
)
_REASONS = {
    "upheld": "经复核现场记录和往来函件，所争议的事实认定依据不足，异议成立。",
    "partly_upheld": "其中一项依据不足予以撤销，其余事实清楚，予以维持。",
    "dismissed": "经复核，事实清楚、依据充分，异议不成立。",
    "late": "逾期理由成立，予以受理；经复核，事实清楚，异议不成立。",
}


@dataclass(frozen=True)
class Years:
    """Whoever makes the demonstration, at its ledger."""

    ledger: Ledger
    calendar: Calendar
    seed: int
    until: date
    people: dict[Role, str]
    clock: Callable[[], datetime]
    set_clock: Callable[[datetime], None]

    def before(self, year: int, month: int) -> None:
        """What the committee does on the first working day of a month, before anything else is recorded in it."""
        on = self._first_working_day(year, month)
        doing = {
            PUBLISHED_IN: self._publish,
            DECIDED_IN: self._decide,
            DISPOSED_IN: self._dispose,
            CLOSED_IN: self._close,
        }.get(month)
        if doing is not None and on <= self.until:
            doing(year - 1, on)

    def also(self, year: int, month: int, later: Sequence[DiaryStep]) -> list[DiaryStep]:
        """The appeals of a month, as steps among the others. `later`: what is recorded from then on; none undoes it."""
        if month != PUBLISHED_IN:
            return []
        rng = self._rng(year - 1, "appeals")
        on = self._first_working_day(year, month)
        found = list(self._appealing(year - 1, rng, _named(later)))
        days = [self._working_day(on + timedelta(days=1 + number % 4)) for number in range(len(OUTCOMES) - 1)]
        days.append(self._working_day(on + timedelta(days=15)))
        steps = []
        for number, ((uscc, disputed), day) in enumerate(zip(found, days, strict=False)):
            at = datetime.combine(day, time(16, 5 * number), SHANGHAI) + timedelta(microseconds=rng.randrange(10**8))
            practitioner = number % 3 == 2
            body = {
                "year": year - 1,
                "filed_on": day.isoformat(),
                "grounds": rng.choice(_GROUNDS),
                "appellant": {"kind": "practitioner", "name": "邓海生"} if practitioner else {"kind": "agency"},
                "disputed_event_ids": disputed,
            }
            event_id = time_ordered_id(int(at.timestamp() * 1000), rng.randbytes(10))
            steps.append(DiaryStep(at, uscc, f"/v1/agencies/{uscc}/appeals", body, Role.AGENCY, event_id))
        return [step for step in steps if step.at.date() <= self.until]

    # ---- what is done ----

    def _publish(self, year: int, on: date) -> None:
        with self.ledger.reading() as reader:
            if round_of(reader, year).published is not None:
                return
            ask = RowQueries(reader, instant(self._at(on, 0)))
            rows = ask.ranking(ask.district(on), year)
        if not any(row.assessed or row.grade for row in rows):
            return  # nobody was in business then
        waivers = [
            {"uscc": row.agency.uscc, "part": part, "reason": "当年无有效评价，委员会同意豁免"}
            for row in rows
            if row.assessed
            for part in row.missing
        ]
        meeting = on - ONE_DAY
        while not self.calendar.is_working_day(meeting):
            meeting -= ONE_DAY
        body = PublishYear.model_validate(
            {"published_on": on.isoformat(), "meeting_on": meeting.isoformat(), "waivers": waivers}
        )
        publish_year(self._act(year, on, 0, "publication"), year, body)

    def _decide(self, year: int, on: date) -> None:
        for number, one in enumerate(self._matters(WorklistFilter("appeal", "all", year=year))):
            outcome = OUTCOMES[number % len(OUTCOMES)]
            if one.matter.is_open and not (number == PENDING and year == self._last_finished()):
                self._deal_with(year, on, number, one, outcome)

    def _deal_with(self, year: int, on: date, number: int, one: OpenMatter, outcome: str) -> None:
        act = self._act(year, on, number, f"decision {number}")
        day = on.isoformat()
        if outcome == "withdrawn":
            entered = self._act(year, on, number, f"decision {number}", Role.ASSOCIATION)
            document = [{"title": "撤回异议申请书（申诉人签名）"}]
            simple(entered, one.id, WithdrawAppeal.model_validate({"withdrawn_on": day, "evidence": document}))
            return
        if one.matter.status == "awaiting_admission":
            simple(
                act, one.id, AdmitAppeal.model_validate({"reason": "负责人住院，逾期有正当理由。", "decided_on": day})
            )
            act = self._act(year, on, number, f"decision {number} admitted")
        body: dict[str, Any] = {
            "outcome": "dismissed" if outcome == "late" else outcome,
            "decided_on": day,
            "reasons": _REASONS[outcome],
        }
        if outcome in ("upheld", "partly_upheld"):
            disputed = self._disputed(one)
            body |= self._annulling(one.uscc, disputed if outcome == "upheld" else disputed[:1], day)
        decide(act, one.id, DecideAppeal.model_validate(body))

    def _annulling(self, uscc: str, events: list[Event], day: str) -> dict[str, Any]:
        """What is annulled; a complaint whose decision goes is decided anew, as it would stay open otherwise."""
        again = [
            {
                "post": f"/v1/agencies/{uscc}/complaints/{event.complaint_id}/decision",
                "body": {
                    "outcome": "dismissed",
                    "decided_on": day,
                    "findings": "按委员会对异议的决定重新认定：不属实。",
                },
            }
            for event in events
            if isinstance(event, ComplaintUpheld)
        ]
        return {"annul": [event.id for event in events], "replace": again}

    def _dispose(self, year: int, on: date) -> None:
        """Late facts: some results are reopened, most are kept; of the last finished year they are left to be done."""
        for earlier in range(year - 3, year + 1):
            if earlier == self._last_finished():
                continue
            for number, one in enumerate(self._matters(WorklistFilter("impact", year=earlier))):
                reopened = earlier == year and number % 4 == 1
                body = {
                    "outcome": "reopened" if reopened else "kept",
                    "disposed_on": on.isoformat(),
                    "reason": "漏记的事实影响总分，予以修订。" if reopened else "迟报事实不影响等次，委员会决定维持。",
                }
                act = self._act(year, on, number % 25, f"impact {earlier} {one.id}")
                dispose(act, one.id, DisposeImpact.model_validate(body))

    def _close(self, year: int, on: date) -> None:
        with self.ledger.reading() as reader:
            round_ = round_of(reader, year)
        if year != self._last_finished() and round_.status == "published":
            close_year(self._act(year, on, 0, "closing"), year, CloseYear.model_validate({"closed_on": on.isoformat()}))

    # ---- what stands ----

    def _last_finished(self) -> int:
        """The last year that is published by the demonstration's last day."""
        published = self._first_working_day(self.until.year, PUBLISHED_IN) <= self.until
        return self.until.year - (1 if published else 2)

    def _appealing(self, year: int, rng: Random, taken: set[str]) -> Iterator[tuple[str, list[str]]]:
        """Agencies that have something to dispute on their published sheet, and what."""
        with self.ledger.reading() as reader:
            found = []
            for one in results_of_year(reader.connection, year):
                result = next(iter(reader.named([one.event_id]).values()))
                if isinstance(result, ResultPublished):
                    ids = [id_ for line in result.sheet.get("lines", ()) for id_ in line["events"]]
                    facts = reader.named(ids)
                    disputed = [id_ for id_ in dict.fromkeys(ids) if _can_be_disputed(facts.get(id_), taken)]
                    if disputed:
                        found.append((one.uscc, disputed[:2]))
        found.sort(key=lambda pair: pair[0])
        yield from rng.sample(found, k=min(len(OUTCOMES), len(found)))

    def _matters(self, wanted: WorklistFilter) -> list[OpenMatter]:
        with self.ledger.reading() as reader:
            return sorted(matters(reader.connection, wanted), key=lambda one: (one.matter.begun_on, one.id))

    def _disputed(self, one: OpenMatter) -> list[Event]:
        with self.ledger.reading() as reader:
            filed = reader.named([one.id])[one.id]
            named = reader.named(filed.disputed) if isinstance(filed, AppealFiled) else {}
        return [named[id_] for id_ in getattr(filed, "disputed", ())]

    # ---- clock and ids ----

    def _act(
        self, year: int, on: date, number: int, what: str, role: Role = Role.COMMITTEE, uscc: str | None = None
    ) -> ActionContext:
        """An act at half past eight, one every minute, with ids that follow from what it is."""
        at = self._at(on, number)
        self.set_clock(at)
        rng = self._rng(year, what)
        caller = Caller(self.people[role], role, uscc, b"", via="api")

        def make_id() -> str:
            return time_ordered_id(int(at.timestamp() * 1000), rng.randbytes(10))

        return ActionContext(self.ledger, caller, None, clock=self.clock, make_id=make_id)

    def _rng(self, year: int, what: str) -> Random:
        return Random(f"{self.seed}/year/{year}/{what}")  # noqa: S311  # made-up facts, no secrets

    @staticmethod
    def _at(on: date, number: int) -> datetime:
        return datetime.combine(on, time(8, 30 + number), SHANGHAI)

    def _working_day(self, day: date) -> date:
        while not self.calendar.is_working_day(day):
            day += ONE_DAY
        return day

    def _first_working_day(self, year: int, month: int) -> date:
        return self._working_day(date(year, month, 1))


def _named(steps: Iterable[DiaryStep]) -> set[str]:
    """All that these steps name in their paths and bodies: they rely on it."""
    found: set[str] = set()
    for step in steps:
        found.update(step.path.split("/"))
        found.update(value for value in step.body.values() if isinstance(value, str))
    return found


def _can_be_disputed(event: Event | None, taken: set[str]) -> bool:
    """A fact that the association found, and that no later step of the demonstration relies on."""
    kinds = (LapseRecorded, BadRecordEntered, ComplaintUpheld)
    named = {event.id, *event.named()} if event is not None else set()
    return isinstance(event, kinds) and named.isdisjoint(taken)
