"""A published year against whatever is recorded afterwards: generated histories on real ledgers (R32)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from api.application.action_context import ActionContext
from api.application.assessing.publishing import publish_year
from api.application.privacy.authorisation import Caller
from domain.commands.rounds import PublishYear
from domain.commands.surveys import CloseSurvey
from domain.events import ResultPublished, SurveyClosed
from domain.ledger.ledger import Ledger
from domain.store.log.recorder import events_of
from domain.trail.trail import Trail
from domain.values import Role, agency_stream, instant
from projections.compare.publication import published
from projections.compare.three_answers import three_answers
from projections.rebuild.reproject import differences, laws_of, made_anew
from projections.replay.queries import ReplayQueries
from projections.rows.read.row_queries import RowQueries
from tests.databases import Databases
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.specification import uscc
from tests.test_properties import Sent

YEAR, CODES = 2023, [uscc(7000 + number) for number in range(4)]


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """An opened ledger of its own."""
    with new_ledger(request.param, databases) as made:
        yield made


def close_surveys(ledger: Ledger) -> None:
    """Close the year's surveys that stand open: it is not published before (R12)."""
    with ledger.reading() as reader:
        trails = {code: Trail(reader.agency_events(code)) for code in CODES}
    body = CloseSurvey.model_validate({"year": YEAR, "closed_on": "2024-03-08"})
    for code, trail in trails.items():
        if not any(one.year == YEAR for one in trail.of(SurveyClosed)):
            with ledger.writing() as unit:
                unit.record(
                    code, body, actor="p", role=Role.ASSOCIATION, via="api", event_id=f"{code}closing", new=False
                )


def publish(ledger: Ledger) -> int:
    """Publish the year, waiving what is missing; how many results."""
    close_surveys(ledger)
    with ledger.reading() as reader:
        look_ups = RowQueries(reader, instant(datetime.now(UTC)))
        rows = look_ups.ranking(look_ups.district(date(2024, 3, 11)), YEAR)
    waivers = [
        {"uscc": row.agency.uscc, "part": part, "reason": "无"} for row in rows if row.assessed for part in row.missing
    ]
    days = {"published_on": "2024-03-11", "meeting_on": "2024-03-08", "reason": "补录"}
    body = PublishYear.model_validate({**days, "waivers": waivers})
    answer, _ = publish_year(ActionContext(ledger, Caller("p", Role.COMMITTEE, None, b""), None), YEAR, body)
    return int(answer["count"])


def as_published(ledger: Ledger) -> dict[str, tuple[bytes, object]]:
    """Of each agency the stored bytes of its result, and what is answered as published."""
    found: dict[str, tuple[bytes, object]] = {}
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(datetime.now(UTC)))
        for code in CODES:
            result = published(reader, code, YEAR)
            if result is not None:
                (state,) = (
                    one.state
                    for one in events_of(reader.connection, agency_stream(code))
                    if one.topic == f"steward.{ResultPublished.__name__}"
                )
                basis = questions.basis(code, result.day)
                found[code] = state, three_answers(result, basis, questions.today)[0]
    return found


def _closes_again(sent: Sent) -> bool:
    """The survey of the year was closed for the publication, which the generated history does not know (R22)."""
    return sent.post.endswith("/survey-closings") and sent.body.get("year") == YEAR


@pytest.mark.shows("R32")
def test_what_was_published_stays_as_it_was(ledger: Ledger) -> None:
    """Late, backdated and annulled facts of generated histories change no byte of it; rows agree with the replay."""
    histories = {code: Recordable(number, 120).sent for number, code in enumerate(CODES)}
    for code, sent in histories.items():
        record(ledger, sent[: len(sent) // 2], code)
    assert publish(ledger) > 0
    before = as_published(ledger)
    for code, sent in histories.items():
        record(ledger, [one for one in sent[len(sent) // 2 :] if not _closes_again(one)], code)
    assert as_published(ledger) == before
    with ledger.reading() as reader:
        laws = laws_of(reader)
        for code in CODES:
            assert list(differences(reader, made_anew(reader, agency_stream(code), laws))) == []
