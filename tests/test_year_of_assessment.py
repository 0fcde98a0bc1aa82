"""Chapter 4 decided on plain values: what may be published, and what may become of it then (art.19-20)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from domain.assessment import AssessmentRound
from domain.errors import Contradiction, Invalid, Refusal
from domain.events import YearClosed, YearPublished
from domain.measures.chapter4_appeals import Outcome, must_not_harm, week_after_revision
from domain.measures.chapter4_assessment import Candidate, moving, ranked_by_category
from domain.measures.chapter4_late_facts import is_for_the_worse, must_be_open, must_have_heard
from domain.measures.chapter4_late_facts import must_not_lie_before_the_result as must_not_lie_before
from domain.measures.chapter4_publication import YearResult, may_be_closed, may_be_published, must_be_publishable
from domain.measures.rulebook.rulebook import Rulebooks, shipped_rulebook
from domain.values import Grade, Tier

YEAR, DEADLINE = 2024, date(2025, 3, 17)
BOOKS = Rulebooks([shipped_rulebook()])
DAY, MEETING, TODAY = date(2025, 3, 10), date(2025, 3, 7), date(2025, 3, 10)
ENVELOPE: dict[str, Any] = {
    "stream": f"assessment/{YEAR}",
    "actor": "p",
    "via": "api",
    "recorded_at": "2025-03-10T01:00:00.000000Z",
}
PUBLISHED = YearPublished(
    **ENVELOPE,
    version=1,
    id="1",
    occurred_on=DAY,
    year=YEAR,
    meeting_on=MEETING,
    count=1,
    results_sha256="",
    waivers=(),
    known_at="2025-03-10T00:59:00.000000Z",
    log_index=1,
    rulebook_sha256="",
    calendar_sha256="",
    deadline=DEADLINE,
)
CLOSED = YearClosed(**ENVELOPE, version=2, id="2", occurred_on=date(2025, 4, 1), year=YEAR)
FRESH, OUT, OVER = (AssessmentRound.of(YEAR, events) for events in ((), (PUBLISHED,), (PUBLISHED, CLOSED)))
WHOLE = YearResult("A", "甲", is_graded=True, is_assessed=True, missing=(), survey_unclosed=False)


def refused(decide: Callable[[], None]) -> tuple[type[Refusal], str, str | None] | None:
    """Kind, first reading and pointer of a refusal; None for what is let by."""
    try:
        decide()
    except Refusal as refusal:
        return type(refusal), refusal.cites[-1], refusal.pointer
    return None


@pytest.mark.shows("art.19", "art.28", "R20", "R32", "R45")
@pytest.mark.parametrize(
    ("round_", "given", "expected"),
    [
        (FRESH, {}, None),
        (OUT, {}, (Contradiction, "R32", None)),
        (AssessmentRound.of(2020, ()), {}, (Invalid, "R20", None)),
        (FRESH, {"published_on": date(2025, 3, 11)}, (Invalid, "api.md", "/published_on")),
        (FRESH, {"meeting_on": date(2025, 3, 11)}, (Invalid, "api.md", "/meeting_on")),
        (FRESH, {"published_on": date(2024, 12, 31)}, (Invalid, "R32", "/published_on")),
        (FRESH, {"meeting_on": date(2024, 12, 31)}, (Invalid, "R32", "/meeting_on")),
        (FRESH, {"meeting_on": date(2025, 1, 1)}, None),
        (FRESH, {"published_on": date(2025, 3, 6), "explained": True}, (Invalid, "R32", "/meeting_on")),
        (FRESH, {"published_on": date(2025, 3, 9)}, (Invalid, "R45", "/published_on")),
        (FRESH, {"published_on": date(2025, 3, 9), "explained": True}, None),
    ],
)
def test_when_a_year_may_be_published(
    round_: AssessmentRound, given: dict[str, Any], expected: tuple[type[Refusal], str, str | None] | None
) -> None:
    """Once, for a year that is over and under the Measures, after its meeting, and dated back only with a word why."""
    asked = {"published_on": DAY, "meeting_on": MEETING, "explained": False, **given}
    given_round = (round_.year, round_.published)
    assert refused(lambda: may_be_published(*given_round, today=TODAY, rulebooks=BOOKS, **asked)) == expected


@pytest.mark.shows("art.16(8)", "art.19", "R12", "R25", "R32", "R45")
@pytest.mark.parametrize(
    ("results", "waivers", "expected"),
    [
        ([WHOLE], [], None),
        ([], [], (Contradiction, "R45", None)),
        ([WHOLE._replace(is_graded=False)], [], (Contradiction, "R45", None)),
        ([WHOLE._replace(survey_unclosed=True)], [("A", "quality")], (Contradiction, "R12", None)),
        ([WHOLE._replace(missing=("effect",))], [], (Contradiction, "R32", None)),
        ([WHOLE._replace(missing=("effect",))], [("A", "quality")], (Contradiction, "R32", None)),
        ([WHOLE._replace(missing=("effect",))], [("A", "effect")], None),
        ([WHOLE, WHOLE._replace(uscc="B", missing=("effect",), is_assessed=False)], [], None),
        ([WHOLE], [("B", "effect")], (Invalid, "R25", "/waivers/0/uscc")),
    ],
)
def test_what_stands_in_the_way_of_a_publication(
    results: list[YearResult], waivers: list[tuple[str, str]], expected: tuple[type[Refusal], str, str | None] | None
) -> None:
    """A missing part needs its own waiver, an open survey cannot be waived, who was not assessed lacks nothing."""
    assert refused(lambda: must_be_publishable(YEAR, results, waivers)) == expected


@pytest.mark.shows("R25", "R32")
def test_all_that_is_missing_is_listed() -> None:
    """Agency by agency, part by part, in both languages: the committee waives each."""
    results = [WHOLE._replace(missing=("quality", "effect")), WHOLE._replace(uscc="B", name="乙", missing=("effect",))]
    with pytest.raises(Contradiction) as refusal:
        must_be_publishable(YEAR, results, [("A", "effect")])
    assert refusal.value.more == (
        ("/waivers", "甲（A）缺服务质量（满意度调查）", "A lacks quality"),
        ("/waivers", "乙（B）缺服务效果评分", "B lacks effect"),
    )


@pytest.mark.shows("art.20", "R36")
@pytest.mark.parametrize(
    ("round_", "on", "deadlines", "appeals", "expected"),
    [
        (FRESH, date(2025, 4, 1), [], [], (Contradiction, "R36", None)),
        (OVER, date(2025, 4, 1), [], [], (Contradiction, "R36", None)),
        (OUT, date(2025, 4, 2), [], [], (Invalid, "api.md", "/closed_on")),
        (OUT, DEADLINE, [], [], (Contradiction, "R36", "/closed_on")),
        (OUT, date(2025, 3, 18), [], [], None),
        (OUT, date(2025, 3, 18), [DEADLINE, date(2025, 3, 18)], [], (Contradiction, "R36", "/closed_on")),
        (OUT, date(2025, 3, 18), [DEADLINE], ["appeal"], (Contradiction, "R36", None)),
    ],
)
def test_when_a_year_may_be_closed(
    round_: AssessmentRound,
    on: date,
    deadlines: list[date],
    appeals: list[str],
    expected: tuple[type[Refusal], str, str | None] | None,
) -> None:
    """Once, after the last day of every week to appeal, with no appeal open."""
    stands = (round_.year, round_.published, round_.closed)
    assert refused(lambda: may_be_closed(*stands, on, date(2025, 4, 1), deadlines, appeals)) == expected


@pytest.mark.shows("R36")
def test_a_revision_opens_a_closed_year_and_a_final_result_stays_final() -> None:
    """A closing after a result makes it final; what is recorded after the closing is not."""
    later = replace(CLOSED, recorded_at="2025-04-01T01:00:00.000000Z")
    round_ = AssessmentRound.of(YEAR, (PUBLISHED, later))
    assert round_.was_final(PUBLISHED.recorded_at)
    assert not round_.was_final("2025-04-02T01:00:00.000000Z")


def total(points: str | None, grade: str | None = "qualified") -> Outcome:
    return Outcome(grade, None if points is None else Fraction(points))


SAME = (total("80"), total("80"))


@pytest.mark.shows("art.20", "R34")
@pytest.mark.parametrize(
    ("published", "tiers", "years", "harm"),
    [
        (SAME, [], [], None),
        (SAME, [(Tier.WARNED, Tier.WARNED)], [(YEAR, *SAME)], None),
        ((total("80"), total("79.99")), [], [], "the published result"),
        ((total("90", "excellent"), total("95")), [], [], "the published result"),
        ((total("60", "unqualified"), total(None, None)), [], [], None),
        ((total("80"), total(None, None)), [], [], "the published result"),
        ((total(None, None), total("10", "unqualified")), [], [], None),
        (SAME, [(Tier.RECORDED, Tier.RECORDED), (Tier.RECORDED, Tier.WARNED)], [], "the sanction tier"),
        (SAME, [(Tier.WARNED, Tier.RECORDED)], [], None),
        (SAME, [], [(YEAR, *SAME), (YEAR + 1, total("80"), total("79"))], f"the points or the grade of {YEAR + 1}"),
    ],
)
def test_a_decision_never_harms_the_appellant(
    published: tuple[Outcome, Outcome],
    tiers: list[tuple[Tier, Tier]],
    years: list[tuple[int, Outcome, Outcome]],
    harm: str | None,
) -> None:
    """Neither in the published result, nor by a heavier tier on any day, nor in another year."""
    if harm is None:
        must_not_harm(published, tiers, years, replaces=False)
        return
    with pytest.raises(Contradiction) as refusal:
        must_not_harm(published, tiers, years, replaces=True)
    assert f"would worsen {harm} of the appellant" in refusal.value.text_en
    assert refusal.value.pointer == "/replace"


@pytest.mark.shows("R36")
@pytest.mark.parametrize(
    ("before", "after", "other_category", "worse"),
    [
        (*SAME, False, False),
        (*SAME, True, True),
        (total("80"), total("81"), False, False),
        (total("80"), total("79"), False, True),
        (total(None, None), total("60", "unqualified"), False, True),
        (total(None, None), total("80"), False, False),
    ],
)
def test_which_reopening_is_for_the_worse(before: Outcome, after: Outcome, other_category: bool, worse: bool) -> None:
    """Fewer points, a lower grade, 不合格 for who was not assessed, or another category."""
    assert is_for_the_worse(before, after, other_category=other_category) is worse


@pytest.mark.shows("R36")
@pytest.mark.parametrize(
    ("decide", "expected"),
    [
        (lambda: must_be_open(True, "open"), None),
        (lambda: must_be_open(False, "kept"), (Contradiction, "R36", None)),
        (lambda: must_not_lie_before(DAY, DAY), None),
        (lambda: must_not_lie_before(MEETING, DAY), (Contradiction, "R36", "/disposed_on")),
        (lambda: must_have_heard(None, MEETING, DAY), (Contradiction, "R36", "/hearing_on")),
        (lambda: must_have_heard(MEETING, MEETING, DAY), None),
        (lambda: must_have_heard(DAY, MEETING, DAY), None),
        (lambda: must_have_heard(date(2025, 3, 6), MEETING, DAY), (Invalid, "R36", "/hearing_on")),
        (lambda: must_have_heard(date(2025, 3, 11), MEETING, DAY), (Invalid, "R36", "/hearing_on")),
    ],
)
def test_what_may_become_of_a_late_fact(
    decide: Callable[[], None], expected: tuple[type[Refusal], str, str | None] | None
) -> None:
    """It is disposed of once, not before the result; to the worse only after a hearing since the fact came in."""
    assert refused(decide) == expected


@pytest.mark.shows("art.19", "R30")
def test_ranks_stand_in_their_category_and_move_only_there() -> None:
    """Equal points share a rank; a revised result moves those it passes, and nobody of another category."""
    before = [
        Candidate("A", "安全", Grade.QUALIFIED, Fraction(80)),
        Candidate("B", "安全", Grade.QUALIFIED, Fraction(80)),
        Candidate("C", "安全", Grade.QUALIFIED, Fraction(70)),
        Candidate("D", "消防", Grade.EXCELLENT, Fraction(95)),
    ]
    ranks = dict(ranked_by_category(before))
    assert ranks == {"A": 1, "B": 1, "C": 3, "D": 1}
    after = dict(ranked_by_category([*before[:2], before[2]._replace(total=Fraction(85)), before[3]]))
    assert after == {"A": 2, "B": 2, "C": 1, "D": 1}
    assert moving(ranks, after, "C") == ["A", "B"]


@pytest.mark.shows("art.20", "R41")
@pytest.mark.parametrize(
    ("running", "last"), [(None, DEADLINE), (date(2025, 3, 1), DEADLINE), (date(2025, 3, 20), date(2025, 3, 20))]
)
def test_a_week_that_runs_is_never_cut_short(running: date | None, last: date) -> None:
    """A revision opens a week of its own; where a longer one runs, that one stands."""
    assert week_after_revision(DEADLINE, running) == last
