"""How agencies come into a grid: by code or name, pasted, all of a category; and what their rows can be about."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.application.batches.agencies_meant import agencies_meant
from api.application.batches.batch_lines import MOST_ROWS
from api.application.questions.agency.district_questions import agencies_listed
from api.web.forms.form_lists import Option, options
from api.web.forms.form_texts import command_text
from api.web.frame.page_questions import ask
from api.web.grid.grid_matters import chooses
from api.web.grid.grid_paste import pasted_rows
from api.web.grid.grid_rows import TOO_MANY, Grid, GridRow
from domain.values import normal_uscc

MOST_WITH_CHOICES = 100
"""So many agencies at once where each is asked for the records that its row can be about."""


async def meant(request: Request, sent: Grid) -> None:
    """Know every row's agency, and what a row can be about."""
    ledger = request.app.state.service.ledger
    sent.meant(await run_in_threadpool(agencies_meant, ledger, [row.agency for row in sent.rows]))
    if chooses(sent.matter):
        usccs = dict.fromkeys(row.agency for row in sent.rows if row.is_known)
        lists = {uscc: await _choices(request, sent.matter, uscc) for uscc in list(usccs)[:MOST_WITH_CHOICES]}
        for row in sent.rows:
            row.choices = lists.get(row.agency, [])


async def _choices(request: Request, matter: str, uscc: str) -> list[Option]:
    return await options(request, str(command_text(matter).list), uscc)


async def add(request: Request, sent: Grid, agencies: list[str]) -> None:
    """A row for each agency that has none yet; one for each open record where rows are about records."""
    there = {row.agency for row in sent.rows}
    found = await run_in_threadpool(agencies_meant, request.app.state.service.ledger, agencies)
    new = [text for text in dict.fromkeys(found[one].uscc or one for one in agencies) if text not in there]
    rows = [GridRow(text) for text in new]
    if chooses(sent.matter) and len(new) <= MOST_WITH_CHOICES:
        rows = []
        for text in new:
            known = await _choices(request, sent.matter, text) if _is_code(text) else []
            rows += [GridRow(text, one.value) for one in known] or [GridRow(text)]
    if len(sent.rows) + len(rows) > MOST_ROWS:
        sent.problems.append(TOO_MANY)
        return
    sent.rows += rows
    await meant(request, sent)


def _is_code(text: str) -> bool:
    try:
        return bool(normal_uscc(text))
    except ValueError:
        return False


async def paste(request: Request, sent: Grid) -> None:
    """Make rows of what was pasted; where that is too much, it stays in its field."""
    pasted = pasted_rows(sent.matter, sent.paste)
    if pasted.unknown:
        names = "、".join(pasted.unknown)
        sent.problems.append(
            (f"不认识的列标题：{names}；请改名或删去这一列", f"headings that no column bears: {names}")
        )
        return
    if len(sent.rows) + len(pasted.rows) > MOST_ROWS:
        sent.problems.append(TOO_MANY)
        return
    sent.rows += [GridRow(one.agency, cells=dict(one.cells)) for one in pasted.rows]
    sent.paste = ""


async def on_file(request: Request, category: str) -> list[str]:
    """The agencies on file of a category, or of all, by code; one more than a batch takes where there are more."""
    found: list[str] = []
    cursor: str | None = None
    while len(found) <= MOST_ROWS:
        wanted = {"filing": "filed", "category": category, "limit": 500, "cursor": cursor}
        answer = await ask(request, agencies_listed, **wanted)
        found += [str(one["agency"]["uscc"]) for one in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    return found
