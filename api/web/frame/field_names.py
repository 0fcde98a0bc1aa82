"""What fields, values, roles, tiers, grades and kinds of facts are called in both languages; how a fact is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.measures.notices import KIND_WORDS
from domain.measures.text.paragraphs import find_paragraph
from domain.values import ROLE_NAMES
from projections.compare.field_words import WAYS
from projections.fact_kinds import FACT_NAMES

ROLES = ROLE_NAMES
TIERS = {
    "none": ("无", "none", "–"),
    "recorded": ("记录备案", "recorded", "①"),
    "warned": ("警示提醒", "warned", "②"),
    "blacklisted": ("黑名单", "blacklisted", "③"),
}
"""Chinese, English, and a sign, so that colour is never the only carrier (art.17)."""
GRADES = {
    "excellent": ("优秀", "excellent", "◆"),
    "qualified": ("合格", "qualified", "●"),
    "unqualified": ("不合格", "unqualified", "▲"),
}
PARTS = {"quality": ("服务质量（满意度调查）", "quality (surveys)"), "effect": ("服务效果评分", "effect scores")}
"""The parts of a score that can be missing (R25)."""
FILINGS = {
    "submitted": ("待审", "submitted"),
    "filed": ("已备案", "filed"),
    "returned": ("退回补正", "returned"),
    "terminated": ("已终止", "terminated"),
    "none": ("未备案", "not filed"),
}
ACCESS_ACTS = {
    "account_created": ("新建账户", "Account made"),
    "invited": ("发出邀请", "Invited"),
    "invitation_used": ("本人用邀请设密码", "Invitation used"),
    "invitation_revoked": ("撤销邀请", "Invitation revoked"),
    "second_factor_on": ("启用两步验证", "Second factor switched on"),
    "second_factor_off": ("停用两步验证", "Second factor switched off"),
    "second_factor_reset": ("重设两步验证", "Second factor reset"),
    "subject_linked": ("关联身份提供方", "Linked to the identity provider"),
    "recovery_codes": ("换发备用码", "Recovery codes renewed"),
    "recovery_code_used": ("用备用码登录", "Recovery code used"),
    "password_reset": ("重设密码", "Password reset"),
    "own_password": ("本人更改密码", "Own password changed"),
    "account_disabled": ("停用账户", "Account disabled"),
    "account_enabled": ("启用账户", "Account enabled"),
    "signed_out": ("结束全部登录", "Signed out everywhere"),
    "token_created": ("新建令牌", "Token made"),
    "token_revoked": ("撤销令牌", "Token revoked"),
    "association_named": ("填写协会名称", "Association named"),
    "target_created": ("新建接收地址", "Target made"),
    "target_enabled": ("启用接收地址", "Target switched on"),
    "target_disabled": ("停用接收地址", "Target switched off"),
    "target_kinds": ("选择接收地址的消息种类", "Kinds of a target chosen"),
    "target_renewed": ("更换接收地址的验签密钥", "Secret of a target renewed"),
    "target_deleted": ("删除接收地址", "Target deleted"),
}
"""What is done to accounts and tokens. A test holds this table and `domain/store/access/access_audit.py` together."""
EVENTS = FACT_NAMES
"""Kinds of facts: the pages call them what the answers of the API call them."""
_EVENT = re.compile(rf"\b(?:{'|'.join(EVENTS)})\b")


def named_in_english(text_en: str) -> str:
    """An English text of the API with the names of kinds of facts in place of their types: people read these."""
    return _EVENT.sub(lambda found: EVENTS[found[0]][1].lower(), text_en)


FIELDS = {
    "accident_on": ("事故日期", "Accident on"), "address": ("地址", "Address"),
    "annulled": ("因此撤销的记录", "Annulled records"), "answers": ("十题答案", "Ten answers"),
    "appeal_id": ("异议", "Appeal"), "appellant": ("申请人", "Appellant"), "basis": ("依据", "Basis"),
    "appellant_kind": ("申请人类别", "Kind of appellant"), "authority": ("机关", "Authority"),
    "authority_kind": ("机关类别", "Kind of authority"), "bad_record_id": ("不良信息", "Bad record"),
    "behaviour": ("行为（第十六条）", "Behaviour (art.16)"), "signer": ("签收人", "Signed by"),
    "behaviour_on": ("行为发生日", "Behaviour on"), "calendar_sha256": ("节假日历校验值", "Hash of the calendar"),
    "category": ("机构类型", "Category"), "cause": ("起因", "Cause"),
    "certificate_no": ("证书编号", "Certificate no."), "channel": ("渠道", "Channel"),
    "client": ("生产经营单位", "Client"), "client_uscc": ("企业代码", "Client’s code"),
    "comments": ("意见或建议", "Comments"), "complainant": ("投诉人", "Complainant"),
    "complaint_id": ("投诉", "Complaint"), "concerns": ("所涉记录", "Concerns"), "contact": ("联系方式", "Contact"),
    "disclosed": ("向机构披露的内容", "Disclosed to the agency"), "content": ("内容", "Content"),
    "contract_no": ("合同编号", "Contract no."), "deadline": ("期限", "Deadline"),
    "decision_no": ("决定书文号", "Decision no."), "difference": ("与前一结果的差别", "Difference from the one before"),
    "disputed": ("有争议的记录", "Disputed records"), "due_on": ("应完成日", "Due on"),
    "event_id": ("所指记录", "Record"), "expires_on": ("链接有效至", "Link expires on"),
    "facts": ("违法事实", "Facts"), "fields": ("变更后的内容", "What is new"), "filing_id": ("备案", "Filing"),
    "findings": ("查明情况", "Findings"), "grade": ("考评结果", "Grade"), "grounds": ("理由", "Grounds"),
    "hint_id": ("线索", "Hint"), "impact_id": ("结果影响", "Impact"), "in_time": ("在期限内", "In time"),
    "investigation_ref": ("调查文号", "Investigation"), "invitation_id": ("调查邀请", "Invitation"),
    "item": ("考评项目", "Item of annex 1"), "kind": ("类别", "Kind"), "known_at": ("按何时所知", "As known at"),
    "legal_representative": ("法定代表人", "Legal representative"),
    "level": ("级别", "Level"), "liability": ("责任", "Liability"), "local": ("本地机构", "Local agency"),
    "log_index": ("日志序号", "Log index"), "merged_into": ("并入的投诉", "Merged into"),
    "name": ("名称或姓名", "Name"), "no": ("编号", "No."), "note_audience": ("备注给谁看", "Who reads the note"),
    "notice_id": ("通知", "Notice"), "objection_id": ("更正申请", "Objection"), "statement_id": ("申辩", "Statement"),
    "repair_id": ("信用修复申请", "Application for repair"), "successors": ("承继机构", "Successors"),
    "succession_id": ("承继记录（前身）", "Succession (of the predecessor)"), "predecessor": ("前身", "Predecessor"),
    "names": ("前身名称", "Its names"), "codes": ("前身代码", "Its codes"), "stands": ("有效", "Stands"),
    "tags": ("承继的标签", "Tags"), "complaints": ("承继的有效投诉", "Upheld complaints"),
    "records": ("承继的不良信息", "Bad records"), "tier": ("等级", "Tier"), "added_on": ("添加日", "Added on"),
    "events": ("前身的记录", "Its records"), "last_day": ("末日", "Last day"), "upheld_on": ("查实日", "Upheld on"),
    "penalties": ("承继的行政处罚", "Penalties"), "warnings": ("承继的警告通报", "Warnings"),
    "projects": ("承继的项目", "Projects"), "decided_on": ("决定日", "Decided on"), "first": ("首日", "First day"),
    "last": ("末日", "Last day"), "ended_on": ("结束日", "Ended on"), "is_completed": ("已完成", "Completed"),
    "inherited_from": ("前身的项目", "The predecessor's project"), "link_id": ("签收链接", "Link"),
    "bad_records_to": ("一并承担不良信息的承继机构", "Successors that have the bad records too"),
    "day": ("日期", "Day"), "from_on": ("终止公示自", "No longer public from"),
    "old": ("变更前的内容", "What it was"), "other": ("其他", "Other"), "outcome": ("处理结果", "Outcome"),
    "overtaken_by": ("公布前已另有的事实", "Overtaken by"), "personnel": ("从业人员", "Personnel"),
    "practitioner": ("涉及的从业人员", "Practitioner"), "profile": ("备案内容", "Filing"),
    "project_id": ("项目", "Project"), "publication_id": ("公布决定", "Publication"),
    "qualification": ("职业资格", "Qualification"), "qualifications": ("机构资质", "Qualifications"),
    "public_until": ("公示截止期", "Published until"), "quality_lead": ("质量控制负责人", "Quality lead"),
    "rank": ("名次", "Rank"), "reason": ("事由", "Reason"), "reasons": ("理由", "Reasons"),
    "recipient": ("收件人", "Recipient"), "reference": ("文号", "Reference"),
    "replaced": ("替换的记录", "Replacing records"), "replaces": ("替代的结果", "Replaces"),
    "hearing_on": ("听证日", "Heard on"), "report_filed_on": ("总结报送日", "Report filed on"),
    "report_id": ("举报", "Report"), "reported_on": ("报送日", "Reported on"), "reporter": ("举报人", "Reporter"),
    "request_id": ("报送要求", "Request"), "result_id": ("考评结果记录", "Result"),
    "rulebook_sha256": ("规则校验值", "Hash of the rulebook"), "scope": ("业务范围", "Scope"),
    "service_type": ("服务类型", "Type of service"), "severity": ("事故等级", "Severity"),
    "sent_id": ("发出的通知", "Notice sent"), "way": ("送达方式", "Way of service"),
    "sha256": ("SHA-256", "SHA-256"), "sheet": ("打分表", "Score sheet"), "sheet_of": ("沿用的打分表", "Sheet of"),
    "technical_lead": ("技术负责人", "Technical lead"), "technicians": ("技术人员", "Technicians"),
    "title": ("题名", "Title"), "unlawful": ("涉及违法违规", "Unlawful"), "uri": ("出处", "Where it lies"),
    "uscc": ("统一社会信用代码", "Credit code"), "valid_until": ("有效期至", "Valid until"),
    "value": ("评分", "Score"), "verified_grounds": ("查实的事由", "Verified grounds"),
    "year": ("考评年度", "Year"), "years": ("从业年限", "Years of work"),
}  # fmt: skip
"""A test holds this table and `domain/events.py` together."""
_GRADES = {name: words[:2] for name, words in GRADES.items()}
_GROUNDS = {
    "missed_hazard": ("应发现而未发现的隐患", "missed hazard"),
    "poor_quality": ("服务质量低劣", "poor quality"),
    "other": ("其他", "other"),
}
VALUES: dict[str, dict[Any, tuple[str, str]]] = {
    "appellant_kind": {"agency": ("服务机构", "agency"), "practitioner": ("从业人员", "practitioner")},
    "authority_kind": {"emergency_management": ("应急管理（安全生产监管）部门", "emergency management"),
                       "other": ("其他部门", "other")},
    "grade": _GRADES, "grounds": _GROUNDS, "verified_grounds": _GROUNDS,
    "level": {"national": ("国家级", "national"), "provincial": ("省级", "provincial"),
              "municipal": ("市级", "municipal"), "district": ("区级", "district")},
    "note_audience": {"internal": ("内部", "internal"), "shared": ("共享给所涉机构", "shared with the agency")},
    "liability": {"direct": ("直接责任", "direct"), "indirect": ("间接责任", "indirect")},
    "outcome": {"annulled": ("撤销该记录", "annulled"), "refused": ("不予更正", "refused"),
                "reopened": ("重新核定", "reopened"), "kept": ("维持", "kept")},
    "severity": {"general": ("一般事故", "general"), "larger": ("较大事故", "larger"), "major": ("重大事故", "major"),
                 "extraordinary": ("特别重大事故", "extraordinary")},
    "way": WAYS,
    "kind": {**KIND_WORDS, "referral": ("移送", "referral"), "merger": ("合并", "merger"),
             "division": ("分立", "division"), "code_change": ("变更统一社会信用代码", "change of code")},
    "tier": {tier: (zh, en) for tier, (zh, en, _) in TIERS.items()},
    "recipient": {"agency": ("服务机构", "agency"), "public_site": ("门户网站", "public site"),
                  "regulator": ("监管部门", "regulator"), "enterprises": ("全部生产经营单位", "all enterprises")},
}  # fmt: skip
VIA = {
    "api": ("接口", "API"),
    "page": ("网页", "page"),
    "import": ("批量导入", "import"),
    "cli": ("命令行", "command line"),
}
_EVENTS = frozenset({
    "appeal_id", "bad_record_id", "cause", "complaint_id", "concerns", "event_id", "filing_id", "invitation_id",
    "merged_into", "objection_id", "project_id", "repair_id", "replaces", "report_id", "request_id", "result_id",
    "link_id", "sent_id", "sheet_of", "statement_id", "disputed", "annulled", "replaced", "overtaken_by",
})  # fmt: skip
"""Fields that hold the id of an event of the same agency, or several."""
_COUNTED = frozenset({"basis", "difference", "events", "sheet"})
"""Of results: too long to be told here; the published sheet shows them."""
_BRIEF = (
    "outcome", "item", "behaviour", "verified_grounds", "grounds", "level", "title", "value", "client", "kind",
    "recipient", "authority", "decision_no", "severity", "liability", "service_type", "due_on", "year", "grade", "rank",
    "reason", "reference", "event_id",
)  # fmt: skip
MOST_BRIEF = 3


class Told(NamedTuple):
    """A field of a fact: its name in both languages, and its value by kind.

    `kind`: text, word (both languages), yes, day, events, group (fields within), groups, count, withheld, erased.
    """

    name: tuple[str, str]
    kind: str
    value: Any


def told(fact: Mapping[str, object], own_id: str = "") -> list[Told]:
    """The fields of a fact (`fact` in an entry of the trail) that say something; the fact's own id is not repeated."""
    found = []
    for field, value in fact.items():
        one = _told(field, value)
        if one is not None and value != own_id:
            found.append(one)
    return found


