"""The demonstration district: invented, deterministic, made by the ordinary commands, and marked as such for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from api.application.assessing.publishing import round_of
from api.cli.main import app
from api.settings import Settings
from api.starting import make_ready
from demo import making
from demo.invented_names import agency_names, clients, uscc
from demo.making import Clock, make
from demo.plan import OPENED_AT, Size, steps
from domain.assessment import AssessmentRound
from domain.errors import Contradiction
from domain.events import EventAnnulled, HonourAwarded, LedgerOpened
from domain.ledger.ledger import Ledger
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.store.db.engine import open_engine
from domain.store.db.migrate import migrate
from domain.values import instant, normal_uscc, shanghai_date
from projections.answers.scalars import plain
from projections.replay.queries import ReplayQueries
from projections.rows.read.district import NO_FILTERS
from projections.rows.read.published import WorklistFilter, matters
from projections.rows.read.row_queries import RowQueries
from projections.rows.write.projector import open_ledger

CALENDAR = build_calendar()
FULL = Size(agencies=60, facts=20_000, seed=2021, until=date(2026, 11, 22))
SMALL = Size(agencies=30, facts=2600, seed=3, until=date(2025, 3, 14))
FAMOUS = (
    "中海", "壳牌", "埃克森", "美孚", "巴斯夫", "比亚迪", "华为", "腾讯", "阿里", "中石", "石油", "中广核",
    "万科", "恒大", "碧桂园",
    "富士康", "伯恩", "亿纬", "德赛", "TCL", "平安", "中建", "必维", "华测", "谱尼", "南德", "莱茵", "深圳", "广州",
)  # fmt: skip


def _new(file: Path) -> Ledger:
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    return open_ledger(engine)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A demonstration of medium size, for reading."""
    made = _new(tmp_path_factory.mktemp("demo") / "demo.db")
    make(made, shipped_rulebook(), CALENDAR, SMALL)
    yield made
    made.engine.dispose()


