"""What clients were told before messages said for which enterprise: filled in where that is known (R39; 0039)."""

from __future__ import annotations

from importlib import import_module

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, update

from domain.store.access.tokens import SYSTEM_PERSON
from domain.store.db.engine import reading, writing
from domain.store.db.schema import accounts
from domain.store.db.tables.message_tables import messages
from domain.values import Role
from tests.http.test_messages import Somebody
from tests.http.world import World, new_uscc

MIGRATION = import_module("domain.store.db.migrations.versions.0039_told_for")


@pytest.mark.shows("R39", "R41")
def test_what_was_told_before_is_of_the_only_enterprise_or_of_none(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was a client of one alone, who of two, who is of an agency besides, and of whom there is no account left."""
    world = own_world
    one, first, second = new_uscc(), new_uscc(), new_uscc()
    people = [Somebody(world, Role.CLIENT, uscc).person_id for uscc in (one, first, second)]
    people.append(Somebody(world, Role.AGENCY, world.filed()).person_id)
    engine = world.service.ledger.engine
    with writing(engine, beside=True) as connection:
        connection.execute(update(accounts).where(accounts.c.uscc == second).values(person_id=people[1]))
        for number, person in enumerate([*people, SYSTEM_PERSON]):
            for kind in ("survey_invited", "corrected", "bad_record"):
                at = "2026-01-01T00:00:00.000000Z"
                row = {"id": f"{number}{kind}", "person_id": person, "kind": kind, "cause": "c", "at": at}
                connection.execute(messages.insert().values(row))
        with Operations.context(MigrationContext.configure(connection)):
            monkeypatch.setattr(MIGRATION.op, "add_column", lambda *_: None)  # it is there already
            MIGRATION.upgrade()
    with reading(engine) as connection:
        found = connection.execute(
            select(messages.c.id, messages.c.enterprise).where(messages.c.enterprise.is_not(None))
        )
        assert dict(tuple(row) for row in found) == {"0survey_invited": one, "0corrected": one}
