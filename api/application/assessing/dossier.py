"""The dossier of an appeal: what the committee needs in one ZIP, made from the log alone, byte for byte (R33-R36)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar, cast

import msgspec

from api.application.assessing.appeal import Appeal
from api.application.assessing.dossier_evidence import evidence_of
from api.application.privacy.authorisation import Caller
from api.application.privacy.veiled import Veil, bytes_withheld, veil_of
from api.application.questions.inquiry import Inquiry
from api.application.questions.papers.appeal_papers import explanation
from api.application.questions.papers.decision_letters import decision_letter
from api.application.questions.papers.issuing import PlaceOfPaper, issued, sealed_file, sheet_proven
from domain.events import ResultPublished, ResultRevised
from domain.store.access.association import association_then
from domain.store.log.recorder import events_of
from domain.values import GRADE_LABELS, Grade, shanghai_date
from domain.version import software
from projections.answers.scalars import plain
from projections.compare.three_answers import result_json
from projections.paper.citing import cited, unconfirmed_note
from projections.paper.cover import CoverBasis, Described, Heading, bundle, cover, index_page
from projections.paper.heads import with_issuer
from projections.pictures.timeline_picture import timeline_svg
from projections.replay.queries import ReplayQueries

ZIP = "application/zip"
_EXPLANATION = Described(
    "papers/1-explanation.pdf", "异议说明：问题、两个答案、原因、记录和证据", "the appeal explained"
)
_PUBLISHED = Described("papers/2-sheet-published.pdf", "公布时的考评打分表（附件1 格式）", "the published sheet")
_TODAY = Described("papers/3-sheet-today.pdf", "同一日期按现在所知的打分表", "the same date's sheet as known now")
_DECISION = Described("papers/4-decision.pdf", "异议处理决定书", "the letter of the decision")
FILES = (
    Described("appeal.json", "异议、办理经过和决定", "the appeal, its proceedings and the decision"),
    Described("sheets/published.json", "公布时的考评打分表及说明", "the published sheet with its explanation"),
    Described("sheets/today.json", "同一日期按现在所知的打分表", "the same date's sheet as known now"),
    Described("difference.json", "两张表的差异及其原因", "what differs between the two, and why"),
    Described("answers.json", "对有争议结果的三种回答", "the three answers to the contested result"),
    Described(
        "trail.json",
        "有争议的事实及相关记录、通知的发出和送达，附证据出处",
        "the disputed facts and the service of notices about them, with their evidence references",
    ),
    Described("timeline.json", "状态变化的时间线", "the timeline"),
    Described("timeline.svg", "时间线图", "the timeline as a picture"),
    Described("cited.json", "所引条款、数值和理解（R 编号）", "articles cited, values and readings applied"),
)
"""Besides them `events/`: the stored bytes of each event in `trail.json`."""
_EVIDENCE = Described("evidence/", "上述记录的证据文件及其清单", "the evidence files of those facts, and their list")
_EVENTS = Described("events/", "上述记录在账本中的原始字节", "the stored bytes of those events")


def dossier(questions: ReplayQueries, found: Appeal, inquiry: Inquiry, at: PlaceOfPaper) -> bytes:
    """The ZIP at a place of the log. Sealed texts are in it as far as the caller may read them."""
    caller, veil = inquiry.caller, veil_of(found.reader, inquiry.caller)
    versions = [one.version for one in (*found.disputed(), *found.of_service())]
    content: dict[str, Any] = _told(veil, found.answer(caller))
    published, today = content.pop("published_sheet"), content.pop("today_sheet")
    answers, difference = content.pop("answers"), content.pop("difference")
    disputed = content.pop("disputed")
    told = {one["id"] for one in disputed}
    trail = [*disputed, *(_told(veil, one) for one in found.shown_service(caller) if one["id"] not in told)]
    stored, leaves = _stored(found, caller, versions, veil)
    trail = [{**one, "leaf_hash": leaves.get(one["version"])} for one in trail]
    evidence = evidence_of(found.reader, inquiry.service.files, trail)
    timeline = _told(veil, _timeline(questions, found))
    law, made_on = found.found.law, shanghai_date(found.basis.known_at)
    known = cited([*law.rulebooks, *found.basis.law.read_on(made_on)], *(one["sheet"] for one in answers))
    then = cited([*found.basis.law.rulebooks, *law.read_on(found.found.first.occurred_on)], published)
    results = [_on_picture(one) for one in found.found.events if isinstance(one, (ResultPublished, ResultRevised))]
    papers = _papers(found, inquiry, at, (published, unconfirmed_note(then)), (today, unconfirmed_note(known)))
    files = {
        **{one.path: data for one, data in papers.items()},
        "appeal.json": _json(content),
        "sheets/published.json": _json(published),
        "sheets/today.json": _json(today),
        "difference.json": _json(difference),
        "answers.json": _json(answers),
        "trail.json": _json(trail),
        "timeline.json": _json(timeline),
        "timeline.svg": timeline_svg(timeline, results=results).encode(),
        "cited.json": _json(known),
        **stored,
        **evidence,
    }
    described, bases = [*papers, *FILES, _EVIDENCE, _EVENTS], _bases(found, answers, at.log_index)
    files["README.txt"] = _cover(found, answers, described, bases, at.log_index).encode()
    demonstration = ["【演示数据，不是真实记录】"] * found.basis.law.demonstration
    files["index.html"] = index_page(*_titles(found, answers), described, bases, demonstration).encode()
    return bundle(files)


T = TypeVar("T")
Noted = tuple[dict[str, object], str]
"""A sheet, and the note on the readings that it rests on."""


def _papers(
    found: Appeal, inquiry: Inquiry, at: PlaceOfPaper, published: Noted, today: Noted
) -> dict[Described, bytes]:
    """What is to be read first, each as a PDF that can be verified."""
    from projections.paper.sheet_pdf import sheet_pdf  # typefaces load slowly, and are needed here only

    def sheet(noted: Noted, heading: Heading) -> bytes:
        content = sheet_pdf(noted[0], sheet_proven(inquiry, at, noted[0], heading))
        return sealed_file(inquiry.service, at, content)

    name = f"appeal-{found.filed.id[:8]}"
    now: Heading = {"kind": "按现在所知的打分表", "notes": [today[1]] if today[1] else []}
    papers = {
        _EXPLANATION: issued(inquiry, at, explanation(inquiry, found, at), name, "pdf").body,
        _PUBLISHED: sheet(published, _heading(found, *published)),
        _TODAY: sheet(today, with_issuer(found.reader, today[0], now)),
    }
    letter = decision_letter(inquiry, found, at)
    if letter is not None:
        papers[_DECISION] = issued(inquiry, at, letter, name, "pdf").body
    return papers


def _told(veil: Veil | None, content: T) -> T:
    """The content as the caller may read it."""
    return content if veil is None else cast(T, veil.redacted(content))


def _json(content: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=1) + b"\n"


def _timeline(questions: ReplayQueries, found: Appeal) -> dict[str, object]:
    """From the beginning of the contested year, or of what is known, to the day of the dossier."""
    first, _ = found.basis.law.rulebooks.span_of(found.filed.year)
    last = shanghai_date(found.basis.known_at)
    told: dict[str, object] = plain(questions.timeline(found.basis, first, max(last, first)))
    return told


def _heading(found: Appeal, sheet: Any, note: str) -> Heading:
    result = found.contested
    rows = [("公布日期", result.occurred_on.isoformat()), ("名次", "—" if result.rank is None else str(result.rank))]
    rows += [("异议编号", found.filed.id), ("结果编号", result.id)]
    heading: Heading = {"kind": "公布时的打分表", "rows": rows, "notes": [note] if note else []}
    return with_issuer(found.reader, sheet, heading, published=True)


def _on_picture(result: ResultPublished | ResultRevised) -> dict[str, object]:
    shown = result_json(result, (), with_sheet=False)
    label = "不参与考评" if result.grade is None else GRADE_LABELS[Grade(result.grade)]
    deadline: date | None = result.deadline
    return {
        "id": result.id,
        "year": result.year,
        "published_on": shown["published_on"],
        "deadline": None if deadline is None else deadline.isoformat(),
        "total": shown["total"],
        "label": label,
    }


def _stored(
    found: Appeal, caller: Caller, versions: Iterable[int], veil: Veil | None
) -> tuple[dict[str, bytes], dict[int, str]]:
    """The bytes of these events as they lie in the log, and their leaf hashes (RFC 6962), by version.

    The bytes of what informants recorded name who they are: the agency gets the leaf hash alone (`veiled.py`);
    of hidden survey forms nothing (R39).
    """
    wanted, stream = set(versions), found.filed.stream
    rows = [
        stored
        for stored in events_of(found.reader.connection, stream, lte=max(wanted, default=0))
        if stored.originator_version in wanted and (veil is None or stored.event_id not in veil.by_id)
    ]
    files = {
        f"events/{stored.originator_version:06d}-{stored.event_id}.json": stored.state
        for stored in rows
        if not bytes_withheld(caller, stored.topic, stored.state, veil)
    }
    return files, {stored.originator_version: stored.leaf_hash.hex() for stored in rows}


def _bases(found: Appeal, answers: list[dict[str, Any]], log_index: int) -> list[CoverBasis]:
    return [
        CoverBasis.of(one["sheet"], one["text"], one["text_en"], log_index if place else found.contested.log_index)
        for place, one in enumerate(answers)
    ]


def _titles(found: Appeal, answers: list[dict[str, Any]]) -> tuple[str, str]:
    name, year = answers[1]["sheet"]["agency"]["name"], found.filed.year
    return f"异议卷宗：{name}，{year} 年度考评结果", f"Dossier of an appeal: {name}, result of {year}"


def _cover(
    found: Appeal, answers: list[dict[str, object]], described: list[Described], bases: list[CoverBasis], log_index: int
) -> str:
    return cover(
        *_titles(found, answers),
        described,
        bases,
        [f"GET /v1/appeals/{found.filed.id}/dossier?known_at=log:{log_index}"],
        software=software(),
        issuer=association_then(found.reader.connection, found.basis.known_at),
        demonstration=found.basis.law.demonstration,
    )
