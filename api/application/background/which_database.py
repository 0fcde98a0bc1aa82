"""Which database answers the request at hand: the primary, or a replica that holds all that the primary holds.

Questions of one request read one database only. Nothing is said outside of requests, in commands and in previews that
decide: there it is the primary.
"""

from __future__ import annotations

from contextvars import ContextVar


class NotByReplica(Exception):
    """The replica does not answer this question, or not to its end: the primary is asked instead, from the start."""


class AskedWhere:
    """What was chosen for one request; its threads share it."""

    def __init__(self) -> None:
        self.by_replica: bool | None = None
        """None: nothing was read yet."""


_ASKED: ContextVar[AskedWhere | None] = ContextVar("steward_asked_where", default=None)


def may_ask_replica() -> None:
    """From here on the request at hand may be answered by a replica: it only asks."""
    _ASKED.set(AskedWhere())


def only_primary() -> None:
    """From here on the request at hand is answered by the primary."""
    _ASKED.set(None)


def by_primary() -> None:
    """The answer needs something that is written first (a signature, say): all of it comes from the primary.

    Raises: NotByReplica where some of it was read from a replica already.
    """
    where = _ASKED.get()
    if where is not None:
        if where.by_replica:
            raise NotByReplica
        where.by_replica = False


def asked_where() -> AskedWhere | None:
    """What the request at hand has chosen; None: the primary, in any case."""
    return _ASKED.get()
