"""From paths to a workload: opens files, packed ones too, and sees by their beginning what they are.

Everything that is decided about a row is decided in the readers beside; this file knows the disk only.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO, TypeAlias

from k8sedu.workload.readers import google_events, openb_tables, plain
from k8sedu.workload.readers.azure_database import azure
from k8sedu.workload.readers.rows import Reading, ReadingError
from k8sedu.workload.resources import Resources

Form: TypeAlias = Literal["openb nodes", "openb pods", "google", "azure", "plain"]


def read(*paths: Path | str) -> Reading:
    """The workload in one or more files, whatever their format: two CSV files, events as JSON lines, a database, or our own text.

    A folder stands for the files in it. A name that ends in `.gz` is unpacked.

    Raises:
        ReadingError: the files do not belong together, or one is of no known format.
        WorkloadError: no usable machine is left.
        OSError: a file cannot be read.
    """
    files = [file for path in map(Path, paths) for file in (sorted(path.iterdir()) if path.is_dir() else [path]) if not file.is_dir()]
    forms = {file: form_of(file) for file in files}
    kinds = sorted({form.partition(" ")[0] for form in forms.values()})
    if len(kinds) != 1 or (kinds[0] in {"azure", "plain"} and len(files) > 1):
        met = ", ".join(f"{file.name} ({form})" for file, form in forms.items()) or "no file"
        raise ReadingError(f"met {met}, expected the files of one workload: two CSV files, event files, one database, or one text")
    if kinds == ["google"]:
        return google(*files)
    if kinds == ["openb"]:
        return openb(*_nodes_and_pods(forms))
    if kinds == ["azure"]:
        return azure(files[0])
    with opened(files[0]) as lines:
        return plain.parse(lines, where=files[0].name)


def openb(nodes: Path | str, pods: Path | str) -> Reading:
    """Alibaba's GPU trace: a CSV file of machines and one of pods.

    Raises:
        ReadingError: a column is missing, or a file is not a text.
        WorkloadError: no usable machine is left.
        OSError: a file cannot be read.
    """
    with opened(Path(nodes)) as first, opened(Path(pods)) as second:
        return openb_tables.parse(first, second, where=(Path(nodes).name, Path(pods).name))


def google(*paths: Path | str, largest: Resources = google_events.LARGEST) -> Reading:
    """Google's trace of 2019: files of collection, instance and machine events, in any order; `largest` is what the largest machine has.

    Raises:
        ReadingError: a file is not a text.
        WorkloadError: no machine is known.
        OSError: a file cannot be read.
    """
    return google_events.parse(((Path(path).name, _lines(Path(path))) for path in paths), largest=largest)


def form_of(path: Path) -> Form:
    """What a file is, by its beginning.

    Raises:
        ReadingError: it is not a text, and no database.
        OSError: it cannot be read.
    """
    with path.open("rb") as raw:
        if raw.read(16) == b"SQLite format 3\0":
            return "azure"
    with opened(path) as lines:
        first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("{"):
        return "google"
    header = [name.strip() for name in first.split(",")]
    if "sn" in header:
        return "openb nodes"
    return "openb pods" if "num_gpu" in header else "plain"


def _nodes_and_pods(forms: dict[Path, Form]) -> tuple[Path, Path]:
    nodes = [file for file, form in forms.items() if form == "openb nodes"]
    pods = [file for file, form in forms.items() if form == "openb pods"]
    if len(nodes) != 1 or len(pods) != 1:
        raise ReadingError(f"met {len(nodes)} CSV files of machines and {len(pods)} of pods, expected one of each")
    return nodes[0], pods[0]


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """A text in UTF-8, unpacked where its name ends in `.gz`.

    Raises:
        ReadingError: it is no such text.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") if path.suffix == ".gz" else _text(path) as lines:
            yield lines
    except UnicodeDecodeError as error:
        raise ReadingError(f"{path.name} is not a text in UTF-8 (byte {error.start} of what was read last), expected one") from None
    except (gzip.BadGzipFile, EOFError) as error:
        raise ReadingError(f"{path.name}: {error}, expected a whole file packed with gzip") from None


def _text(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _lines(path: Path) -> Iterator[str]:
    with opened(path) as lines:
        yield from lines
