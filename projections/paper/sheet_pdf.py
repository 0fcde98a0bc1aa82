"""A score sheet as a printable paper: the form of annex 1, then every number explained (art.20, annex 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.measures.text.annex_texts import annex1_form
from domain.measures.text.official_text import cited_in_chinese
from domain.values import SHANGHAI, Instant, moment
from projections.paper.cover import Heading
from projections.paper.fonts import HEI, SONG
from projections.paper.form_table import form_table
from projections.paper.layout import LEFT, RIGHT, Cell, Column, Flow, Span, Text
from projections.paper.letters.letter import PaperProof
from projections.paper.letters.letter_pdf import basis_block
from projections.paper.paint import Frame, PaperPart, painted

_ALL = RIGHT - LEFT
_LINES = (
    Column("项", 26, centred=True),
    Column("日期", 58, centred=True),
    Column("条款", 102),
    Column("分", 44, centred=True),
    Column("事由和所据事件", _ALL - 230),
)
_LEFT_OUT = (
    Column("项", 26, centred=True),
    Column("日期", 58, centred=True),
    Column("未计入的原因和所涉事件", _ALL - 84),
)
_SUMS = (
    Column("部分", 70, centred=True),
    Column("得分", 60, centred=True),
    Column("精确值", 110, centred=True),
    Column("算式", _ALL - 240),
)
_PAIR = (Column("", 70), Column("", _ALL - 70))
_MISSING = {"quality": "服务质量（满意度调查）", "effect": "服务效果评分"}
_OVERRIDES = {"blacklisted": "列入黑名单", "penalty": "受到应急管理（安全生产监管）部门行政处罚"}


def sheet_pdf(sheet: Mapping[str, Any], heading: Heading) -> bytes:
    """The answer of `Questions.sheet` (or a published one) on A4, in the layout of annex 1: PDF bytes.

    The same sheet and heading give the same bytes. Characters that no font draws are printed as 〔U+XXXX〕.
    Raises: FontMissing when a typeface is not installed, with what to do.
    """
    part = sheet_part(sheet, heading)
    return painted(part.pages, part.frame)


def sheet_part(sheet: Mapping[str, Any], heading: Heading) -> PaperPart:
    """The pages of a sheet, for a file of its own or of many."""
    flow = Flow()
    _head(flow, sheet, heading)
    form_table(flow, sheet, remarks(sheet))
    _sums(flow, sheet)
    for part, reason in heading.get("waived", ()):
        flow.paragraph(Span(f"经委员会豁免（R44）：{part}，按满分计；理由：{reason}。", SONG, 9))
    _lines(flow, sheet["lines"])
    _left_out(flow, sheet["considered"])
    _defects(flow)
    _notes(flow, heading.get("notes", ()))
    if heading.get("code"):
        flow.y += 8
        basis_block(flow, _signed(sheet), (), PaperProof(heading["code"], heading["address"]))
    agency, form = sheet["agency"], annex1_form()
    frame = Frame(
        title=f"{form.title}（{sheet['year']} 年度）{agency['name']}",
        head=f"{agency['uscc']}　{sheet['year']} 年度考评打分表　{heading.get('kind', '')}",
        foot=f"截至 {sheet['as_of']}，按 {sheet['known_at']} 所知；规则 {sheet['rulebook']['id']} "
        f"{sheet['rulebook']['sha256'][:12]}",
        made_from=sheet["known_at"],
        demonstration=bool(sheet.get("demonstration")),
        code=heading.get("code", ""),
    )
    return PaperPart(flow.pages, frame)


def _signed(sheet: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What stands beside the code: who it is about, what it says, and the line for the stamp."""
    agency = sheet["agency"]
    return [
        ("打分表", f"{agency['name']}（{agency['uscc']}），{sheet['year']} 年度"),
        ("所载结果", result_said(sheet)),
        ("协会盖章", ""),
    ]


