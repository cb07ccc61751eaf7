from __future__ import annotations

import pytest

from k8sedu.stage import Document, DocumentError, Frame, Scene

EMPTY = Scene(shapes=())


def test_a_film_has_frames_in_order_of_time() -> None:
    """A film without frames, or with time running backwards, is refused with the place."""
    with pytest.raises(DocumentError, match="no frames"):
        Document(title="x", frames=())
    with pytest.raises(DocumentError, match="frame 1 is at 3"):
        Document(title="x", frames=(Frame(5, "a", "", EMPTY), Frame(3, "b", "", EMPTY)))


def test_the_paper_keeps_its_size() -> None:
    """All scenes of a film have the same papers, so nothing jumps."""
    with pytest.raises(DocumentError, match="paper"):
        Document(title="x", frames=(Frame(0, "a", "", EMPTY), Frame(1, "b", "", Scene(shapes=(), height=10))))


def test_the_frame_at_an_instant_is_the_last_one_not_after_it() -> None:
    """Of several frames at one instant the last one counts."""
    film = Document(title="x", frames=tuple(Frame(time, str(i), "", EMPTY) for i, time in enumerate((0, 5, 5, 9))))
    assert [film.frame_at(time).kind for time in (0, 4, 5, 8, 99)] == ["0", "0", "2", "2", "3"]
