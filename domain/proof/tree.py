"""Building RFC 6962 trees and proofs out of the hashes of complete subtrees, which never change once they are there.

A node `(level, place)` is the root over the leaves `[place << level, (place + 1) << level)`; level 0 are the leaves.
What a proof needs is said first (`*_ranges`, `nodes_of`), so that all of it can be looked up at once; then `fold` makes
the hash of each range.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.proof.check import EMPTY_ROOT, head_leaf, node_hash

Node = tuple[int, int]
Range = tuple[int, int]
"""Leaves from the first up to, not including, the second."""


@dataclass(frozen=True)
class TreeHead:
    """How many of a stream's events are in the log without a gap from the first, and the chain of their hashes."""

    stream: str
    count: int
    hash: bytes

    @property
    def leaf(self) -> bytes:
        """The leaf hash of this head in the tree over all heads."""
        return head_leaf(self.stream, self.count, self.hash)


def _split(size: int) -> int:
    """The largest power of two below a size of at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def nodes_of(span: Range) -> list[Node]:
    """The complete subtrees that make up a range of a tree, from left to right."""
    start, end = span
    found: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def fold(span: Range, hashes: Mapping[Node, bytes]) -> bytes:
    """The root over a range. Raises: KeyError when one of its `nodes_of` is missing."""
    nodes = nodes_of(span)
    if not nodes:
        return EMPTY_ROOT
    root = hashes[nodes[-1]]
    for node in reversed(nodes[:-1]):
        root = node_hash(hashes[node], root)
    return root


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The siblings on the way from a leaf to the root (RFC 6962, 2.1.1: PATH). Raises: ValueError out of bounds."""
    if not 0 <= index < size:
        raise ValueError(f"index {index} is not within a tree of {size} leaves")
    start, end, siblings = 0, size, list[Range]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return siblings[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """The nodes of a consistency proof (RFC 6962, 2.1.2: PROOF); none from an empty tree or to the same one.

    Raises: ValueError when the sizes are out of order.
    """
    if not 0 <= first <= second:
        raise ValueError(f"sizes {first} and {second} are out of order")
    if first in (0, second):
        return []
    start, end, found = 0, second, list[Range]()
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    if start:  # a beginning that is a complete subtree of the whole is known to who asks
        found.append((start, end))
    return found[::-1]


def needed(spans: Iterable[Range]) -> list[Node]:
    """The nodes of several ranges."""
    return [node for span in spans for node in nodes_of(span)]


def grown(before: int, leaves: Sequence[bytes], edge: Mapping[Node, bytes]) -> dict[Node, bytes]:
    """The nodes that come to a tree of a size with further leaf hashes, the leaves themselves included.

    `edge`: the `nodes_of((0, before))`, to which the new ones are joined.
    """
    made: dict[Node, bytes] = {}
    level, first, row = 0, before, list(leaves)
    while row:
        made.update(((level, first + at), one) for at, one in enumerate(row))
        if first & 1:  # its left neighbour was there before
            first, row = first - 1, [edge[level, first - 1], *row]
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        level, first = level + 1, first >> 1
    return made


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes that are all at hand."""
    return fold((0, len(leaves)), grown(0, leaves, {}))


class HeadsTree:
    """The tree over the heads of all streams, sorted by the code points of their names. It does not change.

    The next one shares nothing with it, yet is made from it: a head that moved costs the way to the root, a new stream
    all nodes anew, as the leaves after it move on.
    """

    def __init__(self, leaves: Mapping[str, bytes] | None = None) -> None:
        self._names = sorted(leaves or {})
        self._nodes = grown(0, [leaves[name] for name in self._names] if leaves else [], {})

    def __len__(self) -> int:
        return len(self._names)

    def with_leaves(self, leaves: Mapping[str, bytes]) -> HeadsTree:
        """The tree after these heads, by name, have moved or come: their leaf hashes."""
        places = {name: at for name in leaves if (at := self._place(name)) is not None}
        if len(places) < len(leaves):
            return HeadsTree({name: self._nodes[0, at] for at, name in enumerate(self._names)} | dict(leaves))
        made = HeadsTree()
        made._names, made._nodes = self._names, dict(self._nodes)
        for name, at in places.items():
            made._set(at, leaves[name])
        return made

    def root(self) -> bytes:
        """The root over all heads."""
        return fold((0, len(self._names)), self._nodes)

    def proof(self, stream: str) -> tuple[int, list[bytes]]:
        """The place of a stream's head, from 0, and the inclusion proof for it. Raises: KeyError for no stream."""
        at = self._place(stream)
        if at is None:
            raise KeyError(stream)
        return at, [fold(span, self._nodes) for span in inclusion_ranges(at, len(self._names))]

    def _place(self, stream: str) -> int | None:
        at = bisect_left(self._names, stream)
        return at if at < len(self._names) and self._names[at] == stream else None

    def _set(self, at: int, leaf: bytes) -> None:
        self._nodes[0, at] = leaf
        level = 0
        while (level + 1, at >> 1) in self._nodes:
            left = at & ~1
            level, at = level + 1, at >> 1
            self._nodes[level, at] = node_hash(self._nodes[level - 1, left], self._nodes[level - 1, left + 1])
