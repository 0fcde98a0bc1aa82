"""Watching over art.16: reports (R11), hints (R37), objections (R38), and corrections: commands."""

from __future__ import annotations

from typing import ClassVar, Literal

from domain.agency import Agency
from domain.commands.base import Command, Fact, Recording, fact, in_body, in_path, own_enterprise, seal_optional
from domain.commands.fields import Commands, Day, Id, Label, Prose
from domain.commands.surveys import AnnulEvent
from domain.errors import Contradiction, Invalid, NotFound
from domain.events import (
    BadRecordEntered,
    Behaviour,
    BehaviourReported,
    Event,
    HintDismissed,
    ObjectionAnswered,
    ObjectionFiled,
    ReportDismissed,
    ResultPublished,
    ResultRevised,
)
from domain.measures.hints import Hint, hints
from domain.measures.text.implements import implements
from domain.trail.trail import Facts


@implements("art.16", "R11")
class ReportBehaviour(Command):
    """Somebody whom art.16 names reports a behaviour; it is looked into before it counts (art.16, R11)."""

    FACT_DATE: ClassVar[str] = "received_on"

    received_on: Day
    reporter: Label | None = None
    behaviour: Behaviour
    content: Prose | None = None

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Never refused. A client is recognised as the author of its reports by a keyed hash of its USCC (R11)."""
        client = own_enterprise(recording, None, "")
        return fact(
            BehaviourReported,
            report_id=recording.event_id,
            reporter=seal_optional(recording, self.reporter),
            reporter_hash=None if client is None else recording.vault.keyed_hash(client),
            behaviour=self.behaviour,
            content=seal_optional(recording, self.content),
        )


@implements("art.16", "R11")
class DismissReport(Command):
    """The association finds no bad record in a report, and says why (R11)."""

    FACT_DATE: ClassVar[str] = "dismissed_on"

    dismissed_on: Day
    reason: Prose

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once, and not when a bad record was entered from it."""
        report = in_path(agency, recording, BehaviourReported)
        require_open(agency, report, None)
        return fact(ReportDismissed, report_id=report.id, reason=recording.vault.seal(self.reason))


def require_open(agency: Agency, report: BehaviourReported, pointer: str | None) -> None:
    """A report that was dismissed, or from which a bad record was entered, is done with. Raises: Contradiction."""
    done = next(agency.trail.naming(report.id, ReportDismissed, BadRecordEntered), None)
    if done is None:
        return
    day, id_ = done.occurred_on, done.id
    said = (
        (f"该举报已于 {day} 不予记录（{id_}）", f"this report was dismissed on {day} ({id_})")
        if isinstance(done, ReportDismissed)
        else (f"已于 {day} 据该举报记不良信息（{id_}）", f"a bad record was entered from this report on {day} ({id_})")
    )
    raise Contradiction(
        *said,
        cites=("art.16", "R11"),
        remedy="如前一记录有误，请先撤销它（annulments），再重新处理",
        remedy_en="If that was wrong, annul it first, then deal with the report anew.",
        pointer=pointer,
    )


def find_hint(agency: Agency, recording: Recording, id_: str | None) -> Hint | None:
    """The hint of this id as the agency stands today, open or settled; None for an unknown one (R37)."""
    found = hints(Facts(agency.trail, recording.today), recording, recording.elsewhere)
    return next((hint for hint in found if hint.id == id_), None)


def require_hint(agency: Agency, recording: Recording, id_: str, behaviour: Behaviour) -> None:
    """Refuse a bad record that names what is no open hint of its agency and behaviour. Raises: Invalid."""
    hint = find_hint(agency, recording, id_)
    if hint is None or hint.status != "open" or hint.behaviour != behaviour:
        raise Invalid(
            "hint_id 不是该机构这一行为的待处理线索",
            "hint_id names no open hint of this agency for this behaviour",
            cites=("art.16", "R37"),
            remedy="请在线索清单（GET /v1/agencies/{uscc}/hints）里核对编号和行为代码，或不填 hint_id",
            remedy_en="Compare id and code with GET /v1/agencies/{uscc}/hints, or leave hint_id out.",
            pointer="/hint_id",
        )


