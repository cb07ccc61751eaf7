"""Writing a file so that it is whole at every moment.

A trace, a figure or an exported animation may take the place of an older one while somebody reads it, and a laptop may sleep or fill up
in the middle. So everything is written beside its place first and then renamed, which the operating system does at once or not at all.

Left out: flushing to the disk (fsync). What is written here can be made again.
"""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Put the content at the path, all of it or nothing; text as UTF-8 with plain line ends, the same on every machine.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> write_whole(path, "leader")
    >>> path.read_text()
    'leader'
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)
        beside.replace(path)
    except BaseException:  # Ctrl-C as well
        beside.unlink(missing_ok=True)
        raise
