"""One search for who is signed in: agencies, projects by client or contract, a record by its number.

An officer finds all, an agency its own. Nothing here is personal: names of enterprises and agencies, contracts, ids.
"""

from __future__ import annotations

import re

from api.application.questions.inquiry import Answer, Inquiry, question
from domain.events import Event, ProjectStarted
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.values import Instant
from projections.answers.inside_search import AgencyFound, InsideSearch, ProjectFound, RecordFound
from projections.rows.read.district import Filters
from projections.rows.read.published import LATEST, names_on
from projections.rows.read.searching import projects_named

MOST = 20
"""Of each kind; who wants others types more."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_PLACE = re.compile(r"(?:log:|#)(\d{1,18})", re.ASCII)


@question("/v1/search")
@implements("art.8", "art.13", "R7")
def found_inside(inquiry: Inquiry, q: str) -> Answer:
    """What is found now by fragments in any order, or by a record's id or `log:N`. Raises: Invalid."""
    words, own = q.strip(), inquiry.own_only
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(None, None)
        agencies = look_ups.agencies(basis, Filters(q=words, uscc=own), limit=MOST + 1) if words else []
        projects = _projects(reader, basis.known_at, words, own)
        listed = (
            AgencyFound(
                uscc=one.agency.uscc,
                name=one.agency.name,
                category=one.agency.category,
                filing=one.agency.filing,
                tier=one.sanction.tier,
            )
            for one in agencies[:MOST]
        )
        found = InsideSearch(
            agencies=tuple(listed),
            more_agencies=len(agencies) > MOST,
            projects=tuple(projects[:MOST]),
            more_projects=len(projects) > MOST,
            records=() if own is not None else tuple(_records(reader, words.lower())),
        )
    return Answer(found)


def _projects(reader: Reader, known_at: Instant, words: str, own: str | None) -> list[ProjectFound]:
    rows = projects_named(reader.connection, known_at, words, uscc=own, limit=MOST + 1)
    events = reader.named(one.project_id for one in rows)
    names = names_on(reader.connection, {one.uscc for one in rows}, LATEST, known_at) if rows else {}
    found = []
    for row in rows:
        project = events.get(row.project_id)
        if isinstance(project, ProjectStarted):
            found.append(
                ProjectFound(
                    agency=row.uscc,
                    agency_name=names.get(row.uscc),
                    project=project.id,
                    client=project.client.uscc,
                    client_name=project.client.name,
                    contract_no=project.contract_no,
                    service_type=project.service_type,
                    started_on=row.started_on,
                    ended_on=row.ended_on,
                )
            )
    return found


def _records(reader: Reader, words: str) -> list[RecordFound]:
    """The record of an agency with this id, or at this place of the log; its page says what the reader may read."""
    place = _PLACE.fullmatch(words)
    named = words if _ID.fullmatch(words) else None if place is None else reader.id_in_log(int(place[1]))
    found = {} if named is None else reader.named([named])
    return [_record(one) for one in found.values() if one.stream.startswith("agency/")]


def _record(event: Event) -> RecordFound:
    return RecordFound(
        agency=event.stream.removeprefix("agency/"),
        event=event.id,
        type=type(event).__name__,
        occurred_on=event.occurred_on,
        recorded_at=event.recorded_at,
    )
