"""Tables of agencies: the list, the register with its expiries, the blacklist, who was found, one agency's trail."""

from __future__ import annotations

from api.application.exports.table_columns import (
    NOT_SHOWN,
    TIERS,
    ExportTable,
    Row,
    Value,
    column,
    grade_said,
    missing_said,
    override_said,
    said,
    together,
    worded,
)
from domain.values import ROLE_NAMES, Bilingual
from projections.fact_kinds import FACT_NAMES

USCC: Bilingual = ("统一社会信用代码", "Credit code")
NAME: Bilingual = ("机构名称", "Agency")
CATEGORY: Bilingual = ("类型", "Category")
FILINGS: dict[str, Bilingual] = {
    "submitted": ("待审", "submitted"),
    "filed": ("已备案", "filed"),
    "returned": ("退回补正", "returned"),
    "terminated": ("已终止", "terminated"),
}
VIAS: dict[str, Bilingual] = {
    "api": ("接口", "API"),
    "page": ("网页", "page"),
    "import": ("批量导入", "import"),
    "cli": ("命令行", "command line"),
}
ROLES: dict[str, Bilingual] = {str(role): words for role, words in ROLE_NAMES.items()}
IDENTITY = (column("uscc", *USCC, "code", "agency.uscc"), column("name", *NAME, "text", "agency.name"))
"""Which agency a row of a list is about."""

_ASSESSED = (
    column("year", "考评年度", "Year", "number", "assessment.year"),
    column("conduct", "服务规范", "Conduct", "points", "assessment.conduct"),
    column("quality", "服务质量", "Quality", "points", "assessment.quality"),
    column("effect", "服务效果", "Effect", "points", "assessment.effect"),
    column("honours", "荣誉记录", "Honours", "points", "assessment.honours"),
    column("total", "总分", "Total", "points", "assessment.total"),
    column("grade", "结果", "Grade", "text", lambda row: grade_said(row["assessment"])),
    column("override", "直接认定依据", "Decided outright by", "text", lambda row: override_said(row["assessment"])),
    column("missing", "尚缺", "Still missing", "text", lambda row: missing_said(row["assessment"])),
)
AGENCIES = ExportTable(
    "agencies",
    ("机构清单", "Agencies"),
    (
        *IDENTITY,
        column("category", *CATEGORY, "text", "agency.category"),
        column("filing", "备案状态", "Filing", "text", worded("agency.filing", FILINGS)),
        column("tier", "惩戒等级", "Tier", "text", worded("sanction.tier", TIERS)),
        column("since", "等级自", "Since", "day", "sanction.since"),
        column("until", "等级至", "Until", "day", "sanction.until"),
        column(
            "verified_complaints", "一年内有效投诉", "Verified complaints", "number", "sanction.verified_complaints"
        ),
        *_ASSESSED,
        column("bad_records", "本年不良信息", "Bad records this year", "number", "bad_records.year"),
        column("bad_records_total", "累计不良信息", "Bad records in all", "number", "bad_records.total"),
        column("version", "记录数", "Records", "number"),
    ),
    "/v1/agencies",
)


def _warning(row: Row) -> Value:
    found = row.get("warning_notice")
    return None if found is None else (f"{found['year']} 年度不合格，警告通报", f"warning for {found['year']}")


def _served(row: Row) -> Value:
    days = [str(one["served_on"] or "—") for one in row.get("service") or ()]
    return "; ".join(days) or None


STANDINGS = ExportTable(
    "standings",
    ("全区机构状态", "Standings of the district"),
    (
        *AGENCIES.columns,
        column("warning", "警告通报", "Warning notice", "text", _warning),
        column("advisories", "事故后的建议", "Advisories", "number", lambda row: len(row.get("advisories") or ())),
        column("service", "通知送达日", "Notices served on", "text", _served),
    ),
    "/v1/standings",
)


def _qualifications(row: Row) -> Value:
    return together(
        [
            (
                f"{one['name']}（{'有效至 ' + one['valid_until'] if one['valid_until'] else '无期限'}）",
                f"{one['name']} ({'valid until ' + one['valid_until'] if one['valid_until'] else 'no term'})",
            )
            for one in row.get("qualifications") or ()
        ],
        by=("；", "; "),
    )


def _first_expiry(row: Row) -> Value:
    days = [one["valid_until"] for one in row.get("qualifications") or () if one["valid_until"]]
    return min(days, default=None)


