"""Whatever a mail server or a webhook's receiver does, nothing of the connection is left when the sending is over."""

from __future__ import annotations

import asyncio
import gc
import time
import warnings
from collections.abc import Coroutine, Sequence
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from api.application.delivering import guarded_http
from api.application.delivering.guarded_http import HttpFailed, post
from api.application.delivering.mail_letters import MailLetter
from api.application.delivering.outcomes import DeliveryOutcome
from api.application.delivering.smtp_sending import send_letters
from api.settings import Settings
from tests.mail_server import certificate
from tests.scripted_server import READ, STALL, TLS, scripted

SECONDS, PLENTY = 0.3, 5.0
"""How long the other side may take where it stalls, and where it does not: this machine is busy at times."""
LOOPBACK = (ip_network("127.0.0.0/8"),)
HELLO = ("220 mail.test", READ)
GREETED = (*HELLO, "250 mail.test")
WITH_TLS = (*HELLO, "250-mail.test\r\n250 STARTTLS", READ)
TAKEN = (READ, "250 sender", READ, "250 recipient", READ, "354 go on", READ, "250 taken")
SIGN_IN = (*HELLO, "250-mail.test\r\n250 AUTH PLAIN", READ)


def kept_open(work: Coroutine[Any, Any, None]) -> list[str]:
    """Run it in a loop of its own; what of it is left open after its end."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        asyncio.run(work)
        gc.collect()
    return [str(one.message) for one in seen if issubclass(one.category, ResourceWarning)]


async def letter(size: int) -> MailLetter:
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["From"] = "一条消息", "zhang@agency.example.cn", "ledger@example.cn"
    mail.set_content("字" * size)
    return MailLetter("zhang@agency.example.cn", mail)


def over(security: str, port: int, tmp_path: Path, *, signs_in: bool = False, seconds: float = SECONDS) -> Settings:
    """A service that sends through this port."""
    password = tmp_path / "password"
    password.write_text("three quiet herons")
    password.chmod(0o600)
    return Settings(
        data_dir=tmp_path,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security=security,  # type: ignore[arg-type]
        smtp_ca_file=tmp_path / "ca.pem",
        smtp_user="ledger" if signs_in else "",
        smtp_password_file=password if signs_in else None,
        mail_from="ledger@example.cn",
        public_url="https://ledger.example.cn",
        smtp_seconds=seconds,
    )


SCRIPTS: dict[str, tuple[str, Sequence[str]]] = {
    "says nothing": ("none", (STALL,)),
    "drops at once": ("none", ()),
    "refuses everybody": ("none", ("554 go away", STALL)),
    "stalls at EHLO": ("none", (*HELLO, STALL)),
    "reads no more of a large e-mail": ("none", (*GREETED, *TAKEN[:6], STALL)),
    "stalls in the middle of agreeing on TLS": ("tls", (READ, STALL)),
    "drops in the middle of agreeing on TLS": ("tls", (READ,)),
    "says nothing over TLS": ("tls", (TLS, STALL)),
    "refuses over TLS": ("tls", (TLS, "554 go away", STALL)),
    "stalls at EHLO over TLS": ("tls", (TLS, *HELLO, STALL)),
    "stalls at sign-in": ("tls", (TLS, *SIGN_IN, STALL)),
    "refuses the sign-in": ("tls", (TLS, *SIGN_IN, "535 no", STALL)),
    "drops at sign-in": ("tls", (TLS, *SIGN_IN)),
    "stalls at the recipient": ("tls", (TLS, *GREETED, READ, "250 sender", READ, STALL)),
    "stalls in the text": ("tls", (TLS, *GREETED, *TAKEN[:6], STALL)),
    "drops in the text": ("tls", (TLS, *GREETED, *TAKEN[:6])),
    "closes down": ("tls", (TLS, *GREETED, READ, "421 closing", STALL)),
    "takes it and does not answer QUIT": ("tls", (TLS, *GREETED, *TAKEN, READ, STALL)),
    "takes it and drops": ("tls", (TLS, *GREETED, *TAKEN)),
    "does not offer STARTTLS": ("starttls", (*GREETED, STALL)),
    "refuses STARTTLS": ("starttls", (*WITH_TLS, "454 not now", STALL)),
    "stalls at STARTTLS": ("starttls", (*WITH_TLS, STALL)),
    "stalls after STARTTLS": ("starttls", (*WITH_TLS, "220 go on", STALL)),
    "drops after STARTTLS": ("starttls", (*WITH_TLS, "220 go on")),
    "speaks no TLS after STARTTLS": ("starttls", (*WITH_TLS, "220 go on", READ, "nothing of the kind", STALL)),
    "stalls once TLS is agreed on": ("starttls", (*WITH_TLS, "220 go on", TLS, READ, STALL)),
    "takes it over STARTTLS": ("starttls", (*WITH_TLS, "220 go on", TLS, READ, "250 mail.test", *TAKEN, READ, STALL)),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_connection_is_left_whatever_the_mail_server_does(name: str, tmp_path: Path) -> None:
    """Refusing, stalling, dropping, at each step: the socket is closed before the loop ends, not by chance after it."""
    security, script = SCRIPTS[name]
    tls, _ = certificate(tmp_path)
    found: list[DeliveryOutcome] = []

    async def settle(_: int, outcome: DeliveryOutcome) -> None:
        found.append(outcome)

    async def send() -> None:
        await send_letters(settings, [3_000_000 if "large" in name else 100], letter, settle, time.monotonic() + 20)

    with scripted(script, tls) as port:
        seconds = PLENTY if "takes it" in name or STALL not in script else SECONDS
        settings = over(security, port, tmp_path, signs_in="sign-in" in name, seconds=seconds)
        assert kept_open(send()) == []
    (outcome,) = found
    assert (outcome.what == "accepted") is ("takes it" in name), outcome


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_no_connection_is_left_where_the_caller_goes_away(security: str, tmp_path: Path) -> None:
    """A database that fails between two e-mails, or the loop being ended: without a word to a server that stalls."""
    tls, _ = certificate(tmp_path)
    before = () if security == "tls" else (*WITH_TLS, "220 go on")
    greeted = (*before, TLS, *GREETED) if security == "tls" else (*before, TLS, READ, "250 mail.test")
    took: list[float] = []

    async def fail(_: int, __: DeliveryOutcome) -> None:
        took.append(time.monotonic())
        raise LookupError

    async def send() -> None:
        with pytest.raises(LookupError):
            await send_letters(settings, [100, 100], letter, fail, time.monotonic() + 20)
        took.append(time.monotonic())

    async def cut_off() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(send_letters(settings, [100], letter, fail, time.monotonic() + 20), SECONDS / 2)

    with scripted((*greeted, *TAKEN, STALL), tls) as port:
        settings = over(security, port, tmp_path, seconds=PLENTY)
        assert kept_open(send()) == []
    assert took[1] - took[0] < PLENTY / 2, "it waits for no answer to QUIT"
    with scripted((*greeted, READ, STALL), tls) as port:
        settings = over(security, port, tmp_path)
        assert kept_open(cut_off()) == []


@pytest.mark.parametrize(
    ("script", "fails"),
    [
        ((READ, STALL), True),
        ((READ,), True),
        ((TLS, READ, STALL), True),
        ((TLS, READ), True),
        ((TLS, READ, "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\nnot all of it", STALL), True),
        ((TLS, READ, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n", STALL), False),
    ],
)
def test_no_connection_is_left_whatever_a_receiver_does(
    script: Sequence[str], fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook's receiver that stalls while TLS is agreed on, before its answer or within it."""
    tls, ca = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    monkeypatch.setattr(guarded_http, "MOST_BYTES", 64)

    seconds = SECONDS if fails and STALL in script else PLENTY

    async def send() -> None:
        try:
            await post(f"https://127.0.0.1:{port}/in", b"{}", {"host": "127.0.0.1"}, LOOPBACK, seconds)
        except HttpFailed:
            assert fails
        else:
            assert not fails

    with scripted(script, tls) as port:
        assert kept_open(send()) == []
