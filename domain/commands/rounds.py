"""A year of the whole district, published and closed, and what becomes of a late fact: bodies (art.19-20, R32-R36).

They decide on more than one agency, so they are no commands of one (`api/application/assessing/`).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from domain.commands.base import Evidences, Sealer, evidence_stored
from domain.commands.fields import Day, Part, Prose, Uscc
from domain.errors import Contradiction, Invalid
from domain.events import NoteAudience


class RoundBody(Part):
    """What acts on a year's round, or on a result, are given: they decide on more than one agency."""

    note: Prose | None = None
    note_audience: NoteAudience = "internal"
    evidence: Evidences = ()

    def envelope(self, vault: Sealer) -> dict[str, Any]:
        """What of it goes into the envelope of its event (events.md)."""
        note = None if self.note is None else vault.seal(self.note)
        return {"note": note, "note_audience": self.note_audience, "evidence": evidence_stored(self.evidence)}


class WaiverIn(Part):
    """A missing part that the committee lets pass, and why (R25)."""

    uscc: Uscc
    part: Literal["quality", "effect"]
    reason: Prose


class PublishYear(RoundBody):
    """The committee publishes a year's results, as one decision (art.19-20, R32)."""

    published_on: Day
    meeting_on: Day
    reason: Prose | None = None
    """Why it is dated before the day on which it is made (R45); the note says it as well."""
    waivers: Annotated[tuple[WaiverIn, ...], Field(max_length=10_000)] = ()


class CloseYear(RoundBody):
    """The year is final: its windows are over and no appeal is open (R36)."""

    closed_on: Day


class DisposeImpact(RoundBody):
    """What becomes of a published result that a later fact would change: reopened, or kept (R36)."""

    outcome: Literal["reopened", "kept"]
    disposed_on: Day
    hearing_on: Day | None = None
    """When the agency was heard (R36)."""
    reason: Prose

    def must_have_heard(self, since: date) -> None:
        """Refuse to reopen a final result to the worse without a hearing after the late fact came in (R36).

        Raises: Contradiction, Invalid.
        """
        if self.hearing_on is None:
            raise Contradiction(
                "最终结果只能为机构的利益重开；不利于机构的，须另行决定：先听取其意见，再给一周提出异议",
                "a final result is reopened only for the better of the agency; to its disadvantage only by a decision "
                "of its own, after a hearing and with a whole week to appeal",
                cites=("art.20", "R36"),
                remedy="请先听取机构意见，并填写听证日期（hearing_on），或维持公布的结果",
                remedy_en="Hear the agency first and give the day (hearing_on), or keep what was published.",
                pointer="/hearing_on",
            )
        if not since <= self.hearing_on <= self.disposed_on:
            raise Invalid(
                f"听证日期（{self.hearing_on}）不在该事实登记之日（{since}）与处理日期（{self.disposed_on}）之间",
                f"the hearing ({self.hearing_on}) was not between the day on which the fact was recorded ({since}) "
                f"and the day of disposal ({self.disposed_on})",
                cites=("R36",),
                remedy="请核对日期",
                remedy_en="Check the dates.",
                pointer="/hearing_on",
            )
