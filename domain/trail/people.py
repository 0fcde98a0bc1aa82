"""People whom an agency's facts name, and as what: those of the table of readers' kind STAFF (R39), nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

from domain.events import (
    AppealFiled,
    BadRecordEntered,
    Event,
    FilingSubmitted,
    InformationChanged,
    Person,
    Profile,
    ProjectStarted,
    Sealed,
    TeamMember,
)

PersonPlace = Literal[
    "legal_representative", "technical_lead", "staff", "quality_lead", "technician", "practitioner", "appellant"
]
"""As what somebody is named; the first three stand in the particulars on file (art.8, art.12)."""
PLACES: tuple[PersonPlace, ...] = get_args(PersonPlace)
ON_FILE: tuple[PersonPlace, ...] = ("legal_representative", "technical_lead", "staff")


class NamedPerson(NamedTuple):
    """Somebody whom a fact names."""

    place: PersonPlace
    name: Sealed
    certificate_no: Sealed | None = None
    qualification: str | None = None


def people_of(event: Event) -> Iterator[NamedPerson]:
    """Whom a fact of an agency names itself; what a change says of the time before is not repeated."""
    if isinstance(event, FilingSubmitted):
        yield from people_on_file(event.profile)
    elif isinstance(event, InformationChanged):
        yield from people_on_file(event.fields)
    elif isinstance(event, ProjectStarted):
        if event.quality_lead is not None:
            yield _member("quality_lead", event.quality_lead)
        for one in event.technicians:
            yield _member("technician", one)
    elif isinstance(event, BadRecordEntered) and event.practitioner is not None:
        yield NamedPerson("practitioner", event.practitioner)
    elif isinstance(event, AppealFiled) and event.appellant is not None:
        yield NamedPerson("appellant", event.appellant)


NAMING_PEOPLE: tuple[type[Event], ...] = (
    FilingSubmitted,
    InformationChanged,
    ProjectStarted,
    BadRecordEntered,
    AppealFiled,
)
"""The types of facts that `people_of` looks into."""


def people_on_file(profile: Profile) -> Iterator[NamedPerson]:
    """Whom particulars name, as far as they are said."""
    if isinstance(profile.legal_representative, Sealed):
        yield NamedPerson("legal_representative", profile.legal_representative)
    if isinstance(profile.technical_lead, Sealed):
        yield NamedPerson("technical_lead", profile.technical_lead)
    for one in profile.personnel or ():
        yield _member("staff", one)


def _member(place: PersonPlace, one: Person | TeamMember) -> NamedPerson:
    return NamedPerson(place, one.name, one.certificate_no, one.qualification)
