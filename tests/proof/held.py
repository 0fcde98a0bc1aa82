"""A ledger with something in every table that is served by nobody: to be copied, tampered with and audited."""

from __future__ import annotations

import subprocess
from pathlib import Path

from starlette.testclient import TestClient

from api.app import create_app
from api.application.messages.outgoing import ADDRESS_CHECK
from api.cli.operating.auditing import Audited, audited
from api.settings import Settings
from domain.store.db.engine import open_engine, open_migration_engine, writing
from domain.store.keys.master_key import use_keys
from domain.store.messages.contact_rows import give_address
from domain.store.messages.target_rows import TargetAddress, add_target
from domain.values import Role
from projections.rows.write.hint_rows import bring_up
from projections.rows.write.projector import open_ledger
from tests.http.desk import Desk
from tests.http.files import paper, photo, uploaded
from tests.http.world import CLIENT_PARTY, World
from tests.processes import steward
from tests.proof.tampering import Tamperer


class Held:
    """A ledger that is served by nobody, its keys and what is kept outside."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.settings = Settings(database_url=url, data_dir=folder, key_dir=folder / "keys")
        self.tamperer = Tamperer(url)

    def audit(self, *, rows: bool = True) -> Audited:
        engine = open_engine(self.url)
        use_keys(engine, self.settings.keys)
        try:
            return audited(open_ledger(engine), self.settings, rows=rows)
        finally:
            engine.dispose()

    def owner(self, statement: str) -> None:
        """Something that only who owns the tables may do."""
        engine = open_migration_engine(self.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"STEWARD_KEY_DIR": str(self.settings.keys), "PATH": "", "STEWARD_DATA_DIR": str(self.folder)}
        return steward(*arguments, "--database", self.url, env=environment)


def filled(url: str, folder: Path, *, reached: bool = True) -> tuple[str, bytes]:
    """A history with something in every table; an agency in it, and its certificate. `reached`: people have addresses,
    and a program is told (R41), which earlier versions do not know.
    """
    settings = Settings(database_url=url, data_dir=folder, key_dir=folder / "keys", seal_seconds=0.05)
    with TestClient(create_app(settings)) as client:
        world = World(client)
        Desk(world, Role.AUDITOR)
        world.must(world.people[Role.ADMIN].post("/v1/tokens", {"person": "接口", "role": "auditor"}))
        uscc = world.assessed()
        world.upheld(uscc, "2024-05-06", "2024-06-06")
        wrong = world.upheld(uscc, "2024-07-01")[0]
        world.done("AnnulEvent", uscc, event_id=wrong, annulled_on="2024-08-01")
        lapse = world.id_of("RecordLapse", uscc, occurred_on="2024-03-04")
        world.done("AwardHonour", uscc)
        world.done("EnterBadRecord", uscc, entered_on="2024-07-07")
        world.assessed()
        world.publish()
        world.done("FileAppeal", uscc, year=2024, filed_on="2025-03-12", disputed_event_ids=[lapse])
        invited = world.filed()
        world.done("StartProject", invited)
        world.done("InviteSurvey", invited, client=CLIENT_PARTY)
        body = {"item": 3, "occurred_on": "2025-03-04"}
        world.must(world.association.post(f"/v1/agencies/{uscc}/lapses", body, Idempotency_Key="once"))
        evidence = [paper(uploaded(world.association, photo()))]
        world.done("RecordLapse", uscc, occurred_on="2024-09-09", evidence=evidence)
        certificate = world.association.get(f"/v1/agencies/{uscc}/certificate", as_of="2024-12-31")
        assert certificate.status_code == 200
    engine = open_engine(url)
    use_keys(engine, settings.keys)
    if reached:
        with writing(engine) as connection:
            give_address(connection, world.association.person_id, "p@example.cn", "zh", check=ADDRESS_CHECK)
            target = TargetAddress("https://example.cn/hooks", "whsec_c2VjcmV0")
            add_target(connection, "区平台", "webhook", Role.ASSOCIATION, None, target, world.association.person_id)
    bring_up(open_ledger(engine))  # of hints that are yet to be worked out nothing is claimed, nor audited (R37)
    engine.dispose()
    return uscc, certificate.content
