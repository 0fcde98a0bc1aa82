"""The tree: known roots and proofs of RFC 6962 trees, agreement with another implementation, and what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import pairwise
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from domain.proof import check, tree
from domain.proof.check import ProofError, leaf_hash
from domain.store.proof.audit_rows import LogOrder
from domain.store.proof.audit_tree import GrownTree

INPUTS = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Roots of the first 0 to 8 inputs: the tree with which Certificate Transparency's own tests are made."""
INCLUSIONS = [  # index, size, proof, from the same tests
    (0, 1, []),
    (0, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (5, 8, [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip
CONSISTENCIES = [  # first, second, proof, from the same tests
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]


def obvious_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    half = max(2**power for power in range(64) if 2**power < len(leaves))
    both = obvious_root(leaves[:half]) + obvious_root(leaves[half:])
    return hashlib.sha256(b"\1" + both).digest()


def inclusion(leaves: list[bytes], index: int, size: int) -> list[bytes]:
    """A proof from the nodes of the whole tree."""
    nodes = tree.grown(0, leaves, {})
    return [tree.fold(span, nodes) for span in tree.inclusion_ranges(index, size)]


def consistency(leaves: list[bytes], first: int, second: int) -> list[bytes]:
    """A proof from the nodes of the whole tree."""
    nodes = tree.grown(0, leaves, {})
    return [tree.fold(span, nodes) for span in tree.consistency_ranges(first, second)]


def test_the_known_roots() -> None:
    """The roots of Certificate Transparency's test tree."""
    leaves = [leaf_hash(one) for one in INPUTS]
    assert [tree.root_of(leaves[:size]).hex() for size in range(9)] == ROOTS


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSIONS)
def test_the_known_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    """They are made as published, and lead to the published root."""
    leaves = [leaf_hash(one) for one in INPUTS]
    assert [one.hex() for one in inclusion(leaves, index, size)] == proof
    found = check.root_from_inclusion(leaves[index], index, size, [bytes.fromhex(one) for one in proof])
    assert found.hex() == ROOTS[size]


@pytest.mark.parametrize(("first", "second", "proof"), CONSISTENCIES)
def test_the_known_consistency_proofs(first: int, second: int, proof: list[str]) -> None:
    """They are made as published, and join the published roots."""
    leaves = [leaf_hash(one) for one in INPUTS]
    assert [one.hex() for one in consistency(leaves, first, second)] == proof
    roots = bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[second])
    check.verify_consistency(first, second, *roots, [bytes.fromhex(one) for one in proof])


def test_every_proof_of_every_small_tree_holds() -> None:
    """All places and all pairs of sizes up to 40 leaves, against roots by the definition."""
    leaves = [leaf_hash(bytes([one])) for one in range(40)]
    roots = [obvious_root(leaves[:size]) for size in range(41)]
    for second in range(41):
        for index in range(second):
            check.verify_inclusion(leaves[index], index, second, inclusion(leaves, index, second), roots[second])
        for first in range(second + 1):
            check.verify_consistency(first, second, roots[first], roots[second], consistency(leaves, first, second))


@given(st.data())
def test_another_implementation_agrees(data: st.DataObject) -> None:
    """Root and proofs are those of pymerkle, and it takes ours for its own."""
    contents = data.draw(st.lists(st.binary(max_size=8), min_size=1, max_size=70))
    other = InmemoryTree(algorithm="sha256")
    for content in contents:
        other.append_entry(content)
    leaves = [leaf_hash(one) for one in contents]
    size = data.draw(st.integers(1, len(contents)))
    first = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, size - 1))
    assert tree.root_of(leaves[:size]) == other.get_root(size)
    proof = other.prove_inclusion(index + 1, size)
    assert proof.path[1:] == inclusion(leaves, index, size)
    verify_inclusion(leaves[index], tree.root_of(leaves[:size]), proof)
    check.verify_inclusion(leaves[index], index, size, proof.path[1:], other.get_root(size))
    verify_consistency(tree.root_of(leaves[:first]), other.get_root(size), other.prove_consistency(first, size))


@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_tree_grows_from_its_edge(steps: list[int]) -> None:
    """Step by step, each with the nodes at the edge only, it gets the nodes of the tree that is made at once."""
    leaves = [leaf_hash(bytes([at])) for at in range(sum(steps) % 256)]
    known: dict[tree.Node, bytes] = {}
    size = 0
    for step in steps:
        more = leaves[size : size + step]
        edge = {node: known[node] for node in tree.nodes_of((0, size))}
        new = tree.grown(size, more, edge)
        assert not new.keys() & known.keys()
        known |= new
        size += len(more)
    assert known == tree.grown(0, leaves[:size], {})


def flipped(hash_: bytes) -> bytes:
    """One bit of it changed."""
    return bytes([hash_[0] ^ 1]) + hash_[1:]


@given(st.data())
def test_what_was_tampered_with_is_not_proven(data: st.DataObject) -> None:
    """Another leaf, place, root, order or length of a proof raises ProofError."""
    size = data.draw(st.integers(2, 40))
    index = data.draw(st.integers(0, size - 1))
    leaves = [leaf_hash(bytes([one])) for one in range(size)]
    root, proof = obvious_root(leaves), inclusion(leaves, index, size)
    at = data.draw(st.integers(0, len(proof) - 1))
    broken: list[Callable[[], None]] = [
        lambda: check.verify_inclusion(flipped(leaves[index]), index, size, proof, root),
        lambda: check.verify_inclusion(leaves[index], index, size, proof, flipped(root)),
        lambda: check.verify_inclusion(leaves[index], (index + 1) % size, size, proof, root),
        lambda: check.verify_inclusion(leaves[index], index, size, [*proof, root], root),
        lambda: check.verify_inclusion(leaves[index], index, size, proof[:-1], root),
        lambda: check.verify_inclusion(leaves[index], index, size, [*proof[:at], flipped(proof[at])], root),
        lambda: check.verify_inclusion(leaves[index], index, size, [one[:-1] for one in proof], root),
        lambda: check.verify_inclusion(leaves[index], size, size, proof, root),
        lambda: check.verify_inclusion(leaves[index], -1, size, proof, root),
    ]
    for attempt in broken:
        with pytest.raises(ProofError) as found:
            attempt()
        assert found.value.what == "tree"


