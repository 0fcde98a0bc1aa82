"""Tables of access: accounts, tokens, who read what, who changed whose access."""

from __future__ import annotations

from api.application.exports.agency_tables import ROLES, USCC, VIAS
from api.application.exports.table_columns import ExportTable, Row, Value, column, said, worded


def _person(row: Row) -> Value:
    return said(row.get("person_name") or row.get("person"))


ACCOUNTS = ExportTable(
    "accounts",
    ("账户", "Accounts"),
    (
        column("login", "登录名", "Login", "code"),
        column("person", "姓名", "Name"),
        column("role", "角色", "Role", "text", worded("role", ROLES)),
        column("uscc", *USCC, "code"),
        column("created_at", "新建", "Made", "moment"),
        column("disabled_at", "停用", "Disabled", "moment"),
        column("last_used_at", "最近使用", "Last used", "moment"),
        column("invitation", "邀请", "Invitation"),
        column("second_factor_at", "两步验证", "Second factor", "moment"),
    ),
    "/v1/accounts",
)
TOKENS = ExportTable(
    "tokens",
    ("令牌", "Tokens"),
    (
        column("id", "编号", "Id", "code"),
        column("person", "持有人", "Holder"),
        column("role", "角色", "Role", "text", worded("role", ROLES)),
        column("uscc", *USCC, "code"),
        column("created_at", "新建", "Made", "moment"),
        column("expires_at", "到期", "Expires", "moment"),
        column("last_used_at", "最近使用", "Last used", "moment"),
        column("revoked_at", "撤销", "Revoked", "moment"),
    ),
    "/v1/tokens",
)
CONSULTATIONS = ExportTable(
    "consultations",
    ("查阅记录", "Consultations"),
    (
        column("at", "何时", "When", "moment"),
        column("person", "何人", "Who", "text", _person),
        column("role", "角色", "Role", "text", worded("role", ROLES)),
        column("via", "方式", "Way", "text", worded("via", VIAS)),
        column("uscc", *USCC, "code", "agency.uscc"),
        column("route", "查了什么", "What", "code"),
        column("as_of", "截至", "As of"),
        column("known_at", "按何时所知", "As known at"),
        column("whom", "所查的人", "Whom"),
    ),
    "/v1/consultations",
)
CHANGES = ExportTable(
    "changes",
    ("权限变更记录", "Changes of access"),
    (
        column("number", "编号", "Number", "number"),
        column("at", "何时", "When", "moment"),
        column("act", "办了什么", "What"),
        column("person", "持有人", "Holder", "text", _person),
        column("role", "角色", "Role", "text", worded("role", ROLES)),
        column("uscc", *USCC, "code"),
        column("by", "何人办理", "Done by", "text", lambda row: said(row.get("by_name") or row.get("by"))),
        column("via", "方式", "Way", "text", worded("via", VIAS)),
        column("subject", "账户或令牌", "Account or token", "code"),
        column("reason", "理由", "Reason"),
    ),
    "/v1/access-changes",
)
ACCESS = (ACCOUNTS, TOKENS, CONSULTATIONS, CHANGES)
