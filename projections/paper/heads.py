"""What a sheet on paper says at its head besides the sheet: whose paper it is, and which parts were waived and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.store.access.association import association_then
from projections.paper.cover import Heading
from projections.rows.read.published_details import waivers

PART_NAMES = {"quality": "服务质量（满意度调查）", "effect": "服务效果评分"}


@implements("R25", "R44")
def with_issuer(reader: Reader, sheet: Mapping[str, Any], heading: Heading, *, published: bool = False) -> Heading:
    """The heading with the association's name and the waived parts of the sheet, each with its reason.

    `published`: a sheet as it was frozen; what it lacks was waived by that decision. The name is the one of the basis.
    """
    named = association_then(reader.connection, sheet["known_at"])
    lacking = sheet.get("missing", ()) if published else [one["part"] for one in sheet.get("waivers", ())]
    said = waivers(reader, sheet["agency"]["uscc"], sheet["year"], lacking if sheet["assessed"] else ())
    found: Heading = {**heading, "waived": [(PART_NAMES[one.part], one.reason) for one in said]}
    if named is not None:
        found["issuer"] = named
    return found
