"""What an exported or printed list says of itself: basis, rulebook, place of the log, filters, when and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from api.application.background.readiness import Service
from domain.store.log.sequencer import sealed_until
from domain.values import SHANGHAI, Bilingual, Instant, instant, moment
from projections.answers.standings import RulebookUsed
from projections.replay.known_at import rulebook_used
from projections.rows.read.row_queries import RowQueries


class Stated(NamedTuple):
    """The basis of a list: of which day, as known when, by which rulebook, up to which place of the log."""

    as_of: date | None
    known_at: Instant
    rulebook: RulebookUsed | None
    log_index: str | None
    """The last place of the log that counts; None where the basis was picked by an instant or a version."""
    made_at: Instant
    demonstration: bool = False
    """Whether all in it is invented."""


def stated(service: Service, as_of: date | str | None, known_at: str | None, asked: str | None) -> Stated:
    """What a list answered on `as_of` and `known_at` says of itself; `asked`: the `known_at` that was asked for."""
    now = instant(datetime.now(UTC))
    day = None if as_of is None else date.fromisoformat(str(as_of))
    with service.asking() as reader:
        basis = RowQueries(reader, now).district(day, known_at)
        last, _ = sealed_until(reader.connection)
    law, given = basis.law, asked or ""
    return Stated(
        day,
        basis.known_at,
        None if law is None else rulebook_used(law.rulebooks.on(basis.as_of)),
        (given.removeprefix("log:") if given.startswith("log:") else None) if given else str(last),
        now,
        law is not None and law.demonstration,
    )


def clock(at: Instant) -> str:
    """An instant in Beijing time, to the second."""
    return moment(at).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


class TableHeading(NamedTuple):
    """What stands on the first sheet of a workbook besides the basis."""

    title: Bilingual
    filters: Sequence[tuple[Bilingual, Bilingual]] = ()
    about: str | None = None
    """The agency whose list it is."""
    by: str | None = None
    """Who had it made."""
    with_rulebook: bool = True


def lines_of(heading: TableHeading, found: Stated, rows: int) -> list[tuple[Bilingual, Bilingual]]:
    """The first sheet, line by line: label and words."""
    known = clock(found.known_at)
    day = ("", "") if found.as_of is None else (f"截至 {found.as_of}，", f"as of {found.as_of}, ")
    lines: list[tuple[Bilingual, Bilingual]] = [(("清单", "List"), heading.title)]
    if found.demonstration:
        lines.append((("注意", "Mind"), ("演示数据，全部虚构", "demonstration data, all invented")))
    if heading.about is not None:
        lines.append((("机构", "Agency"), (heading.about, heading.about)))
    basis = f"{day[0]}按 {known}（北京时间）所知", f"{day[1]}as known at {known} (Beijing time)"
    lines.append((("依据", "Basis"), basis))
    none: list[tuple[Bilingual, Bilingual]] = [(("筛选", "Filter"), ("无，全部列出", "none: all are listed"))]
    narrowed = [((f"筛选：{name[0]}", f"Filter: {name[1]}"), value) for name, value in heading.filters]
    lines += narrowed or none
    if heading.with_rulebook and found.rulebook is not None:
        book = f"{found.rulebook.id} SHA-256 {found.rulebook.sha256}"
        lines.append((("规则库", "Rulebook"), (book, book)))
    if found.log_index is not None:
        lines.append((("日志序号", "Log index"), (found.log_index, found.log_index)))
    lines.append((("行数", "Rows"), (str(rows), str(rows))))
    made = clock(found.made_at)
    by = "" if heading.by is None else f"{heading.by}，"
    by_en = "" if heading.by is None else f"{heading.by}, "
    lines.append((("导出", "Exported"), (f"{by}{made}（北京时间）", f"{by_en}{made} (Beijing time)")))
    return lines
