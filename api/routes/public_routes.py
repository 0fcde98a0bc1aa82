"""Routes that everybody may read, and the survey answered by link.

What needs no token (art.9, 11, 17(3), 19): register, blacklist and published results, as lists or Atom feeds.

The one-time links of a survey invitation and of a notice: whoever holds one may see what is asked, read the notice,
and answer or acknowledge it once, without a token.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from msgspec.structs import asdict
from starlette.responses import Response

from api.application.action_context import ActionContext
from api.application.answers.pages import PublicPage
from api.application.answers.public import PublicResultsPage
from api.application.assessing.survey_answers import answer_by_link
from api.application.delivering.signing_by_link import acknowledge_by_link, letter_by_link, notice_link_told
from api.application.exports.exporting_public import exported_publicly
from api.application.privacy.authorisation import Caller
from api.application.questions.inquiry import path_year
from api.application.questions.pagination import onward, page
from api.application.questions.service.public_questions import (
    explained_page,
    firm_told,
    firms_listed,
    not_published,
    publicly,
    published_year,
    register_listed,
)
from api.application.questions.service.survey_questions import about_link
from api.application.record import NOTICE_LINK
from api.application.survey_secrets import PATH
from api.http.documentation.examples import AGENCY_USCC, command_example
from api.http.documentation.file_docs import public_paper_docs
from api.http.documentation.openapi import (
    feed_docs,
    link_docs,
    public_docs,
    public_list_docs,
    public_question_docs,
    with_files,
)
from api.http.guard import GuardedRoute
from api.http.public_address import base_of
from api.http.query_params import WORDS, CategoryFilter, Cursor, Limit, Search
from api.http.recording import action_of, created
from api.http.request import prefers
from api.http.responses import ATOM, JSON, answer, atom, file_answer, file_sent, public_answer
from api.http.table_forms import in_chinese
from domain.commands.fields import Body, Label
from domain.commands.surveys import AnswerInvitation
from domain.errors import Invalid
from domain.values import FOREVER
from projections.public.feeds import MOST_ENTRIES, Feed, agencies_feed, blacklist_feed, newest, results_feed
from projections.public.public import results_answer
from projections.rows.read.register import RegisterFilter

router = APIRouter(route_class=GuardedRoute)
OPEN = "公开"


def public_list(request: Request, content: msgspec.Struct, now: datetime) -> Response:
    """A list for everybody, as JSON."""
    return public_answer(request, msgspec.json.encode(content), JSON, now)


def public_feed(request: Request, feed: Feed, now: datetime) -> Response:
    """A feed for everybody; its links begin with the public address."""
    return public_answer(request, atom(feed, base_of(request)), ATOM, now)


def whole_as_file(request: Request, name: str, **given: str | None) -> Response | None:
    """The public list of this name as a file, where one is asked for (`?format=`, `Accept`)."""
    if request.state.form is None:
        return None
    service, chinese = request.app.state.service, in_chinese(request)
    return file_sent(request, exported_publicly(service, name, given, request.state.form, chinese=chinese))


def wants_feed(request: Request, *not_in_feed: str) -> bool:
    """Whether `Accept` asks for the feed of a list. Raises: Invalid with a page or what else feeds do not have."""
    if not prefers(request, ATOM, JSON):
        return False
    for name in ("limit", "cursor", *not_in_feed):
        if name in request.query_params:
            raise Invalid(
                f"订阅源不分页、不另筛选，不能带 {name}",
                f"a feed is not paged or narrowed so: {name} does not go with it",
                cites=("api.md",),
                remedy="请去掉该参数，或改用 Accept: application/json",
                remedy_en="Leave it out, or accept JSON.",
                pointer=f"?{name}",
            )
    return True


@router.get("/v1/public/agencies.atom", tags=[OPEN], **feed_docs("public_agencies_feed"))
def public_agencies_feed(request: Request, category: CategoryFilter = None, q: Search = None) -> Response:
    """备案服务机构订阅源（Atom）/ The agencies on file as an Atom feed, the newest 100."""
    now = datetime.now(UTC)
    with publicly(request.app.state.service, now) as public:
        feed = agencies_feed(public, category, q)
    return public_feed(request, feed, now)


@router.get("/v1/public/agencies", tags=[OPEN], **public_list_docs("public_agencies", "public_agencies_feed"))
def public_agencies(
    request: Request, category: CategoryFilter = None, q: Search = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """今天在备案中的服务机构（第九条、第十一条）/ The agencies on file today (art.9, 11)."""
    if (made := whole_as_file(request, "register", category=category, q=q)) is not None:
        return made
    if wants_feed(request):
        return public_agencies_feed(request, category, q)
    now = datetime.now(UTC)
    return public_list(request, register_listed(request.app.state.service, now, category, q, limit, cursor), now)


@router.get("/v1/public/search", tags=[OPEN], **with_files(public_question_docs("public_search")))
def public_search(
    request: Request,
    q: Annotated[
        str,
        *WORDS,
        Query(description="名称（含曾用名）或代码的片段，以空格分开，次序不限 / fragments of a name or code"),
    ],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """在名录、黑名单和考评结果中查机构 / Firms by name, former name or code (art.9, 17(3), 19)."""
    if (made := whole_as_file(request, "firms", q=q)) is not None:
        return made
    now = datetime.now(UTC)
    return public_list(request, firms_listed(request.app.state.service, now, q, limit, cursor), now)


@router.get("/v1/public/agencies/{uscc}", tags=[OPEN], **public_question_docs("public_firm", not_found=True))
def one_public_firm(request: Request, uscc: str) -> Response:
    """一家机构的公开信息：备案、黑名单、警告通报和历年结果 / One firm: filing, blacklist, warning, results."""
    now = datetime.now(UTC)
    found = firm_told(request.app.state.service, now, uscc)
    return public_answer(request, msgspec.json.encode(found), JSON, now)


@router.get("/v1/public/blacklist.atom", tags=[OPEN], **feed_docs("public_blacklist_feed"))
def public_blacklist_feed(request: Request) -> Response:
    """黑名单订阅源（Atom）/ The blacklist as an Atom feed, the newest 100."""
    now = datetime.now(UTC)
    with publicly(request.app.state.service, now) as public:
        feed = blacklist_feed(public)
    return public_feed(request, feed, now)


@router.get("/v1/public/blacklist", tags=[OPEN], **public_list_docs("public_blacklist", "public_blacklist_feed"))
def public_blacklist(request: Request, q: Search = None, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """今天列入黑名单的服务机构（第十七条第三项）/ The agencies that are blacklisted today (art.17(3))."""
    if (made := whole_as_file(request, "blacklist", q=q)) is not None:
        return made
    if wants_feed(request, "q"):
        return public_blacklist_feed(request)
    part, now = onward(cursor, limit, question=("public blacklist", q)), datetime.now(UTC)
    with publicly(request.app.state.service, now) as public:
        found = public.blacklist(RegisterFilter(limit + 1, part.after, q=q))
        items, next_cursor = part.part([one.item for one in found])
        return public_list(request, PublicPage(**public.echo(), items=tuple(items), next_cursor=next_cursor), now)


@router.get("/v1/public/results/{year}.atom", tags=[OPEN], **feed_docs("public_results_feed", not_found=True))
def public_results_feed(request: Request, year: str) -> Response:
    """年度考评结果订阅源（Atom）/ The published results of a year as an Atom feed, the newest 100."""
    number, now = path_year(year), datetime.now(UTC)
    with publicly(request.app.state.service, now) as public:
        if published_year(public, number) is None:
            raise not_published(number)
        rows = public.explained(number, newest(public.results(number), MOST_ENTRIES))
        feed = results_feed(rows, number, public.echo(), public.begun_at())
    return public_feed(request, feed, now)


@router.get(
    "/v1/public/results/{year}",
    tags=[OPEN],
    **public_list_docs("public_results", "public_results_feed", not_found=True),
)
def public_results(request: Request, year: str, q: Search = None, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """公布的年度考评结果，按类型排名（第十九条）/ The published results of a year, per category by rank (art.19)."""
    if (made := whole_as_file(request, "results", year=year, q=q)) is not None:
        return made
    if wants_feed(request, "q"):
        return public_results_feed(request, year)
    number, now = path_year(year), datetime.now(UTC)
    wanted = page(cursor, limit, question=("public results", number, q))
    with publicly(request.app.state.service, now) as public:
        rows, next_cursor = wanted.part(
            public.results(number, q=q, offset=wanted.offset, limit=wanted.limit + 1), None, FOREVER
        )
        published = published_year(public, number)
        if published is None:
            raise not_published(number)
        rows, left_out = explained_page(public, number, rows, first=not wanted.offset, q=q)
        answer = asdict(results_answer(rows, left_out, published, public.echo()))
        return public_list(request, PublicResultsPage(**answer, next_cursor=next_cursor), now)


TAG = "满意度调查链接"

_SENT = {
    "id": "0193aef1-1f0b-7a44-8d11-c5be2f7e9036",
    "type": "SurveySubmitted",
    "version": 9,
    "occurred_on": "2024-12-10",
    "recorded_at": "2024-12-10T06:12:44.902113Z",
}
_EXAMPLE = {
    "agency": AGENCY_USCC,
    "version": 9,
    "recorded_at": "2024-12-10T06:12:44.902113Z",
    "events": [_SENT],
    "ids": {"survey": _SENT["id"]},
    "similar": [],
}


@router.get(
    PATH,
    tags=[TAG],
    **public_docs("survey_link", ["not-found", "contradiction", "gone", "invalid", "internal", "busy"]),
)
def survey_link(request: Request, secret: str) -> Response:
    """调查的对象和期限 / Whom the survey is about, and until when it can be answered."""
    return answer(request, about_link(request.app.state.service, secret))


@router.post(PATH, tags=[TAG], **link_docs("answer_invitation", command_example(AnswerInvitation).body, _EXAMPLE))
def answer_invitation(request: Request, secret: str, body: AnswerInvitation) -> Response:
    """提交调查表，一次为限 / Send the form, once."""
    service = request.app.state.service
    return created(answer_by_link(service, secret, body, lambda caller: action_of(request, PATH, caller)))


NOTICE_TAG = "签收链接"
_LINK_PROBLEMS = ["not-found", "contradiction", "invalid", "internal", "busy"]
_SIGNED = {**_EXAMPLE, "events": [{**_SENT, "type": "NoticeAcknowledged"}], "ids": {"service": _SENT["id"]}}


class NoticeSigner(Body):
    """Who acknowledges the notice for the agency / 签收人."""

    signer: Label


@router.get(NOTICE_LINK, tags=[NOTICE_TAG], **public_docs("notice_link", _LINK_PROBLEMS))
def notice_link(request: Request, secret: str) -> Response:
    """待签收的通知、签收单位和期限 / The notice to acknowledge, by which agency, until when (R41)."""
    return answer(request, notice_link_told(request.app.state.service, secret))


@router.get(f"{NOTICE_LINK}/letter", tags=[NOTICE_TAG], **public_paper_docs("notice_link_letter", _LINK_PROBLEMS))
def notice_link_letter(request: Request, secret: str) -> Response:
    """待签收通知的文书，签收前先读 / The letter of the notice, to be read before it is acknowledged."""
    return file_answer(letter_by_link(request.app.state.service, secret, "pdf"))


@router.post(NOTICE_LINK, tags=[NOTICE_TAG], **link_docs("acknowledge_by_link", {"signer": "林晓工"}, _SIGNED))
def sign_notice(request: Request, secret: str, body: NoticeSigner) -> Response:
    """签收通知，一次为限，日期为当日 / Acknowledge the notice, once, as of today."""

    def action(caller: Caller) -> ActionContext:
        return action_of(request, NOTICE_LINK, caller)

    return created(acknowledge_by_link(request.app.state.service, secret, body.signer, action, "api"))
