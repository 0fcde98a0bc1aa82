"""What an id can be chosen from instead of being typed: the agency's facts, hints and notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NotRequired, TypedDict

from starlette.requests import Request

from api.application.questions.agency.course_questions import hints_of
from api.application.questions.agency.district_questions import notices_listed
from api.application.questions.agency.trail_questions import events_of
from api.application.questions.inquiry import Answer
from api.web.forms.form_texts import choice_texts
from api.web.frame.field_names import EVENTS, VALUES
from api.web.frame.page_questions import ask
from domain.events import EVENT_TYPES
from domain.measures.around.agency_statements import ANSWERABLE
from domain.measures.around.publicity import KIND_OF
from domain.values import Bilingual, Role
from projections.answers.trail_items import EntryRow

PAGE = 500
MOST_PAGES = 10
"""Facts beyond 5,000 are not looked at for a list; what is beyond can still be named in the address (`?id=`)."""
MOST_OPTIONS = 200
"""No list on a form is longer, so that the page stays light: the newest."""
HINTS, NOTICES = "hints", "notices"
"""Lists of what follows from facts and is no fact itself."""
Fact = EntryRow
"""A fact of the trail, as far as the visitor may read it."""


class Followed(TypedDict):
    """A hint or a notice, as far as forms read it: the one has a `day` and `events`, the other `due_on` and `cause`."""

    id: str
    agency: AgencyPart
    kind: NotRequired[str]
    text: str
    text_en: str
    day: NotRequired[str]
    events: NotRequired[list[str]]
    due_on: NotRequired[str]
    cause: NotRequired[str]


class AgencyPart(TypedDict):
    """An agency by its code and name."""

    uscc: str
    name: str | None


class Option(NamedTuple):
    """One thing to choose."""

    value: str
    text: str
    text_en: str


class ListedChoice(NamedTuple):
    """Facts of one kind, as long as none of the others names them."""

    opened: tuple[str, ...]
    by: str = ""
    closed: tuple[str, ...] = ()


_LISTS = {
    "requests": ListedChoice(("SubmissionRequested",), "request_id", ("SubmissionReceived",)),
    "projects": ListedChoice(("ProjectStarted",)),
    "open projects": ListedChoice(("ProjectStarted",), "project_id", ("ProjectCompleted", "ProjectCancelled")),
    "referrals": ListedChoice(("BadRecordEntered",), "bad_record_id", ("BadRecordReferred",)),
    "complaints": ListedChoice(
        ("ComplaintReceived",), "complaint_id", ("ComplaintUpheld", "ComplaintDismissed", "ComplaintMerged")
    ),
    "all complaints": ListedChoice(("ComplaintReceived",)),
    "reports": ListedChoice(("BehaviourReported",), "report_id", ("ReportDismissed", "BadRecordEntered")),
    "objections": ListedChoice(("ObjectionFiled",), "objection_id", ("ObjectionAnswered",)),
    "sent notices": ListedChoice(("NoticeSent",), "sent_id", ("NoticeAcknowledged",)),
    "repairs": ListedChoice(("RepairApplied",), "repair_id", ("RepairGranted", "RepairRefused")),
    "published": ListedChoice(tuple(kind.__name__ for kind in KIND_OF)),
}
_DETAILS: dict[str, Callable[[dict[str, Any]], Bilingual | None]] = {
    "NoticeSent": lambda fact: VALUES["kind"].get(fact["kind"]),
    "ProjectStarted": lambda fact: _same(" · ".join(filter(None, (fact["client"]["name"], fact["contract_no"])))),
    "SubmissionRequested": lambda fact: _same(fact["title"]),
    "ComplaintReceived": lambda fact: choice_texts("receive-complaint", "grounds")[fact["grounds"]],
    "BehaviourReported": lambda fact: choice_texts("report-behaviour", "behaviour")[fact["behaviour"]],
    "BadRecordEntered": lambda fact: choice_texts("enter-bad-record", "behaviour")[fact["behaviour"]],
    "LapseRecorded": lambda fact: choice_texts("record-lapse", "item")[str(fact["item"])],
    "HonourAwarded": lambda fact: _same(fact["reason"]),
    "EffectScored": lambda fact: _same(f"{fact['year']} · {fact['client']['name']} · {fact['value']}"),
    "SurveySubmitted": lambda fact: _same(f"{fact['year']} · {fact['client']['name']}"),
    "SurveyInvited": lambda fact: _same(f"{fact['year']} · {fact['client']['name']}"),
}


async def trail(request: Request, uscc: str, kind: str = "") -> list[Fact]:
    """The agency's facts that the visitor may read, all or those of one kind, asked once a request."""
    kept: dict[tuple[str, str], list[Fact]] = request.state.__dict__.setdefault("trails", {})
    if (uscc, kind) not in kept:
        kept[uscc, kind] = await _all(request, events_of, uscc=uscc, type=kind)
    return kept[uscc, kind]


