"""Where releases of etcd answer differently, and which of them this model is.

Two answers changed over the years, both about compaction. A tombstone exactly at the compacted revision is kept since 3.5.16 and 3.4.34,
so that a watch from there sees the deletion; before, it was dropped. And HashKV of exactly the compacted revision is answered since 3.5.6
and 3.4.22.

Source: etcd's CHANGELOG-3.4.md and CHANGELOG-3.5.md (pull requests 18474, 18475, 14457).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from k8sedu.errors import K8sEduError


class ReleaseError(K8sEduError, ValueError):
    """A text that names no release."""


class Release(NamedTuple):
    """A release of etcd.

    >>> Release.parse("3.5.1").keeps_tombstone, Release.parse("3.5.16").keeps_tombstone, Release.parse("3.6").keeps_tombstone
    (False, True, True)
    """

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Release:
        """Read `3.5` or `3.5.16`; a missing patch is 0.

        Raises:
            ReleaseError: the text is no release.
        """
        match = re.fullmatch(r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?", text)
        if match is None:
            raise ReleaseError(f"met the release {text!r}, expected one like '3.5.16'.")
        return cls(int(match[1]), int(match[2]), int(match[3] or 0))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def keeps_tombstone(self) -> bool:
        """Does compaction keep a tombstone exactly at the compacted revision?"""
        return self._since(16, 34)

    @property
    def hashes_compacted(self) -> bool:
        """Is HashKV of exactly the compacted revision answered?"""
        return self._since(6, 22)

    @property
    def refuses_negative_start(self) -> bool:
        """Is a watch that starts at a negative revision cancelled at once?"""
        return self >= Release(3, 6, 0)

    @property
    def tells_hash_revision(self) -> bool:
        """Does the answer to HashKV say of which revision it is?"""
        return self >= Release(3, 6, 0)

    def _since(self, patch_of_3_5: int, patch_of_3_4: int) -> bool:
        return self >= Release(3, 5, patch_of_3_5) or (self[:2] == (3, 4) and self.patch >= patch_of_3_4)
