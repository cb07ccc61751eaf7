"""Laws of writing whole files."""

from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu.files import write_whole


def test_the_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """Text is UTF-8 with plain line ends, and nothing is left beside it."""
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    write_whole(path, "领导者\n")
    assert path.read_bytes() == "领导者\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full, the file is the one from before, and no half-written file stays."""
    path = tmp_path / "a.txt"
    write_whole(path, "old")

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:1])
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
