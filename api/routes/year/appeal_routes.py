"""One appeal: the published sheet, today's, the difference, and the dossier for who decides (R33-R35)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.assessing.appeal_decisions import involving
from api.application.assessing.dossier import ZIP, dossier
from api.application.background.checkpoint_signer import sealed_up
from api.application.privacy.callers import Caller
from api.application.privacy.personal_data import shown
from api.application.privacy.reading_log import about
from api.http.documentation.openapi import dossier_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import KnownAt
from api.http.responses import answer
from api.routes.agency.question_routes import MANY, asking, own_only
from api.routes.year.worklist_routes import filed_part
from domain.errors import Invalid, NotFound
from domain.events import AppealFiled, Event, EventAnnulled
from domain.ledger.ledger import Reader
from domain.measures.chapter4_appeals import appeal_state
from domain.values import shanghai_date
from projections.compare.publication import published
from projections.compare.standing_difference import sheet_differences
from projections.compare.three_answers import result_json, result_named, three_answers
from projections.replay.audit_trail import entry
from projections.replay.queries import ReplayQueries

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/appeals/{id}", tags=[MANY], **question_docs("appeal", not_found=True))
def appeal(request: Request, id: str) -> Response:  # noqa: A002  # the name in the path
    """一件异议：公布的打分表、现在的打分表及差异 / An appeal: the published sheet, today's, and the difference."""
    with asking(request) as (questions, reader):
        uscc, filed = appeal_of(reader, id, own_only(request))
        about(request, uscc)
        found, caller = Appeal(questions, uscc, filed), request.state.caller
        separate = request.app.state.service.settings.separate_duties
        conflict = involving(found.basis.trail, filed, caller.person_id) if separate else []
        content = {**found.answer(caller), "conflict": [one.id for one in conflict]}
    return answer(request, content)


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
        today = questions.today if known_at is None else shanghai_date(now.known_at)
        self.answers = three_answers(found, self.basis, today, self.contested)

    def answer(self, caller: Caller) -> dict[str, Any]:
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

    def _shown(self, caller: Caller, events: list[Event]) -> list[dict[str, Any]]:
        return shown(self.reader, caller, [entry(event, self.basis) for event in events])


@router.get("/v1/appeals/{id}/dossier", tags=[MANY], **dossier_docs())
def appeal_dossier(request: Request, id: str, known_at: KnownAt = None) -> Response:  # noqa: A002  # as above
    """异议卷宗：一个可重复生成的 ZIP / The dossier of an appeal: one ZIP, the same bytes from the same log."""
    log_index = _place_in_log(request, known_at)
    with asking(request) as (questions, reader):
        uscc, filed = appeal_of(reader, id, own_only(request))
        about(request, uscc)
        found = Appeal(questions, uscc, filed, f"log:{log_index}")
        archive = dossier(questions, found, request.state.caller, log_index)
    name = f"dossier-{uscc}-{filed.year}-{filed.id[:8]}-log{log_index}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
    return Response(archive, 200, headers, ZIP)


def _place_in_log(request: Request, known_at: str | None) -> int:
    """The place of the log that a dossier is made at: the given one, or the last of now. Raises: Invalid, Busy."""
    if known_at is None:
        return sealed_up(request.app.state.service.ledger)
    if not known_at.startswith("log:"):
        raise Invalid(
            "卷宗按日志位置制作，known_at 须写作 log:N",
            "a dossier is made at a place of the log: give known_at=log:N",
            cites=("api.md",),
            remedy="请写 log:N，或不填（取最新的已封存位置）",
            remedy_en="Write log:N, or leave it out for the last sealed place.",
            pointer="?known_at",
        )
    return int(known_at.removeprefix("log:"))
