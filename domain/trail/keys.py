"""Under which keys an event can be found again without reading its whole stream.

Deciding a command and bringing the read models up to date both need few events of a long history: the subject, what
names it, and the small sets that bear on everything (filings, pledges). Each event is posted under a handful of keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from domain.events import (
    DERIVED,
    AppealFiled,
    BadRecordEntered,
    EffectScored,
    Event,
    FilingSubmitted,
    InformationChanged,
    LapseRecorded,
    Person,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectStarted,
    ResultPublished,
    ResultRevised,
    SubmissionRequested,
    SurveyInvited,
    SurveySubmitted,
)
from domain.similar import content_key


def type_key(kind: type[Event], part: str | int = "") -> str:
    """All events of a type; with `part`, a share of them that is asked for by itself."""
    return f"={kind.__name__}:{part}" if part else f"={kind.__name__}"


def type_keys(*kinds: type[Event]) -> tuple[str, ...]:
    """All events of these types."""
    return tuple(type_key(kind) for kind in kinds)


def naming_key(event_id: str, kind: type[Event]) -> str:
    """The events of a type that name another event."""
    return f"{event_id}:{kind.__name__}"


def naming_prefix(event_id: str) -> str:
    """What every `naming_key` of an event begins with."""
    return f"{event_id}:"


def ground_key(ground: str) -> str:
    """Lapses entered by hand that have this ground (R8c)."""
    return f"ground:{ground}"


def forms_key(year: int) -> str:
    """All survey forms of an assessment year (R22)."""
    return f"forms:{year}"


DATED = "@"
"""Ends a place: what follows it in a key is a day. Events of one place are found from a day on, or up to it."""
OF_PROJECT = (ProjectExtended, ProjectCompleted, ProjectCancelled)
"""What moves or ends a project."""


def projects_at(uscc: str) -> str:
    """Place of the projects for one enterprise, by their first day (R22)."""
    return f"project:{uscc}{DATED}"


def ends_at(uscc: str) -> str:
    """Place of what moves or ends projects for one enterprise, by the first day of the project."""
    return f"end:{uscc}{DATED}"


FORMS = "form:"
"""What every place of survey forms begins with."""


def forms_of(uscc: str, year: int | None = None) -> str:
    """What the places of the survey forms of one enterprise begin with: of a year, or of all (R22)."""
    return f"{FORMS}{uscc}:" if year is None else f"{FORMS}{uscc}:{year}:"


def forms_at(uscc: str, year: int, project_id: str | None) -> str:
    """Place of the survey forms of one enterprise for a year that name this project, or none."""
    return f"{forms_of(uscc, year)}{project_id or ''}{DATED}"


def scores_of(uscc: str) -> str:
    """What the places of the effect scores of one enterprise begin with (R23)."""
    return f"score:{uscc}:"


def scores_at(uscc: str, year: int) -> str:
    """Place of the effect scores of one enterprise for a year, by their day (R23)."""
    return f"{scores_of(uscc)}{year}{DATED}"


def invited_key(uscc: str, year: int) -> str:
    """The survey invitations of one enterprise for a year (R22)."""
    return f"invited:{uscc}:{year}"


NEAREST = 4
"""So many events a `DayWindow` shows."""


class DayWindow(NamedTuple):
    """The events of a place nearest to a day: up to it and with it, the latest first, or those after it."""

    place: str
    day: date
    after: bool = False

    @property
    def keys(self) -> tuple[str, str]:
        """The first and the last key that an event in it can have."""
        day = f"{self.place}{self.day}"
        return (f"{day}~", f"{self.place}~") if self.after else (self.place, day)

    @property
    def all_of_a_kind(self) -> str:
        """What the places begin with that are read where several windows are wanted: with a form all of its year."""
        return self.place[: self.place.rindex(":") + 1] if self.place.startswith(FORMS) else self.place


def result_key(year: int) -> str:
    """The published results of an assessment year, first and revised (R32, R34)."""
    return f"result:{year}"


def appeal_key(year: int) -> str:
    """The appeals against the results of an assessment year (R33)."""
    return f"appeal:{year}"


CERTIFICATES = "cert:"
"""What every `certificate_key` begins with; these are found across agencies, by an index of their own."""


def certificate_key(certificate_hash: str) -> str:
    """Filings and changes with this certificate on the staff (R37)."""
    return f"{CERTIFICATES}{certificate_hash}"


BY_DERIVATION = "by derivation"
"""The share of bad records entered by hand whose behaviour is recorded by derivation since: 16.8 and 16.12 (R12)."""

PLEDGE_ITEM = 7
"""Requests of this item are met by a pledge as well (R8a)."""


def field_keys(fields: Iterable[str]) -> tuple[str, ...]:
    """Changes of these particulars of an agency (R7)."""
    return tuple(type_key(InformationChanged, field) for field in fields)


LABELS = field_keys(("name", "category"))
"""Changes of what lists show."""


def keys_of(event: Event, ground: str | None = None, project: ProjectStarted | None = None) -> Iterator[str]:
    """Every key of an event. `ground`: of a lapse entered by hand, as its place in the trail gives it (R8c).

    `project`: the one that the event moves or ends.
    """
    yield type_key(type(event))
    alike = content_key(event)
    if alike is not None:
        yield alike
    for named in event.named():
        yield naming_key(named, type(event))
    yield from _client_keys(event, project)
    if isinstance(event, LapseRecorded) and ground is not None:
        yield ground_key(ground)
    elif isinstance(event, BadRecordEntered) and event.behaviour in DERIVED:
        yield type_key(BadRecordEntered, BY_DERIVATION)
    elif isinstance(event, (ResultPublished, ResultRevised)):
        yield result_key(event.year)
    elif isinstance(event, AppealFiled):
        yield appeal_key(event.year)
    elif isinstance(event, SubmissionRequested) and event.item == PLEDGE_ITEM:
        yield type_key(SubmissionRequested, PLEDGE_ITEM)
    elif isinstance(event, InformationChanged):
        fields = event.fields
        yield from field_keys(field for field in fields.__struct_fields__ if getattr(fields, field) is not UNSET)
        yield from _certificate_keys(fields.personnel)
    elif isinstance(event, FilingSubmitted):
        yield from _certificate_keys(event.profile.personnel)


def _client_keys(event: Event, project: ProjectStarted | None) -> Iterator[str]:
    """Of what concerns an enterprise as a client of the agency, nearly all by its day (R22, R23)."""
    if isinstance(event, SurveySubmitted):
        yield forms_key(event.year)
        yield f"{forms_at(event.client.uscc, event.year, event.project_id)}{event.occurred_on}"
    elif isinstance(event, EffectScored):
        yield f"{scores_at(event.client.uscc, event.year)}{event.occurred_on}"
    elif isinstance(event, ProjectStarted):
        yield f"{projects_at(event.client.uscc)}{event.occurred_on}"
    elif isinstance(event, OF_PROJECT) and project is not None:
        yield f"{ends_at(project.client.uscc)}{project.occurred_on}"
    elif isinstance(event, SurveyInvited):
        yield invited_key(event.client.uscc, event.year)


def _certificate_keys(personnel: tuple[Person, ...] | UnsetType) -> Iterator[str]:
    for number in dict.fromkeys(person.certificate_hash for person in personnel or ()):
        if number:
            yield certificate_key(number)
