"""An e-mail from a delivery (R41): its words in the reader's language, as plain text and HTML (RFC 2046, alternative).

What an e-mail says may be read by whoever carries it. So it names the kind of message, its day, and a link that opens
under the reader's own rights; the agency's name only where the register has made it public, or it is the reader's own;
never a person, a text of a record, points, a grade or a number of a paper. It is made when it is sent: whoever has no
account any more, no address, or no right to that agency is not written to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.application.messages.outgoing import ADDRESS_CHECK, CORRECTED, DIGEST, usual
from api.application.messages.readership import may_read
from api.application.messages.reminders import still_waits, undone_by
from api.application.messages.told import worded
from api.settings import Settings
from domain.events import EventAnnulled
from domain.ledger.reader import Reader
from domain.measures.text.official_text import cited_in_chinese
from domain.store.access.association import association_of
from domain.store.messages.contact_rows import Language, address_of, code_of, preferences_of
from domain.store.messages.delivery_rows import StoredDelivery
from domain.store.messages.message_rows import Recipient, StoredMessage, accounts_of, enterprise_of, told_between
from domain.store.messages.message_rows import message_id as row_id
from domain.values import Bilingual, Instant, Role, instant, midnight, moment, shanghai_date
from projections.rows.read.firm_rows import names_on_file
from projections.rows.read.published import ALL_KNOWN, LATEST, names_on
from projections.rows.read.register import OnDay

MANAGE = "/account/mail"
"""The page on which one says which e-mail one wants."""
MOST_LINES = 60
ID_DIGITS = 32
"""Of a delivery’s id in its Message-ID: 128 bits are enough, and the header stays on one line."""
SERVICE: Bilingual = ("安全管家诚信考评台账", "Steward Ledger")
_FOOTER: Bilingual = (
    "本邮件由系统自动发出，请勿回复。期限以公告和通知为准；详情须登录后查看。不再需要此类邮件，或更换邮箱：",
    "This e-mail was sent by the service itself; do not answer it. Deadlines are those of the publication and the "
    "notice; sign in to read more. To get fewer, or at another address:",
)
_OPEN: Bilingual = ("登录查看", "Sign in to read")
_TEMPLATES = FileSystemLoader(Path(__file__).with_name("templates"))
_MAILS = Environment(loader=_TEMPLATES, undefined=StrictUndefined, autoescape=select_autoescape(["html"]))


class MailLine(NamedTuple):
    """One thing that an e-mail tells."""

    text: str
    link: str


@dataclass(frozen=True)
class MailLetter:
    """An e-mail and the address that it goes to."""

    to: str
    mail: EmailMessage


class LetterWriter:
    """Writes the e-mails of one moment."""

    def __init__(self, reader: Reader, settings: Settings, now: Instant) -> None:
        self._reader, self._settings, self._now = reader, settings, now
        self._on = OnDay(shanghai_date(now), now)
        named = association_of(reader.connection)
        self._association = SERVICE[0] if named is None else named.name

    def letter(self, delivery: StoredDelivery) -> MailLetter | None:
        """The e-mail; None where there is nobody to write to any more, or nothing to say.

        Raises: KeyError for a kind that a later version tells of, which may run beside this one.
        """
        connection = self._reader.connection
        address, owners = address_of(connection, delivery.recipient), accounts_of(connection, delivery.recipient)
        if address is None or address.email is None or not owners:
            return None
        number = 0 if address.language == "zh" else 1
        if delivery.kind == ADDRESS_CHECK:
            code = code_of(connection, delivery.recipient, self._now)
            if code is None or delivery.cause != address.given_at:
                return None
            subject = ("验证您的邮箱地址", "Verify your e-mail address")[number]
            lines = [MailLine(_CODE[number].format(code=code), self._link(MANAGE))]
            return self._made(delivery, address.email, address.language, subject, lines)
        if address.verified_at is None:
            return None
        if delivery.kind == DIGEST:
            return self._digest(delivery, address.email, address.language, owners)
        said = worded(delivery.kind, delivery.uscc, delivery.year, delivery.due_on, delivery.cause)
        chosen = preferences_of(connection, [delivery.recipient])
        is_off = chosen.get((delivery.recipient, delivery.kind), usual(delivery.kind)) == "off"
        told = enterprise_of(connection, row_id(delivery.recipient, delivery.kind, delivery.cause))
        if is_off or not any(may_read(one, delivery.kind, delivery.uscc, told) for one in owners):
            return None
        if not still_waits(self._reader, delivery.kind, delivery.cause, delivery.uscc, self._on.day):
            return None
        text = (said.text, said.text_en)[number]
        line = MailLine(self._told(delivery.uscc, owners, text, said.article, number), self._link(said.path))
        return self._made(delivery, address.email, address.language, text, [line])

    def _digest(
        self, delivery: StoredDelivery, email: str, language: Language, owners: list[Recipient]
    ) -> MailLetter | None:
        """What somebody was told on a day of what they want once a day, and has not opened since."""
        connection, day = self._reader.connection, date.fromisoformat(delivery.cause)
        following = midnight(day + timedelta(days=1))
        chosen = preferences_of(connection, [delivery.recipient])
        rows = [
            one
            for one in told_between(connection, delivery.recipient, midnight(day), following)
            if one.read_at is None
            and chosen.get((delivery.recipient, one.kind), usual(one.kind)) == "daily"
            and any(may_read(owner, one.kind, one.uscc, one.enterprise) for owner in owners)
            and still_waits(self._reader, one.kind, one.cause, one.uscc, self._on.day)
        ]
        annulled = self._annulled_by([one.cause for one in rows if one.kind == CORRECTED])
        rows = [one for one in rows if one.cause not in annulled]
        if not rows:
            return None
        number = 0 if language == "zh" else 1
        subject = (f"{day} 的 {len(rows)} 条消息", f"{len(rows)} messages of {day}")[number]
        lines = list(self._lines(rows, owners, number))
        left = len(lines) - MOST_LINES
        more = (f"另有 {left} 项，请登录查看。", f"And {left} more: sign in to read them.")[number] if left > 0 else ""
        return self._made(delivery, email, language, subject, lines[:MOST_LINES], more)

    def _annulled_by(self, causes: list[str]) -> set[str]:
        """What these corrections say does not count any more: it needs no line of its own beside them."""
        found = self._reader.named(causes).values() if causes else ()
        return {cause for one in found if isinstance(one, EventAnnulled) for cause in undone_by(self._reader, one)}

    def _lines(self, rows: list[StoredMessage], owners: list[Recipient], number: int) -> Iterator[MailLine]:
        """Equal things of one agency stand once, with how many they are."""
        said = [(one, worded(one.kind, one.uscc, one.year, one.due_on, one.cause)) for one in rows]
        counted = Counter((one.uscc, (words.text, words.text_en)[number], words.article) for one, words in said)
        for (uscc, text, article), count in counted.items():
            times = "" if count == 1 else f" × {count}"
            yield MailLine(self._told(uscc, owners, text, article, number) + times, self._link("/messages?unread=1"))

    def _told(self, uscc: str | None, owners: list[Recipient], text: str, article: str, number: int) -> str:
        name = self._name(uscc, owners)
        before = "" if name is None else name + ("：", ": ")[number]
        cited = cited_in_chinese(article) if number == 0 else article
        return f"{before}{text}{('（', ' (')[number]}{cited}{('）', ')')[number]}"

    def _name(self, uscc: str | None, owners: list[Recipient]) -> str | None:
        """The agency's name, where this reader's e-mail may carry it."""
        if uscc is None:
            return None
        if any(one.role is Role.AGENCY and one.uscc == uscc for one in owners):
            return names_on(self._reader.connection, [uscc], LATEST, ALL_KNOWN).get(uscc)
        return next(iter(names_on_file(self._reader.connection, self._on, [uscc]).get(uscc, ())), None)

    def _link(self, path: str) -> str:
        return self._settings.address() + path

    def _made(
        self,
        delivery: StoredDelivery,
        email: str,
        language: Language,
        subject: str,
        lines: list[MailLine],
        more: str = "",
    ) -> MailLetter:
        number = 0 if language == "zh" else 1
        sender, given = self._settings.mail_from, self._settings.smtp_host
        mail = EmailMessage()
        mail["Subject"] = f"【{SERVICE[0]}】{subject}" if number == 0 else f"[{SERVICE[1]}] {subject}"
        mail["From"] = formataddr((self._association, sender))
        mail["To"] = email
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = message_id(delivery.id, sender.rpartition("@")[2] or given)
        mail["Auto-Submitted"] = "auto-generated"
        values = {
            "lang": ("zh-CN", "en")[number],
            "heading": subject,
            "lines": lines,
            "more": more,
            "open": _OPEN[number],
            "footer": _FOOTER[number],
            "manage": self._link(MANAGE),
        }
        mail.set_content(_MAILS.get_template("mail.txt").render(values))
        mail.add_alternative(_MAILS.get_template("mail.html").render(values), subtype="html")
        return MailLetter(email, mail)


_CODE: Bilingual = (
    "您的验证码是 {code}，一小时内有效。请登录后在“邮件通知”页输入。如果不是您本人填写的地址，请不必理会。",
    "Your code is {code}; it is good for an hour. Sign in and type it on the page “E-mail”. If it was not you who gave "
    "this address, ignore this e-mail.",
)


def message_id(delivery_id: str, domain: str) -> str:
    """The Message-ID (RFC 5322): the same however often it is sent, so that a mail system can drop the second one."""
    return f"<{delivery_id[:ID_DIGITS]}@{domain}>"


def later(now: Instant, seconds: float) -> Instant:
    """So many seconds after an instant."""
    return instant(moment(now) + timedelta(seconds=seconds))
