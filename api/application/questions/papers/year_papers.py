"""Papers of a year: the results for the notice board (art.19, art.20), and the sheets of all agencies as one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from api.application.questions.inquiry import FileAnswer, Inquiry, path_year, question
from api.application.questions.papers.issuing import (
    PDF,
    PlaceOfPaper,
    issued,
    issuer_of,
    paper_basis,
    prepared,
    sealed_file,
    sheet_proven,
)
from domain.errors import NotFound
from domain.events import ResultPublished, ResultRevised
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.store.log.stream_heads import streams
from domain.values import GRADE_LABELS, Grade, agency_stream, shanghai_date
from projections.answers.registers import ResultDetails
from projections.answers.scalars import plain
from projections.compare.publication import full_sheet
from projections.paper.cover import Heading
from projections.paper.heads import PART_NAMES, with_issuer
from projections.paper.letters.letter import Headline, Letter, LetterTable, Passage, Piece, day_said
from projections.paper.paint import PaperPart, painted_together
from projections.replay.queries import ReplayQueries
from projections.rows.read.published import LATEST, StandingResult, results_of_year
from projections.rows.read.published_details import details, why_left_out
from projections.rows.read.row_queries import RowQueries

Done = Callable[[int, int], object]
"""Hears how many sheets are laid out, and of how many."""
_COLUMNS = ("名次", "机构名称 统一社会信用代码", "规范", "质量", "效果", "荣誉", "总分", "结果", "直接认定依据、备注")
_SHARES = (0.5, 2.8, 0.7, 0.7, 0.7, 0.7, 0.8, 0.8, 2.0)
_OVERRIDES = {"blacklisted": "黑名单（第二十五条）", "penalty": "行政处罚（第二十五条）"}


def _nothing_published(year: int) -> NotFound:
    return NotFound(
        f"{year} 年度的考评结果尚未公布",
        f"no result of {year} has been published",
        cites=("R32",),
        remedy="请在公布之后打印；公布前可打印各机构的打分表",
        remedy_en="Print it after publication; before, print the sheets of the agencies.",
    )


@question("/v1/assessments/{year}/results-paper")
@implements("art.19", "art.20", "R30", "R32")
def results_paper_of(inquiry: Inquiry, year: str, known_at: str | None = None, wanted: str = "pdf") -> FileAnswer:
    """The published results of a year for the notice board. Raises: NotFound before publication, Invalid."""
    at, number = prepared(inquiry, known_at), path_year(year)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(None, f"log:{at.log_index}")
        rows = list(results_of_year(reader.connection, number, LATEST, basis.known_at))
        if not rows:
            raise _nothing_published(number)
        said = details(reader, number, {one.uscc: one.event_id for one in rows})
        letter = Letter(
            kind="考评结果公示",
            title=f"{number} 年度安全生产技术服务机构综合诚信考评结果",
            about=f"{number} 年度",
            says=_counted(rows),
            issuer=issuer_of(reader, basis.known_at),
            addressee=None,
            reference=f"{number}-log{at.log_index}",
            pieces=[*_opening(rows), *_tables(reader, rows, said)],
            basis=paper_basis(at, plain(basis.echo())),
        )
    return issued(inquiry, at, letter, f"results-{number}", wanted)


def _counted(rows: list[StandingResult]) -> str:
    grades = [(label, sum(one.result.grade == grade for one in rows)) for grade, label in GRADE_LABELS.items()]
    told = "，".join(f"{label} {count} 家" for label, count in grades)
    return f"{told}，不参与考评 {sum(not one.result.is_graded for one in rows)} 家"


def _opening(rows: list[StandingResult]) -> Iterator[Piece]:
    first = min(one.published_on for one in rows)
    last = max((one.result.deadline for one in rows if one.result.deadline is not None), default=None)
    text = "根据《大亚湾区“安全管家”服务质量保障管理办法（试行）》第二十条，现将考评结果公布如下"
    text += f"（首次公布：{day_said(first.isoformat())}）。"
    if last is not None:
        text += f"对结果有异议的，请在各自公示期内提出；最后一个公示期至{day_said(last.isoformat())}（含当日）。"
    yield Passage(text)
    yield Passage(f"{_counted(rows)}。")


def _tables(reader: Reader, rows: list[StandingResult], said: Mapping[str, ResultDetails]) -> Iterator[Piece]:
    categories: dict[str, list[StandingResult]] = {}
    for one in rows:
        if one.result.is_graded:
            categories.setdefault(one.result.category or "—", []).append(one)
    for category, of_category in categories.items():
        yield Headline(f"{category}（{len(of_category)} 家）")
        yield LetterTable(_COLUMNS, _SHARES, [_row(one, said[one.uscc]) for one in of_category])
    left = [one for one in rows if not one.result.is_graded]
    if left:
        events = reader.named(one.event_id for one in left)
        told = [
            (f"{one.result.name}\n{one.uscc}", "；".join(why.text for why in why_left_out(events, one.event_id)) or "—")
            for one in left
        ]
        yield Headline(f"不参与考评和排名（{len(left)} 家，附件1注4）")
        yield LetterTable(("机构", "原因"), (2.0, 3.0), told)


@implements("R25", "R34", "R44")
def _row(one: StandingResult, said: ResultDetails) -> tuple[str, ...]:
    result = one.result
    parts = said.parts
    remarks = [_OVERRIDES.get(str(kind), str(kind)) for kind in said.override]
    remarks += [f"{PART_NAMES[waiver.part]}经豁免：{waiver.reason}" for waiver in said.waivers]
    remarks += ["已修订"] * result.revised + ["异议办理中"] * said.appeal_pending
    points = ("—",) * 4 if parts is None else (parts.conduct, parts.quality, parts.effect, parts.honours)
    return (
        "—" if result.rank is None else str(result.rank),
        f"{result.name}\n{one.uscc}",
        *map(str, points),
        result.total or "—",
        "—" if result.grade is None else GRADE_LABELS[Grade(result.grade)],
        "\n".join(remarks) or "—",
    )


@question("/v1/assessments/{year}/sheets-paper")
def sheets_paper_of(
    inquiry: Inquiry, year: str, known_at: str | None = None, wanted: Literal["pdf"] = "pdf"
) -> FileAnswer:
    """The sheets of all agencies as one file: as published, before that as of today (as a table: `sheets_given_out`).

    Raises: NotFound, Invalid.
    """
    at, number = prepared(inquiry, known_at), path_year(year)
    with inquiry.replaying() as (questions, reader):
        content = sheets_together(inquiry, questions, reader, at, number)
    return FileAnswer(sealed_file(inquiry.service, at, content), f"sheets-{number}-log{at.log_index}.{wanted}", PDF)


def sheets_together(
    inquiry: Inquiry,
    questions: ReplayQueries,
    reader: Reader,
    at: PlaceOfPaper,
    year: int,
    done: Done = lambda _, __: None,
) -> bytes:
    """One PDF with a bookmark for each agency; `done` hears how many are laid out. Raises: NotFound, FontMissing."""
    from projections.paper.sheet_pdf import sheet_part  # typefaces load slowly: only who prints waits

    count, found = sheets_of_year(questions, reader, at, year)

    def parts() -> Iterator[PaperPart]:
        for sheet, heading, published in found:
            told = with_issuer(reader, sheet, heading, published=published)
            yield sheet_part(sheet, sheet_proven(inquiry, at, sheet, told))

    try:
        return painted_together(parts(), f"{year} 年度考评打分表（全部机构）", lambda number: done(number, count))
    except ValueError:
        raise NotFound(f"{year} 年度没有机构的打分表", f"no agency has a sheet of {year}", cites=("R20",)) from None


TitledSheet = tuple[Mapping[str, Any], Heading, bool]
"""A sheet, what its head says, and whether it is as it was published."""


def sheets_of_year(
    questions: ReplayQueries, reader: Reader, at: PlaceOfPaper, year: int
) -> tuple[int, Iterator[TitledSheet]]:
    """How many agencies there are at most, and each one's sheet: published, by rank, or as of the day of the basis."""
    place = f"log:{at.log_index}"
    district = RowQueries(reader, questions.now).district(None, place)
    rows = list(results_of_year(reader.connection, year, LATEST, district.known_at))
    if rows:
        return len(rows), _published_sheets(reader, rows)
    day = min(shanghai_date(district.known_at), _last_day(questions, year))
    count = sum(1 for _ in streams(reader.connection, agency_stream("")))
    now: Heading = {"kind": "公布之前的打分表"}
    return count, ((plain(questions.sheet(one, year)), now, False) for one in questions.district(day, place))


def _published_sheets(reader: Reader, rows: list[StandingResult]) -> Iterator[TitledSheet]:
    for one in rows:
        found = reader.agency_events(one.uscc)
        result = next(event for event in found if event.id == one.event_id)
        if isinstance(result, (ResultPublished, ResultRevised)):
            rank = "—" if result.rank is None else str(result.rank)
            heading: Heading = {
                "kind": "公布的打分表",
                "rows": [("公布日期", result.occurred_on.isoformat()), ("名次", rank), ("结果编号", result.id)],
            }
            yield full_sheet(found, result), heading, True


def _last_day(questions: ReplayQueries, year: int) -> Any:
    district = RowQueries(questions.reader, questions.now).district()
    return questions.today if district.law is None else district.law.rulebooks.span_of(year)[1]
