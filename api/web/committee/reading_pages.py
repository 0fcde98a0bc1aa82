"""The readings of the Measures, the text beside each, and the association's confirmation of one or many (art.28)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated, NamedTuple
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.responses import Response

from api.application.answers.law import ReadingDecision, ReadingsPage, ReadingStanding
from api.application.questions.service.law_questions import rulebooks_adopted
from api.application.questions.service.reading_questions import readings_confirmed
from api.http.query_params import Confirmed, LooseText, RulebookId
from api.web.committee.confirmation import FilesRoute, files_refused, paper_removed, papers_of
from api.web.forms.form_filling import Refused, refused
from api.web.frame.basis_picker import keeping
from api.web.frame.form_leads import see_other
from api.web.frame.page_acts import STAY, tell
from api.web.frame.page_guard import text_of
from api.web.frame.page_questions import ask, ask_for
from api.web.frame.render import cited_by_pages, page, today
from domain.commands.confirming import ConfirmReadings, WithdrawConfirmations
from domain.folding import compared
from domain.measures.text.official_text import official_text
from domain.measures.text.paragraphs import paragraphs
from domain.values import Bilingual

router = APIRouter(route_class=FilesRoute)
HERE = "/readings"
_TEXTS = ("day", "by", "title", "uri", "sha256", "reason")
FEW = 8
"""Where a search finds no more than so many, they stand unfolded."""
UNFOLDED = "all"
_NONE_CHOSEN = ("请勾选至少一项理解", "Tick at least one reading")
_OTHER_PAPER: Bilingual = (
    "所选文件的指纹与填写的不同：请核对是不是同一份文件，或清空其中一处",
    "the chosen file has another digest than the one given: see whether it is the same paper, or clear one of both",
)
_ONE_PAPER: Bilingual = ("一次决定只依据一份文件：请移去多余的", "a decision rests on one paper: remove the others")
_ACTS: dict[str, tuple[type[BaseModel], str, str]] = {
    "confirm": (ConfirmReadings, "confirmed_on", "confirmed_by"),
    "withdraw": (WithdrawConfirmations, "withdrawn_on", "withdrawn_by"),
}
"""By the button that was pressed: what is recorded, and what its day and who decided are called."""


_FILTERS = {"no": "no", "yes": "yes"}


class Wanted(NamedTuple):
    """What is asked for: confirmed or not, of which rulebook, with which words, and whether all stands unfolded."""

    confirmed: str
    rulebook: str | None
    q: str
    unfolded: bool = False


@router.get("/readings")
async def readings(
    request: Request,
    confirmed: Confirmed = "all",
    rulebook: RulebookId = None,
    done: LooseText = "",
    tick: LooseText = "",
    q: LooseText = "",
    unfolded: Annotated[LooseText, Query(alias="open")] = "",
) -> Response:
    """All readings by article, or those that wait or fit; `done`: the event with which a decision began.

    `tick`: `all` to begin with; `open`: `all` where every group shall stand unfolded.
    """
    shown = Wanted(confirmed, rulebook, q.strip(), unfolded == UNFOLDED)
    return await _shown(request, shown, done=done, all_ticked=tick == "all")


@router.post("/readings")
async def decide(request: Request) -> Response:
    """Confirm the chosen readings by one paper, or withdraw it; what is refused records nothing and keeps the form."""
    removed = paper_removed(request)
    form = request.state.form
    given = {name: text_of(form, name).strip() for name in (*_TEXTS, "key", "rulebook", "confirmed")}
    chosen = [str(one) for one in form.getlist("chosen")]
    shown = Wanted(_FILTERS.get(given["confirmed"], "all"), given["rulebook"] or None, text_of(form, "q").strip())
    act = text_of(form, "act")
    if removed or act == STAY or act not in _ACTS:
        return await _shown(request, shown, given=given, chosen=chosen)
    kind, day, by = _ACTS[act]
    papers, wrong = papers_of(form), _paper_wrong(request, given)
    if not chosen:
        wrong["chosen"] = _NONE_CHOSEN
    if wrong:
        problem = Refused(next(iter(wrong.values())), ("", ""), wrong)
        return await _shown(request, shown, given=given, chosen=chosen, problem=problem, status=422)
    sent = await tell(request, kind, _body(given, chosen, papers, day, by), key=given["key"], id=given["rulebook"])
    if sent.refused:
        places = {f"/{day}": "day", f"/{by}": "by", "/document/title": "title", "/document/uri": "uri"}
        places |= {"/document/sha256": "sha256", "/document": "document", "/reason": "reason"} | {
            f"/readings/{place}/{part}": one.partition(":")[0]
            for place, one in enumerate(chosen)
            for part in ("reading", "sha256")
        }
        problem = refused(sent.problem, places)
        return await _shown(request, shown, given=given, chosen=chosen, problem=problem, status=sent.status)
    there = keeping(request, HERE, done=sent.content["events"][0]["id"], rulebook=given["rulebook"])
    return see_other(request, there)


def _paper_wrong(request: Request, given: dict[str, str]) -> dict[str, Bilingual]:
    """What is wrong with the paper that was sent, if any was."""
    given["sha256"] = given["sha256"].lower()
    if (not_kept := files_refused(request)) is not None:
        return {"document": (not_kept["detail"], not_kept["detail_en"])}
    papers = papers_of(request.state.form)
    if len(papers) > 1:
        return {"document": _ONE_PAPER}
    if papers and given["sha256"] not in ("", papers[0]["sha256"]):
        return {"sha256": _OTHER_PAPER}
    return {}


def _body(
    given: dict[str, str], chosen: list[str], papers: list[dict[str, str | int]], day: str, by: str
) -> dict[str, object]:
    """The decision as the API takes it: each chosen reading with the digest of the words that were shown."""
    parts = [one.partition(":") for one in chosen]
    paper: dict[str, str | int] = {name: given[name] for name in ("title", "uri", "sha256") if given[name]}
    if papers:  # the title is public for ever and is typed: a file's name may name somebody
        paper = {name: value for name, value in papers[0].items() if name != "title"} | {
            name: paper[name] for name in ("title", "uri") if name in paper
        }
    body: dict[str, object] = {
        "readings": [{"reading": ref, **({"sha256": sha256} if sha256 else {})} for ref, _, sha256 in parts],
        "document": paper,
        **{name: given[field] for name, field in ((day, "day"), (by, "by")) if given[field]},
    }
    return body if day == "confirmed_on" or not given["reason"] else {**body, "reason": given["reason"]}


async def _shown(
    request: Request,
    wanted: Wanted,
    *,
    done: str = "",
    all_ticked: bool = False,
    given: dict[str, str] | None = None,
    chosen: Sequence[str] = (),
    problem: Refused | None = None,
    status: int = 200,
) -> Response:
    asked = {"confirmed": wanted.confirmed, "rulebook": wanted.rulebook, "limit": 500}
    found = await ask_for(request, ReadingsPage, readings_confirmed, **asked)
    books = (await ask(request, rulebooks_adopted, limit=500))["items"]
    items = [one for one in found.items if _fits(one, wanted.q)]
    decided = _done(found.items, done)
    if all_ticked:
        chosen = [f"{one.ref}:{one.sha256}" for one in items]
    ticked = {one.partition(":")[0] for one in chosen}
    unfolded = {ref for ref, _ in decided} | (set() if all_ticked else ticked)
    unfolded |= set(problem.at if problem else ())
    if wanted.unfolded or (wanted.q and len(items) <= FEW):
        unfolded = {one.ref for one in items}
    return page(
        request,
        "readings.html",
        name="readings",
        status=status,
        found=found,
        groups=_groups(items, unfolded, ticked),
        shown=len(items),
        confirmed=wanted.confirmed,
        rulebook=wanted.rulebook or "",
        q=wanted.q,
        books=books,
        titles={one.ref: one for one in paragraphs()},
        official=official_text,
        done=decided,
        refused=problem,
        given=given or _blank(),
        chosen=chosen,
        path=HERE,
        form=getattr(request.state, "form", None) or FormData(),
    )


def _fits(one: ReadingStanding, q: str) -> bool:
    """Whether every word stands in the reading's number, its words in either language, or the articles it is about."""
    cited = "、".join(map(cited_by_pages, one.articles))
    text = compared(" ".join((one.ref, one.note, one.note_en, *one.articles, cited)))
    return all(compared(word) in text for word in q.split())


