"""The letter that tells the decision on an appeal (异议处理决定书)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.application.assessing.appeal import Appeal, appeal_of
from api.application.questions.inquiry import FileAnswer, Inquiry, question
from api.application.questions.papers.appeal_words import (
    DECISIONS,
    STATUS,
    place_said,
    rank_said,
    result_said,
    service_passage,
    text_said,
    told_of,
)
from api.application.questions.papers.issuing import PlaceOfPaper, copy_for, issued, issuer_of, paper_basis, prepared
from domain.errors import NotFound
from domain.measures.text.implements import implements
from domain.measures.text.official_text import cited_in_chinese
from projections.paper.letters.letter import Headline, Letter, LetterTable, Passage, Piece, day_said


@question("/v1/appeals/{appeal}/decision-letter")
@implements("art.20", "R34")
def decision_letter_of(inquiry: Inquiry, appeal: str, known_at: str | None = None, wanted: str = "pdf") -> FileAnswer:
    """The letter in which an appeal is answered (异议处理决定书). Raises: NotFound, also before it is decided."""
    at = prepared(inquiry, known_at)
    with inquiry.replaying() as (questions, reader):
        uscc, filed = appeal_of(reader, appeal, inquiry.own_only)
        inquiry.about = uscc
        found = Appeal(questions, uscc, filed, f"log:{at.log_index}")
        letter = decision_letter(inquiry, found, at)
    if letter is None:
        raise NotFound(
            "异议尚未决定，没有决定书",
            "the appeal is not decided yet: there is no letter",
            cites=("R34",),
            remedy="请在委员会作出决定后再打印",
            remedy_en="Print it once the committee has decided.",
        )
    return issued(inquiry, at, letter, f"decision-{uscc}-{filed.year}-{filed.id[:8]}", wanted)


def decision_letter(inquiry: Inquiry, found: Appeal, at: PlaceOfPaper) -> Letter | None:
    """The letter, or None as long as nothing is decided."""
    told = told_of(inquiry, found)
    decision = next((one for one in told["proceedings"] if one["type"] in DECISIONS), None)
    if decision is None:
        return None
    agency, fact, filed = told["agency"], decision["fact"], told["filed"]["fact"]
    outcome = STATUS[told["status"]]
    appellant = agency["name"] if told["appellant_kind"] == "agency" else text_said(filed["appellant"])
    pieces: list[Piece] = [
        Passage(
            f"你方对{agency['name']}（统一社会信用代码 {agency['uscc']}）{told['year']} 年度考评结果"
            f"（{day_said(told['contested']['published_on'])}公布，{result_said(told['published_sheet'])}"
            f"{rank_said(told['contested'])}）于{day_said(str(told['filed_on']))}提出的异议，经审议，"
            f"依据《大亚湾区“安全管家”服务质量保障管理办法（试行）》{cited_in_chinese('art.20')}，决定如下："
        ),
        service_passage(told),
        Headline("一、异议的理由"),
        Passage(text_said(filed["grounds"])),
        Headline("二、认定"),
        Passage(text_said(fact["reasons"])),
        Headline("三、决定"),
        Passage(f"异议{outcome}。{_changed(fact)}"),
        *_outcome_of(told),
    ]
    return Letter(
        kind="异议处理决定书",
        title="异议处理决定书",
        about=f"{agency['name']}（{agency['uscc']}）",
        says=f"{told['year']} 年度异议{outcome}；{result_said(told['standing']['sheet'])}{rank_said(told['standing'])}",
        issuer=issuer_of(found.reader, found.basis.known_at),
        addressee=appellant,
        reference=decision["id"],
        pieces=pieces,
        basis=paper_basis(at, told["answers"][1]["sheet"]),
        dated=day_said(str(decision["occurred_on"])),
        signatures=("经办人", "委员会负责人"),
        reader=copy_for(inquiry),
    )


def _changed(fact: Mapping[str, Any]) -> str:
    annulled, replaced = len(fact.get("annulled", ())), len(fact.get("replaced", ()))
    parts = [f"撤销有争议的记录 {annulled} 条"] * bool(annulled) + [f"重新登记 {replaced} 条"] * bool(replaced)
    return f"{'，'.join(parts)}。" if parts else "有争议的记录予以维持。"


def _outcome_of(told: Mapping[str, Any]) -> list[Piece]:
    """What stands now, beside what was published."""
    before, standing = told["contested"], told["standing"]
    rows = [_as_row("公布的结果", before), _as_row("现行有效的结果", standing)]
    grid = LetterTable(("", "公布日期", "合计得分", "考评结果", "名次"), (1.4, 1.2, 1.0, 1.0, 0.8), rows)
    if standing["id"] == before["id"]:
        return [Passage("公布的结果维持不变。"), grid]
    said = "公布的结果据此修订并重新公布。"
    if standing["deadline"] is not None:
        said += f"对修订后的结果，可在{day_said(standing['deadline']['day'])}（含当日）前提出异议。"
    return [Passage(said), grid]


def _as_row(name: str, result: Mapping[str, Any]) -> tuple[str, ...]:
    grade = result["label"] or "不参与考评"
    return (name, result["published_on"], str(result["total"] or "—"), grade, place_said(result))
