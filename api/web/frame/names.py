"""Names of what all pages show, in Chinese and English: roles, tiers, grades, kinds of facts."""

from __future__ import annotations

import re

from domain.values import ROLE_NAMES
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
FILINGS = {
    "submitted": ("待审", "submitted"),
    "filed": ("已备案", "filed"),
    "returned": ("退回补正", "returned"),
    "terminated": ("已终止", "terminated"),
    "none": ("未备案", "not filed"),
}
ACCESS_ACTS = {
    "account_created": ("新建账户", "Account made"),
    "password_reset": ("重设密码", "Password reset"),
    "own_password": ("本人更改密码", "Own password changed"),
    "account_disabled": ("停用账户", "Account disabled"),
    "account_enabled": ("启用账户", "Account enabled"),
    "signed_out": ("结束全部登录", "Signed out everywhere"),
    "token_created": ("新建令牌", "Token made"),
    "token_revoked": ("撤销令牌", "Token revoked"),
}
"""What is done to accounts and tokens. A test holds this table and `domain/store/access/access_audit.py` together."""
EVENTS = FACT_NAMES
"""Kinds of facts: the pages call them what the answers of the API call them."""
_EVENT = re.compile(rf"\b(?:{'|'.join(EVENTS)})\b")


def named_in_english(text_en: str) -> str:
    """An English text of the API with the names of kinds of facts in place of their types: people read these."""
    return _EVENT.sub(lambda found: EVENTS[found[0]][1].lower(), text_en)