async def waiting(request: Request, name: str, uscc: str) -> list[Followed]:
    """The agency's open hints, or its notices that are to be sent (a referral has a form of its own); asked once."""
    kept: dict[tuple[str, str], list[Followed]] = request.state.__dict__.setdefault("trails", {})
    if (uscc, name) not in kept:
        if name == HINTS:
            kept[uscc, name] = await _all(request, hints_of, uscc=uscc) if _reads_hints(request) else []
        else:
            rows = await _all(request, notices_listed)
            kept[uscc, name] = [one for one in rows if one["agency"]["uscc"] == uscc and one["kind"] != "referral"]
    return kept[uscc, name]


async def options(request: Request, name: str, uscc: str) -> list[Option]:
    """What can be chosen from a list of this name at the agency, newest first, at most MOST_OPTIONS."""
    return (await _options(request, name, uscc))[:MOST_OPTIONS]


async def _options(request: Request, name: str, uscc: str) -> list[Option]:
    if name in (HINTS, NOTICES):
        rows = [(one, one["day" if name == HINTS else "due_on"]) for one in await waiting(request, name, uscc)]
        return [Option(one["id"], f"{day} {one['text']}", f"{day} {one['text_en']}") for one, day in rows]
    facts = [one for one in await trail(request, uscc) if one["counts"]]
    if name == "annullable":
        facts = [one for one in facts if not EVENT_TYPES[f"steward.{one['type']}"].FINAL]
    elif name == "stated beside":
        facts = [one for one in facts if EVENT_TYPES[f"steward.{one['type']}"] in ANSWERABLE]
    elif name != "events":
        facts = _open(facts, _LISTS[name])
    if name == "referrals":
        facts = [one for one in facts if one["fact"]["unlawful"]]
    return [described(one) for one in reversed(facts)]


def _reads_hints(request: Request) -> bool:
    return request.state.visitor.role is Role.ASSOCIATION


def _open(facts: Iterable[Fact], wanted: ListedChoice) -> list[Fact]:
    held = list(facts)
    done = {one["fact"].get(wanted.by) for one in held if one["type"] in wanted.closed}
    return [one for one in held if one["type"] in wanted.opened and one["id"] not in done]


def described(one: Fact) -> Option:
    """A fact of the trail in one line."""
    label, label_en = EVENTS[one["type"]]
    tell = _DETAILS.get(one["type"])
    more = _of_form(one) if one.get("withheld") else None if tell is None else tell(one["fact"])
    text, text_en = ("", "") if more is None else (f"：{more[0]}", f": {more[1]}")
    return Option(one["id"], f"{one['occurred_on']} {label}{text}", f"{one['occurred_on']} {label_en}{text_en}")


def told_of_form(form: Mapping[str, Any]) -> Bilingual:
    """A form of which the rated agency is told little: its number, month and total (R39)."""
    said = "第 {number} 份（共 {of} 份），{month}，{total} 分", "form {number} of {of}, {month}, {total} points"
    return said[0].format(**form), said[1].format(**form)


def _of_form(one: Fact) -> Bilingual:
    """A survey form, or an invitation, of which the rated agency is told little (R39)."""
    if one["form"]["number"] is not None:
        return told_of_form(one["form"])
    return _same(str(one["fact"]["year"]))


async def _all(request: Request, question: Callable[..., Answer], **query: str) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        answer = await ask(request, question, limit=PAGE, cursor=cursor, **query)
        found += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    return found


def _same(text: str) -> Bilingual:
    return text, text
