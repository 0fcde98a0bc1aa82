"""How the service begins and ends: its database is opened, brought to this version and made ready, and closed again.

Knows nothing of HTTP: the command line makes a ledger ready by the same steps, without loading the web service.
"""

from __future__ import annotations

from functools import partial

import structlog

from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.chores import Chores
from api.application.background.degraded import Degraded
from api.application.background.housekeeper import Housekeeper
from api.application.background.opening import (
    compare_with_signed,
    ensure_secret,
    files_of,
    is_demonstration,
    made_ready_before,
    require_own_keys,
    require_whole,
    watch_clock,
    watch_writes,
)
from api.application.background.outside_witnesses import OutsideWitnesses
from api.application.background.read_replica import replica_set
from api.application.background.readiness import Service
from api.application.delivering.signing_by_link import ensure_persons
from api.application.evidence.clearing import clear, sweep
from api.application.messages.telling import tell
from api.application.privacy.people_indexed import ensure_people_indexed
from api.application.privacy.reading_log import ReadingLog
from api.settings import Settings
from domain.ledger.ledger import Ledger
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.store.access.row_macs import ensure_seals
from domain.store.access.tokens import SYSTEM_PERSON
from domain.store.db.engine import Engine, open_engine
from domain.store.db.migrate import bring_to_this_version
from domain.store.db.postgresql import end_patience, hurry_unless_it_answers
from domain.store.keys.master_key import use_keys
from domain.store.keys.wrapping import ensure_master_key
from domain.store.log.sequencer import bind_cluster
from domain.values import LEDGER_STREAM
from projections.rebuild.rebuild import ensure_rows
from projections.rows.write.hint_rows import bring_up
from projections.rows.write.projector import open_ledger

log = structlog.get_logger("steward")
HINT_ROUNDS = 5
"""Of agencies whose hints are worked out ahead, between one sealing and the next."""


def start(settings: Settings, *, prepared: bool = False) -> Service:
    """Open the database, bring it to this version, and open the ledger if it is new.

    `prepared`: whoever started this process has just done so, and looked at the whole file.
    """
    require_own_keys(settings)
    engine = open_engine(settings.database, answer_seconds=settings.database_seconds)
    try:
        ledger = made_ready_before(engine, settings) if prepared else make_ready(engine, settings)
    except BaseException:
        engine.dispose()
        raise
    notary, readings, degraded = CheckpointSigner(engine, settings), ReadingLog(engine), Degraded()
    watch_writes(degraded, engine)
    ledger.own_rows_only = True
    watch_clock(ledger, settings)
    leaves = not is_demonstration(ledger)
    files = files_of(ledger, settings)
    housekeeper = Housekeeper(
        engine,
        settings,
        notary,
        readings,
        degraded,
        ledger.clock_watch,
        Chores(
            partial(bring_up, ledger, HINT_ROUNDS),
            partial(clear, engine, files),
            partial(sweep, engine, files),
            partial(tell, ledger, mails=leaves and bool(settings.smtp_host), hooks=leaves, quiet=settings.quiet),
        ),
    )
    housekeeper.read_association()
    witnesses = OutsideWitnesses(engine, settings, degraded)
    replica = replica_set(engine, settings, degraded)
    return Service(settings, ledger, housekeeper, readings, notary, files, witnesses, degraded, replica=replica)


def make_ready(engine: Engine, settings: Settings) -> Ledger:
    """Migrate, wrap the keys of the vault, adopt the shipped law where none was adopted (R4), renew old rows; the
    ledger.

    Any number of processes may do it at once. A ledger that does not hold what was signed before is only brought to
    this version: it answers questions and takes no writes. Raises: DatabaseRefused for one that must not be served.
    """
    use_keys(engine, settings.keys)
    require_whole(engine, settings)
    require_own_keys(settings, engine)
    bring_to_this_version(engine)
    bind_cluster(engine)
    if not compare_with_signed(engine, settings):
        ensure_rows(settings.database, lambda *_: None)
        return open_ledger(engine)
    ensure_master_key(engine)
    ensure_persons(engine)
    ensure_secret(engine)
    ledger = open_ledger(engine)
    opened = ledger.open(shipped_rulebook(), build_calendar(settings.holiday_overlay), actor=SYSTEM_PERSON)
    with ledger.reading() as reader:
        ledger_id = reader.events(LEDGER_STREAM)[0].id
    ensure_seals(engine, ledger_id)
    ensure_people_indexed(ledger)
    if not opened:
        ensure_rows(settings.database, lambda *_: None)
        for error in ledger.judge_successions_again(SYSTEM_PERSON):
            log.error("successions_not_judged_again", why=str(error)[:300])
    return ledger


def stop(service: Service) -> None:
    """End what goes on behind, and close the database. One that does not answer is not waited for."""
    engine = service.ledger.engine
    hurry_unless_it_answers(engine)
    service.stop_asking()
    service.housekeeper.stop()
    engine.dispose()
    end_patience(engine)
