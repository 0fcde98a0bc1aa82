"""Facts that a decision puts in place of what it annuls: rows of a form, as commands inside the decision (api.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from api.web.acting import text_of

MOST = 10
_ROW = re.compile(r"replace-(\d)-kind", re.ASCII)
KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "lapses": ("服务规范扣分（附件1 第1-7、9项）", "Lapse (annex 1, items 1-7 and 9)", ("item", "occurred_on")),
    "bad-records": ("登记不良信息（第十六条）", "Bad record (art.16)", ("behaviour", "entered_on", "behaviour_on")),
    "complaints": (
        "投诉处理决定（第十七条）", "Decision on a complaint (art.17)",
        ("complaint", "outcome", "verified_grounds", "decided_on", "findings"),
    ),
    "honours": (
        "荣誉（附件1 第12项）", "Honour (annex 1, item 12)",
        ("level", "reason", "title", "authority", "authority_kind", "awarded_on"),
    ),
    "effect-scores": (
        "服务效果评分（附件1 第11项）", "Effect score (annex 1, item 11)",
        ("client-uscc", "client-name", "year", "value", "scored_on"),
    ),
}  # fmt: skip
"""What can be recorded with a decision in a browser: names in both languages, and fields of the form."""
CHOICES: dict[str, dict[str, tuple[str, str]]] = {
    "item": {
        "1": ("第1项 未按时按要求提交登记材料", "1: registration materials late or not as asked"),
        "2": ("第2项 登记内容变更未及时更新", "2: changes not updated in time"),
        "3": ("第3项 未按要求提供相关信息表", "3: information forms late or not as asked"),
        "4": ("第4项 缺席安监部门组织的会议、培训和活动", "4: absent from a meeting, training or activity"),
        "5": ("第5项 未在合同期限内完成约定服务", "5: service not completed within the contract’s time"),
        "6": ("第6项 未按要求上报总结等材料", "6: summaries or the like not handed in"),
        "7": ("第7项 未如期签订诚信从业承诺书", "7: pledge not signed in time"),
        "9": ("第9项 过程记录等证明材料未归档或未按期限保存", "9: records of the work not filed or not kept"),
    },
    "behaviour": {
        "16.1": ("（一）合同不合理或未签合同、协议开展服务", "(1) unreasonable contract, or none"),
        "16.2": ("（二）应到现场而未到现场", "(2) not on site when due"),
        "16.3": ("（三）误导服务对象", "(3) misleading the client"),
        "16.4": ("（四）泄露服务对象的秘密", "(4) leaking the client’s secrets"),
        "16.5a": ("（五，前项）超出资质业务范围或能力范围", "(5, first) beyond qualification or ability"),
        "16.5b": ("（五，后项）报告错误、缺漏、照抄或与实际不符", "(5, second) defective report"),
        "16.6": ("（六）擅自更改、简化程序和内容", "(6) procedures changed or cut short"),
        "16.7": ("（七）未按要求报送信息，或上报虚假信息", "(7) information late, missing or false"),
        "16.8": ("（八）满意度得分 70 分以下", "(8) satisfaction under 70"),
        "16.9": ("（九）从业人员多处挂靠", "(9) staff registered in several places"),
        "16.10": ("（十）不符合基本条件", "(10) basic conditions no longer met"),
        "16.11": ("（十一）不正当竞争", "(11) unfair competition"),
        "16.12": ("（十二）被举报或投诉，经核实属实", "(12) complaint found true"),
        "16.13": ("（十三）其他一般违规行为", "(13) other common breaches"),
    },
    "outcome": {"upheld": ("属实（有效投诉）", "upheld"), "dismissed": ("不属实", "dismissed")},
    "verified_grounds": {
        "missed_hazard": ("应当发现的隐患未发现、未指出", "a hazard was missed"),
        "poor_quality": ("服务质量低劣（其他）", "poor quality otherwise"),
        "other": ("其他事由（不计入三级惩戒）", "other grounds (not on the ladder)"),
    },
    "level": {
        "national": ("国家级", "national"), "provincial": ("省级", "provincial"), "municipal": ("市级", "municipal"),
        "district": ("区级", "district"),
    },
    "authority_kind": {
        "emergency_management": ("应急管理（安全生产监管）部门", "emergency management"),
        "other": ("其他机关", "another authority"),
    },
}  # fmt: skip
"""Official wording of what is chosen, Chinese and English."""


@dataclass
class Row:
    """One of them as the form has it."""

    number: int
    kind: str
    values: dict[str, str] = field(default_factory=dict)

    def command(self, uscc: str) -> dict[str, Any]:
        """As a command inside the decision; what is empty is left out, so that the API asks for it."""
        body: dict[str, Any] = {name: text for name, text in self.values.items() if text}
        path = f"/v1/agencies/{uscc}/{self.kind}"
        if self.kind == "complaints":
            path += f"/{body.pop('complaint', '-')}/decision"
        if self.kind == "effect-scores":
            client = {"uscc": body.pop("client-uscc", ""), "name": body.pop("client-name", "")}
            body["client"] = client
        for name in ("item", "year"):
            if body.get(name, "").isdecimal():
                body[name] = int(body[name])
        return {"post": path, "body": body}


def rows_of(form: FormData) -> list[Row]:
    """The rows that a form holds, numbered anew from 0; one more or one less where a button asks for it."""
    found: list[Row] = []
    dropped = text_of(form, "act").removeprefix("drop-")
    for name in form:
        match = _ROW.fullmatch(name)
        kind = text_of(form, name)
        if match is None or kind not in KINDS or match[1] == dropped:
            continue
        prefix = f"replace-{match[1]}-body-"
        names = KINDS[kind][2]
        found.append(Row(len(found), kind, {one: text_of(form, prefix + one) for one in names}))
    wanted = text_of(form, "more")
    if text_of(form, "act") == "add" and wanted in KINDS and len(found) < MOST:
        found.append(Row(len(found), wanted, dict.fromkeys(KINDS[wanted][2], "")))
    return found
