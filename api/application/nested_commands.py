"""Commands inside a command: what replaces an annulled fact, and what a what-if adds (api.md, Commands).

What a command records: its own fact, or several in one transaction (corrections, answers to objections, appeals).

A command that records more than its own fact has a function here. Whatever is refused in it refuses all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from api.application.action_context import ActionContext, CommandRequest
from api.application.commands import CommandRoute, find_command
from api.application.parsing.strict_json import resolved
from api.application.parsing.validation_texts import WrongFields
from domain.commands.appeals import FileAppeal
from domain.commands.base import Command
from domain.commands.defending import DecideRepair
from domain.commands.fields import CommandIn
from domain.commands.reports import AnswerObjection, CorrectEvent
from domain.commands.surveys import AnnulEvent
from domain.errors import Forbidden, Invalid, NotFound, Refusal
from domain.events import Event, ObjectionFiled, RepairApplied, ResultPublished
from domain.ledger.ledger import UnitOfWork
from domain.measures.chapter4_appeals import must_not_answer_for_oneself, must_not_repair_own
from domain.measures.text.implements import implements
from domain.values import ROLE_NAMES, Role, new_id, normal_uscc
from projections.compare.publication import left_out


@dataclass(frozen=True)
class Embedded:
    """One of them, parsed. `event_id` is the id that its fact gets, so that later ones could name it."""

    route: CommandRoute
    command: Command
    path_id: str | None
    event_id: str
    pointer: str
    """Where it stands in the body, for refusals."""

    def refused(self, refusal: Refusal) -> Refusal:
        """The refusal of this command, pointing into the body that it came in.

        Its path stands in that body, so an id that its path names and that is not there is wrong content (api.md).
        """
        if isinstance(refusal, NotFound):
            return Invalid(
                refusal.text, refusal.text_en, refusal.cites, refusal.remedy, refusal.remedy_en, f"{self.pointer}/post"
            )
        refusal.pointer = f"{self.pointer}/body{refusal.pointer or ''}"
        return refusal


def embedded(given: Sequence[CommandIn], field: str, uscc: str, make_id: Callable[[], str] = new_id) -> list[Embedded]:
    """The commands of a body's field, all about the agency of this USCC, in order.

    Raises: Invalid for a path that is no command, another agency's, or a name that no earlier one bears;
    WrongFields for a wrong body, with pointers into the whole body.
    """
    names: dict[str, str] = {}
    found = []
    for place, one in enumerate(given):
        pointer = f"/{field}/{place}"

        def find(name: str, at: str, pointer: str = pointer) -> str:
            if name not in names:
                raise _invalid(
                    pointer + at,
                    "引用了前面没有定义的名称",
                    "refers to a name that no earlier command bears",
                    "请在被引用的命令写 ref，且放在前面",
                    "Give the command referred to a ref, and put it first.",
                )
            return names[name]

        path, body = resolved(one.post, one.body, find)
        route, command, path_id = _parsed(path, body, pointer, uscc, (field, place))
        made = Embedded(route, command, path_id, make_id(), pointer)
        if one.ref is not None:
            if one.ref in names:
                raise _invalid(
                    f"{pointer}/ref",
                    "此名称已用过",
                    "this name is taken already",
                    "每个名称只用一次",
                    "Use each name once.",
                )
            names[one.ref] = made.event_id
        found.append(made)
    return found


def _parsed(
    path: str, body: dict[str, object], pointer: str, uscc: str, place: tuple[str, int]
) -> tuple[CommandRoute, Command, str | None]:
    known = find_command(path)
    if known is None or known[1] is None or known[0].body.SEVERAL_FACTS:  # a filing names its agency in its body
        raise _invalid(
            f"{pointer}/post",
            "这里不能用这个命令",
            "this is no command that can stand here",
            "请对照接口文档中的命令表，路径以 /v1/agencies/{uscc}/ 开头",
            "Compare it with the table of commands; paths begin with /v1/agencies/{uscc}/.",
        )
    route, code, path_id = known
    if not _is(code, uscc):
        raise _invalid(
            f"{pointer}/post",
            f"只能涉及 {uscc} 这一家机构",
            f"it has to be about the agency {uscc}",
            "请改正路径",
            "Correct the path.",
        )
    try:
        return route, route.body.model_validate(body), path_id
    except ValidationError as error:
        inside = ("body", *place, "body")
        raise WrongFields(
            [{**one, "loc": (*inside, *(one["loc"] or (one["type"],)))} for one in error.errors(include_url=False)],
            {place[0]: [None] * place[1] + [{"body": body}]},
        ) from None


def _is(code: str | None, uscc: str) -> bool:
    try:
        return normal_uscc(code or "") == uscc
    except ValueError:
        return False


def _invalid(pointer: str, text: str, text_en: str, remedy: str, remedy_en: str) -> Invalid:
    return Invalid(text, text_en, cites=("api.md",), remedy=remedy, remedy_en=remedy_en, pointer=pointer)


Facts = Callable[[ActionContext, UnitOfWork, CommandRequest], list[Event]]
"""Records what is asked for and gives the events in order, the fact itself first. Raises: a Refusal."""


def record_facts(
    context: ActionContext, unit: UnitOfWork, request: CommandRequest, event_id: str | None = None
) -> list[Event]:
    """Record what is asked for: the command's own fact first, then what goes with it. Raises: a Refusal.

    `event_id`: of a command that records its own fact alone, where others name that already.
    """
    several = SEVERAL.get(type(request.command))
    return [_own_fact(context, unit, request, event_id)] if several is None else several(context, unit, request)


def _own_fact(context: ActionContext, unit: UnitOfWork, request: CommandRequest, event_id: str | None = None) -> Event:
    more = {} if event_id is None else {"event_id": event_id}
    return context.record(unit, request.uscc, request.command, request.path_id, new=request.may_create, **more)


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


def _decide_repair(context: ActionContext, unit: UnitOfWork, request: CommandRequest) -> list[Event]:
    """The decision, by somebody who has neither made nor verified the record (R35, R42)."""
    events = [_own_fact(context, unit, request)]
    trail = unit.agency(request.uscc).trail
    repair = trail.by_id.get(request.path_id or "")
    if context.separate_duties and isinstance(repair, RepairApplied):
        must_not_repair_own(trail, repair, context.caller.person_id)
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
    DecideRepair: _decide_repair,
}
"""Commands that record more than their own fact, with what does it."""
