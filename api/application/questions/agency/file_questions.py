"""An agency's file (档案): particulars, qualifications, staff, names, projects, pledges, at any basis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice

from msgspec import UNSET, UnsetType

from api.application.privacy.authorisation import Caller
from api.application.privacy.personal_data import ERASED, shown
from api.application.privacy.veiled import WITHHELD
from api.application.questions.inquiry import Answer, Inquiry, never_changes, path_uscc, question
from domain.disclosure.who_reads import TextKind, may_read
from domain.events import Profile, Sealed
from domain.ledger.reader import Reader
from domain.measures.chapter2_filing import filed_since
from domain.measures.text.implements import implements
from projections.answers.agency_file import AgencyFile, EvidenceOnFile, ParticularsOnFile, PersonOnFile
from projections.replay.file_on_day import expiry_on, file_on
from projections.replay.known_at import Basis
from projections.replay.queries import entry
from projections.replay.standing import agency_name

MOST_FILES = 200
"""Of evidence; all of them are on the trail."""
Text = str | dict[str, bool] | None
"""What is personal as it is answered: a text, or a mark in its place."""


@question("/v1/agencies/{uscc}/file")
@implements("art.8", "art.12", "R39")
def file_of(inquiry: Inquiry, uscc: str, as_of: date | None = None, known_at: str | None = None) -> Answer:
    """The file of one agency on a day, as known at an instant; people by the table of readers.

    Raises: NotFound, Invalid.
    """
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        found = file_on(basis)
        people = _People(reader, inquiry.caller, found.profile)
        profile = found.profile
        content = AgencyFile(
            agency=agency_name(basis),
            **basis.echo(basis.rulebook),
            particulars=ParticularsOnFile(
                legal_representative=people.text(profile.legal_representative),
                technical_lead=people.text(profile.technical_lead),
                address=profile.address or None,
                local=None if profile.local is UNSET else profile.local,
                scope=profile.scope or (),
                other=people.text(profile.other),
                filed_since=filed_since(basis.facts),
            ),
            qualifications=found.qualifications,
            personnel=tuple(
                PersonOnFile(
                    name=people.text(one.name),
                    qualification=one.qualification,
                    certificate_no=people.text(one.certificate_no),
                    valid_until=one.valid_until,
                    expiry=expiry_on(one.valid_until, basis.as_of),
                )
                for one in profile.personnel or ()
            ),
            former_names=found.former_names,
            projects=found.projects,
            pledges=found.pledges,
            published_years=found.published_years,
            appeals=found.appeals,
            evidence=tuple(islice(_files(reader, inquiry.caller, basis), MOST_FILES)),
        )
        # A text can be erased at any time, so an answer with people in it is never one for ever.
        return Answer(content, not people.texts and never_changes(reader, as_of, known_at, basis.known_at))


@implements("R39")
def _files(reader: Reader, caller: Caller, basis: Basis) -> Iterator[EvidenceOnFile]:
    """The files of evidence of what had happened by the day, the last first, as far as the caller reads evidence."""
    hidden: frozenset[str] = frozenset() if basis.trail.veil is None else basis.trail.veil.hidden
    for event in reversed(basis.trail.events):
        if event.id in hidden or event.occurred_on > basis.as_of or not any(one.is_file for one in event.evidence):
            continue
        (told,) = shown(reader, caller, [entry(event, basis)])
        for one in told["evidence"]:
            if "size" in one:
                yield EvidenceOnFile(
                    event=event.id,
                    type=told["type"],
                    occurred_on=event.occurred_on,
                    counts=told["counts"],
                    title=one["title"],
                    sha256=one["sha256"],
                    size=one["size"],
                    media_type=one["media_type"],
                )


class _People:
    """The sealed texts of a profile, opened at once for who may read them (R39)."""

    def __init__(self, reader: Reader, caller: Caller, profile: Profile) -> None:
        self._may_read = may_read(caller.role, TextKind.STAFF)
        given = (profile.legal_representative, profile.technical_lead, profile.other)
        staff = profile.personnel or ()
        sealed = [one for one in given if isinstance(one, Sealed)]
        sealed += [one for person in staff for one in (person.name, person.certificate_no) if one is not None]
        opened = reader.vault.open_many(sealed) if self._may_read else [None] * len(sealed)
        self.texts: Mapping[Sealed, str | None] = dict(zip(sealed, opened, strict=True))

    def text(self, said: Sealed | str | UnsetType | None) -> Text:
        """What is told of a member of the profile."""
        if not isinstance(said, Sealed):
            return said or None
        if not self._may_read:
            return dict(WITHHELD)
        text = self.texts[said]
        return dict(ERASED) if text is None else text
