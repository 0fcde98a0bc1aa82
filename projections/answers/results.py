"""Published results, the appeals against them, and the later facts that touch them (R32-R36)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from domain.values import Grade
from projections.answers.comparisons import AnswerDifference
from projections.answers.scalars import (
    Day,
    En,
    EventId,
    JudgedPart,
    Moment,
    PointsText,
    Uscc,
    Version,
    Year,
    Zh,
    member,
)
from projections.answers.sheets import ScoreSheet
from projections.answers.standings import AgencyIdentity, AsOf, KnownThen, NoticeServed, RulebookUsed
from projections.answers.trail_items import EventType, RecordedEvent, SurveyFormTold, TrailEvent, TrailFlag

AppealState = Literal["awaiting_admission", "open", "upheld", "partly_upheld", "dismissed", "withdrawn"]
ImpactState = Literal["open", "reopened", "kept", "absorbed", "void"]
ImpactId = Annotated[str, member("影响的编号", "id of the impact: the result, a tilde, the later fact")]
GradeLabel = Annotated[str | None, member("等次的中文名称", "Chinese name of the grade")]


class DeadlineShown(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline as its last day, and the instant at which it has passed (R2) / 期限."""

    day: Annotated[Day, member("最后一日", "its last day")]
    instant: Annotated[Moment, member("届满时刻", "when it has passed")]


class RecordTold(RecordedEvent, frozen=True, kw_only=True):
    """What was recorded, as far as the caller may read it / 一条记录，依读者而定.

    A survey form that is told to its agency by month alone has the last members (R39).
    """

    actor_name: Annotated[str | UnsetType | None, member("记录人姓名", "who recorded it: for officers")] = UNSET
    recorded_days_later: int | UnsetType = UNSET
    flags: tuple[TrailFlag, ...] | UnsetType = UNSET
    withheld: Annotated[bool | UnsetType, member("问卷内容不具名", "a survey form that is not told by name")] = UNSET
    disclosure: Annotated[str | UnsetType, member("问卷的公开方式", "how survey forms are told")] = UNSET
    form: SurveyFormTold | UnsetType = UNSET


class ResultSheet(ScoreSheet, frozen=True, kw_only=True):
    """The sheet of a result, with the category in which it is ranked (R30) / 公布结果的打分表."""

    category: Annotated[str | UnsetType | None, member("机构类型", "its category, in its own words")] = UNSET


