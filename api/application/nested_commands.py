"""Commands inside a command: what replaces an annulled fact, and what a what-if adds (api.md, Commands)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from api.application.commands import CommandRoute, find_command
from api.application.parsing.placeholders import resolved
from api.application.parsing.validation_texts import WrongFields
from domain.commands.base import Command
from domain.commands.fields import CommandIn
from domain.errors import Invalid, NotFound, Refusal
from domain.values import new_id, normal_uscc


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
