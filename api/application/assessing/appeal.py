"""One appeal with all that belongs to it: the contested result, both sheets, three answers, its proceedings (R33).

The acts on a year's assessment, on personal data and on how the Measures are read, by the body that
asks for them (`commands.ACTS`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from api.application.action_context import ActionContext, ActionOf
from api.application.assessing.appeal_decisions import decide, simple
from api.application.assessing.confirming_readings import confirm, withdraw
from api.application.assessing.impact_decisions import dispose
from api.application.assessing.publishing import close_year, publish_year
from api.application.background.readiness import Service
from api.application.commands import ActRoute
from api.application.idempotency import Answered
from api.application.privacy.authorisation import Caller
from api.application.privacy.erasing_subjects import erase
from api.application.privacy.personal_data import shown
from api.application.questions.inquiry import path_year
from domain.commands import appeals, rounds
from domain.commands.confirming import ConfirmReadings, EraseSubject, WithdrawConfirmations
from domain.errors import NotFound
from domain.events import AppealFiled, Event, EventAnnulled
from domain.ledger.reader import Reader
from domain.measures.around.service import OF_SERVICE, NoticeService, notices_to_agency
from domain.measures.chapter4_appeals import appeal_state
from domain.trail.trail import Facts
from domain.values import shanghai_date
from projections.answers.trail_items import EntryRow
from projections.compare.publication import published
from projections.compare.standing_difference import sheet_differences
from projections.compare.three_answers import filed_part, result_json, result_named, three_answers
from projections.replay.queries import ReplayQueries, entry
from projections.replay.standing import served


def appeal_of(reader: Reader, appeal_id: str, own: str | None) -> tuple[str, AppealFiled]:
    """An appeal and its agency. Raises: NotFound, also where it is not that of the caller's agency."""
    filed = reader.named([appeal_id]).get(appeal_id)
    uscc = "" if filed is None else filed.stream.removeprefix("agency/")
    if not isinstance(filed, AppealFiled) or own not in (None, uscc):
        raise NotFound(
            "没有路径里这个编号的异议",
            "there is no such appeal as the path names",
            cites=("R33",),
            remedy="请在异议登记簿（GET /v1/appeals）里核对编号",
            remedy_en="Look the id up in GET /v1/appeals.",
        )
    return uscc, filed


class Appeal:
    """An appeal with all that belongs to it, as known now or at a place of the log."""

    def __init__(self, questions: ReplayQueries, uscc: str, filed: AppealFiled, known_at: str | None = None) -> None:
        self.reader, self.filed = questions.reader, filed
        now = questions.basis(uscc, None, known_at)
        found = published(self.reader, uscc, filed.year, now.trail.events)
        if found is None:
            raise NotFound("异议所针对的结果当时尚未公布", "the result that is appealed was not published by then")
        self.found = found
        self.basis = replace(now, as_of=found.day)
        self.contested = result_named(found, filed.result_id)
        self.today = questions.today if known_at is None else shanghai_date(now.known_at)
        self.answers = three_answers(found, self.basis, self.today, self.contested)

    def answer(self, caller: Caller) -> dict[str, object]:
        """What `GET /v1/appeals/{id}` answers."""
        filed, found, trail = self.filed, self.found, self.basis.trail
        published_sheet, today_sheet = (one["sheet"] for one in self.answers[:2])
        return {
            "id": filed.id,
            "agency": today_sheet["agency"],
            "status": appeal_state(trail, filed).status,
            **filed_part(filed),
            "known_at": self.basis.known_at,
            "version": self.basis.version,
            "filed": self._shown(caller, [filed])[0],
            "proceedings": self._shown(caller, self.proceedings()),
            "disputed": self._shown(caller, self.disputed()),
            "service": [served(one) for one in self.services()],
            "contested": result_json(self.contested, found.events, with_sheet=False),
            "standing": result_json(found.standing, found.events),
            "published_sheet": published_sheet,
            "today_sheet": today_sheet,
            "difference": sheet_differences(published_sheet, today_sheet),
            "answers": self.answers,
        }

    def proceedings(self) -> list[Event]:
        """What was recorded about the appeal after it was filed: admission, decision, its facts, revised results."""
        id_, trail = self.filed.id, self.basis.trail
        replaced = {one for event in trail.events for one in getattr(event, "replaced", ()) if id_ in event.named()}
        return [
            event
            for event in trail.events
            if event.id != id_
            and (id_ in event.named() or getattr(event, "appeal_id", None) == id_ or event.id in replaced)
        ]

    def disputed(self) -> list[Event]:
        """The disputed facts, those that name them, those that they name, and the annulments, in recording order."""
        ids, trail = set(self.filed.disputed), self.basis.trail
        named = {one for id_ in ids for one in trail.by_id[id_].named()}
        return [
            event
            for event in trail.events
            if event.id in ids | named
            or ids & set(event.named())
            or (isinstance(event, EventAnnulled) and event.event_id in ids | named)
        ]

    def services(self) -> list[NoticeService]:
        """The notices to the agency about the result or what is disputed, with their service by today (R41)."""
        about = {self.contested.id, self.found.standing.id, *(event.id for event in self.disputed())}
        return [one for one in notices_to_agency(Facts(self.basis.trail, self.today)) if one.sent.cause in about]

    def of_service(self) -> list[Event]:
        """The facts that say so: what was sent, how it was served, who signed for it."""
        ids = {one.sent.id for one in self.services()}
        return [one for one in self.basis.trail.events if isinstance(one, OF_SERVICE) and ids & {one.id, *one.named()}]

    def shown_service(self, caller: Caller) -> list[EntryRow]:
        """The facts of service as the caller may read them."""
        return self._shown(caller, self.of_service())

    def _shown(self, caller: Caller, events: list[Event]) -> list[EntryRow]:
        return shown(self.reader, caller, [entry(event, self.basis) for event in events])


_CARRY_OUT: dict[Any, Callable[[ActionContext, Any, Any], Answered]] = {
    rounds.PublishYear: publish_year,
    rounds.CloseYear: close_year,
    appeals.AdmitAppeal: simple,
    appeals.WithdrawAppeal: simple,
    appeals.DecideAppeal: decide,
    rounds.DisposeImpact: dispose,
    EraseSubject: erase,
    ConfirmReadings: confirm,
    WithdrawConfirmations: withdraw,
}


def carry_out(service: Service, row: ActRoute, given: Mapping[str, str], body: Any, action: ActionOf) -> Answered:
    """Carry out an act. `given`: what its path names, a year or an id.

    Raises: a Refusal; then nothing was recorded.
    """
    subject: Any = path_year(given["year"]) if "year" in given else given["id"]
    answered = _CARRY_OUT[row.body](action(row.path.format(**{**given, "year": subject})), subject, body)
    service.housekeeper.recorded(erased=row.body is EraseSubject)
    return answered