def result_said(sheet: Mapping[str, Any]) -> str:
    """The result of a sheet in a few words: 91.60 分，优秀."""
    if sheet["assessed"] and sheet.get("provisional"):
        return f"{sheet['total']} 分，暂计"
    label = sheet["label"] or "不参与考评"
    return label if sheet["total"] is None else f"{sheet['total']} 分，{label}"


def beijing_time(when: Instant) -> str:
    """An instant for people: the UTC text, and the same in Beijing time to the second."""
    return f"{when}（北京时间 {moment(when).astimezone(SHANGHAI).strftime('%Y-%m-%d %H:%M:%S')}）"


def _head(flow: Flow, sheet: Mapping[str, Any], heading: Heading) -> None:
    form, agency = annex1_form(), sheet["agency"]
    if heading.get("issuer"):
        flow.paragraph(Span(heading["issuer"], HEI, 10.5), centred=True, after=2)
    flow.paragraph(Span(form.annex, HEI, 9), after=0)
    flow.paragraph(Span(form.title, HEI, 15), centred=True, after=2)
    if heading.get("kind"):
        flow.paragraph(Span(heading["kind"], HEI, 10.5), centred=True, after=3)
    status = "" if sheet["calendar"]["status"] == "adopted" else "，有期限落在日历尚未公布的年份（暂按周末推算，R2）"
    projected = "（晚于知悉时刻，仅为推算）" if sheet["projected"] else ""
    pairs = [
        ("机构名称", agency["name"]),
        ("信用代码", f"{agency['uscc']}　　机构类型：{agency['category']}"),
        ("考评年度", f"{sheet['year']} 年度（{sheet['from']} 至 {sheet['to']}）　　截至：{sheet['as_of']}{projected}"),
        ("按何时所知", f"{beijing_time(sheet['known_at'])}　机构记录第 {sheet['version']} 版"),
        ("规则库", f"{sheet['rulebook']['id']}　SHA-256 {sheet['rulebook']['sha256']}"),
        ("节假日历", f"{sheet['calendar']['id']}　SHA-256 {sheet['calendar']['sha256']}{status}"),
        *heading.get("rows", ()),
    ]
    for name, value in pairs:
        flow.row(_PAIR, ((Span(name, HEI, 8),), (Span(value, SONG, 8),)))
    flow.y += 6


def _sums(flow: Flow, sheet: Mapping[str, Any]) -> None:
    """Parts and total, shown and exact, and what decides the grade besides the score (R25-R29)."""
    flow.heading("一、各部分、合计与结果")
    rows = [
        (one["label"], one["points"], one["exact"], one["formula"] + ("（已扣完或已封顶）" if one["capped"] else ""))
        for one in sheet["categories"]
    ]
    rows.append(
        ("合计", sheet["total"] or "—", sheet["exact"]["total"] or "—", "各部分精确值之和，四舍五入一次（R26）")
    )
    flow.table(_SUMS, [_plain(row) for row in rows])
    for said in statements(sheet):
        flow.paragraph(Span(said, SONG, 9))


def remarks(sheet: Mapping[str, Any]) -> list[str]:
    """What a reader of the form alone must not miss; the reasons stand in part one."""
    found = []
    if sheet["override"]:
        articles = "、".join(dict.fromkeys(cited_in_chinese(one["article"]) for one in sheet["override"]))
        found.append(f"依{articles}直接记为“不合格”，不论得分（事由见第一部分）。")
    if sheet["not_assessed"]:
        found.append("本年度不参与考评和排名（事由见第一部分）。")
    if sheet["missing"]:
        found.append(f"本表不完整，尚缺：{_missing(sheet)}。")
    return found


def _missing(sheet: Mapping[str, Any]) -> str:
    return "、".join(_MISSING.get(one, one) for one in sheet["missing"])


