"""The log's tree as the audit grows it from the leaves alone, compared with the nodes that are stored (`audit.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import repeat

from sqlalchemy import Connection, func, select

from domain.proof.check import EMPTY_ROOT, node_hash
from domain.proof.tree import Node
from domain.store.db.schema import tree_nodes
from domain.store.proof.audit_beside import Finding

StoredNodes = dict[Node, bytes]


class GrownTree:
    """The complete subtrees over the leaves so far, the largest first."""

    def __init__(self) -> None:
        self._edge: list[bytes] = []

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root

    def grow_by(self, leaf: bytes, place: int, stored: StoredNodes) -> list[Finding]:
        """Put the leaf of a place, from 0, into the tree; compare the nodes that are complete with it."""
        level, wrong = 0, []
        while True:
            kept = stored.pop((level, place), None)
            if kept is not None and kept != leaf:
                where = f"level {level}, place {place}"
                wrong.append(Finding("tree_nodes", where, "树的节点不对", "this node is wrong"))
            if not place & 1 or not self._edge:  # beyond what was signed a gap leaves nothing to go on from
                break
            leaf, level, place = node_hash(self._edge.pop(), leaf), level + 1, place >> 1
        self._edge.append(leaf)
        return wrong

    def grow_by_all(self, leaves: Sequence[bytes], place: int, stored: StoredNodes) -> bool:
        """Put a stretch of leaves in, from a place on, level by level; False, and nothing done, unless all is right."""
        edge, left, complete = list(self._edge), list[bytes](), list[Node]()
        if len(edge) != place.bit_count():
            return False
        nodes, level = list(leaves), 0
        while nodes:
            named = list(zip(repeat(level), range(place, place + len(nodes)), strict=False))
            if list(map(stored.get, named, nodes)) != nodes:
                return False
            complete += named
            if place & 1:
                nodes.insert(0, edge.pop())
            if len(nodes) & 1:
                left.append(nodes.pop())
            nodes = [sha256(b"\x01" + one + two).digest() for one, two in zip(nodes[::2], nodes[1::2], strict=True)]
            level, place = level + 1, place >> 1
        for node in complete:
            stored.pop(node, None)
        self._edge = edge + left[::-1]
        return True


def nodes_of(connection: Connection, first: int, last: int) -> StoredNodes:
    """The stored nodes that are complete with one of these entries, counted from 1."""
    found: StoredNodes = {}
    for level in range(last.bit_length()):
        low, high = (first - 1) >> level, last >> level
        if low < high:
            of_level = (tree_nodes.c.level == level, tree_nodes.c.place >= low, tree_nodes.c.place < high)
            rows = connection.execute(select(tree_nodes.c.place, tree_nodes.c.hash).where(*of_level)).all()
            found |= {(level, place): digest for place, digest in rows}
    return found


def extra_nodes(stored: StoredNodes) -> Iterator[Finding]:
    """Nodes that were left over when the entries had been put in."""
    for level, place in stored:
        yield Finding("tree_nodes", f"level {level}, place {place}", "树里多出的节点", "a node that belongs to no tree")


def tree_ends(connection: Connection, size: int) -> Iterator[Finding]:
    """Every node up to the last checkpoint, of so many entries, is there, and none beyond it."""
    query = select(tree_nodes.c.level, func.count().label("nodes")).group_by(tree_nodes.c.level)
    found = {row.level: row.nodes for row in connection.execute(query)}
    for level in range(max(size.bit_length(), *found.keys(), 0) + 1):
        if found.get(level, 0) != size >> level:
            yield Finding(
                "tree_nodes",
                f"level {level}",
                f"应有 {size >> level} 个节点，实有 {found.get(level, 0)} 个",
                f"{size >> level} nodes should be there, and {found.get(level, 0)} are",
            )
