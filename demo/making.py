"""Making the demonstration: its steps are recorded month by month, by the same commands as every fact.

How it was made stands in the trail: the person who opened the ledger is named after seed, size and last day. So an
interrupted making goes on where it stopped, whatever is asked for the second time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import groupby

from api.application.commands import find_command
from api.application.importer.import_pieces import claim, done_up_to
from demo.diary import NOTICES, DiaryStep
from demo.plan import OPENED_AT, Size, steps
from demo.years import Years
from domain.commands.sanctions import SendNotice
from domain.errors import Contradiction
from domain.events import FilingSubmitted, LedgerOpened, ProjectStarted
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.measures.calendar import Calendar
from domain.measures.notices import notices
from domain.measures.rulebook.rulebook import Rulebook
from domain.store.access.tokens import create_person, person_named, person_names
from domain.trail.trail import Facts
from domain.values import LEDGER_STREAM, SHANGHAI, Role, instant, shanghai_date

MAKER = "演示数据（种子 {seed}，{agencies} 家机构，约 {facts} 条，截至 {until}）"
_MAKER = re.compile(r"演示数据（种子 (-?\d+)，(\d+) 家机构，约 (\d+) 条，截至 (\d{4}-\d{2}-\d{2})）")
PEOPLE = {
    Role.ASSOCIATION: "演示·协会经办人",
    Role.COMMITTEE: "演示·委员会秘书",
    Role.REGULATOR: "演示·监管部门经办人",
    Role.AGENCY: "演示·机构联系人",
    Role.CLIENT: "演示·企业安全员",
}
"""Who records what in the demonstration; the token command gives tokens to the same people."""

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all."""


@dataclass
class Clock:
    """The injected clock: it shows the instant of the step that is being recorded."""

    at: datetime = OPENED_AT

    def __call__(self) -> datetime:
        """The instant it shows."""
        return self.at


def refuse_real_ledger(ledger: Ledger) -> LedgerOpened | None:
    """The opening of a demonstration's ledger; None before it. Raises: Contradiction for any other ledger."""
    with ledger.reading() as reader:
        own = reader.events(LEDGER_STREAM)
    if not own:
        return None
    opened = own[0]
    if not isinstance(opened, LedgerOpened) or not opened.demonstration:
        raise Contradiction(
            "该数据库是正式账本，不能写入演示数据",
            "this database holds a real ledger: a demonstration cannot be made in it",
            cites=("events.md",),
            remedy="请为演示指定另一个数据库（--database）",
            remedy_en="Name another database for the demonstration (--database).",
        )
    return opened


def make(ledger: Ledger, rulebook: Rulebook, calendar: Calendar, size: Size, progress: Progress | None = None) -> Size:
    """Make the demonstration, or what is missing of it; gives the size it was begun with, which stays. Idempotent."""
    clock = Clock()
    opened = refuse_real_ledger(ledger)
    if opened is None:
        with ledger.writing(clock) as unit:
            actor = _person(unit, MAKER.format(**vars(size)))
        ledger.open(rulebook, calendar, actor=actor, demonstration=True, clock=clock)
        opened = refuse_real_ledger(ledger)
    begun = _begun_with(ledger, opened) or size
    key = hashlib.sha256(f"demonstration {begun}".encode()).digest()
    months = _months(begun, calendar)
    done = _months_done(ledger, key)
    if done == len(months):
        return begun
    total = sum(map(len, months))
    recorded = sum(map(len, months[:done]))
    years = _years(ledger, clock, calendar, begun)
    for number, month in enumerate(months[done:], start=done + 1):
        first = month[0].at.astimezone(SHANGHAI)
        years.before(first.year, first.month)
        appeals = years.also(first.year, first.month, [step for later in months[number - 1 :] for step in later])
        steps_ = sorted([*month, *appeals], key=lambda step: (step.at, step.event_id))
        _record_month(ledger, clock, key, number, steps_)
        recorded += len(month)
        if progress is not None:
            progress(recorded, total)
    return begun


