"""Words that the papers about an appeal share: its state, results and texts as their reader may read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.application.assessing.appeal import Appeal
from api.application.questions.inquiry import Inquiry
from domain.measures.notices import KIND_WORDS
from domain.measures.text.implements import implements
from projections.answers.scalars import plain
from projections.compare.field_words import service_said
from projections.paper.letters.letter import Passage

STATUS = {
    "open": "待决定",
    "upheld": "成立",
    "partly_upheld": "部分成立",
    "dismissed": "不成立",
    "withdrawn": "已撤回",
    "awaiting_admission": "逾期提出，待决定是否受理",
}
DECISIONS = ("AppealUpheld", "AppealPartlyUpheld", "AppealDismissed")


def told_of(inquiry: Inquiry, found: Appeal) -> dict[str, Any]:
    """The appeal as its reader may read it (R39)."""
    content: dict[str, object] = plain(found.answer(inquiry.caller))
    return content if inquiry.veil is None else inquiry.veil.redacted(content)


def place_said(result: Mapping[str, Any]) -> str:
    """A rank, or a dash."""
    return "—" if result["rank"] is None else str(result["rank"])


def rank_said(result: Mapping[str, Any]) -> str:
    """The rank behind a result, where it has one."""
    return "" if result["rank"] is None else f"，第 {result['rank']} 名"


def label_said(sheet: Mapping[str, Any]) -> str:
    """The grade; 暂计 while a part is missing (R44)."""
    if sheet.get("assessed") and sheet.get("provisional"):
        return "暂计，尚不评定等次（R44）"
    return sheet["label"] or "不参与考评"


def result_said(sheet: Mapping[str, Any]) -> str:
    """Total and grade of a sheet."""
    return label_said(sheet) if sheet["total"] is None else f"{sheet['total']} 分，{label_said(sheet)}"


def text_said(value: Any) -> str:
    """Words of a record, or what stands in their place."""
    if isinstance(value, Mapping):
        return "（已依法删除）" if value.get("erased") else "（不提供给本件的读者）"
    return "—" if value is None else str(value)


@implements("art.20", "R41")
def service_passage(told: Mapping[str, Any]) -> Passage:
    """The day of service beside the week of art.20, which runs from publication."""
    said = [f"{KIND_WORDS[one['kind']][0]}：{service_said(one)[0]}" for one in told["service"]]
    served = "；".join(said) or "没有就这一结果或有争议的记录向机构发出的通知"
    return Passage(f"通知送达：{served}。异议期自公布之日起算，送达日只列在旁边（第二十条、R41）。")