def statements(sheet: Mapping[str, Any]) -> list[str]:
    """What is to be said of the result in sentences: grade, art.25, not assessed, missing parts, rounding."""
    label = sheet["label"] or "无（不参与考评和排名）"
    provisional = sheet["assessed"] and sheet.get("provisional")  # not said by what was frozen before (R44)
    said = ["考评结果：暂计，尚不评定等次（R44）。" if provisional else f"考评结果：{label}。"]
    for one in sheet["override"]:
        why = _OVERRIDES.get(one["kind"], one["kind"])
        events = "、".join(one["events"])
        said.append(f"依{cited_in_chinese(one['article'])}直接记为“不合格”，不论得分：{why}（事件 {events}）。")
    said += [f"不参与考评和排名（附件1注4）：{one['text']}。" for one in sheet["not_assessed"]]
    if sheet["missing"]:
        said.append(f"本表不完整，尚缺：{_missing(sheet)}；缺项不扣分（R25）。")
    if sheet["rounding"]:
        said.append(f"{sheet['rounding']['text']}。")
    survey = sheet.get("survey")  # what was published before it was kept has none
    if survey is not None:
        closed = f"已于 {survey['closed_on']} 截止" if survey["closed_on"] else "尚未截止"
        said.append(
            f"满意度调查（第十三条）：服务对象 {survey['served']} 家，已调查 {survey['asked']} 家，"
            f"收回 {survey['answered']} 家、{survey['forms']} 份，{closed}。"
        )
    return said


def _lines(flow: Flow, lines: Sequence[Mapping[str, Any]]) -> None:
    flow.heading(f"二、扣分与加分明细（{len(lines)} 条）")
    if lines:
        flow.table(_LINES, map(_line, lines))
    else:
        flow.paragraph(Span("无。", SONG, 9))


def _line(line: Mapping[str, Any]) -> tuple[Cell, ...]:
    points = [Span(line["points"])]
    if line["nominal"] != line["points"]:
        points.append(Span(f"应为 {line['nominal']}", SONG, 7))
    reference = line["paragraph"]
    article = (
        Span(cited_in_chinese(reference)),
        Span(reference, SONG, 6.5, 0.25),
        Span(line["value"], SONG, 6.5, 0.25),
    )
    return (
        (Span(_item(line["item"])),),
        (Span(line["occurred_on"]),),
        article,
        tuple(points),
        (Span(line["text"]), *_events(line["events"])),
    )


def _left_out(flow: Flow, found: Sequence[Mapping[str, Any]]) -> None:
    flow.heading(f"三、考虑过而未计入的（{len(found)} 条）")
    if not found:
        flow.paragraph(Span("无。", SONG, 9))
        return
    flow.table(
        _LEFT_OUT,
        [
            (
                (Span(_item(one["item"])),),
                (Span(one["occurred_on"] or "—"),),
                (Span(one["reason"]), *_events(one["events"])),
            )
            for one in found
        ],
    )


def _defects(flow: Flow) -> None:
    """The form is printed as it was issued; what is wrong in it is said beside it (rules.md, Known defects)."""
    flow.heading("四、表式原文的已知缺陷")
    flow.paragraph(Span("上表文字照录《办法》附件1原文，未作改动。原文的下列缺陷及其处理，供阅读时注意：", SONG, 9))
    for defect in shipped_rulebook().defects:
        if any(article.startswith("annex1") for article in defect.articles):
            readings = f"（理解 {'、'.join(defect.readings)}）" if defect.readings else ""
            flow.paragraph(Span(f"· {defect.note}{readings}", SONG, 9), after=1)


def _notes(flow: Flow, notes: Sequence[str]) -> None:
    coded = any(isinstance(one, Text) and "〔U+" in one.text for page in flow.pages for one in page)
    said = [*notes, *(["〔U+…〕是字库中没有的字或不可见的控制符，以其统一码（Unicode）表示。"] if coded else [])]
    if said:
        flow.heading("五、说明")
    for note in said:
        flow.paragraph(Span(note, SONG, 9))


def _plain(row: Iterable[str]) -> tuple[Cell, ...]:
    return tuple((Span(text),) for text in row)


def _item(item: int | None) -> str:
    return "—" if item is None else str(item)


def _events(events: Sequence[str]) -> tuple[Span, ...]:
    return (_small(f"事件 {'、'.join(events)}"),) if events else ()


def _small(text: str) -> Span:
    return Span(text, SONG, 6.5, 0.25)
