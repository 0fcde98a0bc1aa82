"""The service: one FastAPI application over one database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.concurrency import run_in_threadpool

from api.application.assessing.survey_answers import LINK_PERSON
from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.degraded import Degraded
from api.application.background.housekeeper import Housekeeper
from api.application.background.opening import compare_with_signed, require_own_keys, require_whole, watch_writes
from api.application.background.readiness import Readiness, Service
from api.application.privacy.reading_log import ReadingLog
from api.http import metrics, problems
from api.http.documentation import document
from api.http.fast_standing import QuickStandings
from api.http.limits.rates import ConcurrencyLimit
from api.http.log_feed import LogFeed
from api.http.metrics import Metrics
from api.http.middleware import Edge
from api.http.public_address import Forwarded
from api.routes import (
    access_routes,
    agency_routes,
    log_routes,
    public_routes,
    service_routes,
    trail_routes,
    year_routes,
)
from api.routes.command_routes import command_router
from api.settings import Settings
from api.web.agency import agency_page, compare_pages, pledge_pages, replay_pages, sheet_pages, trail_pages
from api.web.committee import appeal_pages, impact_pages, reading_pages, year_pages
from api.web.district import board, list_pages, matter_pages
from api.web.forms import form_pages, record_pages
from api.web.frame.page_problems import in_its_kind
from api.web.people import (
    account_pages,
    administration,
    consultation_pages,
    factor_pages,
    invitation_pages,
    oidc_pages,
    setup_pages,
    sign_in,
)
from api.web.portal import firm_pages, portal_pages, survey_pages
from domain.ledger.ledger import Ledger
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.store.access.row_macs import ensure_seals
from domain.store.access.tokens import ensure_person
from domain.store.db.engine import Engine, open_engine, writing
from domain.store.db.fast_read import quick_reads
from domain.store.db.migrate import migrate, require_current
from domain.store.db.postgresql import end_patience, hurry_unless_it_answers
from domain.store.keys.master_key import use_keys
from domain.store.keys.vault import Vault
from domain.store.keys.wrapping import ensure_master_key
from domain.store.log.sequencer import bind_cluster
from domain.values import FOREVER, LEDGER_STREAM
from projections.rebuild.rebuild import ensure_rows
from projections.rows.write.projector import open_ledger

VERSION = "1"
"""Of the interface, not of the software: who may not ask need not know what runs here."""
SYSTEM_PERSON = "system"
"""The actor of what the software does by itself: opening the ledger."""
ROUTES = (
    agency_routes,
    trail_routes,
    year_routes,
    log_routes,
    access_routes,
    public_routes,
    service_routes,
    metrics,
    firm_pages,
    portal_pages,
    sign_in,
    board,
    list_pages,
    matter_pages,
    appeal_pages,
    year_pages,
    impact_pages,
    reading_pages,
    survey_pages,
    account_pages,
    setup_pages,
    administration,
    factor_pages,
    invitation_pages,
    oidc_pages,
    pledge_pages,
    sheet_pages,
    trail_pages,
    compare_pages,
    agency_page,
    replay_pages,
    consultation_pages,
    record_pages,
    form_pages,
)
"""Modules whose `router` is served."""
_PERSONS = {SYSTEM_PERSON: "系统 System", LINK_PERSON: "满意度调查的一次性链接 Survey link"}


def create_app(settings: Settings) -> FastAPI:
    """The application. Its database is opened and, if it is new or older, made ready when it starts.

    Starting raises DatabaseNewer, DatabaseHalfMigrated or DatabaseForeign for one that must not be served.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = service = await run_in_threadpool(start, settings)
        app.state.heavy = ConcurrencyLimit(settings.heavy_at_once, settings.heavy_waiting)
        app.state.passwords = sign_in.password_places()
        app.state.feed = LogFeed(service.ledger)
        reads = await quick_reads(service.ledger.engine)
        used = service.housekeeper.used
        app.state.quick_standings = QuickStandings(service.ledger, reads, used, service.readings)
        app.state.readiness = Readiness(service.ledger, service.housekeeper, service.degraded)
        app.state.demonstration = await run_in_threadpool(is_demonstration, service.ledger)
        service.housekeeper.start()
        try:
            yield
        finally:
            await app.state.feed.close()
            await reads.close()
            app.state.readiness.close()
            await run_in_threadpool(stop, service)

    app = FastAPIOffline(
        title=document.TITLE,
        version=VERSION,
        description=document.DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        swagger_ui_parameters={"docExpansion": "none", "validatorUrl": None},
    )
    app.router.routes.extend(agency_routes.often.routes)
    for routes in (*(module.router for module in ROUTES), command_router(), year_routes.act_router()):
        app.router.routes.extend(routes.routes)
    problems.install(app, in_its_kind)
    document.install(app, settings.public_url)
    app.state.metrics = Metrics()
    app.add_middleware(Edge, settings=settings, metrics=app.state.metrics, in_its_kind=in_its_kind)
    if settings.trusted_proxies:
        app.add_middleware(Forwarded, trusted_hosts=settings.trusted_proxies)
    return app