@implements("R37")
class DismissHint(Command):
    """An officer has looked into a hint and found no bad record in it, and says why (R37)."""

    FACT_DATE: ClassVar[str] = "dismissed_on"

    dismissed_on: Day
    reason: Prose

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Only a hint that the facts give today, and that nothing has settled."""
        hint = find_hint(agency, recording, recording.path_id)
        if hint is None:
            raise unknown_hint()
        if hint.status != "open":
            text, text_en = {
                "dismissed": ("该线索已排除", "this hint has been dismissed"),
                "recorded": ("已据该线索记不良信息", "a bad record was entered for this hint"),
            }[hint.status]
            raise Contradiction(
                f"{text}（{hint.settled_by}）",
                f"{text_en} ({hint.settled_by})",
                cites=("R37",),
                remedy="如前一记录有误，请先撤销它（annulments），再重新处理",
                remedy_en="If that was wrong, annul it first, then deal with the hint anew.",
            )
        return fact(HintDismissed, hint_id=hint.id, reason=recording.vault.seal(self.reason))


def unknown_hint() -> NotFound:
    """There is no such hint, or its facts no longer give it."""
    return NotFound(
        "没有路径里这个编号的线索",
        "there is no hint with the path's id",
        cites=("R37",),
        remedy="请在线索清单（GET /v1/hints）里核对编号；所依据的事实撤销后，线索随之消失",
        remedy_en="Look the id up in GET /v1/hints; a hint is gone when the facts behind it are annulled.",
    )


@implements("R38")
class FileObjection(Command):
    """The agency objects to a single record about it, at any time; an objection stops nothing by itself (R38)."""

    FACT_DATE: ClassVar[str] = "filed_on"

    filed_on: Day
    event_id: Id
    grounds: Prose

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """To what could be annulled, and while no objection to it is open."""
        event = in_body(agency, "event_id", self.event_id, Event)
        if isinstance(event, (ResultPublished, ResultRevised)):
            raise Contradiction(
                "对已公布的考评结果不申请更正，应提出异议",
                "a published result is not objected to but appealed against",
                cites=("art.20", "R33", "R38"),
                remedy="请在公布后一周内提出异议",
                remedy_en="Appeal within one week of its publication (appeals).",
                pointer="/event_id",
            )
        if event.FINAL:
            raise Contradiction(
                f"{type(event).__name__} 不可撤销，对它无从申请更正",
                f"{type(event).__name__} cannot be annulled, so there is nothing to object to",
                cites=("events.md", "R38"),
                remedy="请以新的事实纠正（如变更、再次备案）",
                remedy_en="Correct it by a new fact (a change, a new filing).",
                pointer="/event_id",
            )
        for earlier in agency.trail.of(ObjectionFiled):
            if earlier.event_id == event.id and answer_to(agency, earlier) is None:
                raise Contradiction(
                    f"对该记录的更正申请（{earlier.id}）尚待答复",
                    f"an objection to this record ({earlier.id}) awaits its answer",
                    cites=("R38",),
                    remedy="请等待答复；答复后如有新的理由可再次提出",
                    remedy_en="Wait for the answer; with new grounds, object again after it.",
                    pointer="/event_id",
                )
        return fact(
            ObjectionFiled,
            objection_id=recording.event_id,
            event_id=event.id,
            grounds=recording.vault.seal(self.grounds),
        )


def answer_to(agency: Agency, objection: ObjectionFiled) -> ObjectionAnswered | None:
    """The answer that an objection was given; None while it is open."""
    return next(agency.trail.naming(objection.id, ObjectionAnswered), None)


@implements("R38")
class AnswerObjection(Command):
    """The association answers an objection: it annuls the record, or refuses, in either case with reasons (R38).

    An annulment is recorded with the answer (`api/application/nested_commands.py`).
    """

    FACT_DATE: ClassVar[str] = "answered_on"
    SEVERAL_FACTS: ClassVar[bool] = True

    answered_on: Day
    outcome: Literal["annulled", "refused"]
    reasons: Prose

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once: an answer is final."""
        objection = in_path(agency, recording, ObjectionFiled)
        given = answer_to(agency, objection)
        if given is not None:
            raise Contradiction(
                f"该更正申请已于 {given.occurred_on} 答复（{given.id}）",
                f"this objection was answered on {given.occurred_on} ({given.id})",
                cites=("R38",),
                remedy="答复不可更改；机构有新的理由可再次申请更正，协会也可直接撤销有误的记录",
                remedy_en="An answer stands; the agency may object anew, and what is wrong can be annulled directly.",
            )
        return fact(
            ObjectionAnswered,
            objection_id=objection.id,
            outcome=self.outcome,
            reasons=recording.vault.seal(self.reasons),
        )


class CorrectEvent(AnnulEvent):
    """Annul a record and record what is right in its place, in one step: all of it or nothing (api.md, Commands).

    The commands of `replace` are recorded after the annulment (`api/application/nested_commands.py`).
    """

    SEVERAL_FACTS: ClassVar[bool] = True

    replace: Commands
