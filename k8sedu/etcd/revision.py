"""Revisions: the one clock of the whole store, and the key of every record in it.

A revision has two parts. `main` counts transactions that changed something; `sub` counts the changes inside one transaction. So all changes
of a transaction share one main revision and still have an order. On disk a revision is 17 bytes that sort like the pair itself; the record
of a deletion, a tombstone, has an eighteenth, `t`.

Source: etcd 3.5, server/storage/mvcc/revision.go (revToBytes, appendMarkTombstone, isTombstone).
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.errors import K8sEduError


class RevisionError(K8sEduError, ValueError):
    """Bytes that are no revision."""


class Revision(NamedTuple):
    """A position in the history of the store.

    >>> Revision(4, 1) > Revision(4, 0) > Revision(3, 7)
    True
    >>> print(Revision(4, 1))
    4.1
    """

    main: int
    sub: int = 0

    def __str__(self) -> str:
        return f"{self.main}.{self.sub}"

    def to_bytes(self, *, tombstone: bool = False) -> bytes:
        """The key of this revision's record in the backend.

        >>> Revision(2).to_bytes().hex()
        '00000000000000025f0000000000000000'
        """
        return self.main.to_bytes(8, "big") + b"_" + self.sub.to_bytes(8, "big") + (b"t" if tombstone else b"")

    @classmethod
    def from_bytes(cls, key: bytes) -> Revision:
        """Read a key of the backend; `is_tombstone` tells whether it marks a deletion.

        Raises:
            RevisionError: the bytes do not have that form.
        """
        if len(key) not in (17, 18) or key[8] != 0x5F or key[17:] not in (b"", b"t"):
            raise RevisionError(f"the key {key.hex()!r} is no revision, expected 8 bytes, '_', 8 bytes and perhaps 't'.")
        return cls(int.from_bytes(key[:8], "big"), int.from_bytes(key[9:17], "big"))


def is_tombstone(key: bytes) -> bool:
    """Does this key of the backend mark a deletion?"""
    return len(key) == 18
