"""Erasing a subject: its key is destroyed and the fact that it was is recorded, in one transaction.

What was sealed under the key stays where it is, so hashes, proofs and scores stay valid; nobody can read it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from api.application.action_context import ActionContext
from api.application.answers.receipts import RecordedFact, SubjectErasure
from api.application.idempotency import Answered
from domain.commands.confirming import EraseSubject
from domain.errors import Contradiction, NotFound, already, not_after
from domain.events import Event, SubjectErased
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.store.access.tokens import create_person, person_named
from domain.store.db.engine import writing
from domain.store.files.file_rows import forget_claims
from domain.store.keys.vault import Vault, begin_anew, lost_masters, out_of_reach, retire
from domain.values import LEDGER_STREAM, instant, shanghai_date

MOST_CHARACTERS = 64
BATCH = 500
LOST = "主密钥遗失，其加密的个人信息无法再打开"
"""The ground of erasures that nobody asked for."""


def erase(act: ActionContext, subject: str, body: EraseSubject) -> Answered:
    """Erase a subject; nobody seals or opens anything for it meanwhile. Raises: NotFound, Contradiction, Invalid."""
    if len(subject) > MOST_CHARACTERS:
        raise unknown_subject()
    return act.carry_out(lambda unit: _erase(act, unit, subject, body))


def _erase(act: ActionContext, unit: UnitOfWork, subject: str, body: EraseSubject) -> SubjectErasure:
    head = unit.lock(LEDGER_STREAM)  # all who record wait: none of them can have taken the key out before
    not_after("erased_on", body.erased_on, shanghai_date(instant(head.db_now)))
    standing = unit.vault.standing([subject]).get(subject)
    if standing is None:
        raise unknown_subject()
    if standing.erased_at is not None:
        day = shanghai_date(standing.erased_at)
        raise already(f"该主体已于 {day} 删除", f"this subject was erased on {day}", "events.md")
    event = _erased(unit, act.caller.person_id, subject, body)
    return SubjectErasure(
        subject=subject,
        version=event.version,
        recorded_at=event.recorded_at,
        events=(RecordedFact.of(event),),
        ids={SubjectErased.KIND: event.id},
    )


def _erased(unit: UnitOfWork, actor: str, subject: str, body: EraseSubject) -> Event:
    """Record that a subject is erased, and destroy its key."""
    fields = {"subject": subject, "ground": body.ground, "reference": body.reference}
    event = unit.adopt(SubjectErased, actor, body.erased_on, **fields)
    Vault(unit.connection).erase(subject, event.recorded_at)
    forget_claims(unit.connection, subject)
    return event


def give_up(ledger: Ledger, person: str) -> tuple[list[str], int]:
    """Go on without master keys that are lost for good: what they wrapped counts as erased, each subject by an event.

    `person` answers for it: name or id. Gives the ids of the lost keys, and how many subjects were erased. A run that
    was interrupted is gone on with. A lost key that turns up later opens nothing in this database any more.
    Raises: Contradiction when no key is missing; Busy.
    """
    lost = lost_masters(ledger.engine)
    if not lost:
        raise Contradiction(
            "主密钥都在，没有遗失的",
            "no master key is missing",
            remedy="主密钥在用时不要运行此命令",
            remedy_en="Nothing is to be given up while the keys are there.",
        )
    begin_anew(ledger.engine, lost)
    with writing(ledger.engine) as connection:
        actor = person_named(connection, person) or create_person(connection, person)
    done = 0
    while count := _give_up_some(ledger, actor, lost):
        done += count
    with writing(ledger.engine) as connection:
        retire(connection, lost)
    return lost, done


def _give_up_some(ledger: Ledger, actor: str, lost: Sequence[str]) -> int:
    with ledger.writing() as unit:
        head = unit.lock(LEDGER_STREAM)
        day: date = shanghai_date(instant(head.db_now))
        subjects = out_of_reach(unit.connection, lost, BATCH)
        for subject in subjects:
            _erased(unit, actor, subject, EraseSubject(erased_on=day, ground=LOST, reference=f"master key {lost[0]}"))
    return len(subjects)


def unknown_subject() -> NotFound:
    """The refusal of a path's id that is no subject's."""
    return NotFound(
        "没有路径里这个编号的主体",
        "there is no such subject as the path names",
        cites=("events.md",),
        remedy="请在 GET /v1/agencies/{uscc}/subjects 里核对编号",
        remedy_en="Look the id up in GET /v1/agencies/{uscc}/subjects.",
    )
