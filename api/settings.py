"""Settings of the service: environment variables with the prefix `STEWARD_`, or flags of the command line (api.md)."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.setting_values import (
    normal_mail_address,
    normal_networks,
    normal_public_url,
    normal_replica,
    normal_roles,
    normal_scanner,
)
from domain.proof.cosignatures import WitnessAt, normal_witnesses, read_witnesses
from domain.store.access.access_log import LEAST_DAYS
from domain.store.db.engine import embedded_file, key_folder
from domain.store.files.objects import Objects
from domain.store.log.clock import ClockWatch
from domain.values import Role

MEBIBYTE = 1024 * 1024


def _is_everywhere(host: str) -> bool:
    """Whether it stands for all addresses of this machine."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:  # a name
        return False


class Settings(BaseSettings):
    """All that can be set. Secret are `oidc_client_secret` and a password inside `database_url` only."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_", extra="ignore", frozen=True)

    database_url: str | None = None
    """`sqlite:///file.db` or `postgresql://…`; by default a file in `data_dir`."""
    read_database_url: Annotated[str, AfterValidator(normal_replica)] = ""
    """A streaming replica of a PostgreSQL database, where questions go; with the same login."""
    read_wait_seconds: Annotated[float, Field(ge=0, le=10)] = 0.2
    """How long a question waits for the replica to have all that the primary has; then the primary is asked."""
    read_lag_seconds: Annotated[float, Field(gt=0, le=86_400)] = 10.0
    """A replica that lags by more is left out, and `readyz` says so."""
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
    witnesses: Annotated[str, AfterValidator(normal_witnesses)] = ""
    """Who is asked to cosign each checkpoint (c2sp.org/tlog-witness): `URL KEY; URL KEY`."""
    witness_seconds: Annotated[float, Field(gt=0, le=86_400)] = 10.0
    """How often they are asked, where the log has grown."""
    timestamp_url: str = ""
    """A time stamping authority (RFC 3161) that stamps a checkpoint now and then; needs the extra `timestamps`."""
    timestamp_roots: Path | None = None
    """A PEM file with the roots that its stamps are verified against."""
    timestamp_seconds: Annotated[float, Field(gt=0)] = 3600.0
    """How often it is asked at most, where the log has grown."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_url: Annotated[str, AfterValidator(normal_public_url)] = ""
    """The address by which people reach the service, with a sub-path if it has one: `https://example.cn/steward`."""
    evidence_store: str = ""
    """Where evidence files lie: a folder, or `s3://bucket/prefix`; by default `evidence` beside the embedded database,
    or in `data_dir`. Each ledger has a folder of its own in it."""
    evidence_s3_endpoint: str = ""
    """The S3-compatible service, like `https://s3.example.cn`; by default that of its region."""
    evidence_s3_region: str = "us-east-1"
    evidence_s3_access_key: str = ""
    evidence_s3_secret_key: SecretStr = SecretStr("")
    evidence_scanner: Annotated[str, AfterValidator(normal_scanner)] = ""
    """Where clamd listens, which looks at every file first: `tcp:127.0.0.1:3310` or `unix:/run/clamav/clamd.ctl`."""
    upload_seconds: Annotated[float, Field(gt=0, le=86_400)] = 900.0
    """How long a file may take to arrive; no part of it longer than `body_seconds` (408 beyond)."""
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
    drain_seconds: Annotated[float, Field(ge=0, le=300)] = 0.0
    """How long, once it is asked to stop, `readyz` says so while all is answered as before: until those before it, like
    a load balancer, send nobody here any more."""
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
    quiet: bool = False
    """Nobody is told of anything: while old years are brought in by hand, say. What happens meanwhile stays untold."""
    smtp_host: str = ""
    """The mail server that takes e-mail for people; by default none is sent. Needs `mail_from` and `public_url`."""
    smtp_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """0: the usual one of the security, 465, 587 or 25."""
    smtp_security: Literal["tls", "starttls", "none"] = "starttls"
    """`tls` from the first byte, `starttls` or nothing: never less than is set, whatever the server offers."""
    smtp_ca_file: Path | None = None
    """Who vouches for the server's certificate, where that is not one whom this machine trusts anyway."""
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    """A file with the password, for this user's eyes only (mode 600)."""
    smtp_seconds: Annotated[float, Field(gt=0, le=60)] = 20.0
    smtp_connections: Annotated[int, Field(ge=1, le=20)] = 4
    """How long one answer of the mail server is waited for; over how many connections at once a process sends."""
    mail_from: Annotated[str, AfterValidator(normal_mail_address)] = ""
    """The address that e-mail comes from."""
    webhook_networks: Annotated[str, AfterValidator(normal_networks)] = ""
    """Networks, with commas, in which webhooks are reached besides the internet, by http as well: `10.0.0.0/8`."""
    webhook_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    """How long a webhook may take in all."""
    wecom: bool = False
    """Group robots of WeCom may be targets."""
    wecom_endpoint: str = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
    """Where they are reached, with their key behind it; another one in tests only."""
    traces_url: Annotated[str, AfterValidator(normal_public_url)] = ""
    """A collector of traces (OTLP over HTTP): `http://127.0.0.1:4318/v1/traces`; needs the extra `traces`."""
    traces_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Of what is begun here, how much is traced; what a caller traces, is."""
    https: bool = False
    """People reach the service by HTTPS: say so to browsers (HSTS), and let cookies go by HTTPS only."""
    log_level: str = "info"

    @model_validator(mode="after")
    def _replica_has_a_primary(self) -> Settings:
        """A replica of an embedded database there is not: the setting would be for nothing."""
        if self.read_database_url and embedded_file(self.database) is not None:
            raise ValueError(
                "设置了 STEWARD_READ_DATABASE_URL，但 STEWARD_DATABASE_URL 是 SQLite：只有 PostgreSQL 有只读副本 / "
                "STEWARD_READ_DATABASE_URL is set, but STEWARD_DATABASE_URL is SQLite: only PostgreSQL has replicas"
            )
        return self

    @model_validator(mode="after")
    def _mail_has_what_it_needs(self) -> Settings:
        """E-mail without a sender or without an address of the service would help nobody: refused at the start."""
        if self.smtp_host and not (self.mail_from and self.public_url):
            raise ValueError(
                "设置了 STEWARD_SMTP_HOST，还须设置 STEWARD_MAIL_FROM 和 STEWARD_PUBLIC_URL / "
                "STEWARD_SMTP_HOST needs STEWARD_MAIL_FROM and STEWARD_PUBLIC_URL as well"
            )
        if bool(self.smtp_user) != bool(self.smtp_password_file):
            raise ValueError(
                "STEWARD_SMTP_USER 和 STEWARD_SMTP_PASSWORD_FILE 须一并设置 / STEWARD_SMTP_USER and "
                "STEWARD_SMTP_PASSWORD_FILE go together"
            )
        return self

    @property
    def mail_port(self) -> int:
        """The port of the mail server."""
        return self.smtp_port or {"tls": 465, "starttls": 587, "none": 25}[self.smtp_security]

    @model_validator(mode="after")
    def _stamps_can_be_verified(self) -> Settings:
        """A stamp that nobody can verify is not worth keeping."""
        if self.timestamp_url and self.timestamp_roots is None:
            raise ValueError(
                "须同时设置 STEWARD_TIMESTAMP_ROOTS / set STEWARD_TIMESTAMP_ROOTS together with STEWARD_TIMESTAMP_URL"
            )
        return self

    def witnesses_asked(self) -> tuple[WitnessAt, ...]:
        """Who is asked to cosign."""
        return read_witnesses(self.witnesses)

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

    def evidence_objects(self, ledger_id: str) -> Objects:
        """The store of a ledger's evidence files, opened. Raises: StoreUnavailable when it cannot be made."""
        if not self.evidence_store.startswith("s3://"):
            file = embedded_file(self.database)
            beside = (self.data_dir if file is None else file.parent) / "evidence"
            return Objects(Path(self.evidence_store or beside) / ledger_id)
        options = {
            "endpoint": self.evidence_s3_endpoint,
            "region": self.evidence_s3_region,
            "access_key_id": self.evidence_s3_access_key,
            "secret_access_key": self.evidence_s3_secret_key.get_secret_value(),
        }
        return Objects(
            f"{self.evidence_store.rstrip('/')}/{ledger_id}", {name: value for name, value in options.items() if value}
        )

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.checkpoint_dir or self.keys.parent / "checkpoints"
