"""The one registry of tables that can be exported: by name, and by the question whose list each is."""

from __future__ import annotations

from api.application.exports.access_tables import ACCESS
from api.application.exports.agency_tables import AGENCIES, BLACKLIST, FIRMS, REGISTER, STANDINGS, SUBJECTS, TRAIL
from api.application.exports.table_columns import ExportTable
from api.application.exports.worklist_tables import WORKLISTS
from api.application.exports.year_tables import BAD_RECORDS, RANKING, RESULTS, SURVEYS, YEAR

TABLES: dict[str, ExportTable] = {
    one.name: one
    for one in (
        AGENCIES,
        STANDINGS,
        REGISTER,
        BLACKLIST,
        FIRMS,
        RESULTS,
        YEAR,
        RANKING,
        BAD_RECORDS,
        SURVEYS,
        TRAIL,
        SUBJECTS,
        *WORKLISTS,
        *ACCESS,
    )
}
BY_PATH: dict[str, ExportTable] = {one.path: one for one in TABLES.values() if one.path is not None}
"""By the path under which the HTTP interface has the list."""
