"""Personal data in an agency's records: whose, where, and erasing it on a lawful request (events.md)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.application.questions.agency.subject_questions import subjects_of
from api.http.query_params import Cursor, LooseText
from api.web.forms.form_errors import Refused, refused
from api.web.frame.basis_picker import keeping
from api.web.frame.page_acts import tell
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_questions import ask
from api.web.frame.render import page, today
from api.web.frame.resubmission import STAY
from domain.commands.erasing import EraseSubject

router = APIRouter(route_class=PageRoute)
ROWS = 25
_FIELDS = ("erased_on", "ground", "reference")
_NOT_SURE = (
    "请勾选：已核对申请人身份，并知道删除不能撤回",
    "Tick it: the person was identified, and it cannot be undone",
)


@router.get("/agencies/{uscc}/subjects")
async def subjects(
    request: Request, uscc: str, q: LooseText = "", subject: LooseText = "", done: LooseText = "", cursor: Cursor = None
) -> Response:
    """Whose personal data is recorded; `subject`: the one to be erased, whose form is shown."""
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
        problem = refused(sent.content, {f"/{name}": name for name in _FIELDS})
        return await _shown(
            request, uscc, "", subject=given["subject"], given=given, problem=problem, status=sent.status
        )
    there = keeping(request, f"/agencies/{uscc}/subjects", done=given["subject"])
    return RedirectResponse(there, 303, {"Cache-Control": "no-store"})


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
    answer = await ask(request, subjects_of, uscc=uscc, q=q, limit=ROWS, cursor=cursor)
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
        paged=cursor is not None,
        following=None if following is None else keeping(request, here, q=q, cursor=following),
    )


def _blank() -> dict[str, Any]:
    return {"key": str(uuid4()), "erased_on": today().isoformat(), "ground": "", "reference": "", "sure": ""}
