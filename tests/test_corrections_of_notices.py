"""When a notice that was sent has to be corrected, where no annulment is behind it (R18, R31)."""

from __future__ import annotations

from datetime import date

import pytest

from domain.events import GradeName, ResultPublished, ResultRevised
from domain.measures.notices import notices
from tests.test_measures import PATH, A, due, filed, result, uphold


@pytest.mark.shows("art.19", "R18", "R31")
@pytest.mark.parametrize(("revised", "corrected"), [("qualified", True), ("unqualified", False), (None, False)])
def test_a_sent_warning_is_corrected_when_a_revision_lifts_it(revised: GradeName | None, corrected: bool) -> None:
    """Revised to another grade, the warning was wrong; revised within unqualified, it stands. Not before its day."""
    world = filed()
    result(world, ResultPublished, "unqualified", "2024-03-15")
    basis = world.basis(A, date(2024, 3, 15))
    (notice,) = notices(basis.facts, basis.law.rulebooks)
    world.send(f"{PATH}/notices/{notice.id}/sent", {"sent_on": "2024-03-18", "channel": "公函"})
    if revised is not None:
        result(world, ResultRevised, revised, "2024-04-10")
    assert due(world, "2024-04-09") == [("unqualified", "agency", True)]
    after = [("correction", "agency", False)] if corrected else [("unqualified", "agency", True)]
    assert due(world, "2024-04-10") == after


def test_a_notice_sent_before_the_day_of_its_cause_is_not_wrong() -> None:
    """Dated earlier than the result by mistake: on the days between, nothing is due and nothing is corrected."""
    world = filed()
    result(world, ResultPublished, "unqualified", "2024-03-15")
    basis = world.basis(A, date(2024, 3, 15))
    (notice,) = notices(basis.facts, basis.law.rulebooks)
    world.send(f"{PATH}/notices/{notice.id}/sent", {"sent_on": "2024-03-01", "channel": "公函"})
    assert due(world, "2024-03-10") == []


@pytest.mark.shows("R14", "R18")
def test_corrections_of_one_agency_are_told_apart() -> None:
    """A warning and two referrals of one day: each names the notice that is corrected, of which day, and its cause."""
    world = filed()
    first, _ = uphold(world, "2024-02-01"), uphold(world, "2024-03-01")
    basis = world.basis(A, date(2024, 3, 1))
    (notice,) = notices(basis.facts, basis.law.rulebooks)
    world.send(f"{PATH}/notices/{notice.id}/sent", {"sent_on": "2024-03-04", "channel": "函"})
    wrong = [first]
    for number in ("3号", "4号"):
        record = world.send(
            f"{PATH}/bad-records",
            {"behaviour": "16.4", "content": "核查情况", "entered_on": "2024-03-02", "unlawful": True},
        )
        world.send(f"{PATH}/bad-records/{record.id}/referral", {"referred_on": "2024-03-04", "reference": number})
        wrong.append(record)
    for one in wrong:
        world.send(f"{PATH}/annulments", {"event_id": one.id, "reason": "有误", "annulled_on": "2024-04-01"})
    basis = world.basis(A, date(2024, 4, 1))
    found = [one for one in notices(basis.facts, basis.law.rulebooks) if one.kind == "correction"]
    assert {one.text for one in found} == {
        "2024-03-04 发出的“警示提醒”通知（起因于 2024-03-01）：所依据的事实已撤销，须更正",
        "2024-03-04 发出的“违法违规报送 3号”通知（起因于 2024-03-02）：所依据的事实已撤销，须更正",
        "2024-03-04 发出的“违法违规报送 4号”通知（起因于 2024-03-02）：所依据的事实已撤销，须更正",
    }
    assert len({one.text_en for one in found}) == 3
