"""Where the lessons are, and how they reach a student's folder.

A student's folder is precious: it holds the answers. So the copy remembers, in one small file, the digest of every lesson that it laid
there. A file that still has that digest was not touched and may be replaced by a newer edition; any other file is kept.

Left out: merging a newer edition into a changed lesson. The new one can be had by renaming the old one and asking again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import k8sedu
from k8sedu.errors import K8sEduError
from k8sedu.files import write_whole
from k8sedu.language import language

RECORD = ".k8sedu-lessons.json"
"""The file in the student's folder that says what was laid there: relative path → SHA-256 of its bytes."""


class LessonsError(K8sEduError, LookupError):
    """The lessons are not where they should be."""


class Laid(NamedTuple):
    """Where the lessons lie now, and which of them were kept as the student changed them."""

    folder: Path
    kept: tuple[str, ...] = ()


def speak(folder: Path | None = None) -> str:
    """Let captions and charts speak the language of the lesson's folder, and tell which one that is.

    A lesson has the same code in both languages; only its folder differs. So its first cell asks where it lies: in a folder named `zh`
    everything speaks Chinese; elsewhere the chosen language stays.

    Args:
        folder: where the lesson lies; the working folder of a notebook is its own.

    >>> speak(Path("notebooks/zh")), speak(Path("notebooks"))
    ('zh', 'zh')
    >>> language("en")
    'en'
    """
    here = Path.cwd() if folder is None else folder
    return language("zh") if here.name == "zh" else language()


def lay_out(beside: Path) -> Laid:
    """Give the folder to open: the checkout's own lessons, or a copy of the packaged ones.

    Raises:
        LessonsError: the package was built without its lessons.
    """
    source = home()
    if source.parent != Path(k8sedu.__file__).parent:
        return Laid(source)
    return copy_lessons(source, beside / "k8sedu-notebooks")


def home() -> Path:
    """Where the lessons come from: the checkout's folder, or the one inside the installed package.

    Raises:
        LessonsError: the package was built without its lessons.
    """
    package = Path(k8sedu.__file__).parent
    checkout = package.parent / "notebooks"
    if (package.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    if not (package / "notebooks").is_dir():
        raise LessonsError(f"no lessons in {package / 'notebooks'}, expected those that come with the package: install k8sedu again")
    return package / "notebooks"


def copy_lessons(source: Path, target: Path) -> Laid:
    """Copy every lesson that is new, or that the student left as it was; keep all others."""
    target.mkdir(parents=True, exist_ok=True)
    record = _read_record(target)
    kept = []
    for lesson in sorted(path for path in source.rglob("*") if path.is_file()):
        name = lesson.relative_to(source).as_posix()
        if name.startswith((".", "homework/")) or "/." in name:
            continue  # what Jupyter left behind when the package was built; and homework, which holds its solutions
        if _changed(target / name, record.get(name), edition=_digest(lesson)):
            kept.append(name)
        else:
            _copy(lesson, target / name)
            record[name] = _digest(lesson)
    write_whole(target / RECORD, json.dumps(record, indent=1))
    return Laid(target, tuple(kept))


def _changed(file: Path, laid: str | None, *, edition: str) -> bool:
    """Whether a file is there that is neither what was laid nor this very edition."""
    return file.exists() and _digest(file) not in {laid, edition}


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _read_record(target: Path) -> dict[str, str]:
    """What was laid before. A damaged record counts as none: then nothing is replaced, which is the safe side."""
    try:
        record = json.loads((target / RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _copy(lesson: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(lesson, target)