def start(settings: Settings) -> Service:
    """Open the database, bring it to this version, and open the ledger if it is new."""
    require_own_keys(settings)
    engine = open_engine(settings.database, answer_seconds=settings.database_seconds)
    try:
        make_ready(engine, settings)
    except BaseException:
        engine.dispose()
        raise
    notary, readings = CheckpointSigner(engine, settings), ReadingLog(engine)
    degraded = Degraded()
    watch_writes(degraded, engine)
    ledger = open_ledger(engine)
    watch_clock(ledger, settings)
    housekeeper = Housekeeper(engine, settings, notary, readings, degraded, ledger.clock_watch)
    housekeeper.read_association()
    return Service(settings, ledger, housekeeper, readings, notary, degraded)


def watch_clock(ledger: Ledger, settings: Settings) -> None:
    """Believe the clock no longer than it runs as clocks do. A demonstration has had clocks of its own."""
    if settings.clock_seconds and not is_demonstration(ledger):
        ledger.clock_watch = settings.clock_watch()


def is_demonstration(ledger: Ledger) -> bool:
    """Whether all in it is invented: said once, when it was opened."""
    with ledger.reading() as reader:
        law = reader.law(FOREVER)
    return law is not None and law.demonstration


def make_ready(engine: Engine, settings: Settings) -> None:
    """Migrate, wrap the keys of the vault, adopt the shipped law where none was adopted (R4), renew old rows.

    Any number of processes may do it at once. A ledger that does not hold what was signed before is only brought to
    this version: it answers questions and takes no writes. Raises: DatabaseRefused for one that must not be served.
    """
    use_keys(engine, settings.keys)
    require_whole(engine, settings)
    require_own_keys(settings, engine)
    migrate(engine)
    require_current(engine)  # whoever lacks a right is told so now, not by the command that needs it
    bind_cluster(engine)
    if not compare_with_signed(engine, settings):
        ensure_rows(settings.database, lambda *_: None)
        return
    ensure_master_key(engine)
    ensure_persons(engine)
    ensure_secret(engine)
    ledger = open_ledger(engine)
    opened = ledger.open(shipped_rulebook(), build_calendar(settings.holiday_overlay), actor=SYSTEM_PERSON)
    with ledger.reading() as reader:
        ledger_id = reader.events(LEDGER_STREAM)[0].id
    ensure_seals(engine, ledger_id)
    if not opened:
        ensure_rows(settings.database, lambda *_: None)


def ensure_persons(engine: Engine) -> None:
    """The two actors that are no people stand among the persons, once."""
    with writing(engine) as connection:
        for person_id, name in _PERSONS.items():
            ensure_person(connection, person_id, name)


def ensure_secret(engine: Engine) -> None:
    """The secret under which equal texts are found stands before anybody asks: questions cannot write it (R37, R46)."""
    with writing(engine) as connection:
        Vault(connection).keyed_hash("")


def stop(service: Service) -> None:
    """End what goes on behind, and close the database. One that does not answer is not waited for."""
    engine = service.ledger.engine
    hurry_unless_it_answers(engine)
    service.housekeeper.stop()
    engine.dispose()
    end_patience(engine)