def _steward(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def _facts(ledger: Ledger) -> list[tuple[str, str, str, str]]:
    with ledger.reading() as reader:
        return [
            (event.id, type(event).__name__, event.occurred_on.isoformat(), event.recorded_at)
            for events in reader.agencies()
            for event in events
            if type(event).__name__ != "NoticeSent"
        ]


def test_the_full_plan_has_its_size_and_every_kind_of_fact() -> None:
    """Sixty agencies in five categories and some 20,000 steps, none after the last day, with every command in use."""
    planned = steps(FULL, CALENDAR)
    assert 19_000 < len(planned) < 21_500
    assert len({step.uscc for step in planned}) == 60
    tails = {step.path.rsplit("/", 1)[-1] for step in planned}
    assert tails >= {
        "agencies",
        "filing-decision",
        "changes",
        "inspections",
        "termination",
        "pledge",
        "submission-requests",
        "receipt",
        "projects",
        "plan",
        "extension",
        "completion",
        "cancellation",
        "lapses",
        "bad-records",
        "referral",
        "complaints",
        "decision",
        "notices",
        "survey-invitations",
        "surveys",
        "survey-closings",
        "effect-scores",
        "honours",
        "penalties",
        "accidents",
        "annulments",
    }
    assert max(shanghai_date(instant(step.at)) for step in planned) <= FULL.until
    assert [step.at for step in planned] == sorted(step.at for step in planned)


def test_seed_and_day_make_the_facts() -> None:
    """The same size gives the same steps, ids and instants; another seed gives others."""
    size = replace(SMALL, agencies=3, facts=300)
    assert steps(size, CALENDAR) == steps(size, CALENDAR)
    assert steps(size, CALENDAR) != steps(replace(size, seed=4), CALENDAR)


def test_names_are_invented_and_codes_valid() -> None:
    """No name holds that of a well-known company; codes have their check digit and a division that does not exist."""
    names = [name for name, _ in agency_names(Random(1), 250)] + [one.name for one in clients(Random(1), 250)]
    assert len(set(names)) == 500
    assert not [name for name in names for famous in FAMOUS if famous in name]
    codes = [uscc(number) for number in range(1, 200)] + [one.uscc for one in clients(Random(1), 200)]
    assert len(set(codes)) == len(codes)
    assert all(normal_uscc(code) == code and code[2:8] == "441399" for code in codes)


def test_a_demonstration_says_so_for_ever(ledger: Ledger) -> None:
    """In its first event and in every answer."""
    with ledger.reading() as reader:
        opened = reader.events("ledger")[0]
        questions = ReplayQueries(reader, instant(datetime.now(UTC)))
        basis = questions.basis(uscc(1))
        answers = plain([questions.standing(basis), questions.sheet(basis, 2023), questions.timeline(basis)])
        answers.append(RowQueries(reader, questions.now).district().echo())
    assert isinstance(opened, LedgerOpened)
    assert opened.demonstration
    assert opened.recorded_at == instant(OPENED_AT)
    assert all(answer["demonstration"] is True for answer in answers)


def test_tiers_and_grades_spread(ledger: Ledger) -> None:
    """Some agencies are excellent, many qualified, several unqualified; complaints have climbed the whole ladder."""
    with ledger.reading() as reader:
        ask = RowQueries(reader, instant(datetime.now(UTC)))
        now = ask.district()
        grades = Counter(str(row.grade) for year in (2022, 2023, 2024) for row in ask.ranking(now, year))
        tiers = {
            row.sanction.tier
            for day in (date(2023, 6, 30), date(2024, 6, 30), date(2025, 3, 14))
            for row in ask.agencies(ask.district(day), NO_FILTERS)
        }
    assert grades["excellent"] >= 5
    assert grades["unqualified"] >= 3
    assert grades["qualified"] >= 20
    assert tiers == {"none", "recorded", "warned", "blacklisted"}


def test_facts_are_late_annulled_and_honoured_twice_over(ledger: Ledger) -> None:
    """There are facts recorded months after their day, annulments, and one reason honoured more than once."""
    with ledger.reading() as reader:
        trails = list(reader.agencies())
    every = [event for events in trails for event in events]
    late = [one for one in every if (shanghai_date(one.recorded_at) - one.occurred_on).days > 60]
    assert len(late) > 5
    assert sum(isinstance(event, EventAnnulled) for event in every) >= 3
    honours = [[one.reason for one in events if isinstance(one, HonourAwarded)] for events in trails]
    assert any(len(set(reasons)) < len(reasons) for reasons in honours)


def _round(ledger: Ledger, year: int) -> AssessmentRound:
    with ledger.reading() as reader:
        return round_of(reader, year)


def test_finished_years_are_published_appealed_and_closed(ledger: Ledger) -> None:
    """2022 is closed with appeals of every outcome; 2023 is the last that is published, open, with one undecided."""
    first, last = _round(ledger, 2022), _round(ledger, 2023)
    assert (first.status, last.status, _round(ledger, 2024).status) == ("closed", "published", "unpublished")
    assert first.published is not None
    assert first.published.occurred_on == date(2023, 4, 3)
    assert first.published.recorded_at == "2023-04-03T00:30:00.000000Z"
    assert first.published.count > 10
    assert len(first.revisions) >= 2
    with ledger.reading() as reader:
        appeals = {
            year: Counter(
                one.matter.status for one in matters(reader.connection, WorklistFilter("appeal", "all", year=year))
            )
            for year in (2022, 2023)
        }
    assert set(appeals[2022]) == {"upheld", "partly_upheld", "dismissed", "withdrawn"}
    assert appeals[2023]["open"] == 1


def test_an_interrupted_making_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off after May's decisions and started again with other options, it ends as if never broken off."""
    size = replace(SMALL, agencies=4, facts=300, until=date(2023, 7, 31))
    whole, broken = _new(tmp_path / "whole.db"), _new(tmp_path / "broken.db")
    make(whole, shipped_rulebook(), CALENDAR, size)
    record, calls = making._record_month, Counter[str]()

    def interrupted(*arguments: object) -> None:
        calls["months"] += 1
        if calls["months"] == 17:
            raise KeyboardInterrupt
        record(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(making, "_record_month", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(broken, shipped_rulebook(), CALENDAR, size)
    assert _round(broken, 2022).status == "published"
    begun = make(broken, shipped_rulebook(), CALENDAR, replace(size, seed=99, agencies=50))
    assert begun == size
    assert _facts(broken) == _facts(whole)
    before = _facts(broken)
    make(broken, shipped_rulebook(), CALENDAR, size)
    assert _facts(broken) == before
    for one in (whole, broken):
        one.engine.dispose()


def test_a_real_ledger_takes_no_clock_and_no_demonstration(tmp_path: Path) -> None:
    """A ledger opened for real refuses an injected clock, and `steward demo` refuses it (5) and leaves it as it was."""
    url = f"sqlite:///{tmp_path / 'real.db'}"
    engine = open_engine(url)
    make_ready(engine, Settings(database_url=url))
    real = open_ledger(engine)
    with pytest.raises(Contradiction), real.writing(Clock()):
        pass
    with pytest.raises(Contradiction):
        make(real, shipped_rulebook(), CALENDAR, SMALL)
    done = _steward("demo", "--database", url)
    assert done.exit_code == 5
    assert "正式账本" in done.stderr
    assert _facts(real) == []
    engine.dispose()


def test_demo_twice_changes_nothing_and_says_when_options_do_not_apply(tmp_path: Path) -> None:
    """The second `steward demo` finds it made."""
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    asked = ("demo", "--database", url, "--agencies", "2", "--facts", "100")
    assert _steward(*asked).exit_code == 0
    engine = open_engine(url)
    before = _facts(open_ledger(engine))
    done = _steward(*asked, "--seed", "5")
    assert done.exit_code == 0
    assert "选项未采用" in done.stderr
    assert _facts(open_ledger(engine)) == before
    engine.dispose()


@pytest.mark.parametrize(
    "size", [Size(agencies, 20_000, 2021, date(2026, 11, 28)) for agencies in (5, 12, 25, 60)], ids=str
)
def test_nobody_is_asked_or_answers_after_a_survey_is_closed(size: Size) -> None:
    """Whatever the size of the district: such an invitation or form would be refused (art.23, R22)."""
    closed: dict[tuple[str, int], datetime] = {}
    for step in steps(size, CALENDAR):
        tail = step.path.rpartition("/")[2]
        if tail == "survey-closings":
            closed[step.uscc, step.body["year"]] = step.at
        elif tail == "survey-invitations" or (tail == "surveys" and "submitted_on" in step.body):
            assert (step.uscc, step.body["year"]) not in closed or step.body.get(
                "submitted_on", "9999"
            ) < shanghai_date(instant(closed[step.uscc, step.body["year"]])).isoformat()
    assert closed
