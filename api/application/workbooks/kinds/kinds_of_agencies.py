"""Workbooks about agencies themselves: filings (art.8), their staff (art.7, art.12), their projects (art.15)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from api.application.workbooks.kinds.sheet_kinds import (
    AGENCY,
    AGENCY_NAME,
    CLIENT,
    NOTE,
    ROW_NUMBER,
    WHOSE,
    Body,
    SheetColumn,
    SheetKind,
    day,
)

_PERSON = re.compile(r"(?P<name>.+?)[\s(（:：]*(?P<years>\d+(\.\d{1,2})?)\s*年?[)）]?", re.ASCII)


def people(text: str) -> list[Body]:
    """Names with their years of relevant work: `王海涛 3；李静（1.5年）`. Raises: ValueError for one without years."""
    found = []
    for one in re.split(r"[;；、,，\n]+", unicodedata.normalize("NFKC", text)):
        if not one.strip():
            continue
        match = _PERSON.fullmatch(one.strip())
        if match is None:
            raise ValueError(one.strip())
        found.append({"name": match["name"].strip(), "years": match["years"]})
    return found


_QUALIFIED = ("qualification_name", "qualification_no", "qualification_until")


def _filing(body: Body) -> Body:
    """The one qualification of the row becomes a list of one."""
    name, number, until = (body.pop(field, None) for field in _QUALIFIED)
    if name is not None:
        body["qualifications"] = [{"name": name, "no": number, "valid_until": until}]
    return body


FILING = SheetKind(
    "filing",
    ("机构备案", "Filings"),
    "/v1/agencies",
    (
        ROW_NUMBER,
        AGENCY._replace(field="uscc", required=True),
        AGENCY_NAME._replace(field="name", required=True),
        SheetColumn(
            "category", ("机构类型", "Category"), "text", True, ("服务机构类型", "类型"), example="综合安全服务"
        ),
        SheetColumn(
            "legal_representative",
            ("法定代表人", "Legal representative"),
            synonyms=("法人", "法人代表"),
            example="陈国栋",
        ),
        SheetColumn("technical_lead", ("技术负责人", "Technical lead"), example="林晓梅"),
        SheetColumn(
            "address",
            ("地址", "Address"),
            synonyms=("注册地址", "办公地址"),
            example="惠州市大亚湾区澳头街道中兴北路 8 号",
        ),
        SheetColumn("local", ("本地机构", "Local"), "yes", synonyms=("是否本地机构",), example="是"),
        SheetColumn(
            "scope",
            ("业务范围", "Scope"),
            "list",
            synonyms=("服务范围",),
            note=("用顿号分开", "parted by 、"),
            example="隐患排查、安全培训",
        ),
        SheetColumn(
            "qualification_name", ("资质名称", "Qualification"), synonyms=("资质",), example="安全评价机构资质"
        ),
        SheetColumn(
            "qualification_no",
            ("资质编号", "Qualification no."),
            "reference",
            synonyms=("资质证书编号",),
            example="APJ-(粤)-301",
        ),
        day(
            "qualification_until",
            "资质有效期至",
            "Valid until",
            "有效期至",
            "资质有效期",
            required=False,
            example="2027-06-30",
        ),
        day("submitted_on", "提交日期", "Submitted on", "备案日期", "申报日期", example="2025-01-08"),
        NOTE,
    ),
    finish=_filing,
    article="art.8",
)


def _staff(bodies: Sequence[Body]) -> Body:
    """All rows of one agency are its whole staff from the day on (art.12)."""
    first = bodies[0]
    return {
        "changed_on": first["changed_on"],
        "reported_on": first["reported_on"],
        "fields": {"personnel": [body["person"] for body in bodies]},
    }


PERSONNEL = SheetKind(
    "personnel",
    ("从业人员", "Personnel"),
    "/v1/agencies/{uscc}/changes",
    (
        *WHOSE,
        SheetColumn("person.name", ("姓名", "Name"), "text", True, ("人员姓名", "从业人员"), example="林晓梅"),
        SheetColumn(
            "person.qualification",
            ("职业资格", "Qualification"),
            synonyms=("资格", "职称", "资格证书"),
            example="注册安全工程师",
        ),
        SheetColumn(
            "person.certificate_no",
            ("证书编号", "Certificate no."),
            "reference",
            synonyms=("资格证书编号", "证书号"),
            example="ZA20190441",
        ),
        day("person.valid_until", "证书有效期至", "Valid until", "有效期至", required=False, example="2027-06-30"),
        day("changed_on", "变更日期", "Changed on", "生效日期"),
        day("reported_on", "报送日期", "Reported on", "报送日", example="2025-03-06"),
    ),
    together=_staff,
    article="art.12",
)
PROJECTS = SheetKind(
    "projects",
    ("项目台账", "Projects"),
    "/v1/agencies/{uscc}/projects",
    (
        *WHOSE,
        *CLIENT,
        SheetColumn(
            "contract_no", ("合同编号", "Contract no."), "reference", synonyms=("合同号",), example="AH-2025-017"
        ),
        SheetColumn(
            "service_type", ("服务类型", "Type of service"), synonyms=("服务项目类型", "服务内容"), example="隐患排查"
        ),
        day("started_on", "开始日期", "Started on", "服务开始日期", "合同开始日期", "起始日期"),
        day("due_on", "应完成日期", "Due on", "完成期限", "合同截止日期", "服务截止日期", example="2025-12-31"),
        SheetColumn(
            "quality_lead.name",
            ("质量负责人", "Quality lead"),
            synonyms=("质量控制负责人", "项目负责人"),
            example="林晓梅",
        ),
        SheetColumn(
            "quality_lead.years",
            ("负责人年限", "Years of work"),
            "number",
            synonyms=("质量负责人从业年限",),
            example="6",
        ),
        SheetColumn("quality_lead.qualification", ("负责人资格", "Lead’s qualification"), example="安全工程师"),
        SheetColumn(
            "technicians",
            ("技术人员", "Technicians"),
            "people",
            synonyms=("技术人员及年限",),
            note=("姓名和从业年限，用分号分开", "name and years of work, parted by ;"),
            example="王海涛 3；李静 1.5",
        ),
        NOTE,
    ),
    article="art.15",
)
