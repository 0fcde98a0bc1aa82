"""What the search finds for who is signed in: agencies, projects by client or contract, a record by its number."""

from __future__ import annotations

from typing import Annotated

import msgspec

from domain.values import Tier
from projections.answers.scalars import Day, EventId, Moment, Uscc, member
from projections.answers.trail_items import EventType

More = Annotated[bool, member("还有未列出的", "there are more than are listed")]


class AgencyFound(msgspec.Struct, frozen=True, kw_only=True):
    """An agency by name, former name or code / 查到的机构."""

    uscc: Uscc
    name: str | None
    category: str | None
    filing: str | None
    tier: Tier


class ProjectFound(msgspec.Struct, frozen=True, kw_only=True):
    """A project by its client's name or code, or its contract / 查到的项目."""

    agency: Uscc
    agency_name: str | None
    project: EventId
    client: Uscc
    client_name: str
    contract_no: str | None
    service_type: str | None
    started_on: Day
    ended_on: Annotated[Day | None, member("完成或取消日", "completed or cancelled; null: it runs")]


class RecordFound(msgspec.Struct, frozen=True, kw_only=True):
    """A record of an agency by its id or its log index / 按编号查到的记录."""

    agency: Uscc
    event: EventId
    type: EventType
    occurred_on: Day
    recorded_at: Moment


class InsideSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What is found now, as far as the caller may read it / 内部查询结果."""

    agencies: tuple[AgencyFound, ...]
    more_agencies: More
    projects: tuple[ProjectFound, ...]
    more_projects: More
    records: tuple[RecordFound, ...]
