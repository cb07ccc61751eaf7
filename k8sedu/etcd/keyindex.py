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

from bisect import bisect_left
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


class Generation(NamedTuple):
    """One life of a key; without revisions it is the one that has not begun."""

    created: Revision
    version: int
    revisions: list[Revision]


NEVER = Revision(0)


class KeyIndex:
    """All revisions of one key that compaction has left; finding one costs O(lives after it + log revisions).

    Most keys of a large store have one life and few changes, so that life is spelled out in the object itself; lists for what was before it
    are made when there is something to put in. A store of 200,000 keys is a third faster for it: so much less is there to look through
    for Python's garbage collector.
    """

    __slots__ = ("created", "ended", "key", "modified", "newest", "several", "version")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.modified = NEVER
        """The revision of the last change."""
        self.newest: Revision | None = None
        """Where the key's value lies now; None while it is deleted."""
        self.created, self.version = NEVER, 0
        self.several: list[Revision] | None = None
        """The revisions of this life, once there are several."""
        self.ended: list[Generation] | None = None
        """The lives before this one."""

    @property
    def generations(self) -> list[Generation]:
        """All lives, the present one last; that is empty while the key is deleted."""
        return [*(self.ended or ()), self._present()]

    def _present(self) -> Generation:
        revisions = self.several or ([self.newest] if self.newest is not None else [])
        return Generation(self.created, self.version, revisions)

    def put(self, revision: Revision) -> tuple[Revision, int]:
        """The key is put; returns when it was created and which version it has now.

        Raises:
            KeyIndexError: the revision is not after the last change.
        """
        if revision <= self.modified:
            raise KeyIndexError(f"{self.key!r} is put at {revision}, expected a revision after {self.modified}.")
        if self.newest is None:
            self.created, self.version = revision, 0
        elif self.several is None:
            self.several = [self.newest, revision]
        else:
            self.several.append(revision)
        self.version += 1
        self.modified = self.newest = revision
        return self.created, self.version

    def tombstone(self, revision: Revision) -> None:
        """The key is deleted: its life ends, the next begins empty.

        Raises:
            KeyIndexError: the key is deleted already.
        """
        if self.newest is None:
            raise KeyIndexError(f"{self.key!r} is deleted at {revision}, expected a key that is there.")
        self.put(revision)
        self.ended = self.ended or []
        self.ended.append(self._present())
        self._live(Generation(NEVER, 0, []))

    def restore(self, created: Revision, modified: Revision, version: int) -> None:
        """Begin with the oldest put that is left on disk: after a restart nothing older is known."""
        self._live(Generation(created, version, [modified]))
        self.modified = modified

    def restore_tombstone(self, revision: Revision) -> None:
        """Begin with a tombstone, when nothing older is left on disk."""
        self.ended = [Generation(revision, 1, [revision])]
        self.modified = revision

    def _live(self, present: Generation) -> None:
        """This is its present life from now on."""
        self.created, self.version, revisions = present
        self.newest = revisions[-1] if revisions else None
        self.several = revisions if len(revisions) > 1 else None

    # -- reading --------------------------------------------------------------------------------------------------------------------------

    def at(self, main: int) -> Revision | None:
        """Where the value lies that the key had at a main revision; None if it was not there, or if that is compacted."""
        newest = self.newest
        if newest is not None and newest.main <= main:  # most reads ask for now
            return newest
        found = self.find(main)
        return found.modified if found is not None else None

    def find(self, main: int) -> Found | None:
        """The key as it was at a main revision; None if it was not there, or if that is compacted."""
        found = self._generation(main)
        if found is None:
            return None
        later = len(found.revisions) - bisect_left(found.revisions, Revision(main + 1))
        return Found(found.revisions[-1 - later], found.created, found.version - later)

    def _generation(self, main: int) -> Generation | None:
        """The life in which the key was at a main revision; None if it was dead then."""
        present = self._present()
        if present.revisions and present.revisions[0].main <= main:
            return present
        for generation in reversed(self.ended or ()):
            if generation.revisions[-1].main <= main:
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
        return self.newest is None and self.ended is None

    # -- forgetting -----------------------------------------------------------------------------------------------------------------------

    def compact(self, main: int, available: set[Revision], *, keeps_tombstone: bool = True) -> None:
        """Forget what no read at `main` or later can see; `available` receives the one revision before that stays.

        Without `keeps_tombstone` a tombstone exactly at `main` goes too, as in older releases.
        """
        if self.is_empty:
            return
        number, position = self._cut(main, available, keeps_tombstone=keeps_tombstone)
        lives = self.generations[number:]
        if position >= 0:
            del lives[0].revisions[:position]
        if not keeps_tombstone and len(lives[0].revisions) == 1 and len(lives) > 1:
            available.discard(lives.pop(0).revisions[0])
        self.ended = lives[:-1] or None
        self._live(lives[-1])

    def keep(self, main: int, available: set[Revision]) -> None:
        """What `compact` would leave, without doing it; a tombstone exactly at `main` is left out."""
        if self.is_empty:
            return
        number, position = self._cut(main, available, keeps_tombstone=True)
        if self.ended and number < len(self.ended) and position == len(self.ended[number].revisions) - 1:
            available.discard(self.ended[number].revisions[position])

    def _cut(self, main: int, available: set[Revision], *, keeps_tombstone: bool) -> tuple[int, int]:
        """The first generation to stay, and in it the position of the newest revision not after `main` (-1 for none)."""
        last = main if keeps_tombstone else main + 1
        lives, number = self.generations, 0
        while number < len(lives) - 1 and lives[number].revisions[-1].main < last:
            number += 1
        revisions = lives[number].revisions
        position = bisect_left(revisions, Revision(main + 1)) - 1
        if position >= 0:
            available.add(revisions[position])
        return number, position

    # -- for people and tests -------------------------------------------------------------------------------------------------------------

    def lives(self) -> Iterator[tuple[str, ...]]:
        """The revisions of each life as text, the tombstone marked with t."""
        for generation in self.generations:
            names = [str(revision.main) if not revision.sub else str(revision) for revision in generation.revisions]
            has_ended = bool(names) and generation.revisions[-1] != self.newest
            yield (*names[:-1], f"{names[-1]}t") if has_ended else tuple(names)

    def __str__(self) -> str:
        return " ".join(f"{{{', '.join(life)}}}" for life in self.lives())

    def check(self) -> None:
        """Assert that revisions rise, that all lives but the last have ended, and that the short cuts tell the truth."""
        *ended, present = self.generations
        revisions = [revision for generation in (*ended, present) for revision in generation.revisions]
        assert revisions == sorted(set(revisions)), f"{self.key!r} has the revisions {revisions}"
        assert all(generation.revisions for generation in ended), f"{self.key!r} has an empty life in the middle"
        assert not revisions or self.modified == revisions[-1]
        assert self.newest == (present.revisions[-1] if present.revisions else None)
        assert self.several is None or len(self.several) > 1
        assert all(generation.version >= len(generation.revisions) for generation in (*ended, present))