def _years(ledger: Ledger, clock: Clock, calendar: Calendar, size: Size) -> Years:
    """What the committee does about each finished year."""
    with ledger.writing(clock) as unit:
        people = {role: _person(unit, name) for role, name in PEOPLE.items()}
    return Years(ledger, calendar, size.seed, size.until, people, clock, partial(setattr, clock, "at"))


def is_complete(ledger: Ledger, calendar: Calendar) -> bool:
    """Whether nothing is missing of the demonstration in this ledger."""
    opened = refuse_real_ledger(ledger)
    begun = _begun_with(ledger, opened)
    if begun is None:
        return False
    key = hashlib.sha256(f"demonstration {begun}".encode()).digest()
    return _months_done(ledger, key) == len(_months(begun, calendar))


def _months(size: Size, calendar: Calendar) -> list[list[DiaryStep]]:
    planned = steps(size, calendar)
    return [list(month) for _, month in groupby(planned, key=lambda step: (step.at.year, step.at.month))]


def _begun_with(ledger: Ledger, opened: LedgerOpened | None) -> Size | None:
    if opened is None:
        return None
    with ledger.reading() as reader:
        name = person_names(reader.connection, {opened.actor}).get(opened.actor, "")
    found = _MAKER.fullmatch(name)
    if found is None:
        return None
    return Size(seed=int(found[1]), agencies=int(found[2]), facts=int(found[3]), until=date.fromisoformat(found[4]))


def _months_done(ledger: Ledger, key: bytes) -> int:
    with ledger.reading() as reader:
        return done_up_to(reader.connection, key)[0]


def _record_month(ledger: Ledger, clock: Clock, key: bytes, number: int, month: list[DiaryStep]) -> None:
    """One transaction, with the row that says it is done; a shorter one would mostly load agencies."""
    clock.at = month[0].at
    with ledger.writing(clock) as unit:
        if not claim(unit, key, number, 0, len(month), month[-1].at):
            return  # another process makes the same demonstration
        actors = {role: _person(unit, name) for role, name in PEOPLE.items()}
        for step in month:
            clock.at = step.at
            if step.path.endswith(f"/{NOTICES}"):
                _send_notices(unit, step, actors[Role.ASSOCIATION])
            else:
                _record(unit, step, actors[step.role])


def _record(unit: UnitOfWork, step: DiaryStep, actor: str) -> None:
    found = find_command(step.path)
    if found is None:
        raise ValueError(f"not a command: {step.path}")
    route, uscc, path_id = found
    client = step.body.get("client") or {}
    enterprise = {Role.AGENCY: step.uscc, Role.CLIENT: client.get("uscc") or step.body.get("client_uscc")}
    command = route.body.model_validate(step.body)
    unit.record(
        uscc or step.uscc,
        command,
        actor=actor,
        role=step.role,
        via="api",
        path_id=path_id,
        enterprise=enterprise.get(step.role),
        event_id=step.event_id,
        new=uscc is None,
    )


def _send_notices(unit: UnitOfWork, step: DiaryStep, actor: str) -> None:
    """Send what is due and unsent. Referrals go by a command of their own (R14)."""
    trail, today, law = unit.agency(step.uscc).trail, shanghai_date(instant(step.at)), unit.law()
    if not any(trail.of(FilingSubmitted)):
        return
    for notice in notices(Facts(trail, today), law.rulebooks):
        if notice.sent_on is None and notice.kind != "referral":
            command = SendNotice(sent_on=today, channel=_CHANNELS.get(notice.recipient, "书面通知"))
            unit.record(step.uscc, command, actor=actor, role=Role.ASSOCIATION, via="api", path_id=notice.id)


_CHANNELS = {"agency": "书面通知并电话确认", "public_site": "协会网站", "regulator": "公文", "enterprises": "通报邮件"}


def _person(unit: UnitOfWork, name: str) -> str:
    return person_named(unit.connection, name) or create_person(unit.connection, name)


def agency_and_client(ledger: Ledger) -> tuple[str, str] | None:
    """USCCs of an agency and of a client of its, for tokens that have something to see; None while there is none."""
    with ledger.reading() as reader:
        for events in reader.agencies():
            for event in reversed(events):
                if isinstance(event, ProjectStarted):
                    return events[0].stream.removeprefix("agency/"), event.client.uscc
    return None