@given(st.data())
def test_a_rewritten_past_is_not_consistent(data: st.DataObject) -> None:
    """Changing, leaving out or putting in an old leaf breaks every proof that could be made for it."""
    second = data.draw(st.integers(2, 40))
    first = data.draw(st.integers(1, second - 1))
    at = data.draw(st.integers(0, first - 1))
    leaves = [leaf_hash(bytes([one])) for one in range(second)]
    signed = obvious_root(leaves[:first])
    for rewritten in (
        [*leaves[:at], flipped(leaves[at]), *leaves[at + 1 :]],
        [*leaves[:at], *leaves[at + 1 :], flipped(leaves[0])],
        [*leaves[:at], flipped(leaves[0]), *leaves[at:-1]],
    ):
        proof = consistency(rewritten, first, second)
        with pytest.raises(ProofError):
            check.verify_consistency(first, second, signed, obvious_root(rewritten), proof)
    good, root = consistency(leaves, first, second), obvious_root(leaves)
    for proof in ([*good, root], good[:-1], [flipped(one) for one in good], [one[:-1] for one in good]):
        with pytest.raises(ProofError):
            check.verify_consistency(first, second, signed, root, proof)
    with pytest.raises(ProofError):
        check.verify_consistency(second, first, root, signed, good)
    with pytest.raises(ProofError):
        check.verify_consistency(0, second, signed, root, [])


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers(1, 9), max_size=6), max_size=6))
def test_the_tree_of_heads_is_the_tree_over_sorted_leaves(steps: list[dict[str, int]]) -> None:
    """Whatever heads move or come, in whatever order, root and proofs are those of the tree made at once."""
    heads, kept = dict[str, tree.TreeHead](), tree.HeadsTree()
    for step in steps:
        moved = {name: tree.TreeHead(name, count, bytes(32)) for name, count in step.items()}
        heads |= moved
        before, root = kept, kept.root()
        kept = kept.with_leaves({name: head.leaf for name, head in moved.items()})
        assert before.root() == root
        leaves = [heads[name].leaf for name in sorted(heads)]
        assert kept.root() == obvious_root(leaves)
        assert len(kept) == len(leaves)
        for name, head in heads.items():
            at, proof = kept.proof(name)
            check.verify_inclusion(head.leaf, at, len(leaves), proof, kept.root())
    with pytest.raises(KeyError):
        kept.proof("none of this name")


def test_the_leaf_of_a_head_is_its_canonical_json() -> None:
    """So that anybody can make it: sorted keys, no spaces, text as it is."""
    content = '{"count":3,"hash":"' + "07" * 32 + '","stream":"agency/甲"}'
    assert check.head_leaf("agency/甲", 3, b"\7" * 32) == leaf_hash(content.encode())


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(0, 2**32))
def test_a_stretch_grows_the_audited_tree_as_its_leaves_do_one_by_one(lengths: list[int], seed: int) -> None:
    """The same root after each stretch and the same nodes taken; with one node changed it is left as it was."""
    leaves = [leaf_hash(bytes([place])) for place in range(sum(lengths))]
    stored = {(0, place): leaf for place, leaf in enumerate(leaves)}
    for level in range(1, len(leaves).bit_length()):
        for place in range(len(leaves) >> level):
            pair = stored[level - 1, 2 * place], stored[level - 1, 2 * place + 1]
            stored[level, place] = check.node_hash(*pair)
    at_once, one_by_one, left = GrownTree(), GrownTree(), dict(stored)
    wrong = Random(seed).choice(sorted(stored))
    first = 0
    for length in lengths:
        stretch, last = leaves[first : first + length], first + length
        changed = {**left, wrong: bytes(32)} if wrong in left else {}
        is_here = first < (wrong[1] + 1) << wrong[0] <= last
        if is_here:
            assert not at_once.grow_by_all(stretch, first, changed)
        assert at_once.grow_by_all(stretch, first, left)
        for place in range(first, last):
            assert one_by_one.grow_by(leaves[place], place, stored) == []
        assert (at_once.root(), left) == (one_by_one.root(), stored)
        first = last
    assert left == {}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=8), st.integers(1, 8))
def test_a_stretch_is_in_order_where_each_of_its_entries_is(places: list[tuple[int, int]], begun_at: int) -> None:
    """Within one part of the log; where a horizon begins the entries are asked one by one."""
    rows: list[Any] = [
        SimpleNamespace(log_index=index, transaction_id=transaction, position=position, recorded_at="")
        for index, (transaction, position) in enumerate(places, start=1)
    ]
    horizon: Any = SimpleNamespace(after_index=begun_at, sequenced=2)
    for horizons in ([], [horizon]):
        order = LogOrder(horizons)
        cuts = [0, min(begun_at, len(rows)), min(begun_at + 2, len(rows)), len(rows)]
        for stretch in (rows[first:last] for first, last in pairwise(cuts) if first < last):
            in_order = order.follow(stretch)
            one_by_one = [order.follows(row) for row in stretch]
            is_at_once = bool(horizons) and begun_at < stretch[0].log_index <= begun_at + 2
            assert in_order == (all(one_by_one) and not is_at_once)
