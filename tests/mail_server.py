"""A real mail server on this machine (aiosmtpd) that takes e-mail, refuses, stalls or hangs up, as a test wants it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drills.common import free_port

OK = "250 OK"


class MailServer:
    """Takes e-mail at `port` while it is entered. `of_recipient`, `of_data`: how it answers; None: it hangs up."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, starttls: bool = False, login: str | None = None) -> None:
        self.taken: list[EmailMessage] = []
        """What was accepted, in order."""
        self.of_recipient: Callable[[str], str | None] = lambda _: OK
        self.of_data: Callable[[EmailMessage], str | None] = lambda _: OK
        self.stalls = 0.0
        """So many seconds before it answers to an e-mail."""
        self.port = free_port()
        """Where it listens."""
        options: dict[str, Any] = {"hostname": "127.0.0.1", "port": self.port}
        if tls is not None and not starttls:
            options["ssl_context"] = tls
        if starttls:
            options |= {"tls_context": tls, "require_starttls": True}
        if login is not None:
            options |= {"auth_required": True, "auth_require_tls": True, "authenticator": _only(login)}
        self._controller = Controller(self, **options)
        self._connections: set[asyncio.Transport] = set()

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._controller.loop).result(10)
        self._controller.stop()

    async def _hang_up(self) -> None:
        """No connection is left to whoever clears up later: stopping ends none of them."""
        for one in self._connections:
            one.abort()
        await asyncio.sleep(0.01)

    async def handle_EHLO(  # noqa: N802  # the library's name
        self, server: Any, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Who is there."""
        self._connections.add(server.transport)
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Whom it takes e-mail for."""
        answer = self.of_recipient(address)
        if answer is None:
            server.transport.abort()
            return OK
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """An e-mail as it came."""
        mail = message_from_bytes(cast(bytes, envelope.content), policy=policy.default)
        await asyncio.sleep(self.stalls)
        answer = self.of_data(mail)
        if answer is None:
            server.transport.abort()
            return OK
        if answer == OK:
            self.taken.append(mail)
        return answer

    def texts(self) -> list[str]:
        """The plain texts of what was taken."""
        return [text_of_mail(one) for one in self.taken]


def text_of_mail(mail: EmailMessage) -> str:
    """The plain text of an e-mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of_mail(mail: EmailMessage) -> str:
    """The HTML of an e-mail."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def _only(login: str) -> Callable[..., AuthResult]:
    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=f"{data.login.decode()}:{data.password.decode()}" == login)

    return authenticate


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS for 127.0.0.1, and the file of who vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / "ca.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return context, file
