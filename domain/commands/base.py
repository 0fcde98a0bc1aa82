"""What every command shares: its body, the dates it may carry, and how it becomes a fact."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

from pydantic import Field

from domain.agency import Agency
from domain.commands.attaching import NO_PAPERS, Attaching, Papers
from domain.commands.fields import Body, EvidenceIn, MemberIn, PersonIn, Prose
from domain.errors import Contradiction, Forbidden, Invalid, NotFound
from domain.events import Client, Event, NoteAudience, Person, Sealed, TeamMember, Via
from domain.law import Law
from domain.measures.calendar import Calendar
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.staff import NOWHERE, Elsewhere
from domain.measures.text.implements import implements
from domain.values import Instant, Role, normal_text, shanghai_date


class Sealer(Protocol):
    """What commands need of the vault: personal data goes into a fact only sealed (events.md)."""

    def seal(self, text: str, *, subject: str | None = None, hint: str | None = None) -> Sealed: ...

    def keyed_hash(self, text: str) -> str: ...


class NoVault:
    """Stands for the vault while nothing is written: decisions never depend on what is sealed."""

    def seal(self, text: str, *, subject: str | None = None, hint: str | None = None) -> Sealed:
        """Nothing of the text is kept."""
        return Sealed(subject=subject or "", sealed="")

    def keyed_hash(self, text: str) -> str:
        """Tells what is supposed together apart, and equals nothing that is stored."""
        return f"supposed {hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True)
class Recording:
    """One act of recording: who, in which role, by which way, on which Shanghai day, at which instant.

    The clock, the new id and the vault come in here, from the edge; nothing below asks for them (design.md, 3).
    """

    actor: str
    role: Role
    via: Via
    law: Law
    recorded_at: Instant
    event_id: str
    vault: Sealer
    path_id: str | None = None
    """The id in the command's path, if it has one."""
    appeal_id: str | None = None
    """The appeal whose decision annuls (R34)."""
    replaced: tuple[str, ...] = ()
    """Ids of the facts that a decision records in place of others (R34)."""
    enterprise: str | None = None
    """The USCC to which the caller's token is bound (roles agency and client)."""
    elsewhere: Elsewhere = NOWHERE
    """The other agencies, for hints that depend on them (R37)."""
    papers: Papers = NO_PAPERS
    """The files that were uploaded; what is only supposed is believed."""
    supposed_on: date | None = None
    """Of what is only supposed: its day, where that is not the day of the instant."""

    @classmethod
    def supposed(
        cls,
        law: Law,
        recorded_at: Instant,
        event_id: str,
        via: Via,
        *,
        actor: str = "",
        path_id: str | None = None,
        elsewhere: Elsewhere = NOWHERE,
        papers: Papers = NO_PAPERS,
        supposed_on: date | None = None,
    ) -> Recording:
        """The association's act as it would be: it is decided, nothing is sealed and nothing written."""
        return cls(
            actor=actor,
            role=Role.ASSOCIATION,
            via=via,
            law=law,
            recorded_at=recorded_at,
            event_id=event_id,
            vault=NoVault(),
            path_id=path_id,
            elsewhere=elsewhere,
            papers=papers,
            supposed_on=supposed_on,
        )

    @property
    def attaching(self) -> Attaching:
        """The files that who records may attach."""
        return Attaching(self.papers, self.actor, self.role)

    @property
    def today(self) -> date:
        """The day in Shanghai on which it is recorded."""
        return self.supposed_on or shanghai_date(self.recorded_at)

    @property
    def rulebooks(self) -> Rulebooks:
        """The rulebooks adopted by then."""
        return self.law.rulebooks

    @property
    def calendar(self) -> Calendar:
        """The one adopted by then."""
        return self.law.calendar


@dataclass(frozen=True)
class Fact:
    """What a command decided: the event's class and its own fields; the envelope comes from the `Recording`."""

    kind: type[Event]
    fields: dict[str, Any]


def fact(kind: type[Event], /, **fields: Any) -> Fact:
    """A decided fact of this class with these fields."""
    return Fact(kind, fields)


E = TypeVar("E", bound=Event)


Evidences = Annotated[tuple[EvidenceIn, ...], Field(max_length=50)]


