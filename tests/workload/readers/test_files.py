"""Laws of opening files: the format is seen by the beginning, packed files are unpacked, and the specimens are whole."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from k8sedu.workload import readers, specimens
from k8sedu.workload.readers.rows import ReadingError


@pytest.mark.parametrize(
    ("names", "machines", "jobs"),
    [(specimens.OPENB, 6, 20), (specimens.GOOGLE, 4, 6), (specimens.AZURE, 100, 15), (specimens.PLAIN, 8, 9)],
    ids=["openb", "google", "azure", "plain"],
)
def test_every_specimen_is_read(names: tuple[str, ...], machines: int, jobs: int) -> None:
    """In whatever order its files are named, with no bad row."""
    reading = readers.read(*reversed(specimens.paths(names)))
    assert (len(reading.workload.machines), len(reading.workload.jobs), reading.bad) == (machines, jobs, ())


def test_packed_files_and_folders_are_read(tmp_path: Path) -> None:
    """A name that ends in .gz is unpacked; a folder stands for its files."""
    for name in specimens.OPENB:
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(specimens.path(name).read_bytes()))
    assert readers.read(tmp_path).workload == readers.read(*specimens.paths(specimens.OPENB)).workload


def test_files_that_do_not_belong_together_are_refused() -> None:
    """Two formats, half a trace, nothing at all."""
    with pytest.raises(ReadingError, match=r"azure\.sqlite \(azure\), office_hours\.workload \(plain\), expected the files of one"):
        readers.read(specimens.path("azure.sqlite"), specimens.path("office_hours.workload"))
    with pytest.raises(ReadingError, match="met 1 CSV files of machines and 0 of pods"):
        readers.read(specimens.path("openb_nodes.csv"))
    with pytest.raises(ReadingError, match="met no file"):
        readers.read()


def test_what_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    """Bytes, and a packed file that is torn."""
    (tmp_path / "bytes").write_bytes(b"machine m\xff cpu=1\n")
    with pytest.raises(ReadingError, match="bytes is not a text in UTF-8"):
        readers.read(tmp_path / "bytes")
    (tmp_path / "torn.gz").write_bytes(gzip.compress(b"machine m1 cpu=4\n" * 50)[:-9])
    with pytest.raises(ReadingError, match=r"torn\.gz: .*expected a whole file packed with gzip"):
        readers.read(tmp_path / "torn.gz")
