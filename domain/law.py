"""What the ledger has adopted for itself: rulebooks, holiday calendar, and whether it is a demonstration (R4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from domain.errors import Contradiction, NotFound
from domain.events import CalendarAdopted, ConfirmationWithdrawn, Event, LedgerOpened, ReadingConfirmed, RulebookAdopted
from domain.measures.calendar import Calendar
from domain.measures.rulebook.confirmations import NONE_CONFIRMED, Confirmations, Decided
from domain.measures.rulebook.rulebook import Rulebook, Rulebooks, year_span
from domain.measures.text.implements import implements
from domain.values import FOREVER, Instant


@dataclass(frozen=True)
class Law:
    """The rulebooks, the calendar and the confirmed readings known at an instant."""

    rulebooks: Rulebooks
    calendar: Calendar
    demonstration: bool
    confirmations: Confirmations = NONE_CONFIRMED

    @classmethod
    def of(cls, events: Iterable[Event], known_at: Instant = FOREVER) -> Law | None:
        """The law among these events of the ledger's stream, as known at an instant; None before the first adoption."""
        books: list[Rulebook] = []
        calendar: Calendar | None = None
        demonstration = False
        decided: list[Decided] = []
        for event in events:
            if event.recorded_at > known_at:
                continue
            if isinstance(event, RulebookAdopted):
                books.append(Rulebook.adopted(event.content))
            elif isinstance(event, CalendarAdopted):
                calendar = Calendar.from_content(event.content)
            elif isinstance(event, LedgerOpened):
                demonstration = event.demonstration
            elif isinstance(event, (ReadingConfirmed, ConfirmationWithdrawn)):
                decided.append(event)
        if not books or calendar is None:
            return None
        return cls(Rulebooks(books), calendar, demonstration, Confirmations(tuple(decided)))

    @implements("art.28", "R4")
    def read_on(self, day: date) -> list[Rulebook]:
        """The rulebooks by their first day, each with its readings as the association has confirmed them by `day`."""
        return [self.confirmations.read_on(book, day) for book in self.rulebooks]


@implements("R5")
def under(law: Law, book: Rulebook) -> Law:
    """The law as if this rulebook alone had judged from the first day of the Measures on, whatever its own date.

    Its id and hash stay its own: they name its content. The calendar stays the one adopted. Nothing is adopted by it.
    """
    return replace(law, rulebooks=Rulebooks([replace(book, effective_from=law.rulebooks.first_day)]))


def must_be_assessed(law: Law, year: int) -> None:
    """Refuse an assessment year that was over before the Measures were in force (art.28, R20). Raises: NotFound."""
    first = law.rulebooks.first_day
    if year_span(year, law.rulebooks)[1] < first:
        raise NotFound(
            f"{year} 年没有考评：办法自 {first} 起施行",
            f"there is no assessment of {year}: the Measures are in force from {first}",
            cites=("art.28", "R20"),
            remedy="请查询施行之后的年度",
            remedy_en="Ask for a year from then on.",
        )


@implements("art.28", "R4")
def must_go_with(rulebook: Rulebook, own: Iterable[Event]) -> None:
    """Refuse a rulebook that does not go with those adopted before, by the events of the ledger's own stream.

    Raises: Contradiction for one from before the Measures; what the rulebooks contradict each other in.
    """
    adopted = [Rulebook.adopted(event.content) for event in own if isinstance(event, RulebookAdopted)]
    if adopted and rulebook.effective_from < min(book.effective_from for book in adopted):
        raise Contradiction(
            f"规则 {rulebook.id} 自 {rulebook.effective_from} 起，早于办法施行之日",
            f"rulebook {rulebook.id} would take effect on {rulebook.effective_from}, before the Measures",
            cites=("art.28", "R4"),
            remedy="请填写施行之日或更晚的日期",
            remedy_en="Give the day of the Measures or a later one.",
        )
    Rulebooks([*adopted, rulebook])