def brief(fact: Mapping[str, object], own_id: str = "") -> list[Told]:
    """The few fields that tell one fact from another of its type."""
    fields = [field for field in _BRIEF if field in fact][:MOST_BRIEF]
    found = told({field: fact[field] for field in fields}, own_id)
    return [one for one in found if one.kind not in ("group", "groups")]


def _told(field: str, value: Any) -> Told | None:
    name = FIELDS.get(field, (field, field))
    if value is None or value in ([], {}):
        return None
    if value in ({"withheld": True}, {"erased": True}):
        return Told(name, next(iter(value)), None)
    if field in _COUNTED and not isinstance(value, str):
        return Told(name, "count", len(value)) if field == "basis" else None
    if field == "client":
        return Told(name, "text", f"{value['name']}（{value['uscc']}）") if isinstance(value, dict) else None
    if field in _EVENTS:
        return Told(name, "events", value if isinstance(value, list) else [value])
    if isinstance(value, bool):
        return Told(name, "yes", value)
    return _by_shape(field, name, value)


def _by_shape(field: str, name: tuple[str, str], value: Any) -> Told:
    if isinstance(value, dict):
        return Told(name, "group", told(value))
    if isinstance(value, list) and isinstance(value[0], dict):
        return Told(name, "groups", [told(one) for one in value])
    if isinstance(value, list):
        return Told(name, "text", "、".join(map(str, value)))
    if field == "item":
        paragraph = find_paragraph(f"annex1.item{value}")
        return Told(name, "word", (f"第 {value} 项 {paragraph.title}", f"{value} {paragraph.title_en}"))
    if field == "behaviour":
        paragraph = find_paragraph(f"art.16({value.removeprefix('16.')})")
        return Told(name, "word", (f"{value} {paragraph.title}", f"{value} {paragraph.title_en}"))
    word = VALUES.get(field, {}).get(value) if isinstance(value, str) else None
    if word is not None:
        return Told(name, "word", word)
    is_day = field.endswith("_on") or field in ("deadline", "valid_until", "public_until")
    return Told(name, "day" if is_day else "text", value)
