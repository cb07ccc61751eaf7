"""The log's films: each step has a sentence in both languages, and a real log is read to its end."""

from __future__ import annotations

import pytest

from k8sedu import etcd
from k8sedu.etcd.sim.wal_story import FORMS, write_log
from k8sedu.etcd.views import play
from k8sedu.etcd.views.wal_film import LEGEND, TOLD, LogFilmError, wal_film
from k8sedu.etcd.walparts import take_apart
from k8sedu.language import Words

LINES = [
    "append 1 1", "append 1 2 put a 1", "state 1 1 1", "append 1 3 put b 1", "cut", "state 2 2 1", "append 2 3 put b 2", "mark 1 1",
    "append 2 4", "tear 9", "repair", "append 2 4",
]  # fmt: skip


def real() -> list[tuple[str, bytes]]:
    """The log of a member that etcd itself has written."""
    return [(path.name, path.read_bytes()) for path in sorted((etcd.specimens.path("datadir") / "member" / "wal").glob("*.wal"))]


def test_every_step_of_a_story_has_a_sentence() -> None:
    """Each kind of step has words of its own, in both languages, and numbers that agree."""
    assert set(TOLD) == {"start", *FORMS}
    film = wal_film(write_log(LINES))
    captions = [frame.scene.caption for frame in film.frames]
    assert all(isinstance(caption, Words) and caption.en != caption.zh and caption.en.startswith("**") for caption in captions)
    assert len({str(caption) for caption in captions}) >= len(FORMS)
    for frame in film.frames:
        frame.scene.check()


def test_damage_and_repair_are_on_the_scrubber() -> None:
    """One can jump to entries and to damage; the power's failure, the repair and the snapshot are marked."""
    film = wal_film(write_log(LINES))
    kinds = [frame.kind for frame in film.frames]
    assert [jump.steps for jump in film.jumps] == [
        tuple(n for n, kind in enumerate(kinds) if kind == "append"), (kinds.index("tear"), kinds.index("repair"))
    ]  # fmt: skip
    assert [mark.icon for mark in film.marks] == ["snapshot", "bolt", "heal"]
    assert len(film.bands) == 2
    assert film.source.splitlines() == LINES


def test_a_real_log_is_read_record_by_record() -> None:
    """One frame for each record, in their order, or for a stretch of them."""
    pieces = take_apart(real())
    film = wal_film(real(), first=2, last=9)
    assert [frame.kind for frame in film.frames] == [piece.kind for piece in pieces[2:10]]
    assert len(play(real(), first=len(pieces) - 2).film.frames) == 2


def test_a_torn_real_log_says_so() -> None:
    """A real log that is cut in its last record ends with a torn one."""
    (name, data), = real()
    end = take_apart(real())[-1]
    film = wal_film([(name, data[: end.offset + len(end.raw) - 4])], first=end.number)
    assert film.frames[-1].kind == "torn"
    assert film.marks[-1].icon == "cross"


def test_play_shows_a_story_of_a_log() -> None:
    """`play` takes the story's trace; a trace of something else is refused with a sentence."""
    assert len(play(write_log(LINES)).film.frames) == len(LINES) + 1
    with pytest.raises(LogFilmError, match="etcd-store"):
        wal_film(etcd.tell("put a 1"))
    with pytest.raises(LogFilmError, match="no record from 500"):
        wal_film(real(), first=500)


def test_the_key_is_in_both_languages() -> None:
    """Each line of the key says what a sign means."""
    assert all(isinstance(line.text, Words) and line.text.zh for line in LEGEND)
