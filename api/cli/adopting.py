"""`calendar adopt` and `rulebook adopt`: the law of the ledger changes by events (R2, R4).

What changes days gone by, or takes the place of an adopted rulebook, is first shown and then has to be confirmed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import asdict

from api.application.assessing.adopting_calendar import adopt_holidays, calendar_preview
from api.cli.database import opened_ledger
from api.cli.options import Database, Person
from api.cli.running import say
from domain.errors import Contradiction
from domain.ledger.ledger import UnitOfWork
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import load_rulebook
from domain.store.access.tokens import create_person, person_named
from domain.values import instant
from projections.compare.calendar_difference import CalendarDifference
from projections.compare.replay_under import Adoption, adoption_of
from projections.replay.queries import ReplayQueries

calendar_app = typer.Typer(help="节假日日历 / the holiday calendar", no_args_is_help=True)
rulebook_app = typer.Typer(help="规则库 / the rulebook", no_args_is_help=True)

Overlay = Annotated[
    Path,
    typer.Argument(
        metavar="OVERLAY.toml",
        exists=True,
        dir_okay=False,
        help="节假日补充表 / the file of holidays that the package lacks",
    ),
]
BookFile = Annotated[
    Path, typer.Argument(metavar="FILE.toml", exists=True, dir_okay=False, help="规则库文件 / the rulebook's file")
]
Confirmed = Annotated[
    str | None,
    typer.Option(
        "--confirm",
        metavar="SHA256",
        help="确认采用：先不带此项运行，看过会改变什么，再填所示指纹的前几位 / "
        "confirms it: run without it first, see what would change, then give the digest's first digits as shown",
    ),
]
_SHOWN = 12
"""Digits of a digest that are shown and asked back."""


@calendar_app.command("adopt")
def adopt_calendar(file: Overlay, person: Person, database: Database = None, confirmed: Confirmed = None) -> None:
    """采用新的节假日日历，自此刻起生效可知 / Adopt a holiday calendar: it is known from now on."""
    calendar = build_calendar(file)
    with opened_ledger(database) as ledger:
        change = calendar_preview(ledger, calendar)
        _show_days(change)
        if change.must_be_confirmed:
            _confirm(calendar.sha256, confirmed, "R2")
        if not adopt_holidays(ledger, calendar, lambda unit: _actor(unit, person)):
            say(f"日历 {calendar.id} 已在使用，没有改动 / this calendar is in use already: nothing changed")
            return
    say(f"已采用日历 / adopted: {calendar.id} {calendar.sha256}")


def _show_days(change: CalendarDifference) -> None:
    """What would change, on standard error: years known no more, days gone by, deadlines of art.12."""
    if change.dropped:
        years = "、".join(map(str, change.dropped))
        say(f"不再知道 {years} 年的节假日，只按周末计算 / no longer knows the holidays of {years}: weekends only")
    if days := change.past:
        shown = "、".join(map(str, days[:10])) + ("…" if len(days) > len(days[:10]) else "")
        say(f"会改变已过去的 {len(days)} 天是否工作日：{shown}")
        say(f"changes whether {len(days)} days gone by are working days")
    if moved := change.other_days:
        say(f"会移动 {len(moved)} 项变更的报送期限（第十二条）/ moves {len(moved)} deadlines for changes (art.12)")


def _actor(unit: UnitOfWork, person: str) -> str:
    return person_named(unit.connection, person) or create_person(unit.connection, person)


@rulebook_app.command("adopt")
def adopt_rulebook(file: BookFile, person: Person, database: Database = None, confirmed: Confirmed = None) -> None:
    """采用新的规则库，按其施行日生效 / Adopt a rulebook: in force from its effective date."""
    rulebook = load_rulebook(file)
    with opened_ledger(database) as ledger:
        with ledger.reading() as reader:  # the district is replayed before anything is locked
            adoption = adoption_of(ReplayQueries(reader, instant(datetime.now(UTC))), rulebook)
        if adoption.must_be_confirmed:
            _show(adoption, rulebook.id, file)
            _confirm(rulebook.sha256, confirmed, "R4")
        with ledger.writing() as unit:
            if any(one.sha256 == rulebook.sha256 for one in unit.law().rulebooks):
                say(f"规则 {rulebook.id} 已采用，没有改动 / this rulebook is adopted already: nothing changed")
                return
            unit.adopt_rulebook(rulebook, _actor(unit, person))
    say(f"已采用规则 / adopted: {rulebook.id} {rulebook.sha256}，施行日 effective from {rulebook.effective_from}")


def _show(adoption: Adoption, name: str, file: Path) -> None:
    """What would change, value by value and year by year, on standard error."""
    if adoption.replaces is not None:
        say(f"规则 {name} 已按另一内容采用，将被取代 / {name} was adopted with another content, and would be replaced")
    for one in adoption.changes:
        say(f"  {one.name}（{one.reading}）：{one.before!r} → {one.after!r}")
    for year, numbers in adoption.years.items():
        say(
            "  已公布的 {year} 年度改由它判断 / would judge the published year {year}：机构 agencies {agencies}，"
            "有变化 changed {changed}（得分 total {totals}，结果 grade {grades}，名次 rank {ranks}，等级 tier {tiers}）"
            "；steward replay-under {file} --year {year}".format(year=year, file=file.name, **asdict(numbers))
        )


def _confirm(sha256: str, given: str | None, reading: str) -> None:
    """Go on only if the digest shown was given back. Raises: Contradiction."""
    if given is not None and len(given) >= _SHOWN and sha256.startswith(given.lower()):
        return
    raise Contradiction(
        "会改变已过去的日子怎样判断，须先确认",
        "it changes how days gone by are judged, which has to be confirmed",
        cites=(reading, "art.28"),
        remedy=f"看过以上各项后，加 --confirm {sha256[:_SHOWN]} 再运行；或另起 id 并填以后的施行日",
        remedy_en=f"Having read the above, run it again with --confirm {sha256[:_SHOWN]}, or give it an id of its own "
        "and a later effective date.",
    )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(calendar_app, name="calendar")
    app.add_typer(rulebook_app, name="rulebook")
