"""Delivers what waits to leave the service (R41), in a thread of its own: a mail server that stalls holds up nobody.

Any number of processes may do it at once, and each may die at any moment: `delivery_rows.py` says why nothing is lost
and when something is sent a second time. All claims run by the database's clock: machines whose own clocks differ by
more than a claim lasts would take what another one is sending. A ledger that takes no writes (an old copy, say) writes
to nobody either.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from api.application.background.degraded import Degraded
from api.application.delivering.hooks import TEST, hook_outcome
from api.application.delivering.mail_letters import LetterWriter, MailLetter, later
from api.application.delivering.outcomes import DELAYS, HOUR, NOBODY, DeliveryOutcome, delay_after
from api.application.delivering.returned_notices import give_up_notice
from api.application.delivering.smtp_sending import send_letters, without_addresses
from api.application.messages.outgoing import switched_off
from api.application.messages.reminders import still_waits
from api.settings import Settings
from domain.errors import Busy, Refusal, Unreadable
from domain.ledger.ledger import Ledger
from domain.spans import span
from domain.store.db.db_errors import WritesStopped
from domain.store.db.dialect import database_clock
from domain.store.db.engine import writing
from domain.store.messages.delivery_rows import Channel, StoredDelivery, bring_back, claim_due, give_back, settle
from domain.store.messages.message_rows import keep_messages
from domain.store.messages.target_rows import TargetAddress, address_of_target, all_targets, count_try
from domain.values import instant, new_id, shanghai_date

log = structlog.get_logger("steward")
AT_ONCE = 50
IDLE_SECONDS = 2.0
"""How often to look when nothing was due."""
LEASE_SECONDS = 300.0
"""For how long what is claimed is left to who claimed it; what is not begun after half of it is given back."""
AWAY_SECONDS = 60.0
"""For how long this process sends nothing to a target that did not answer: else each of a thousand that wait for it
takes as long as an answer may, holds up what is for others, and counts as one more failure of it."""
LONGEST_WAIT = 48 * HOUR
"""Nothing is put off for longer: the last delay is 24 hours and a fifth, a digest waits until eight the next day."""
SETTLE_PAUSES = (0.1, 0.5, 2.0, 5.0)
MAIL, COURIER = "background.mail", "background.deliveries"
"""The names under which `readyz` says that e-mail, or all of it, stands still: it can wait, facts are recorded."""


class Courier:
    """One background thread; `stop` ends it after what is under way."""

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        degraded: Degraded,
        *,
        recorded: Callable[[], None] = lambda: None,
        delays: tuple[float, ...] = DELAYS,
        lease: float = LEASE_SECONDS,
        away: float = AWAY_SECONDS,
    ) -> None:
        self._ledger, self._settings, self._degraded, self._recorded = ledger, settings, degraded, recorded
        self._delays, self._lease, self._away = delays, lease, away
        self._back: dict[str, float] = {}
        """When a target that did not answer is asked again, by the monotonic clock."""
        self.accepted = 0
        """How many deliveries this process has had accepted."""
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="steward-courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, wait_seconds: float = 15.0) -> None:
        """End after the delivery that is under way; what was claimed beyond it is due again when the claim runs out."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(wait_seconds)

    def wake(self) -> None:
        """Something waits: look now."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with span("background deliveries"):
                    found = self.deliver()
            except (Busy, WritesStopped) as refusal:
                log.warning("deliveries_wait", why=refusal.text_en)
                found = 0
            except Exception as error:  # noqa: BLE001  # whatever it was, the next round has to come
                said = without_addresses(f"{type(error).__name__}: {error}")[:300]
                log.error("delivering_failed", error=said)
                self._degraded.set(COURIER, f"消息未能发出：{type(error).__name__}", f"nothing is delivered: {said}")
                found = 0
            else:
                self._degraded.clear(COURIER)
            if found == 0:
                self._wake.wait(IDLE_SECONDS)
                self._wake.clear()

    def deliver(self) -> int:
        """One round: what is due, as far as this process gets it; how many that were. Raises: Busy, WritesStopped."""
        claim = new_id()
        with writing(self._ledger.engine) as connection:
            now = instant(database_clock(connection))
            if bring_back(connection, now, later(now, LONGEST_WAIT)):
                log.warning("deliveries_brought_back", why="a clock was ahead when they were put off")
            due = claim_due(connection, claim, self._channels(), now, later(now, self._lease), AT_ONCE)
        if due:
            asyncio.run(self._deliver(claim, due, time.monotonic() + self._lease / 2))
        return len(due)

    def _channels(self) -> list[Channel]:
        """By which ways this service delivers."""
        return ["email", "webhook", "wecom"] if self._settings.smtp_host else ["webhook", "wecom"]

    async def _deliver(self, claim: str, due: Sequence[StoredDelivery], until: float) -> None:
        """A mail server that stalls holds up no webhook, nor one target another. The database is asked beside the loop:
        one that is busy would make answers look late that came in time, and what was accepted be sent again.
        """

        async def settle(delivery: StoredDelivery, outcome: DeliveryOutcome) -> None:
            if delivery.channel == "email":
                self._say_of_server(outcome)
            await asyncio.to_thread(self._settle, claim, delivery, outcome)

        async def write(delivery: StoredDelivery) -> MailLetter | DeliveryOutcome:
            return await asyncio.to_thread(self._written, delivery)

        mails, by_target = [one for one in due if one.channel == "email"], dict[str, list[StoredDelivery]]()
        for one in due:
            if one.channel != "email":
                by_target.setdefault(one.recipient, []).append(one)
        sent = send_letters(self._settings, mails, write, settle, until, self._stop.is_set)
        ended = await asyncio.gather(
            sent,
            *(self._to_target(claim, those, settle, until) for those in by_target.values()),
            return_exceptions=True,
        )
        for one_way in ended:  # each came to its end: what was accepted meanwhile is noted
            if one_way is not None:
                raise one_way

    async def _to_target(
        self,
        claim: str,
        those: Sequence[StoredDelivery],
        settle: Callable[[StoredDelivery, DeliveryOutcome], Awaitable[None]],
        until: float,
    ) -> None:
        """What is for one target, one after the other; what is not begun is given back, all of it at once."""
        left = []
        for delivery in those:
            if time.monotonic() > until or self._stop.is_set() or self._is_away(delivery):
                left.append(delivery)
                continue
            outcome = await self._hooked(delivery)
            await settle(delivery, outcome)
            if outcome.unanswered:
                self._back[delivery.recipient] = time.monotonic() + self._away
        if left:
            await asyncio.to_thread(self._leave, claim, left)

    async def _hooked(self, delivery: StoredDelivery) -> DeliveryOutcome:
        """One delivery to a target. One that cannot be written or whose address does not open holds up no other."""
        try:
            address = await asyncio.to_thread(self._address, delivery)
            if isinstance(address, DeliveryOutcome):
                return address
            outcome = await hook_outcome(self._settings, delivery, address)
        except (Busy, WritesStopped):
            raise
        except (Refusal, Unreadable, LookupError, ValueError, TypeError) as error:
            return DeliveryOutcome("again", f"cannot be written: {type(error).__name__}")
        with suppress(Busy):  # the count is not worth sending it twice
            await asyncio.to_thread(self._count, delivery.recipient, outcome)
        return outcome

    def _address(self, delivery: StoredDelivery) -> TargetAddress | DeliveryOutcome:
        """Where a target is reached, or what becomes of what is for one that was switched off or deleted, and of what
        has passed or been done meanwhile.
        """
        with self._ledger.reading() as reader:
            target = next((one for one in all_targets(reader.connection) if one.id == delivery.recipient), None)
            today = shanghai_date(instant(database_clock(reader.connection)))
            if target is None or not still_waits(reader, delivery.kind, delivery.cause, delivery.uscc, today):
                return NOBODY
            address = None if target.disabled_at is not None else address_of_target(reader.connection, target)
            return address or DeliveryOutcome("refused", "the target is switched off")

    def _count(self, target_id: str, outcome: DeliveryOutcome) -> None:
        """Count the try at the target; administrators are told when that switched it off."""
        with writing(self._ledger.engine) as connection:
            accepted = outcome.what == "accepted"
            if count_try(connection, target_id, accepted=accepted, gone=outcome.of_recipient):
                log.error("target_switched_off", target=target_id, why=outcome.failure)
                keep_messages(connection, switched_off(connection, target_id))

    def _written(self, delivery: StoredDelivery) -> MailLetter | DeliveryOutcome:
        """The e-mail of a delivery, or what becomes of one of which none is sent.

        One that cannot be written (a kind of a later version, a key that does not open) holds up no other.
        """
        try:
            with self._ledger.reading() as reader:
                now = instant(database_clock(reader.connection))
                letter = LetterWriter(reader, self._settings, now).letter(delivery)
        except (Busy, WritesStopped):
            raise
        except (Refusal, Unreadable, LookupError, ValueError, TypeError) as error:
            why = without_addresses(f"cannot be written: {type(error).__name__}: {error}")
            return DeliveryOutcome("again", why, unwritten=True)
        return NOBODY if letter is None else letter

    def _is_away(self, delivery: StoredDelivery) -> bool:
        """Whether a target did not answer a moment ago. An administrator who tries it out wants to know it anew."""
        return delivery.kind != TEST and time.monotonic() < self._back.get(delivery.recipient, 0.0)

    def _leave(self, claim: str, those: Sequence[StoredDelivery]) -> None:
        """Give back what was not begun for a target, until it may be back."""
        away = max(0.0, self._back.get(those[0].recipient, 0.0) - time.monotonic())
        with writing(self._ledger.engine) as connection:
            give_back(connection, claim, [one.id for one in those], later(instant(database_clock(connection)), away))

    def _say_of_server(self, outcome: DeliveryOutcome) -> None:
        if outcome.of_server:
            log.error("mail_server_failed", why=outcome.failure)
            self._degraded.set(MAIL, f"邮件未能发出：{outcome.failure}", f"e-mail is not sent: {outcome.failure}")
        elif not outcome.untried and not outcome.unwritten:
            self._degraded.clear(MAIL)

    def _settle(self, claim: str, delivery: StoredDelivery, outcome: DeliveryOutcome) -> None:
        """Write down at once what became of it: the shorter, the less is sent twice by a process that dies.

        A database that is busy is asked again: else what was accepted would be sent once more.
        """
        for pause in SETTLE_PAUSES:
            try:
                return self._write_down(claim, delivery, outcome)
            except Busy:
                time.sleep(pause)
        return self._write_down(claim, delivery, outcome)

    def _write_down(self, claim: str, delivery: StoredDelivery, outcome: DeliveryOutcome) -> None:
        if outcome.what == "refused" and outcome.of_recipient and self._came_back(claim, delivery, outcome):
            return
        delay = 0.0 if outcome.untried else delay_after(delivery.attempts, self._delays)
        with writing(self._ledger.engine) as connection:
            now = instant(database_clock(connection))
            if outcome.what == "accepted":
                settle(connection, claim, [delivery.id], "sent", done_at=now)
                self.accepted += 1
            elif outcome.what == "nobody":
                settle(connection, claim, [delivery.id], "closed", done_at=now, failure=outcome.failure)
            elif outcome.what == "refused" or delay is None:
                settle(connection, claim, [delivery.id], "dead", done_at=now, failure=outcome.failure)
                log.error("delivery_given_up", id=delivery.id, kind=delivery.kind, why=outcome.failure)
            else:
                values = {"next_at": later(now, delay), "attempts": delivery.attempts - outcome.untried}
                settle(connection, claim, [delivery.id], "waiting", **values, failure=outcome.failure)

    def _came_back(self, claim: str, delivery: StoredDelivery, outcome: DeliveryOutcome) -> bool:
        """An address that bounces is a matter of the association, where it concerns a notice that was sent."""
        try:
            recorded = give_up_notice(self._ledger, claim, delivery, outcome.failure)
        except (Busy, WritesStopped):
            raise
        except Refusal as refusal:  # it was served, or annulled, a moment ago: nothing is left to say
            log.info("undeliverable_not_recorded", id=delivery.id, why=refusal.text_en)
            return False
        if recorded:
            self._recorded()
        return recorded
