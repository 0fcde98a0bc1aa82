"""The other agencies that one agency's hints depend on, found by key: the district is not replayed (R37)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from domain.ledger.reader import Reader
from domain.measures.staff import Stay, stays
from domain.store.log.certificate_index import streams_with
from domain.trail.trail import Trail


class CrossAgency:
    """Implements `Elsewhere` for the agency of one stream, in the snapshot or transaction of a reader.

    `trail_of`: the trail of another agency's stream at the same basis, None where it was not known then.
    """

    def __init__(self, reader: Reader, stream: str, trail_of: Callable[[str], Trail | None] | None = None) -> None:
        self._reader, self._stream = reader, stream
        self._trail_of = trail_of or (lambda other: Trail(reader.events(other)))

    def stays(self, certificates: Collection[str]) -> Iterator[Stay]:
        """When these certificates were on the staff of other agencies, at the same basis (R37)."""
        for other in streams_with(self._reader.connection, certificates, besides=self._stream):
            trail = self._trail_of(other)
            if trail is not None:
                yield from (stay for stay in stays(trail) if stay.certificate in certificates)
