"""A statement of the agency (申辩) beside a record that speaks against it: shown with it, and never counted (R38a)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.events import (
    AccidentLiabilityFound,
    BadRecordEntered,
    ComplaintReceived,
    ComplaintUpheld,
    EffectScored,
    Event,
    InformationChanged,
    LapseRecorded,
    PenaltyImposed,
    ProjectStarted,
    StatementFiled,
    SubmissionRequested,
    SurveyClosed,
    SurveySubmitted,
)
from domain.measures.text.implements import implements
from domain.trail.trail import Trail

ANSWERABLE: Final[tuple[type[Event], ...]] = (
    BadRecordEntered,
    ComplaintReceived,
    ComplaintUpheld,
    LapseRecorded,
    PenaltyImposed,
    AccidentLiabilityFound,
    EffectScored,
    SurveySubmitted,
    SurveyClosed,
    InformationChanged,
    ProjectStarted,
    SubmissionRequested,
)
"""What a statement can stand beside: what costs points or tags by itself, or by the day on which it falls due."""


@implements("art.16", "art.17", "art.25", "R38a")
def statements(trail: Trail) -> Mapping[str, StatementFiled]:
    """By the id of a record the statement that stands beside it, as known: the latest day, then the latest recorded.

    A later one takes its place; when that is annulled, the one before stands again. All of them stay on the trail. The
    day asked about cuts none off: a record is not shown without what is known of the agency's case.
    """
    return trail.remember("statements", lambda: {one.event_id: one for one in trail.dated(StatementFiled)})