class _Group(NamedTuple):
    """The readings that are first about one article."""

    ref: str
    readings: list[ReadingStanding]
    waiting: int
    ticked: int
    open: bool


def _groups(items: list[ReadingStanding], unfolded: set[str], ticked: set[str]) -> list[_Group]:
    """By the article that each is first about, in the order of the Measures; annex 1 last."""
    found: dict[str, list[ReadingStanding]] = {}
    for one in items:
        found.setdefault(re.sub(r"\(.*|(?<=annex1)\..*", "", one.articles[0]), []).append(one)
    return [
        _Group(
            ref,
            of,
            waiting=sum(not one.confirmed for one in of),
            ticked=sum(one.ref in ticked for one in of),
            open=any(one.ref in unfolded for one in of),
        )
        for ref, of in sorted(found.items(), key=lambda pair: (not pair[0].startswith("art."), _number(pair[0])))
    ]


def _number(ref: str) -> int:
    return int(re.sub(r"\D", "", ref) or 0)


def _done(items: Sequence[ReadingStanding], event: str) -> list[tuple[str, ReadingDecision]]:
    """What was decided together with this event, of each reading: the same paper, day and kind, recorded in one go."""
    decided = [(item.ref, one) for item in items for one in item.history]
    first = next((one for _, one in decided if one.id == event), None)
    if first is None:
        return []
    same = attrgetter("type", "on", "by", "document", "reason")
    return [(ref, one) for ref, one in decided if same(one) == same(first)]


def _blank() -> dict[str, str]:
    return {**dict.fromkeys(_TEXTS, ""), "key": str(uuid4()), "day": today().isoformat()}
