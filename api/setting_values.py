"""How settings are written that have a form of their own: each is checked, and put into one way of writing it."""

from __future__ import annotations

import re
from ipaddress import ip_network
from urllib.parse import urlsplit

from domain.store.db.engine import embedded_file
from domain.values import Role


def normal_public_url(text: str) -> str:
    """The address without a slash at its end; empty for none. Raises: ValueError for what is no address of a site."""
    parts = urlsplit(text.strip())
    if not text.strip():
        return ""
    more = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or more:
        raise ValueError("须为 http(s)://主机[/路径] / has to be http(s)://host[/path]")
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*/?", parts.path):
        raise ValueError("路径只能有字母、数字、._~- / its path may have letters, digits and ._~- only")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def normal_roles(text: str) -> str:
    """Names of roles with commas, without blanks. Raises: ValueError for a role that there is not."""
    names = [one.strip() for one in text.split(",") if one.strip()]
    wrong = [one for one in names if one not in set(Role)]
    if wrong:
        raise ValueError(f"没有角色 / no such role: {', '.join(wrong)}; {', '.join(Role)}")
    return ",".join(names)


SCANNER = re.compile(r"tcp:(?P<host>[^\s]+):(?P<port>\d{1,5})|unix:(?P<path>/.+)")
"""How it is written where clamd listens."""


def normal_scanner(text: str) -> str:
    """Where clamd listens: `tcp:host:port`, `unix:/path`, or empty for no scanner. Raises: ValueError."""
    if text.strip() and not SCANNER.fullmatch(text.strip()):
        raise ValueError("须为 tcp:主机:端口 或 unix:/路径 / has to be tcp:host:port or unix:/path")
    return text.strip()


def normal_replica(text: str) -> str:
    """The address of a PostgreSQL server, or empty. Raises: ValueError for what is none."""
    if text.strip() and embedded_file(text.strip()) is not None:
        raise ValueError(
            "STEWARD_READ_DATABASE_URL 须为 postgresql://…：SQLite 没有只读副本 / "
            "STEWARD_READ_DATABASE_URL has to be postgresql://...: SQLite has no replicas"
        )
    return text.strip()


MAIL_ADDRESS = re.compile(
    r"[A-Za-z0-9._%+'=~/-]{1,64}@(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)
"""A plain address (RFC 5321, Mailbox, without quotes and address literals)."""


def normal_mail_address(text: str) -> str:
    """A mail address without blanks around, or empty. Raises: ValueError."""
    if text.strip() and not MAIL_ADDRESS.fullmatch(text.strip()):
        raise ValueError("须为邮箱地址 / has to be a mail address")
    return text.strip()


def normal_networks(text: str) -> str:
    """Networks with commas, without blanks. Raises: ValueError for what is no network."""
    return ",".join(str(ip_network(one.strip())) for one in text.split(",") if one.strip())
