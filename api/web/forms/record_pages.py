"""The page from which everything is recorded: the agency first, then what happened, by chapter of the Measures."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby

from fastapi import APIRouter, Request
from msgspec import to_builtins
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.answers.pages import PublicPage
from api.application.privacy.authorisation import READERS, rights_of
from api.application.questions.agency.district_questions import agencies_listed
from api.application.questions.agency.standing_questions import standing_of
from api.application.questions.service.public_questions import register_listed
from api.http.query_params import Cursor, LooseText, LooseUscc
from api.web.forms.form_fields import FORMS
from api.web.forms.form_texts import command_text
from api.web.frame.form_leads import see_other
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask
from api.web.frame.render import page
from domain.errors import NotFound
from domain.values import Role
from projections.answers.registers import RegisteredAgency

router = APIRouter(route_class=PageRoute)
FOUND = 12
"""Agencies in one answer of the search."""
CHAPTERS = {
    "第二章 信息备案": "Chapter 2: filing",
    "第三章 业务管理": "Chapter 3: conduct of business",
    "第三章 不良信息与惩戒": "Chapter 3: bad records and sanctions",
    "第四章 诚信考评": "Chapter 4: assessment",
    "记录、异议与撤销": "Records, objections and annulments",
}


@router.get("/record")
async def record(request: Request, uscc: LooseUscc = "", q: LooseText = "", cursor: Cursor = None) -> Response:
    """All that the visitor may record, about the agency that was chosen."""
    role, own = request.state.visitor.role, own_agency(request)
    chosen = own or uscc
    try:
        agency = await agency_shown(request, chosen) if chosen else None
    except NotFound:
        if own:  # its account was there before its filing, which is what it can record
            return see_other(request, "/record/file-agency")
        raise
    search = None if own else await searched(request, q, cursor)
    names = [name for name, row in FORMS.items() if role in rights_of("POST", row.path)]
    groups = [
        ((tag, CHAPTERS[tag]), [(name, command_text(name).told(role)) for name in of_tag])
        for tag, of_tag in groupby(names, lambda name: FORMS[name].tag)
    ]
    return page(request, "record.html", name="record", agency=agency, groups=groups, search=search)


def own_agency(request: Request) -> str | None:
    """The agency to which the visitor is bound."""
    visitor = request.state.visitor
    return str(visitor.account.uscc) if visitor.role is Role.AGENCY else None


async def agency_shown(request: Request, uscc: str) -> dict[str, object]:
    """Code, name, filing and tier of an agency, as far as the visitor may read them. Raises: NotFound."""
    if request.state.visitor.role in READERS or own_agency(request):
        standing = await ask(request, standing_of, uscc=uscc)
        return {**standing["agency"], "tier": standing["sanction"]["tier"], "version": standing["version"]}
    found = await _on_file(request, uscc, 1)
    name = next((one.name for one in found.items if one.uscc == uscc), None)
    return {"uscc": uscc, "name": name, "filing": None, "tier": None, "version": None}


async def searched(request: Request, q: str, cursor: str | None) -> dict[str, object] | None:
    """What a search for an agency finds: all for who reads the district, those on file for enterprises."""
    words = q.strip()
    if not words and cursor is None:
        return None
    if request.state.visitor.role in READERS:
        answer = await ask(request, agencies_listed, q=words, limit=FOUND, cursor=cursor)
        items = [{**one["agency"], "tier": one["sanction"]["tier"]} for one in answer["items"]]
        return {"q": words, "items": items, "following": answer["next_cursor"]}
    on_file = await _on_file(request, words, FOUND, cursor)
    items = [{**to_builtins(one), "filing": None, "tier": None} for one in on_file.items]
    return {"q": words, "items": items, "following": on_file.next_cursor}


async def _on_file(request: Request, words: str, limit: int, cursor: str | None = None) -> PublicPage[RegisteredAgency]:
    """The agencies on file whose name or code has these words, as everybody may read them."""
    service = request.app.state.service
    return await run_in_threadpool(register_listed, service, datetime.now(UTC), None, words or None, limit, cursor)
