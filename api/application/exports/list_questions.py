"""The question behind each table, for who asks by the table's name."""

from __future__ import annotations

from collections.abc import Callable

from api.application.exports.table_columns import ExportTable
from api.application.questions.agency.course_questions import hints_listed, hints_of
from api.application.questions.agency.district_questions import (
    agencies_listed,
    notices_listed,
    ranking_of,
    standings_of,
)
from api.application.questions.agency.standing_questions import subjects_of
from api.application.questions.agency.trail_questions import events_of
from api.application.questions.inquiry import Answer, name_of
from api.application.questions.service.access_questions import (
    access_changes_listed,
    accounts_listed,
    consultations_listed,
    tokens_listed,
)
from api.application.questions.year.assessment_questions import assessment_of
from api.application.questions.year.conduct_questions import bad_records_of, surveys_of
from api.application.questions.year.matter_questions import matters_waiting
from api.application.questions.year.worklist_questions import (
    appeals_waiting,
    impacts_waiting,
    objections_waiting,
    reports_waiting,
    submissions_waiting,
)

_LISTS: tuple[Callable[..., Answer], ...] = (
    agencies_listed,
    standings_of,
    ranking_of,
    assessment_of,
    bad_records_of,
    surveys_of,
    notices_listed,
    hints_listed,
    hints_of,
    events_of,
    subjects_of,
    appeals_waiting,
    objections_waiting,
    reports_waiting,
    submissions_waiting,
    impacts_waiting,
    matters_waiting,
    accounts_listed,
    tokens_listed,
    consultations_listed,
    access_changes_listed,
)
_BY_PATH = {name_of(one).path: one for one in _LISTS}


def question_of(table: ExportTable) -> Callable[..., Answer]:
    """The question whose list a table is. Raises: KeyError for a public list, which no role asks for."""
    return _BY_PATH[table.path or ""]