class Command(Body):
    """A command's body. Subclasses say which fact it makes and when it is refused."""

    FACT_DATE: ClassVar[str]
    """The field that becomes `occurred_on`: the first date named in the command's row of api.md."""
    MAY_BE_LATER: ClassVar[frozenset[str]] = frozenset()
    """Due dates, planned dates and a termination's effective date."""
    ANY_DAY: ClassVar[frozenset[str]] = frozenset()
    """Dates that an agency or client may give earlier than today: a contract's start, the day of a change (R8b)."""
    SEVERAL_FACTS: ClassVar[bool] = False
    """Records more than its own fact (`nested_commands.py`): it stands alone, in no import and in no other command."""

    note: Prose | None = None
    note_audience: NoteAudience = "internal"
    evidence: Evidences = ()

    @abstractmethod
    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """The fact that this command makes of the agency's trail, or a refusal. Changes nothing."""

    def record(self, agency: Agency, recording: Recording) -> Event:
        """Decide, and apply what was decided to the agency. A `Refusal` leaves the agency as it was."""
        self.check_dates(recording)
        decided = self.decide(agency, recording)
        event = decided.kind(
            stream=agency.stream,
            version=agency.version + 1,
            id=recording.event_id,
            occurred_on=self.valid_from(),
            recorded_at=recording.recorded_at,
            actor=recording.actor,
            via=recording.via,
            note=None if self.note is None else recording.vault.seal(self.note),
            note_audience=self.note_audience,
            evidence=recording.attaching.stored(self.evidence),
            **decided.fields,
        )
        agency.append(event)
        return event

    def valid_from(self) -> date:
        """The valid-time date of the fact, its `occurred_on` (rules.md, two clocks)."""
        day: date = getattr(self, self.FACT_DATE)
        return day

    @implements("R8b")
    def check_dates(self, recording: Recording) -> None:
        """Refuse dates after today (api.md) and, for agencies and clients, dates before today (R8b)."""
        for field in type(self).model_fields:
            day = getattr(self, field)
            if not isinstance(day, date):
                continue
            if day > recording.today and field not in self.MAY_BE_LATER:
                raise Invalid(
                    f"{day} 晚于今天（{recording.today}）：事实不能记在将来",
                    f"{day} lies after today ({recording.today}): a fact cannot lie in the future",
                    cites=("api.md",),
                    remedy="请在那一天到来之后再记录，或改正日期",
                    remedy_en="Record it when that day has come, or correct the date.",
                    pointer=f"/{field}",
                )
            if recording.role in (Role.AGENCY, Role.CLIENT) and day < recording.today and field not in self.ANY_DAY:
                raise Invalid(
                    f"{day} 早于今天（{recording.today}）：机构和企业只记录当天发生的事",
                    f"{day} lies before today ({recording.today}): an agency or a client records what happens today",
                    cites=("R8b",),
                    remedy="较早的日期由协会补录，请把材料交协会",
                    remedy_en="Earlier dates are entered by the association: hand the papers to it.",
                    pointer=f"/{field}",
                )


def in_path(agency: Agency, recording: Recording, kind: type[E]) -> E:
    """The fact that the path's id names. 404 when there is none of that kind, 409 when it has been annulled."""
    event = agency.trail.by_id.get(recording.path_id or "")
    if not isinstance(event, kind):
        raise NotFound(
            "该机构没有路径里这个编号的这类记录",
            "this agency has no such record as the path names",
            remedy="请核对编号",
            remedy_en="Check the id.",
        )
    _must_count(agency, event, None)
    return event


def in_body(agency: Agency, field: str, event_id: str, *kinds: type[E]) -> E:
    """The fact that a body's field names. 422 when there is none of these kinds, 409 when it has been annulled."""
    event = agency.trail.by_id.get(event_id)
    if not isinstance(event, kinds):
        raise unknown_in_body(field)
    _must_count(agency, event, f"/{field}")
    return event


def unknown_in_body(field: str) -> Invalid:
    """A body's field names what is not on the agency's trail, or what this caller may not know of."""
    return Invalid(
        "所指的编号不在该机构的记录里，或不是这一类事实",
        "the id given is not among this agency's facts of that kind",
        remedy="请核对编号",
        remedy_en="Check the id.",
        pointer=f"/{field}",
    )


def _must_count(agency: Agency, event: Event, pointer: str | None) -> None:
    cause = agency.trail.annulled_by.get(event.id)
    if cause is not None:
        raise Contradiction(
            f"{event.id} 已被撤销（撤销记录 {cause}）",
            f"{event.id} has been annulled (by {cause})",
            cites=("rules.md",),
            remedy="请重新记录该事实，再据以办理",
            remedy_en="Record the fact anew and refer to the new record.",
            pointer=pointer,
        )


def own_enterprise(recording: Recording, uscc: str | None, pointer: str) -> str | None:
    """A client speaks for itself only; returns the USCC to record."""
    if recording.role is not Role.CLIENT:
        return uscc
    if uscc is not None and uscc != recording.enterprise:
        raise Forbidden(
            "企业只能以自己的名义提交",
            "a client speaks for its own enterprise only",
            cites=("api.md",),
            remedy="请填写本企业的统一社会信用代码",
            remedy_en="Give your own enterprise's USCC.",
            pointer=pointer,
        )
    return recording.enterprise


def seal_optional(recording: Recording, text: str | None, hint: str | None = None) -> Sealed | None:
    """The sealed text, or None for None."""
    return None if text is None else recording.vault.seal(text, hint=hint)


def stored_client(uscc: str, name: str) -> Client:
    """The enterprise as the event keeps it: enterprises are not personal data."""
    return Client(uscc=uscc, name=name)


def stored_person(recording: Recording, person: PersonIn) -> Person:
    """A person sealed under one subject; the certificate number finds the same subject again (R37)."""
    return Person(**_identity(recording, person))


def stored_member(recording: Recording, member: MemberIn | None) -> TeamMember | None:
    """A team member, sealed like a person, with the years of work in clear: the rules read them (art.15(1))."""
    if member is None:
        return None
    name = recording.vault.keyed_hash("".join(normal_text(member.name).split()))  # 王三 and 王 三 are one
    return TeamMember(**_identity(recording, member), years=member.years, name_hash=name)


def _identity(recording: Recording, person: PersonIn) -> dict[str, Any]:
    number = person.certificate_no
    name = recording.vault.seal(person.name, hint=number)
    return {
        "name": name,
        "qualification": person.qualification,
        "certificate_no": None if number is None else recording.vault.seal(number, subject=name.subject),
        "certificate_hash": None if number is None else recording.vault.keyed_hash(number),
    }
