"""A year of the whole district, published and closed, and what becomes of a late fact: bodies (art.19-20, R32-R36).

They decide on more than one agency, so they are no commands of one (`api/application/assessing/`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from domain.commands.attaching import Attaching
from domain.commands.base import Evidences, Sealer
from domain.commands.fields import Day, Part, Prose, Uscc
from domain.events import NoteAudience
from domain.measures.text.implements import implements


class RoundBody(Part):
    """What acts on a year's round, or on a result, are given: they decide on more than one agency."""

    note: Prose | None = None
    note_audience: NoteAudience = "internal"
    evidence: Evidences = ()

    def envelope(self, vault: Sealer, attaching: Attaching) -> dict[str, Any]:
        """What of it goes into the envelope of its event (events.md). Raises: Invalid for a file that is not there."""
        note = None if self.note is None else vault.seal(self.note)
        return {"note": note, "note_audience": self.note_audience, "evidence": attaching.stored(self.evidence)}


class WaiverIn(Part):
    """A missing part that the committee lets pass, and why (R25)."""

    uscc: Uscc
    part: Literal["quality", "effect"]
    reason: Prose


@implements("art.19", "art.20", "R32")
class PublishYear(RoundBody):
    """The committee publishes a year's results, as one decision (art.19-20, R32)."""

    published_on: Day
    meeting_on: Day
    reason: Prose | None = None
    """Why it is dated before the day on which it is made (R45); the note says it as well."""
    waivers: Annotated[tuple[WaiverIn, ...], Field(max_length=10_000)] = ()


@implements("art.20", "R36")
class CloseYear(RoundBody):
    """The year is final: its windows are over and no appeal is open (R36)."""

    closed_on: Day


@implements("art.20", "R36")
class DisposeImpact(RoundBody):
    """What becomes of a published result that a later fact would change: reopened, or kept (R36)."""

    outcome: Literal["reopened", "kept"]
    disposed_on: Day
    hearing_on: Day | None = None
    """When the agency was heard (R36)."""
    reason: Prose
