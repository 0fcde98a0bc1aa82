"""The worklist of hints (R37, R40): grouped by cause and agency, this year's first; many dismissed for one reason."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, get_args

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.application.action_context import ActionContext
from api.application.batches.batch_lines import MOST_ROWS, BatchIn
from api.application.batches.recording_batches import record_batch
from api.application.privacy.authorisation import BATCHES, rights_of
from api.application.questions.agency.course_questions import hints_grouped, hints_listed
from api.application.questions.agency.standing_questions import standing_of
from api.application.questions.inquiry import require_right
from api.application.record import action_context
from api.http.query_params import Cursor, LooseText, LooseUscc
from api.web.district.list_pages import ordered, paged, tabs_of, worklist_printed
from api.web.district.worklist_pages import KINDS, OPEN, Item, items_of, statuses_of
from api.web.forms.form_filling import Refused, refused
from api.web.forms.matter_deeds import Deed
from api.web.frame.basis_picker import ListOrder, asked
from api.web.frame.page_acts import STAY, carried_out, valid
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_problems import PageAnswer
from api.web.frame.page_questions import Given, ask, ask_together
from api.web.frame.render import page, today
from api.web.printing.whole_lists import WholeList
from domain.events import Behaviour
from domain.measures.hints import agency_of_hint
from domain.values import Bilingual, new_id
from projections.answers.districts import HintGroup

router = APIRouter(route_class=PageRoute)
HERE, DISMISSING = "/todo/hints", "/v1/hints/{id}/dismissal"
ROWS, GROUPS, AT_ONCE = 50, 12, 500
_FILTERS = ("status", "behaviour", "uscc", "rule", "year", "q")
RULES: dict[str, Bilingual] = {
    "late_change": ("变更报送逾期", "changes reported late"),
    "secrets_leaked": ("调查反映泄露秘密", "surveys say that secrets were leaked"),
    "visits_missed": ("调查反映到场次数不足", "surveys say that visits were too few"),
    "service_unclear": ("调查反映不清楚服务内容", "surveys say that the service is unclear"),
    "shared_certificate": ("证书同时登记在另一家同类机构", "certificates on the staff of two agencies"),
    "weak_team": ("项目人员低于规定", "project teams below art.15(1)"),
    "outside_scope": ("服务类型超出备案范围", "services outside the filed scope"),
    "qualification_expired": ("资质到期后仍在服务", "services after a qualification expired"),
    "no_project": ("有评价而无项目", "scores without a project"),
}
"""What found them, in words."""


class Dismissal(NamedTuple):
    """What the form says: the hints that were ticked, or all that fit the filter; why; its key (it counts once)."""

    chosen: tuple[str, ...]
    reason: str
    every: bool
    key: str


@router.get("/todo/hints")
async def hints(
    request: Request,
    status: LooseText = "",
    behaviour: LooseText = "",
    uscc: LooseUscc = "",
    rule: LooseText = "",
    year: LooseText = "",
    q: LooseText = "",
    sort: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """The groups, then the hints one by one, as far as the filters go; or the whole list to print."""
    filters = _filters({"status": status, "behaviour": behaviour, "uscc": uscc, "rule": rule, "year": year, "q": q})
    sorting = ordered(request, HERE, filters, sort, order, "day")
    if whole:
        asked_for = {**asked(request).query, **filters, **sorting.query}
        named = {"rule": RULES[rule]} if filters.get("rule") and rule in RULES else {}
        return await worklist_printed(request, "hints", filters, hints_listed, asked_for, **named)
    return await _shown(request, filters, cursor, sorting)


@router.post("/todo/hints")
async def dismiss(request: Request) -> Response:
    """Ask once more about the chosen hints, then dismiss all of them or none; what is refused keeps what was typed."""
    form = request.state.form
    filters = _filters({name: text_of(form, name) for name in _FILTERS})
    ids = tuple(dict.fromkeys(str(one) for one in form.getlist("chosen")))
    reason, key = text_of(form, "reason").strip(), text_of(form, "key") or new_id()
    given = Dismissal(ids, reason, bool(text_of(form, "every")), key)
    act = text_of(form, "act")
    if act == STAY:
        return await _shown(request, filters, None, given=given)
    recording = act == "record"  # by the form that lists them: sent twice, it gets the same answer
    chosen = [] if recording else await _chosen(request, filters, given)
    problem = _lacking(len(ids if recording else chosen), given.reason)
    if problem is not None:
        return await _shown(request, filters, None, given=given, problem=problem, status=422)
    if recording:
        told = await _recorded(request, ids, given.reason, given.key)
        if not told.refused:
            return RedirectResponse(f"/batches/{told.content['batch']}", 303, {"Cache-Control": "no-store"})
        problem = refused(told.problem, {"/commands/0/body/reason": "reason"})
        return await _shown(request, filters, None, given=given, problem=problem, status=told.status)
    return page(request, "hints-confirm.html", name="hints", chosen=chosen, given=given, filters=filters, path=HERE)


def group_of_hints(group: HintGroup) -> Item:
    """Hints of one cause at an agency in a year as a row of the board, which leads to them (R37, R40)."""
    agency, year, count = group.agency, group.year, group.count
    cause, cause_en = RULES.get(group.rule, ("—", "—"))
    narrowed = {"uscc": agency.uscc, "rule": group.rule, "year": year}
    return Item(
        id="",
        uscc=agency.uscc,
        name=agency.name,
        what=(f"{cause}：{year} 年度 {count} 条", f"{cause_en}: {count} in {year}"),
        said=None,
        begun_on=str(group.first_day),
        due_on=None,
        status="open",
        ref=group.article or "R37",
        facts=(),
        deeds=(Deed(("查看", "Open"), HERE, narrowed),),
    )


def _filters(given: dict[str, str]) -> dict[str, str]:
    """What the list is narrowed by; open ones where nothing is said."""
    found = {name: value.strip() for name, value in given.items() if value.strip()}
    return {"status": KINDS["hints"].statuses[0], **found}


def _lacking(chosen: int, reason: str) -> Refused | None:
    """What has to be said before anything is asked of the ledger."""
    if not chosen:
        none: Bilingual = ("请至少勾选一条待处理的线索", "Tick at least one open hint")
        return Refused(none, ("", ""), {"chosen": none})
    if chosen > MOST_ROWS:
        many: Bilingual = (f"一次最多排除 {MOST_ROWS} 条", f"At most {MOST_ROWS} can be dismissed at a time")
        remedy: Bilingual = ("请用年度、机构或行为缩小范围", "Narrow them by year, agency or behaviour.")
        return Refused(many, remedy, {"chosen": many})
    if not reason:
        empty: Bilingual = ("请写明排除的理由", "Say why they are dismissed")
        return Refused(empty, ("", ""), {"reason": empty})
    return None


async def _chosen(request: Request, filters: dict[str, str], given: Dismissal) -> list[Given]:
    """The hints that were ticked, or all that fit the filters, one more than can be dismissed at most; open ones."""
    asked_for = {**filters, "status": "open", "limit": AT_ONCE}
    found: list[Given] = []
    if given.every:
        cursor = None
        while len(found) <= MOST_ROWS:
            answer = await ask(request, hints_listed, **asked_for, cursor=cursor)
            found, cursor = found + answer["items"], answer["next_cursor"]
            if cursor is None:
                break
        return found
    agencies = sorted({uscc for one in given.chosen if (uscc := agency_of_hint(one)) is not None})
    for place in range(0, len(agencies), ROWS):
        some = agencies[place : place + ROWS]
        answers = await ask_together(
            request, *((hints_listed, {"status": "open", "uscc": uscc, "limit": AT_ONCE}) for uscc in some)
        )
        found += [one for answer in answers for one in answer["items"]]
    return [one for one in found if one["id"] in given.chosen]


async def _recorded(request: Request, ids: Sequence[str], reason: str, key: str) -> PageAnswer:
    """Dismiss all of them or none, once for a key (`POST /v1/batches`)."""
    service, caller = request.app.state.service, request.state.visitor.caller
    dismissed = {"dismissed_on": today().isoformat(), "reason": reason}
    body = {"commands": [{"post": DISMISSING.format(id=one), "body": dismissed} for one in ids]}

    def do() -> Any:
        require_right(rights_of("POST", BATCHES), caller, None)
        require_right(rights_of("POST", DISMISSING), caller, None)
        context: ActionContext = action_context(service, caller, BATCHES, body, key, None)
        return record_batch(service, context, valid(BatchIn, body))

    return await carried_out(request, BATCHES, partial(do))


async def _shown(
    request: Request,
    filters: dict[str, str],
    cursor: str | None,
    sorting: ListOrder | None = None,
    *,
    given: Dismissal | None = None,
    problem: Refused | None = None,
    status: int = 200,
) -> Response:
    role, basis, kind = request.state.visitor.role, asked(request).query, KINDS["hints"]
    sorting = sorting or ordered(request, HERE, filters, "", "", "day")
    asked_for = {**filters, **sorting.query}
    answer = await ask(request, hints_listed, **basis, **asked_for, limit=ROWS, cursor=cursor)
    groups = []
    narrowed = {name: filters[name] for name in ("status", "behaviour", "uscc", "year") if name in filters}
    if not basis and cursor is None and not filters.keys() & {"rule", "q"}:
        groups = (await ask(request, hints_grouped, **narrowed, limit=GROUPS))["items"]
    agency = None
    if "uscc" in filters:
        agency = (await ask(request, standing_of, uscc=filters["uscc"]))["agency"]
    may = role in rights_of("POST", DISMISSING) and not basis and filters["status"] == "open"
    this_year = today().year
    return page(
        request,
        "hints.html",
        name="hints",
        status=status,
        echo=answer,
        list="hints",
        kind=kind,
        tabs=tabs_of(role),
        filters=filters,
        at={**dict.fromkeys(_FILTERS, ""), **filters},
        agency=agency,
        items=items_of("hints", answer["items"], role),
        statuses=statuses_of("hints"),
        open_ones=OPEN,
        behaviours=get_args(Behaviour),
        rules=RULES,
        years=range(this_year, this_year - 6, -1),
        groups=groups,
        may_dismiss=may,
        given=given or Dismissal((), "", False, new_id()),
        refused=problem,
        path=HERE,
        sorting=sorting,
        **paged(request, HERE, answer, cursor, asked_for),
    )