REGISTER = ExportTable(
    "register",
    ("备案名录", "Register of agencies on file"),
    (
        column("uscc", *USCC, "code"),
        column("name", *NAME),
        column("category", *CATEGORY),
        column("filed_since", "备案自", "On file since", "day"),
        column("address", "地址", "Address"),
        column("scope", "业务范围", "Scope"),
        column("qualifications", "资质及有效期", "Qualifications", "text", _qualifications),
        column("first_expiry", "最早到期", "First expiry", "day", _first_expiry),
        column("blacklisted_since", "列入黑名单", "Blacklisted since", "day", "blacklisted.since"),
        column("blacklisted_until", "黑名单至", "Blacklisted until", "day", "blacklisted.until"),
    ),
    "/v1/public/agencies",
)
BLACKLIST = ExportTable(
    "blacklist",
    ("黑名单", "Blacklist"),
    (
        column("uscc", *USCC, "code"),
        column("name", *NAME),
        column("category", *CATEGORY),
        column("since", "列入日", "Since", "day"),
        column("until", "截止日", "Until", "day"),
        column("article", "依据", "Article"),
    ),
    "/v1/public/blacklist",
)
FIRMS = ExportTable(
    "firms",
    ("查到的机构", "Firms found"),
    (
        column("uscc", *USCC, "code"),
        column("name", *NAME),
        column("former_names", "曾用名", "Former names"),
        column("on_file", "在备案中", "On file"),
        column("blacklisted_since", "列入黑名单", "Blacklisted since", "day", "blacklisted.since"),
        column("blacklisted_until", "黑名单至", "Blacklisted until", "day", "blacklisted.until"),
        column("year", "最近公布年度", "Latest published year", "number", "latest_result.year"),
        column("total", "总分", "Total", "points", "latest_result.total"),
        column("grade", "结果", "Grade", "text", lambda row: grade_said(row.get("latest_result") or {})),
    ),
    "/v1/public/search",
)


def _counts(row: Row) -> Value:
    return ("计入", "counts") if row.get("counts") else ("已撤销", "annulled")


def _recorder(row: Row) -> Value:
    """By name where the reader may know it; never "you": a file is read by others as well."""
    return said(row.get("actor_name") or row.get("actor"))


def _evidence(row: Row) -> Value:
    papers = row.get("evidence") or ()
    if papers == {"withheld": True}:
        return NOT_SHOWN
    return (
        "；".join(f"{one.get('title')} {one.get('uri') or one.get('sha256') or ''}".strip() for one in papers) or None
    )


TRAIL = ExportTable(
    "trail",
    ("审计轨迹", "Audit trail"),
    (
        column("version", "机构记录序号", "Number in the agency’s stream", "number"),
        column("occurred_on", "生效日", "In effect", "day"),
        column("type", "事实", "Fact", "text", worded("type", FACT_NAMES)),
        column("recorded_at", "记录时间", "Recorded", "moment"),
        column("actor", "记录人", "Recorded by", "text", _recorder),
        column("via", "方式", "Way", "text", worded("via", VIAS)),
        column("counts", "状态", "State", "text", _counts),
        column("days_later", "补记天数", "Days later", "number", "recorded_days_later"),
        column("fact", "内容（数据）", "What it says (data)", "text", lambda row: said(dict(row.get("fact") or {}))),
        column("note", "备注", "Note"),
        column("evidence", "佐证", "Evidence", "text", _evidence),
        column("annulled_by", "撤销它的记录", "Annulled by", "code"),
        column("id", "记录编号", "Record", "code"),
    ),
    "/v1/agencies/{uscc}/events",
)


def _places(row: Row) -> Value:
    return together(
        [
            (
                f"{FACT_NAMES[one['type']][0]} {one['recorded_at'][:10]}",
                f"{FACT_NAMES[one['type']][1]} {one['recorded_at'][:10]}",
            )
            for one in row.get("places") or ()
        ],
        by=("；", "; "),
    )


def _texts(row: Row) -> Value:
    told = [said(one["text"]) for one in row.get("places") or ()]
    return together([one if isinstance(one, tuple) else (str(one), str(one)) for one in told], by=("；", "; "))


SUBJECTS = ExportTable(
    "subjects",
    ("个人信息清单", "Personal data"),
    (
        column("texts", "内容", "What it says", "text", _texts),
        column("places", "出处", "Where", "text", _places),
        column("erased_at", "删除时间", "Erased", "moment"),
        column("subject", "主体编号", "Subject", "code"),
    ),
    "/v1/agencies/{uscc}/subjects",
)
