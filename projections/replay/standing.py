"""The standing of an agency at one basis, by replay: tier, bad records, score, notices (api.md, `standing`)."""

from __future__ import annotations

from msgspec import UNSET

from domain.measures.around.service import NoticeService, notices_to_agency
from domain.measures.chapter2_filing import FILING_LABELS, filing_state, profile_on
from domain.measures.chapter3_sanctions import advisories, bad_records, sanction
from domain.measures.chapter4_assessment import warning_notices
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.measures.text.implements import implements
from domain.trail.trail import Trail
from domain.values import TIER_LABELS
from projections.answers.sheets import ScoreSheet
from projections.answers.standings import (
    AgencyIdentity,
    BadRecordCounts,
    NoticeServed,
    Standing,
    StandingParts,
    StandingSanction,
    StandingWarning,
)
from projections.replay.known_at import Basis
from projections.replay.sheet import Sheet


def agency_name(basis: Basis) -> AgencyIdentity:
    """Who the agency is on the day: what its filing and changes say (R6, R7)."""
    profile = profile_on(basis.trail, basis.as_of)
    state = filing_state(basis.facts)
    return AgencyIdentity(
        uscc_of(basis.trail),
        None if profile.name is UNSET else profile.name,
        None if profile.category is UNSET else profile.category,
        state,
        None if state is None else FILING_LABELS[state],
    )


def uscc_of(trail: Trail) -> str:
    """The USCC in the name of the trail's stream."""
    return trail.events[0].stream.removeprefix("agency/")


@implements("R13", "R17")
def standing(basis: Basis, sheet: Sheet | None = None) -> Standing:
    """The answer of `GET /v1/agencies/{uscc}/standing`. `sheet`: of the year of `as_of`, where it is there already."""
    sheet = sheet or this_year(basis)
    tier, warning = sanction_part(basis), warning_part(basis)
    return Standing(
        agency=agency_name(basis),
        **basis.echo(basis.rulebook, sheet.provisional),
        sanction=tier,
        bad_records=bad_record_part(basis, sheet.year),
        assessment=sheet.summary(),
        warning_notice=warning,
        advisories=advisories(basis.facts),
        service=about_standing(service_part(basis), tier, warning),
    )


def this_year(basis: Basis) -> Sheet:
    """The sheet of the assessment year of `as_of` (R20)."""
    return Sheet(basis, assessment_year_of(basis.as_of, basis.rulebook))


def standing_parts(basis: Basis) -> StandingParts:
    """The parts of the standing that change from day to day."""
    sheet = this_year(basis)
    return StandingParts(
        agency_name(basis),
        sanction_part(basis),
        bad_record_part(basis, sheet.year),
        sheet.summary(),
        warning_part(basis),
        advisories(basis.facts),
    )


def sheet_answer(basis: Basis, year: int) -> ScoreSheet:
    """The answer of `GET /v1/agencies/{uscc}/sheets/{year}`."""
    return Sheet(basis, year).explained(agency_name(basis))


def warning_part(basis: Basis) -> StandingWarning | None:
    """The warning notice standing on the day, of the latest year if there are several (art.19, R31)."""
    for notice in reversed(warning_notices(basis.facts, basis.law.rulebooks)):
        if notice.first <= basis.as_of <= notice.last:
            return StandingWarning(notice.year, "art.19", notice.first, notice.last, (notice.event,))
    return None


def served(service: NoticeService) -> NoticeServed:
    """What answers say of the service of a notice."""
    sent = service.sent
    return NoticeServed(
        sent.id,
        sent.kind,
        sent.recipient,
        sent.cause,
        sent.occurred_on,
        service.state,
        service.on,
        service.way,
        service.acknowledged_on,
        service.returned_on,
    )


def service_part(basis: Basis) -> tuple[NoticeServed, ...]:
    """All notices that were sent to the agency by the day, with their service as of it (R41)."""
    return tuple(served(one) for one in notices_to_agency(basis.facts))


@implements("art.17", "art.19", "R41")
def about_standing(
    sent: tuple[NoticeServed, ...], tier: StandingSanction, warning: StandingWarning | None
) -> tuple[NoticeServed, ...]:
    """The agency's notices that are about what stands: its tier, or the warning of an unqualified year."""
    causes = {*tier.events, *(() if warning is None else warning.events)}
    return tuple(one for one in sent if one.cause in causes)


def sanction_part(basis: Basis) -> StandingSanction:
    """Tier, its unbroken stretch and the decisions behind it (art.17, R16, R17)."""
    found = sanction(basis.facts, basis.rulebook, basis.law.rulebooks)
    return StandingSanction(
        found.tier, TIER_LABELS[found.tier], found.verified_complaints, found.since, found.until, found.events
    )


def bad_record_part(basis: Basis, year: int) -> BadRecordCounts:
    """Bad records of the assessment year of `as_of`, and all, up to `as_of` (R13)."""
    records = bad_records(basis.facts, basis.law.rulebooks)
    return BadRecordCounts(sum(record.year == year for record in records), len(records))
