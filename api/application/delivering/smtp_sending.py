"""E-mails go to the mail server of the settings (RFC 5321), over a few connections, each with its own outcome.

A server that refuses for now (4xx), stalls or hangs up costs a later try; a recipient that is refused for good (5xx to
RCPT) is not tried again. What is wrong with us (sign-in, sender, no TLS) is nobody's address: it is tried again, and
said aloud.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from api.application.delivering.mail_letters import MailLetter
from api.application.delivering.outcomes import ACCEPTED, DeliveryOutcome
from api.settings import Settings
from domain.store.keys.secret_files import read_secret

NOT_BEGUN = DeliveryOutcome("again", "not begun: the round is over", untried=True)
One = TypeVar("One")
"""Something that waits to be sent."""
EACH = 10
"""A further connection is worth making for so many more e-mails."""
PERMANENT = 500
"""From this reply code on the server does not want to be asked again."""
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")


class AbortingSmtp(SMTP):
    """Hangs up without asking the other side, wherever the library does: connecting, TLS, sign-in, a time that is over.

    Its own `close` begins a shutdown of TLS, and waits for what was not written yet: a server that stalls answers
    neither, so the socket would outlive the loop.
    """

    def close(self) -> None:
        """Drop the connection, whatever is under way; the loop closes the socket in its next turn."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


def server_of(settings: Settings) -> AbortingSmtp:
    """The mail server, not connected yet. Raises: OSError, UnsafeKeyFile, where the password cannot be read."""
    password = read_secret(settings.smtp_password_file).decode().strip() if settings.smtp_password_file else None
    trusted = ssl.create_default_context(cafile=settings.smtp_ca_file)
    return AbortingSmtp(
        hostname=settings.smtp_host,
        port=settings.mail_port,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        tls_context=None if settings.smtp_security == "none" else trusted,
        username=settings.smtp_user or None,
        password=password,
        timeout=settings.smtp_seconds,
    )


async def send_letters(
    settings: Settings,
    due: Sequence[One],
    write: Callable[[One], Awaitable[MailLetter | DeliveryOutcome]],
    settle: Callable[[One, DeliveryOutcome], Awaitable[None]],
    until: float,
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Send what is due, over a few connections; each outcome is settled as soon as it is known.

    `write`: makes the e-mail right before it is sent, as a slow server may have had minutes for those before it, or
    says what becomes of it without. `until` (monotonic clock), `is_over`: begin none later. Raises: what `write` or
    `settle` raised first; whatever else was under way has come to its end before.
    """
    sending = _Sending(settings, deque(due), write, settle, lambda: time.monotonic() > until or is_over())
    lanes = min(settings.smtp_connections, 1 + len(due) // EACH)
    for ended in await asyncio.gather(*(sending.lane() for _ in range(lanes)), return_exceptions=True):
        if ended is not None:
            raise ended
    left = NOT_BEGUN if sending.failure is None else sending.failure
    while sending.waiting:
        await settle(sending.waiting.popleft(), left)


@dataclass
class _Sending(Generic[One]):
    """What the connections of a round share: each takes the next that waits."""

    settings: Settings
    waiting: deque[One]
    write: Callable[[One], Awaitable[MailLetter | DeliveryOutcome]]
    settle: Callable[[One, DeliveryOutcome], Awaitable[None]]
    is_late: Callable[[], bool]
    failure: DeliveryOutcome | None = None
    """Why a connection did not come about; of no matter where another one takes all there is."""
    is_broken: bool = False

    def _is_over(self) -> bool:
        return not self.waiting or self.is_broken or self.is_late()

    async def lane(self) -> None:
        """Send one after the other over one connection, made anew when it breaks."""
        server: SMTP | None = None
        try:
            while not self._is_over():
                if server is None:
                    connected = await _connected(self.settings)
                    if isinstance(connected, DeliveryOutcome):
                        self.failure = connected
                        return
                    server = connected
                    continue  # connecting may have taken all of the time
                one = self.waiting.popleft()
                written = await self.write(one)
                if isinstance(written, DeliveryOutcome):
                    await self.settle(one, written)
                    continue
                outcome = await _sent(server, self.settings, written)
                outcome = replace(outcome, failure=without_addresses(outcome.failure, written.to))
                if outcome.of_server or not server.is_connected:
                    await _hung_up(server)
                    server = None
                await self.settle(one, outcome)
            if server is not None:
                await _goodbye(server)
        except BaseException:
            self.is_broken = True  # the database, say: the others begin nothing more that could not be noted either
            raise
        finally:
            if server is not None:
                await _hung_up(server)


async def _connected(settings: Settings) -> SMTP | DeliveryOutcome:
    server: SMTP | None = None
    try:
        server = server_of(settings)
        await server.connect()
    except (SMTPException, OSError, ValueError) as error:
        if server is not None:
            await _hung_up(server)
        return DeliveryOutcome("again", _said(error), of_server=True)
    return server


async def _sent(server: SMTP, settings: Settings, letter: MailLetter) -> DeliveryOutcome:
    """One e-mail. Its four answers together may take twice as long as one of them."""
    try:
        async with asyncio.timeout(2 * settings.smtp_seconds):
            await server.send_message(letter.mail, sender=settings.mail_from, recipients=[letter.to])
    except SMTPRecipientsRefused as refused:
        (first, *_) = refused.recipients
        return _of_code(first.code, f"{first.code} {first.message}", of_recipient=True)
    except SMTPDataError as refused:
        return _of_code(refused.code, _said(refused))
    except SMTPServerDisconnected as gone:
        return DeliveryOutcome("again", _said(gone))
    except SMTPResponseException as refused:  # the sender, say: nobody's address, and nothing will go through
        return DeliveryOutcome("again", _said(refused), of_server=True)
    except (SMTPException, OSError, TimeoutError) as error:
        return DeliveryOutcome("again", _said(error), of_server=True)
    except ValueError as error:  # this e-mail cannot be put into bytes; the next one may
        return DeliveryOutcome("again", _said(error))
    return ACCEPTED


def _of_code(code: int, said: str, *, of_recipient: bool = False) -> DeliveryOutcome:
    said = without_addresses(said)
    return DeliveryOutcome("refused", said, of_recipient) if code >= PERMANENT else DeliveryOutcome("again", said)


async def _goodbye(server: SMTP) -> None:
    with suppress(SMTPException, OSError):
        await server.quit()


async def _hung_up(server: SMTP) -> None:
    """No socket is left open: the loop closes it in its next turn, which may be the last one."""
    server.close()
    await asyncio.sleep(0)


def _said(error: Exception) -> str:
    code = f"{error.code} " if isinstance(error, SMTPResponseException) else ""
    text = error.message if isinstance(error, SMTPException) else str(error)
    return without_addresses(f"{type(error).__name__}: {code}{text}")


def without_addresses(text: str, to: str = "") -> str:
    """A server's answer without the mail addresses that it repeats: they are personal, and this is kept and logged.

    `to`: whom it was for; servers also name the mailbox alone ("no mailbox zhang here").
    """
    said, mailbox = _ADDRESS.sub("…", " ".join(text.split())), to.partition("@")[0]
    named = rf"(?<![\w.+-]){re.escape(mailbox)}(?![\w+-])"
    return re.sub(named, "…", said, flags=re.IGNORECASE) if mailbox else said
