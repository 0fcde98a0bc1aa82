"""What the association decides for the whole ledger: how it reads the Measures (art.28, R4), who is erased."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from domain.commands.fields import Day, EvidenceIn, Label, Part, wrong
from domain.measures.text.implements import implements

MOST_READINGS = 100
ASSOCIATION = "区安协"
"""Who interprets the Measures, in their own words (art.28)."""
ReadingNumber = Annotated[str, StringConstraints(strict=True, pattern=r"^R\d{1,3}[a-z]?$")]


def _titled(given: Any) -> Any:
    return {"title": given} if isinstance(given, str) else given


class ReadingNamed(Part):
    """A reading by its number. `sha256`: of what it says, so that nobody confirms other words than those they read."""

    reading: ReadingNumber
    sha256: Annotated[str, StringConstraints(strict=True, pattern="^[0-9a-f]{64}$")] | None = None


class ReadingsDecision(Part):
    """One `reading` of the path's rulebook by its number, or many `readings`, decided on by one paper."""

    reading: ReadingNumber | None = None
    readings: Annotated[tuple[ReadingNamed, ...], Field(max_length=MOST_READINGS)] = ()
    document: Annotated[EvidenceIn, BeforeValidator(_titled)]
    """Such as the minutes of a meeting: its title alone, or where it lies too."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if (self.reading is None) == (not self.readings):
            raise wrong("reading", "请填写 reading 或 readings，二者取一", "give reading, or readings: one of both")
        return self

    def named(self) -> list[tuple[str, str | None]]:
        """Each reading with the digest of what was read of it, if that is said."""
        many = [(one.reading, one.sha256) for one in self.readings]
        return many if self.reading is None else [(self.reading, None)]


@implements("art.28", "R4")
class ConfirmReadings(ReadingsDecision):
    """The association confirms readings (art.28). `confirmed_by` is public for ever: an organ or office, no person."""

    confirmed_on: Day
    confirmed_by: Label = ASSOCIATION


@implements("art.28", "R4")
class WithdrawConfirmations(ReadingsDecision):
    """The association takes confirmations back, from a day on (art.28). `reason` is public for ever: name nobody."""

    withdrawn_on: Day
    withdrawn_by: Label = ASSOCIATION
    reason: Label


class EraseSubject(Part):
    """Destroy the key of one subject on a lawful request: its texts can never be read again (events.md, personal data).

    Ground and reference stay readable for ever: do not name the person in them.
    """

    erased_on: Day
    ground: Label
    reference: Label | None = None
