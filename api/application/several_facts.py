"""What a command records: its own fact, or several in one transaction (corrections, answers to objections, appeals).

A command that records more than its own fact has a function here. Whatever is refused in it refuses all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from api.application.action_context import ActionContext, CommandRequest
from api.application.nested_commands import Embedded, embedded
from domain.commands.appeals import FileAppeal
from domain.commands.base import Command
from domain.commands.reports import AnswerObjection, CorrectEvent
from domain.commands.surveys import AnnulEvent
from domain.errors import Forbidden, Refusal
from domain.events import Event, ObjectionFiled, ResultPublished
from domain.ledger.ledger import UnitOfWork
from domain.measures.chapter4_appeals import must_not_answer_for_oneself
from domain.measures.text.implements import implements
from domain.values import ROLE_NAMES, Role
from projections.compare.publication import left_out

Facts = Callable[[ActionContext, UnitOfWork, CommandRequest], list[Event]]
"""Records what is asked for and gives the events in order, the fact itself first. Raises: a Refusal."""


def record_facts(context: ActionContext, unit: UnitOfWork, request: CommandRequest) -> list[Event]:
    """Record what is asked for: the command's own fact first, then what goes with it. Raises: a Refusal."""
    several = SEVERAL.get(type(request.command))
    return [_own_fact(context, unit, request)] if several is None else several(context, unit, request)


def _own_fact(context: ActionContext, unit: UnitOfWork, request: CommandRequest) -> Event:
    return context.record(unit, request.uscc, request.command, request.path_id, new=request.may_create)


def record_in_place(
    context: ActionContext, unit: UnitOfWork, uscc: str, commands: Sequence[Embedded], *, role: Role | None = None
) -> list[Event]:
    """Record nested commands one after the other. Raises: a Refusal that points into the body.

    `role`: as whom, where a decision authorises what it replaces; by default as the caller, who then needs the right
    to each. Raises: Forbidden.
    """
    events = []
    for one in commands:
        if role is None and context.caller.role not in one.route.roles:
            raise _not_in_this_role(context.caller.role, one)
        by = role or context.caller.role
        try:
            made = context.record(unit, uscc, one.command, one.path_id, event_id=one.event_id, role=by)
        except Refusal as refusal:
            raise one.refused(refusal) from None
        events.append(made)
    return events


def _not_in_this_role(role: Role, one: Embedded) -> Forbidden:
    name, name_en = ROLE_NAMES[role]
    may = [ROLE_NAMES[other] for other in sorted(one.route.roles)]
    return Forbidden(
        f"角色“{name}”无权办理其中的 {one.route.path}；可以办理的角色：{'、'.join(zh for zh, _ in may)}",
        f"the role {name_en} may not do {one.route.path}; these may: {', '.join(en for _, en in may)}",
        cites=("api.md",),
        remedy="请由有权的人员另行记录，这里只撤销",
        remedy_en="Annul here, and let somebody with one of these roles record the rest.",
        pointer=f"{one.pointer}/post",
    )


def _correct(context: ActionContext, unit: UnitOfWork, request: CommandRequest) -> list[Event]:
    """The annulment, then what is right in its place (api.md, Commands)."""
    command = request.command
    assert isinstance(command, CorrectEvent)  # noqa: S101  # by its key in SEVERAL
    commands = embedded(command.replace, "replace", request.uscc)
    return [_own_fact(context, unit, request), *record_in_place(context, unit, request.uscc, commands)]


def _answer_objection(context: ActionContext, unit: UnitOfWork, request: CommandRequest) -> list[Event]:
    """The answer; with `annulled` also the annulment, unless somebody has annulled the record meanwhile (R38)."""
    command = request.command
    assert isinstance(command, AnswerObjection)  # noqa: S101  # the same
    events = [_own_fact(context, unit, request)]
    trail = unit.agency(request.uscc).trail
    objection = trail.by_id[request.path_id or ""]
    assert isinstance(objection, ObjectionFiled)  # noqa: S101  # the command has seen to it
    if context.separate_duties:
        must_not_answer_for_oneself(trail, objection, context.caller.person_id)
    if command.outcome == "annulled" and objection.event_id not in trail.annulled_by:
        annulment = AnnulEvent(
            event_id=objection.event_id,
            reason=command.reasons,
            basis=f"对异议 {objection.id} 的答复 / answer to the objection {objection.id}",
            annulled_on=command.answered_on,
        )
        events.append(context.record(unit, request.uscc, annulment))
    return events


@implements("R32", "R33")
def _file_appeal(context: ActionContext, unit: UnitOfWork, request: CommandRequest) -> list[Event]:
    """The appeal. An agency that has no result of a published year is told first that it was not assessed (R29).

    That is what the appeal is against, and what is revised when it is upheld.
    """
    command = request.command
    assert isinstance(command, FileAppeal)  # noqa: S101  # the same
    agency = unit.agency(request.uscc)
    is_published = any(one.year == command.year for one in agency.results())
    fields = None if is_published else left_out(unit.reader, request.uscc, command.year)
    if fields is None:
        return [_own_fact(context, unit, request)]
    result = context.append(unit, ResultPublished, agency.stream, fields.pop("occurred_on"), **fields)
    return [_own_fact(context, unit, request), result]


SEVERAL: dict[type[Command], Facts] = {
    CorrectEvent: _correct,
    AnswerObjection: _answer_objection,
    FileAppeal: _file_appeal,
}
"""Commands that record more than their own fact, with what does it."""