class WaiverReason(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is missing, and why the committee let it pass (R44) / 缺项及理由."""

    part: JudgedPart
    reason: str


class PublishedResult(msgspec.Struct, frozen=True, kw_only=True):
    """A published or revised result / 公布或修订的结果."""

    id: EventId
    year: Year
    published_on: Day
    recorded_at: Moment
    total: PointsText | None
    grade: Grade | None
    label: GradeLabel
    rank: Annotated[int | None, member("名次", "rank in its category; null when not ranked")]
    known_at: KnownThen
    log_index: Annotated[int | None, member("所依据的日志位置", "place of the log that it was worked out at")]
    basis: Annotated[tuple[EventId, ...], member("所依据的记录", "the events that it rests on")]
    rulebook_sha256: str
    calendar_sha256: str
    provisional: bool
    deadline: DeadlineShown | None
    revised: Annotated[bool, member("修订后的结果", "a revision of an earlier result")]
    replaces: Annotated[EventId | None, member("所替代的结果", "the result in whose place it stands")]
    appeal: Annotated[EventId | None, member("因哪件异议修订", "the appeal for which it was revised")]
    impact: Annotated[ImpactId | None, member("因哪项影响修订", "the impact for which it was revised")]
    difference: tuple[AnswerDifference, ...]
    sheet: ResultSheet | UnsetType = UNSET


class ResultOfYear(PublishedResult, frozen=True, kw_only=True):
    """A result with the parts that it lacks (R25, R44) / 公布的结果及其缺项."""

    waivers: tuple[WaiverReason, ...]


class AnswerUnderLaw(msgspec.Struct, frozen=True, kw_only=True):
    """One of three answers to a contested result, and what differs from the one before / 三种回答之一."""

    answer: Literal["as_published", "known_now_rules_of_then", "known_now_rules_of_now"]
    text: Zh
    text_en: En
    total: PointsText | None
    grade: Grade | None
    rulebook: RulebookUsed | None
    sheet: ResultSheet
    difference: tuple[AnswerDifference, ...]


class ResultsOfYear(msgspec.Struct, frozen=True, kw_only=True):
    """What was published for an agency in a year, its revisions, and three answers / 某年度的公布结果."""

    year: Year
    known_at: KnownThen
    as_of: AsOf
    results: tuple[ResultOfYear, ...]
    answers: tuple[AnswerUnderLaw, ...]


class AppealInFull(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal: the published sheet, today's, the difference, all that was recorded about it (R33-R35) / 一件异议."""

    id: EventId
    agency: AgencyIdentity
    status: AppealState
    year: Year
    filed_on: Day
    in_time: Annotated[bool, member("在期限之内", "filed within the time")]
    deadline: DeadlineShown | None
    result: Annotated[EventId, member("所针对的结果", "the result that it is against")]
    appellant_kind: Literal["agency", "practitioner"]
    disputed_event_ids: tuple[EventId, ...]
    known_at: KnownThen
    version: Version
    filed: TrailEvent
    proceedings: Annotated[tuple[TrailEvent, ...], member("其后的记录", "what was recorded about it since")]
    disputed: Annotated[tuple[TrailEvent, ...], member("有争议的事实", "the disputed facts and what is about them")]
    service: Annotated[
        tuple[NoticeServed, ...],
        member(
            "就该结果或有争议的事实发给机构的通知的送达情况；期限自公布起算（R41）",
            "service of notices to the agency about the result or the disputed facts; the week runs from publication",
        ),
    ]
    contested: PublishedResult
    standing: Annotated[PublishedResult, member("现行的结果", "the result that stands")]
    published_sheet: ResultSheet
    today_sheet: ResultSheet
    difference: tuple[AnswerDifference, ...]
    answers: tuple[AnswerUnderLaw, ...]
    conflict: Annotated[tuple[EventId, ...], member("须回避的理由", "why the caller may not decide it (R35)")]


class ResultBefore(msgspec.Struct, frozen=True, kw_only=True):
    """The result that stands / 现行的结果."""

    total: PointsText | None
    grade: Grade | None
    rank: int | None
    result: EventId
    sheet: ResultSheet


class ResultAfter(msgspec.Struct, frozen=True, kw_only=True):
    """The result that would be / 会有的结果."""

    total: PointsText | None
    grade: Grade | None
    sheet: ResultSheet


class RankShift(msgspec.Struct, frozen=True, kw_only=True):
    """Another agency whose rank would move / 名次会变动的机构."""

    uscc: Uscc
    name: str | None
    before: int | None
    after: int | None


class RankShifts(msgspec.Struct, frozen=True, kw_only=True):
    """The agency's rank before and after, and whose ranks move with it / 名次的变动."""

    before: int | None
    after: int | None
    moved: Annotated[int, member("另有几家变动", "how many others move", ge=0)]
    others: Annotated[tuple[RankShift, ...] | None, member("哪些机构；机构本身不能看", "null for an agency")]


class RevisionForeseen(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision would make of a result, as it would be recorded (R34, R36) / 决定会带来的结果."""

    before: ResultBefore
    after: ResultAfter
    kept: Annotated[bool, member("维持公布的结果", "what was published stands")]
    text: Zh
    text_en: En
    difference: tuple[AnswerDifference, ...]
    ranks: RankShifts


class ImpactInFull(msgspec.Struct, frozen=True, kw_only=True):
    """A later fact, the published result, and what reopening it would change (R36) / 一项影响."""

    id: ImpactId
    agency: AgencyIdentity
    status: ImpactState
    since: Day
    begun_on: Day
    year: Year | None
    result: EventId
    cause: Annotated[EventId | None, member("迟到的记录", "the later fact")]
    version: Version
    known_at: KnownThen
    recorded: RecordTold
    disposal: RecordTold | None
    contested: PublishedResult
    standing: PublishedResult
    revised: PublishedResult | None
    reopened: Annotated[RevisionForeseen | None, member("重开会怎样；已处理为空", "null once it is disposed of")]


class SupposedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that is only supposed / 假设的一条记录."""

    id: Annotated[str, member("假设的编号", "an id that is only supposed", examples=["what-if-1"])]
    type: EventType
    occurred_on: Day


class EffectAlone(msgspec.Struct, frozen=True, kw_only=True):
    """What one annulment by itself does to the total / 单独撤销一条的影响."""

    event: EventId
    total: PointsText | None
    points: PointsText | None


class DecisionSupposed(msgspec.Struct, frozen=True, kw_only=True):
    """What deciding an appeal so would change; nothing is written (R34) / 假设这样决定异议."""

    id: EventId
    agency: AgencyIdentity
    year: Year
    known_at: KnownThen
    version: Version
    not_disputed: Annotated[tuple[EventId, ...], member("不在异议之内的", "facts that the appeal does not dispute")]
    supposed: tuple[SupposedFact, ...]
    before: ResultBefore
    after: ResultAfter
    kept: Annotated[bool, member("维持公布的结果", "what was published stands")]
    text: Zh
    text_en: En
    difference: tuple[AnswerDifference, ...]
    ranks: RankShifts
    each: tuple[EffectAlone, ...]
