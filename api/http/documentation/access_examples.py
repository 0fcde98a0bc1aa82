"""Examples for the documentation of accounts and tokens: body and answer of each change."""

from __future__ import annotations

from typing import Any

from api.http.documentation.examples import AGENCY_USCC

_ACCOUNT: dict[str, Any] = {
    "id": "0193aef1-1f0b-7a44-8d11-c5be2f7e9101",
    "login": "chen.guodong",
    "person": "陈国栋",
    "person_id": "0193aef1-1f0b-7a44-8d11-c5be2f7e9036",
    "role": "agency",
    "uscc": AGENCY_USCC,
    "created_at": "2024-12-30T02:41:07.183902Z",
    "disabled_at": None,
    "last_used_at": None,
    "signed_in": 0,
}
_TOKEN: dict[str, Any] = {
    "id": "5f0c2b7a9e1d4c38",
    "person": "陈国栋",
    "person_id": "0193aef1-1f0b-7a44-8d11-c5be2f7e9036",
    "role": "agency",
    "uscc": AGENCY_USCC,
    "created_at": "2024-12-30T02:41:07.183902Z",
    "expires_at": "2025-12-31T16:00:00.000000Z",
    "revoked_at": None,
    "last_used_at": None,
}
ACCESS_EXAMPLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "create_account": (
        {"login": "chen.guodong", "person": "陈国栋", "role": "agency", "uscc": AGENCY_USCC},
        {**_ACCOUNT, "password": "k7wd-3mzp-xq8r-hn2c"},
    ),
    "reset_password": ({"password": "three quiet herons"}, _ACCOUNT),
    "set_access": ({"access": "disabled"}, {**_ACCOUNT, "disabled_at": "2025-01-06T08:12:30.004217Z"}),
    "create_token": (
        {"person_id": _TOKEN["person_id"], "role": "agency", "uscc": AGENCY_USCC, "expires_on": "2025-12-31"},
        {**_TOKEN, "token": "stw_EXAMPLE"},
    ),
    "revoke_token": ({"revoked": True}, {**_TOKEN, "revoked_at": "2025-01-06T08:12:30.004217Z"}),
}
"""Body and answer of each change of accounts and tokens."""
