"""The history of one key: at which revisions it changed, life by life.

A key may be created, changed, deleted and created again. Each life is a generation; a tombstone ends it and opens an empty one. The
store's first tree holds one `KeyIndex` per key, and "the key as it was at revision 7" is answered from here: the newest revision not
after 7, unless the key was dead then.

The example of etcd's own source, put 1, put 2, delete 3, put 4, delete 5:

>>> index = KeyIndex(b"foo")
>>> for main in (1, 2): _ = index.put(Revision(main))
>>> index.tombstone(Revision(3)); _ = index.put(Revision(4)); index.tombstone(Revision(5))
>>> print(index)
{1, 2, 3t} {4, 5t} {}
>>> index.compact(2, available := set()); print(index, sorted(map(str, available)))
{2, 3t} {4, 5t} {} ['2.0']

Source: etcd 3.5, server/storage/mvcc/key_index.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.revision import Revision


class KeyIndexError(K8sEduError, ValueError):
    """A change that a key cannot have."""


class Found(NamedTuple):
    """A key as it was at some revision: when it was last put, when it was created, and its version."""

    modified: Revision
    created: Revision
    version: int


class Generation:
    """One life of a key."""

    __slots__ = ("created", "revisions", "version")

    def __init__(self, created: Revision, version: int, revisions: list[Revision]) -> None:
        self.created, self.version, self.revisions = created, version, revisions

    def __bool__(self) -> bool:
        return bool(self.revisions)


NEVER = Revision(0)


class KeyIndex:
    """All revisions of one key that compaction has left; finding one costs O(lives + revisions after it)."""

    __slots__ = ("generations", "key", "modified", "newest")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.modified = NEVER
        """The revision of the last change."""
        self.newest: Revision | None = None
        """Where the key's value lies now; None while it is deleted."""
        self.generations = [Generation(NEVER, 0, [])]

    def put(self, revision: Revision) -> tuple[Revision, int]:
        """The key is put; returns when it was created and which version it has now.

        Raises:
            KeyIndexError: the revision is not after the last change.
        """
        if revision <= self.modified:
            raise KeyIndexError(f"{self.key!r} is put at {revision}, expected a revision after {self.modified}.")
        generation = self.generations[-1]
        if not generation.revisions:
            generation.created = revision
        generation.revisions.append(revision)
        generation.version += 1
        self.modified = self.newest = revision
        return generation.created, generation.version

    def tombstone(self, revision: Revision) -> None:
        """The key is deleted: its life ends, the next begins empty.

        Raises:
            KeyIndexError: the key is deleted already.
        """
        if self.newest is None:
            raise KeyIndexError(f"{self.key!r} is deleted at {revision}, expected a key that is there.")
        self.put(revision)
        self.newest = None
        self.generations.append(Generation(NEVER, 0, []))

    def restore(self, created: Revision, modified: Revision, version: int) -> None:
        """Begin with the oldest put that is left on disk: after a restart nothing older is known."""
        self.generations = [Generation(created, version, [modified])]
        self.modified = self.newest = modified

    def restore_tombstone(self, revision: Revision) -> None:
        """Begin with a tombstone, when nothing older is left on disk."""
        self.generations = [Generation(revision, 1, [revision]), Generation(NEVER, 0, [])]
        self.modified, self.newest = revision, None

    # -- reading --------------------------------------------------------------------------------------------------------------------------

    def find(self, main: int) -> Found | None:
        """The key as it was at a main revision; None if it was not there, or if that is compacted."""
        newest = self.newest
        if newest is not None and newest[0] <= main:  # most reads ask for now
            generation = self.generations[-1]
            return Found(newest, generation.created, generation.version)
        found = self._generation(main)
        if found is None:
            return None
        back = next(number for number, revision in enumerate(reversed(found.revisions)) if revision.main <= main)
        return Found(found.revisions[-1 - back], found.created, found.version - back)

    def _generation(self, main: int) -> Generation | None:
        """The life in which the key was at a main revision; None if it was dead then."""
        for number in range(len(self.generations) - 1, -1, -1):
            generation = self.generations[number]
            if not generation.revisions:
                continue
            has_ended = number < len(self.generations) - 1
            if has_ended and generation.revisions[-1].main <= main:
                return None
            if generation.revisions[0].main <= main:
                return generation
        return None

    def since(self, main: int) -> list[Revision]:
        """The changes from a main revision on, of each transaction only the last."""
        last: dict[int, Revision] = {}
        for generation in self.generations:
            last |= {revision.main: revision for revision in generation.revisions if revision.main >= main}
        return list(last.values())

    @property
    def is_empty(self) -> bool:
        """Is nothing left, so that the key can leave the tree?"""
        return len(self.generations) == 1 and not self.generations[0].revisions

    # -- forgetting -----------------------------------------------------------------------------------------------------------------------

    def compact(self, main: int, available: set[Revision], *, keeps_tombstone: bool = True) -> None:
        """Forget what no read at `main` or later can see; `available` receives the one revision before that stays.

        Without `keeps_tombstone` a tombstone exactly at `main` goes too, as in older releases.
        """
        if self.is_empty:
            return
        number, position = self._cut(main, available, keeps_tombstone=keeps_tombstone)
        generation, is_last = self.generations[number], number == len(self.generations) - 1
        if position >= 0:
            del generation.revisions[:position]
        if not keeps_tombstone and len(generation.revisions) == 1 and not is_last:
            available.discard(generation.revisions[0])
            number += 1
        del self.generations[:number]

    def keep(self, main: int, available: set[Revision]) -> None:
        """What `compact` would leave, without doing it; a tombstone exactly at `main` is left out."""
        if self.is_empty:
            return
        number, position = self._cut(main, available, keeps_tombstone=True)
        revisions = self.generations[number].revisions
        if revisions and position == len(revisions) - 1 and number < len(self.generations) - 1:
            available.discard(revisions[position])

    def _cut(self, main: int, available: set[Revision], *, keeps_tombstone: bool) -> tuple[int, int]:
        """The first generation to stay, and in it the position of the newest revision not after `main` (-1 for none)."""
        last = main if keeps_tombstone else main + 1
        number = 0
        while number < len(self.generations) - 1 and self.generations[number].revisions[-1].main < last:
            number += 1
        revisions = self.generations[number].revisions
        position = next((place for place in range(len(revisions) - 1, -1, -1) if revisions[place].main <= main), -1)
        if position >= 0:
            available.add(revisions[position])
        return number, position

    # -- for people and tests -------------------------------------------------------------------------------------------------------------

    def lives(self) -> Iterator[tuple[str, ...]]:
        """The revisions of each life as text, the tombstone marked with t."""
        for number, generation in enumerate(self.generations):
            ends = number < len(self.generations) - 1
            names = [str(revision.main) if not revision.sub else str(revision) for revision in generation.revisions]
            yield (*names[:-1], f"{names[-1]}t") if ends and names else tuple(names)

    def __str__(self) -> str:
        return " ".join(f"{{{', '.join(life)}}}" for life in self.lives())

    def check(self) -> None:
        """Assert that revisions rise, that all lives but the last have ended, and that the short cuts tell the truth."""
        revisions = [revision for generation in self.generations for revision in generation.revisions]
        assert revisions == sorted(set(revisions)), f"{self.key!r} has the revisions {revisions}"
        assert all(self.generations[:-1]), f"{self.key!r} has an empty life in the middle"
        assert not revisions or self.modified == revisions[-1]
        assert self.newest == (self.generations[-1].revisions[-1] if self.generations[-1] else None)
        assert all(generation.version >= len(generation.revisions) for generation in self.generations)
