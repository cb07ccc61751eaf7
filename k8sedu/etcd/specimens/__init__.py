"""Two real clusters to look at: directories that an etcd 3.4.23 left behind, and what it answered while it ran.

- `datadir`: one member, started three times, with `--snapshot-count 40`
- `cluster`: the members m1, m2, m3, whose leader was killed again and again; `responses()` are all answers with their terms and revisions
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def path(name: str) -> Path:
    """The folder of a specimen: `datadir`, `cluster`, or a member of it such as `cluster/m1`.

    >>> path("cluster/m1").name
    'm1'
    """
    return Path(__file__).parent / name


def responses() -> list[dict[str, Any]]:
    """Every answer of the real cluster, in order: at_ms, member, op, raft_term, revision.

    >>> responses()[0]
    {'at_ms': 264, 'member': 'm3', 'op': 'put', 'raft_term': 2, 'revision': 2}
    """
    found: list[dict[str, Any]] = json.loads((path("cluster") / "expected.json").read_text(encoding="utf-8"))["responses"]
    return found
