"""What comes after what was recorded: the forms and desks that really wait, by the rows of matters and notices.

A link never leads to a form that would be refused: what needs an id is offered where that id can still be chosen.
"""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request

from api.application.privacy.authorisation import rights_of
from api.application.questions.year.matter_questions import matters_waiting
from api.web.district.worklist_pages import form_deed
from api.web.forms.form_fields import FORMS
from api.web.forms.form_lists import Fact, options
from api.web.forms.form_preview import Item
from api.web.forms.form_texts import command_text
from api.web.forms.matter_deeds import Deed, DeedMatter, deed_of
from api.web.frame.page_questions import look
from domain.values import Role

_MOST = 200
"""So many open matters of one agency are looked through."""
_NAMED = ("project_id", "complaint_id", "report_id", "bad_record_id", "request_id", "invitation_id")
_AFTER = {"FilingReturned": ("file-agency",)}
"""What follows kinds of facts whose command may also make another kind."""


async def next_deeds(
    request: Request, uscc: str, facts: list[Fact], gone: list[Fact], command: str | None
) -> list[Deed]:
    """What can be done next by the visitor. `facts`: what was recorded; `gone`: what stopped counting by it."""
    role = request.state.visitor.role
    waiting = await look(request, matters_waiting, uscc=uscc, limit=_MOST)
    matters = [] if waiting.refused else waiting.content["items"]
    found = [*_of_notices(matters, facts, gone, role), *_of_matters(matters, facts, role)]
    for name in _usual(facts[0], command):
        if role in rights_of("POST", FORMS[name].path):
            found += [one for one in [await _form(request, uscc, name, facts[0])] if one is not None]
    return list({(one.path, str(one.query)): one for one in found}.values())


def _of_notices(matters: list[DeedMatter], facts: list[Fact], gone: list[Fact], role: Role) -> Iterator[Deed]:
    """The notices that wait because of these facts: after one was sent, those of the same cause; after an annulment,
    the corrections of what was sent (R18)."""
    causes = {one["id"] for one in facts} | {one["fact"]["cause"] for one in facts if one["type"] == "NoticeSent"}
    for one in matters:
        due = one["cause"] in causes or (gone and one["kind"] == "correction")
        deed = deed_of(one, role) if one["cause"] is not None and due else None
        if deed is not None:
            said = one["title"]
            title = (f"{deed.title[0]}：{said['text']}", f"{deed.title[1]}: {said['text_en']}")
            yield deed._replace(title=title)


def _of_matters(matters: list[DeedMatter], facts: list[Fact], role: Role) -> Iterator[Deed]:
    """The matters that these facts have opened, each with the form that ends it."""
    ids = {one["id"] for one in facts}
    filings = any(one["type"] == "FilingSubmitted" for one in facts)
    for one in matters:
        opened = _id_of(one) in ids or (one["kind"] == "filing" and filings)
        if not opened or one["cause"] is not None:
            continue
        if one["kind"] == "report":
            yield from _of_report(one, facts, role)
        elif (deed := deed_of(one, role)) is not None:
            yield deed


def _of_report(matter: DeedMatter, facts: list[Fact], role: Role) -> Iterator[Deed]:
    of, id_ = {"uscc": matter["agency"]["uscc"]}, _id_of(matter)
    enter, dismiss = "/v1/agencies/{uscc}/bad-records", "/v1/agencies/{uscc}/reports/{id}/dismissal"
    behaviour = next(one["fact"]["behaviour"] for one in facts if one["id"] == id_)
    entered = ("登记为不良信息", "Enter a bad record")
    yield from form_deed(entered, enter, "enter-bad-record", role, **of, report_id=id_, behaviour=behaviour)
    yield from form_deed(("不予登记", "Dismiss"), dismiss, "dismiss-report", role, **of, id=id_)


def _id_of(matter: DeedMatter) -> str:
    return str(matter["id"]).partition(":")[2]


def _usual(fact: Fact, command: str | None) -> tuple[str, ...]:
    if command is None or not fact["counts"]:
        return ()
    return _AFTER.get(fact["type"], command_text(command).next)


async def _form(request: Request, uscc: str, name: str, fact: Fact) -> Deed | None:
    """The form of a command that usually follows; None where its id could not be chosen any more."""
    text, known = command_text(name), {one: fact["fact"][one] for one in _NAMED if fact["fact"].get(one)}
    query: Item = {"uscc": uscc}
    if text.list is not None:
        can = {one.value for one in await options(request, text.list, uscc)}
        id_ = next((one for one in (fact["id"], *known.values()) if one in can), None)
        if id_ is None:
            return None
        query["id"] = id_
    elif name in ("invite-survey", "submit-survey"):
        query["project_id"] = fact["id"] if fact["type"] == "ProjectStarted" else known.get("project_id")
    elif name == "score-effect":
        query["year"] = str(fact["fact"]["year"])
    return Deed(text.title, f"/record/{name}", query)
