"""Somebody found by the whole name or certificate number, for who supervises (R37, R39); every search is on record."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.people_questions import people_named
from api.http.query_params import LooseText
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask
from api.web.frame.render import page
from domain.values import Bilingual

router = APIRouter(route_class=PageRoute)
PLACES: dict[str, Bilingual] = {
    "legal_representative": ("法定代表人", "Legal representative"),
    "technical_lead": ("技术负责人", "Technical lead"),
    "staff": ("备案人员", "Staff on file"),
    "quality_lead": ("项目质量控制负责人", "Quality lead of a project"),
    "technician": ("项目技术人员", "Technician of a project"),
    "practitioner": ("不良信息中的从业人员", "Practitioner in a bad record"),
    "appellant": ("提出异议的从业人员", "Practitioner who appealed"),
}


@router.get("/people")
async def people(request: Request, q: LooseText = "") -> Response:
    """Where somebody is named; without words the form, which says that a search is on record."""
    words = q.strip()
    found = await ask(request, people_named, q=words) if words else None
    return page(request, "people.html", name="people", q=words, found=found, places=PLACES)
