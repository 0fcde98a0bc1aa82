"""Questions that replay whole histories: few at a time, the next ones wait in a short queue.

So a burst of them leaves threads and cores to who records and to who asks for a standing; and each caller has a fair
share of the places (`fair.py`).
"""

from __future__ import annotations

from api.application.privacy.authorisation import APPEAL_WHAT_IF, WHAT_IF
from api.application.privacy.callers import Caller
from api.http.limits.fair import Asker, FairPlaces
from domain.errors import Busy

HEAVY = frozenset(
    {
        ("POST", WHAT_IF),
        ("POST", APPEAL_WHAT_IF),
        ("GET", "/v1/agencies/{uscc}/timeline"),
        ("GET", "/v1/agencies/{uscc}/comparison"),
        ("GET", "/v1/agencies/{uscc}/certificate"),
        ("GET", "/v1/agencies/{uscc}/results/{year}"),
        ("GET", "/v1/appeals/{id}"),
        ("GET", "/v1/appeals/{id}/dossier"),
        ("GET", "/v1/assessments/{year}"),
        ("GET", "/v1/hints"),
        ("GET", "/v1/notices"),
    }
)
"""The routes that take part."""


class ConcurrencyLimit(FairPlaces):
    """The places of one process, shared fairly by role and by token: an agency is one, however many tokens it has.

    One caller has at most half of them, one role never all (where there are two): whoever else asks finds a free one.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        super().__init__(
            at_once,
            waiting,
            _too_many,
            of_one=max(1, at_once // 2),
            of_group=max(1, at_once - 1),
            waiting_of_one=(waiting + 3) // 4,
        )


def asker_of(caller: Caller | None, address: str) -> Asker:
    """Who is counted for a question: the enterprise, else the token or session; without any, the address."""
    if caller is None:
        return Asker("public", address)
    return Asker(caller.role, caller.uscc or caller.scope)


def _too_many() -> Busy:
    return Busy(
        "需要大量计算的查询太多",
        "too many questions that take much work wait already",
        remedy="请稍后重试",
        remedy_en="Try again in a moment.",
    )
