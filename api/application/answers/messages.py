"""Messages to people, as they are shown (R41)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.application.messages.told import MessageKind
from projections.answers.scalars import Article, BilingualText, Day, Moment, Year, member
from projections.answers.standings import AgencyName


class MessageShown(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the caller was told / 一条消息."""

    id: Annotated[str, member("消息编号", "the same for the same person, cause and kind")]
    kind: MessageKind
    title: BilingualText
    article: Article
    agency: Annotated[AgencyName | None, member("哪家机构；全区的为空", "null: it is the whole district's")]
    year: Year | None
    due_on: Annotated[Day | None, member("所说的最后一天", "the last day that it names")]
    path: Annotated[str, member("说的是哪一页", "the page that shows it, under the reader's own rights")]
    at: Annotated[Moment, member("何时告知", "when it was told")]
    read_at: Annotated[Moment | None, member("何时打开；未读为空", "when it was opened; null: not yet")]


class MessagesRead(msgspec.Struct, frozen=True, kw_only=True):
    """What became of marking messages / 标为已读."""

    marked: Annotated[int, member("这次标为已读的条数", "how many were not read before", ge=0)]
    unread: Annotated[int, member("还未读的条数", "how many are left", ge=0)]
