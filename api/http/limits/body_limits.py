"""How large a request's body may be, by its route: small where little is said, and small where anybody may send it.

What a body costs before it is refused is paid by everybody who waits meanwhile, so it must not grow with what a
stranger sends: bytes, members (`api/application/parsing/strict_json.py`), and with them the errors of validation.
"""

from __future__ import annotations

from typing import NamedTuple

from api.application.parsing.strict_json import MOST_MEMBERS
from api.application.privacy.authorisation import PUBLIC, rights_of
from domain.values import Role

SMALL_BYTES = 64 * 1024
"""Room for a survey form with the longest comments, however they are escaped; an account or a token needs less."""
SMALL_MEMBERS = 1_000
_MANY = frozenset({"/v1/assessments/{year}/publication"})
"""Bodies that may name every agency: a year's waivers (R25)."""
MANY_MEMBERS = 60_000


class BodyLimits(NamedTuple):
    """What one body may have."""

    bytes: int
    members: int

    def within(self, most_bytes: int) -> int:
        """The bytes, where the service as a whole takes fewer."""
        return min(self.bytes, most_bytes)


def limits_of(method: str, path: str) -> BodyLimits:
    """The limits of a route; `bytes` as many as the setting `body_limit` gives where nothing smaller is due."""
    rights = rights_of(method, path)
    if rights is PUBLIC or rights.keys() == {Role.ADMIN}:
        return BodyLimits(SMALL_BYTES, SMALL_MEMBERS)
    return BodyLimits(2**62, MANY_MEMBERS if path in _MANY else MOST_MEMBERS)
