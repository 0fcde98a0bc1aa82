"""When a notice that was sent has to be corrected, where no annulment is behind it (R18, R31)."""

from __future__ import annotations

from datetime import date

import pytest

from domain.events import GradeName, ResultPublished, ResultRevised
from domain.measures.notices import notices
from tests.test_measures import PATH, A, due, filed, result


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
