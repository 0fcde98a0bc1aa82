"""What is kept beside the log is found right by the audit where nobody has changed it, and wrong where somebody has:
answers to acts on a whole year (art.19-20, R32), keys of addresses and programs that are told of what happens (R41).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from api.application.messages.outgoing import ADDRESS_CHECK
from api.cli.operating.auditing import audited
from domain.store.db.engine import reading, writing
from domain.store.db.schema import idempotency
from domain.store.db.tables.message_tables import contact_addresses, delivery_targets
from domain.store.keys.vault import Vault
from domain.store.messages.contact_rows import give_address, take_away_address
from domain.store.messages.target_rows import TargetAddress, add_target, delete_target, target_named
from domain.store.proof.audit_answers import answers
from domain.values import Role, instant
from tests.http.world import World, today

KEY = "published-once"


def findings(world: World) -> set[str]:
    """What the audit finds wrong with kept answers, by place."""
    with reading(world.service.ledger.engine) as connection:
        return {one.place for one in answers(connection)}


@pytest.mark.shows("art.19", "R32")
def test_a_year_published_under_a_key_is_found_right_and_a_changed_answer_is_not(own_world: World) -> None:
    """A publication is retried with its key as any command is, so its answer is kept; a forged one is seen."""
    world = own_world
    world.assessed()
    body = {"published_on": today(), "meeting_on": today()}
    sent = world.people[Role.COMMITTEE].post("/v1/assessments/2024/publication", body, Idempotency_Key=KEY)
    receipt = world.must(sent)
    assert findings(world) == set()
    for change in ({"count": 99}, {"version": 7}, {"assessment": 2023}, {"recorded_at": "2024-01-01T00:00:00.000000Z"}):
        _keep(world, receipt | change)
        assert findings(world) == {f"key {KEY}"}, change
    _keep(world, receipt)
    assert findings(world) == set()


def _keep(world: World, content: dict[str, object]) -> None:
    with writing(world.service.ledger.engine) as connection:
        here = idempotency.c.key == KEY
        assert connection.scalar(select(idempotency.c.status).where(here)) == 201
        connection.execute(update(idempotency).where(here).values(answer=msgspec.json.encode(content)))


def audit(world: World) -> set[str]:
    """What the whole audit finds, by table."""
    return {one.table for one in audited(world.service.ledger, world.service.settings, rows=False).found}


@pytest.mark.shows("R41")
def test_addresses_and_programs_have_keys_that_no_event_tells_of(own_world: World) -> None:
    """A ledger whose people are written to is not called tampered with: not while there is an address, nor after."""
    world = own_world
    world.filed()
    with writing(world.service.ledger.engine) as connection:
        for who in (world.association, world.regulator):
            give_address(connection, who.person_id, "p@example.cn", "zh", check=ADDRESS_CHECK)
        target = TargetAddress("https://example.cn/hooks", "whsec_c2VjcmV0")
        add_target(connection, "区平台", "webhook", Role.ASSOCIATION, None, target, world.association.person_id)
        assert take_away_address(connection, world.regulator.person_id)
    assert "vault" not in audit(world)
    with writing(world.service.ledger.engine) as connection:
        Vault(connection).seal("of nobody")
    assert "vault" in audit(world)


@pytest.mark.shows("R41")
@pytest.mark.parametrize("table", [contact_addresses, delivery_targets], ids=lambda one: str(one.name))
def test_a_key_that_went_without_its_row_is_seen(own_world: World, table: Any) -> None:
    """What was destroyed although the address or the program is still there."""
    world = own_world
    with writing(world.service.ledger.engine) as connection:
        give_address(connection, world.association.person_id, "p@example.cn", "zh", check=ADDRESS_CHECK)
        target = TargetAddress("https://example.cn/hooks", "whsec_c2VjcmV0")
        add_target(connection, "区平台", "webhook", Role.ASSOCIATION, None, target, world.association.person_id)
    assert "vault" not in audit(world)
    with writing(world.service.ledger.engine) as connection:
        Vault(connection).erase(connection.scalars(select(table.c.subject)).one(), instant(datetime.now(UTC)))
    assert "vault" in audit(world)


@pytest.mark.shows("R41")
def test_a_program_that_was_deleted_has_lost_its_key(own_world: World) -> None:
    """Its row stays, to name what was sent to it: no tampering. A key that went with a row that says nothing is."""
    world = own_world
    with writing(world.service.ledger.engine) as connection:
        target = TargetAddress("https://example.cn/hooks", "whsec_c2VjcmV0")
        id_ = add_target(connection, "区平台", "webhook", Role.ASSOCIATION, None, target, world.association.person_id)
        delete_target(connection, target_named(connection, id_))
    assert "vault" not in audit(world)
    with writing(world.service.ledger.engine) as connection:
        connection.execute(update(delivery_targets).values(deleted_at=None))
    assert "vault" in audit(world)
