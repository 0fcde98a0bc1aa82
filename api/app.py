"""The service: one FastAPI application over one database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.concurrency import run_in_threadpool

from api.application.background.opening import is_demonstration
from api.application.background.readiness import Readiness, Service
from api.application.background.traces import start_traces
from api.application.bringing.book_worker import BookWorker
from api.application.delivering.courier import Courier
from api.application.questions.papers.sheets_making import SheetsMaker
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
    batch_routes,
    evidence_routes,
    log_routes,
    message_routes,
    paper_routes,
    public_routes,
    service_routes,
    tile_routes,
    trail_routes,
    workbook_routes,
    year_routes,
)
from api.routes.command_routes import command_router
from api.settings import Settings
from api.starting import start, stop
from api.web.agency import (
    agency_page,
    compare_pages,
    evidence_pages,
    file_pages,
    pledge_pages,
    replay_pages,
    sheet_pages,
    trail_pages,
)
from api.web.books import book_pages
from api.web.committee import appeal_pages, impact_pages, reading_pages, year_pages
from api.web.district import board, hint_pages, list_pages, matter_pages, people_pages, receipt_pages
from api.web.forms import form_pages, record_pages
from api.web.frame.page_problems import in_its_kind, in_its_kind_for
from api.web.grid import batch_pages, grid_pages
from api.web.people import (
    account_pages,
    administration,
    calendar_pages,
    consultation_pages,
    factor_pages,
    invitation_pages,
    mail_pages,
    message_pages,
    oidc_pages,
    setup_pages,
    sign_in,
    target_pages,
)
from api.web.portal import acknowledging_pages, firm_pages, portal_pages, survey_pages, verify_pages
from api.web.printing.whole_lists import printing_places
from domain.store.db.fast_read import quick_reads

VERSION = "1"
"""Of the interface, not of the software: who may not ask need not know what runs here."""
NO_OTHER_TRACES = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI's own would send addresses with their queries and the words of errors wherever its variables say: ours are
`traces.py`, which name nobody."""
ROUTES = (
    agency_routes,
    batch_routes,
    workbook_routes,
    evidence_routes,
    trail_routes,
    year_routes,
    paper_routes,
    log_routes,
    tile_routes,
    access_routes,
    message_routes,
    public_routes,
    service_routes,
    metrics,
    firm_pages,
    verify_pages,
    portal_pages,
    sign_in,
    board,
    hint_pages,
    list_pages,
    matter_pages,
    grid_pages,
    batch_pages,
    book_pages,
    people_pages,
    receipt_pages,
    appeal_pages,
    year_pages,
    impact_pages,
    reading_pages,
    survey_pages,
    acknowledging_pages,
    account_pages,
    setup_pages,
    administration,
    factor_pages,
    invitation_pages,
    calendar_pages,
    oidc_pages,
    pledge_pages,
    sheet_pages,
    trail_pages,
    compare_pages,
    agency_page,
    file_pages,
    evidence_pages,
    replay_pages,
    consultation_pages,
    message_pages,
    mail_pages,
    target_pages,
    record_pages,
    form_pages,
)
"""Modules whose `router` is served."""


def create_app(settings: Settings, started: Service | None = None) -> FastAPI:
    """The application. Its database is opened and, if it is new or older, made ready when it starts, unless what it
    consists of was `started` already.

    Starting raises DatabaseNewer, DatabaseHalfMigrated or DatabaseForeign for one that must not be served.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        end_traces = start_traces(settings)
        opened = await run_in_threadpool(start, settings) if started is None else started
        courier = Courier(opened.ledger, settings, opened.degraded, recorded=opened.housekeeper.recorded)
        app.state.service = service = replace(opened, wake_courier=courier.wake)
        app.state.heavy = ConcurrencyLimit(settings.heavy_at_once, settings.heavy_waiting)
        app.state.passwords = sign_in.password_places()
        app.state.books = books = BookWorker(service)
        app.state.sheets = sheets = SheetsMaker(service)
        service.housekeeper.take_up = books.take_up
        app.state.printing = printing_places()
        app.state.feed = LogFeed(service.ledger)
        reads = await quick_reads(service.ledger.engine)
        app.state.quick_standings = QuickStandings(service.ledger, reads, service.housekeeper.used, service.readings)
        app.state.readiness = Readiness(service.ledger, service.housekeeper, service.degraded)
        app.state.demonstration = await run_in_threadpool(is_demonstration, service.ledger)
        service.housekeeper.start()
        if not app.state.demonstration:
            courier.start()
        service.start_asking()
        try:
            yield
        finally:
            await app.state.feed.close()
            await reads.close()
            app.state.readiness.close()
            for close in (books.close, sheets.close, courier.stop, partial(stop, service), end_traces):
                await run_in_threadpool(close)

    app = FastAPIOffline(
        title=document.TITLE,
        version=VERSION,
        description=document.DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry=NO_OTHER_TRACES,
        swagger_ui_parameters={"docExpansion": "none", "validatorUrl": None},
    )
    for routes in (*(module.router for module in ROUTES), command_router(), year_routes.act_router()):
        app.router.routes.extend(routes.routes)
    problems.install(app, in_its_kind_for)
    document.install(app, settings.public_url)
    app.state.metrics = Metrics()
    app.add_middleware(Edge, settings=settings, metrics=app.state.metrics, in_its_kind=in_its_kind)
    if settings.trusted_proxies:
        app.add_middleware(Forwarded, trusted_hosts=settings.trusted_proxies)
    return app
