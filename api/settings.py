"""Settings of the service: environment variables with the prefix `STEWARD_`, or flags of the command line (api.md)."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.store.access.access_log import LEAST_DAYS
from domain.store.db.engine import key_folder
from domain.store.log.clock import ClockWatch
from domain.values import Role

MEBIBYTE = 1024 * 1024


def _is_everywhere(host: str) -> bool:
    """Whether it stands for all addresses of this machine."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:  # a name
        return False


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


class Settings(BaseSettings):
    """All that can be set. Secret are `oidc_client_secret` and a password inside `database_url` only."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_", extra="ignore", frozen=True)

    database_url: str | None = None
    """`sqlite:///file.db` or `postgresql://…`; by default a file in `data_dir`."""
    data_dir: Path = Path("data")
    """Where the embedded database lies."""
    key_dir: Path | None = None
    """Where the keys lie that must not be in the database; by default `keys` beside the embedded database, or in
    `data_dir`."""
    checkpoint_dir: Path | None = None
    """Where every checkpoint of the log is kept outside the database; by default `checkpoints` beside the keys."""
    shared_keys: bool = False
    """Several ledgers keep their keys and checkpoints in these folders: a new one may be opened beside others."""
    checkpoint_copy_dir: Path | None = None
    """A second folder of checkpoints, on another disk or machine and apart from the keys."""
    checkpoint_hook: str = ""
    """A command that is run with the file of a new checkpoint as its last argument, to put it elsewhere (S3, mail)."""
    checkpoint_hook_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    """How often at most it is run."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_url: Annotated[str, AfterValidator(normal_public_url)] = ""
    """The address by which people reach the service, with a sub-path if it has one: `https://example.cn/steward`."""
    body_limit: Annotated[int, Field(ge=1024, le=64 * MEBIBYTE)] = MEBIBYTE
    """The most bytes of one request's body (413 beyond)."""
    holiday_overlay: Path | None = None
    """The operators' file of holidays that the shipped calendar does not know yet (R2); by default the shipped one."""
    seal_seconds: Annotated[float, Field(gt=0, le=60)] = 0.3
    """How soon after an event the sealer gives it its place in the log."""
    reading_days: Annotated[int, Field(ge=LEAST_DAYS, le=36_500)] = 1095
    """How long it is kept who consulted what about which agency."""
    separate_duties: bool = True
    """Whoever recorded or verified a disputed fact does not decide its appeal (R35)."""
    shutdown_seconds: Annotated[int, Field(ge=1, le=300)] = 20
    """How long a stop waits for requests that are being answered."""
    database_seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0
    """How long one answer of PostgreSQL is waited for on an open connection (503 beyond)."""
    clock_seconds: Annotated[int, Field(ge=0)] = 600
    """How far the clock may be from where it should be before nothing is recorded (`clock.py`); 0: it is believed."""
    rate_per_token: Annotated[int, Field(ge=0)] = 6_000
    """The most requests a minute with one token or session (429 beyond); 0: no limit."""
    rate_per_address: Annotated[int, Field(ge=0)] = 12_000
    """The most from one address; a token that is none counts ten times. 0: no limit."""
    trusted_proxies: str = ""
    """Addresses and networks, with commas, of proxies that are believed who asks and where (X-Forwarded-For, -Proto,
    -Host); by default none."""
    body_seconds: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """How long a request's body may take to arrive (408 beyond)."""
    header_seconds: Annotated[float, Field(gt=0, le=3600)] = 20.0
    """How long the head of a request may take to arrive; then the connection is closed."""
    keep_alive_seconds: Annotated[int, Field(ge=1, le=3600)] = 5
    """How long a connection without a request is kept."""
    connections: Annotated[int, Field(ge=1)] = 1_000
    """The most open connections; who comes beyond is answered 503 by the server."""
    heavy_at_once: Annotated[int, Field(ge=1, le=64)] = 4
    """How many questions that replay whole histories are worked on at once (`rates.py`)."""
    heavy_waiting: Annotated[int, Field(ge=0, le=10_000)] = 64
    """How many more of them may wait (503 beyond)."""
    what_if_seconds: Annotated[float, Field(gt=0, le=3600)] = 20.0
    """How long a what-if may work (503 beyond)."""
    metrics: Literal["loopback", "anyone", "off"] = "loopback"
    """Who may read `GET /metrics`: whoever asks directly on this machine, anybody, nobody."""
    second_factor_roles: Annotated[str, AfterValidator(normal_roles)] = ""
    """Roles that sign in with a second factor, with commas: `association,committee,regulator,admin`; by default nobody
    has to, and everybody may."""
    oidc_issuer: str = ""
    """The identity provider by which people may sign in too, exactly as it names itself; needs the extra `oidc`."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    https: bool = False
    """People reach the service by HTTPS: say so to browsers (HSTS), and let cookies go by HTTPS only."""
    log_level: str = "info"

    @property
    def second_factor(self) -> frozenset[Role]:
        """The roles that need a second factor."""
        return frozenset(Role(one) for one in self.second_factor_roles.split(",") if one)

    @property
    def by_https(self) -> bool:
        """Whether people come by HTTPS, as one of two settings says."""
        return self.https or self.public_url.startswith("https:")

    @property
    def database(self) -> str:
        """The database to open."""
        return self.database_url or f"sqlite:///{self.data_dir / 'steward.db'}"

    def address(self, port: int | None = None) -> str:
        """Where people open the service, without a slash at its end; `port`: the one that it has taken.

        Who listens everywhere is reached on this machine too, which is the only name that is known of it.
        """
        host = "127.0.0.1" if _is_everywhere(self.host) else self.host
        where = f"[{host}]" if ":" in host else host
        return self.public_url or f"http://{where}:{port or self.port}"

    def clock_watch(self) -> ClockWatch:
        """A watch on the clock that facts are recorded by."""
        return ClockWatch(self.keys, timedelta(seconds=self.clock_seconds))

    @property
    def keys(self) -> Path:
        """The folder of the keys."""
        return self.key_dir or key_folder(self.database, self.data_dir)

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.checkpoint_dir or self.keys.parent / "checkpoints"
