"""The worklist of hints (R37): of one agency and of the district, answered by replay."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import UNSET
from msgspec.structs import replace

from api.application.privacy.authorisation import Reach
from api.application.questions.agency.district_questions import listed, of_now
from api.application.questions.inquiry import Answer, Inquiry, path_uscc, question
from api.application.questions.pagination import page
from projections.answers.districts import HintFound
from projections.replay.hints_found import Hints
from projections.replay.standing import agency_name
from projections.rows.read.row_queries import RowQueries

CHECK = "check"
"""In place of a code: hints that suggest no behaviour but something to look at."""


@question("/v1/hints")
def hints_listed(
    inquiry: Inquiry,
    as_of: date | None = None,
    known_at: str | None = None,
    status: str = "open",
    behaviour: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The worklist of hints (R37): facts to be looked into; they never count."""
    wanted = page(cursor, limit, question=("hints", status, behaviour), as_of=as_of, at=known_at)
    with inquiry.replaying() as (questions, reader):
        basis = RowQueries(reader, questions.now).district(wanted.as_of, wanted.known_at)
        if of_now(questions, wanted):
            every = inquiry.service.remembered.hints(questions)
        else:
            found = Hints(reader, wanted.known_at)
            every = [row for one in questions.district(wanted.as_of, wanted.known_at) for row in found.of(one)]
        rows = _asked(every, status, behaviour)
        rows.sort(key=lambda row: (row.day, row.id))
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        return listed(reader, basis.echo(), part, as_of, known_at)


@question("/v1/agencies/{uscc}/hints")
def hints_of(
    inquiry: Inquiry,
    uscc: str,
    as_of: date | None = None,
    known_at: str | None = None,
    status: str = "open",
    behaviour: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The hints at one agency (R37); an agency sees nothing of others."""
    question = ("agency_hints", path_uscc(uscc), status, behaviour)
    wanted = page(cursor, limit, question=question, as_of=as_of, at=known_at)
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), wanted.as_of, wanted.known_at)
        rows = _asked(Hints(reader, wanted.known_at).of(basis), status, behaviour)
        if inquiry.reach is Reach.OWN:
            hidden = set() if inquiry.veil is None else inquiry.veil.ids  # what a form suggests names it (R39)
            rows = [replace(row, elsewhere=UNSET) for row in rows if hidden.isdisjoint(row.events)]
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        echo = {"agency": agency_name(basis), **basis.echo(basis.rulebook)}
        return listed(reader, echo, part, as_of, known_at)


def _asked(rows: Iterable[HintFound], status: str, behaviour: str | None) -> list[HintFound]:
    code = None if behaviour == CHECK else behaviour
    return [row for row in rows if status in ("all", row.status) and (behaviour is None or row.behaviour == code)]
