"""An appeal explained: what it is about, both answers, why they differ, the records with their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.application.assessing.appeal import Appeal, appeal_of
from api.application.privacy.personal_data import shown
from api.application.questions.inquiry import FileAnswer, Inquiry, question
from api.application.questions.papers.appeal_words import (
    DECISIONS,
    STATUS,
    label_said,
    rank_said,
    result_said,
    service_passage,
    text_said,
    told_of,
)
from api.application.questions.papers.issuing import PlaceOfPaper, copy_for, issued, issuer_of, paper_basis, prepared
from api.application.questions.papers.record_rows import RecordNumbers, record_grid
from domain.measures.text.implements import implements
from domain.measures.text.official_text import cited_in_chinese
from projections.compare.causes import Grouped, accounts, by_cause
from projections.compare.field_words import OF_SHEET, named_field
from projections.paper.letters.letter import Headline, Letter, LetterTable, Passage, Piece, beijing, day_said
from projections.replay.queries import entry

_PARTS = ("conduct", "quality", "effect", "honours")
_KNOWN_LATER = "所知的时刻由 "
"""How a sentence begins that says only that time has passed."""


@question("/v1/appeals/{appeal}/explanation")
@implements("art.20", "R33", "R34")
def explanation_of(inquiry: Inquiry, appeal: str, known_at: str | None = None, wanted: str = "pdf") -> FileAnswer:
    """What an appeal is about, both answers, why they differ, and the records. Raises: NotFound, Invalid."""
    at = prepared(inquiry, known_at)
    with inquiry.replaying() as (questions, reader):
        uscc, filed = appeal_of(reader, appeal, inquiry.own_only)
        inquiry.about = uscc
        found = Appeal(questions, uscc, filed, f"log:{at.log_index}")
        letter = explanation(inquiry, found, at)
    return issued(inquiry, at, letter, f"explanation-{uscc}-{filed.year}-{filed.id[:8]}", wanted)


def explanation(inquiry: Inquiry, found: Appeal, at: PlaceOfPaper) -> Letter:
    """The explanation, as its reader may read it."""
    told = told_of(inquiry, found)
    numbers, grouped = _records(inquiry, found, told)
    agency, filed = told["agency"], told["filed"]
    before, now, by_now = told["answers"]
    pieces: list[Piece] = [Headline("一、异议"), *_filed(told, filed)]
    pieces += [Headline("二、两个答案"), *_answers(before, now, by_now, grouped, numbers)]
    pieces += [Headline("三、为什么不同"), *_causes(before, now, grouped, numbers)]
    pieces += [Headline("四、办理情况"), *_proceedings(told, numbers)]
    pieces += [Headline("附件：有关记录及其证据", annex=True), record_grid(numbers)]
    pieces.append(Passage("序号即正文所称“记录”的编号；记录人为登记时的账户持有人。", small=True))
    return Letter(
        kind="异议说明",
        title=f"{told['year']} 年度考评结果异议说明",
        about=f"{agency['name']}（{agency['uscc']}）",
        says=f"公布 {result_said(before['sheet'])}；现在 {result_said(now['sheet'])}；{STATUS[told['status']]}",
        issuer=issuer_of(found.reader, found.basis.known_at),
        addressee=None,
        reference=told["id"],
        pieces=pieces,
        basis=paper_basis(at, now["sheet"]),
        reader=copy_for(inquiry),
        notes=[one for one in (copy_for(inquiry),) if one],
    )


def _records(inquiry: Inquiry, found: Appeal, told: Mapping[str, Any]) -> tuple[RecordNumbers, Grouped]:
    """The records that the paper names, numbered in the order of their recording, and the differences by cause."""
    differences = [one for answer in told["answers"][1:] for one in answer["difference"]]
    ids = [id_ for one in differences for id_ in one["events"]]
    known = found.basis.trail.by_id
    events = [known[id_] for id_ in dict.fromkeys(ids) if id_ in known]
    rows = shown(found.reader, inquiry.caller, [entry(event, found.basis) for event in events])
    rows += [one for one in (told["filed"], *told["disputed"], *told["proceedings"]) if one["id"] not in ids]
    unique = {one["id"]: one for one in rows}
    entries = {id_: {"type": one["type"], "annulled_by": one.get("annulled_by")} for id_, one in unique.items()}
    lines = [line for one in told["answers"][:2] for line in one["sheet"]["lines"]]
    numbers = RecordNumbers(sorted(unique.values(), key=lambda one: (one["version"] or 0, one["id"])))
    return numbers, by_cause(told["answers"][1]["difference"], entries, lines)


def _filed(told: Mapping[str, Any], filed: Mapping[str, Any]) -> list[Piece]:
    fact, agency = filed["fact"], told["agency"]
    who = "该机构" if told["appellant_kind"] == "agency" else f"从业人员{text_said(fact['appellant'])}"
    time = "在公示期内" if told["in_time"] else "公示期满后"
    return [
        Passage(
            f"{agency['name']}（统一社会信用代码 {agency['uscc']}）{told['year']} 年度考评结果于 "
            f"{day_said(told['contested']['published_on'])}公布：{result_said(told['published_sheet'])}"
            f"{rank_said(told['contested'])}。{who}于{day_said(str(told['filed_on']))}{time}提出异议"
            f"（异议期至{day_said(str(told['deadline']['day']))}）。"
        ),
        Passage(f"理由：{text_said(fact['grounds'])}"),
        service_passage(told),
    ]


def _answers(
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    by_now: Mapping[str, Any],
    grouped: Grouped,
    numbers: RecordNumbers,
) -> list[Piece]:
    sheets = [before["sheet"], now["sheet"]]
    names = ["公布的结果", "现在的答案"]
    if by_now["rulebook"] != now["rulebook"]:
        sheets.append(by_now["sheet"])
        names.append("按现行规则")
    rows = [(OF_SHEET[part][0], *(str(one[part]) for one in sheets)) for part in _PARTS]
    rows.append(("合计", *(str(one["total"] or "不参与考评") for one in sheets)))
    rows.append(("考评结果", *(label_said(one) for one in sheets)))
    rows.append(("截至", *(str(one["as_of"]) for one in sheets)))
    rows.append(("按何时所知", *(beijing(one["known_at"]) for one in sheets)))
    same = not now["difference"]
    said = (
        "两个答案相同：公布之后所知的事实没有改变这一结果。"
        if same
        else "同一日期，公布时与现在所知不同，答案随之不同："
    )
    found: list[Piece] = [Passage(said), LetterTable(("项目", *names), (1.0, *(1.6 for _ in names)), rows)]
    if len(sheets) > 2:
        found.append(Passage("“按现行规则”只作对照：年度结果依当时的规则认定（R4）。", small=True))
    return found


def _causes(before: Mapping[str, Any], now: Mapping[str, Any], grouped: Grouped, numbers: RecordNumbers) -> list[Piece]:
    if not grouped.fields:
        return [Passage("没有差异。")]
    found: list[Piece] = []
    for cause in grouped.causes:
        sentences = "；".join(numbers.said(zh) for zh, _ in cause.said) or "（见所列记录）"
        articles = "、".join(cited_in_chinese(one) for one in cause.articles.split(", ") if one)
        moved = "、".join(dict.fromkeys(named_field(one["field"])[0] for one in cause.moved))
        rest = f"（依据：{articles}）" if articles else ""
        found.append(
            Passage(f"原因 {cause.number}：{sentences}{rest}。影响：{moved}。见{numbers.listed(cause.events)}。")
        )
    rest_said = dict.fromkeys(
        numbers.said(zh) for one in grouped.fields for zh, _ in one.rest if not zh.startswith(_KNOWN_LATER)
    )
    found += [Passage(f"{one}。") for one in rest_said]
    sums = accounts([{"before": before["sheet"], "after": now["sheet"]}], grouped)
    if sums:
        rows = [
            (OF_SHEET[one.part][0], one.before, one.after, one.change, "\n".join(map(_share, one.shares)))
            for one in sums
        ]
        found.append(LetterTable(("部分", "公布", "现在", "变化", "各原因所占"), (1.0, 0.8, 0.8, 0.8, 2.6), rows))
        found.append(
            Passage("各原因所占之和等于变化（R26）；“扣完、封顶或取整”不是事实，而是计分方法所致。", small=True)
        )
    return found


def _share(share: Any) -> str:
    behind = "、".join(f"原因 {number}" for number in share.causes) or "扣完、封顶或取整"
    return f"{behind}：{share.points}"


def _proceedings(told: Mapping[str, Any], numbers: RecordNumbers) -> list[Piece]:
    found: list[Piece] = [Passage(f"目前状态：{STATUS[told['status']]}。")]
    for one in told["proceedings"]:
        if one["type"] in (*DECISIONS, "AppealAdmitted", "AppealWithdrawn"):
            reasons = text_said(one["fact"].get("reasons") or one["fact"].get("reason"))
            found.append(
                Passage(
                    f"{day_said(str(one['occurred_on']))}，{one['label']}（{numbers.listed([one['id']])}）。{reasons}"
                )
            )
    standing = told["standing"]
    if standing["id"] != told["contested"]["id"]:
        found.append(
            Passage(
                f"现行有效的结果：{day_said(standing['published_on'])}修订，{result_said(standing['sheet'])}{rank_said(standing)}。"
            )
        )
    return found
