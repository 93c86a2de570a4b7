"""The Merkle tree of a log: RFC 6962 hashing, roots, inclusion and consistency proofs.

docs/protocol.md, section 7. A tree over n entries splits at k, the largest power of two below n:
its root is node_hash(root of the first k, root of the rest), a leaf is leaf_hash(entry), and the
root of no entries is SHA-256 of nothing. Proofs are checked as RFC 9162, section 2.1, writes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from pbvote.core.errors import VerificationError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry), 32 bytes (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), 32 bytes (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def join_peaks(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees of falling size, left to right."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


class Tree:
    """A growing tree that keeps only its peaks: one hash for each bit set in `size`.

    >>> tree = Tree()
    >>> tree.append(b"")
    >>> tree.root().hex()[:16], tree.size
    ('6e340b9cffb37a98', 1)
    """

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, entry: bytes) -> None:
        """Add an entry at index `size`."""
        self.append_hash(leaf_hash(entry))

    def append_hash(self, leaf: bytes) -> None:
        """Add an entry of which only the leaf hash is known."""
        full = self.size
        while full & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            full >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root over all entries so far, 32 bytes."""
        return join_peaks(self._peaks)

    def copy(self) -> Tree:
        """A tree that grows on its own from here."""
        tree = Tree()
        tree.size, tree._peaks = self.size, self._peaks.copy()
        return tree


def root_of_hashes(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes in order."""
    tree = Tree()
    for leaf in leaves:
        tree.append_hash(leaf)
    return tree.root()


def root_of(entries: Iterable[bytes]) -> bytes:
    """The root over entries in order."""
    return root_of_hashes(leaf_hash(entry) for entry in entries)


def _split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int, size: int) -> list[bytes]:
    """PATH(index, the first `size` leaves), leaf to root (RFC 6962, section 2.1.1).

    `index` < `size` ≤ len(leaf_hashes), or VerificationError.
    """
    if not 0 <= index < size <= len(leaf_hashes):
        raise VerificationError(f"no entry {index} in a tree of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(root_of_hashes(leaf_hashes[middle:end]))
            end = middle
        else:
            path.append(root_of_hashes(leaf_hashes[start:middle]))
            start = middle
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf hash stands at `index` of the tree; VerificationError otherwise."""
    if not 0 <= index < size:
        raise VerificationError(f"no entry {index} in a tree of {size}")
    _check_hashes(leaf, root, *proof)
    node, last, hash_ = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise VerificationError("inclusion proof too long")
        if node & 1 or node == last:
            hash_ = node_hash(sibling, hash_)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or hash_ != root:
        raise VerificationError(f"entry {index} is not in the tree of {size} with this root")


def consistency_proof(leaf_hashes: Sequence[bytes], size1: int, size2: int) -> list[bytes]:
    """PROOF(size1, the first `size2` leaves) (RFC 6962, section 2.1.2).

    0 < `size1` ≤ `size2` ≤ len(leaf_hashes), or VerificationError.
    """
    if not 0 < size1 <= size2 <= len(leaf_hashes):
        raise VerificationError(f"no consistency proof from {size1} to {size2} entries")
    start, end, whole, path = 0, size2, True, []
    while size1 < end:
        middle = start + _split(end - start)
        if size1 <= middle:
            path.append(root_of_hashes(leaf_hashes[middle:end]))
            end = middle
        else:
            path.append(root_of_hashes(leaf_hashes[start:middle]))
            start, whole = middle, False
    if not whole:
        path.append(root_of_hashes(leaf_hashes[start:end]))
    return path[::-1]


def verify_consistency(
    size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Check that the tree of `size2` begins with that of `size1`; VerificationError otherwise.

    An empty first tree proves nothing and is refused.
    """
    if not 0 < size1 <= size2:
        raise VerificationError(f"no consistency from {size1} to {size2} entries")
    if size1 == size2:
        if proof or root1 != root2:
            raise VerificationError(f"two different trees of {size1} entries")
        return
    _check_hashes(root1, root2, *proof)
    path = list(proof)
    if size1 & (size1 - 1) == 0:  # a complete subtree: its root isn't in the proof
        path.insert(0, root1)
    if not path:
        raise VerificationError("consistency proof too short")
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise VerificationError("consistency proof too long")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or old != root1 or new != root2:
        raise VerificationError(f"the tree of {size2} does not begin with that of {size1}")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(hash_) != HASH_SIZE for hash_ in hashes):
        raise VerificationError("a hash that isn't 32 bytes long")
