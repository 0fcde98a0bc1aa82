"""The audit trail of an agency as a page: who recorded what when, and what was annulled by whom and why.

One record as a page: all that was recorded, whether it counts, what followed from it, what can be done.

Personal data in an agency's records: whose, where, and erasing it on a lawful request (events.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.application.parsing.refused_bodies import ErrorPlace, ProblemBody
from api.application.questions.agency.standing_questions import subjects_of
from api.application.questions.agency.trail_questions import event_of, events_of
from api.application.questions.service.log_questions import inclusion_of
from api.http.query_params import Cursor, LooseText
from api.web.forms.form_filling import Refused, refused
from api.web.frame.basis_picker import ListOrder, asked, keeping
from api.web.frame.field_names import VIA, brief, told
from api.web.frame.form_leads import see_other
from api.web.frame.page_acts import STAY, tell
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_questions import ask, ask_counted, events_named, ids_in, look, parted
from api.web.frame.render import page, today
from api.web.printing.whole_lists import PrintedList, WholeList, asked_parts, printed, whole_link
from domain.commands.confirming import EraseSubject
from domain.measures.around.agency_statements import ANSWERABLE
from domain.measures.around.publicity import KIND_OF
from projections.fact_kinds import FACTS

router = APIRouter(route_class=PageRoute)
ROWS = 40
"""Events on one page: with texts of any length still far below 100 kB."""
KINDS = {kind.__name__: (one.zh, one.en) for kind, one in FACTS.items() if one.of_an_agency}
"""The kinds of facts that stand in an agency's trail."""
STATED_BESIDE = frozenset(kind.__name__ for kind in ANSWERABLE)
"""Beside what the agency can state its case (R38a)."""
PUBLISHED = frozenset(kind.__name__ for kind in KIND_OF)
"""Records whose publicity can be ended (R42)."""


