"""A worked example of a score: a small invented history, decided by the real commands and scored by the real code."""

from __future__ import annotations

from datetime import date
from typing import Any

from api.application.commands import find_command
from api.http.documentation.examples import AGENCY_USCC, CLIENT_NAME, CLIENT_USCC, command_example
from domain.agency import Agency
from domain.commands.base import Recording
from domain.law import Law
from domain.trail.trail import Trail
from domain.values import moment, next_instant
from projections.answers.scalars import plain
from projections.replay.basis import Basis
from projections.replay.standing import sheet_answer

YEAR = 2024
AS_OF = date(2024, 12, 31)
_RECORDED = "2025-01-15T04:00:00.000000Z"
_OTHER = {"uscc": "91441300MA51C1EN7F", "name": "大亚湾石化仓储有限公司"}
_SAME = {"uscc": CLIENT_USCC, "name": CLIENT_NAME}
_LINES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("/v1/agencies", "filing", {}),
    ("/v1/agencies/{uscc}/filing-decision", "filed", {}),
    ("/v1/agencies/{uscc}/projects", "first", {"started_on": "2024-02-01", "due_on": "2025-06-30"}),
    ("/v1/agencies/{uscc}/projects", "second", {"client": _OTHER, "started_on": "2024-03-01", "due_on": "2025-06-30"}),
    ("/v1/agencies/{uscc}/lapses", "absent", {"item": 4, "occurred_on": "2024-05-20"}),
    ("/v1/agencies/{uscc}/complaints", "complaint", {"received_on": "2024-06-03"}),
    ("/v1/agencies/{uscc}/complaints/complaint/decision", "upheld", {"decided_on": "2024-06-17"}),
    ("/v1/agencies/{uscc}/surveys", "form-1", {
        "project_id": "first", "year": YEAR, "submitted_on": "2024-12-10", "answers": list("AAAAABBBAA")}),
    ("/v1/agencies/{uscc}/surveys", "form-2", {
        "client": _OTHER, "project_id": "second", "year": YEAR, "submitted_on": "2024-12-12",
        "answers": list("AABBBBCABA")}),
    ("/v1/agencies/{uscc}/effect-scores", "effect-1", {
        "client": _SAME, "year": YEAR, "value": 95, "scored_on": "2024-12-20"}),
    ("/v1/agencies/{uscc}/effect-scores", "effect-2", {
        "client": _OTHER, "year": YEAR, "value": 88, "scored_on": "2024-12-20"}),
    ("/v1/agencies/{uscc}/honours", "honour", {
        "level": "district", "authority_kind": "emergency_management", "awarded_on": "2024-09-05"}),
)  # fmt: skip


def worked_example(law: Law) -> dict[str, Any]:
    """The sheet of the invented agency under this law, as `GET …/sheets/{year}` would answer. Nothing is written."""
    agency = Agency.of(AGENCY_USCC)
    at = _RECORDED
    for post, event_id, changes in _LINES:
        found = find_command(post.format(uscc=AGENCY_USCC))
        assert found is not None, post  # noqa: S101  # the paths above are those of the table of commands
        route, _, path_id = found
        command = route.body.model_validate({**command_example(route.body).body, **changes})
        at = next_instant(moment(at), at)
        command.record(agency, Recording.supposed(law, at, event_id, "page", path_id=path_id))
    told: dict[str, Any] = plain(sheet_answer(Basis(Trail(agency.trail.events), law, AS_OF, at), YEAR))
    return told