@router.get("/agencies/{uscc}/trail")
async def trail(
    request: Request,
    uscc: str,
    type: LooseText = "",  # noqa: A002  # the query's name
    counts: LooseText = "",
    from_: Annotated[LooseText, Query(alias="from")] = "",
    to: LooseText = "",
    recorded_from: LooseText = "",
    recorded_to: LooseText = "",
    actor: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """The events that fit the filter, a page at a time; a filter that is wrong is shown with what is wrong."""
    filters = {
        "type": type,
        "counts": counts,
        "from_": from_,
        "to": to,
        "recorded_from": recorded_from,
        "recorded_to": recorded_to,
        "actor": actor,
        "order": order,
    }
    known_at = asked(request).query.get("known_at")
    query = {**filters, "known_at": known_at, "cursor": cursor, "limit": ROWS}
    found = await look(request, events_of, uscc=uscc, **query)
    wrong = found.problem if found.status == 422 and _about(found.problem, filters) else None
    if wrong is None:
        answer = await ask(request, events_of, uscc=uscc, **query) if found.refused else found.content
    else:
        unfiltered = await ask(request, events_of, uscc=uscc, known_at=known_at, limit=1)
        answer = {**unfiltered, "items": [], "next_cursor": None, "count": 0}
    annulments = [one["annulled_by"] for one in answer["items"] if one["annulled_by"]]
    here, kept = f"/agencies/{answer['agency']['uscc']}/trail", {name.rstrip("_"): one for name, one in filters.items()}
    if whole and wrong is None:
        parts = asked_parts(request, events_of, {"uscc": uscc, **filters, "known_at": known_at})
        words = {"brief": brief, "via": VIA}
        title, address = ("审计轨迹", "Audit trail"), keeping(request, here, **kept)
        return await printed(
            request, PrintedList("trail", title, address, parts, filters, answer["agency"], more=words)
        )
    following = answer["next_cursor"] and keeping(request, here, **kept, cursor=answer["next_cursor"])
    return page(
        request,
        "trail.html",
        name="trail",
        status=422 if wrong else 200,
        agency=answer["agency"],
        echo={"as_of": None, "projected": False, **answer},
        answer=answer,
        filters=kept,
        kinds=KINDS,
        via=VIA,
        wrong={} if wrong is None else _by_field(wrong),
        brief=brief,
        filtered=any(kept.values()),
        cited=await events_named(request, answer["agency"]["uscc"], annulments, known_at),
        paged=cursor is not None,
        first=keeping(request, here, **kept),
        whole=whole_link(keeping(request, here, **kept), len(answer["items"]), answer["count"]),
        following=following,
        narrowed=lambda **more: keeping(request, here, **{**kept, **more}),
        sorting=_sorting(lambda **by: keeping(request, here, **{**kept, **by}), order),
    )


def _sorting(address: Callable[..., str], order: str) -> ListOrder:
    """The heading of the recording turns the trail, by the filter `order`."""

    def turned(sort: str, order: str) -> str:
        return address(order="latest" if order else "")

    return ListOrder(turned, "recorded", "desc" if order == "latest" else "", "recorded")


def _about(problem: ProblemBody, filters: dict[str, str]) -> bool:
    """Whether what is wrong are fields of the filter: anything else is a page of its own."""
    names = {f"?{name.rstrip('_')}" for name in filters}
    return all(one["pointer"] in names for one in problem.get("errors", [])) and bool(problem.get("errors"))


def _by_field(problem: ProblemBody) -> dict[str, ErrorPlace]:
    return {one["pointer"].removeprefix("?"): one for one in problem["errors"]}


@router.get("/agencies/{uscc}/events/{event}")
async def one_event(request: Request, uscc: str, event: str) -> Response:
    """A record in full at the basis of the address (R26: every number explains itself, down to here)."""
    basis = asked(request).query
    answer = await ask(request, event_of, uscc=uscc, id=event, **basis)
    item, effects = answer["event"], answer["effects"] or {"sheets": [], "tags": [], "notices": [], "results": []}
    rows = told(item["fact"], item["id"])
    ids = [id_ for one in rows if one.kind == "events" for id_ in one.value]
    ids += [one["id"] for name in ("names", "named_by", "annuls") for one in answer[name]]
    ids += [item["annulled_by"]] if item["annulled_by"] else []
    for sheet in effects["sheets"]:
        ids += ids_in(*(one["reason"] for one in sheet["considered"]))
    ids += [tag["event"] for tag in effects["tags"]]
    code = answer["agency"]["uscc"]
    proof = await look(request, inclusion_of, event_id=event)
    return page(
        request,
        "event.html",
        name="event",
        agency=answer["agency"],
        echo=answer,
        answer=answer,
        item=item,
        rows=rows,
        effects=effects,
        via=VIA,
        proof=None if proof.refused else proof.content,
        parted=parted,
        appealed=_appealed(effects["results"], effects["sheets"]),
        answerable=STATED_BESIDE,
        published=PUBLISHED,
        cited=await events_named(request, code, [one for one in ids if one != event], basis.get("known_at")),
    )


def _appealed(results: Iterable[Mapping[str, int]], sheets: Iterable[Mapping[str, int]]) -> int | None:
    """The last year whose published result rests on the record: of whose sheet names it, else of any (art.20)."""
    years = {one["year"] for one in results}
    return max(years & {one["year"] for one in sheets} or years, default=None)


SUBJECT_ROWS = 25
_FIELDS = ("erased_on", "ground", "reference")
_NOT_SURE = (
    "请勾选：已核对申请人身份，并知道删除不能撤回",
    "Tick it: the person was identified, and it cannot be undone",
)


@router.get("/agencies/{uscc}/subjects")
async def subjects(
    request: Request,
    uscc: str,
    q: LooseText = "",
    subject: LooseText = "",
    done: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """Whose personal data is recorded; `subject`: the one to be erased, whose form is shown."""
    if whole:
        about = (await ask(request, subjects_of, uscc=uscc, limit=1))["agency"]
        address = keeping(request, f"/agencies/{about['uscc']}/subjects", q=q.strip())
        parts = asked_parts(request, subjects_of, {"uscc": uscc, "q": q.strip()})
        title = "个人信息清单", "Personal data"
        return await printed(request, PrintedList("subjects", title, address, parts, {"q": q.strip()}, about))
    return await _shown(request, uscc, q.strip(), subject=subject, done=done, cursor=cursor)


@router.post("/agencies/{uscc}/subjects")
async def erase(request: Request, uscc: str) -> Response:
    """Erase one subject: the association decides on the request."""
    form = request.state.form
    given = {name: text_of(form, name).strip() for name in (*_FIELDS, "subject", "key", "sure")}
    if text_of(form, "act") == STAY:
        return await _shown(request, uscc, "", subject=given["subject"], given=given)
    if not given["sure"]:
        problem = Refused(_NOT_SURE, ("", ""), {"sure": _NOT_SURE})
        return await _shown(request, uscc, "", subject=given["subject"], given=given, problem=problem, status=422)
    body = {name: given[name] for name in _FIELDS if given[name]}
    sent = await tell(request, EraseSubject, body, id=given["subject"], key=given["key"])
    if sent.refused:
        problem = refused(sent.problem, {f"/{name}": name for name in _FIELDS})
        return await _shown(
            request, uscc, "", subject=given["subject"], given=given, problem=problem, status=sent.status
        )
    there = keeping(request, f"/agencies/{uscc}/subjects", done=given["subject"])
    return see_other(request, there)


async def _shown(
    request: Request,
    uscc: str,
    q: str,
    *,
    subject: str = "",
    done: str = "",
    cursor: str | None = None,
    given: dict[str, str] | None = None,
    problem: Refused | None = None,
    status: int = 200,
) -> Response:
    answer, total = await ask_counted(request, subjects_of, uscc=uscc, q=q, limit=SUBJECT_ROWS, cursor=cursor)
    here = f"/agencies/{answer['agency']['uscc']}/subjects"
    following = answer["next_cursor"]
    return page(
        request,
        "subjects.html",
        name="subjects",
        status=status,
        agency=answer["agency"],
        items=answer["items"],
        echo={**answer, "as_of": None, "projected": False},
        q=q,
        subject=subject,
        done=done,
        refused=problem,
        given=given or _blank(),
        first=keeping(request, here, q=q),
        whole=whole_link(keeping(request, here, q=q), len(answer["items"]), total),
        paged=cursor is not None,
        following=None if following is None else keeping(request, here, q=q, cursor=following),
    )


def _blank() -> dict[str, object]:
    return {"key": str(uuid4()), "erased_on": today().isoformat(), "ground": "", "reference": "", "sure": ""}
